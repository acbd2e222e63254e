//! EC2 in one region: which verb goes where.
//!
//! Each file owns one subject and answers its verbs from the model; this one only routes.

pub(crate) mod console;
pub(crate) mod images;
pub(crate) mod instances;
pub(crate) mod lifecycle;
pub(crate) mod model;

use crate::door::{Call, unknown_operation};
use crate::state::State;
use crate::wire::fail::Fail;

/// Answers one call; `DryRun` ends before any effect, as permission was checked at the door.
pub(crate) fn call(_state: &mut State, call: &Call) -> Result<String, Fail> {
    Err(unknown_operation(&call.operation))
}

/// There is none of this type here now.
pub(crate) fn no_capacity(kind: &str, zone: &str) -> Fail {
    Fail::new(
        "InsufficientInstanceCapacity",
        format!(
            "We currently do not have sufficient {kind} capacity in the Availability Zone you \
             requested ({zone}). Our system will be working on provisioning additional capacity."
        ),
    )
    .with_status(500)
}
