//! What is remembered of a watch's rollout: which images are to be marked, whether one has ever gone
//! through, what people were asked and said, and how far the present image has come. Values; the gates
//! decide from them, `store::moves` keeps them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::ids::ImageId;
use super::reason::ReasonCode;

/// Images of one watch that wait for their mark; more are never quarantined between two passes.
const TO_MARK_MAX: usize = 50;

/// What is remembered of a watch's rollout.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RolloutMemory {
    /// Quarantined images whose tag has not been seen yet.
    pub to_mark: BTreeSet<ImageId>,
    /// Quarantined images whose tag was seen: it is taken off again when nobody holds them any more.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub marked: BTreeSet<ImageId>,
    /// An image that people let go has gone through every wave, moved by us: `approval = "first"` asks no
    /// more.
    #[serde(default)]
    pub has_succeeded: bool,
    /// The last question to people; one at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalQuestion>,
    /// The image that goes, or went last, through the waves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<ImageRollout>,
}

impl RolloutMemory {
    /// What is remembered of this image's rollout.
    pub fn rollout_of(&self, image: &ImageId) -> Option<&ImageRollout> {
        self.image
            .as_ref()
            .filter(|rollout| rollout.image == *image)
    }

    /// The question that was asked about this image.
    pub fn question_of(&self, image: &ImageId) -> Option<&ApprovalQuestion> {
        self.approval.as_ref().filter(|asked| asked.image == *image)
    }

    /// One more image is to be marked.
    pub fn mark(&mut self, image: &ImageId) {
        if self.to_mark.len() < TO_MARK_MAX {
            self.to_mark.insert(image.clone());
        }
    }

    /// The mark of this image was seen.
    pub fn seen_marked(&mut self, image: &ImageId) {
        self.to_mark.remove(image);
        if self.marked.len() < TO_MARK_MAX {
            self.marked.insert(image.clone());
        }
    }

    /// Environments that an earlier version remembered without their account and region are of the watch's own,
    /// `place`: it knew no others.
    pub fn place_names(&mut self, place: &str) {
        if let Some(rollout) = &mut self.image {
            rollout.moved = placed(place, std::mem::take(&mut rollout.moved));
            rollout.told = placed(place, std::mem::take(&mut rollout.told));
        }
    }

    /// There is nothing more to do about this image's mark.
    pub fn forget_mark(&mut self, image: &ImageId) {
        self.to_mark.remove(image);
        self.marked.remove(image);
    }
}

/// Whether an image may go to a watch's environments, asked of people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalQuestion {
    /// What `approve` and `deny` take.
    pub id: String,
    pub image: ImageId,
    pub asked_at: DateTime<Utc>,
    /// Without an answer by then it lapses.
    pub lapses_at: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<ApprovalAnswer>,
}

impl ApprovalQuestion {
    /// Nobody has answered it, and there is time left to.
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.answer.is_none() && now < self.lapses_at
    }
}

/// How a question ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalAnswer {
    pub said: ApprovalSaid,
    /// Who; amiwatch itself where it lapsed.
    pub by: String,
    pub at: DateTime<Utc>,
}

/// What was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalSaid {
    Approved,
    Denied,
    /// Nobody said anything in time.
    Lapsed,
}

impl ApprovalSaid {
    /// The word in sentences: what the image was.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Lapsed => "lapsed",
        }
    }
}

/// How far an image has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageRollout {
    pub image: ImageId,
    pub began_at: DateTime<Utc>,
    /// Environments that run it and were proved on it, by [`TargetId::key`](super::ids::TargetId::key), and
    /// when: for people.
    /// Whether one counts is told by what is remembered of its own moves.
    pub moved: BTreeMap<String, DateTime<Utc>>,
    /// Waves that people were told are through.
    pub waves_told: u32,
    /// A person ordered it: nobody is asked any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ordered: Option<PersonsOrder>,
    /// What people were told stands in an environment's way, each once; by the same.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub told: BTreeMap<String, BTreeSet<ReasonCode>>,
    /// The last wave is through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<DateTime<Utc>>,
}

impl ImageRollout {
    /// One that begins.
    pub fn begun(image: ImageId, at: DateTime<Utc>) -> Self {
        Self {
            image,
            began_at: at,
            moved: BTreeMap::new(),
            waves_told: 0,
            ordered: None,
            told: BTreeMap::new(),
            finished_at: None,
        }
    }
}

/// Neither an application's name nor an environment's holds a slash.
fn placed<T>(place: &str, named: BTreeMap<String, T>) -> BTreeMap<String, T> {
    let with_place = |(name, value): (String, T)| match name.matches('/').count() {
        1 => (format!("{place}/{name}"), value),
        _ => (name, value),
    };
    named.into_iter().map(with_place).collect()
}

/// Who ordered an image's rollout, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonsOrder {
    pub by: String,
    pub at: DateTime<Utc>,
    /// Windows do not bind it either.
    #[serde(default)]
    pub now: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marks_are_bounded() {
        let mut rollout = RolloutMemory::default();
        for n in 0..1000 {
            rollout.mark(&ImageId::new(format!("ami-{n}")));
        }
        assert_eq!(rollout.to_mark.len(), TO_MARK_MAX);
    }
}
