//! The control door: what an outside program does to the account from behind the scenes, as JSON
//! under `/_sim/`, with `?account=ID` in another account than the first. Only the server has it; the AWS services do not know of it.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::account::Account;
use crate::fault::FaultRule;
use crate::realm::AccountSpec;
use crate::world::{Action, Release, Step, World};

/// Answers one request under `/_sim/`. Errors are `{"error": ...}` with status 400 or 404.
pub(crate) fn respond(account: &Account, request: &Request<Bytes>) -> Response<Bytes> {
    let account = match addressed(account, request) {
        Ok(account) => &account.clone(),
        Err(error) => return reply(Err(error)),
    };
    let what = request.uri().path().trim_start_matches("/_sim/");
    let body = request.body();
    let result = match (request.method(), what) {
        (&Method::GET, of) if of.starts_with("updates/") => {
            Ok(json!(account.updates(&of["updates/".len()..])))
        }
        (&Method::GET, of) if of.starts_with("health/") => {
            Ok(json!(account.health_turns(&of["health/".len()..])))
        }
        (&Method::GET, "ledger") => Ok(json!(account.ledger())),
        (&Method::GET, "counters") => Ok(json!(account.counters())),
        (&Method::GET, "leftovers") => Ok(json!(account.leftovers())),
        (&Method::GET, "instances") => Ok(json!(account.instances())),
        (&Method::GET, "retirements") => Ok(json!(account.retirements())),
        (&Method::GET, "environments") => Ok(json!(account.environments())),
        (&Method::GET, "tables") => Ok(json!(account.tables())),
        (&Method::GET, "images") => Ok(json!(account.images())),
        (&Method::GET, "time") => Ok(json!({ "now": account.now() })),
        (&Method::DELETE, "ledger") => {
            account.clear_ledger();
            Ok(json!({}))
        }
        (&Method::DELETE, "faults") => {
            account.clear_faults();
            Ok(json!({}))
        }
        (&Method::POST, verb) => return reply(change(account, verb, body)),
        (_, other) => Err((404, format!("there is no /_sim/{other} for this method"))),
    };
    reply(result)
}

/// The account that `?account=ID` names, or the first.
fn addressed(account: &Account, request: &Request<Bytes>) -> Result<Account, (u16, String)> {
    let query = request.uri().query().unwrap_or_default();
    let Some(id) = query.strip_prefix("account=") else {
        return Ok(account.clone());
    };
    let found = account.other(id);
    found.ok_or_else(|| (404, format!("there is no account {id}; open it first")))
}

type Changed = Result<Value, (u16, String)>;

fn change(account: &Account, verb: &str, body: &[u8]) -> Changed {
    let bad = |e: crate::WorldError| (400, describe(&e));
    match verb {
        "world" => account
            .load(read::<World>(body)?)
            .map(|()| json!({}))
            .map_err(bad),
        "do" => account
            .step(read::<Step>(body)?)
            .map(|id| json!({ "id": id }))
            .map_err(bad),
        "release" => {
            let mut fields = read::<Value>(body)?;
            let region = take(&mut fields, "region")?;
            let release: Release = serde_json::from_value(fields).map_err(unreadable)?;
            let arn = account
                .perform(&region, Action::Release(release))
                .map_err(bad)?;
            Ok(json!(account.platform(&arn)))
        }
        "account" => {
            let opened = account.open(read::<AccountSpec>(body)?).map_err(bad)?;
            Ok(json!({ "access_key": opened.access_key() }))
        }
        "faults" => {
            account.fault(read::<FaultRule>(body)?);
            Ok(json!({}))
        }
        "role" => {
            let mut fields = read::<Value>(body)?;
            let role = account.role(&take(&mut fields, "name")?, None);
            let policy = fields.get("policy").filter(|policy| !policy.is_null());
            account.set_role_policy(&role, policy).map_err(bad)?;
            Ok(json!({ "arn": role }))
        }
        "deny" => {
            account.deny(&take(&mut read::<Value>(body)?, "action")?);
            Ok(json!({}))
        }
        "allow" => {
            account.allow(&take(&mut read::<Value>(body)?, "action")?);
            Ok(json!({}))
        }
        "advance" => {
            let seconds = read::<Value>(body)?["seconds"].as_f64().unwrap_or(-1.0);
            let by = Duration::try_from_secs_f64(seconds)
                .map_err(|_| (400, "give `seconds`, a number of zero or more".to_owned()))?;
            account.advance(by);
            Ok(json!({ "now": account.now() }))
        }
        other => Err((404, format!("there is no /_sim/{other} to post to"))),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, (u16, String)> {
    serde_json::from_slice(body).map_err(unreadable)
}

fn unreadable(error: serde_json::Error) -> (u16, String) {
    (400, format!("the body does not fit: {error}"))
}

fn take(fields: &mut Value, name: &str) -> Result<String, (u16, String)> {
    let taken = fields.as_object_mut().and_then(|map| map.remove(name));
    let text = taken.as_ref().and_then(Value::as_str).map(str::to_owned);
    text.ok_or_else(|| (400, format!("give `{name}`, a string")))
}

fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    text
}

fn reply(result: Changed) -> Response<Bytes> {
    let (status, body) = match result {
        Ok(body) => (200, body),
        Err((status, error)) => (status, json!({ "error": error })),
    };
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    let json = http::HeaderValue::from_static("application/json");
    response
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, json);
    response
}
