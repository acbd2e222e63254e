//! The oracle is a walk: every minute (or second) of real time, read on the zone's clock, one after
//! the other. It knows nothing of calendars, gaps or folds beyond what such a walk sees.

use std::ops::Range;
use std::sync::OnceLock;

use chrono::{Datelike as _, Timelike as _};
use chrono_tz::{Africa, America, Australia, Europe, Pacific};
use proptest::prelude::*;

use super::*;
use crate::settings::parse_cron;

fn table(text: &str, zone: Tz) -> Timetable {
    Timetable::new(&cron(text), zone)
}

fn cron(text: &str) -> CronText {
    parse_cron(text).unwrap_or_else(|wrong| panic!("{text}: {wrong:?}"))
}

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// The first ticks later than `from`, as the zone's clock shows them.
fn shown(cron: &str, zone: Tz, from: &str, count: usize) -> Vec<String> {
    ticks(&table(cron, zone), utc(from))
        .take(count)
        .map(|tick| tick.with_timezone(&zone).format("%d %T %:z").to_string())
        .collect()
}

fn ticks(table: &Timetable, from: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> {
    std::iter::successors(table.next_after(from), |tick| table.next_after(*tick))
}

/// POSIX, read off the fields.
fn matches(cron: &CronText, local: NaiveDateTime) -> bool {
    let has = |field: &CronField, value: u32| field.values.contains(&(value as u16));
    let by_date = has(&cron.days_of_month, local.day());
    let by_week = has(&cron.days_of_week, local.weekday().num_days_from_sunday());
    let time = has(&cron.minutes, local.minute())
        && has(&cron.hours, local.hour())
        && has(&cron.seconds, local.second())
        && has(&cron.months, local.month())
        && has(&cron.years, local.year() as u32);
    let restricted = !cron.days_of_month.unrestricted && !cron.days_of_week.unrestricted;
    time && if restricted {
        by_date || by_week
    } else {
        by_date && by_week
    }
}

/// What the zone's clock shows at every step of real time.
fn walk(zone: Tz, from: DateTime<Utc>, to: DateTime<Utc>, step: TimeDelta) -> Walk {
    let moments = std::iter::successors(Some(from), |at| Some(*at + step));
    let shown = moments
        .take_while(|at| *at < to)
        .map(|at| (at, at.with_timezone(&zone).naive_local()))
        .collect();
    Walk { step, shown }
}

struct Walk {
    step: TimeDelta,
    shown: Vec<(DateTime<Utc>, NaiveDateTime)>,
}

/// Longer than an hour that comes twice.
const BEFORE: usize = 25 * 60;

impl Walk {
    /// The rule, as a person with a clock would apply it, over a part of the walk.
    fn ticks(&self, cron: &CronText, over: Range<usize>) -> impl Iterator<Item = DateTime<Utc>> {
        let every_hour = cron.hours.values.len() == 24;
        let mut latest: Option<NaiveDateTime> = None;
        let mut due = move |local: NaiveDateTime| {
            let seen_before = latest.is_some_and(|latest| local <= latest);
            let shown = matches(cron, local) && (every_hour || !seen_before);
            let gap = latest.filter(|latest| !every_hour && local > *latest + self.step);
            let due = shown || gap.is_some_and(|latest| self.skips(cron, latest, local));
            latest = latest.max(Some(local));
            due
        };
        // What the clock showed just before says what comes again.
        let before = self.shown[..over.start].iter().rev().take(BEFORE).rev();
        for (_, local) in before {
            due(*local);
        }
        let walked = self.shown[over].iter();
        walked.filter_map(move |(at, local)| due(*local).then_some(*at))
    }

    /// One of the schedule's times lies between two that the clock showed one after the other.
    fn skips(&self, cron: &CronText, from: NaiveDateTime, to: NaiveDateTime) -> bool {
        let between = std::iter::successors(Some(from + self.step), |at| Some(*at + self.step));
        let mut between = between.take_while(|at| *at < to);
        between.any(|at| matches(cron, at))
    }
}

/// Zones whose clocks are changed at night, by half an hour, at midnight, and never.
const ZONES: [Tz; 5] = [
    Europe::Zurich,
    America::New_York,
    Australia::Lord_Howe,
    Africa::Cairo,
    Tz::UTC,
];

/// The walk through 2026, once for each zone.
fn year_2026(zone: Tz) -> &'static Walk {
    static WALKS: [OnceLock<Walk>; ZONES.len()] = [const { OnceLock::new() }; ZONES.len()];
    let at = ZONES.iter().position(|one| *one == zone).unwrap();
    WALKS[at].get_or_init(|| {
        let from = utc("2026-01-01T00:00:00Z");
        walk(
            zone,
            from,
            utc("2027-01-01T00:00:00Z"),
            TimeDelta::minutes(1),
        )
    })
}

/// Over so many minutes of the year; how many ticks there were.
#[track_caller]
fn agrees(cron: &str, zone: Tz, from: usize, minutes: usize) -> usize {
    let walk = year_2026(zone);
    let table = table(cron, zone);
    let over = from..(from + minutes).min(walk.shown.len());
    let (start, last) = (walk.shown[from].0, walk.shown[over.end - 1].0);
    let expected: Vec<_> = walk.ticks(&self::cron(cron), over).collect();
    let found = ticks(&table, start - TimeDelta::seconds(1));
    let found: Vec<_> = found.take_while(|tick| *tick <= last).collect();
    let differs = expected
        .iter()
        .zip(&found)
        .find(|(one, other)| one != other);
    assert_eq!(differs, None, "{cron} in {zone} from {start}");
    assert_eq!(expected.len(), found.len(), "{cron} in {zone} from {start}");
    found.len()
}

#[test]
fn a_whole_year_agrees_with_a_walk_through_it() {
    for zone in ZONES {
        for cron in [
            "*/20 */3 * * *",
            "17 * * * *",
            "30 2 * * *",
            "0 0 * * *",
            "45 1,2,23 * * SUN",
        ] {
            assert!(
                agrees(cron, zone, 0, 366 * 24 * 60) >= 4,
                "{cron} in {zone}"
            );
        }
    }
}

#[test]
fn the_zones_of_the_year_do_change_their_clocks() {
    let changes = |zone: Tz| {
        let shown = &year_2026(zone).shown;
        let steps = shown.windows(2);
        let jumps = steps.map(|two| (two[1].1 - two[0].1).num_minutes() - 1);
        jumps.filter(|jump| *jump != 0).collect::<Vec<_>>()
    };
    assert_eq!(changes(Europe::Zurich), [60, -60]);
    assert_eq!(changes(America::New_York), [60, -60]);
    assert_eq!(changes(Australia::Lord_Howe), [-30, 30]);
    assert_eq!(changes(Africa::Cairo), [60, -60]);
    assert_eq!(changes(Tz::UTC), [0; 0]);
}

/// One field: `*`, a step, or a short list.
fn field(first: u16, last: u16) -> impl Strategy<Value = String> {
    let value = first..=last;
    prop_oneof![
        3 => Just("*".to_owned()),
        1 => (1..=last).prop_map(|step| format!("*/{step}")),
        2 => prop::collection::vec(value.clone(), 1..4).prop_map(|list| joined(list.into_iter())),
        1 => (value.clone(), value).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b))),
    ]
}

fn five_fields() -> impl Strategy<Value = String> {
    let fields = (
        field(0, 59),
        field(0, 23),
        field(1, 31),
        field(1, 12),
        field(0, 7),
    );
    let text = fields.prop_map(|(m, h, d, mo, w)| format!("{m} {h} {d} {mo} {w}"));
    text.prop_filter("a day that exists", |text| parse_cron(text).is_ok())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// Any schedule, any of the zones, from anywhere in the year: every second time from the hours
    /// around a change of the clocks.
    #[test]
    fn any_schedule_agrees_with_the_walk(
        cron in five_fields(),
        zone in 0..ZONES.len(),
        anywhere in 0..365 * 24 * 60_usize,
        near in any::<Option<bool>>(),
        before in 0..180_usize,
    ) {
        let shown = &year_2026(ZONES[zone]).shown;
        let jumps = |two: &[(DateTime<Utc>, NaiveDateTime)]| two[1].1 - two[0].1 != TimeDelta::minutes(1);
        let from = match near {
            Some(true) => shown.windows(2).position(jumps),
            Some(false) => shown.windows(2).rposition(jumps),
            None => None,
        };
        agrees(&cron, ZONES[zone], from.map_or(anywhere, |jump| jump - before), 3000);
    }

    /// Seconds, over the nights in which Zurich's and Lord Howe's clocks change.
    #[test]
    fn seconds_agree_with_the_walk(
        second in field(0, 59),
        minute in field(0, 59),
        hour in prop_oneof![Just("*".to_owned()), Just("1-3".to_owned()), field(0, 3)],
        night in 0..4_usize,
        from in 0..7200_i64,
    ) {
        let (zone, about) = [
            (Europe::Zurich, "2026-03-29T00:00:00Z"),
            (Europe::Zurich, "2026-10-25T00:00:00Z"),
            (Australia::Lord_Howe, "2026-04-04T14:00:00Z"),
            (Australia::Lord_Howe, "2026-10-03T14:30:00Z"),
        ][night];
        let cron = format!("{second} {minute} {hour} * * *");
        let start = utc(about);
        let walk = walk(zone, start, start + TimeDelta::hours(3), TimeDelta::seconds(1));
        let from = start + TimeDelta::seconds(from) + TimeDelta::milliseconds(250);
        let sets = self::cron(&cron);
        let expected = walk.ticks(&sets, 0..walk.shown.len()).filter(|tick| *tick > from).take(50);
        let table = table(&cron, zone);
        let found = ticks(&table, from).take_while(|tick| *tick < start + TimeDelta::hours(3));
        prop_assert_eq!(expected.collect::<Vec<_>>(), found.take(50).collect::<Vec<_>>());
    }

    /// Never the given moment itself, never an earlier one, and nothing between it and the tick.
    #[test]
    fn a_tick_is_later_and_the_next_one(
        cron in five_fields(),
        zone in 0..ZONES.len(),
        from in 1_700_000_000_000_i64..1_900_000_000_000,
        part in 0.0..1.0_f64,
    ) {
        let table = table(&cron, ZONES[zone]);
        let from = DateTime::from_timestamp_millis(from).unwrap();
        if let Some(tick) = table.next_after(from) {
            prop_assert!(tick > from);
            prop_assert_eq!(tick.timestamp_subsec_nanos(), 0);
            let between = from + (tick - from).to_std().unwrap().mul_f64(part);
            let again = table.next_after(between);
            prop_assert!(again == Some(tick) || between >= tick, "{between}: {again:?}");
        }
    }
}

#[test]
fn what_is_skipped_ticks_once_after_the_gap() {
    let night = "2026-03-28T23:30:00Z";
    assert_eq!(
        shown("15,45 2 * * *", Europe::Zurich, night, 3),
        [
            "29 03:00:00 +02:00",
            "30 02:15:00 +02:00",
            "30 02:45:00 +02:00"
        ]
    );
    assert_eq!(
        shown("30 * * * *", Europe::Zurich, night, 3),
        [
            "29 01:30:00 +01:00",
            "29 03:30:00 +02:00",
            "29 04:30:00 +02:00"
        ]
    );
    // Cairo's midnight does not exist on the last Friday of April.
    assert_eq!(
        shown("0 0 * * *", Africa::Cairo, "2026-04-23T00:00:00Z", 2),
        ["24 01:00:00 +03:00", "25 00:00:00 +03:00"]
    );
    // Samoa had no 30 December 2011 at all.
    assert_eq!(
        shown("0 12 * * *", Pacific::Apia, "2011-12-30T00:00:00Z", 2),
        ["31 00:00:00 +14:00", "31 12:00:00 +14:00"]
    );
}

#[test]
fn what_comes_twice_ticks_the_first_time() {
    let night = "2026-10-24T23:30:00Z";
    assert_eq!(
        shown("15,45 2 * * *", Europe::Zurich, night, 3),
        [
            "25 02:15:00 +02:00",
            "25 02:45:00 +02:00",
            "26 02:15:00 +01:00"
        ]
    );
    assert_eq!(
        shown("30 * * * *", Europe::Zurich, night, 3),
        [
            "25 02:30:00 +02:00",
            "25 02:30:00 +01:00",
            "25 03:30:00 +01:00"
        ]
    );
    assert_eq!(
        shown(
            "0,40 * * * *",
            Australia::Lord_Howe,
            "2026-04-04T14:30:00Z",
            3
        ),
        [
            "05 01:40:00 +11:00",
            "05 01:40:00 +10:30",
            "05 02:00:00 +10:30"
        ]
    );
}

#[test]
fn days_are_a_union_where_both_are_restricted() {
    // The 13th, and Fridays: 4 days in February 2026 and the 13th is one of them.
    let days = |cron: &str| shown(cron, Tz::UTC, "2026-01-31T23:00:00Z", 5);
    let days = |cron: &str| {
        days(cron)
            .iter()
            .map(|day| day[..2].to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(days("0 0 14 * FRI"), ["06", "13", "14", "20", "27"]);
    assert_eq!(days("0 0 14 * *"), ["14", "14", "14", "14", "14"]);
    assert_eq!(days("0 0 * * 7"), ["01", "08", "15", "22", "01"]);
    // A leading star does not restrict: odd days that are Mondays.
    assert_eq!(days("0 0 */2 * 1"), ["09", "23", "09", "23", "13"]);
}

#[test]
fn seconds_and_years_are_fields_of_their_own() {
    assert_eq!(
        shown("*/20 59 23 * * *", Tz::UTC, "2026-01-01T23:59:19.5Z", 3),
        [
            "01 23:59:20 +00:00",
            "01 23:59:40 +00:00",
            "02 23:59:00 +00:00"
        ]
    );
    let table = table("30 0 12 29 2 * 2028,2032", Tz::UTC);
    let all: Vec<_> = ticks(&table, utc("2026-01-01T00:00:00Z")).collect();
    let expected = ["2028-02-29T12:00:30Z", "2032-02-29T12:00:30Z"];
    assert_eq!(all, expected.map(utc));
    assert_eq!(table.next_after(all[1]), None);
}
