//! Who waits for which notice, in order: the outbox as it lies in the store.
//!
//! A notice is stored with its fact as `outbox/<digest>`, for everybody who is to be told. Whoever
//! delivers puts it into lines, one for each receiver and watch: `line/<receiver>/<watch>/<when it
//! was>/<digest>`, so that a receiver hears of a watch in the order in which things happened, and so
//! that what is due is found at the heads of the lines, however many wait behind them. What was given
//! up leaves its line for `dead/<receiver>/<when>/<digest>`, where it is in nobody's way.
//!
//! Each row holds a [`Waiting`]; in lines and among the dead with one receiver.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;

use super::{Delivery, OUTBOX, PAGE, Versioned, Waiting, all_records, decode_record, versioned};
use crate::model::ids::WatchName;
use crate::model::notice::Notice;
use crate::store::{Op, Record, Store, StoreError};

const LINE: &str = "line/";
const DEAD: &str = "dead/";
/// A line of what is about no watch. No watch is called so.
const NO_WATCH: &str = "~";
/// Receivers that are put into their lines by one batch, with room for the row itself.
const QUEUED_AT_ONCE: usize = 20;

/// A row and its key.
pub type OutboxRow = (String, Versioned<Waiting>);

/// One receiver's line of one watch's notices.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NoticeLine {
    pub receiver: String,
    watch: String,
}

/// Some rows of many.
#[derive(Debug, Default)]
pub struct OutboxPage {
    pub rows: Vec<OutboxRow>,
    /// The keys of rows that make no sense; they are left as they are.
    pub unreadable: Vec<String>,
    /// After which key the next page begins; absent after the last.
    pub after: Option<String>,
}

/// How many deliveries wait, and how many were given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    pub waiting: u64,
    pub dead: u64,
}

impl NoticeLine {
    fn prefix(&self) -> String {
        format!("{LINE}{}/{}/", self.receiver, self.watch)
    }

    fn of_key(key: &str) -> Option<Self> {
        let mut parts = key.strip_prefix(LINE)?.split('/');
        let (receiver, watch) = (parts.next()?, parts.next()?);
        Some(Self {
            receiver: receiver.to_owned(),
            watch: watch.to_owned(),
        })
    }
}

/// A page of notices that nobody has put into lines yet.
///
/// # Errors
/// When the store cannot be read.
pub async fn fresh(store: &dyn Store, after: Option<&str>) -> Result<OutboxPage, StoreError> {
    page(store, OUTBOX, after).await
}

/// A page of what was given up.
///
/// # Errors
/// When the store cannot be read.
pub async fn dead(store: &dyn Store, after: Option<&str>) -> Result<OutboxPage, StoreError> {
    page(store, DEAD, after).await
}

async fn page(
    store: &dyn Store,
    prefix: &str,
    after: Option<&str>,
) -> Result<OutboxPage, StoreError> {
    let records = store.query(prefix, after, PAGE).await?;
    let last = records.len() < PAGE;
    let mut page = OutboxPage {
        after: records.last().map(|record| record.key.clone()),
        ..OutboxPage::default()
    };
    page.after = page.after.filter(|_| !last);
    for record in records {
        match row(record) {
            Ok(row) => page.rows.push(row),
            Err(StoreError::Unreadable { key, .. }) => page.unreadable.push(key),
            Err(error) => return Err(error),
        }
    }
    Ok(page)
}

fn row(record: Record) -> Result<OutboxRow, StoreError> {
    Ok((record.key.clone(), versioned(record)?))
}

/// The lines in which somebody waits, each with its head.
///
/// # Errors
/// When the store cannot be read. Rows that make no sense are passed over.
pub async fn heads(store: &dyn Store) -> Result<Vec<(NoticeLine, OutboxRow)>, StoreError> {
    let mut heads = Vec::new();
    let mut after: Option<String> = None;
    while let Some(record) = store.query(LINE, after.as_deref(), 1).await?.pop() {
        let Some(line) = NoticeLine::of_key(&record.key) else {
            after = Some(record.key);
            continue;
        };
        // The next key of all that is not of this line.
        after = Some(format!("{}{}", line.prefix(), char::MAX));
        let first = match row(record) {
            Err(StoreError::Unreadable { .. }) => head(store, &line).await?,
            row => Some(row?),
        };
        heads.extend(first.map(|row| (line, row)));
    }
    Ok(heads)
}

/// Who is first in this line now.
///
/// # Errors
/// When the store cannot be read. Rows that make no sense are passed over.
pub async fn head(store: &dyn Store, line: &NoticeLine) -> Result<Option<OutboxRow>, StoreError> {
    let prefix = line.prefix();
    let mut after: Option<String> = None;
    while let Some(record) = store.query(&prefix, after.as_deref(), 1).await?.pop() {
        after = Some(record.key.clone());
        match row(record) {
            Err(StoreError::Unreadable { .. }) => {}
            row => return row.map(Some),
        }
    }
    Ok(None)
}

/// Whether a notice of this sort waits in the line.
///
/// # Errors
/// When the store cannot be read. Rows that make no sense are passed over.
pub async fn any_in_line(
    store: &dyn Store,
    line: &NoticeLine,
    wanted: impl Fn(&Notice) -> bool,
) -> Result<bool, StoreError> {
    let prefix = line.prefix();
    let mut after: Option<String> = None;
    loop {
        let page = page(store, &prefix, after.as_deref()).await?;
        if page.rows.iter().any(|(_, row)| wanted(&row.value.notice)) {
            return Ok(true);
        }
        after = page.after;
        if after.is_none() {
            return Ok(false);
        }
    }
}

/// The writes that put a fresh notice into its lines. Whoever is not `known` waits for nothing. What
/// has no room in one batch stays in the row, and is found there again.
pub fn queue((key, row): &OutboxRow, known: impl Fn(&str) -> bool) -> Vec<Op> {
    let name = key[OUTBOX.len()..].to_owned();
    let mut left = row.clone();
    left.value.to.retain(|receiver, _| known(receiver));
    let mut ops = Vec::new();
    for _ in 0..QUEUED_AT_ONCE {
        let Some((receiver, delivery)) = left.value.to.pop_first() else {
            break;
        };
        let to = match delivery.dead {
            false => line_key(&row.value, &receiver, &name),
            true => dead_key(&row.value, &receiver, &name),
        };
        ops.push(put(to, 0, &row.value, receiver, delivery));
    }
    ops.push(match left.value.to.is_empty() {
        true => cross_off(key, row.version),
        false => Op::CompareAndSet {
            key: key.clone(),
            expected: row.version,
            value: json!(left.value),
        },
    });
    ops
}

/// The write that changes how a delivery in a line stands.
pub fn put_off((key, row): &OutboxRow) -> Op {
    Op::CompareAndSet {
        key: key.clone(),
        expected: row.version,
        value: json!(row.value),
    }
}

/// The write that crosses a row off: it was delivered, or nobody waits for it.
pub fn cross_off(key: &str, version: u64) -> Op {
    Op::Delete {
        key: key.to_owned(),
        expected: version,
    }
}

/// The writes that take what was given up out of its line.
pub fn bury((key, row): &OutboxRow) -> Vec<Op> {
    moved(key, row, dead_key)
}

/// The writes that put what was given up back into its line.
pub fn revive_ops((key, row): &OutboxRow) -> Vec<Op> {
    moved(key, row, line_key)
}

fn moved(
    key: &str,
    row: &Versioned<Waiting>,
    to: impl Fn(&Waiting, &str, &str) -> String,
) -> Vec<Op> {
    let name = key.rsplit('/').next().unwrap_or_default();
    let mut ops = vec![cross_off(key, row.version)];
    for (receiver, delivery) in row.value.to.clone() {
        let to = to(&row.value, &receiver, name);
        ops.push(put(to, 0, &row.value, receiver, delivery));
    }
    ops
}

fn put(key: String, expected: u64, row: &Waiting, receiver: String, delivery: Delivery) -> Op {
    let value = json!(Waiting {
        notice: row.notice.clone(),
        to: BTreeMap::from([(receiver, delivery)]),
    });
    Op::CompareAndSet {
        key,
        expected,
        value,
    }
}

fn line_key(row: &Waiting, receiver: &str, name: &str) -> String {
    let watch = row.notice.watch.as_ref().map_or(NO_WATCH, lane);
    let at = in_order(row.notice.at);
    format!("{LINE}{receiver}/{watch}/{at}/{name}")
}

fn dead_key(row: &Waiting, receiver: &str, name: &str) -> String {
    format!("{DEAD}{receiver}/{}/{name}", in_order(row.notice.at))
}

/// A watch's name as a part of a key: what was read from tags of strangers may be no name at all.
fn lane(watch: &WatchName) -> &str {
    let watch = watch.as_str();
    let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    match (1..=40).contains(&watch.len()) && watch.chars().all(letter) {
        true => watch,
        false => NO_WATCH,
    }
}

/// Text that sorts as time does.
fn in_order(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// Everything that somebody waits for or that was given up, oldest first, each notice once. `kept` says
/// what becomes of a row that makes no sense.
///
/// # Errors
/// When the store cannot be read, or as `kept` has it.
pub(super) async fn outbox_in_order(
    store: &dyn Store,
    mut kept: impl FnMut(Result<Waiting, StoreError>) -> Result<Option<Waiting>, StoreError>,
) -> Result<Vec<Waiting>, StoreError> {
    let mut by_name: BTreeMap<String, Waiting> = BTreeMap::new();
    for prefix in [OUTBOX, LINE, DEAD] {
        for record in all_records(store, prefix).await? {
            let name = record.key.rsplit('/').next().unwrap_or_default().to_owned();
            let Some(row) = kept(decode_record(record))? else {
                continue;
            };
            match by_name.get_mut(&name) {
                Some(known) => known.to.extend(row.to),
                None => drop(by_name.insert(name, row)),
            }
        }
    }
    let mut waiting: Vec<(String, Waiting)> = by_name.into_iter().collect();
    waiting.sort_by(|(a, one), (b, other)| (one.notice.at, a).cmp(&(other.notice.at, b)));
    Ok(waiting.into_iter().map(|(_, one)| one).collect())
}

/// Counts, page by page, and lets others work in between.
///
/// # Errors
/// When the store cannot be read. Rows that make no sense are not counted.
pub async fn count_waiting(store: &dyn Store) -> Result<Count, StoreError> {
    let mut count = Count::default();
    for prefix in [OUTBOX, LINE, DEAD] {
        let mut after: Option<String> = None;
        loop {
            let page = page(store, prefix, after.as_deref()).await?;
            for delivery in page.rows.iter().flat_map(|(_, row)| row.value.to.values()) {
                match delivery.dead {
                    true => count.dead += 1,
                    false => count.waiting += 1,
                }
            }
            after = page.after;
            if after.is_none() {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
    Ok(count)
}
