//! EventBridge: the default bus of a region keeps what it is given. There are no rules and no other buses.

use serde_json::{Value, json};

use super::model::BusEvent;
use crate::door::{Call, unknown_operation};
use crate::state::{Core, State};
use crate::wire::fail::Fail;

/// EventBridge's own bounds of a call.
const ENTRIES_MAX: usize = 10;
const BYTES_MAX: usize = 262_144;

pub(crate) fn call(state: &mut State, call: &Call) -> Result<Value, Fail> {
    let (core, here) = state.enter(&call.region);
    match call.operation.as_str() {
        "PutEvents" => {
            let entries = call.body["Entries"].as_array().cloned().unwrap_or_default();
            let bytes: usize = entries.iter().map(|entry| entry.to_string().len()).sum();
            if !(1..=ENTRIES_MAX).contains(&entries.len()) || bytes > BYTES_MAX {
                let message = "Total size of the entries in the request is over the limit.";
                return Err(Fail::new("ValidationException", message));
            }
            let answers: Vec<Value> = entries
                .iter()
                .map(|one| put(core, &mut here.messaging.bus, one))
                .collect();
            let failed = answers
                .iter()
                .filter(|one| one["ErrorCode"].is_string())
                .count();
            Ok(json!({ "FailedEntryCount": failed, "Entries": answers }))
        }
        "DescribeEventBus" => {
            let name = call.body["Name"].as_str().unwrap_or("default");
            if !is_default(name) {
                return Err(Fail::new("ResourceNotFoundException", no_bus(name)));
            }
            let (region, account) = (&call.region, &core.account);
            let arn = format!("arn:aws:events:{region}:{account}:event-bus/default");
            Ok(json!({ "Name": "default", "Arn": arn }))
        }
        other => Err(unknown_operation(other)),
    }
}

/// By its name or ARN.
fn is_default(name: &str) -> bool {
    name.rsplit('/').next() == Some("default")
}

fn no_bus(name: &str) -> String {
    format!("Event bus {name} does not exist.")
}

/// One entry: each fails by itself, and the call does not.
fn put(core: &mut Core, bus: &mut Vec<BusEvent>, entry: &Value) -> Value {
    let refused = |code: &str, message: &str| json!({ "ErrorCode": code, "ErrorMessage": message });
    let text = |name: &str| entry[name].as_str().filter(|text| !text.is_empty());
    let name = text("EventBusName").unwrap_or("default");
    if !is_default(name) {
        return refused("ResourceNotFoundException", &no_bus(name));
    }
    let (Some(source), Some(detail_type), Some(detail)) =
        (text("Source"), text("DetailType"), text("Detail"))
    else {
        return refused(
            "InvalidArgument",
            "Source, DetailType and Detail are required.",
        );
    };
    let Ok(detail @ Value::Object(_)) = serde_json::from_str::<Value>(detail) else {
        return refused("MalformedDetail", "Detail is malformed.");
    };
    if source.starts_with("aws.") {
        return refused(
            "NotAuthorizedForSourceException",
            "Not authorized for the source.",
        );
    }
    bus.push(BusEvent {
        source: source.to_owned(),
        detail_type: detail_type.to_owned(),
        detail,
    });
    json!({ "EventId": format!("51300000-0000-4000-8000-{:012}", core.number()) })
}
