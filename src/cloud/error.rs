//! What went wrong at the door, by kind: the kind is what callers act on, the rest is for people.
//!
//! Must not hold secrets: an error is printed, stored and sent. It keeps AWS's own words (without
//! encoded authorization blobs) and the ids that AWS's support asks for.

use std::error::Error;
use std::fmt;

use crate::model::ids::Region;
use crate::model::plain_text;
use crate::model::sighting::Trouble;

use super::masked::masked;

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
    /// An answer without what must be there: AWS leaves out what the credentials may not see.
    Empty,
    /// No credentials, or ones that AWS does not accept. Nothing happened.
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
/// Display is one line: where, what, why, and what to do next. Where no answer came, the source
/// says how the SDK failed; where AWS answered, everything it said is in the fields, which are
/// those of [`CallFailure`] (`error.kind`). They are boxed, for every answer makes room for an error.
#[derive(Debug)]
pub struct CloudError(Box<CallFailure>);

/// What is known of a failed call.
#[derive(Debug)]
pub struct CallFailure {
    pub kind: ErrorKind,
    pub region: Region,
    /// As IAM names it: `ec2:RunInstances`. Empty where nothing was sent: the message says it all.
    pub operation: &'static str,
    /// What the call was about: an id, a name; empty where it was about nothing in particular.
    pub resource: String,
    /// AWS's error code, when AWS answered.
    pub code: Option<String>,
    pub request_id: Option<String>,
    /// AWS's words, or ours where AWS said nothing. One line.
    pub message: String,
    /// What helps, where more is known of it than code and kind say.
    pub remedy: Option<String>,
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

impl From<CallFailure> for CloudError {
    fn from(failure: CallFailure) -> Self {
        Self(Box::new(failure))
    }
}

impl std::ops::Deref for CloudError {
    type Target = CallFailure;

    fn deref(&self) -> &CallFailure {
        &self.0
    }
}

impl CloudError {
    /// What the person who reads this can do next: by AWS's code where it says more than the kind.
    pub fn hint(&self) -> String {
        if let Some(remedy) = &self.remedy {
            return remedy.clone();
        }
        let code = self.code.as_deref();
        if let Some(hint) = code.and_then(|code| hint_of_code(code, self.kind)) {
            return hint.to_owned();
        }
        match self.kind {
            ErrorKind::Denied => self.denied_hint(),
            ErrorKind::Empty => format!(
                "AWS leaves out what it denies: allow {} to these credentials, or check the name",
                self.operation
            ),
            ErrorKind::NoCredentials if self.operation == "sts:AssumeRole" => {
                "let these credentials assume the role: its trust policy must name them, and the \
                 external id that it asks for must be the one that is given"
                    .to_owned()
            }
            ErrorKind::NoCredentials => self.credentials_hint().to_owned(),
            kind => general_hint(kind).to_owned(),
        }
    }

    /// What it is about is in the middle of something else: no failure, its time comes.
    pub fn busy(&self) -> bool {
        let in_progress = self
            .code
            .as_deref()
            .is_some_and(|code| code.starts_with("OperationInProgress"));
        let not_ready = self.message.contains("Must be Ready");
        self.kind == ErrorKind::Conflict && (in_progress || not_ready)
    }

    /// The same as an answer that did not come; `what` says in words what was asked.
    pub fn trouble(&self, what: impl Into<String>) -> Trouble {
        let cause = self.root_cause().map(|cause| format!(" ({cause})"));
        Trouble {
            what: what.into(),
            why: format!("{self}{}", cause.unwrap_or_default()),
            denied: matches!(self.kind, ErrorKind::Denied | ErrorKind::Empty),
        }
    }

    fn denied_hint(&self) -> String {
        format!("allow {} to these credentials", self.denied_action())
    }

    /// The action that AWS names, which can be another than the one called (`iam:PassRole`).
    fn denied_action(&self) -> &str {
        let named = self
            .message
            .split_once("not authorized to perform: ")
            .and_then(|(_, rest)| rest.split_whitespace().next());
        named
            .filter(|action| action.contains(':'))
            .unwrap_or(self.operation)
    }

    fn credentials_hint(&self) -> &'static str {
        match self.code.as_deref() {
            Some("ExpiredToken" | "ExpiredTokenException") => {
                "the session has ended: sign in again (`aws sso login`)"
            }
            Some(
                "InvalidSignatureException"
                | "RequestExpired"
                | "RequestTimeTooSkewed"
                | "SignatureDoesNotMatch",
            ) => "check this machine's clock, then the secret access key",
            _ => {
                "set AWS_PROFILE (after `aws sso login`) or AWS_ACCESS_KEY_ID and \
                 AWS_SECRET_ACCESS_KEY, or run where a role is attached"
            }
        }
    }

    fn root_cause(&self) -> Option<String> {
        let mut cause: &dyn Error = self.0.source.as_deref()?;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        Some(cut(one_line(&cause.to_string()), CAUSE_MAX_CHARS))
    }
}

/// Advice for codes that are not like others of their kind: no permission and no quota helps.
fn hint_of_code(code: &str, kind: ErrorKind) -> Option<&'static str> {
    let hint = match code {
        "PendingVerification" => {
            "AWS is checking the account for this region: wait, mostly minutes, at most four hours; then write to \
             aws-verification@amazon.com"
        }
        "Blocked" => {
            "AWS has blocked the account: write to aws-verification@amazon.com, or open a case with AWS Support"
        }
        "OptInRequired" => "enable the region or the service for this account",
        "KMSAccessDenied" | "KMSAccessDeniedException" => {
            "allow these credentials to use the KMS key, in the key's policy or by a grant"
        }
        "AuthFailure" if kind == ErrorKind::Denied => {
            "have the image's owner share it with this account"
        }
        _ => return None,
    };
    Some(hint)
}

/// Advice that hangs on the kind alone.
fn general_hint(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NotFound => "check the id, the region and the account",
        ErrorKind::Conflict => "look at its present state before trying again",
        ErrorKind::Throttled => "try again later, or ask less often",
        ErrorKind::Quota => "raise the limit in Service Quotas, or remove what is not needed",
        ErrorKind::Capacity => "add instance types or subnets to [builder]",
        ErrorKind::Invalid => "correct what the message names",
        ErrorKind::Unknown => "it may have happened: look for its result before trying again",
        ErrorKind::Transient | ErrorKind::Denied | ErrorKind::Empty | ErrorKind::NoCredentials => {
            "check the region's name, the network, the proxy and the endpoint (AWS_ENDPOINT_URL)"
        }
    }
}

impl fmt::Display for CloudError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.operation.is_empty() {
            return f.write_str(&self.message);
        }
        write!(f, "{}", self.operation)?;
        if !self.resource.is_empty() {
            write!(f, " ({})", self.resource)?;
        }
        let (region, kind, message) = (&self.region, self.kind.as_str(), &self.message);
        write!(f, " in {region}: {kind}: {message}")?;
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
        self.0
            .source
            .as_deref()
            .map(|source| source as &(dyn Error + 'static))
    }
}

/// The longest message that is kept, in characters.
const MESSAGE_MAX_CHARS: usize = 600;

/// The longest cause that a trouble quotes: the credential chain names every place it looked at.
const CAUSE_MAX_CHARS: usize = 480;

/// What EC2 puts before the encoded reason of a denial: up to some thousand characters.
const ENCODED: &str = "Encoded authorization failure message: ";

/// A message from outside as one line of bounded length, its encoded part cut out and credentials in it
/// masked.
pub(super) fn one_line(message: &str) -> String {
    let readable = match message.split_once(ENCODED) {
        None => message.to_owned(),
        Some((before, encoded)) => {
            let rest = encoded
                .split_once(char::is_whitespace)
                .map_or("", |cut| cut.1);
            format!("{before}(encoded reason left out; CloudTrail has it) {rest}")
        }
    };
    cut(plain_text::one_line(&masked(&readable)), MESSAGE_MAX_CHARS)
}

/// At most so many characters; dots say that there was more.
fn cut(line: String, max_chars: usize) -> String {
    match line.char_indices().nth(max_chars) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: ErrorKind, code: Option<&str>, message: &str) -> CloudError {
        CloudError::from(CallFailure {
            kind,
            region: "eu-west-1".into(),
            operation: "ec2:RunInstances",
            resource: "t3.small in subnet-1".into(),
            code: code.map(str::to_owned),
            request_id: Some("req-1".into()),
            message: one_line(message),
            remedy: None,
            source: None,
        })
    }

    #[test]
    fn one_line_says_where_what_why_and_what_next() {
        let denied = error(
            ErrorKind::Denied,
            Some("UnauthorizedOperation"),
            "You are not authorized to perform this operation.",
        );
        insta::assert_snapshot!(denied, @"ec2:RunInstances (t3.small in subnet-1) in eu-west-1: denied: You are not authorized to perform this operation. [UnauthorizedOperation, request req-1]; allow ec2:RunInstances to these credentials");
    }

    #[test]
    fn a_code_that_no_permission_and_no_quota_mends_has_its_own_remedy() {
        for (kind, code, words, not) in [
            (
                ErrorKind::Quota,
                "PendingVerification",
                "wait",
                "Service Quotas",
            ),
            (
                ErrorKind::Denied,
                "Blocked",
                "aws-verification@amazon.com",
                "allow ec2:",
            ),
            (
                ErrorKind::Denied,
                "OptInRequired",
                "enable the region",
                "allow ec2:",
            ),
            (
                ErrorKind::Denied,
                "KMSAccessDeniedException",
                "KMS key",
                "allow ec2:",
            ),
            (ErrorKind::Denied, "AuthFailure", "share it", "allow ec2:"),
        ] {
            let line = error(kind, Some(code), "No.").to_string();
            assert!(line.contains(words) && !line.contains(not), "{line}");
        }
        let quota = error(ErrorKind::Quota, Some("VcpuLimitExceeded"), "No.").to_string();
        assert!(quota.contains("Service Quotas"), "{quota}");
    }

    #[test]
    fn a_denial_names_the_action_that_aws_names_and_not_the_encoded_blob() {
        let blob = "Zm9v".repeat(300);
        let denied = error(
            ErrorKind::Denied,
            Some("UnauthorizedOperation"),
            &format!(
                "User: x is not authorized to perform: iam:PassRole on resource: y.\n\
                 Encoded authorization failure message: {blob}"
            ),
        );
        let line = denied.to_string();
        assert!(
            line.ends_with("allow iam:PassRole to these credentials"),
            "{line}"
        );
        assert!(!line.contains("Zm9v"), "{line}");
        assert!(!line.contains('\n'), "{line}");
    }

    #[test]
    fn a_trouble_keeps_the_root_cause_and_whether_a_person_is_needed() {
        let mut unreachable = error(ErrorKind::Transient, None, "no answer");
        unreachable.0.source = Some(Box::new(std::io::Error::other("dns error")));
        let trouble = unreachable.trouble("the environments");
        assert!(trouble.why.ends_with("(dns error)"), "{}", trouble.why);
        assert!(!trouble.denied);
        assert!(error(ErrorKind::Empty, None, "nothing").trouble("x").denied);
    }

    #[test]
    fn long_messages_are_cut_between_characters() {
        let line = one_line(&"ä".repeat(2_000));
        assert_eq!(line.chars().count(), MESSAGE_MAX_CHARS + 3);
    }

    #[test]
    fn a_credential_at_the_cut_leaves_no_half_of_it() {
        let token = "FwoGZXIvYXdzEBYaDHqa0AP1RexampleTOKEN12345678901234567890".repeat(4);
        for before in MESSAGE_MAX_CHARS - 60..MESSAGE_MAX_CHARS {
            let words = format!("{}x-amz-security-token:{token}", "ab ".repeat(before / 3));
            assert!(!one_line(&words).contains("FwoG"), "{before}");
        }
    }
}
