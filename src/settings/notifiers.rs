//! Reads whom to tell: each receiver, how it is told, and of what. A way to tell has a reader in a file here.

mod aws;

mod command;

mod hooks;

mod limits;

mod mail;

mod route;

mod webhook;

use std::collections::BTreeMap;

use super::fault::Problem;
use super::reading::{ConfigReading, ConfigSection};
use super::{Notifier, NotifierKind, values};

/// A receiver more is a config written by a loop.
const MAX_NOTIFIERS: usize = 50;

/// Reads every receiver.
pub(super) fn read_notifiers(
    section: &ConfigSection<'_>,
    reading: &mut ConfigReading<'_>,
) -> BTreeMap<String, Notifier> {
    let written = section.named_sections();
    if written.len() > MAX_NOTIFIERS {
        let wrong = format!("{} receivers are too many", written.len());
        let right = format!("keep at most {MAX_NOTIFIERS}; one topic can have many subscribers");
        reading.fault(section.at.clone(), Problem::new(wrong, right));
    }
    let mut notifiers = BTreeMap::new();
    for (name, section) in written {
        let name = reading.parsed(Some(name), values::parse_name);
        let notifier = notifier(&section, reading);
        notifiers.extend(name.zip(notifier));
    }
    notifiers
}

/// The ways to tell a receiver, each with what reads its table.
const WAYS: [(&str, ReadWay); 8] = [
    ("sns", aws::sns),
    ("slack", hooks::slack),
    ("teams", hooks::teams),
    ("pagerduty", hooks::pagerduty),
    ("eventbridge", aws::eventbridge),
    ("webhook", webhook::webhook),
    ("email", mail::email),
    ("exec", command::exec),
];

/// Reads one way's table.
type ReadWay = fn(&ConfigSection<'_>, &mut ConfigReading<'_>) -> Option<NotifierKind>;

fn notifier(section: &ConfigSection<'_>, reading: &mut ConfigReading<'_>) -> Option<Notifier> {
    let route = route::route(section, reading);
    let per_hour = limits::per_hour(section, reading);
    let quiet_hours = reading.parsed(section.text("quiet_hours"), limits::quiet_hours);
    let given = WAYS
        .iter()
        .filter(|(name, _)| section.place_of(name).is_some());
    let given: Vec<&(&str, ReadWay)> = given.collect();
    let digest = reading.parsed(section.text("digest"), limits::digest_time);
    let remind = reading.parsed(section.text("remind"), limits::remind_after);
    let kind = match given[..] {
        // The walk has reported one that is no table.
        [(name, _)] if !section.is_table(name) => None,
        [(name, read)] => read(&section.section(name), reading),
        [] => {
            let ways = WAYS.map(|(name, _)| format!("`{name}`")).join(", ");
            let right = format!(
                "add `sns = {{ topic_arn = \"arn:aws:sns:...\" }}`, `slack = {{ webhook_url = {{ env = \
                 \"...\" }} }}`, or another one of {ways}"
            );
            let problem = Problem::new("the receiver has no way to be told", right);
            reading.fault_in_context(section.at.clone(), problem);
            None
        }
        [_, (second, _), ..] => {
            let right = "give each a `[notify.NAME]` of its own";
            let at = section.place_of(second).unwrap_or_default();
            reading.fault(at, Problem::new("a receiver is told in one way", right));
            None
        }
    }?;
    Some(Notifier {
        kind,
        route,
        per_hour,
        quiet_hours,
        digest,
        remind,
    })
}
