//! What went wrong at the door, by kind: the kind is what callers act on, the rest is for people.
//!
//! Must not hold secrets: an error is printed, stored and sent. It keeps AWS's own words (with the
//! encoded authorization blob cut out) and the ids that AWS support asks for.

use std::error::Error;
use std::fmt;

use crate::model::ids::Region;
use crate::model::sighting::Trouble;

/// What a caller should do about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorKind {
    /// There is no such thing (or, soon after its creation, not yet).
    NotFound,
    /// It exists already, is in use, or is in the wrong state: look again, then decide.
    Conflict,
    /// Asked too often: nothing happened; ask later.
    Throttled,
    /// The credentials may not do this: a person is needed.
    Denied,
    /// An account limit is reached: a person (or time) is needed.
    Quota,
    /// No room for this instance type or subnet now: nothing happened; try the next choice.
    Capacity,
    /// No answer to a question, or a change that certainly was not sent: ask again later.
    Transient,
    /// AWS says that the request itself is wrong: asking again does not help.
    Invalid,
    /// An answer that is believable for nobody: AWS leaves out what the credentials may not see.
    Empty,
    /// No credentials, or ones that AWS does not accept.
    NoCredentials,
    /// A change that may have happened: find out before anything else.
    Unknown,
}

impl ErrorKind {
    /// The word used in messages and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "not found",
            Self::Conflict => "conflict",
            Self::Throttled => "throttled",
            Self::Denied => "denied",
            Self::Quota => "account limit reached",
            Self::Capacity => "no capacity",
            Self::Transient => "unreachable",
            Self::Invalid => "refused as invalid",
            Self::Empty => "empty answer",
            Self::NoCredentials => "no usable credentials",
            Self::Unknown => "outcome unknown",
        }
    }
}

/// One failed call.
///
/// Display is one line: where, what, why, and what to do next. The SDK's own error is the source.
#[derive(Debug)]
pub struct CloudError {
    pub kind: ErrorKind,
    pub region: Region,
    /// As IAM names it: `ec2:RunInstances`.
    pub operation: &'static str,
    /// What the call was about: an id, a name; empty where it was about nothing in particular.
    pub resource: String,
    /// AWS's error code, when AWS answered.
    pub code: Option<String>,
    pub request_id: Option<String>,
    /// AWS's words, or ours where AWS said nothing. One line.
    pub message: String,
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

impl CloudError {
    /// What the person who reads this can do next.
    pub fn hint(&self) -> String {
        let operation = self.operation;
        match self.kind {
            ErrorKind::NotFound => "check the id, the region and the account".to_owned(),
            ErrorKind::Conflict => {
                "look at its state; it may have been made or changed elsewhere".to_owned()
            }
            ErrorKind::Throttled => {
                "the account's request rate is used up; it is asked again later".to_owned()
            }
            ErrorKind::Denied => format!("allow {operation} to these credentials"),
            ErrorKind::Quota => {
                "raise the limit in Service Quotas, or free what is not needed".to_owned()
            }
            ErrorKind::Capacity => "add instance types or subnets to [builder]".to_owned(),
            ErrorKind::Transient => {
                "check the region's name, the network and proxy, and any AWS_ENDPOINT_URL"
                    .to_owned()
            }
            ErrorKind::Invalid => "correct what the message names".to_owned(),
            ErrorKind::Empty => {
                format!("AWS hides what it denies: allow {operation}, or check the name")
            }
            ErrorKind::NoCredentials => {
                "set AWS_PROFILE (after `aws sso login`), AWS_ACCESS_KEY_ID, or run under a role"
                    .to_owned()
            }
            ErrorKind::Unknown => {
                "it may have happened: it is looked for before it is tried again".to_owned()
            }
        }
    }

    /// The same as an answer that did not come; `what` says in words what was asked.
    pub fn trouble(&self, what: impl Into<String>) -> Trouble {
        Trouble {
            what: what.into(),
            why: self.to_string(),
            denied: matches!(self.kind, ErrorKind::Denied | ErrorKind::Empty),
        }
    }
}

impl fmt::Display for CloudError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.operation, self.region)?;
        if !self.resource.is_empty() {
            write!(f, " for {}", self.resource)?;
        }
        write!(f, ": {}: {}", self.kind.as_str(), self.message)?;
        match (&self.code, &self.request_id) {
            (Some(code), Some(request)) => write!(f, " [{code}, request {request}]")?,
            (Some(code), None) => write!(f, " [{code}]")?,
            (None, Some(request)) => write!(f, " [request {request}]")?,
            (None, None) => {}
        }
        write!(f, "; {}", self.hint())
    }
}

impl Error for CloudError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source
            .as_deref()
            .map(|source| source as &(dyn Error + 'static))
    }
}
