//! Digests: how everything stands, told to whoever asked for it when it is due, once for each time, whoever restarts
//! when; and reminders of what is still out of step. What stands how is the document of `status`.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::Desk;
use super::blind::BlindShown;
use super::status::{RememberedWatch, Status, status};
use crate::flow::timetable::Timetable;
use crate::flow::watch_state::StateWord;
use crate::model::ids::{Installation, Region, Scope, WatchName};
use crate::model::notice::{
    DigestImage, DigestTold, DigestWatch, FirstOf, NextByItself, Notice, NoticeRoute,
    PastedCommand, ReminderTold, StandsCount, ToldBy, What, lasting_drift_story,
};
use crate::outbox::LOG;
use crate::service::telemetry::source_chain;
use crate::store::records::digests::{digested_until, digested_until_op};
use crate::store::records::{notice_ops, remembered_told};
use crate::store::{Batch, StoreError};
use crate::workflow::RunError;

/// A digest that was missed for longer is not made up for: the next one is soon.
const MISSED_MAX: TimeDelta = TimeDelta::days(8);

/// What was told, and when the next is due, by whatever receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DigestsTold {
    /// Whether a digest or a reminder was told now.
    pub told: bool,
    /// The next digest.
    pub next_at: Option<DateTime<Utc>>,
    /// The next reminder, of what is out of step now; absent where nothing is, or where nobody looked.
    pub remind_at: Option<DateTime<Utc>>,
}

/// Tells the digests that are due, and reminds if it is asked to look for what there is to remind of: for that
/// every record that `status` shows is read. What keeps them from it is logged: it must not keep other notices.
pub async fn tell_due_digests(desk: &Desk<'_>, reminds: bool) -> DigestsTold {
    tell_digests(desk, reminds).await.unwrap_or_else(|error| {
        tracing::error!(
            "digests and reminders cannot be told: {}",
            source_chain(&error)
        );
        DigestsTold {
            remind_at: reminds.then(|| desk.clock.now()),
            ..DigestsTold::default()
        }
    })
}

async fn tell_digests(desk: &Desk<'_>, reminds: bool) -> Result<DigestsTold, RunError> {
    let mut done = DigestsTold::default();
    let now = desk.clock.now();
    for (name, notifier) in &desk.settings.notifiers {
        if let Some(after) = notifier.remind.filter(|_| reminds) {
            let (told, next_at) = remind(desk, name, &notifier.route, after, now).await?;
            done.told |= told;
            done.remind_at = done.remind_at.into_iter().chain(next_at).min();
        }
        let Some(cron) = &notifier.digest else {
            continue;
        };
        let timetable = Timetable::new(cron, desk.settings.schedule.timezone);
        done.told |= tell_one(desk, name, &notifier.route, &timetable, now).await?;
        let next_at = timetable.next_after(now);
        done.next_at = done.next_at.into_iter().chain(next_at).min();
    }
    Ok(done)
}

async fn tell_one(
    desk: &Desk<'_>,
    name: &str,
    route: &NoticeRoute,
    timetable: &Timetable,
    now: DateTime<Utc>,
) -> Result<bool, RunError> {
    let known = digested_until(desk.store, name).await?;
    let mut ops = Vec::new();
    let until = match known.value {
        // The first is due after the config asks for it, not before.
        None => now,
        Some(until) => match last_due(timetable, until, now) {
            None => return Ok(false),
            Some(due) => {
                let zone = desk.settings.schedule.timezone;
                let told = digest_of((name, zone), due, route, &status(desk).await?);
                let notice = notice_of(told, desk.settings.installation.as_ref(), now);
                let told_by = ToldBy::everything_to([name, LOG]);
                ops = notice_ops(desk.store, &notice, &told_by).await?;
                due
            }
        },
    };
    let told = !ops.is_empty();
    ops.push(digested_until_op(name, known.version, until));
    match desk.store.commit(Batch::of_ops(ops)).await {
        // Another process told it.
        Err(StoreError::Conflict { .. }) => Ok(false),
        other => Ok(other.map(|()| told)?),
    }
}

/// The last time that was due since it was told; those before it are not made up for.
fn last_due(
    timetable: &Timetable,
    told_until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let since = told_until.max(now - MISSED_MAX);
    let next = |after: &DateTime<Utc>| timetable.next_after(*after);
    std::iter::successors(next(&since), next)
        .take_while(|due| *due <= now)
        .last()
}

fn notice_of(told: DigestTold, installation: Option<&Installation>, now: DateTime<Utc>) -> Notice {
    let whose = Installation::or_nobody(installation);
    let key = format!("digest:{whose}:{}:{}", told.receiver, told.due.timestamp());
    Notice {
        story: key.clone(),
        key,
        at: now,
        installation: installation.cloned(),
        watch: None,
        scope: None,
        what: What::Digest(told),
        next: NextByItself::Nothing,
        commands: vec![
            PastedCommand::new("amiwatch status", "every watch and its image"),
            PastedCommand::new("amiwatch check", "looks now"),
        ],
        links: Vec::new(),
    }
}

/// What one receiver is told: of the watches and accounts that it hears of.
fn digest_of(
    (receiver, zone): (&str, Tz),
    due: DateTime<Utc>,
    route: &NoticeRoute,
    status: &Status,
) -> DigestTold {
    let all = status.watches.iter().filter_map(placed);
    let mine: Vec<_> = all
        .filter(|(scope, watch, _)| route.covers(watch.as_str(), &scope.account))
        .collect();
    let (mut stands, mut accounts) = (StandsCount::default(), BTreeMap::new());
    for (scope, _, one) in &mine {
        let word = one.state.word.as_str();
        stands.add(word);
        let account: &mut StandsCount = accounts.entry(scope.account.clone()).or_default();
        account.add(word);
    }
    let told = mine.iter();
    let told = told.filter(|(_, _, one)| one.state.word != StateWord::InStep);
    let watches = told.map(|(scope, watch, one)| standing_of(scope, watch, one));
    DigestTold {
        receiver: receiver.to_owned(),
        due,
        watches: FirstOf::all_of(watches),
        behind: mine.iter().map(|(_, _, one)| one.state.behind.len()).sum(),
        oldest: oldest(&mine),
        all: stands,
        accounts,
        blind: FirstOf::all_of(status.blind.iter().map(|one| unread(one, zone))),
    }
}

fn standing_of(scope: &Scope, watch: &WatchName, one: &RememberedWatch) -> DigestWatch {
    DigestWatch {
        watch: watch.clone(),
        scope: scope.clone(),
        stands: one.state.word.as_str().to_owned(),
        behind: FirstOf::all_of(one.state.behind.iter().cloned()),
        decided: one.state.decided.clone(),
    }
}

/// Reminds a receiver of what is still out of step. The key has the number of the time, so that each is told once.
/// Returns whether it did, and when the next is due of what is out of step now.
async fn remind(
    desk: &Desk<'_>,
    name: &str,
    route: &NoticeRoute,
    after: Duration,
    now: DateTime<Utc>,
) -> Result<(bool, Option<DateTime<Utc>>), RunError> {
    let status = status(desk).await?;
    let installation = desk.settings.installation.as_ref();
    let (mut told, mut next_at) = (false, None);
    for (scope, watch, one) in status.watches.iter().filter_map(placed) {
        let since = open_since(one).filter(|_| route.covers(watch.as_str(), &scope.account));
        let Some(since) = since else {
            continue;
        };
        next_at = next_at
            .into_iter()
            .chain(next_time(since, after, now))
            .min();
        let Some(nth) = nth_time(since, after, now) else {
            continue;
        };
        let what = What::Reminder(ReminderTold {
            receiver: name.to_owned(),
            of: standing_of(&scope, &watch, one),
            since,
            until: now,
        });
        let drift = remembered_told(desk.store, &scope, &watch).await?;
        let present = drift.and_then(|drift| drift.value.present_story().map(str::to_owned));
        let story = present
            .unwrap_or_else(|| lasting_drift_story(&Installation::or_nobody(installation), &watch));
        let notice = reminder_of(
            (what, story),
            (name, since, nth),
            (&scope, &watch),
            installation,
            now,
        );
        let told_by = ToldBy::everything_to([name, LOG]);
        let ops = notice_ops(desk.store, &notice, &told_by).await?;
        if ops.is_empty() {
            continue;
        }
        match desk.store.commit(Batch::of_ops(ops)).await {
            // Another process told it.
            Err(StoreError::Conflict { .. }) => {}
            other => told |= other.map(|()| true)?,
        }
    }
    Ok((told, next_at))
}

/// Since when a watch has needed somebody; absent for one that needs nobody.
fn open_since(one: &RememberedWatch) -> Option<DateTime<Utc>> {
    match one.state.word {
        StateWord::InStep | StateWord::Baking | StateWord::Unseen => None,
        StateWord::Failing
        | StateWord::Blind
        | StateWord::Held
        | StateWord::Blocked
        | StateWord::Drifted => one.history.drifted_since.or(one.state.since),
    }
}

/// How many times `after` is over by now; absent where it is not yet.
fn nth_time(since: DateTime<Utc>, after: Duration, now: DateTime<Utc>) -> Option<i64> {
    let after = i64::try_from(after.as_secs()).unwrap_or(i64::MAX).max(1);
    let nth = (now - since).num_seconds() / after;
    (nth > 0).then_some(nth)
}

/// When `after` is over once more; absent where no calendar goes so far.
fn next_time(since: DateTime<Utc>, after: Duration, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let times = i32::try_from(nth_time(since, after, now).unwrap_or(0) + 1).ok()?;
    let after = TimeDelta::from_std(after).ok()?;
    since.checked_add_signed(after.checked_mul(times)?)
}

fn reminder_of(
    (what, story): (What, String),
    (name, since, nth): (&str, DateTime<Utc>, i64),
    (scope, watch): (&Scope, &WatchName),
    installation: Option<&Installation>,
    now: DateTime<Utc>,
) -> Notice {
    let whose = Installation::or_nobody(installation);
    let since = since.timestamp();
    Notice {
        key: format!("reminder:{whose}:{name}:{scope}/{watch}:{since}:{nth}"),
        // What it reminds of.
        story,
        at: now,
        installation: installation.cloned(),
        watch: Some(watch.clone()),
        scope: Some(scope.clone()),
        what,
        next: NextByItself::Person,
        commands: vec![PastedCommand::new(
            format!("amiwatch explain {watch}"),
            "why, and what would help",
        )],
        links: Vec::new(),
    }
}

/// A watch with where it is; nothing of a record under a name of another form.
fn placed(one: &RememberedWatch) -> Option<(Scope, WatchName, &RememberedWatch)> {
    let (scope, watch) = one.watch.rsplit_once('/')?;
    let (account, region) = scope.split_once('/')?;
    let region = Region::from(region);
    let scope = Scope {
        partition: region.partition(),
        account: account.into(),
        region,
    };
    Some((scope, WatchName::new(watch), one))
}

fn oldest(mine: &[(Scope, WatchName, &RememberedWatch)]) -> Option<DigestImage> {
    let images = mine.iter().filter_map(|(_, watch, one)| {
        let current = one.history.current.as_ref()?;
        Some(DigestImage {
            watch: watch.clone(),
            image: current.image.clone(),
            base_version: current.base_version.clone(),
            baked_at: current.baked_at,
        })
    });
    images.min_by_key(|image| image.baked_at)
}

/// `111122223333/eu-west-1 since 2026-11-29 08:48 UTC: why`
fn unread(one: &BlindShown, zone: Tz) -> String {
    let what = one.base.as_ref().unwrap_or(&one.place);
    let since = one.since.with_timezone(&zone).format("%Y-%m-%d %H:%M %Z");
    format!("{what} since {since}: {}", one.why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::parse_cron;

    fn mondays() -> Timetable {
        let cron = parse_cron("0 8 * * MON").unwrap();
        Timetable::new(&cron, chrono_tz::Europe::Zurich)
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_reminder_has_a_number_for_each_time() {
        let since = at("2026-11-01T00:00:00Z");
        let week = Duration::from_secs(7 * 24 * 3600);
        for (now, nth) in [
            ("2026-11-07T23:59:59Z", None),
            ("2026-11-08T00:00:00Z", Some(1)),
            ("2026-11-14T00:00:00Z", Some(1)),
            ("2026-11-15T00:00:00Z", Some(2)),
            ("2026-10-01T00:00:00Z", None),
        ] {
            assert_eq!(nth_time(since, week, at(now)), nth, "{now}");
        }
    }

    #[test]
    fn the_next_reminder_is_due_when_its_time_is_over_once_more() {
        let since = at("2026-11-01T00:00:00Z");
        let week = Duration::from_secs(7 * 24 * 3600);
        for (now, next) in [
            ("2026-10-01T00:00:00Z", "2026-11-08T00:00:00Z"),
            ("2026-11-07T23:59:59Z", "2026-11-08T00:00:00Z"),
            ("2026-11-08T00:00:00Z", "2026-11-15T00:00:00Z"),
        ] {
            assert_eq!(next_time(since, week, at(now)), Some(at(next)), "{now}");
        }
        assert_eq!(next_time(since, Duration::MAX, since), None);
    }

    #[test]
    fn a_digest_is_due_once_for_its_time_and_what_was_missed_is_not_made_up_for() {
        let monday = at("2026-11-02T07:00:00Z");
        for (told, now, due) in [
            ("2026-11-01T12:00:00Z", "2026-11-02T06:59:59Z", None),
            ("2026-11-01T12:00:00Z", "2026-11-02T07:00:00Z", Some(monday)),
            ("2026-11-02T07:00:00Z", "2026-11-02T09:00:00Z", None),
            // Five weeks of a daemon that was off: the last of them.
            ("2026-09-28T06:00:00Z", "2026-11-05T00:00:00Z", Some(monday)),
        ] {
            assert_eq!(last_due(&mondays(), at(told), at(now)), due, "{told} {now}");
        }
    }
}
