//! What people have been told of a watch's drift: the memory that decides what is news.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::ids::ImageId;
use super::reason::ReasonCode;

/// The drift of one watch as it was last told, or, at the first look, as it was found.
///
/// Targets are held by [`ToldDrift::name_of`], a digest, so that a fleet fits into one record.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ToldDrift {
    /// How many drift notices there were. Part of the next one's key: a drift that was over and comes
    /// back is another event.
    pub count: u64,
    /// The key of the notice that is not over yet. Absent when nothing is out of step, or when what is
    /// was there at the first look and nobody was told.
    pub notice: Option<String>,
    pub release: Option<ImageId>,
    /// The release's version, as the base writes it. Records of earlier versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// How often the release has moved. Part of the key of the notice that tells so: one that comes
    /// back is told again.
    #[serde(default)]
    pub moves: u64,
    /// What was known to come to its end, by [`ToldDrift::name_of`]. Absent until a look has shown it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<BTreeSet<String>>,
    pub current: Option<ImageId>,
    /// Images of ours that were the current one when something was told, the last one last: one that counts
    /// again, because a newer one was quarantined or is no more, is no news.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<ImageId>,
    /// What is known to be out of step, by target; the watch itself is [`ToldDrift::ITSELF`].
    pub said: BTreeMap<String, BTreeSet<ReasonCode>>,
    /// Targets that could not be read when it was told. What they turn out to be is no news.
    pub unread: BTreeSet<String>,
}

impl ToldDrift {
    /// The watch itself among its targets.
    pub const ITSELF: &'static str = "-";
    /// In `unread`: the list of targets itself could not be read.
    pub const LIST: &'static str = "*";
    /// How many targets are remembered; an account has 200 environments unless AWS raised its limit.
    pub const TARGETS_MAX: usize = 600;

    /// How many ends are remembered: a handful for each base in years.
    pub const ENDS_MAX: usize = 200;

    /// How many images are remembered.
    pub const IMAGES_MAX: usize = 20;

    /// The images that were current, with this one.
    pub fn images_with(&self, current: Option<&ImageId>) -> Vec<ImageId> {
        let known = self.images.iter().chain(&self.current);
        let mut images: Vec<ImageId> = Vec::new();
        for image in known.chain(current) {
            images.retain(|other| other != image);
            images.push(image.clone());
        }
        images.split_off(images.len().saturating_sub(Self::IMAGES_MAX))
    }

    /// Whether it was the current one before.
    pub fn was_current(&self, image: &ImageId) -> bool {
        self.current.as_ref() == Some(image) || self.images.contains(image)
    }

    /// The name under which a target is remembered, from its digest.
    pub fn name_of(digest: &str) -> String {
        digest.chars().take(12).collect()
    }

    /// Whether it is news that this code applies to this target.
    pub fn surprises(&self, target: &str, code: ReasonCode) -> bool {
        let list_unread = target != Self::ITSELF && self.unread.contains(Self::LIST);
        let expected = list_unread || self.unread.contains(target);
        let known = self.said.get(target);
        !expected && !known.is_some_and(|codes| codes.contains(&code))
    }
}
