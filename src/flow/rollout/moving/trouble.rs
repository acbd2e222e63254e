//! What a failed call means for a move's step.

use crate::cloud::{CloudError, ErrorKind};
use crate::model::rollout::MoveFault;
use crate::workflow::{StepError, StepFailure};

/// Before anything is changed: who may not look is told so at once.
pub(super) fn first_look_error(error: &CloudError) -> StepError {
    match error.kind {
        ErrorKind::Denied | ErrorKind::Empty => failed(MoveFault::Environment, error.to_string()),
        _ => look_error(error),
    }
}

/// Once something is under way it is looked at again whatever goes wrong, for as long as the step has: a
/// right that is missing for a while says nothing of the environment.
pub(super) fn look_error(error: &CloudError) -> StepError {
    StepError::Again {
        why: error.to_string(),
    }
}

/// The change was answered with an error.
pub(super) fn change_error(error: &CloudError) -> StepError {
    let why = error.to_string();
    match error.kind {
        // Nothing happened and it is worth asking again, or nobody knows: it is looked for first.
        ErrorKind::Throttled
        | ErrorKind::Transient
        | ErrorKind::Unknown
        | ErrorKind::Conflict
        | ErrorKind::NoCredentials => StepError::Again { why },
        ErrorKind::NotFound => failed(MoveFault::Inconclusive, why),
        ErrorKind::Denied
        | ErrorKind::Quota
        | ErrorKind::Capacity
        | ErrorKind::Invalid
        | ErrorKind::Empty => failed(MoveFault::Environment, why),
    }
}

/// While something is put back, only time and people help.
pub(super) fn undo_error(error: &CloudError) -> StepError {
    StepError::Again {
        why: error.to_string(),
    }
}

/// The step has failed, and whose fault it is.
pub(super) fn failed(fault: MoveFault, why: impl Into<String>) -> StepError {
    StepError::Failed(StepFailure::new(fault.as_str(), why))
}

/// There is no such environment any more.
pub(super) fn gone() -> StepError {
    failed(MoveFault::Inconclusive, "the environment was terminated")
}
