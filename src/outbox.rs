//! Delivers stored notices at least once: to the log always, and to every notifier that waits.
//!
//! A notice is stored in the batch of the fact that it tells; here it is sent, and then crossed off.
//! Dying in between sends it again, under the same key. A receiver that cannot drop repeats by the
//! key (a chat) gets a mark in the store before each try, so that whoever goes on knows that the
//! message may have arrived, and says so. One notifier that fails does not stop the others.
//!
//! The store that is given here is its leader's: it takes nothing of one that has lost the lease, whose config may
//! not name a receiver that the next one's does.
//!
//! Each receiver hears of a watch in the order in which things happened: what is newer waits while
//! what is older is tried. What was given up is in nobody's way.
//!
//! Must not decide what is worth telling.

mod receivers;

pub mod render;

mod retry;

mod round;

mod settle;

mod turns;

#[cfg(test)]
mod chaos_tests;

#[cfg(test)]
mod limits_tests;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::clock::Clock;
use crate::store::records::{Delivery, Waiting};
use crate::store::{Store, StoreError};

pub use receivers::{
    EventBus, Hook, HookTemplate, KeptSecret, Limited, LogReceiver, MailServer, NotSent,
    NoticeCommand, Pacing, Pager, PagerEvent, Receiver, Sender, Sending, Slack, SlackApp, SnsTopic,
    Sort, StoryThreads, Teams, Telling, Told, Webhook, adaptive_card, amazon_q_message, blocks,
    bus_event, mail_html, mail_message, mail_text, pager_event, sns_message, story_message,
};
pub use render::WrittenNotice;
pub use retry::{Revived, RevivedDeliveries, revive_dead};

use round::Round;

/// Every notice goes to the log, under this name.
pub const LOG: &str = "log";
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

impl Delivered {
    fn wait_until(&mut self, at: DateTime<Utc>) {
        self.next_at = self.next_at.into_iter().chain([at]).min();
    }
}

/// Sends what is due, oldest first; to each receiver at most a hundred, so that whoever waits for this
/// does other things in between. One that takes its time holds up no other.
///
/// # Errors
/// When the store cannot be read or written. What was sent is then perhaps sent again.
pub async fn deliver(
    store: &dyn Store,
    senders: &BTreeMap<String, Sender>,
    clock: &Clock,
) -> Result<Delivered, StoreError> {
    let mut round = Round::new(store, senders, clock);
    round.tell_what_was_withheld().await?;
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
