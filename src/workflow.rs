//! Crash safety that has never heard of AMIs.
//!
//! A workflow is a short line of steps. Its [`kind`] says what they are called and what they may
//! take; its hands are four small functions: [`Workflow::find`] (has the step happened already?),
//! [`Workflow::start`], [`Workflow::check`] (one look) and [`Workflow::undo`] (right for never ran,
//! maybe ran, and ran). Steps never sleep and remember nothing: the [`runner`] writes `Started` before
//! and `Done` with the step's output after, later steps read earlier outputs from the journal, and a
//! restart replays the journal through the function that wrote it ([`journal`]). The process may stop
//! anywhere.
//!
//! Must not import `cloud` or `flow`: what the steps do is their business.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::store::{Op, StoreError};

pub mod error;

pub mod journal;

pub mod kind;

mod life;

pub mod observer;

pub mod open;

mod pauses;

pub mod recovery;

pub mod runner;

mod running;

mod undo;

mod writing;

#[cfg(test)]
mod tests;

#[cfg(test)]
mod letter_tests;

#[cfg(test)]
mod life_tests;

#[cfg(test)]
mod open_tests;

#[cfg(test)]
mod opening_tests;

pub use error::RunError;
pub use journal::{JournalEvent, Run, RunOutcome, StepFailure};
pub use kind::{Allowance, WorkflowKind};
pub use life::{Began, SentCalls};
pub use runner::{EndedRun, Opening, Runner};

/// The hands of one kind: what does its steps, and is asked one look or one move at a time. A line of
/// steps ends with all of them done, or with none of them left.
pub trait Workflow {
    /// What the hands do.
    type Kind: WorkflowKind;

    /// Looks whether the step has happened already, by names and tokens that depend on the input
    /// alone. Called before every `start`, and again whenever an outcome is unknown.
    ///
    /// # Errors
    /// See [`StepError`].
    fn find(
        &self,
        at: &At<'_, Self::Kind>,
    ) -> impl Future<Output = Result<Option<OutputOf<Self>>, StepError>>;

    /// Makes it happen. May be called again after [`StepError::Again`]; must then collide with, not
    /// double, what an earlier call did.
    ///
    /// # Errors
    /// See [`StepError`].
    fn start(
        &self,
        at: &At<'_, Self::Kind>,
    ) -> impl Future<Output = Result<StepLook<OutputOf<Self>>, StepError>>;

    /// Takes one look at what was started.
    ///
    /// # Errors
    /// See [`StepError`].
    fn check(
        &self,
        at: &At<'_, Self::Kind>,
    ) -> impl Future<Output = Result<StepLook<OutputOf<Self>>, StepError>>;

    /// Removes what the step made, one move a call. Right for a step that never ran, maybe ran, or
    /// ran.
    ///
    /// # Errors
    /// [`StepError::Again`] is tried again until the undo's allowance is over; everything else ends it.
    fn undo(&self, at: &At<'_, Self::Kind>) -> impl Future<Output = Result<Undo, StepError>>;

    /// The facts and notices that are stored in the same batch as the end of the workflow. Called
    /// again when another process changed one of the records meanwhile.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn closing(
        &self,
        run: &Run<Self::Kind>,
        outcome: &RunOutcome,
        now: DateTime<Utc>,
    ) -> impl Future<Output = Result<Vec<Op>, StoreError>>;
}

/// What the hands are given beforehand.
pub type InputOf<W> = <<W as Workflow>::Kind as WorkflowKind>::Input;

/// What the hands' steps are called.
pub type StepOf<W> = <<W as Workflow>::Kind as WorkflowKind>::Step;

/// What the hands' steps leave.
pub type OutputOf<W> = <<W as Workflow>::Kind as WorkflowKind>::Output;

/// Where a step stands when one of its functions is called.
pub struct At<'a, K: WorkflowKind> {
    pub step: K::Step,
    /// Which of the step's alternatives is tried, from 0 (when undoing: 0, whichever was tried).
    pub choice: u32,
    /// When this alternative was started (when undoing: when the undo was).
    pub since: DateTime<Utc>,
    pub now: DateTime<Utc>,
    /// The calls of `start` that were made for this step so far, as far as they are known.
    pub sent: &'a SentCalls,
    /// The input and the outputs so far.
    pub run: &'a Run<K>,
}

impl<K: WorkflowKind> At<'_, K> {
    /// Whether this life of the process wrote this alternative's `Started`, or an earlier one did.
    pub fn began(&self) -> Began {
        self.sent.began(self.choice)
    }

    /// True when nobody can have sent this alternative's call: what `find` sees is not of this run.
    pub fn never_sent(&self) -> bool {
        self.sent.never(self.choice)
    }
}

/// One look at a step that was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepLook<T> {
    /// Not yet; `so_far` is for people. It is looked at again after `again_in`, a second at least; by
    /// default after pauses that grow.
    Pending {
        so_far: String,
        again_in: Option<Duration>,
    },
    /// Not yet, and something was learnt that a later look may not see again: it is journaled, so that
    /// a restart has it as well ([`Run::kept`]), and the step is looked for and at once more.
    Kept(T),
    Done(T),
}

impl<T> StepLook<T> {
    /// Not yet, with the usual pause.
    pub fn pending(so_far: impl Into<String>) -> Self {
        Self::Pending {
            so_far: so_far.into(),
            again_in: None,
        }
    }
}

/// One look at an undo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undo {
    /// Nothing of the step is left.
    Gone,
    /// Going, or may still turn up: look again.
    Pending { so_far: String },
    /// Left on purpose, with what a person should do.
    Left { why: String, by_hand: String },
}

/// Why a step's function has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepError {
    /// Throttled, unreachable, or unknown whether it happened: `find` again after a pause.
    Again { why: String },
    /// This alternative cannot be had: try the step's next one.
    NextChoice { why: String },
    /// It will not work however often it is tried.
    Failed(StepFailure),
}
