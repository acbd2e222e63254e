//! `hold`, `unhold`: people's no, as they type it and as it is drawn.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, SubsecRound as _, TimeDelta, Utc};

use super::args::{Common, Format, HoldArguments as Arguments, Unhold};
use super::session::{Access, Session, WrongUsage};
use super::{check, draw};
use crate::flow::exit_code::Exit;
use crate::flow::notify::clean;
use crate::model::hold::{HeldThing, Hold};
use crate::model::ids::{ImageId, WatchName};
use crate::service::desk;
use crate::service::desk::hold::{HeldWatch, Holds, REASON_MAX_CHARS};

pub(super) async fn run_hold(common: &Common, own: &Arguments) -> anyhow::Result<Exit> {
    let Some(watch) = &own.watch else {
        let session = Session::open(common, Access::Read).await?;
        return say(common, &desk::hold::list_holds(&session.desk()).await?);
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
    say(
        common,
        &desk::hold::hold_watch(&session.desk(), &watch, &hold).await?,
    )
}

pub(super) async fn run_unhold(common: &Common, own: &Unhold) -> anyhow::Result<Exit> {
    let on = thing(own.release.as_deref(), own.image.as_deref())?;
    let session = Session::open(common, Access::Write).await?;
    let watch = the_watch(&session, &own.watch)?;
    let holds = desk::hold::unhold_watch(&session.desk(), &watch, &on, &who()).await?;
    if common.format == Format::Table {
        println!("{watch}: ended the hold of {on}.");
    }
    say(common, &holds)
}

fn say(common: &Common, holds: &Holds) -> anyhow::Result<Exit> {
    match common.format {
        Format::Json => draw::print_json(holds)?,
        Format::Table if holds.holds.is_empty() => println!("Nothing is held."),
        Format::Table => show_holds(&holds.holds),
    }
    Ok(Exit::Done)
}

/// A table of holds.
pub(super) fn show_holds(holds: &[HeldWatch]) {
    let heads = ["WATCH", "HELD", "SINCE", "UNTIL", "BY", "REASON"];
    let rows = holds.iter().map(|HeldWatch { watch, hold }| {
        vec![
            watch.to_string(),
            clean(&hold.on.to_string()),
            minute(&hold.since),
            hold.until.as_ref().map_or("-".to_owned(), minute),
            clean(&hold.by),
            clean(&hold.reason),
        ]
    });
    draw::plain_rows(&heads, 0, rows.collect(), &[]);
}

fn minute(at: &DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

fn the_watch(session: &Session, name: &str) -> anyhow::Result<WatchName> {
    let named = check::named_watch(&session.settings, Some(name))?;
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
