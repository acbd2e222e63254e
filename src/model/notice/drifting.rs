//! What a drift is told with beside its reasons, as data: what moved, and what each environment is to be moved
//! to.

use serde::{Deserialize, Serialize};

use crate::model::ids::{ImageId, PlatformArn, TargetId};

/// What the watch's environments are measured by, where that is another one than at the last look.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "moved")]
pub enum DriftStep {
    /// The release.
    Release {
        from: ImageId,
        /// Absent where an earlier version of amiwatch saw it.
        from_version: Option<String>,
    },
    /// The watch's own image.
    Image {
        /// Absent for its first.
        from: Option<ImageId>,
    },
    /// Neither: an environment, a recipe or an age is what is new.
    #[default]
    Neither,
}

/// What an environment runs, and what it is to be moved to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoveAhead {
    pub target: TargetId,
    /// Absent: the platform version's own, or not known.
    pub from: Option<ImageId>,
    pub to: ImageId,
    pub from_platform: Option<PlatformArn>,
    /// Absent where the platform version stays, or is not known.
    pub to_platform: Option<PlatformArn>,
}
