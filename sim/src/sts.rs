//! STS: who is calling, and roles that are assumed.
//!
//! Whoever has a key that does not begin with `ASIA` is the account's one user. Roles are the world's;
//! their trust is in everybody who knows the external id, where they ask for one.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use crate::call::{Call, Service};
use crate::door::unknown_operation;
use crate::state::{ACCOUNT_ID, State};
use crate::wire::fail::Fail;
use crate::wire::xml::Xml;

/// What keys of sessions begin with.
const SESSION_KEY: &str = "ASIA";
const SESSION_DEFAULT_S: i64 = 3600;

/// A session of a role.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    arn: String,
    /// The role's ARN.
    role: String,
    expires: DateTime<Utc>,
    token: String,
}

pub(crate) fn call(state: &mut State, call: &Call) -> Result<String, Fail> {
    match call.operation.as_str() {
        "GetCallerIdentity" => {
            let mut x = Xml::new();
            x.text("Arn", who(state, call));
            x.text("UserId", "AIDA00000000SIMULATED");
            x.text("Account", ACCOUNT_ID);
            Ok(x.into_string())
        }
        "AssumeRole" => assume(state, call),
        other => Err(unknown_operation(other)),
    }
}

/// The ARN of whoever signed the call.
pub(crate) fn who(state: &State, call: &Call) -> String {
    match state.sessions.get(&call.access_key) {
        Some(session) => session.arn.clone(),
        None => format!("arn:aws:iam::{ACCOUNT_ID}:user/simulated"),
    }
}

/// The role whose session signed the call.
pub(crate) fn role<'a>(state: &'a State, call: &Call) -> Option<&'a str> {
    let session = state.sessions.get(&call.access_key)?;
    Some(&session.role)
}

/// Why the credentials of a call do not hold; nothing when they do.
pub(crate) fn refused(state: &State, call: &Call) -> Option<Fail> {
    if !call.access_key.starts_with(SESSION_KEY) {
        return None;
    }
    let session = state.sessions.get(&call.access_key);
    match session.filter(|session| Some(&session.token) == call.session_token.as_ref()) {
        None => Some(
            Fail::new(
                "InvalidClientTokenId",
                "The security token included in the request is invalid.",
            )
            .with_status(403),
        ),
        Some(session) if session.expires <= state.core.now => Some(expired(call.service)),
        Some(_) => None,
    }
}

fn expired(service: Service) -> Fail {
    let message = "The security token included in the request is expired";
    match service {
        Service::Ec2 => Fail::new("RequestExpired", "Request has expired."),
        Service::Kms | Service::Ssm | Service::Sqs => Fail::new("ExpiredTokenException", message),
        _ => Fail::new("ExpiredToken", message).with_status(403),
    }
}

fn assume(state: &mut State, call: &Call) -> Result<String, Fail> {
    let given = |name: &str| call.params.0.get(name).cloned();
    let (arn, session) = (given("RoleArn"), given("RoleSessionName"));
    let (Some(arn), Some(session)) = (arn, session) else {
        let message = "RoleArn and RoleSessionName are required";
        return Err(Fail::new("ValidationError", message));
    };
    let trusted = state
        .roles
        .get(&arn)
        .is_some_and(|asked| asked.is_none() || *asked == given("ExternalId"));
    if !trusted {
        let message = format!(
            "User: {} is not authorized to perform: sts:AssumeRole on resource: {arn}",
            who(state, call)
        );
        return Err(Fail::new("AccessDenied", message).with_status(403));
    }
    let seconds = given("DurationSeconds").and_then(|seconds| seconds.parse().ok());
    let expires = state.core.now + TimeDelta::seconds(seconds.unwrap_or(SESSION_DEFAULT_S));
    let key = format!("{SESSION_KEY}513{:013}", state.core.number());
    let role = arn;
    let name = role.rsplit('/').next().unwrap_or_default();
    let arn = format!("arn:aws:sts::{ACCOUNT_ID}:assumed-role/{name}/{session}");
    let token = format!("token-of-{key}");
    let mut x = Xml::new();
    x.node("Credentials", |x| {
        x.text("AccessKeyId", &key);
        x.text("SecretAccessKey", "simulated");
        x.text("SessionToken", &token);
        x.text(
            "Expiration",
            expires.to_rfc3339_opts(SecondsFormat::Secs, true),
        );
    });
    x.node("AssumedRoleUser", |x| {
        x.text("AssumedRoleId", format!("AROA00000000SIMULATED:{session}"));
        x.text("Arn", &arn);
    });
    let session = Session {
        arn,
        role,
        expires,
        token,
    };
    state.sessions.insert(key, session);
    Ok(x.into_string())
}
