//! What the store remembers of a watch, as values that compare and plan are given.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::bake::{BakeKey, BakedImage};
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
