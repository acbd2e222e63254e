//! When the daemon wakes by itself: plain functions of times.
//!
//! Clocks jump: a machine sleeps, or is set right. A timer that lies further ahead than its period
//! allows was set under another clock, and is due.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// Something that is to happen again and again, at most so long after the last time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Timer {
    at: DateTime<Utc>,
    /// The furthest that `at` can rightly lie ahead.
    period: TimeDelta,
}

impl Timer {
    /// Due at once.
    pub(super) fn due_now(now: DateTime<Utc>, period: TimeDelta) -> Self {
        Self { at: now, period }
    }

    /// Not before `at`, and not later than a period from now.
    pub(super) fn set(&mut self, at: DateTime<Utc>, now: DateTime<Utc>) {
        self.at = at.min(now + self.period);
    }

    /// A whole period from now.
    pub(super) fn restart(&mut self, now: DateTime<Utc>) {
        self.at = now + self.period;
    }

    pub(super) fn is_due(&self, now: DateTime<Utc>) -> bool {
        self.at <= now || self.at - now > self.period
    }

    pub(super) fn at(&self) -> DateTime<Utc> {
        self.at
    }
}

/// The time of the next pass, and the tick that it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tick {
    pub(super) at: DateTime<Utc>,
    /// When it was set: before that, the clock was set back.
    set_at: DateTime<Utc>,
}

impl Tick {
    pub(super) fn new(at: DateTime<Utc>, set_at: DateTime<Utc>) -> Self {
        Self { at, set_at }
    }

    pub(super) fn is_due(&self, now: DateTime<Utc>) -> bool {
        self.at <= now || now < self.set_at
    }
}

/// Whether the clock goes on as the machine does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reckoning {
    now: DateTime<Utc>,
    steady: Duration,
}

/// NTP slews a clock by less than this between two looks.
const SLEWED: TimeDelta = TimeDelta::seconds(2);

impl Reckoning {
    pub(super) fn new(now: DateTime<Utc>, steady: Duration) -> Self {
        Self { now, steady }
    }

    /// By how much the clock was set since the last look; absent when it was not.
    pub(super) fn jumped(&mut self, now: DateTime<Utc>, steady: Duration) -> Option<TimeDelta> {
        let passed = steady.saturating_sub(self.steady);
        let passed = TimeDelta::from_std(passed).unwrap_or(TimeDelta::MAX);
        let by = (now - self.now)
            .checked_sub(&passed)
            .unwrap_or(TimeDelta::MIN);
        *self = Self::new(now, steady);
        (by > SLEWED || by < -SLEWED).then_some(by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::<Utc>::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    #[test]
    fn a_timer_is_due_when_its_time_has_come() {
        let mut timer = Timer::due_now(at(100), TimeDelta::seconds(10));
        assert!(timer.is_due(at(100)));
        timer.restart(at(100));
        assert!(!timer.is_due(at(109)) && timer.is_due(at(110)));
        timer.set(at(105), at(100));
        assert!(!timer.is_due(at(104)) && timer.is_due(at(105)));
        timer.set(at(9_999), at(100));
        assert_eq!(timer.at(), at(110), "never further than its period");
    }

    #[test]
    fn a_clock_that_was_set_is_noticed_once_and_one_that_slept_is_not() {
        let ran = Duration::from_secs;
        let mut reckoning = Reckoning::new(at(1_000), ran(5));
        assert_eq!(reckoning.jumped(at(1_060), ran(65)), None);
        assert_eq!(reckoning.jumped(at(1_061), ran(65)), None, "it was slewed");
        // A suspended machine: both went on.
        assert_eq!(reckoning.jumped(at(90_000), ran(89_004)), None);
        let back = reckoning.jumped(at(100), ran(89_005)).unwrap();
        assert!(back < TimeDelta::seconds(-89_000), "{back}");
        assert_eq!(reckoning.jumped(at(101), ran(89_006)), None);
        let forward = reckoning.jumped(at(10_101), ran(89_006));
        assert_eq!(forward, Some(TimeDelta::seconds(10_000)));
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_put_timers_off() {
        let mut timer = Timer::due_now(at(10_000), TimeDelta::seconds(10));
        timer.restart(at(10_000));
        assert!(timer.is_due(at(5)), "it was set under another clock");
        let tick = Tick::new(at(10_900), at(10_000));
        assert!(!tick.is_due(at(10_500)) && tick.is_due(at(10_900)));
        assert!(tick.is_due(at(9_999)));
    }
}
