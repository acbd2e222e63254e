//! One table: what a step does about a failed call.

use crate::cloud::{CloudError, ErrorKind};
use crate::workflow::{StepError, StepFailure};

/// What a failed call means for the step that made it.
pub(super) fn step_error(error: &CloudError) -> StepError {
    let why = error.to_string();
    match error.kind {
        // Nothing happened, or nobody knows: it is looked for, and tried again.
        ErrorKind::Throttled | ErrorKind::Transient | ErrorKind::Unknown => {
            StepError::Again { why }
        }
        // A session that ran out, or a metadata service that did not answer once: what was begun
        // is worth waiting for credentials until the step's deadline.
        ErrorKind::NoCredentials => StepError::Again { why },
        // In the wrong state, or made already: looking again tells.
        ErrorKind::Conflict => StepError::Again { why },
        ErrorKind::Capacity => StepError::NextChoice { why },
        ErrorKind::NotFound
        | ErrorKind::Denied
        | ErrorKind::Quota
        | ErrorKind::Invalid
        | ErrorKind::Empty => StepError::Failed(StepFailure::new(kind_word(error.kind), why)),
    }
}

/// The same for an undo: only a person can help where asking again does not, but credentials that
/// were taken away may come back within the undo's allowance.
pub(super) fn undo_error(error: &CloudError) -> StepError {
    StepError::Again {
        why: error.to_string(),
    }
}

fn kind_word(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NotFound => "not_found",
        ErrorKind::Denied => "denied",
        ErrorKind::Quota => "quota",
        ErrorKind::Invalid => "invalid",
        ErrorKind::Empty => "empty",
        ErrorKind::NoCredentials => "no_credentials",
        ErrorKind::Conflict => "conflict",
        ErrorKind::Throttled => "throttled",
        ErrorKind::Capacity => "capacity",
        ErrorKind::Transient => "unreachable",
        ErrorKind::Unknown => "unknown",
    }
}
