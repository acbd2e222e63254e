//! Reads whom to tell: each receiver, how it is told, and of what.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::notice::NoticeEvent;

use super::fault::{Problem, quoted_value};
use super::nearest::nearest;
use super::reading::{ConfigReading, ConfigSection};
use super::{Notifier, NotifierKind, arns, secret, values};

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

fn notifier(section: &ConfigSection<'_>, reading: &mut ConfigReading<'_>) -> Option<Notifier> {
    let events = events(section, reading);
    let kind = match (section.place_of("sns"), section.place_of("slack")) {
        (Some(_), None) => sns(&section.section("sns"), reading),
        // The walk has reported one that is no table.
        (None, Some(_)) if section.text("slack").is_some() => None,
        (None, Some(_)) => slack(&section.section("slack"), reading),
        (None, None) => {
            let right = "add `sns = { topic_arn = \"arn:aws:sns:...\" }` or \
                         `slack = { webhook_url = { env = \"...\" } }`";
            let problem = Problem::new("the receiver has no way to be told", right);
            reading.fault_in_context(section.at.clone(), problem);
            None
        }
        (Some(_), Some(slack)) => {
            let right = "give each a `[notify.NAME]` of its own";
            reading.fault(slack, Problem::new("a receiver is told in one way", right));
            None
        }
    }?;
    Some(Notifier { kind, events })
}

fn sns(section: &ConfigSection<'_>, reading: &mut ConfigReading<'_>) -> Option<NotifierKind> {
    let topic_arn = reading.required(section, "topic_arn", arns::topic_arn)?;
    Some(NotifierKind::Sns { topic_arn })
}

fn slack(section: &ConfigSection<'_>, reading: &mut ConfigReading<'_>) -> Option<NotifierKind> {
    let webhook_url = secret::read_secret(section, "webhook_url", reading)?;
    Some(NotifierKind::Slack { webhook_url })
}

fn events(section: &ConfigSection<'_>, reading: &mut ConfigReading<'_>) -> BTreeSet<NoticeEvent> {
    let Some(written) = section.texts("events") else {
        return NoticeEvent::ALL.into_iter().collect();
    };
    if section.is_empty_list("events") {
        let right = "name some, or leave `events` out for all of them";
        let at = section.place_of("events").unwrap_or_default();
        reading.fault(
            at,
            Problem::new("the receiver is never told anything", right),
        );
    }
    reading.each_parsed(written, event).into_iter().collect()
}

fn event(text: &str) -> Result<NoticeEvent, Problem> {
    let known = NoticeEvent::ALL
        .into_iter()
        .find(|event| event.as_str() == text);
    known.ok_or_else(|| {
        let words = NoticeEvent::ALL.map(NoticeEvent::as_str);
        let right = match nearest(text, words) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("the events are {}", words.join(", ")),
        };
        Problem::new(format!("{} is not an event", quoted_value(text)), right)
    })
}
