//! What people have been told of a watch's drift: the memory that decides what is news.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::bake::BakedImage;
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
    /// The stories that go on, the present one last: what is told of a release, its bake and its rollout goes
    /// on with its own. They end when nothing is out of step any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stories: Vec<WatchStory>,
}

/// A story of a watch, from what began it until nothing is out of step any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchStory {
    pub story: String,
    /// The release that it is about.
    pub release: Option<ImageId>,
}

impl BakedImage {
    /// The same, made in the story of its release, where that goes on.
    #[must_use]
    pub fn going_on(mut self, told: Option<&ToldDrift>) -> Self {
        let story = told.and_then(|told| told.story_of(&self.base_image));
        self.story = story.map(str::to_owned);
        self
    }
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

    /// How many stories are remembered: so many releases come before something of the first one is done.
    pub const STORIES_MAX: usize = 8;

    /// The story that goes on.
    pub fn present_story(&self) -> Option<&str> {
        self.stories.last().map(|one| one.story.as_str())
    }

    /// The story that what is made of a release goes on with: the release's own, else the present one.
    pub fn story_of(&self, release: &ImageId) -> Option<&str> {
        let mut latest = self.stories.iter().rev();
        let own = latest.find(|one| one.release.as_ref() == Some(release));
        own.map(|one| one.story.as_str()).or(self.present_story())
    }

    /// The story that an image goes on with: the one that it was made in, unless that is over and another one
    /// goes on.
    pub fn story_of_image(&self, made_in: String) -> String {
        let goes_on = self.stories.iter().any(|one| one.story == made_in);
        match self.present_story() {
            Some(present) if !goes_on => present.to_owned(),
            _ => made_in,
        }
    }

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
