//! What a kind of workflow is made of and goes by, apart from the hands that do it.
//!
//! A [`WorkflowKind`] is types and plain rules. Whoever reads journals (a status, a history, a test)
//! names the kind alone; only who drives one needs a [`super::Workflow`]. Nothing here waits or touches
//! the world.

use std::fmt::Debug;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Run;
use crate::model::ids::Scope;

/// One kind of workflow: its types, its steps in order, and what each is allowed.
pub trait WorkflowKind: Sized + 'static {
    /// What was decided beforehand; the first thing in the journal.
    type Input: Serialize + DeserializeOwned + Clone;
    /// The steps' names.
    type Step: Copy + Eq + Debug + Serialize + DeserializeOwned + 'static;
    /// What a step leaves for the later ones.
    type Output: Serialize + DeserializeOwned + Clone;

    /// The kind's name, which each of its journals' names begins with: `<name>/`.
    const NAME: &'static str;

    /// The steps in order.
    const STEPS: &'static [Self::Step];

    /// Once this step is done, nothing is undone any more: a later failure leaves a remark.
    const POINT_OF_NO_RETURN: Self::Step;

    /// What a run is about, for the index of open runs: a watch, a target.
    fn subject(input: &Self::Input) -> String;

    /// Where a run works.
    fn scope(input: &Self::Input) -> &Scope;

    /// How long the step may take, from its start to its output.
    fn allowance(step: Self::Step, input: &Self::Input) -> Allowance;

    /// How long undoing the step may take.
    fn undo_allowance(step: Self::Step) -> Duration;

    /// What a person does about what the step made, where it could not be undone: a command that can
    /// be pasted.
    fn by_hand(step: Self::Step, run: &Run<Self>) -> String;
}

/// How long a step may take, and how that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowance {
    /// Until a deadline that the journal holds: a restart does not begin to wait anew.
    Absolute(Duration),
    /// While somebody watches: counted on a steady clock and anew by whoever resumes the run, so that a
    /// process that was stopped for a day, or a clock that was set, fails nothing that goes well.
    Watched(Duration),
}

impl Allowance {
    /// The time itself.
    pub fn duration(self) -> Duration {
        match self {
            Self::Absolute(allowed) | Self::Watched(allowed) => allowed,
        }
    }
}

/// The step's name as journals and messages write it.
pub fn step_word<S: Serialize + Debug>(step: &S) -> String {
    match serde_json::to_value(step) {
        Ok(Value::String(word)) => word,
        _ => format!("{step:?}"),
    }
}
