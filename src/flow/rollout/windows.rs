//! When a move may start: inside a window of the watch. A schedule in its zone says when one opens, by the
//! rule for changed clocks that the passes have too; how long it stays open is real time. Plain.

use chrono::{DateTime, TimeDelta, Utc};

use crate::flow::timetable::Timetable;
use crate::model::reason::RolloutGate;
use crate::model::rollout_rules::RolloutWindow;

/// How far back the last opening is looked for, nearest first: a schedule that opens often is not walked
/// through for a week.
const BACK_H: [i64; 4] = [1, 6, 36, 8 * 24];

/// Why nothing may start now. Without windows something always may.
pub fn window_gate(windows: &[RolloutWindow], now: DateTime<Utc>) -> Option<RolloutGate> {
    let tables: Vec<_> = windows.iter().map(Opening::of).collect();
    if tables.is_empty() || tables.iter().any(|window| window.open_at(now)) {
        return None;
    }
    Some(RolloutGate::OutOfWindow {
        since: tables.iter().filter_map(|window| window.closed(now)).max(),
        until: tables
            .iter()
            .filter_map(|window| window.times.next_after(now))
            .min(),
    })
}

/// One window's openings.
struct Opening {
    times: Timetable,
    lasts: TimeDelta,
}

impl Opening {
    fn of(window: &RolloutWindow) -> Self {
        Self {
            times: Timetable::new(&window.cron, window.timezone),
            lasts: TimeDelta::from_std(window.duration).unwrap_or(TimeDelta::MAX),
        }
    }

    /// It opened at most so long ago as it lasts. The moment at which it closes is outside.
    fn open_at(&self, now: DateTime<Utc>) -> bool {
        let opened = self.times.next_after(now - self.lasts);
        opened.is_some_and(|opened| opened <= now)
    }

    /// When it closed last.
    fn closed(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let began = BACK_H
            .into_iter()
            .map(|hours| now - TimeDelta::hours(hours));
        let opened = began.into_iter().find_map(|began| {
            let first = self.times.next_after(began).filter(|opened| *opened <= now);
            let next = |opened: &DateTime<Utc>| {
                let next = self.times.next_after(*opened);
                next.filter(|next| *next <= now)
            };
            std::iter::successors(first, next).last()
        });
        opened.map(|opened| opened + self.lasts)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::settings::parse_cron;

    fn window(cron: &str, hours: u64, timezone: chrono_tz::Tz) -> RolloutWindow {
        RolloutWindow {
            cron: parse_cron(cron).unwrap(),
            duration: Duration::from_secs(hours * 3600),
            timezone,
        }
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn open(windows: &[RolloutWindow], text: &str) -> bool {
        window_gate(windows, at(text)).is_none()
    }

    #[test]
    fn without_a_window_something_always_may_start() {
        assert!(open(&[], "2026-06-02T12:00:00Z"));
    }

    #[test]
    fn a_window_is_read_in_its_zone() {
        let night = [window("0 2 * * 2-4", 3, chrono_tz::Europe::Zurich)];
        // Tuesday, 2 June 2026; Zurich is two hours ahead.
        for (moment, wanted) in [
            ("2026-06-01T23:59:59Z", false),
            ("2026-06-02T00:00:00Z", true),
            ("2026-06-02T02:59:59Z", true),
            ("2026-06-02T03:00:00Z", false),
            // 02:00 UTC on a Monday is nobody's window.
            ("2026-06-01T02:00:00Z", false),
        ] {
            assert_eq!(open(&night, moment), wanted, "{moment}");
        }
    }

    #[test]
    fn what_is_closed_says_since_and_until() {
        let night = [window("0 2 * * 2-4", 3, chrono_tz::Europe::Zurich)];
        let gate = window_gate(&night, at("2026-06-02T12:00:00Z"));
        assert_eq!(
            gate,
            Some(RolloutGate::OutOfWindow {
                since: Some(at("2026-06-02T03:00:00Z")),
                until: Some(at("2026-06-03T00:00:00Z")),
            })
        );
        let past = [window("0 0 2 1 1 * 2020", 3, chrono_tz::UTC)];
        let gate = window_gate(&past, at("2026-06-02T12:00:00Z"));
        let never = RolloutGate::OutOfWindow {
            since: None,
            until: None,
        };
        assert_eq!(gate, Some(never));
    }

    /// On the night of a change a window opens once and lasts as long as it says, in real time.
    #[test]
    fn changed_clocks_neither_lose_nor_repeat_a_window() {
        let zurich = chrono_tz::Europe::Zurich;
        let night = [window("30 2 * * *", 1, zurich)];
        // 29 March 2026: 02:00 becomes 03:00, at 01:00 UTC. 02:30 is not there.
        for (moment, wanted) in [
            ("2026-03-29T00:59:59Z", false),
            ("2026-03-29T01:00:00Z", true),
            ("2026-03-29T01:59:59Z", true),
            ("2026-03-29T02:00:00Z", false),
            // 25 October 2026: 02:30 comes at 00:30 UTC and again at 01:30 UTC.
            ("2026-10-25T00:30:00Z", true),
            ("2026-10-25T01:29:59Z", true),
            ("2026-10-25T01:30:00Z", false),
        ] {
            assert_eq!(open(&night, moment), wanted, "{moment}");
        }
    }

    #[test]
    fn of_several_windows_one_suffices() {
        let two = [
            window("0 2 * * *", 1, chrono_tz::UTC),
            window("0 12 * * *", 1, chrono_tz::UTC),
        ];
        assert!(open(&two, "2026-06-02T12:30:00Z"));
        let gate = window_gate(&two, at("2026-06-02T13:30:00Z"));
        assert_eq!(
            gate.unwrap().until(),
            Some(at("2026-06-03T02:00:00Z")),
            "the nearest one"
        );
    }
}
