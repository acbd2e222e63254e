//! SQS.
use std::time::Duration;

use serde_json::Value;

use crate::door::{Call, Given, unknown_operation};
use crate::state::State;
use crate::wire::fail::Fail;

pub(crate) fn call(_state: &mut State, call: &Call) -> Result<Value, Fail> {
    Err(unknown_operation(&call.operation))
}

pub(crate) fn empty_poll(_call: &Call, _result: &Result<Given, Fail>) -> Duration {
    Duration::ZERO
}
