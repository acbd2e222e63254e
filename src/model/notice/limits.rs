//! When a receiver is sent what: so many an hour, and not in its quiet hours. Plain values; what is critical is
//! neither held nor withheld.

use chrono::{DateTime, Days, NaiveTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;

use super::{Notice, Severity};

/// The hour of a limit.
pub const LIMIT_HOUR: TimeDelta = TimeDelta::hours(1);
/// No zone's clock was ever set forward by more.
const GAP_MAX_MINUTES: i64 = 24 * 60;

/// What a receiver asks for beside a route. Empty: everything, at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NoticeLimits {
    /// At most so many in an hour that is counted from its first; never 0.
    pub per_hour: Option<u32>,
    pub quiet: Option<QuietHours>,
}

/// Some hours of every day, in a zone. The second of the two is the first that is not quiet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuietHours {
    pub hours: DailyHours,
    pub timezone: Tz,
}

/// From and to by a wall's clock; never the same. Over midnight where `to` is the earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DailyHours {
    pub from: NaiveTime,
    pub to: NaiveTime,
}

/// What is to be done with a notice now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeTurn {
    Send,
    /// It is sent then.
    WaitUntil(DateTime<Utc>),
    /// It is counted, and not sent.
    Withhold,
}

impl DailyHours {
    fn holds(self, time: NaiveTime) -> bool {
        match self.from < self.to {
            true => self.from <= time && time < self.to,
            false => self.from <= time || time < self.to,
        }
    }
}

impl QuietHours {
    /// When they end, if it is quiet now.
    pub fn until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let local = now.with_timezone(&self.timezone);
        if !self.hours.holds(local.time()) {
            return None;
        }
        let days = (0..=2).filter_map(|days| local.date_naive().checked_add_days(Days::new(days)));
        days.flat_map(|day| self.moments(day.and_time(self.hours.to)))
            .find(|end| *end > now && !self.hours.holds(end.with_timezone(&self.timezone).time()))
    }

    /// When a wall's clock shows this: twice where it is set back, right after the gap where it is set forward.
    fn moments(&self, local: chrono::NaiveDateTime) -> Vec<DateTime<Utc>> {
        let shown = (0..=GAP_MAX_MINUTES)
            .map(|minutes| local + TimeDelta::minutes(minutes))
            .map(|local| self.timezone.from_local_datetime(&local))
            .find(|shown| shown.earliest().is_some());
        let both = shown.map(|shown| [shown.earliest(), shown.latest()]);
        let both = both.into_iter().flatten().flatten();
        both.map(|at| at.with_timezone(&Utc)).collect()
    }
}

impl NoticeLimits {
    /// What is to be done with a notice: `sent` in the hour that is running, and whether something that matters
    /// more waits behind it.
    pub fn turn(
        &self,
        notice: &Notice,
        sent: u32,
        urgent_behind: bool,
        now: DateTime<Utc>,
    ) -> NoticeTurn {
        let severity = notice.severity();
        let quiet = self
            .quiet
            .filter(|_| severity == Severity::Info && !urgent_behind);
        if let Some(end) = quiet.and_then(|quiet| quiet.until(now)) {
            return NoticeTurn::WaitUntil(end);
        }
        // Whoever heard a beginning hears the end, and is told what was kept from it.
        let free = severity == Severity::Critical || notice.is_end() || notice.was_asked_for();
        match self.per_hour {
            Some(most) if !free && sent >= most => NoticeTurn::Withhold,
            _ => NoticeTurn::Send,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::notice::{NextByItself, What};

    fn hours(from: u32, to: u32) -> DailyHours {
        let at = |minute| NaiveTime::from_hms_opt(minute / 60, minute % 60, 0).unwrap();
        DailyHours {
            from: at(from),
            to: at(to),
        }
    }

    fn notice(what: What) -> Notice {
        Notice {
            key: "k".to_owned(),
            story: "k".to_owned(),
            at: DateTime::<Utc>::UNIX_EPOCH,
            installation: None,
            watch: None,
            scope: None,
            what,
            next: NextByItself::Nothing,
            commands: Vec::new(),
            links: Vec::new(),
        }
    }

    fn sample() -> Notice {
        notice(What::Sample {
            receiver: "ops".to_owned(),
        })
    }

    fn resolved() -> Notice {
        notice(What::Resolved {
            release: None,
            current: None,
            ends: "d".to_owned(),
            also: Vec::new(),
        })
    }

    fn cut() -> Notice {
        notice(What::PassCut {
            began: DateTime::<Utc>::UNIX_EPOCH,
            limit_s: 1,
        })
    }

    fn zurich(from: u32, to: u32) -> QuietHours {
        QuietHours {
            hours: hours(from, to),
            timezone: chrono_tz::Europe::Zurich,
        }
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_night_ends_in_the_morning_by_the_wall_s_clock() {
        let night = zurich(22 * 60, 7 * 60);
        for (now, end) in [
            ("2026-11-02T20:59:59Z", None),
            ("2026-11-02T21:00:00Z", Some("2026-11-03T06:00:00Z")),
            ("2026-11-03T05:59:59Z", Some("2026-11-03T06:00:00Z")),
            ("2026-11-03T06:00:00Z", None),
            // The night in which clocks are set forward, and the one in which they are set back.
            ("2026-03-28T22:00:00Z", Some("2026-03-29T05:00:00Z")),
            ("2026-10-24T22:00:00Z", Some("2026-10-25T06:00:00Z")),
        ] {
            assert_eq!(night.until(at(now)), end.map(at), "{now}");
        }
        // Ends at an hour that this day does not have, and at one that it has twice.
        let short = zurich(60, 150);
        assert_eq!(
            short.until(at("2026-03-29T00:30:00Z")),
            Some(at("2026-03-29T01:00:00Z"))
        );
        assert_eq!(
            short.until(at("2026-10-25T01:10:00Z")),
            Some(at("2026-10-25T01:30:00Z"))
        );
    }

    #[test]
    fn quiet_hours_hold_what_informs_and_never_what_matters() {
        let limits = NoticeLimits {
            per_hour: None,
            quiet: Some(zurich(22 * 60, 7 * 60)),
        };
        let (night, end) = (at("2026-11-02T23:00:00Z"), at("2026-11-03T06:00:00Z"));
        assert_eq!(
            limits.turn(&sample(), 0, false, night),
            NoticeTurn::WaitUntil(end)
        );
        assert_eq!(limits.turn(&cut(), 0, false, night), NoticeTurn::Send);
        // What was before what matters goes first, so that the order stays.
        assert_eq!(limits.turn(&sample(), 0, true, night), NoticeTurn::Send);
        assert_eq!(limits.turn(&sample(), 0, false, end), NoticeTurn::Send);
    }

    #[test]
    fn a_limit_withholds_what_is_beyond_it_and_neither_ends_nor_what_is_critical() {
        let limits = NoticeLimits {
            per_hour: Some(2),
            quiet: None,
        };
        let now = DateTime::<Utc>::UNIX_EPOCH;
        assert_eq!(limits.turn(&sample(), 1, false, now), NoticeTurn::Send);
        assert_eq!(limits.turn(&sample(), 2, false, now), NoticeTurn::Withhold);
        assert_eq!(limits.turn(&resolved(), 9, false, now), NoticeTurn::Send);
        assert_eq!(limits.turn(&cut(), 9, false, now), NoticeTurn::Send);
        assert_eq!(
            NoticeLimits::default().turn(&sample(), u32::MAX, false, now),
            NoticeTurn::Send
        );
    }

    proptest! {
        /// Whatever the zone and the day: it ends, within a day and the length of a change, and is over then.
        #[test]
        fn quiet_hours_end(
            from in 0_u32..1440,
            to in 0_u32..1440,
            zone in 0..chrono_tz::TZ_VARIANTS.len(),
            second in 1_600_000_000_i64..2_000_000_000,
        ) {
            prop_assume!(from != to);
            let quiet = QuietHours {
                hours: hours(from, to),
                timezone: chrono_tz::TZ_VARIANTS[zone],
            };
            let now = DateTime::from_timestamp(second, 0).unwrap();
            if let Some(end) = quiet.until(now) {
                prop_assert!(now < end, "{now} {end}");
                prop_assert!(end - now <= TimeDelta::hours(50), "{now} {end}");
                prop_assert_eq!(quiet.until(end), None);
                let shortly_before = end - TimeDelta::seconds(1);
                if shortly_before >= now {
                    prop_assert_eq!(quiet.until(shortly_before), Some(end));
                }
            }
        }

        #[test]
        fn what_is_critical_is_sent_whenever_it_is(
            from in 0_u32..1440,
            to in 0_u32..1440,
            sent: u32,
            second in 1_600_000_000_i64..2_000_000_000,
        ) {
            prop_assume!(from != to);
            let limits = NoticeLimits {
                per_hour: Some(1),
                quiet: Some(zurich(from, to)),
            };
            let now = DateTime::from_timestamp(second, 0).unwrap();
            prop_assert_eq!(limits.turn(&cut(), sent, false, now), NoticeTurn::Send);
        }
    }
}
