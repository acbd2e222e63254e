//! The daemon's moves: begins those that a pass decided on, drives what is open in lanes, as many as there is
//! room for, takes their ends, and says when the next look is worth while.
//!
//! Decides nothing about a rollout: a pass does.

use std::rc::Rc;

use chrono::{DateTime, TimeDelta, Utc};

use super::acts::unless_replaced;
use super::lanes::{self, MoveLaneEnd};
use super::{Daemon, Host};
use crate::flow::rollout::moving::kind::MoveKind;
use crate::model::watch::OnDrift;
use crate::service::moves_counted::MoveCounted;
use crate::service::pass::rollout::{MoveStart, RolloutPass};
use crate::service::runs::moving::{MOVES_MAX, MoveBegun, begin_move};
use crate::service::runs::{self, DriveError};
use crate::service::telemetry::source_chain;
use crate::store::StoreError;
use crate::workflow::RunError;

/// No look for a rollout's sake comes sooner after the last one.
const LOOK_AT_LEAST: TimeDelta = TimeDelta::seconds(30);
/// What changed while a pass decided is decided again after this, and after twice as long each time that it
/// has changed once more.
const AGAIN_IN: TimeDelta = TimeDelta::seconds(5);
/// Doubled no more often.
const AGAIN_DOUBLED: u32 = 8;

/// The pause before it is decided again, where that was so `before` without a pass in between that had no need
/// of it.
fn again_in(before: u32) -> TimeDelta {
    AGAIN_IN * (1 << before.min(AGAIN_DOUBLED))
}

impl<H: Host> Daemon<'_, H> {
    /// A watch moves environments by itself.
    pub(super) fn rolls_out(&self) -> bool {
        let mut watches = self.live.settings.watches.values();
        watches.any(|watch| watch.on_drift == OnDrift::Rollout)
    }

    /// Drives the moves that are open and that nobody here drives, as many as there is room for: each has
    /// a lane of its own, by its environment.
    pub(super) async fn drive_open_moves(&mut self) -> Result<(), StoreError> {
        for one in runs::under_way::<MoveKind>(self.ground.store).await? {
            let room = self.moves.len() < MOVES_MAX;
            if room && self.moving.insert(lanes::name_of(&one)) {
                let live = Rc::clone(&self.live);
                self.moves.push(lanes::move_lane(self.ground, live, one));
            }
        }
        Ok(())
    }

    /// Begins what a pass decided on. Says when the next look is worth while, sooner than the timetable.
    pub(super) async fn roll(
        &mut self,
        pass: RolloutPass,
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        let room = MOVES_MAX.saturating_sub(self.moves.len());
        let mut again = !pass.again.is_empty();
        for start in pass.starts.into_iter().take(room) {
            again |= self.begin_one(&start).await? == Some(MoveBegun::DecideAgain);
        }
        let before = self.agains;
        self.agains = if again { before.saturating_add(1) } else { 0 };
        let again = again.then(|| now + again_in(before));
        let gate = pass.look_at.map(|at| at.max(now + LOOK_AT_LEAST));
        Ok(again.into_iter().chain(gate).min())
    }

    /// Nothing where it could not be begun: the next pass decides again.
    async fn begin_one(&self, start: &MoveStart) -> Result<Option<MoveBegun>, StoreError> {
        let live = Rc::clone(&self.live);
        let service = self.ground.service(&live);
        let target = start.order.target.to_string();
        match begin_move(&service, self.ground.lease, &start.order, &start.from).await {
            Ok(begun) => {
                if let MoveBegun::Begun { journal } = &begun {
                    let watch = start.order.watch.as_str();
                    tracing::info!(watch, target, journal, "a move begins");
                }
                Ok(Some(begun))
            }
            Err(DriveError::Store(error) | DriveError::Run(RunError::Store(error))) => {
                unless_replaced(error, "a move cannot be begun; the next pass decides again")?;
                Ok(None)
            }
            Err(error) => {
                let why = source_chain(&error);
                tracing::error!(
                    target,
                    why,
                    "a move cannot be begun; the next pass decides again"
                );
                Ok(None)
            }
        }
    }

    /// A move ended: whose fault it was where it failed stands in its journal and its notice.
    pub(super) fn moved(&mut self, end: MoveLaneEnd, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.moving.remove(&end.name);
        self.tell_soon(now);
        // What follows from its end, the next wave or a quarantine, waits for no tick. One that could not be
        // driven on has not ended: it is resumed with the timetable's next pass, and not again and again.
        if end.ended.is_ok() && self.rolls_out() {
            self.look_soon(now);
        }
        let (name, took_s) = (end.name.as_str(), (now - end.since).num_seconds());
        match end.ended {
            Ok(results) => {
                let failed = results.iter().filter(|one| one.failure().is_some()).count();
                let moves = results.len();
                self.vitals.change(|pulse| {
                    for one in results.iter().map(MoveCounted::of_result) {
                        *pulse.moves.entry(one).or_default() += 1;
                    }
                });
                tracing::info!(name, took_s, moves, failed, "a move ended");
                Ok(())
            }
            Err(DriveError::Store(error) | DriveError::Run(RunError::Store(error))) => {
                unless_replaced(error, "a move cannot go on; the next pass tries again")
            }
            Err(error) => {
                let why = source_chain(&error);
                tracing::error!(name, why, "a move cannot go on; the next pass tries again");
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_again_and_again_is_decided_less_and_less_often() {
        let pauses = [0, 1, 2, 8, u32::MAX].map(|before| again_in(before).num_seconds());
        assert_eq!(pauses, [5, 10, 20, 1280, 1280]);
    }
}
