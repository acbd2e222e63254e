//! Why a publication fails, in words that its journal keeps, and what a failed call means for its steps.

use crate::cloud::{CloudError, ErrorKind};
use crate::workflow::{StepError, StepFailure};

/// What a failure is about. The word is kept in journals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PublishFault {
    /// The image is not there, or cannot be launched.
    ImageGone,
    /// It is not what may be published.
    ImageUnfit,
    /// Somebody else put something there.
    Contested,
    /// The image is encrypted with a key that others cannot use.
    KeyForbids,
    /// EC2 could not make the copy.
    CopyFailed,
    /// There is something of that name that this cannot be written to.
    Misfit,
    /// AWS refuses, and will go on to.
    Refused,
}

impl PublishFault {
    const ALL: [Self; 7] = [
        Self::KeyForbids,
        Self::ImageGone,
        Self::ImageUnfit,
        Self::Contested,
        Self::CopyFailed,
        Self::Misfit,
        Self::Refused,
    ];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::ImageGone => "image_gone",
            Self::ImageUnfit => "image_unfit",
            Self::Contested => "contested",
            Self::KeyForbids => "key_forbids",
            Self::CopyFailed => "copy_failed",
            Self::Misfit => "misfit",
            Self::Refused => "refused",
        }
    }

    /// Of a failure's kind; what is no word of these is worth trying again.
    pub(super) fn of_kind(kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.as_str() == kind)
    }

    /// Trying again helps only after a person has done something.
    pub(super) fn stays(self) -> bool {
        match self {
            Self::Contested
            | Self::KeyForbids
            | Self::Misfit
            | Self::ImageUnfit
            | Self::ImageGone => true,
            // A right, a limit or a key may be mended without a word to us.
            Self::CopyFailed | Self::Refused => false,
        }
    }
}

/// The step has failed.
pub(super) fn step_failed(fault: PublishFault, why: impl Into<String>) -> StepError {
    StepError::Failed(StepFailure::new(fault.as_str(), why))
}

/// A look was answered with an error. Nothing is concluded from what could not be read.
pub(super) fn look_error(error: &CloudError) -> StepError {
    match error.kind {
        ErrorKind::Denied | ErrorKind::Invalid | ErrorKind::Empty => {
            step_failed(PublishFault::Refused, error.to_string())
        }
        _ => StepError::Again {
            why: error.to_string(),
        },
    }
}

/// A change was answered with an error.
pub(super) fn change_error(error: &CloudError) -> StepError {
    match error.kind {
        // Nothing happened and it is worth asking again, or nobody knows: it is looked for first.
        ErrorKind::Throttled
        | ErrorKind::Transient
        | ErrorKind::Unknown
        | ErrorKind::Conflict
        | ErrorKind::NoCredentials => StepError::Again {
            why: error.to_string(),
        },
        ErrorKind::NotFound
        | ErrorKind::Denied
        | ErrorKind::Quota
        | ErrorKind::Capacity
        | ErrorKind::Invalid
        | ErrorKind::Empty => step_failed(PublishFault::Refused, error.to_string()),
    }
}
