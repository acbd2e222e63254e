//! The account's only source of time.
//!
//! Nothing else in this crate reads a clock, so that a test can turn time by hand, a demo can run
//! it fast, and a scenario under a paused runtime never sees the wall clock. State changes that are
//! due are applied lazily, by the next call that enters the account.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

/// Where a clock that runs fast stops: beyond it, times have no four-digit year.
const LAST: DateTime<Utc> = NaiveDate::from_ymd_opt(9999, 12, 31)
    .expect("a date")
    .and_time(NaiveTime::MIN)
    .and_utc();

/// Where the account reads the time.
#[derive(Clone)]
pub struct SimClock(Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>);

impl SimClock {
    /// A clock from any closure. Time that goes backwards is allowed: what happened stays happened.
    pub fn new(read: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    /// A clock that stands still until its handle turns it.
    pub fn fixed_handle(start: DateTime<Utc>) -> (Self, HandClock) {
        let handle = HandClock(Arc::new(Mutex::new(start)));
        let read = handle.clone();
        (Self::new(move || read.now()), handle)
    }

    /// A clock that began at `start` when the runtime's monotonic clock read `origin`, and runs
    /// `speed` times as fast as that clock. Under a paused runtime it is virtual time.
    pub fn running(start: DateTime<Utc>, speed: f64) -> Self {
        let origin = monotonic();
        Self::new(move || {
            let elapsed = monotonic().duration_since(origin).as_secs_f64() * speed;
            let passed = TimeDelta::microseconds((elapsed * 1e6) as i64);
            let now = start.checked_add_signed(passed);
            now.unwrap_or(LAST).min(LAST)
        })
    }

    /// The wall clock: for a server that other programs use in real time.
    #[expect(clippy::disallowed_methods, reason = "the edge where real time enters")]
    pub fn system() -> Self {
        Self::new(Utc::now)
    }

    /// The time now.
    pub fn now(&self) -> DateTime<Utc> {
        (self.0)()
    }
}

impl std::fmt::Debug for SimClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SimClock({})", self.now())
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the account's clock")]
fn monotonic() -> tokio::time::Instant {
    tokio::time::Instant::now()
}

/// Turns a clock made by [`SimClock::fixed_handle`].
#[derive(Clone, Debug)]
pub struct HandClock(Arc<Mutex<DateTime<Utc>>>);

impl HandClock {
    /// The time it shows.
    pub fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Turns it to a point in time.
    pub fn set(&self, to: DateTime<Utc>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = to;
    }

    /// Turns it forward.
    pub fn advance(&self, by: Duration) {
        self.set(self.now() + delta(by));
    }
}

/// A `Duration` as chrono's difference; a span too long for chrono becomes its longest.
pub(crate) fn delta(by: Duration) -> TimeDelta {
    TimeDelta::from_std(by).unwrap_or(TimeDelta::MAX)
}

/// The form in which AWS writes times in XML.
pub(crate) fn iso(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
