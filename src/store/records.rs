//! What is remembered, by key: the shapes of the store's records and nothing about their use.
//!
//! Keys: `watch/<account>/<region>/<watch>` holds a [`WatchHistory`]; `told/...` what people were told
//! of its drift ([`ToldDrift`]); `outbox/<digest>` a notice that is to be delivered, as `notices` puts it there,
//! and [`lines`] who waits for it in which order; what people hold is `holds`'.
//! `report/<account>/<region>/<image>` holds what a verified image reported of itself.
//! What happened, for `history`, is [`chronicle`]'s; what cannot be read, [`blind`]'s; what goes, [`pruned`]'s;
//! what guests wrote, [`consoles`]'; what a receiver was sent in an hour, [`sent_hour`]'s;
//! where a story's thread is, [`threads`]'.
//! Writes are returned as operations, so that the caller can put them into one batch.

pub mod blind;

pub mod chronicle;

pub mod consoles;

pub mod digests;

mod holds;

pub mod lines;

mod notices;

pub mod pruned;

pub mod sent;

pub mod sent_hour;

pub mod threads;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Op, Record, Store, StoreError};
use crate::model::history::WatchHistory;
use crate::model::ids::{AccountId, ImageId, Region, Scope, WatchName};
use crate::model::notice::Notice;
use crate::model::told::ToldDrift;

pub use holds::{expect_holds, put_holds, remembered_holds};
pub use notices::{notice_ops, was_told};

/// The prefix of records that wait to be delivered.
pub const OUTBOX: &str = "outbox/";
const WATCH: &str = "watch/";
const TOLD: &str = "told/";
const REPORT: &str = "report/";
/// How many records a page of a listing has.
const PAGE: usize = 100;

/// A value with the version under which it was read; 0 when there was none.
#[derive(Debug, Clone, PartialEq)]
pub struct Versioned<T> {
    pub version: u64,
    pub value: T,
}

/// The keys of records that make no sense. Whoever shows what is there reads on past them and says their
/// names: one record costs itself.
#[derive(Debug, Default)]
pub struct UnreadableRows(Vec<String>);

impl UnreadableRows {
    /// What was read; nothing of a record that makes no sense, whose key is kept.
    ///
    /// # Errors
    /// When the store itself cannot be read.
    pub fn pass_over<T>(&mut self, read: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
        match read {
            Ok(value) => Ok(Some(value)),
            Err(StoreError::Unreadable { key, .. }) => {
                self.note(key);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Keeps a name.
    pub fn note(&mut self, name: String) {
        self.0.push(name);
    }

    /// Their names, each once.
    #[must_use]
    pub fn names(mut self) -> Vec<String> {
        self.0.sort();
        self.0.dedup();
        self.0
    }
}

/// A notice and who still waits for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Waiting {
    pub notice: Notice,
    /// By notifier's name.
    pub to: BTreeMap<String, Delivery>,
}

/// How far the delivery to one notifier has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    pub attempts: u32,
    pub next_at: DateTime<Utc>,
    pub last_why: Option<String>,
    /// Given up; a person may have it tried again.
    pub dead: bool,
    /// When the last try began whose end is not known: it may have arrived. Only for receivers that
    /// cannot drop repeats by themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun: Option<DateTime<Utc>>,
}

impl Delivery {
    /// One that nobody has tried yet.
    pub fn due(at: DateTime<Utc>) -> Self {
        Self {
            attempts: 0,
            next_at: at,
            last_why: None,
            dead: false,
            begun: None,
        }
    }
}

fn watch_key(scope: &Scope, watch: &WatchName) -> String {
    format!("{WATCH}{scope}/{watch}")
}

/// What is remembered of a watch; empty when nothing is.
///
/// # Errors
/// When the store cannot be read.
pub async fn remembered_watch(
    store: &dyn Store,
    scope: &Scope,
    watch: &WatchName,
) -> Result<Versioned<WatchHistory>, StoreError> {
    read_or_empty(store, &watch_key(scope, watch)).await
}

/// What is remembered of the watch of this full name, `<account>/<region>/<watch>`.
///
/// # Errors
/// When the store cannot be read.
pub async fn watch_named(
    store: &dyn Store,
    name: &str,
) -> Result<Option<WatchHistory>, StoreError> {
    let record = store.get(&format!("{WATCH}{name}")).await?;
    record.map(decode_record).transpose()
}

/// The write that replaces what is remembered of a watch, unless somebody else did meanwhile.
pub fn put_watch(scope: &Scope, watch: &WatchName, history: &Versioned<WatchHistory>) -> Op {
    Op::CompareAndSet {
        key: watch_key(scope, watch),
        expected: history.version,
        value: json!(history.value),
    }
}

/// Every remembered watch, as (`<account>/<region>/<watch>`, history).
///
/// # Errors
/// When the store cannot be read.
pub async fn remembered_watches(
    store: &dyn Store,
) -> Result<Vec<(String, WatchHistory)>, StoreError> {
    each_watch(store).await?.into_iter().collect()
}

/// The same, each by itself: one that makes no sense is an error of its own.
///
/// # Errors
/// When the store cannot be read.
pub async fn each_watch(
    store: &dyn Store,
) -> Result<Vec<Result<(String, WatchHistory), StoreError>>, StoreError> {
    let records = all_records(store, WATCH).await?.into_iter();
    let watches = records.map(|record| {
        let name = record.key[WATCH.len()..].to_owned();
        Ok((name, decode_record(record)?))
    });
    Ok(watches.collect())
}

/// The remembered watches whose records make sense, for figures: those of one watch are not lost with
/// another's record.
///
/// # Errors
/// When the store cannot be read.
pub async fn readable_watches(
    store: &dyn Store,
) -> Result<Vec<(String, WatchHistory)>, StoreError> {
    let watches = each_watch(store).await?.into_iter();
    Ok(watches.filter_map(Result::ok).collect())
}

/// Every account and region in which a watch was looked at.
///
/// # Errors
/// When the store cannot be read.
pub async fn places(store: &dyn Store) -> Result<BTreeSet<(AccountId, Region)>, StoreError> {
    let records = all_records(store, WATCH).await?;
    let place = |record: &Record| {
        let mut parts = record.key[WATCH.len()..].split('/');
        Some((AccountId::new(parts.next()?), Region::new(parts.next()?)))
    };
    Ok(records.iter().filter_map(place).collect())
}

/// What people were told of a watch's drift; absent when it was never looked at.
///
/// # Errors
/// When the store cannot be read.
pub async fn remembered_told(
    store: &dyn Store,
    scope: &Scope,
    watch: &WatchName,
) -> Result<Option<Versioned<ToldDrift>>, StoreError> {
    let record = store.get(&format!("{TOLD}{scope}/{watch}")).await?;
    record.map(versioned).transpose()
}

/// The write that replaces what people were told, unless somebody else did meanwhile.
pub fn put_told(scope: &Scope, watch: &WatchName, told: &Versioned<ToldDrift>) -> Op {
    Op::CompareAndSet {
        key: format!("{TOLD}{scope}/{watch}"),
        expected: told.version,
        value: json!(told.value),
    }
}

/// What an image's fresh boot reported, packed; `None` for images of others and of earlier versions.
///
/// # Errors
/// When the store cannot be read.
pub async fn remembered_report(
    store: &dyn Store,
    scope: &Scope,
    image: &ImageId,
) -> Result<Option<Versioned<String>>, StoreError> {
    report_at(store, &scope.to_string(), image).await
}

/// The same by the place that a watch's full name begins with: `<account>/<region>`.
///
/// # Errors
/// When the store cannot be read.
pub async fn report_at(
    store: &dyn Store,
    place: &str,
    image: &ImageId,
) -> Result<Option<Versioned<String>>, StoreError> {
    let record = store.get(&format!("{REPORT}{place}/{image}")).await?;
    record.map(versioned).transpose()
}

/// The write that keeps an image's report, over the version that was read.
pub fn put_report(scope: &Scope, image: &ImageId, version: u64, packed: &str) -> Op {
    Op::CompareAndSet {
        key: format!("{REPORT}{scope}/{image}"),
        expected: version,
        value: json!(packed),
    }
}

/// Every notice that somebody waits for or that was given up, oldest first.
///
/// # Errors
/// When the store cannot be read, or a row in it.
pub async fn outbox_notices(store: &dyn Store) -> Result<Vec<Waiting>, StoreError> {
    lines::outbox_in_order(store, |read| read.map(Some)).await
}

/// The same of all rows that make sense.
///
/// # Errors
/// When the store cannot be read.
pub async fn readable_outbox(
    store: &dyn Store,
    unreadable: &mut UnreadableRows,
) -> Result<Vec<Waiting>, StoreError> {
    lines::outbox_in_order(store, |read| unreadable.pass_over(read)).await
}

/// One row of the outbox, by its key in the store.
///
/// # Errors
/// When the store cannot be read.
pub async fn waiting_row(
    store: &dyn Store,
    key: &str,
) -> Result<Option<Versioned<Waiting>>, StoreError> {
    store.get(key).await?.map(versioned).transpose()
}

/// Every record under a prefix, page by page.
pub(super) async fn all_records(
    store: &dyn Store,
    prefix: &str,
) -> Result<Vec<Record>, StoreError> {
    let mut records: Vec<Record> = Vec::new();
    loop {
        let after = records.last().map(|record| record.key.clone());
        let page = store.query(prefix, after.as_deref(), PAGE).await?;
        let last = page.len() < PAGE;
        records.extend(page);
        if last {
            return Ok(records);
        }
    }
}

/// What the record of this key holds; empty where there is none.
pub(super) async fn read_or_empty<T: Default + DeserializeOwned>(
    store: &dyn Store,
    key: &str,
) -> Result<Versioned<T>, StoreError> {
    match store.get(key).await? {
        None => Ok(Versioned {
            version: 0,
            value: T::default(),
        }),
        Some(record) => versioned(record),
    }
}

pub(super) fn versioned<T: DeserializeOwned>(record: Record) -> Result<Versioned<T>, StoreError> {
    let version = record.version;
    let value = decode_record(record)?;
    Ok(Versioned { version, value })
}

pub(super) fn decode_record<T: DeserializeOwned>(record: Record) -> Result<T, StoreError> {
    let Record { key, value, .. } = record;
    serde_json::from_value::<T>(value).map_err(|source| StoreError::Unreadable { key, source })
}
