//! What the store remembers of a watch, as values that compare and plan are given: what happened, and
//! what people said.

use std::collections::BTreeMap;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::bake::{BakeKey, BakedImage, KeyInputs, RecipeDigest};
use super::base::Release;
use super::hold::{HeldThing, Hold};
use super::ids::ImageId;
use super::kept::KeptBuilder;

/// Releases whose first sighting is remembered. A branch gets 25 to 40 a year, and the value of a
/// watch must stay far below the store's 64 KB.
pub const FIRST_SEEN_MAX: usize = 60;

/// No bake that failed rightly waits longer for its next attempt.
const PAUSE_MAX: TimeDelta = TimeDelta::days(1);

/// Everything that is remembered of one watch, by its own doing and by people's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Memory {
    pub history: WatchHistory,
    /// Ended ones may be among them: they have no effect.
    pub holds: Vec<Hold>,
}

impl Memory {
    /// The holds that count now.
    pub fn in_force(&self, now: DateTime<Utc>) -> impl Iterator<Item = &Hold> {
        self.holds.iter().filter(move |hold| hold.in_force(now))
    }

    /// The hold on the watch itself.
    pub fn watch_hold(&self, now: DateTime<Utc>) -> Option<&Hold> {
        self.in_force(now).find(|hold| hold.on == HeldThing::Watch)
    }

    /// The hold on a release, by image or by version.
    pub fn release_hold(&self, release: &Release, now: DateTime<Utc>) -> Option<&Hold> {
        self.in_force(now).find(|hold| hold.is_about(release))
    }

    /// The hold on an image.
    pub fn image_hold(&self, image: &ImageId, now: DateTime<Utc>) -> Option<&Hold> {
        let mut holds = self.in_force(now);
        holds.find(|hold| matches!(&hold.on, HeldThing::Image(held) if held == image))
    }

    /// Whether the newest release is passed over now, so that earlier ones matter.
    pub fn passes_over(
        &self,
        newest: &Release,
        soak: Option<Duration>,
        now: DateTime<Utc>,
    ) -> bool {
        let soaks = soak.and_then(|soak| self.history.soaks_until(newest, soak, now));
        soaks.is_some() || self.release_hold(newest, now).is_some()
    }
}

/// The memory of one watch. Empty for a fresh store: nothing is concluded from its absence.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WatchHistory {
    /// When each release was first seen recommended.
    pub first_seen: BTreeMap<ImageId, DateTime<Utc>>,
    /// The newest image that this watch baked or adopted.
    pub current: Option<BakedImage>,
    /// Since when the watch or a target of it has been out of step; absent while all are in step.
    /// What cannot be told changes nothing here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drifted_since: Option<DateTime<Utc>>,
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
    /// What was written under a clock that was ahead, as if it had happened at `now`: nobody waits for
    /// years because a machine was once started in a wrong one.
    pub fn put_right(&mut self, now: DateTime<Utc>) {
        let seen = self.first_seen.values_mut();
        let ages = seen.chain(&mut self.drifted_since);
        ages.for_each(|at| *at = (*at).min(now));
        if let Some(failing) = &mut self.failing {
            failing.last_at = failing.last_at.min(now);
            if failing.next_at.is_some_and(|next| next - now > PAUSE_MAX) {
                failing.next_at = Some(now);
            }
        }
    }

    /// The generation that is remembered for these inputs; 0 when it is about others.
    pub fn generation_for(&self, release: &ImageId, recipe: &RecipeDigest) -> u32 {
        match &self.generation_of {
            Some((image, digest)) if image != release || digest != recipe => 0,
            _ => self.generation,
        }
    }

    /// The image that a person took as the watch's, until a bake puts another in its place.
    pub fn adopted(&self) -> Option<&BakedImage> {
        self.current
            .as_ref()
            .filter(|baked| baked.adopted_at.is_some())
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

    /// Whether an earlier release has been out long enough: since we first saw it, or else since its
    /// image was made. One of which neither is known has not.
    pub fn old_enough(&self, earlier: &Release, soak: Duration, now: DateTime<Utc>) -> bool {
        let since = self.first_seen.get(&earlier.image).copied();
        let soak = TimeDelta::from_std(soak).unwrap_or(TimeDelta::MAX);
        since
            .or(earlier.created)
            .and_then(|since| since.checked_add_signed(soak))
            .is_some_and(|until| until <= now)
    }

    /// How often releases come: the middle one of the pauses between first sightings. Absent while
    /// fewer than three releases were seen.
    pub fn cadence(&self) -> Option<TimeDelta> {
        let mut seen: Vec<_> = self.first_seen.values().copied().collect();
        seen.sort();
        let mut pauses: Vec<TimeDelta> = seen.windows(2).map(|two| two[1] - two[0]).collect();
        pauses.sort();
        (seen.len() >= 3).then(|| pauses[pauses.len() / 2])
    }

    /// Remembers that a release was seen, and forgets the oldest sightings beyond what is kept. The
    /// release itself is never forgotten, however long ago it came.
    pub fn saw(&mut self, release: &ImageId, at: DateTime<Utc>) {
        self.first_seen.entry(release.clone()).or_insert(at);
        while self.first_seen.len() > FIRST_SEEN_MAX {
            let others = self
                .first_seen
                .iter()
                .filter(|(image, _)| *image != release);
            let oldest = others.min_by_key(|(image, seen)| (**seen, (*image).clone()));
            let Some(oldest) = oldest.map(|(image, _)| image.clone()) else {
                return;
            };
            self.first_seen.remove(&oldest);
        }
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
    /// The builder of the last one, where it was to be kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<KeptBuilder>,
    /// The story that the attempts are told in, where they went on with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub story: Option<String>,
}

impl Failing {
    /// The story that the attempts are told in.
    pub fn told_in(&self) -> String {
        self.story.clone().unwrap_or_else(|| self.key.own_story())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: i64) -> DateTime<Utc> {
        DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(day)
    }

    #[test]
    fn sightings_are_bounded_and_the_present_release_is_never_forgotten() {
        let mut history = WatchHistory::default();
        for at in 1..500 {
            history.saw(&format!("ami-{at:017}").as_str().into(), day(at));
        }
        assert_eq!(history.first_seen.len(), FIRST_SEEN_MAX);
        // A release that stood for years and is still the newest: the oldest sighting of all.
        history.first_seen.insert("ami-present".into(), day(0));
        history.saw(&"ami-present".into(), day(500));
        assert_eq!(history.first_seen.len(), FIRST_SEEN_MAX);
        assert_eq!(history.first_seen[&ImageId::from("ami-present")], day(0));
        let kept = ImageId::from("ami-00000000000000499");
        assert!(history.first_seen.contains_key(&kept));
        let bytes = serde_json::to_string(&history).unwrap().len();
        assert!(bytes < 8 * 1024, "{bytes} bytes");
    }

    #[test]
    fn what_a_clock_that_was_ahead_wrote_happened_now() {
        let failing = |next| Failing {
            kept: None,
            story: None,
            key: BakeKey::from_tag("k"),
            attempts: 2,
            last_at: day(9),
            last_why: String::new(),
            next_at: next,
        };
        let mut history = WatchHistory {
            first_seen: [("ami-a".into(), day(5)), ("ami-b".into(), day(30_000))].into(),
            drifted_since: Some(day(30_000)),
            failing: Some(failing(Some(day(30_000)))),
            ..WatchHistory::default()
        };
        history.put_right(day(10));
        let seen: Vec<_> = history.first_seen.values().copied().collect();
        assert_eq!(
            (seen, history.drifted_since),
            (vec![day(5), day(10)], Some(day(10)))
        );
        assert_eq!(history.failing, Some(failing(Some(day(10)))));
        // What is as it should be stays as it is.
        let pause = day(10) + TimeDelta::hours(12);
        for right in [Some(pause), None] {
            history.failing = Some(failing(right));
            let before = history.clone();
            history.put_right(day(10));
            assert_eq!(history, before);
        }
    }

    #[test]
    fn a_cadence_needs_three_releases_and_is_the_middle_pause() {
        let mut history = WatchHistory::default();
        for (image, at) in [("ami-a", 0), ("ami-b", 7)] {
            history.saw(&image.into(), day(at));
        }
        assert_eq!(history.cadence(), None);
        history.saw(&"ami-c".into(), day(14));
        history.saw(&"ami-d".into(), day(100));
        assert_eq!(history.cadence(), Some(TimeDelta::days(7)));
    }
}
