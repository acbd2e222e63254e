//! What the loop does with what has ended: a pass, a bake, a delivery, a sweep. A move's end is `rolling`'s,
//! a request's `requests`'.

use std::rc::Rc;

use chrono::{DateTime, TimeDelta, Utc};

use super::blind::{self, BlindChange};
use super::lanes::{BakeLaneEnd, PassEnd};
use super::timers::{Tick, Timer};
use super::{Daemon, Host, SWEEP_EVERY};
use crate::clock::Elapsed;
use crate::flow::exit_code::{self, Exit};
use crate::flow::notify;
use crate::model::blind::BlindSpots;
use crate::model::plan::PlanItem;
use crate::service::moves_counted::behind_by_watch;
use crate::service::pass::decide::Decided;
use crate::service::pass::publish::PublishPass;
use crate::service::pass::rollout::RolloutPass;
use crate::service::publications_counted::failing_by_watch;
use crate::service::retire::keeping::Retired;
use crate::service::runs::DriveError;
use crate::service::sweep::{Done, SweepError, Swept};
use crate::service::telemetry::source_chain;
use crate::service::vitals::{BakeResult, PassResult};
use crate::store::{Batch, Op, StoreError, publications, records};
use crate::workflow::error::RunError;

impl<H: Host> Daemon<'_, H> {
    pub(super) async fn passed(
        &mut self,
        end: PassEnd,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let took = now - end.since;
        let mut rollout = RolloutPass::default();
        let mut publish = PublishPass::default();
        let result = match end.decided {
            Ok(Ok(mut decided)) => {
                self.cut_since = None;
                rollout = std::mem::take(&mut decided.rollout);
                publish = std::mem::take(&mut decided.publish);
                if !Rc::ptr_eq(&end.live, &self.live) {
                    // Decided under a config that is gone: the pass that follows decides anew.
                    decided.starts.clear();
                    rollout = RolloutPass::default();
                    publish = PublishPass::default();
                }
                self.log_blindness(&decided.blind);
                self.log_shared_targets(&decided.items);
                self.take(decided)
            }
            Ok(Err(error)) => {
                unless_replaced(error, "a pass failed; the next one tries again")?;
                PassResult::Failed
            }
            Err(limit) => {
                let told = self.cut(limit, end.since, now).await;
                told.or_else(|error| unless_replaced(error, "nobody was told of a cut pass"))?;
                PassResult::Cut
            }
        };
        if let Err(error) = self.resume_what_is_open().await {
            unless_replaced(error, "bakes that were left cannot be read")?;
        }
        let look_at = self.roll(rollout, now).await?;
        if let Err(error) = self.drive_open_moves().await {
            unless_replaced(error, "moves that were left cannot be read")?;
        }
        let again_at = self.publish(publish).await?;
        if let Err(error) = self.drive_open_publications().await {
            unless_replaced(error, "publications that were left cannot be read")?;
        }
        let look_at = look_at.into_iter().chain(again_at).min();
        let steady = self.ground.clock.steady();
        self.vitals.change(|pulse| {
            pulse.pass_since = None;
            pulse.last_pass_took = Some(took);
            *pulse.passes.entry(result).or_default() += 1;
            if matches!(result, PassResult::Good | PassResult::Partial) {
                pulse.pass_ended(now, steady);
            }
            if result == PassResult::Good {
                pulse.last_good_pass_at = Some(now);
            }
        });
        self.ping_end(result);
        self.next_tick(now);
        if let Some(at) = look_at {
            self.look_by(at, now);
        }
        if std::mem::take(&mut self.look_again) {
            self.look_soon(now);
        }
        if !Rc::ptr_eq(&end.live, &self.live) {
            self.tick = Some(Tick::new(now, now));
        }
        self.tell_soon(now);
        self.retire_next = true;
        self.sweep
            .get_or_insert_with(|| Timer::due_now(now, SWEEP_EVERY));
        self.read_drift().await;
        self.status(result, now);
        self.answer_looks(result, now).await
    }

    /// Logs what cannot be read, once a cause, and when it can be read again.
    fn log_blindness(&self, after: &BlindSpots) {
        let before = self
            .vitals
            .change(|pulse| std::mem::replace(&mut pulse.blind, after.clone()));
        for change in blind::blind_changes(&before, after) {
            match change {
                BlindChange::Blind { of, why } => {
                    tracing::warn!(of, why, "not everything can be read: nothing is concluded");
                }
                BlindChange::Sees { of } => tracing::info!(of, "everything can be read again"),
            }
        }
    }

    /// Queues what is to be started. What an earlier pass queued is decided anew.
    fn take(&mut self, decided: Decided) -> PassResult {
        self.waiting.retain(|_, (_, asked)| asked.is_some());
        let result = result_of(&decided.items);
        let behind = behind_by_watch(&decided.items);
        self.vitals.change(|pulse| pulse.behind = behind);
        for start in decided.starts {
            let name = start.watch.to_string();
            if !self.baking.contains(&name) && !self.ended.contains(&name) {
                self.waiting.entry(name).or_insert((start, None));
            }
        }
        let watches = decided.items.len();
        let result_word = result.as_str();
        tracing::info!(
            watches,
            result = result_word,
            starts = self.waiting.len(),
            "a pass ended"
        );
        for item in &decided.items {
            let (watch, because) = (item.watch.as_str(), item.because.join(" "));
            tracing::debug!(watch, action = ?item.action, because, "decided");
        }
        result
    }

    /// A pass was cut. It is told once, until one ends in time.
    async fn cut(
        &mut self,
        limit: Elapsed,
        since: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let limit_s = limit.0.as_secs();
        tracing::error!(
            limit_s,
            "a pass did not end in time and was cut; the next one tries again"
        );
        let first = *self.cut_since.get_or_insert(since);
        let Some(installation) = &self.live.settings.installation else {
            return Ok(());
        };
        let notice = notify::pass_cut(installation, first, limit.0, now);
        let told = {
            let live = Rc::clone(&self.live);
            self.ground.service(&live).told()
        };
        let mut ops = records::notice_ops(self.ground.store, &notice, &told).await?;
        if ops.is_empty() {
            return Ok(());
        }
        ops.push(Op::CheckLease {
            epoch: self.ground.lease.epoch,
        });
        self.ground.store.commit(Batch::of_ops(ops)).await
    }

    pub(super) fn baked(&mut self, end: BakeLaneEnd, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.baking.remove(&end.name);
        self.ended.insert(end.name.clone());
        let took_s = (now - end.since).num_seconds();
        if end.ended.is_ok() && (self.rolls_out() || self.publishes()) {
            self.look_soon(now);
        }
        self.tell_soon(now);
        let name = end.name.as_str();
        let result = match end.ended {
            Ok(ended) if ended.image.is_some() => BakeResult::Verified,
            Ok(_) => BakeResult::Failed,
            Err(DriveError::Store(error) | DriveError::Run(RunError::Store(error))) => {
                unless_replaced(error, "a bake cannot go on; the next pass tries again")?;
                BakeResult::PutOff
            }
            Err(error) => {
                let why = source_chain(&error);
                tracing::error!(name, why, "a bake cannot go on; the next pass tries again");
                BakeResult::PutOff
            }
        };
        let kept = self.live.settings.builder.keep_failed;
        if let (BakeResult::Failed, Some(kept)) = (result, kept) {
            let until = now + TimeDelta::from_std(kept).unwrap_or_default();
            self.kept_until = self.kept_until.into_iter().chain([until]).min();
        }
        tracing::info!(name, took_s, result = result.as_str(), "a bake ended");
        self.vitals
            .change(|pulse| *pulse.bakes.entry(result).or_default() += 1);
        Ok(())
    }

    /// A sweep ended: what it found is in the store and in its notices.
    pub(super) fn has_swept(
        &mut self,
        end: Result<Swept, SweepError>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.tell_soon(now);
        match end {
            Ok(swept) => {
                self.swept = true;
                // One that is due and could not go is the next day's.
                let known = self.kept_until.into_iter().chain(swept.kept_until());
                self.kept_until = known.filter(|until| *until > now).min();
                let removed = swept.found.iter().filter(|one| one.done == Done::Removed);
                let (looked_at, removed) = (swept.found.len(), removed.count());
                tracing::info!(looked_at, removed, "a sweep ended");
                for one in &swept.unreachable {
                    let (region, why) = (one.region.as_str(), one.trouble.why.as_str());
                    tracing::warn!(region, why, "nothing was swept there");
                }
                Ok(())
            }
            Err(SweepError::Store(error)) => unless_replaced(error, "nothing was swept"),
            Err(error) => {
                tracing::warn!(why = source_chain(&error), "nothing was swept");
                Ok(())
            }
        }
    }

    /// A look at older images ended: what it did is in the store and in its notices.
    pub(super) fn has_retired(
        &mut self,
        end: Result<Retired, StoreError>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.tell_soon(now);
        match end {
            Ok(retired) => {
                let acts = retired.acts.len();
                let failed = retired.acts.iter().filter(|one| one.failed()).count();
                if acts > 0 {
                    tracing::info!(acts, failed, "a look at older images ended");
                }
                Ok(())
            }
            Err(error) => unless_replaced(error, "older images are not looked at"),
        }
    }

    /// Reads what the pass has remembered, for the metrics.
    async fn read_drift(&self) {
        if let Ok(watches) = records::readable_watches(self.ground.store).await {
            let ages = watches.into_iter();
            let ages = ages.map(|(watch, history)| (watch, history.drifted_since));
            self.vitals
                .change(|pulse| pulse.drifted_since = ages.collect());
        }
        if let Ok(ledgers) = publications::each_ledger(self.ground.store).await {
            let failing = failing_by_watch(ledgers.into_iter().flatten());
            self.vitals
                .change(|pulse| pulse.publications_failing = failing);
        }
    }

    fn status(&self, result: PassResult, now: DateTime<Utc>) {
        let next = self.tick.map_or("never".to_owned(), |tick| {
            tick.at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
        });
        let line = format!(
            "last pass {} ({}), {} bakes under way, next pass {next}",
            now.format("%H:%M:%S UTC"),
            result.as_str(),
            self.bakes.len()
        );
        self.host.tell(&super::Condition::Status(line));
    }
}

/// Good when everything that was looked for could be told.
fn result_of(items: &[PlanItem]) -> PassResult {
    match exit_code::exit_after_pass(items, 0) {
        Exit::CannotTell => PassResult::Partial,
        _ => PassResult::Good,
    }
}

/// A driver that was replaced, or whose store was, must stop; every other trouble of the store is
/// logged, and the work is tried again.
pub(super) fn unless_replaced(error: StoreError, what: &'static str) -> Result<(), StoreError> {
    if error.must_stop() {
        return Err(error);
    }
    tracing::error!(why = source_chain(&error), "{what}");
    Ok(())
}
