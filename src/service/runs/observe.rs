//! Who is told of a run's progress while this process drives it.

use crate::workflow::WorkflowKind;
use crate::workflow::observer::ObserverOf;

/// Makes an observer for each run of a kind that is driven.
pub type ObserversOf<'a, K> = dyn Fn(&<K as WorkflowKind>::Input) -> Box<ObserverOf<K>> + 'a;
