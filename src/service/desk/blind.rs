//! What could not be read, as people and programs are shown it.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::model::blind::BlindSpot;
use crate::model::ids::WatchName;

/// A place, or a base there, that could not be read, or not wholly. Its keys are contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BlindShown {
    /// `<account>/<region>`, as far as it is known.
    pub place: String,
    /// Absent where it is the place itself.
    pub base: Option<String>,
    pub since: DateTime<Utc>,
    pub why: String,
    pub denied: bool,
    pub watches: Vec<WatchName>,
    /// Whether the receivers were told.
    pub told: bool,
}

impl BlindShown {
    /// As it is shown.
    pub fn of(spot: &BlindSpot) -> Self {
        Self {
            place: spot.of.place(),
            base: spot.of.base.clone(),
            since: spot.since,
            why: spot.why.clone(),
            denied: spot.denied,
            watches: spot.watches.iter().cloned().collect(),
            told: spot.notice.is_some(),
        }
    }
}
