//! The index of open runs: what is under way, and what each run is about, without its journal.
//!
//! Keys: `open/<journal>` holds a [`Header`]. It is written in the batch that opens the journal and
//! removed in the one that closes it. Stores of before the headers hold `null` there: then the header is
//! made of the journal's first event, and whoever resumes the run writes it.
//!
//! Whoever needs what is under way asks [`open_runs`]; nothing else reads these records.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::journal::{EventOf, JournalEvent};
use super::{Run, RunError, WorkflowKind};
use crate::model::ids::Scope;
use crate::store::{Op, Record, Store, StoreError};

/// The journals that are not closed are named under this prefix.
const OPEN_PREFIX: &str = "open/";
/// How many records a page of the listing has.
const PAGE: usize = 100;

/// What an open run is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The kind's name.
    pub kind: String,
    /// What the run is about, in the kind's own words: a watch, a target.
    pub subject: String,
    pub scope: Scope,
    /// When it was opened.
    pub at: DateTime<Utc>,
}

impl Header {
    fn of<K: WorkflowKind>(input: &K::Input, at: DateTime<Utc>) -> Self {
        Self {
            kind: K::NAME.to_owned(),
            subject: K::subject(input),
            scope: K::scope(input).clone(),
            at,
        }
    }

    fn of_event<K: WorkflowKind>(first: &EventOf<K>) -> Option<Self> {
        match first {
            JournalEvent::Opened { at, input } => Some(Self::of::<K>(input, *at)),
            _ => None,
        }
    }
}

/// A run that was opened and not closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenRun {
    pub journal: String,
    /// Absent where neither the index nor the journal can be read by this version.
    pub header: Option<Header>,
}

impl OpenRun {
    /// What it is about, for whoever must not go on without knowing.
    ///
    /// # Errors
    /// [`RunError::Unknown`] where that cannot be read.
    pub fn known(&self) -> Result<&Header, RunError> {
        self.header.as_ref().ok_or_else(|| RunError::Unknown {
            journal: self.journal.clone(),
        })
    }
}

/// What is under way of one kind, in the order of the journals' names.
///
/// # Errors
/// When the store cannot be read. A run whose header cannot be read is in the list, without one.
pub async fn open_runs<K: WorkflowKind>(store: &dyn Store) -> Result<Vec<OpenRun>, StoreError> {
    let prefix = format!("{OPEN_PREFIX}{}/", K::NAME);
    let mut after: Option<String> = None;
    let mut runs = Vec::new();
    loop {
        let page = store.query(&prefix, after.as_deref(), PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(runs);
        };
        after = Some(last.key.clone());
        for record in page {
            runs.push(open_run::<K>(store, record).await?);
        }
    }
}

/// What is under way of every kind, also of those that this version does not know. A header that only the
/// journal's first event would give is absent here.
///
/// # Errors
/// When the store cannot be read.
pub async fn all_open_runs(store: &dyn Store) -> Result<Vec<OpenRun>, StoreError> {
    let mut after: Option<String> = None;
    let mut runs = Vec::new();
    loop {
        let page = store.query(OPEN_PREFIX, after.as_deref(), PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(runs);
        };
        after = Some(last.key.clone());
        runs.extend(page.into_iter().map(|record| OpenRun {
            journal: record.key[OPEN_PREFIX.len()..].to_owned(),
            header: serde_json::from_value(record.value).ok(),
        }));
    }
}

async fn open_run<K: WorkflowKind>(
    store: &dyn Store,
    record: Record,
) -> Result<OpenRun, StoreError> {
    let journal = record.key[OPEN_PREFIX.len()..].to_owned();
    let header = match record.value {
        Value::Null => first_of::<K>(store, &journal).await?,
        value => serde_json::from_value(value).ok(),
    };
    Ok(OpenRun { journal, header })
}

/// The header as the journal's first event has it.
async fn first_of<K: WorkflowKind>(
    store: &dyn Store,
    journal: &str,
) -> Result<Option<Header>, StoreError> {
    let events = match store.journal(journal).await {
        Ok(events) => events,
        Err(StoreError::Unreadable { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let first = events.into_iter().next();
    let first = first.and_then(|event| serde_json::from_value::<EventOf<K>>(event).ok());
    Ok(first.as_ref().and_then(Header::of_event::<K>))
}

/// The writes that open a journal with its first event. They go into the runner's own batch, or into
/// the closing of another run that is followed by this one.
///
/// # Errors
/// When the input cannot be written as JSON.
pub fn opening<K: WorkflowKind>(
    journal: &str,
    input: &K::Input,
    at: DateTime<Utc>,
) -> Result<Vec<Op>, RunError> {
    let opened = JournalEvent::Opened {
        at,
        input: input.clone(),
    };
    Ok(vec![
        Op::Append {
            journal: journal.to_owned(),
            expected: 0,
            event: encode_event::<K>(journal, &opened)?,
        },
        Op::PutIfAbsent {
            key: key(journal),
            value: json!(Header::of::<K>(input, at)),
        },
    ])
}

/// The write that goes with a journal's end; none where the index has nothing of it.
pub(super) async fn closing_op(store: &dyn Store, journal: &str) -> Result<Option<Op>, StoreError> {
    let key = key(journal);
    let record = store.get(&key).await?;
    Ok(record.map(|record| Op::Delete {
        key,
        expected: record.version,
    }))
}

/// The write that gives a run of an earlier version its header; none where it has one.
pub(super) async fn heading<K: WorkflowKind>(
    store: &dyn Store,
    journal: &str,
    run: &Run<K>,
) -> Result<Option<Op>, StoreError> {
    let key = key(journal);
    let record = store.get(&key).await?;
    let old = record.filter(|record| record.value.is_null());
    Ok(old.map(|record| Op::CompareAndSet {
        key,
        expected: record.version,
        value: json!(Header::of::<K>(run.input(), run.opened_at())),
    }))
}

/// The read-only part of a batch that must not meet a run under way.
pub fn expect_closed(journal: &str) -> Op {
    Op::Expect {
        key: key(journal),
        version: 0,
    }
}

/// Whether a journal is open.
///
/// # Errors
/// When the store cannot be read.
pub async fn is_open(store: &dyn Store, journal: &str) -> Result<bool, StoreError> {
    Ok(store.get(&key(journal)).await?.is_some())
}

fn key(journal: &str) -> String {
    format!("{OPEN_PREFIX}{journal}")
}

/// An event as the store keeps it.
pub(super) fn encode_event<K: WorkflowKind>(
    journal: &str,
    event: &EventOf<K>,
) -> Result<Value, RunError> {
    serde_json::to_value(event).map_err(|source| RunError::Unreadable {
        journal: journal.to_owned(),
        source,
    })
}
