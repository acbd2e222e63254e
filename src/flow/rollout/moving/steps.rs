//! A move's steps and what each leaves, and how its journals are called.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::model::bake::digest;
use crate::model::ids::TargetId;

/// The move as a kind of workflow.
#[derive(Debug, Clone, Copy)]
pub struct MoveKind;

/// What is done, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MoveStep {
    /// The environment is as it was when the move was planned.
    Unchanged,
    /// The update is sent.
    Update,
    /// Every instance runs the image.
    Replace,
    /// It stays well.
    Settle,
}

/// The steps in order.
pub(super) const STEPS: &[MoveStep] = &[
    MoveStep::Unchanged,
    MoveStep::Update,
    MoveStep::Replace,
    MoveStep::Settle,
];

/// What a step leaves for the later ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "left")]
pub enum MoveOutput {
    Unchanged,
    Updated {
        request_id: Option<String>,
        /// Nothing was sent: the environment was as it shall be.
        already: bool,
        /// From when on events may be of this update.
        began: DateTime<Utc>,
        /// The platform version stays as it is.
        image_alone: bool,
    },
    Replaced {
        instances: usize,
    },
    /// Somebody deployed or swapped while it settled: what counts from then on.
    Disturbed {
        times: u32,
        version_label: Option<String>,
        cname: Option<String>,
    },
    Settled {
        instances: usize,
    },
}

/// `move/<environment>/<number>`: one journal for each move of an environment. The name of the
/// environment may hold what a journal's name may not, so its digest stands there.
pub fn move_journal(target: &TargetId, number: u32) -> String {
    let name = digest(&[
        "amiwatch move 1",
        target.scope.partition.as_str(),
        &target.scope.to_string(),
        &target.application,
        &target.environment,
    ]);
    format!("move/{name:.16}/{number:04}")
}
