//! Tables and what is in them: plain data.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

/// The tables of one region, by name.
pub(crate) type Tables = BTreeMap<String, Table>;

/// The attributes of an item, as DynamoDB writes them: `{"S": "text"}`, `{"N": "1"}`.
pub(crate) type Attributes = Map<String, Value>;

/// Partition key and sort key.
pub(crate) type Keys = (String, String);

/// One table.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) created: DateTime<Utc>,
    /// When it can be used.
    pub(crate) active_from: DateTime<Utc>,
    /// The names of its two key attributes.
    pub(crate) keys: [String; 2],
    pub(crate) protected: bool,
    pub(crate) point_in_time: bool,
    pub(crate) items: BTreeMap<Keys, Slot>,
    /// Transactions that were made, by token.
    pub(crate) tokens: BTreeMap<String, Done>,
    pub(crate) consumed: Consumed,
}

/// One place for an item.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slot {
    /// Absent: it was deleted.
    pub(crate) now: Option<Attributes>,
    pub(crate) before: Option<Attributes>,
    pub(crate) changed: DateTime<Utc>,
    /// A transaction that touches it is under way until then.
    pub(crate) busy_until: DateTime<Utc>,
}

/// A transaction that was made.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    pub(crate) at: DateTime<Utc>,
    /// All of its request but the token.
    pub(crate) content: Value,
}

/// What a month's bill counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Consumed {
    /// Request units of reads: 4 KB each, half of one where consistency was not asked for.
    pub read_units: f64,
    /// Request units of writes: 1 KB each, twice within a transaction.
    pub write_units: f64,
}

/// How long a read that asks for no consistency may see what was there before.
const STALE_S: i64 = 1;

impl Slot {
    /// What a read sees.
    pub(crate) fn seen(&self, now: DateTime<Utc>, consistent: bool) -> Option<&Attributes> {
        let stale = (now - self.changed).num_seconds() < STALE_S;
        match !consistent && stale {
            true => self.before.as_ref(),
            false => self.now.as_ref(),
        }
    }

    pub(crate) fn set(&mut self, now: DateTime<Utc>, to: Option<Attributes>) {
        self.before = std::mem::replace(&mut self.now, to);
        self.changed = now;
    }
}

/// As DynamoDB counts: the names and what they hold.
pub(crate) fn size_of(attributes: &Attributes) -> usize {
    let size = |(name, value): (&String, &Value)| {
        let text = value.as_object().and_then(|typed| typed.values().next());
        name.len() + text.and_then(Value::as_str).map_or(1, str::len)
    };
    attributes.iter().map(size).sum()
}
