//! A bake as it is told afterwards (or while it goes on): its steps with their times, and its end.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::changes::ChangesInFull;
use super::chronicle::ReleasePoint;
use super::ids::ImageId;

/// One attempt of a bake. Source of truth: its journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BakeStory {
    pub journal: String,
    pub release: ReleasePoint,
    pub generation: u32,
    pub attempt: u32,
    /// Why it was begun, one sentence each.
    pub because: Vec<String>,
    pub outcome: StoryEnd,
    /// The verified image; absent when it failed or is not there yet.
    pub image: Option<ImageId>,
    /// Why it failed, when it did: `step: why`.
    pub why: Option<String>,
    /// Against the image before it; absent when nothing changed or nothing is known.
    pub changes: Option<ChangesInFull>,
    /// What could not be removed, and what a person should do about it.
    pub left: Vec<String>,
    pub started_at: DateTime<Utc>,
    /// Absent while it is under way.
    pub ended_at: Option<DateTime<Utc>>,
    /// In the order in which they were begun; undone ones follow.
    pub steps: Vec<StepStory>,
}

/// How far a bake came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StoryEnd {
    UnderWay,
    Verified,
    Failed,
}

/// One step, or the undoing of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepStory {
    /// `launch_builder`
    pub step: String,
    pub outcome: StepEnding,
    /// Alternatives that were tried before the last one.
    pub retried: u32,
    pub started_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
    /// What the step left: an instance's or an image's id.
    pub output: Option<String>,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepEnding {
    UnderWay,
    Done,
    Failed,
    /// It is being removed again.
    Undoing,
    /// Nothing of it is left.
    Undone,
    /// It could not be removed, or was left on purpose.
    Left,
}

impl BakeStory {
    /// From its beginning to its end; absent while it is under way.
    pub fn took(&self) -> Option<TimeDelta> {
        Some(self.ended_at? - self.started_at)
    }

    /// The step that goes on now.
    pub fn at_step(&self) -> Option<&StepStory> {
        self.steps
            .last()
            .filter(|step| matches!(step.outcome, StepEnding::UnderWay | StepEnding::Undoing))
    }
}

impl StepStory {
    /// From its beginning to its end; absent while it goes on.
    pub fn took(&self) -> Option<TimeDelta> {
        Some(self.ended_at? - self.started_at)
    }
}
