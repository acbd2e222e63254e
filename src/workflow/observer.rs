//! Who watches a run: told what was committed and what is waited for, and asked nothing.

use super::{JournalEvent, WorkflowKind};

/// What a person may want to see while it runs.
pub trait Observer<I, S, O> {
    /// An event was committed.
    fn recorded(&self, event: &JournalEvent<I, S, O>);
    /// A look found the step still under way, or a call has to be repeated.
    fn waiting(&self, step: S, so_far: &str);
}

/// An observer of one kind of workflow.
pub type ObserverOf<K> = dyn Observer<<K as WorkflowKind>::Input, <K as WorkflowKind>::Step, <K as WorkflowKind>::Output>;

/// An observer that looks away.
pub struct Unobserved;

impl<I, S, O> Observer<I, S, O> for Unobserved {
    fn recorded(&self, _: &JournalEvent<I, S, O>) {}
    fn waiting(&self, _: S, _: &str) {}
}
