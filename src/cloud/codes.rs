//! AWS's error codes as plain data: what each means for a caller.
//!
//! A code that is in no table falls back to the HTTP status. The tables list what EC2, Elastic
//! Beanstalk, DynamoDB, SSM, SNS and STS answer to the calls of this module, and the codes common to all.

use super::error::ErrorKind::{
    self, Capacity, Conflict, Denied, Invalid, NoCredentials, NotFound, Quota, Throttled,
    Transient, Unknown,
};

/// Codes whose meaning their message decides: code, a part of the message (`*`: anything between), kind.
/// Looked at first.
const BY_MESSAGE: &[(&str, &str, ErrorKind)] = &[
    // EC2 says AuthFailure both for bad keys and for another account's private image.
    ("AuthFailure", "Not authorized for image", Denied),
    ("InvalidParameterValue", "is not in state", Conflict),
    (
        "InvalidParameterValue",
        "in an invalid state for this operation",
        Conflict,
    ),
    ("InvalidParameterValue", "No Environment found", NotFound),
    ("InvalidParameterValue", "No Application named", NotFound),
    ("InvalidParameterValue", "No Platform named", NotFound),
    (
        "InvalidParameterValue",
        "No Platform Version named",
        NotFound,
    ),
    ("InvalidParameterValue", "No Solution Stack named", NotFound),
    (
        "InvalidParameterValue",
        "Platform * does not exist",
        NotFound,
    ),
];

/// Codes that mean one thing.
const BY_CODE: &[(&str, ErrorKind)] = &[
    ("InvalidAMIID.Unavailable", NotFound),
    // SSM: the agent has not registered (yet); a command that its reads do not know yet.
    ("InvalidInstanceId", NotFound),
    ("InvocationDoesNotExist", NotFound),
    // Of launch templates: EC2 names what is missing in ways of its own.
    ("InvalidLaunchTemplateId.VersionNotFound", NotFound),
    ("InvalidLaunchTemplateName.NotFoundException", NotFound),
    ("NotFound", NotFound),
    ("NotFoundException", NotFound),
    ("ParameterNotFound", NotFound),
    ("ParameterVersionNotFound", NotFound),
    ("ResourceNotFoundException", NotFound),
    ("TableNotFoundException", NotFound),
    // DynamoDB: it is being made, or its backups are; the same transaction is under way.
    ("ContinuousBackupsUnavailableException", Conflict),
    ("DependencyViolation", Conflict),
    ("IdempotentParameterMismatch", Conflict),
    ("IdempotentParameterMismatchException", Conflict),
    ("IncorrectInstanceState", Conflict),
    ("IncorrectState", Conflict),
    ("InvalidAMIName.Duplicate", Conflict),
    ("InvalidGroup.Duplicate", Conflict),
    ("InvalidGroup.InUse", Conflict),
    ("InvalidPermission.Duplicate", Conflict),
    ("InvalidSnapshot.InUse", Conflict),
    ("InvalidState", Conflict),
    ("OperationInProgressException", Conflict),
    ("OperationInProgressFailure", Conflict),
    ("OperationNotPermitted", Conflict),
    // SSM: somebody made one of that name meanwhile.
    ("ParameterAlreadyExists", Conflict),
    ("ResourceInUse", Conflict),
    ("ResourceInUseException", Conflict),
    ("TransactionInProgressException", Conflict),
    ("VolumeInUse", Conflict),
    ("BandwidthLimitExceeded", Throttled),
    ("EC2ThrottledException", Throttled),
    ("ProvisionedThroughputExceededException", Throttled),
    ("RequestLimitExceeded", Throttled),
    ("RequestThrottled", Throttled),
    ("RequestThrottledException", Throttled),
    ("SlowDown", Throttled),
    ("SnapshotCreationPerVolumeRateExceeded", Throttled),
    ("Throttled", Throttled),
    ("ThrottledException", Throttled),
    ("Throttling", Throttled),
    ("ThrottlingException", Throttled),
    ("TooManyRequestsException", Throttled),
    // SSM: another change of the same parameter is under way.
    ("TooManyUpdates", Throttled),
    ("AccessDenied", Denied),
    ("AccessDeniedException", Denied),
    ("AuthorizationError", Denied),
    ("AuthorizationErrorException", Denied),
    ("Blocked", Denied),
    ("InsufficientPrivilegesException", Denied),
    ("KMSAccessDenied", Denied),
    ("KMSAccessDeniedException", Denied),
    ("NotAuthorized", Denied),
    ("OptInRequired", Denied),
    ("UnauthorizedAccess", Denied),
    ("UnauthorizedOperation", Denied),
    ("PendingVerification", Quota),
    // SSM: its hundred versions are full, and the oldest has a label.
    ("ParameterMaxVersionLimitExceeded", Quota),
    ("ResourceLimitExceeded", Quota),
    ("TooManyBucketsException", Quota),
    ("InsufficientAddressCapacity", Capacity),
    ("InsufficientCapacity", Capacity),
    ("InsufficientFreeAddressesInSubnet", Capacity),
    ("InsufficientHostCapacity", Capacity),
    ("InsufficientInstanceCapacity", Capacity),
    ("InsufficientReservedInstanceCapacity", Capacity),
    ("InsufficientVolumeCapacity", Capacity),
    // The type is not offered in that availability zone, or not with that configuration.
    ("Unsupported", Capacity),
    ("AuthFailure", NoCredentials),
    ("ExpiredToken", NoCredentials),
    ("ExpiredTokenException", NoCredentials),
    ("IncompleteSignature", NoCredentials),
    ("InvalidAccessKeyId", NoCredentials),
    ("InvalidClientTokenId", NoCredentials),
    ("InvalidSignatureException", NoCredentials),
    ("MissingAuthenticationToken", NoCredentials),
    ("MissingAuthenticationTokenException", NoCredentials),
    ("RequestExpired", NoCredentials),
    ("RequestTimeTooSkewed", NoCredentials),
    ("SignatureDoesNotMatch", NoCredentials),
    ("UnrecognizedClientException", NoCredentials),
    ("ConfigurationValidationException", Invalid),
    ("InvalidAction", Invalid),
    ("InvalidInput", Invalid),
    ("InvalidParameter", Invalid),
    ("InvalidParameterCombination", Invalid),
    ("InvalidParameterException", Invalid),
    ("InvalidParameterValue", Invalid),
    ("MalformedQueryString", Invalid),
    ("MissingParameter", Invalid),
    ("UnknownParameter", Invalid),
    ("UnsupportedOperation", Invalid),
    ("ValidationError", Invalid),
    ("ValidationException", Invalid),
    ("InternalError", Unknown),
    ("InternalFailure", Unknown),
    ("InternalServerError", Unknown),
    ("RequestTimeout", Unknown),
    ("RequestTimeoutException", Unknown),
    ("ServiceUnavailable", Unknown),
    ("Unavailable", Unknown),
];

/// Families of codes, by how they end. Looked at last.
const BY_ENDING: &[(&str, ErrorKind)] = &[
    (".NotFound", NotFound),
    (".Malformed", Invalid),
    // VcpuLimitExceeded, InstanceLimitExceeded, SnapshotLimitExceeded, TagLimitExceeded ...
    ("LimitExceeded", Quota),
];

/// Whether a call changes something: what an answer that did not come means hangs on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallEffect {
    Read,
    Change,
}

/// What an error answer means.
pub(super) fn kind_of_answer(
    code: Option<&str>,
    message: &str,
    status: u16,
    effect: CallEffect,
) -> ErrorKind {
    let listed = code.and_then(|code| listed(code, message));
    of_effect(listed.unwrap_or_else(|| by_status(status)), effect)
}

/// What it means that no answer came, or none that could be read.
pub(super) fn kind_of_silence(effect: CallEffect) -> ErrorKind {
    of_effect(Unknown, effect)
}

/// True for the codes that say "too often".
pub(super) fn is_throttle(code: &str) -> bool {
    listed(code, "") == Some(Throttled)
}

fn listed(code: &str, message: &str) -> Option<ErrorKind> {
    let by_message = BY_MESSAGE
        .iter()
        .find(|(of, part, _)| *of == code && says(message, part))
        .map(|(_, _, kind)| *kind);
    let by_code = || BY_CODE.iter().find(|(of, _)| *of == code).map(|row| row.1);
    let by_ending = || {
        BY_ENDING
            .iter()
            .find(|(ending, _)| code.ends_with(ending))
            .map(|row| row.1)
    };
    by_message.or_else(by_code).or_else(by_ending)
}

/// The parts of the pattern stand in the message, one behind the other.
fn says(message: &str, pattern: &str) -> bool {
    let mut rest = Some(message);
    for part in pattern.split('*') {
        rest = rest.and_then(|rest| rest.split_once(part)).map(|cut| cut.1);
    }
    rest.is_some()
}

fn by_status(status: u16) -> ErrorKind {
    match status {
        401 => NoCredentials,
        403 => Denied,
        404 => NotFound,
        429 => Throttled,
        400..=499 => Invalid,
        _ => Unknown,
    }
}

/// A question whose outcome is unknown has no outcome: it can simply be asked again.
fn of_effect(kind: ErrorKind, effect: CallEffect) -> ErrorKind {
    match (kind, effect) {
        (Unknown, CallEffect::Read) => Transient,
        (kind, _) => kind,
    }
}

#[cfg(test)]
mod tests {
    use super::CallEffect::{Change, Read};
    use super::*;

    #[test]
    fn an_answer_means_what_the_table_says() {
        let cases: &[(&str, &str, u16, CallEffect, ErrorKind)] = &[
            ("InvalidAMIID.NotFound", "", 400, Read, NotFound),
            ("InvalidSnapshot.NotFound", "", 400, Change, NotFound),
            ("InvalidAMIID.Unavailable", "", 400, Change, NotFound),
            ("ParameterNotFound", "", 400, Read, NotFound),
            ("InvalidAMIName.Duplicate", "", 400, Change, Conflict),
            ("IdempotentParameterMismatch", "", 400, Change, Conflict),
            ("IncorrectInstanceState", "", 400, Change, Conflict),
            ("InvalidSnapshot.InUse", "", 400, Change, Conflict),
            ("DependencyViolation", "", 400, Change, Conflict),
            ("Throttling", "Rate exceeded", 400, Read, Throttled),
            ("RequestLimitExceeded", "", 503, Change, Throttled),
            ("UnauthorizedOperation", "", 403, Change, Denied),
            ("AccessDeniedException", "", 400, Read, Denied),
            ("VcpuLimitExceeded", "", 400, Change, Quota),
            ("SnapshotLimitExceeded", "", 400, Change, Quota),
            ("PendingVerification", "", 400, Change, Quota),
            ("InsufficientInstanceCapacity", "", 500, Change, Capacity),
            (
                "InsufficientFreeAddressesInSubnet",
                "",
                400,
                Change,
                Capacity,
            ),
            ("Unsupported", "", 400, Change, Capacity),
            (
                "AuthFailure",
                "not able to validate",
                401,
                Read,
                NoCredentials,
            ),
            (
                "AuthFailure",
                "Not authorized for images: [ami-1]",
                403,
                Change,
                Denied,
            ),
            ("ExpiredToken", "", 403, Read, NoCredentials),
            (
                "InvalidParameterValue",
                "Value is wrong",
                400,
                Change,
                Invalid,
            ),
            (
                "InvalidParameterValue",
                "No Environment found for x",
                400,
                Read,
                NotFound,
            ),
            (
                "InvalidParameterValue",
                "Platform arn:aws:elasticbeanstalk:eu-west-1::platform/x/1.0.0 does not exist.",
                400,
                Read,
                NotFound,
            ),
            (
                "InvalidParameterValue",
                "The subnet does not exist; choose a Platform",
                400,
                Change,
                Invalid,
            ),
            (
                "InvalidParameterValue",
                "Environment named shop-blue is in an invalid state for this operation. Must be Ready.",
                400,
                Change,
                Conflict,
            ),
            (
                "ConfigurationValidationException",
                "Configuration validation exception: Invalid option value",
                400,
                Change,
                Invalid,
            ),
            ("OperationInProgressFailure", "", 400, Change, Conflict),
            ("InsufficientPrivilegesException", "", 403, Change, Denied),
            ("InvalidAMIID.Malformed", "", 400, Read, Invalid),
            ("InternalError", "", 500, Read, Transient),
            ("InternalError", "", 500, Change, Unknown),
            ("ServiceUnavailable", "", 503, Change, Unknown),
        ];
        for (code, message, status, effect, kind) in cases {
            assert_eq!(
                kind_of_answer(Some(code), message, *status, *effect),
                *kind,
                "{code} ({message}) of a {effect:?}"
            );
        }
    }

    #[test]
    fn a_code_in_no_table_falls_back_to_the_status() {
        for (status, effect, kind) in [
            (403, Change, Denied),
            (404, Read, NotFound),
            (418, Change, Invalid),
            (429, Read, Throttled),
            (502, Read, Transient),
            (502, Change, Unknown),
        ] {
            assert_eq!(
                kind_of_answer(Some("Strange"), "", status, effect),
                kind,
                "{status}"
            );
            assert_eq!(kind_of_answer(None, "", status, effect), kind, "{status}");
        }
    }

    #[test]
    fn no_code_is_listed_twice() {
        let mut codes: Vec<_> = BY_CODE.iter().map(|row| row.0).collect();
        codes.sort_unstable();
        let listed = codes.len();
        codes.dedup();
        assert_eq!(codes.len(), listed);
    }
}
