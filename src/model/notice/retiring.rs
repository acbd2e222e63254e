//! What a notice tells of retiring images, as data.

use serde::{Deserialize, Serialize};

use crate::model::ids::{ImageId, SnapshotId};
use crate::model::retire_record::RetireAct;

/// An image that may go a rung down now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueTold {
    pub image: ImageId,
    pub act: RetireAct,
    pub base_version: Option<String>,
    /// The image that took its place.
    pub by: Option<ImageId>,
}

/// What was done to an image, or should have been.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetiredTold {
    pub image: ImageId,
    pub act: RetireAct,
    pub base_version: Option<String>,
    /// Who had it done.
    pub by: String,
}

/// What became of the snapshots of an image that is gone.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SnapshotsTold {
    pub removed: Vec<SnapshotId>,
    /// With why each is still there.
    pub kept: Vec<(SnapshotId, String)>,
}
