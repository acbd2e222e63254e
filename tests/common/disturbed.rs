//! Other hands for any workflow's own journals: one step is disturbed from outside, whatever the hands do.

use std::cell::Cell;

use amiwatch::store::{Op, StoreError};
use amiwatch::workflow::{
    At, Run, RunOutcome, StepError, StepFailure, StepLook, Undo, Workflow, WorkflowKind,
};
use chrono::{DateTime, Utc};

/// What happens to one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How<S> {
    /// It is started twice in a row.
    Twice(S),
    /// It fails before it did anything.
    FailsBefore(S),
    /// It fails after it did what it does.
    FailsAfter(S),
    /// The second step fails after it did what it does, and the undo of the first is refused for good.
    UndoFails(S, S),
}

/// A workflow, one of whose steps is disturbed.
pub(crate) struct Disturbed<W: Workflow> {
    hands: W,
    how: How<<W::Kind as WorkflowKind>::Step>,
    struck: Cell<bool>,
}

impl<W: Workflow> Disturbed<W> {
    pub(crate) fn new(hands: W, how: How<<W::Kind as WorkflowKind>::Step>) -> Self {
        Self {
            hands,
            how,
            struck: Cell::new(false),
        }
    }

    /// Whether it is struck here, which it is once.
    fn strikes(&self, here: bool) -> bool {
        here && !self.struck.replace(true)
    }
}

fn refused() -> StepError {
    StepError::Failed(StepFailure::new("denied", "somebody refused it"))
}

impl<W: Workflow> Workflow for Disturbed<W> {
    type Kind = W::Kind;

    async fn find(
        &self,
        at: &At<'_, W::Kind>,
    ) -> Result<Option<<W::Kind as WorkflowKind>::Output>, StepError> {
        match self.strikes(self.how == How::FailsBefore(at.step)) {
            true => Err(refused()),
            false => self.hands.find(at).await,
        }
    }

    async fn start(
        &self,
        at: &At<'_, W::Kind>,
    ) -> Result<StepLook<<W::Kind as WorkflowKind>::Output>, StepError> {
        let first = self.hands.start(at).await;
        if self.strikes(self.how == How::Twice(at.step)) {
            // What was there already may be refused; it is then looked for.
            return match self.hands.start(at).await {
                Err(StepError::NextChoice { .. } | StepError::Failed(_)) => {
                    panic!("the second start of {:?} ended the step", at.step)
                }
                again => again,
            };
        }
        let fails = self.how == How::FailsAfter(at.step)
            || matches!(self.how, How::UndoFails(_, step) if step == at.step);
        match self.strikes(fails) {
            true => Err(refused()),
            false => first,
        }
    }

    async fn check(
        &self,
        at: &At<'_, W::Kind>,
    ) -> Result<StepLook<<W::Kind as WorkflowKind>::Output>, StepError> {
        self.hands.check(at).await
    }

    async fn undo(&self, at: &At<'_, W::Kind>) -> Result<Undo, StepError> {
        match self.how {
            How::UndoFails(step, _) if step == at.step => Err(refused()),
            _ => self.hands.undo(at).await,
        }
    }

    async fn closing(
        &self,
        run: &Run<W::Kind>,
        outcome: &RunOutcome,
        now: DateTime<Utc>,
    ) -> Result<Vec<Op>, StoreError> {
        self.hands.closing(run, outcome, now).await
    }
}
