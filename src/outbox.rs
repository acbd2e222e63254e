//! Delivers stored notices at least once: to the log always, and to every notifier that waits.
//!
//! A notice is stored in the batch of the fact that it tells; here it is sent, and then crossed off.
//! Dying in between sends it again, under the same key. A receiver that cannot drop repeats by the
//! key (a chat) gets a mark in the store before each try, so that whoever goes on knows that the
//! message may have arrived, and says so. One notifier that fails does not stop the others.
//!
//! Each receiver hears of a watch in the order in which things happened: what is newer waits while
//! what is older is tried. What was given up is in nobody's way.
//!
//! Must not decide what is worth telling.

mod receivers;

pub mod render;

mod retry;

mod settle;

#[cfg(test)]
mod chaos_tests;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::clock::Clock;
use crate::store::records::lines::{self, NoticeLine, OutboxRow};
use crate::store::records::{Delivery, Waiting};
use crate::store::{Batch, Store, StoreError};

pub use receivers::{
    EventBus, Hook, HookTemplate, KeptSecret, LogReceiver, NotSent, NoticeCommand, Pacing, Pager,
    PagerEvent, Receiver, Sender, Sending, Slack, SnsTopic, Sort, Teams, Webhook, adaptive_card,
    amazon_q_message, blocks, bus_event, pager_event, sns_message,
};
pub use render::WrittenNotice;
pub use retry::{Revived, RevivedDeliveries, revive_dead};

use settle::{begin_delivery, settle_delivery};

/// Every notice goes to the log, under this name.
pub const LOG: &str = "log";
/// A try that was begun and has not ended is left alone for this long: it may still be under way in
/// another process. A request has 10 s.
const UNDER_WAY: TimeDelta = TimeDelta::seconds(30);

/// Messages of one round.
const SENT_AT_ONCE: u64 = 100;
/// No receiver is left alone for longer, whatever it asks for.
const PAUSE_MAX: TimeDelta = TimeDelta::days(1);

/// A notice that waits, in words, and who waits for it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WaitingWritten {
    pub notice: WrittenNotice,
    /// By notifier's name.
    pub to: BTreeMap<String, Delivery>,
}

impl WaitingWritten {
    /// The words of one that waits.
    pub fn of_waiting(waiting: &Waiting) -> Self {
        Self {
            notice: WrittenNotice::of_notice(&waiting.notice),
            to: waiting.to.clone(),
        }
    }
}

/// What one round of deliveries did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Delivered {
    pub sent: u64,
    pub failed: u64,
    /// When the next one is due, if something still waits.
    pub next_at: Option<DateTime<Utc>>,
}

/// What is delivered with what, and how it goes.
struct Round<'a> {
    store: &'a dyn Store,
    senders: &'a BTreeMap<String, Sender>,
    clock: &'a Clock,
    /// Receivers that failed in this round, and when they are tried again: what waits in their other
    /// lines would fail as well.
    failed: BTreeMap<String, DateTime<Utc>>,
    done: Delivered,
}

/// Sends what is due, oldest first; at most [`SENT_AT_ONCE`], so that whoever waits for this does
/// other things in between.
///
/// # Errors
/// When the store cannot be read or written. What was sent is then perhaps sent again.
pub async fn deliver(
    store: &dyn Store,
    senders: &BTreeMap<String, Sender>,
    clock: &Clock,
) -> Result<Delivered, StoreError> {
    let mut round = Round {
        store,
        senders,
        clock,
        failed: BTreeMap::new(),
        done: Delivered::default(),
    };
    round.queue_what_is_fresh().await?;
    round.lines().await?;
    Ok(round.done)
}

/// Delivers until nothing that is alive waits, or `limit` is over.
///
/// # Errors
/// When the store cannot be read or written.
pub async fn drain(
    store: &dyn Store,
    senders: &BTreeMap<String, Sender>,
    clock: &Clock,
    limit: Duration,
) -> Result<Delivered, StoreError> {
    let until = clock.now() + TimeDelta::from_std(limit).unwrap_or(TimeDelta::MAX);
    let mut all = Delivered::default();
    loop {
        let round = deliver(store, senders, clock).await?;
        all.sent += round.sent;
        all.failed += round.failed;
        all.next_at = round.next_at;
        match round.next_at {
            Some(at) if at < until => clock.sleep_until(at).await,
            _ => return Ok(all),
        }
    }
}

impl Round<'_> {
    /// Puts what is new into the lines of those who wait for it.
    async fn queue_what_is_fresh(&self) -> Result<(), StoreError> {
        let (mut after, mut queued_some) = (None::<String>, false);
        loop {
            let page = lines::fresh(self.store, after.as_deref()).await?;
            for key in &page.unreadable {
                tracing::error!(key, "a notice in the store cannot be read, and is not told");
            }
            for row in &page.rows {
                let ops = lines::queue(row, |name| self.senders.contains_key(name));
                match self.store.commit(Batch::of_ops(ops)).await {
                    // Another process put it there.
                    Err(StoreError::Conflict { .. }) => {}
                    queued => queued_some |= queued.map(|()| true)?,
                }
            }
            after = page.after;
            if after.is_none() && !std::mem::take(&mut queued_some) {
                return Ok(());
            }
            // What had no room in its batch is found by beginning anew.
            tokio::task::yield_now().await;
        }
    }

    /// Sends from the heads of the lines, the oldest of all first.
    async fn lines(&mut self) -> Result<(), StoreError> {
        let heads = lines::heads(self.store).await?.into_iter();
        let mut heads: BTreeMap<_, _> = heads.map(in_turn).collect();
        while let Some((_, (line, row))) = heads.pop_first() {
            if self.done.sent + self.done.failed >= SENT_AT_ONCE {
                self.wait_until(self.clock.now());
                return Ok(());
            }
            if !self.head(&line, row).await? {
                continue;
            }
            if let Some(next) = lines::head(self.store, &line).await? {
                heads.extend([in_turn((line, next))]);
            }
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// Sends to who is first in a line, if it is time; says whether the next one may follow.
    async fn head(&mut self, line: &NoticeLine, mut row: OutboxRow) -> Result<bool, StoreError> {
        let (name, now) = (line.receiver.as_str(), self.clock.now());
        let (Some(sender), Some(delivery)) = (self.senders.get(name), row.1.value.to.get(name))
        else {
            // A notifier that the config no longer names waits for nothing.
            settle::cross_off(self.store, row).await?;
            return Ok(true);
        };
        let after_failure = self.failed.get(name).copied();
        let due = due_at(delivery, sender, now).max(after_failure.unwrap_or(now));
        if due > now {
            self.wait_until(due);
            return Ok(false);
        }
        let again = delivery.begun.is_some();
        if sender.shows_repeats() && !begin_delivery(self.store, name, &mut row, now).await? {
            // Another process works on it: it is looked at in the next round.
            self.wait_until(now + UNDER_WAY);
            return Ok(false);
        }
        let ended = sender.send(&row.1.value.notice, again).await;
        self.count(name, &row.1.value, &ended);
        let next_at =
            settle_delivery(self.store, name, row, &ended, again, self.clock.now()).await?;
        if let (Err(error), Some(next_at)) = (&ended, next_at) {
            self.wait_until(next_at);
            if error.sort != Sort::Refused {
                self.failed.insert(name.to_owned(), next_at);
            }
        }
        Ok(next_at.is_none())
    }

    fn wait_until(&mut self, at: DateTime<Utc>) {
        self.done.next_at = self.done.next_at.into_iter().chain([at]).min();
    }

    fn count(&mut self, name: &str, waiting: &Waiting, ended: &Result<(), NotSent>) {
        match ended {
            Ok(()) => self.done.sent += 1,
            Err(error) => {
                self.done.failed += 1;
                let attempts = waiting.to.get(name).map_or(0, |one| one.attempts) + 1;
                tracing::warn!(
                    notifier = name,
                    notice.key = waiting.notice.key,
                    attempts,
                    "notice not delivered: {error}"
                );
            }
        }
    }
}

/// A head, by when what it tells happened.
fn in_turn(
    (line, row): (NoticeLine, OutboxRow),
) -> ((DateTime<Utc>, String), (NoticeLine, OutboxRow)) {
    ((row.1.value.notice.at, row.0.clone()), (line, row))
}

/// When a delivery is next tried: not while another try may be under way, nor before its receiver
/// takes one more. What lies further ahead than any pause was written under a clock that was wrong.
fn due_at(delivery: &Delivery, sender: &Sender, now: DateTime<Utc>) -> DateTime<Utc> {
    let over = delivery.begun.map(|begun| begun.min(now) + UNDER_WAY);
    let waits = [over, sender.free_at()].into_iter().flatten();
    let next_at = match delivery.next_at - now > PAUSE_MAX {
        true => now,
        false => delivery.next_at,
    };
    waits.fold(next_at, DateTime::max)
}
