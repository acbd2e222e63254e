//! Where images are to be looked at now: every few hours, and before that where something was begun or failed. Reads
//! the store alone.

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::ids::Region;
use crate::service::Service;
use crate::store::{StoreError, retired};

/// How often images are looked at: a rung's rest is a day at least.
const LOOK_EVERY: TimeDelta = TimeDelta::hours(6);

/// When each place was looked at, and where something waits.
pub(super) struct DuePlaces {
    /// A watch of the config retires images.
    wanted: bool,
    looked: Vec<(String, Option<DateTime<Utc>>)>,
    waiting: Vec<(String, Option<DateTime<Utc>>)>,
}

/// Reads it.
///
/// # Errors
/// When the store cannot be read.
pub(super) async fn due_places(service: &Service<'_>) -> Result<DuePlaces, StoreError> {
    let mut watches = service.settings.watches.values();
    let mut looked = Vec::new();
    for read in retired::each_retire_look(service.store).await? {
        // One that makes no sense was never made.
        looked.extend(read.ok().map(|(place, look)| (place, look.looked_at)));
    }
    Ok(DuePlaces {
        wanted: watches.any(|watch| watch.retire.is_some()),
        looked,
        waiting: retired::unfinished_acts(service.store)
            .await?
            .into_iter()
            .collect(),
    })
}

impl DuePlaces {
    /// Nobody wants images retired, and nothing is left of when somebody did.
    pub(super) fn is_empty(&self) -> bool {
        !self.wanted && self.waiting.is_empty()
    }

    /// A look there is due.
    pub(super) fn is_due(&self, region: Option<&Region>, service: &Service<'_>) -> bool {
        let own = service.connection.region();
        let Some(region) = region.or(own.as_ref()) else {
            return self.wanted;
        };
        let now = service.clock.now();
        let here = |place: &str| place.rsplit('/').next() == Some(region.as_str());
        let mut waiting = self.waiting.iter().filter(|(place, _)| here(place));
        if waiting.any(|(_, at)| at.is_none_or(|at| at <= now)) {
            return true;
        }
        let looked = self.looked.iter().filter(|(place, _)| here(place));
        let last = looked.filter_map(|(_, at)| *at).max();
        // A look that lies ahead was made under a clock that was wrong.
        let fresh = last.is_some_and(|last| last <= now && now < last + LOOK_EVERY);
        self.wanted && !fresh
    }
}
