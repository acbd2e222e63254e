//! What is held, and who said so. Values; holds no sentence and decides nothing.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::model::bake::BakeKey;
use crate::model::hold::Hold;
use crate::model::ids::ImageId;

/// What a `HELD` is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "held")]
pub enum HeldOn {
    /// A person: nothing of the watch starts.
    Watch { said: HoldSaid },
    /// A person: the newest release is passed over.
    Release {
        image: ImageId,
        version: String,
        /// The release as the person wrote it.
        named: String,
        said: HoldSaid,
    },
    /// This release and recipe failed too often.
    Bake {
        key: BakeKey,
        attempts: u32,
        last_at: DateTime<Utc>,
        last_why: String,
    },
    /// Moving an environment to this image, or proving it there, failed: it is tried again, or a person's.
    Move {
        environment: String,
        image: ImageId,
        attempts: u32,
        last_at: Option<DateTime<Utc>>,
        last_why: String,
    },
}

/// Who said no, when and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldSaid {
    pub since: DateTime<Utc>,
    pub by: String,
    pub reason: String,
}

impl HoldSaid {
    /// Of a person's hold.
    pub fn of_hold(hold: &Hold) -> Self {
        Self {
            since: hold.since,
            by: hold.by.clone(),
            reason: hold.reason.clone(),
        }
    }
}

impl HeldOn {
    /// Who said so, where it was a person.
    pub fn said(&self) -> Option<&HoldSaid> {
        match self {
            Self::Watch { said } | Self::Release { said, .. } => Some(said),
            Self::Bake { .. } | Self::Move { .. } => None,
        }
    }

    /// Since when: a person's word, or the last failure.
    pub fn since(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Watch { said } | Self::Release { said, .. } => Some(said.since),
            Self::Bake { last_at, .. } => Some(*last_at),
            Self::Move { last_at, .. } => *last_at,
        }
    }
}
