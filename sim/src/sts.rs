//! STS: who is calling, and roles that are assumed.
//!
//! Whoever has a key that does not begin with `ASIA` is the one user of an account: of the one whose id
//! follows `AKIA` in the key, else of the first.

use chrono::{SecondsFormat, TimeDelta};

use crate::call::{Call, Service};
use crate::door::unknown_operation;
use crate::roles::{Principal, RoleSpec, Session, book};
use crate::state::State;
use crate::wire::fail::Fail;
use crate::wire::xml::Xml;

/// What keys of sessions begin with.
const SESSION_KEY: &str = "ASIA";
/// What the key of an account's user begins with; the account's id follows.
pub(crate) const USER_KEY: &str = "AKIA";
const SESSION_DEFAULT_S: i64 = 3600;
const SESSION_LEAST_S: i64 = 900;
/// The longest session of a role that a session of a role assumes.
const CHAINED_MOST_S: i64 = 3600;

pub(crate) fn call(state: &mut State, call: &Call) -> Result<String, Fail> {
    match call.operation.as_str() {
        "GetCallerIdentity" => {
            let mut x = Xml::new();
            x.text("Arn", who(state, call));
            x.text("UserId", user_id(call));
            x.text("Account", &state.core.account);
            Ok(x.into_string())
        }
        "AssumeRole" => assume(state, call),
        other => Err(unknown_operation(other)),
    }
}

fn user_id(call: &Call) -> String {
    match &call.session {
        Some(session) => {
            let name = session.arn.rsplit('/').next().unwrap_or_default();
            format!("AROA00000000SIMULATED:{name}")
        }
        None => "AIDA00000000SIMULATED".to_owned(),
    }
}

/// The ARN of whoever signed the call.
pub(crate) fn who(state: &State, call: &Call) -> String {
    match &call.session {
        Some(session) => session.arn.clone(),
        None => format!("arn:aws:iam::{}:user/simulated", state.core.account),
    }
}

/// The role whose session signed the call.
pub(crate) fn role(call: &Call) -> Option<&str> {
    call.session.as_ref().map(|session| session.role.as_str())
}

/// The account whose user has this key, where the key says so.
pub(crate) fn user_of(access_key: &str) -> Option<&str> {
    let id = access_key.strip_prefix(USER_KEY)?;
    (id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit())).then_some(id)
}

/// Why the credentials of a call do not hold; nothing when they do.
pub(crate) fn refused(state: &State, call: &Call) -> Option<Fail> {
    if user_of(&call.access_key).is_some_and(|id| id != state.core.account) {
        return Some(no_such_key());
    }
    if !call.access_key.starts_with(SESSION_KEY) {
        return None;
    }
    let session = call.session.as_ref();
    match session.filter(|session| Some(&session.token) == call.session_token.as_ref()) {
        None => Some(no_such_key()),
        Some(session) if session.expires <= state.core.now => Some(expired(call.service)),
        Some(_) => None,
    }
}

fn no_such_key() -> Fail {
    let message = "The security token included in the request is invalid.";
    Fail::new("InvalidClientTokenId", message).with_status(403)
}

fn expired(service: Service) -> Fail {
    let message = "The security token included in the request is expired";
    match service {
        Service::Ec2 => Fail::new("RequestExpired", "Request has expired."),
        Service::DynamoDb | Service::EventBridge | Service::Kms | Service::Ssm | Service::Sqs => {
            Fail::new("ExpiredTokenException", message)
        }
        _ => Fail::new("ExpiredToken", message).with_status(403),
    }
}

/// The refusal of a role, whoever refuses: its trust policy, or the policies of who asks.
pub(crate) fn may_not_assume(state: &State, call: &Call) -> Fail {
    let arn = call.params.get("RoleArn").unwrap_or_default();
    let message = format!(
        "User: {} is not authorized to perform: sts:AssumeRole on resource: {arn}",
        who(state, call)
    );
    Fail::new("AccessDenied", message).with_status(403)
}

fn invalid(message: impl Into<String>) -> Fail {
    Fail::new("ValidationError", message)
}

fn assume(state: &mut State, call: &Call) -> Result<String, Fail> {
    let (arn, name) = asked(call)?;
    let found = book(&state.roles).by_arn.get(arn).cloned();
    let (account, me) = (state.core.account.clone(), who(state, call));
    let principal = Principal {
        account: &account,
        arn: &me,
        role: role(call),
    };
    let external_id = call.params.get("ExternalId");
    let trusting = found.filter(|found| found.lets_in(&principal, external_id));
    let found = trusting.ok_or_else(|| may_not_assume(state, call))?;
    let seconds = duration(call, &found)?;
    let key = format!("{SESSION_KEY}513{:013}", state.core.number());
    let session = session_of(
        arn,
        name,
        &key,
        state.core.now + TimeDelta::seconds(seconds),
    );
    let given = given(&key, name, &session);
    book(&state.roles).sessions.insert(key, session);
    Ok(given)
}

/// The role's ARN and the session's name.
fn asked(call: &Call) -> Result<(&str, &str), Fail> {
    let required = || invalid("RoleArn and RoleSessionName are required");
    let arn = call.params.get("RoleArn").ok_or_else(required)?;
    let name = call.params.get("RoleSessionName").ok_or_else(required)?;
    if !arn.starts_with("arn:") || !arn.contains(":role/") {
        return Err(invalid(format!("{arn} is invalid")));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    match (2..=64).contains(&name.len()) && name.chars().all(allowed) {
        true => Ok((arn, name)),
        false => Err(invalid(format!(
            "1 validation error detected: Value '{name}' at 'roleSessionName' failed to satisfy \
             constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*"
        ))),
    }
}

/// How long the session lasts.
fn duration(call: &Call, role: &RoleSpec) -> Result<i64, Fail> {
    let Some(asked) = call.params.get("DurationSeconds") else {
        return Ok(SESSION_DEFAULT_S);
    };
    let seconds: i64 = asked.parse().unwrap_or_default();
    if seconds < SESSION_LEAST_S {
        return Err(invalid(format!(
            "1 validation error detected: Value '{asked}' at 'durationSeconds' failed to satisfy \
             constraint: Member must have value greater than or equal to {SESSION_LEAST_S}"
        )));
    }
    if call.session.is_some() && seconds > CHAINED_MOST_S {
        return Err(invalid(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by \
             role chaining",
        ));
    }
    if seconds > role.max_session_s {
        return Err(invalid(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ));
    }
    Ok(seconds)
}

fn session_of(
    role: &str,
    name: &str,
    key: &str,
    expires: chrono::DateTime<chrono::Utc>,
) -> Session {
    let account = account_of(role).to_owned();
    let short = role.rsplit('/').next().unwrap_or_default();
    Session {
        arn: format!("arn:aws:sts::{account}:assumed-role/{short}/{name}"),
        account,
        role: role.to_owned(),
        expires,
        token: format!("token-of-{key}"),
    }
}

/// `arn:aws:iam::<account>:role/<name>`
fn account_of(role: &str) -> &str {
    role.split(':').nth(4).unwrap_or_default()
}

fn given(key: &str, name: &str, session: &Session) -> String {
    let mut x = Xml::new();
    x.node("Credentials", |x| {
        x.text("AccessKeyId", key);
        x.text("SecretAccessKey", "simulated");
        x.text("SessionToken", &session.token);
        let ends = session.expires;
        x.text(
            "Expiration",
            ends.to_rfc3339_opts(SecondsFormat::Secs, true),
        );
    });
    x.node("AssumedRoleUser", |x| {
        x.text("AssumedRoleId", format!("AROA00000000SIMULATED:{name}"));
        x.text("Arn", &session.arn);
    });
    x.into_string()
}
