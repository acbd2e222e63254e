//! Plans: what to do for each watch and why. A plan changes nothing by itself.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::base::Release;
use super::drift::Drift;
use super::ids::{ImageId, WatchName};

/// What to do for one watch, with the verdict that it follows from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlanItem {
    pub watch: WatchName,
    pub action: Action,
    /// Why, one sentence each: the reasons for acting, or what keeps it from acting.
    pub because: Vec<String>,
    pub drift: Drift,
}

/// What a pass would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "do")]
pub enum Action {
    /// Everything is in step.
    Nothing,
    /// There is drift, and the watch only tells.
    Tell,
    /// Bake this release; generation and attempt are part of the image's identity.
    Bake {
        release: Release,
        generation: u32,
        attempt: u32,
    },
    /// A verified image of the wanted key exists: remember it.
    Adopt { image: ImageId, generation: u32 },
    /// Something holds it; a time when it is looked at again, when that is known.
    Hold { until: Option<DateTime<Utc>> },
    /// A person is needed.
    Blocked,
    /// Something was unreachable; nothing starts from a partial look.
    CannotTell,
}
