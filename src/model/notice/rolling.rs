//! What notices about a watch's rollout tell, as data: the question to people, a wave that is through, what
//! keeps an environment from an image, changes that other hands make.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::FirstOf;
use crate::model::changes::ChangesInShort;
use crate::model::ids::{ImageId, TargetId};
use crate::model::reason::About;

/// The image that a rollout is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RolledImage {
    pub image: ImageId,
    /// The release that it was made from; absent where that is not remembered.
    pub base_version: Option<String>,
}

/// An environment, and what it runs, or ran before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetFrom {
    pub target: TargetId,
    /// Absent: the platform version's own, or not known.
    pub from: Option<ImageId>,
}

/// An image waits for a person's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalTold {
    /// What `approve` and `deny` take.
    pub id: String,
    pub of: RolledImage,
    /// Against the image before it; absent where nothing is known.
    pub changes: Option<ChangesInShort>,
    /// The environments that wait for it.
    pub waiting: FirstOf<TargetFrom>,
    pub lapses_at: DateTime<Utc>,
    /// The older image whose rollout it takes the place of.
    pub replaces: Option<ImageId>,
}

/// The environments of one wave run an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaveTold {
    pub of: RolledImage,
    /// Counted from 1.
    pub wave: usize,
    pub waves: usize,
    /// The pattern of environment names that the config gives the wave.
    pub pattern: String,
    /// The environments of the wave, with what they ran before.
    pub environments: FirstOf<TargetFrom>,
    /// Nothing is left to move.
    pub last: bool,
    /// The environments of the wave that follows, by `application/environment`.
    pub next: FirstOf<String>,
}

/// A newer image takes the place of one that has not gone through every wave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupersededTold {
    /// The older one, which goes no further.
    pub image: ImageId,
    pub newer: RolledImage,
    /// The environments that run the older one by this rollout, by `application/environment`.
    pub moved: FirstOf<String>,
}

/// Something keeps an environment from an image until a person does something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockedTold {
    pub of: RolledImage,
    pub target: TargetId,
    pub from: Option<ImageId>,
    pub reason: About,
}

/// Changes that other hands make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandsTold {
    pub of: RolledImage,
    pub changes: FirstOf<PrintedChange>,
}

/// One environment's change, as other hands make it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrintedChange {
    pub target: TargetId,
    pub from: Option<ImageId>,
    /// A command, or lines of a configuration.
    pub printed: String,
}
