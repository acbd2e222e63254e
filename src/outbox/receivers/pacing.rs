//! When a receiver takes one more message: some refuse what comes too fast, for everybody.
//!
//! Kept in memory: a process that starts anew may be one message too early, which a receiver bears. By
//! the steady clock: one that is set back must not make a receiver rest for years.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::clock::Clock;

/// Until when each receiver rests. Cheap to clone; clones keep it together.
#[derive(Clone)]
pub struct Pacing {
    clock: Clock,
    rests: Arc<Mutex<BTreeMap<String, Duration>>>,
}

impl Pacing {
    /// Nobody rests.
    pub fn new(clock: &Clock) -> Self {
        Self {
            clock: clock.clone(),
            rests: Arc::default(),
        }
    }

    /// When this receiver takes one more; absent when it does now.
    pub(super) fn free_at(&self, whose: &str) -> Option<DateTime<Utc>> {
        let until = self.rests().get(whose).copied()?;
        let left = until.checked_sub(self.clock.steady())?;
        let left = TimeDelta::from_std(left).unwrap_or(TimeDelta::MAX);
        (!left.is_zero()).then(|| self.clock.now() + left)
    }

    /// It was sent something, or said that it takes nothing for a while.
    pub(super) fn rest(&self, whose: &str, pause: Duration) {
        let until = self.clock.steady().saturating_add(pause);
        let mut rests = self.rests();
        let known = rests.entry(whose.to_owned()).or_insert(until);
        *known = until.max(*known);
    }

    fn rests(&self) -> MutexGuard<'_, BTreeMap<String, Duration>> {
        // An entry is whole when it is inserted, so a panic elsewhere leaves the map whole.
        self.rests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
