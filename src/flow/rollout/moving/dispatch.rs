//! Which file does which step of a move. Decides nothing.

use chrono::{DateTime, Utc};

use super::hands::Move;
use super::steps::{MoveKind, MoveOutput, MoveStep};
use super::{closing, replace, settle, unchanged, update};
use crate::store::{Op, StoreError};
use crate::workflow::{At, Run, RunOutcome, StepError, StepLook, Undo, Workflow};

impl Workflow for Move<'_> {
    type Kind = MoveKind;

    async fn find(&self, at: &At<'_, MoveKind>) -> Result<Option<MoveOutput>, StepError> {
        match at.step {
            MoveStep::Update => update::find(self, at).await,
            // These steps only look: whatever happened is seen by looking again.
            MoveStep::Unchanged | MoveStep::Replace | MoveStep::Settle => Ok(None),
        }
    }

    async fn start(&self, at: &At<'_, MoveKind>) -> Result<StepLook<MoveOutput>, StepError> {
        match at.step {
            MoveStep::Update => update::start(self, at).await,
            MoveStep::Unchanged | MoveStep::Replace | MoveStep::Settle => self.check(at).await,
        }
    }

    async fn check(&self, at: &At<'_, MoveKind>) -> Result<StepLook<MoveOutput>, StepError> {
        match at.step {
            MoveStep::Unchanged => unchanged::check_unchanged(self, at).await,
            MoveStep::Replace => replace::check_replaced(self, at).await,
            MoveStep::Settle => settle::check_settled(self, at).await,
            // `start` of it is done or has failed; a look that is still wanted asks `find`.
            MoveStep::Update => Err(StepError::Again {
                why: "looked for once more".to_owned(),
            }),
        }
    }

    async fn undo(&self, at: &At<'_, MoveKind>) -> Result<Undo, StepError> {
        match at.step {
            MoveStep::Update => update::undo(self, at).await,
            MoveStep::Unchanged | MoveStep::Replace | MoveStep::Settle => Ok(Undo::Gone),
        }
    }

    async fn closing(
        &self,
        run: &Run<MoveKind>,
        outcome: &RunOutcome,
        now: DateTime<Utc>,
    ) -> Result<Vec<Op>, StoreError> {
        closing::ops(self, run, outcome, now).await
    }
}
