//! Whether Elastic Beanstalk might begin something of its own before a move has settled: an action that is
//! scheduled, or the weekly window of an environment whose managed updates are on. Plain.

use chrono::{DateTime, Datelike as _, NaiveTime, TimeDelta, Utc, Weekday};

use super::before::EnvironmentRead;
use crate::model::environment::{MANAGED_ACTIONS, OptionSet};
use crate::model::reason::{ManagedNear, RolloutGate};

/// The option that names the weekly window: `Tue:09:00`, in UTC.
const PREFERRED_START: &str = "PreferredStartTime";
/// How long a window lasts.
const WINDOW: TimeDelta = TimeDelta::hours(2);

/// The window that would begin, or has begun, before a move that starts now and takes so long has ended.
pub fn managed_window_gate(
    read: &EnvironmentRead<'_>,
    takes: TimeDelta,
    now: DateTime<Utc>,
) -> Option<RolloutGate> {
    let weekly = read.sets.deployed.as_ref().and_then(weekly_window);
    let weekly = weekly.map(|(day, time)| last_start(day, time, now + takes));
    let scheduled = read.managed.told().iter().filter_map(|action| action.at);
    let from = scheduled
        .chain(weekly)
        .filter(|from| *from < now + takes && *from + WINDOW > now)
        .min()?;
    Some(RolloutGate::ManagedUpdates {
        near: ManagedNear::Window {
            from,
            until: from + WINDOW,
        },
    })
}

/// The latest start of a weekly window that is not after this moment.
fn last_start(day: Weekday, time: NaiveTime, at: DateTime<Utc>) -> DateTime<Utc> {
    let days = at.weekday().days_since(day);
    let start = (at.date_naive() - TimeDelta::days(days.into()))
        .and_time(time)
        .and_utc();
    match start <= at {
        true => start,
        false => start - TimeDelta::days(7),
    }
}

/// Absent where managed updates are off, or the window is written in a way that nobody knows.
fn weekly_window(options: &OptionSet) -> Option<(Weekday, NaiveTime)> {
    if !options.updates_itself() {
        return None;
    }
    let (day, time) = options
        .value(MANAGED_ACTIONS, PREFERRED_START)?
        .split_once(':')?;
    let time = NaiveTime::parse_from_str(time, "%H:%M").ok()?;
    Some((day.parse().ok()?, time))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::rollout::test_orders::untouched;
    use crate::model::environment::{
        EnvironmentHealth, HealthColor, MANAGED_ACTIONS_ENABLED, ManagedAction, ManagedActions,
        OptionSets,
    };
    use crate::model::key_access::KeysRead;
    use crate::model::scaling::GroupsRead;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn gate(
        options: &[(&str, &str)],
        managed: &[ManagedAction],
        hours: i64,
        now: &str,
    ) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let values = options.iter().map(|(name, value)| {
            let key = (MANAGED_ACTIONS.to_owned(), (*name).to_owned());
            (key, (*value).to_owned())
        });
        let sets = OptionSets {
            deployed: Some(OptionSet {
                values: values.collect(),
                ..OptionSet::default()
            }),
            ..OptionSets::default()
        };
        let seen = untouched();
        let health = EnvironmentHealth::Basic {
            color: HealthColor::Green,
        };
        let read = EnvironmentRead {
            scope: &seen.now.target.scope,
            now: &seen.now,
            sets: &sets,
            health: &health,
            running: &seen.running,
            platform_own: None,
            managed: &ManagedActions::Told(managed.to_vec()),
            groups: &GroupsRead::NotAsked,
            keys: &KeysRead::NotAsked,
            at: at(now),
        };
        match managed_window_gate(&read, TimeDelta::hours(hours), at(now))? {
            RolloutGate::ManagedUpdates {
                near: ManagedNear::Window { from, until },
            } => Some((from, until)),
            other => panic!("{other:?}"),
        }
    }

    const ON: (&str, &str) = (MANAGED_ACTIONS_ENABLED, "true");
    const TUESDAY: (&str, &str) = (PREFERRED_START, "Tue:09:00");

    #[test]
    fn a_weekly_window_is_kept_clear_before_and_while_it_lasts() {
        // Tuesday, 2 June 2026; the move and its settling take three hours.
        let window = Some((at("2026-06-02T09:00:00Z"), at("2026-06-02T11:00:00Z")));
        for (now, wanted) in [
            ("2026-06-02T05:59:00Z", None),
            ("2026-06-02T06:00:00Z", None),
            ("2026-06-02T06:01:00Z", window),
            ("2026-06-02T10:59:00Z", window),
            ("2026-06-02T11:00:00Z", None),
            ("2026-06-05T09:30:00Z", None),
        ] {
            assert_eq!(gate(&[ON, TUESDAY], &[], 3, now), wanted, "{now}");
        }
    }

    #[test]
    fn what_is_off_or_not_understood_holds_nothing() {
        let now = "2026-06-02T09:30:00Z";
        for options in [
            [(MANAGED_ACTIONS_ENABLED, "false"), TUESDAY],
            [ON, (PREFERRED_START, "tuesdays")],
            [ON, (PREFERRED_START, "Tue:99:00")],
        ] {
            assert_eq!(gate(&options, &[], 3, now), None, "{options:?}");
        }
    }

    #[test]
    fn a_scheduled_action_holds_whatever_the_options_say() {
        let action = ManagedAction {
            id: "a-1".to_owned(),
            kind: "PlatformUpdate".to_owned(),
            status: "Scheduled".to_owned(),
            description: "update".to_owned(),
            at: Some(at("2026-06-04T09:00:00Z")),
        };
        let said = |now| gate(&[], std::slice::from_ref(&action), 3, now);
        assert!(said("2026-06-04T07:00:00Z").is_some());
        assert_eq!(said("2026-06-02T07:00:00Z"), None);
    }

    #[test]
    fn a_window_over_midnight_of_a_week_is_found() {
        let sunday = (PREFERRED_START, "Sun:23:30");
        assert!(gate(&[ON, sunday], &[], 3, "2026-06-01T00:30:00Z").is_some());
        assert!(gate(&[ON, sunday], &[], 3, "2026-06-07T22:00:00Z").is_some());
    }
}
