//! Notices as they were stored before they were typed: a text, and nothing but a text. They are read,
//! sent and crossed off; nothing makes one. What is no longer made has no constructor.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::{NextByItself, Notice, NoticeEvent, What};
use crate::model::ids::WatchName;

/// The texts of such a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prose {
    event: NoticeEvent,
    subject: String,
    body: String,
    facts: BTreeMap<String, String>,
}

/// A whole one, as it lies in a store.
#[derive(Deserialize)]
struct Untyped {
    key: String,
    at: DateTime<Utc>,
    watch: String,
    #[serde(flatten)]
    prose: Prose,
}

impl Prose {
    /// What sort of event it tells.
    pub fn event(&self) -> NoticeEvent {
        self.event
    }

    /// One line, at most 99 ASCII characters.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Plain text for people.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// For programs.
    pub fn facts(&self) -> &BTreeMap<String, String> {
        &self.facts
    }
}

impl From<Untyped> for Notice {
    fn from(stored: Untyped) -> Self {
        let Untyped {
            key,
            at,
            watch,
            prose,
        } = stored;
        Self {
            story: key.clone(),
            key,
            at,
            installation: None,
            watch: (watch != "-").then(|| WatchName::new(watch)),
            scope: None,
            what: What::Prose(prose),
            next: NextByItself::Nothing,
            commands: Vec::new(),
            links: Vec::new(),
        }
    }
}

impl Serialize for Notice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Notice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = Value::deserialize(deserializer)?;
        match stored.get("what") {
            Some(_) => Self::deserialize(stored).map_err(D::Error::custom),
            None => Untyped::deserialize(stored)
                .map(Self::from)
                .map_err(D::Error::custom),
        }
    }
}
