//! SSM in one region: which verb goes where. Parameter Store and Run Command, each in files of its own.

mod commands;
mod describe;
mod model;
mod names;
mod put;
mod read;
mod shelf;

use serde_json::Value;

use crate::door::{Call, unknown_operation};
use crate::iam;
use crate::state::State;
use crate::wire::fail::Fail;

pub(crate) use commands::Command;
pub(crate) use model::{Parameters, Version};
pub(crate) use put::{Put, checked};

pub(crate) fn call(state: &mut State, call: &Call) -> Result<Value, Fail> {
    let lacking = iam::lacking(state, call);
    let (core, here) = state.enter(&call.region);
    match call.operation.as_str() {
        "SendCommand" => commands::send(core, here, call),
        "GetCommandInvocation" => commands::invocation(core, here, call),
        "PutParameter" => put::put(core, here, call, &lacking),
        "GetParameter" => read::one(core, here, call),
        "GetParameters" => read::several(core, here, call),
        "GetParametersByPath" => read::by_path(core, here, call),
        "GetParameterHistory" => read::history(core, here, call),
        "DescribeParameters" => describe::describe(core, here, call),
        "DeleteParameter" => shelf::delete(here, call),
        "DeleteParameters" => shelf::delete_several(here, call),
        "LabelParameterVersion" => shelf::label(here, call),
        "AddTagsToResource" => shelf::tag(here, call),
        "RemoveTagsFromResource" => shelf::untag(here, call),
        "ListTagsForResource" => shelf::tags(here, call),
        other => Err(unknown_operation(other)),
    }
}

/// The version that a name means, with or without a number or label.
pub(crate) fn find<'a>(parameters: &'a Parameters, text: &str) -> Option<&'a Version> {
    let (name, selector) = names::asked(text);
    parameters.get(&name)?.select(&selector)
}

/// What does not satisfy the constraints of its field.
fn invalid(message: impl Into<String>) -> Fail {
    Fail::new("ValidationException", message)
}

fn not_found(name: &str) -> Fail {
    Fail::new("ParameterNotFound", format!("Parameter {name} not found."))
}
