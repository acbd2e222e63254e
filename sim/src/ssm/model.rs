//! Parameters as they are held: plain data, and which version a selector means.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::state::Tags;

/// By name.
pub(crate) type Parameters = BTreeMap<String, Parameter>;

/// A parameter's versions, oldest first; the last one is what reads give. Without any it is not there: a
/// value that is still being checked is no version.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parameter {
    pub(crate) versions: Vec<Version>,
    pub(crate) tags: Tags,
    /// The newest number that was given out.
    pub(crate) given: u64,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Version {
    pub(crate) number: u64,
    pub(crate) value: String,
    /// `String`, `StringList`, `SecureString`.
    pub(crate) kind: String,
    /// `text`, `aws:ec2:image`.
    pub(crate) data_type: String,
    /// `Standard`, `Advanced`.
    pub(crate) tier: String,
    pub(crate) description: String,
    pub(crate) pattern: String,
    pub(crate) key: Option<String>,
    pub(crate) at: DateTime<Utc>,
    /// The ARN of whoever made it.
    pub(crate) by: String,
    pub(crate) labels: BTreeSet<String>,
}

/// Which version is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Selector {
    Latest,
    Number(u64),
    Label(String),
}

impl Selector {
    /// Of what follows a name and a colon.
    pub(crate) fn parse(text: &str) -> Self {
        match text.parse() {
            Ok(number) => Self::Number(number),
            Err(_) => Self::Label(text.to_owned()),
        }
    }
}

impl Parameter {
    /// A version of a plain text, without any check.
    pub(crate) fn add_text(&mut self, value: &str, now: DateTime<Utc>, by: &str) {
        self.add(Version {
            value: value.to_owned(),
            kind: "String".to_owned(),
            data_type: "text".to_owned(),
            tier: "Standard".to_owned(),
            at: now,
            by: by.to_owned(),
            ..Version::default()
        });
    }

    /// The next version; its number is the next one that was not given out, unless it has one.
    pub(crate) fn add(&mut self, mut version: Version) -> u64 {
        if version.number == 0 {
            version.number = self.next();
        }
        self.given = self.given.max(version.number);
        let number = version.number;
        self.versions.push(version);
        number
    }

    pub(crate) fn next(&self) -> u64 {
        let last = self.versions.last().map_or(0, |version| version.number);
        self.given.max(last) + 1
    }

    pub(crate) fn latest(&self) -> Option<&Version> {
        self.versions.last()
    }

    pub(crate) fn select(&self, selector: &Selector) -> Option<&Version> {
        let mut all = self.versions.iter();
        match selector {
            Selector::Latest => all.next_back(),
            Selector::Number(number) => all.find(|v| v.number == *number),
            Selector::Label(label) => all.find(|v| v.labels.contains(label)),
        }
    }
}
