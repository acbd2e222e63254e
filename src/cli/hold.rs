//! `hold`, `unhold`: people's no. Works without AWS and beside a daemon: only the store is touched, and
//! not under the driver's lease.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::bail;
use chrono::{DateTime, NaiveDate, SubsecRound as _, TimeDelta, Utc};
use serde::Serialize;

use super::args::{Common, Format, Hold as Arguments, Unhold};
use super::session::{Access, Session, WrongUsage};
use super::{check, draw};
use crate::flow::notify::clean;
use crate::flow::verdict::Exit;
use crate::model::chronicle::{Did, Entry, What};
use crate::model::hold::{HeldThing, Hold};
use crate::model::ids::{ImageId, WatchName};
use crate::store::memory::{self, Versioned, chronicle};
use crate::store::{Batch, StoreError};

/// Holds of one watch. More are a script's mistake; so many, each as long as it may be, stay below the
/// store's 64 KB.
const HOLDS_MAX: usize = 30;

/// The longest reason, in characters: a sentence, not a report.
const REASON_MAX_CHARS: usize = 300;

/// `hold --format json`, `unhold --format json`
#[derive(Serialize)]
struct Answer {
    schema: &'static str,
    /// Everything that is held now, of every watch in the config.
    holds: Vec<Held>,
}

/// One hold of one watch.
#[derive(Debug, Serialize)]
pub(super) struct Held {
    watch: WatchName,
    #[serde(flatten)]
    hold: Hold,
}

pub(super) async fn hold(common: &Common, own: &Arguments) -> anyhow::Result<Exit> {
    let Some(watch) = &own.watch else {
        let session = Session::open(common, Access::Read).await?;
        say(common, &session, "amiwatch.hold/1").await?;
        return Ok(Exit::Done);
    };
    let on = thing(own.release.as_deref(), own.image.as_deref())?;
    let reason = reason(own.reason.as_deref().unwrap_or_default())?;
    let session = Session::open(common, Access::Write).await?;
    let watch = the_watch(&session, watch)?;
    let now = session.clock.now().trunc_subsecs(0);
    let until = own
        .until
        .as_deref()
        .map(|text| end(text, now))
        .transpose()?;
    let hold = Hold {
        on,
        reason,
        by: who(),
        since: now,
        until,
    };
    let until = hold
        .until
        .map_or(String::new(), |until| format!(" until {}", minute(&until)));
    let sentence = format!("held {}{until}: {}", hold.on, hold.reason);
    let done = did("hold", &hold.on, sentence, now);
    change(&session, &watch, done, |holds| {
        holds.retain(|other| other.on != hold.on && other.in_force(now));
        if holds.len() >= HOLDS_MAX {
            bail!("{watch} has {HOLDS_MAX} holds; end some with `amiwatch unhold {watch} ...`");
        }
        holds.push(hold.clone());
        Ok(())
    })
    .await?;
    say(common, &session, "amiwatch.hold/1").await?;
    Ok(Exit::Done)
}

pub(super) async fn unhold(common: &Common, own: &Unhold) -> anyhow::Result<Exit> {
    let on = thing(own.release.as_deref(), own.image.as_deref())?;
    let session = Session::open(common, Access::Write).await?;
    let watch = the_watch(&session, &own.watch)?;
    let now = session.clock.now();
    let done = did("unhold", &on, format!("ended the hold of {on}"), now);
    change(&session, &watch, done, |holds| {
        let before = holds.iter().filter(|hold| hold.in_force(now)).count();
        holds.retain(|hold| hold.in_force(now) && hold.on != on);
        if holds.len() == before {
            bail!("{on} of {watch} is not held; `amiwatch hold` shows what is");
        }
        Ok(())
    })
    .await?;
    if common.format == Format::Table {
        println!("{watch}: ended the hold of {on}.");
    }
    say(common, &session, "amiwatch.unhold/1").await?;
    Ok(Exit::Done)
}

/// What the person does, for the history.
fn did(verb: &str, on: &HeldThing, sentence: String, at: DateTime<Utc>) -> Entry {
    let facts = BTreeMap::from([("on".to_owned(), on.to_string())]);
    let did = Did {
        verb: verb.to_owned(),
        sentence,
        by: Some(who()),
        facts,
    };
    Entry {
        at,
        what: What::Did(did),
    }
}

/// Changes a watch's holds; looks again when somebody else did meanwhile.
async fn change(
    session: &Session,
    watch: &WatchName,
    done: Entry,
    mut how: impl FnMut(&mut Vec<Hold>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let installation = session.settings.installation.as_ref();
    loop {
        let before = memory::holds(&*session.store, installation, watch).await?;
        let mut after = before.value;
        how(&mut after)?;
        let changed = Versioned {
            version: before.version,
            value: after,
        };
        let Some(op) = memory::put_holds(installation, watch, &changed) else {
            return Ok(());
        };
        let mut ops = vec![op];
        let everywhere = chronicle::append_everywhere(&*session.store, watch, &done).await?;
        ops.extend(everywhere.beside);
        match session.store.commit(Batch::of(ops)).await {
            Err(StoreError::Conflict { .. }) => {}
            other => {
                other?;
                chronicle::append_after(&*session.store, &everywhere.after, &done).await?;
                return Ok(());
            }
        }
    }
}

/// Everything that is held now, watch by watch in the config's order.
pub(super) async fn in_force(session: &Session) -> anyhow::Result<Vec<Held>> {
    let now = session.clock.now();
    let installation = session.settings.installation.as_ref();
    let mut all = Vec::new();
    for watch in session.settings.watches.keys() {
        let holds = memory::holds(&*session.store, installation, watch).await?;
        let holds = holds.value.into_iter().filter(|hold| hold.in_force(now));
        all.extend(holds.map(|hold| Held {
            watch: watch.clone(),
            hold,
        }));
    }
    Ok(all)
}

async fn say(common: &Common, session: &Session, schema: &'static str) -> anyhow::Result<()> {
    let holds = in_force(session).await?;
    match common.format {
        Format::Json => draw::json(&Answer { schema, holds })?,
        Format::Table if holds.is_empty() => println!("Nothing is held."),
        Format::Table => show(&holds),
    }
    Ok(())
}

/// A table of holds.
pub(super) fn show(holds: &[Held]) {
    let heads = ["WATCH", "HELD", "SINCE", "UNTIL", "BY", "REASON"];
    let rows = holds.iter().map(|Held { watch, hold }| {
        vec![
            watch.to_string(),
            clean(&hold.on.to_string()),
            minute(&hold.since),
            hold.until.as_ref().map_or("-".to_owned(), minute),
            clean(&hold.by),
            clean(&hold.reason),
        ]
    });
    println!("{}", draw::table(&heads, rows));
}

fn minute(at: &DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

fn the_watch(session: &Session, name: &str) -> anyhow::Result<WatchName> {
    let named = check::named(&session.settings, Some(name))?;
    named.ok_or_else(|| WrongUsage(format!("the config has no watch `{name}`")).into())
}

fn thing(release: Option<&str>, image: Option<&str>) -> Result<HeldThing, WrongUsage> {
    let plain = |text: &str| !text.is_empty() && clean(text) == text && text.len() <= 200;
    match (release, image) {
        (Some(release), _) if plain(release) => Ok(HeldThing::Release(release.to_owned())),
        (Some(_), _) => Err(WrongUsage(
            "--release takes a version as `amiwatch check` shows it, or an image id".to_owned(),
        )),
        (None, Some(image)) if image.starts_with("ami-") && plain(image) => {
            Ok(HeldThing::Image(ImageId::from(image)))
        }
        (None, Some(_)) => Err(WrongUsage(
            "--image takes the id of an image that the watch made, `ami-...`".to_owned(),
        )),
        (None, None) => Ok(HeldThing::Watch),
    }
}

/// One line that a person can read.
fn reason(text: &str) -> Result<String, WrongUsage> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > REASON_MAX_CHARS || clean(text) != text {
        return Err(WrongUsage(format!(
            "--reason takes one line of 1 to {REASON_MAX_CHARS} characters"
        )));
    }
    Ok(text.to_owned())
}

/// `2026-12-01` (its first moment in UTC), an RFC 3339 time, or a duration from now.
fn end(text: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, WrongUsage> {
    let wrong = || {
        WrongUsage(format!(
            "`{}` is no end; write a date (\"2026-12-01\"), a time (\"2026-12-01T08:00:00Z\") or a \
             duration (\"7d\")",
            clean(text)
        ))
    };
    let date = || {
        let midnight = text.parse::<NaiveDate>().ok()?.and_hms_opt(0, 0, 0)?;
        Some(midnight.and_utc())
    };
    let time = || Some(DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc));
    let duration = || {
        let duration: Duration = humantime::parse_duration(text).ok()?;
        now.checked_add_signed(TimeDelta::from_std(duration).ok()?)
    };
    let end = date().or_else(time).or_else(duration).ok_or_else(wrong)?;
    if end <= now {
        let over = end.format("%Y-%m-%d %H:%M UTC");
        return Err(WrongUsage(format!(
            "a hold until {over} would be over already; write a later end"
        )));
    }
    Ok(end)
}

/// The person at the keyboard, as the system names them.
#[expect(
    clippy::disallowed_methods,
    reason = "the environment is read here, in cli"
)]
pub(super) fn who() -> String {
    let named = ["SUDO_USER", "USER", "LOGNAME"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .map(|name| clean(name.trim()))
        .find(|name| !name.is_empty());
    let name = named.unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw()));
    name.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text)
            .unwrap()
            .with_timezone(&Utc)
    }

    #[test]
    fn an_end_is_a_date_a_time_or_a_duration_and_lies_ahead() {
        let now = at("2026-11-02T08:00:00Z");
        for (text, until) in [
            ("2026-12-01", "2026-12-01T00:00:00Z"),
            ("2026-11-02T10:00:00+01:00", "2026-11-02T09:00:00Z"),
            ("7d", "2026-11-09T08:00:00Z"),
            ("1h30m", "2026-11-02T09:30:00Z"),
        ] {
            assert_eq!(end(text, now).unwrap(), at(until), "{text}");
        }
        for text in [
            "",
            "tomorrow",
            "2026-13-01",
            "2026-11-02",
            "0s",
            "7",
            "99999999999999y",
        ] {
            assert!(end(text, now).is_err(), "{text}");
        }
    }

    #[test]
    fn the_longest_holds_fit_into_the_store() {
        let long = "ä".repeat(REASON_MAX_CHARS);
        let hold = Hold {
            on: thing(Some(&"x".repeat(200)), None).unwrap(),
            reason: reason(&long).unwrap(),
            by: "ä".repeat(64),
            since: at("2026-11-02T08:00:00Z"),
            until: Some(at("2026-12-02T08:00:00Z")),
        };
        let watch = WatchName::new("w".repeat(40));
        let value = vec![hold; HOLDS_MAX];
        let holds = Versioned { version: 0, value };
        let op = memory::put_holds(None, &watch, &holds);
        let batch = Batch::of(op.into_iter().collect());
        assert!(batch.within_limits().is_ok());
    }

    #[test]
    fn what_is_held_and_why_are_plain_words() {
        assert_eq!(thing(None, None).unwrap(), HeldThing::Watch);
        let release = HeldThing::Release("4.5.1".to_owned());
        assert_eq!(thing(Some("4.5.1"), None).unwrap(), release);
        assert_eq!(
            thing(None, Some("ami-1")).unwrap(),
            HeldThing::Image("ami-1".into())
        );
        for (release, image) in [
            (Some(""), None),
            (Some("a\nb"), None),
            (None, Some("4.5.1")),
        ] {
            assert!(thing(release, image).is_err(), "{release:?} {image:?}");
        }
        for text in ["", "  ", "a\nb", "\u{1b}[2J", &"x".repeat(301)] {
            assert!(reason(text).is_err(), "{text:?}");
        }
        assert_eq!(reason(" it breaks logging ").unwrap(), "it breaks logging");
    }
}
