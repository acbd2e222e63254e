//! What a bake's journals are made of: the steps, what they leave, and their names. Types alone; which
//! file does a step is said in `dispatch`.

use serde::{Deserialize, Serialize};

use super::packed::Packed;
use crate::model::bake::BakeKey;
use crate::model::ids::{ImageId, InstanceId, SecurityGroupId, SnapshotId};
use crate::workflow::WorkflowKind as _;

/// The kind of a bake's journals; what it goes by is in `kind`.
#[derive(Debug, Clone, Copy)]
pub enum BakeKind {}

/// The steps, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BakeStep {
    /// A security group without any inbound rule, found or made.
    Network,
    /// The builder, launched from the base.
    LaunchBuilder,
    /// Its report, whole and passing.
    Report,
    /// It has closed its report, cleaned itself and stopped.
    Stopped,
    CreateImage,
    /// The image can be launched.
    Available,
    /// A fresh instance of the image.
    LaunchBootTest,
    /// Its report, whole and passing.
    BootReport,
    MarkVerified,
    /// Everything but the image is gone.
    CleanUp,
}

/// The steps, in order.
pub const STEPS: &[BakeStep] = &[
    BakeStep::Network,
    BakeStep::LaunchBuilder,
    BakeStep::Report,
    BakeStep::Stopped,
    BakeStep::CreateImage,
    BakeStep::Available,
    BakeStep::LaunchBootTest,
    BakeStep::BootReport,
    BakeStep::MarkVerified,
    BakeStep::CleanUp,
];

/// What a step leaves for the later ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "left", rename_all = "snake_case")]
pub enum BakeOutput {
    Network {
        groups: Vec<SecurityGroupId>,
    },
    Instance {
        id: InstanceId,
    },
    Report {
        report: Packed,
        redundant: bool,
        /// Its own sum, which a closing frame repeats; absent in journals of earlier versions.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sum: Option<String>,
        /// The closing frame was read with it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        closed: bool,
    },
    /// The builder's closing frame was read: kept until it has stopped.
    Closed,
    Stopped,
    Image {
        id: ImageId,
    },
    Available {
        snapshots: Vec<SnapshotId>,
    },
    Verified,
    Clean,
}

/// The journal of one attempt.
pub fn journal_name(key: &BakeKey, attempt: u32) -> String {
    format!("{}/{key}/{attempt:04}", BakeKind::NAME)
}

/// The key of the bake that a journal is of; absent when it is no bake's.
pub fn key_in(journal: &str) -> Option<&str> {
    let (key, _) = journal
        .strip_prefix(BakeKind::NAME)?
        .strip_prefix('/')?
        .rsplit_once('/')?;
    Some(key)
}
