//! What arrived behind the SNS topic: read from the queue, as a subscriber would.

use std::collections::BTreeSet;

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

    /// The events that arrived, in order.
    pub(crate) fn heard_events(&self) -> Vec<String> {
        self.heard().into_iter().map(|one| one.event).collect()
    }

    /// The keys that arrived.
    pub(crate) fn heard_keys(&self) -> BTreeSet<String> {
        self.heard().into_iter().map(|one| one.key).collect()
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
