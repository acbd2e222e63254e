//! Delivers stored notices at least once: to the log always, and to every notifier that waits.
//!
//! A notice is stored in the batch of the fact that it tells; here it is sent, and then crossed off.
//! Dying in between sends it again, under the same key. One notifier that fails does not stop the
//! others. Must not decide what is worth telling.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use crate::clock::Clock;
use crate::cloud::{Cloud, CloudError, Message};
use crate::model::notice::Notice;
use crate::store::memory::{self, Delivery, Versioned, Waiting};
use crate::store::{Batch, Op, Store, StoreError};

/// Every notice goes to the log, under this name.
pub const LOG: &str = "log";
/// Pauses after the first, second, ... failed delivery; the last one repeats.
const PAUSES_S: [u64; 6] = [5, 30, 120, 600, 1800, 3600];
/// After so many failures (about two days) a delivery is dead: kept, and no more tried by itself.
const ATTEMPTS_MAX: u32 = 50;

/// Where a notice goes.
#[derive(Clone)]
pub enum Sender {
    /// A structured line in the log.
    Log,
    /// An SNS topic, in the topic's own region.
    Sns { cloud: Cloud, topic_arn: String },
}

/// Why one delivery failed.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct NotSent(#[from] CloudError);

/// What one round of deliveries did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Delivered {
    pub sent: u64,
    pub failed: u64,
    /// When the next one is due, if something still waits.
    pub next_at: Option<DateTime<Utc>>,
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
    let mut done = Delivered::default();
    for (key, mut entry) in memory::outbox(store).await? {
        let before = entry.value.clone();
        for (name, sender) in senders {
            send_if_due(&mut entry, name, sender, clock, &mut done).await;
        }
        // A notifier that the config no longer names waits for nothing.
        entry.value.to.retain(|name, _| senders.contains_key(name));
        let due = entry.value.to.values().filter(|delivery| !delivery.dead);
        done.next_at = done
            .next_at
            .into_iter()
            .chain(due.map(|one| one.next_at))
            .min();
        if entry.value != before {
            settle(store, &key, &entry).await?;
        }
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

async fn send_if_due(
    entry: &mut Versioned<Waiting>,
    name: &str,
    sender: &Sender,
    clock: &Clock,
    done: &mut Delivered,
) {
    let now = clock.now();
    let notice = &entry.value.notice;
    let Some(delivery) = entry.value.to.get_mut(name) else {
        return;
    };
    if delivery.dead || delivery.next_at > now {
        return;
    }
    match send(sender, notice).await {
        Ok(()) => {
            entry.value.to.remove(name);
            done.sent += 1;
        }
        Err(error) => {
            done.failed += 1;
            put_off(delivery, &error, now);
            tracing::warn!(
                notifier = name,
                notice.key = notice.key,
                attempts = delivery.attempts,
                "notice not delivered: {error}"
            );
        }
    }
}

fn put_off(delivery: &mut Delivery, error: &NotSent, now: DateTime<Utc>) {
    let at = usize::try_from(delivery.attempts)
        .unwrap_or(usize::MAX)
        .min(PAUSES_S.len() - 1);
    delivery.attempts += 1;
    delivery.next_at = now + TimeDelta::seconds(PAUSES_S[at].cast_signed());
    delivery.last_why = Some(error.to_string());
    delivery.dead = delivery.attempts >= ATTEMPTS_MAX;
}

async fn send(sender: &Sender, notice: &Notice) -> Result<(), NotSent> {
    match sender {
        Sender::Log => {
            log(notice);
            Ok(())
        }
        Sender::Sns { cloud, topic_arn } => {
            cloud.publish(topic_arn, &message(notice)).await?;
            Ok(())
        }
    }
}

fn log(notice: &Notice) {
    let facts = json!(notice.facts).to_string();
    tracing::info!(
        event = notice.event.as_str(),
        watch = notice.watch,
        notice.key = notice.key,
        facts,
        "{}",
        notice.subject
    );
}

/// Subscribers by e-mail get text; programs filter on the attributes and drop repeats by the key.
fn message(notice: &Notice) -> Message {
    let attributes = [
        ("amiwatch.event", notice.event.as_str()),
        ("amiwatch.watch", notice.watch.as_str()),
        ("amiwatch.key", notice.key.as_str()),
    ];
    Message {
        subject: notice.subject.clone(),
        body: notice.body.clone(),
        attributes: attributes.map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
        key: notice.key.clone(),
    }
}

/// Writes what is still waited for, or crosses the notice off.
async fn settle(
    store: &dyn Store,
    key: &str,
    entry: &Versioned<Waiting>,
) -> Result<(), StoreError> {
    let (key, expected) = (key.to_owned(), entry.version);
    let op = match entry.value.to.is_empty() {
        true => Op::Delete { key, expected },
        false => Op::CompareAndSet {
            key,
            expected,
            value: json!(entry.value),
        },
    };
    match store.commit(Batch::of(vec![op])).await {
        // Another process settled it meanwhile; what is left is looked at in the next round.
        Err(StoreError::Conflict { .. }) => Ok(()),
        other => other,
    }
}
