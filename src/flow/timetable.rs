//! When cron text in a time zone is due: a pass of the daemon, or a window of a rollout.
//!
//! Plain functions of values. Calendar arithmetic is the `cron` crate's; what is ours is its
//! translation from POSIX (Sunday is 0, two restricted days are a union) and the rule for clocks that
//! are changed:
//!
//! - A schedule that names **every hour** keeps to real time: it ticks whenever the zone's clock shows
//!   one of its times. Nothing is made up for an hour that is skipped, and an hour that comes twice
//!   ticks twice.
//! - A schedule that **picks hours** keeps to the wall clock: each of its times ticks once. Times that
//!   are skipped tick together at the first moment after the gap, and times that come twice tick the
//!   first time.
//!
//! The crate is asked in local time without a zone, where no clock is ever changed; only then are its
//! answers laid onto real time. Why so: docs/decisions/clock-changes.md.

use std::str::FromStr as _;

use chrono::{DateTime, LocalResult, NaiveDateTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;

use crate::model::cron_text::{CronField, CronText};

#[cfg(test)]
mod tests;

/// No clock was ever put forward by more: Samoa's left out a whole day in 2011.
const LONGEST_GAP_H: i64 = 48;

/// All of a schedule's ticks.
#[derive(Debug, Clone)]
pub struct Timetable {
    /// Two where either day field suffices: their union.
    calendars: Vec<cron::Schedule>,
    zone: Tz,
    every_hour: bool,
}

impl Timetable {
    /// The ticks of cron text in a zone.
    pub fn new(cron: &CronText, zone: Tz) -> Self {
        let calendars = expressions(cron).into_iter().map(|expression| {
            cron::Schedule::from_str(&expression).expect("checked sets are a schedule")
        });
        Self {
            calendars: calendars.collect(),
            zone,
            every_hour: cron.hours.values.len() == 24,
        }
    }

    /// The first tick later than `now`, on a whole second; `None` when the schedule's years are over.
    pub fn next_after(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let local = now.with_timezone(&self.zone).naive_local();
        if !self.every_hour {
            return self
                .local_after(local)
                .filter_map(|tick| self.only_time(tick))
                .find(|tick| *tick > now);
        }
        let onward = self
            .local_after(local)
            .find_map(|tick| self.times(tick).into_iter().find(|tick| *tick > now));
        let again = self.second_pass(now, local);
        onward.into_iter().chain(again).min()
    }

    /// Ticks of the wall clock, in order, later than `local`.
    fn local_after(&self, local: NaiveDateTime) -> impl Iterator<Item = NaiveDateTime> + '_ {
        let next = |after: &NaiveDateTime| {
            let after = after.and_utc();
            let calendars = self.calendars.iter();
            let each = calendars.filter_map(|calendar| calendar.after(&after).next());
            each.min().map(|tick| tick.naive_utc())
        };
        std::iter::successors(next(&local), next)
    }

    /// The moments at which the zone's clock shows this time: none, one or two, in order.
    fn times(&self, local: NaiveDateTime) -> Vec<DateTime<Utc>> {
        match self.zone.from_local_datetime(&local) {
            LocalResult::None => Vec::new(),
            LocalResult::Single(only) => vec![only.to_utc()],
            LocalResult::Ambiguous(first, second) => vec![first.to_utc(), second.to_utc()],
        }
    }

    /// The one moment for a time of the wall clock: its first, or the end of the gap that swallows it.
    fn only_time(&self, local: NaiveDateTime) -> Option<DateTime<Utc>> {
        self.times(local)
            .first()
            .copied()
            .or_else(|| self.end_of_gap(local))
    }

    /// The first moment after the gap that this time is in.
    fn end_of_gap(&self, missing: NaiveDateTime) -> Option<DateTime<Utc>> {
        let is_there = |local: &NaiveDateTime| !self.times(*local).is_empty();
        let hours = 1..=LONGEST_GAP_H;
        let mut there = hours
            .map(|h| missing + TimeDelta::hours(h))
            .find(is_there)?;
        let mut missing = missing;
        while there - missing > TimeDelta::seconds(1) {
            let half = TimeDelta::seconds((there - missing).num_seconds() / 2);
            match missing + half {
                middle if is_there(&middle) => there = middle,
                middle => missing = middle,
            }
        }
        self.times(there).first().copied()
    }

    /// The first tick of the coming second pass through an hour that `now` is in for the first time,
    /// up to the time that the clock shows now. What lies beyond is found by going on.
    fn second_pass(&self, now: DateTime<Utc>, local: NaiveDateTime) -> Option<DateTime<Utc>> {
        let [first, second] = self.times(local)[..] else {
            return None;
        };
        if first != now {
            return None;
        }
        self.local_after(local - (second - first))
            .take_while(|tick| *tick <= local)
            .find_map(|tick| self.times(tick).get(1).copied())
    }
}

/// A schedule in the `cron` crate's words, which joins its two day fields by "and".
fn expressions(cron: &CronText) -> Vec<String> {
    let both_restricted = !cron.days_of_month.unrestricted && !cron.days_of_week.unrestricted;
    let days = days_of_week(&cron.days_of_week);
    if both_restricted {
        return vec![
            expression(cron, &list(&cron.days_of_month), "*"),
            expression(cron, "*", &days),
        ];
    }
    vec![expression(cron, &list(&cron.days_of_month), &days)]
}

fn expression(cron: &CronText, days_of_month: &str, days_of_week: &str) -> String {
    let [seconds, minutes, hours] = [&cron.seconds, &cron.minutes, &cron.hours].map(list);
    let [months, years] = [&cron.months, &cron.years].map(list);
    format!("{seconds} {minutes} {hours} {days_of_month} {months} {days_of_week} {years}")
}

/// Every value by itself: nothing of a range or a step is left to be understood in another way.
fn list(field: &CronField) -> String {
    joined(field.values.iter().copied())
}

/// Sunday is 0 here and 1 there.
fn days_of_week(field: &CronField) -> String {
    joined(field.values.iter().map(|day| day + 1))
}

fn joined(values: impl Iterator<Item = u16>) -> String {
    values.map(|v| v.to_string()).collect::<Vec<_>>().join(",")
}
