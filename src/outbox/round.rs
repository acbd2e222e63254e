//! One round of deliveries: what is new is put into lines, and every receiver is sent what waits for it, side by side
//! with the others. While one takes its time, those who are through are looked at again.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::LocalBoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};

use super::turns::{ReceiverTurns, TurnsEnd};
use super::{Delivered, LOG, Sender};
use crate::clock::Clock;
use crate::model::notice::{NextByItself, Notice, PastedCommand, ToldBy, What, WithheldTold};
use crate::store::records::lines::{self, NoticeLine, OutboxRow};
use crate::store::records::sent_hour::{self, SentHour};
use crate::store::records::{self, Versioned};
use crate::store::{Batch, Store, StoreError};

/// Messages of one round, for each receiver.
pub(super) const SENT_AT_ONCE: u64 = 100;
/// How often it is looked for what is new while some receiver takes its time.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// What is delivered with what, and how it goes.
pub(super) struct Round<'a> {
    store: &'a dyn Store,
    senders: &'a BTreeMap<String, Sender>,
    clock: &'a Clock,
    /// Receivers that failed in this round, and when they are tried again: what waits in their other
    /// lines would fail as well.
    failed: BTreeMap<String, DateTime<Utc>>,
    /// How many messages each was sent, or was not.
    tried: BTreeMap<String, u64>,
    pub(super) done: Delivered,
}

type Turns<'a> = LocalBoxFuture<'a, Result<TurnsEnd, StoreError>>;

impl<'a> Round<'a> {
    pub(super) fn new(
        store: &'a dyn Store,
        senders: &'a BTreeMap<String, Sender>,
        clock: &'a Clock,
    ) -> Self {
        Self {
            store,
            senders,
            clock,
            failed: BTreeMap::new(),
            tried: BTreeMap::new(),
            done: Delivered::default(),
        }
    }

    /// Tells receivers how much their limits kept from them, once the hour is over.
    pub(super) async fn tell_what_was_withheld(&mut self) -> Result<(), StoreError> {
        for name in self.senders.keys().filter(|name| *name != LOG) {
            let now = self.clock.now();
            let hour = sent_hour::sent_hour(self.store, name, now).await?;
            if hour.value.withheld.is_empty() {
                continue;
            }
            match hour.value.ends_at(now) {
                at if at > now => self.done.wait_until(at),
                _ => self.tell_count(name, hour, now).await?,
            }
        }
        Ok(())
    }

    /// The count and a new hour are one batch: it is told once, whoever dies when.
    async fn tell_count(
        &self,
        name: &str,
        hour: Versioned<SentHour>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let notice = count_of(name, &hour.value, now);
        let told_by = ToldBy::everything_to([name, LOG]);
        let mut ops = records::notice_ops(self.store, &notice, &told_by).await?;
        let next = SentHour::beginning(now);
        ops.push(sent_hour::sent_hour_op(name, hour.version, &next));
        match self.store.commit(Batch::of_ops(ops)).await {
            // Another process told it.
            Err(StoreError::Conflict { .. }) => Ok(()),
            other => other,
        }
    }

    /// Puts what is new into the lines of those who wait for it.
    pub(super) async fn queue_what_is_fresh(&self) -> Result<(), StoreError> {
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

    /// Sends from the heads of the lines, to all receivers side by side.
    pub(super) async fn lines(&mut self) -> Result<(), StoreError> {
        let mut running: FuturesUnordered<Turns<'a>> = FuturesUnordered::new();
        let mut busy = BTreeSet::new();
        loop {
            for (name, heads) in self.idle_heads(&busy).await? {
                busy.insert(name.clone());
                running.push(self.turns(name, heads));
            }
            let clock = self.clock;
            let mut look_again = Box::pin(clock.sleep(LOOK_AGAIN));
            loop {
                let ended = tokio::select! {
                    biased;
                    ended = running.next() => ended,
                    () = &mut look_again => break,
                };
                let Some(ended) = ended else { return Ok(()) };
                let ended = ended?;
                busy.remove(&ended.name);
                self.count(ended);
            }
            self.queue_what_is_fresh().await?;
        }
    }

    /// The heads of the lines of those that are sent nothing just now, and have not had enough.
    async fn idle_heads(
        &mut self,
        busy: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, Vec<(NoticeLine, OutboxRow)>>, StoreError> {
        let mut idle: BTreeMap<String, Vec<(NoticeLine, OutboxRow)>> = BTreeMap::new();
        for (line, row) in lines::heads(self.store).await? {
            let name = line.receiver.clone();
            if busy.contains(&name) {
                continue;
            }
            match self.room(&name) {
                0 => self.done.wait_until(self.clock.now()),
                _ => idle.entry(name).or_default().push((line, row)),
            }
        }
        Ok(idle)
    }

    fn room(&self, name: &str) -> u64 {
        let tried = self.tried.get(name).copied().unwrap_or_default();
        SENT_AT_ONCE.saturating_sub(tried)
    }

    fn turns(&self, name: String, heads: Vec<(NoticeLine, OutboxRow)>) -> Turns<'a> {
        let turns = ReceiverTurns {
            store: self.store,
            sender: self.senders.get(&name),
            clock: self.clock,
            room: self.room(&name),
            failed_until: self.failed.get(&name).copied(),
            done: Delivered::default(),
            name,
        };
        turns.take(heads).boxed_local()
    }

    fn count(&mut self, ended: TurnsEnd) {
        let TurnsEnd {
            name,
            failed_until,
            done,
        } = ended;
        self.failed
            .extend(failed_until.map(|until| (name.clone(), until)));
        *self.tried.entry(name).or_default() += done.sent + done.failed;
        self.done.sent += done.sent;
        self.done.failed += done.failed;
        if let Some(at) = done.next_at {
            self.done.wait_until(at);
        }
    }
}

/// What is told of an hour that is over.
fn count_of(name: &str, hour: &SentHour, now: DateTime<Utc>) -> Notice {
    let key = format!("withheld:{name}:{}", hour.began.timestamp_millis());
    Notice {
        story: format!("withheld:{name}"),
        key,
        at: now,
        installation: None,
        watch: None,
        scope: None,
        what: What::Withheld(WithheldTold {
            receiver: name.to_owned(),
            from: hour.began,
            until: hour.ends_at(now),
            by_event: hour.withheld.clone(),
        }),
        next: NextByItself::Nothing,
        commands: vec![PastedCommand::new(
            "amiwatch history",
            "what happened meanwhile",
        )],
        links: Vec::new(),
    }
}
