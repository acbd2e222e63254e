//! Reads what a receiver wants to hear of: events, watches, accounts, and how much it must matter.

use std::collections::BTreeSet;

use glob::Pattern;

use crate::model::ids::AccountId;
use crate::model::notice::{NoticeEvent, NoticeRoute, Severity};

use super::super::fault::{Problem, quoted_value};
use super::super::nearest::nearest;
use super::super::reading::{ConfigReading, ConfigSection};
use super::super::values;

/// What the receiver wants.
pub(super) fn route(section: &ConfigSection<'_>, reading: &mut ConfigReading<'_>) -> NoticeRoute {
    NoticeRoute {
        events: events(section, reading),
        watches: listed(section, "watches", pattern, reading),
        accounts: listed(section, "accounts", account, reading)
            .into_iter()
            .collect(),
        severity: reading
            .parsed(section.text("severity"), severity)
            .unwrap_or(Severity::Info),
    }
}

fn events(section: &ConfigSection<'_>, reading: &mut ConfigReading<'_>) -> BTreeSet<NoticeEvent> {
    match section.texts("events") {
        None => NoticeEvent::ALL.into_iter().collect(),
        Some(_) => listed(section, "events", event, reading)
            .into_iter()
            .collect(),
    }
}

/// A list that must not be empty where it is there: whoever writes `[]` is never told anything.
fn listed<T>(
    section: &ConfigSection<'_>,
    key: &str,
    parse: impl Fn(&str) -> Result<T, Problem>,
    reading: &mut ConfigReading<'_>,
) -> Vec<T> {
    if section.is_empty_list(key) {
        let right = format!("name some, or leave `{key}` out for all of them");
        let at = section.place_of(key).unwrap_or_default();
        reading.fault(
            at,
            Problem::new("the receiver is never told anything", right),
        );
    }
    reading.each_parsed(section.texts(key).unwrap_or_default(), parse)
}

fn event(text: &str) -> Result<NoticeEvent, Problem> {
    let known = NoticeEvent::ALL
        .into_iter()
        .find(|event| event.as_str() == text);
    known.ok_or_else(|| {
        let words = NoticeEvent::ALL.map(NoticeEvent::as_str);
        Problem::new(
            format!("{} is not an event", quoted_value(text)),
            meant(text, "the events", &words),
        )
    })
}

fn severity(text: &str) -> Result<Severity, Problem> {
    let known = Severity::ALL.into_iter().find(|one| one.as_str() == text);
    known.ok_or_else(|| {
        let words = Severity::ALL.map(Severity::as_str);
        Problem::new(
            format!("{} is not how much a notice matters", quoted_value(text)),
            meant(text, "the words", &words),
        )
    })
}

fn pattern(text: &str) -> Result<Pattern, Problem> {
    let text = values::name_pattern(text)?;
    Pattern::new(&text)
        .map_err(|error| Problem::new(error.msg, "write a watch's name, or a pattern of some"))
}

fn account(text: &str) -> Result<AccountId, Problem> {
    match text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => Ok(AccountId::from(text)),
        false => Err(Problem::new(
            format!("{} is not an account", quoted_value(text)),
            "write its twelve digits, as text: \"111122223333\"",
        )),
    }
}

/// A word that is nearly meant, or all of them.
pub(super) fn meant(text: &str, what: &str, words: &[&'static str]) -> String {
    match nearest(text, words.iter().copied()) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => format!("{what} are {}", words.join(", ")),
    }
}
