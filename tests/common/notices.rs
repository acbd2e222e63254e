//! What arrived behind the SNS topic: read from the queue, as a subscriber would.

use std::collections::{BTreeMap, BTreeSet};

use super::life::Life;
use super::world::QUEUE;

/// One message as received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) event: String,
    /// By which a receiver drops repeats.
    pub(crate) key: String,
    pub(crate) subject: String,
    pub(crate) body: String,
}

impl Life {
    /// Everything that arrived, in the order of its arrival.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        let messages = self.account.queue_messages(QUEUE);
        messages.iter().map(|one| read(&one.body)).collect()
    }

    /// The first notice of this event.
    #[track_caller]
    pub(crate) fn heard_of(&self, event: &str) -> Heard {
        let mut heard = self.heard().into_iter();
        let found = heard.find(|one| one.event == event);
        found.unwrap_or_else(|| panic!("nobody was told of `{event}`: {:?}", self.heard_events()))
    }

    /// The events that arrived, in order.
    pub(crate) fn heard_events(&self) -> Vec<String> {
        self.heard().into_iter().map(|one| one.event).collect()
    }

    /// The keys that arrived.
    pub(crate) fn heard_keys(&self) -> BTreeSet<String> {
        self.heard().into_iter().map(|one| one.key).collect()
    }

    /// What was told, repeats dropped by their key: one event's name for each key, sorted.
    pub(crate) fn heard_kinds(&self) -> Vec<String> {
        let by_key: BTreeMap<String, String> = self
            .heard()
            .into_iter()
            .map(|one| (one.key, one.event))
            .collect();
        let mut kinds: Vec<String> = by_key.into_values().collect();
        kinds.sort();
        kinds
    }

    /// Nobody was told two things under one key. What was sent and not crossed off is sent again.
    #[track_caller]
    pub(crate) fn each_key_has_one_text(&self) {
        let mut texts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for one in self.heard() {
            texts.entry(one.key).or_default().insert(one.body);
        }
        let forked: Vec<_> = texts.iter().filter(|(_, said)| said.len() > 1).collect();
        assert!(forked.is_empty(), "one key, two messages: {forked:#?}");
    }

    /// Nobody was told the same thing twice.
    pub(crate) fn each_notice_came_once(&self) {
        let heard = self.heard();
        assert_eq!(self.heard_keys().len(), heard.len(), "repeated: {heard:#?}");
    }
}

fn read(body: &str) -> Heard {
    let envelope: serde_json::Value = serde_json::from_str(body).expect("SNS's envelope is JSON");
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    let attribute = |name: &str| text(&envelope["MessageAttributes"][name]["Value"]);
    Heard {
        event: attribute("amiwatch.event"),
        key: attribute("amiwatch.key"),
        subject: text(&envelope["Subject"]),
        body: text(&envelope["Message"]),
    }
}
