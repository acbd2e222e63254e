//! STS: who is calling. Always the same one.

use crate::door::{Call, unknown_operation};
use crate::state::{ACCOUNT_ID, State};
use crate::wire::fail::Fail;
use crate::wire::xml::Xml;

pub(crate) fn call(_state: &mut State, call: &Call) -> Result<String, Fail> {
    match call.operation.as_str() {
        "GetCallerIdentity" => {
            let mut x = Xml::new();
            x.text("Arn", format!("arn:aws:iam::{ACCOUNT_ID}:user/simulated"));
            x.text("UserId", "AIDA00000000SIMULATED");
            x.text("Account", ACCOUNT_ID);
            Ok(x.into_string())
        }
        other => Err(unknown_operation(other)),
    }
}
