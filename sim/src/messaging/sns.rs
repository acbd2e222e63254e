//! SNS.
use crate::door::{Call, unknown_operation};
use crate::state::State;
use crate::wire::fail::Fail;

pub(crate) fn call(_state: &mut State, call: &Call) -> Result<String, Fail> {
    Err(unknown_operation(&call.operation))
}
