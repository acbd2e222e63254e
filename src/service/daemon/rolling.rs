//! The daemon's rollouts: begins the moves that a pass decided on, as many as there is room for, and says
//! when the next look is worth while. What is begun is driven in the lanes of moves, as any other.

use std::rc::Rc;

use chrono::{DateTime, TimeDelta, Utc};

use super::acts::unless_replaced;
use super::{Daemon, Host};
use crate::model::watch::OnDrift;
use crate::service::pass::rollout::{MoveStart, RolloutPass};
use crate::service::runs::DriveError;
use crate::service::runs::moving::{MOVES_MAX, MoveBegun, begin_move};
use crate::service::telemetry::source_chain;
use crate::store::StoreError;
use crate::workflow::RunError;

/// No look for a rollout's sake comes sooner after the last one.
const LOOK_AT_LEAST: TimeDelta = TimeDelta::seconds(30);
/// What changed while a pass decided is decided again after this.
const AGAIN_IN: TimeDelta = TimeDelta::seconds(5);

impl<H: Host> Daemon<'_, H> {
    /// A watch moves environments by itself.
    pub(super) fn rolls_out(&self) -> bool {
        let mut watches = self.live.settings.watches.values();
        watches.any(|watch| watch.on_drift == OnDrift::Rollout)
    }

    /// Begins what a pass decided on. Says when the next look is worth while, sooner than the timetable.
    pub(super) async fn roll(
        &mut self,
        pass: RolloutPass,
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        let room = MOVES_MAX.saturating_sub(self.moves.len());
        let mut again = pass.again;
        for start in pass.starts.into_iter().take(room) {
            again |= self.begin_one(&start).await? == Some(MoveBegun::DecideAgain);
        }
        let again = again.then_some(now + AGAIN_IN);
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
}
