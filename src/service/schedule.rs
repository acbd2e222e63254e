//! The daemon's own ticks: its schedule's timetable, and the delay that spreads daemons. When cron text is
//! due is [`Timetable`]'s.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use crate::flow::timetable::Timetable;
use crate::model::ids::Installation;
use crate::settings::Schedule;

/// The ticks of a schedule as checked.
pub fn pass_times(schedule: &Schedule) -> Timetable {
    Timetable::new(&schedule.cron, schedule.timezone)
}

/// How late a tick is: up to `at_most`, the same whenever the same installation asks, and spread over
/// installations and ticks. Whole milliseconds.
pub fn delay(
    installation: Option<&Installation>,
    tick: DateTime<Utc>,
    at_most: Duration,
) -> Duration {
    let digest = Sha256::new()
        .chain_update(Installation::or_nobody(installation).as_str())
        .chain_update([0])
        .chain_update(tick.timestamp().to_be_bytes())
        .finalize();
    let mut head = [0; 8];
    head.copy_from_slice(&digest[..8]);
    let choices = u64::try_from(at_most.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(u64::from_be_bytes(head) % choices.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_delay_is_within_its_bound(tick in 0..2_000_000_000_i64, bound_ms in 0..3_600_000_u64) {
            let tick = DateTime::from_timestamp(tick, 0).unwrap();
            let bound = Duration::from_millis(bound_ms);
            prop_assert!(delay(None, tick, bound) <= bound);
        }
    }

    #[test]
    fn delays_repeat_for_one_and_spread_over_many() {
        let tick: DateTime<Utc> = "2026-03-01T12:00:00Z".parse().unwrap();
        let minute = Duration::from_secs(60);
        let of = |name: &str, tick| delay(Some(&Installation::new(name)), tick, minute);
        assert_eq!(of("acme", tick), of("acme", tick));
        assert_ne!(of("acme", tick), of("acme", tick + TimeDelta::hours(1)));
        assert_eq!(delay(None, tick, Duration::ZERO), Duration::ZERO);
        let mut quarters = [0; 4];
        for daemon in 0..400 {
            quarters[of(&format!("fleet-{daemon}"), tick).as_secs().min(59) as usize / 15] += 1;
        }
        assert!(quarters.iter().all(|in_it| *in_it > 60), "{quarters:?}");
    }
}
