//! What the store remembers of a watch, as values that compare and plan are given.

use std::collections::BTreeMap;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::bake::{BakeKey, BakedImage, KeyInputs, RecipeDigest};
use super::base::Release;
use super::ids::ImageId;

/// The memory of one watch. Empty for a fresh store: nothing is concluded from its absence.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WatchHistory {
    /// When each release was first seen recommended.
    pub first_seen: BTreeMap<ImageId, DateTime<Utc>>,
    /// The newest image that this watch baked or adopted.
    pub current: Option<BakedImage>,
    /// The bake that did not succeed, while that is so.
    pub failing: Option<Failing>,
    /// The generation that a next bake of the same inputs gets, when it differs from 0.
    pub generation: u32,
    /// The release's image and the recipe that `generation` is about; others begin at 0. Absent: it
    /// is about whatever is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation_of: Option<(ImageId, RecipeDigest)>,
}

impl WatchHistory {
    /// The generation that is remembered for these inputs; 0 when it is about others.
    pub fn generation_for(&self, release: &ImageId, recipe: &RecipeDigest) -> u32 {
        match &self.generation_of {
            Some((image, digest)) if image != release || digest != recipe => 0,
            _ => self.generation,
        }
    }

    /// Until when a release soaks; absent when it has been out long enough at `now`.
    ///
    /// Counted from when we first saw it. A store without any memory (the first run) counts from the
    /// image's own date; a store that remembers others but not this one sees it for the first time.
    pub fn soaks_until(
        &self,
        release: &Release,
        soak: Duration,
        now: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        let since = match self.first_seen.get(&release.image) {
            Some(seen) => *seen,
            None if self.first_seen.is_empty() => release.created.unwrap_or(now),
            None => now,
        };
        let soak = TimeDelta::from_std(soak).unwrap_or(TimeDelta::MAX);
        let until = since
            .checked_add_signed(soak)
            .unwrap_or(DateTime::<Utc>::MAX_UTC);
        (until > now).then_some(until)
    }

    /// The failures of bakes of these inputs, in whichever generation they happened: a rejected
    /// image starts a new generation, and that must not start the count of failures anew.
    pub fn failing_for(&self, inputs: &KeyInputs<'_>) -> Option<&Failing> {
        let remembered = self.current.as_ref().map_or(0, |image| image.generation);
        let last = inputs.generation.max(self.generation).max(remembered);
        self.failing.as_ref().filter(|failing| {
            (0..=last.saturating_add(1)).any(|generation| {
                let inputs = KeyInputs {
                    generation,
                    ..*inputs
                };
                BakeKey::derive(&inputs) == failing.key
            })
        })
    }
}

/// A key whose bakes failed so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failing {
    pub key: BakeKey,
    /// Failed attempts so far, at least 1.
    pub attempts: u32,
    pub last_at: DateTime<Utc>,
    /// Why the last one failed, one line.
    pub last_why: String,
    /// Not tried again before this; absent once it is held for a person.
    pub next_at: Option<DateTime<Utc>>,
}
