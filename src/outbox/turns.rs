//! One receiver's turns in a round: from the heads of its lines, the oldest of all first, until nothing is due, it has
//! failed, or it has had enough.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::settle::{self, begin_delivery, cross_off_sent, put_off_failed};
use super::{Delivered, NotSent, PAUSE_MAX, Sender, Sort, StoryThreads};
use crate::clock::Clock;
use crate::model::notice::{Notice, NoticeTurn, Severity};
use crate::store::records::lines::{self, NoticeLine, OutboxRow};
use crate::store::records::{Delivery, sent_hour, threads};
use crate::store::{Batch, Store, StoreError};

/// A try that was begun and has not ended is left alone for this long: it may still be under way in
/// another process. A request has 10 s, a mail 20.
const UNDER_WAY: TimeDelta = TimeDelta::seconds(30);

pub(super) struct ReceiverTurns<'a> {
    pub(super) store: &'a dyn Store,
    /// Absent where the config names it no more.
    pub(super) sender: Option<&'a Sender>,
    pub(super) clock: &'a Clock,
    pub(super) name: String,
    /// How many messages it may still be sent.
    pub(super) room: u64,
    pub(super) failed_until: Option<DateTime<Utc>>,
    pub(super) done: Delivered,
}

/// How it went with one receiver.
pub(super) struct TurnsEnd {
    pub(super) name: String,
    pub(super) failed_until: Option<DateTime<Utc>>,
    pub(super) done: Delivered,
}

impl ReceiverTurns<'_> {
    pub(super) async fn take(
        mut self,
        heads: Vec<(NoticeLine, OutboxRow)>,
    ) -> Result<TurnsEnd, StoreError> {
        let mut heads: BTreeMap<_, _> = heads.into_iter().map(in_turn).collect();
        while let Some((_, (line, row))) = heads.pop_first() {
            if self.done.sent + self.done.failed >= self.room {
                self.done.wait_until(self.clock.now());
                break;
            }
            if !self.head(&line, row).await? {
                continue;
            }
            if let Some(next) = lines::head(self.store, &line).await? {
                heads.extend([in_turn((line, next))]);
            }
            tokio::task::yield_now().await;
        }
        Ok(TurnsEnd {
            name: self.name,
            failed_until: self.failed_until,
            done: self.done,
        })
    }

    /// Sends to who is first in a line, if it is time; says whether the next one may follow.
    async fn head(&mut self, line: &NoticeLine, mut row: OutboxRow) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let (Some(sender), Some(delivery)) = (self.sender, row.1.value.to.get(&self.name)) else {
            // A notifier that the config no longer names waits for nothing.
            settle::cross_off(self.store, row).await?;
            return Ok(true);
        };
        let due = due_at(delivery, sender, now).max(self.failed_until.unwrap_or(now));
        if due > now {
            self.done.wait_until(due);
            return Ok(false);
        }
        match self.turn(sender, line, &row.1.value.notice, now).await? {
            NoticeTurn::Send => {}
            NoticeTurn::WaitUntil(at) => {
                self.done.wait_until(at);
                return Ok(false);
            }
            NoticeTurn::Withhold => {
                let told_at = settle::withhold(self.store, &self.name, row, now).await?;
                self.done.wait_until(told_at);
                return Ok(true);
            }
        }
        let again = delivery.begun.is_some();
        let begins = sender.shows_repeats();
        if begins && !begin_delivery(self.store, &self.name, &mut row, now).await? {
            // Another process works on it: it is looked at in the next round.
            self.done.wait_until(now + UNDER_WAY);
            return Ok(false);
        }
        let ended = self.tell(sender, &row.1.value.notice, again).await?;
        self.settle(sender, row, ended, again).await
    }

    /// Sends it, into its story's thread where the receiver has such; where that is, is written down before anything
    /// else happens.
    async fn tell(
        &self,
        sender: &Sender,
        notice: &Notice,
        again: bool,
    ) -> Result<Result<(), NotSent>, StoreError> {
        if !sender.keeps_threads() {
            return Ok(sender.send(notice, again).await);
        }
        let known = threads::story_thread(self.store, &self.name, &notice.story).await?;
        let mut over = Vec::new();
        for story in notice.ends_others() {
            let told_there = threads::story_thread(self.store, &self.name, story).await?;
            over.extend(told_there.value);
        }
        let own = known.value.clone();
        let told = sender.tell(notice, again, StoryThreads { own, over }).await;
        if told.thread != known.value {
            let op = threads::story_thread_op(
                &self.name,
                &notice.story,
                known.version,
                told.thread.as_ref(),
            );
            match self.store.commit(Batch::of_ops(vec![op])).await {
                // Another process knows better.
                Ok(()) | Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(told.ended)
    }

    /// What the receiver's limits have of it.
    async fn turn(
        &self,
        sender: &Sender,
        line: &NoticeLine,
        notice: &Notice,
        now: DateTime<Utc>,
    ) -> Result<NoticeTurn, StoreError> {
        let limits = sender.limits();
        let sent = match limits.per_hour {
            Some(_) => {
                sent_hour::sent_hour(self.store, &self.name, now)
                    .await?
                    .value
                    .sent
            }
            None => 0,
        };
        let turn = limits.turn(notice, sent, false, now);
        let matters = |other: &Notice| other.severity() > Severity::Info;
        match turn {
            NoticeTurn::WaitUntil(_) if lines::any_in_line(self.store, line, matters).await? => {
                Ok(limits.turn(notice, sent, true, now))
            }
            turn => Ok(turn),
        }
    }

    async fn settle(
        &mut self,
        sender: &Sender,
        row: OutboxRow,
        ended: Result<(), NotSent>,
        again: bool,
    ) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let Err(error) = ended else {
            self.done.sent += 1;
            let counted = sender.limits().per_hour.is_some();
            cross_off_sent(self.store, &self.name, row, counted, now).await?;
            return Ok(true);
        };
        self.say_failed(&row, &error);
        let next_at = put_off_failed(self.store, &self.name, row, &error, again, now).await?;
        if let Some(next_at) = next_at {
            self.done.wait_until(next_at);
            if error.sort != Sort::Refused {
                self.failed_until = Some(next_at);
            }
        }
        Ok(next_at.is_none())
    }

    fn say_failed(&mut self, row: &OutboxRow, error: &NotSent) {
        self.done.failed += 1;
        let waiting = &row.1.value;
        let attempts = waiting.to.get(&self.name).map_or(0, |one| one.attempts) + 1;
        tracing::warn!(
            notifier = self.name,
            notice.key = waiting.notice.key,
            attempts,
            "notice not delivered: {error}"
        );
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
