//! Grants of a key: made, listed by grantee, and revoked.

use serde_json::{Value, json};

use super::model::{CustomerKey, KeyGrant};
use crate::door::Call;
use crate::state::Core;
use crate::wire::fail::Fail;

/// What a page holds where the call does not say.
const PAGE: usize = 50;

pub(super) fn create(core: &mut Core, key: &mut CustomerKey, call: &Call) -> Result<Value, Fail> {
    let grantee = call.params.need("GranteePrincipal")?.to_owned();
    let operations = call.body["Operations"].as_array().into_iter().flatten();
    let operations: Vec<String> = operations
        .filter_map(|one| one.as_str().map(str::to_owned))
        .collect();
    if operations.is_empty() {
        let message =
            "1 validation error detected: Value at 'operations' failed to satisfy constraint";
        return Err(Fail::new("ValidationException", message));
    }
    if !grantee.starts_with("arn:") {
        let message = "The provided principal is not valid.";
        return Err(Fail::new("InvalidArnException", message));
    }
    let id = format!("513{:061}", core.number());
    key.grants.push(KeyGrant {
        id: id.clone(),
        grantee,
        operations,
        created: core.now,
    });
    Ok(json!({ "GrantId": id, "GrantToken": format!("AQpA{id}") }))
}

pub(super) fn list(key: &CustomerKey, call: &Call) -> Result<Value, Fail> {
    let wanted = call.params.get("GranteePrincipal");
    let theirs: Vec<&KeyGrant> = key
        .grants
        .iter()
        .filter(|grant| wanted.is_none_or(|wanted| grant.grantee == wanted))
        .collect();
    let after = call.params.get("Marker");
    let from = match after {
        Some(marker) => theirs
            .iter()
            .position(|one| one.id == marker)
            .map(|at| at + 1),
        None => Some(0),
    };
    let from =
        from.ok_or_else(|| Fail::new("InvalidMarkerException", "The marker is not valid."))?;
    let most = call.params.number("Limit")?.unwrap_or(PAGE);
    let page = theirs.get(from..).unwrap_or_default();
    let shown = &page[..page.len().min(most)];
    let truncated = shown.len() < page.len();
    let mut answer = json!({
        "Grants": shown.iter().map(|grant| json!({
            "KeyId": key.arn,
            "GrantId": grant.id,
            "GranteePrincipal": grant.grantee,
            "Operations": grant.operations,
            "CreationDate": grant.created.timestamp(),
        })).collect::<Vec<_>>(),
        "Truncated": truncated,
    });
    if let (true, Some(last)) = (truncated, shown.last()) {
        answer["NextMarker"] = json!(last.id);
    }
    Ok(answer)
}

pub(super) fn revoke(key: &mut CustomerKey, call: &Call) -> Result<Value, Fail> {
    let id = call.params.need("GrantId")?;
    let at = key.grants.iter().position(|grant| grant.id == id);
    let at = at.ok_or_else(|| Fail::new("NotFoundException", format!("Grant {id} not found")))?;
    key.grants.remove(at);
    Ok(json!({}))
}
