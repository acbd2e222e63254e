//! Delivers stored notices at least once: to the log always, and to every notifier that waits.
//!
//! A notice is stored in the batch of the fact that it tells; here it is sent, and then crossed off.
//! Dying in between sends it again, under the same key. A receiver that cannot drop repeats by the
//! key (a chat) gets a mark in the store before each try, so that whoever goes on knows that the
//! message may have arrived, and says so. One notifier that fails does not stop the others.
//!
//! Must not decide what is worth telling.

mod log;

mod pacing;

pub mod render;

mod retry;

mod settle;

mod slack;

mod sns;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::clock::Clock;
use crate::cloud::Cloud;
use crate::model::notice::Notice;
use crate::store::memory::{self, Delivery, Versioned, Waiting};
use crate::store::{Store, StoreError};

pub use pacing::Pacing;
pub use render::Written;
pub use retry::{Revived, revive};
pub use slack::{Slack, blocks};

use settle::{Tried, begin, settle};

/// Every notice goes to the log, under this name.
pub const LOG: &str = "log";
/// A try that was begun and has not ended is left alone for this long: it may still be under way in
/// another process. A request has 10 s.
const UNDER_WAY: TimeDelta = TimeDelta::seconds(30);

/// Where a notice goes.
#[derive(Clone)]
pub enum Sender {
    /// A structured line in the log.
    Log,
    /// An SNS topic, in the topic's own region.
    Sns { cloud: Cloud, topic_arn: String },
    /// A Slack incoming webhook, or one that understands the same.
    Slack(Slack),
}

/// A notice was not delivered. Display is one line, with what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct NotSent {
    pub sort: Sort,
    pub why: String,
}

/// What a failure means for the next try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// It did not arrive, and may later.
    Later,
    /// The receiver takes no more now; not before this long, where it said so.
    Throttled { after: Option<Duration> },
    /// It may have arrived.
    Unknown,
    /// It will be refused again: a person is needed.
    Refused,
}

/// A notice that waits, in words, and who waits for it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WaitingWritten {
    pub notice: Written,
    /// By notifier's name.
    pub to: BTreeMap<String, Delivery>,
}

impl WaitingWritten {
    /// The words of one that waits.
    pub fn of(waiting: &Waiting) -> Self {
        Self {
            notice: Written::of(&waiting.notice),
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

/// What is delivered with what.
struct Round<'a> {
    store: &'a dyn Store,
    senders: &'a BTreeMap<String, Sender>,
    clock: &'a Clock,
}

/// Sends everything that is due, oldest first.
///
/// # Errors
/// When the store cannot be read or written. What was sent is then perhaps sent again.
pub async fn deliver(
    store: &dyn Store,
    senders: &BTreeMap<String, Sender>,
    clock: &Clock,
) -> Result<Delivered, StoreError> {
    let round = Round {
        store,
        senders,
        clock,
    };
    let mut done = Delivered::default();
    for (key, entry) in memory::outbox(store).await? {
        round.notice(&key, entry, &mut done).await?;
    }
    Ok(done)
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
    /// Sends one notice to whoever it is due for, and writes down how that ended.
    async fn notice(
        &self,
        key: &str,
        mut entry: Versioned<Waiting>,
        done: &mut Delivered,
    ) -> Result<(), StoreError> {
        let mut tried: Tried = BTreeMap::new();
        for (name, sender) in self.senders {
            let now = self.clock.now();
            let delivery = entry.value.to.get(name);
            let due = delivery.filter(|delivery| !delivery.dead);
            let Some(delivery) = due.filter(|one| due_at(one, sender) <= now) else {
                continue;
            };
            let again = delivery.begun.is_some();
            if sender.shows_repeats() && !begin(self.store, key, name, &mut entry, now).await? {
                // Another process works on it: what is left is looked at in the next round.
                break;
            }
            let ended = sender.send(&entry.value.notice, again).await;
            self.count(name, &entry.value, &ended, done);
            tried.insert(name.clone(), ended);
        }
        let left = settle(self, key, entry, &tried).await?;
        let waits = left.iter().flat_map(|left| &left.to);
        let alive = waits.filter(|(_, delivery)| !delivery.dead);
        let due = alive.filter_map(|(name, one)| Some(due_at(one, self.senders.get(name)?)));
        done.next_at = done.next_at.into_iter().chain(due).min();
        Ok(())
    }

    fn count(
        &self,
        name: &str,
        waiting: &Waiting,
        ended: &Result<(), NotSent>,
        done: &mut Delivered,
    ) {
        match ended {
            Ok(()) => done.sent += 1,
            Err(error) => {
                done.failed += 1;
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

/// When a delivery is next tried: not while another try may be under way, nor before its receiver
/// takes one more.
fn due_at(delivery: &Delivery, sender: &Sender) -> DateTime<Utc> {
    let over = delivery.begun.map(|begun| begun + UNDER_WAY);
    let waits = [over, sender.free_at()].into_iter().flatten();
    waits.fold(delivery.next_at, DateTime::max)
}

impl Sender {
    /// Sends a notice now, whatever waits. `again`: an earlier try may have arrived.
    ///
    /// # Errors
    /// By sort; nothing is written down about it.
    pub async fn send(&self, notice: &Notice, again: bool) -> Result<(), NotSent> {
        match self {
            Self::Log => {
                log::line(notice);
                Ok(())
            }
            Self::Sns { cloud, topic_arn } => sns::publish(cloud, topic_arn, notice).await,
            Self::Slack(slack) => slack.post(notice, again).await,
        }
    }

    /// As `notify test` names it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Sns { .. } => "sns",
            Self::Slack(_) => "slack",
        }
    }

    /// A person sees every repeat: nothing at the receiver drops them by their key.
    fn shows_repeats(&self) -> bool {
        matches!(self, Self::Slack(_))
    }

    /// Before when the receiver takes nothing more.
    fn free_at(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Log | Self::Sns { .. } => None,
            Self::Slack(slack) => slack.free_at(),
        }
    }
}
