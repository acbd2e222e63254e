//! What is counted for one receiver: how everything stands, and what its limit kept from it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{FirstOf, NoticeEvent};
use crate::model::ids::{AccountId, ImageId, Scope, WatchName};

/// How many watches stand how, by the word of `status`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StandsCount(pub BTreeMap<String, u64>);

/// How much a receiver was not sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WithheldTold {
    pub receiver: String,
    /// The hour that is over.
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
    pub by_event: BTreeMap<NoticeEvent, u64>,
}

/// What a digest tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestTold {
    pub receiver: String,
    pub due: DateTime<Utc>,
    pub all: StandsCount,
    /// Environments that wait for an image or a platform.
    pub behind: usize,
    /// Those that are not in step.
    pub watches: FirstOf<DigestWatch>,
    /// The verified image that is the longest in use.
    pub oldest: Option<DigestImage>,
    pub accounts: BTreeMap<AccountId, StandsCount>,
    /// What could not be read, and since when.
    pub blind: FirstOf<String>,
}

/// A watch that is not in step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestWatch {
    pub watch: WatchName,
    pub scope: Scope,
    pub stands: String,
    pub behind: FirstOf<String>,
    /// What the last pass decided, as people read it.
    pub decided: Option<String>,
}

/// What is still as it was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReminderTold {
    pub receiver: String,
    pub of: DigestWatch,
    pub since: DateTime<Utc>,
    pub until: DateTime<Utc>,
}

/// An image and its age.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestImage {
    pub watch: WatchName,
    pub image: ImageId,
    pub base_version: String,
    pub baked_at: DateTime<Utc>,
}

impl StandsCount {
    /// The word of those that need nobody.
    pub const IN_STEP: &str = "in step";

    /// One more.
    pub fn add(&mut self, stands: &str) {
        *self.0.entry(stands.to_owned()).or_default() += 1;
    }

    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    pub fn in_step(&self) -> u64 {
        self.0.get(Self::IN_STEP).copied().unwrap_or_default()
    }
}
