//! The chronicle's records: what happened to each watch, in the order in which it was written.
//!
//! Keys: `chronicle/<account>/<region>/<watch>/<number>` holds an [`Entry`]; `chronicled/<account>/
//! <region>/<watch>` holds the [`Head`]: the next number, and what a pass saw last, so that a pass that
//! sees the same again writes nothing. The head's version makes two writers take turns.
//!
//! Bounded: each watch keeps its newest 500 entries, and none that is older than the config says. What is
//! over the number goes when the next entry is written, a few at a time, unless it is a run's end: that has
//! a journal, which [`pruning`](crate::store::pruning) takes with it.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{UnreadableRows, all_records, decode_record};
use crate::model::chronicle::{Chronicle, Entry, EntryWhat, SeenEntry};
use crate::model::ids::{Scope, WatchName};
use crate::store::{Batch, Op, Record, Store, StoreError};

/// Entries that a watch keeps.
pub const ENTRIES_MAX: u64 = 500;
/// Entries that one write may remove: a batch has room for 25 operations.
const PRUNED_AT_ONCE: usize = 6;

/// Operations of an entry that goes to several chronicles; more would not fit into the fact's batch.
const BESIDE_MAX: usize = 12;

const ENTRY: &str = "chronicle/";
const HEAD: &str = "chronicled/";

/// Where a watch's chronicle begins and ends.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Head {
    /// The oldest entry that is kept.
    first: u64,
    /// The number that the next entry gets.
    next: u64,
    /// What a pass saw last.
    seen: Option<SeenEntry>,
}

/// The writes that add an entry; none when a pass saw what the one before it saw.
///
/// # Errors
/// When the store cannot be read.
pub async fn append_entries(
    store: &dyn Store,
    scope: &Scope,
    watch: &WatchName,
    entry: &Entry,
) -> Result<Vec<Op>, StoreError> {
    append_named(store, &format!("{scope}/{watch}"), entry).await
}

/// The same by the watch's full name, `<account>/<region>/<watch>`: for whoever has no credentials.
///
/// # Errors
/// When the store cannot be read.
pub async fn append_named(
    store: &dyn Store,
    name: &str,
    entry: &Entry,
) -> Result<Vec<Op>, StoreError> {
    append_to(store, name, entry).await
}

/// What a pass saw last of the watch of this full name.
///
/// # Errors
/// When the store cannot be read.
pub async fn seen_last(store: &dyn Store, name: &str) -> Result<Option<SeenEntry>, StoreError> {
    Ok(read_head(store, name).await?.1.seen)
}

/// Where an entry goes that is said of a watch without credentials: into the chronicle of every account
/// and region where it has been seen.
#[derive(Debug, Default, PartialEq)]
pub struct Everywhere {
    /// The writes that fit into the fact's own batch; none where no pass was made yet.
    pub beside: Vec<Op>,
    /// The chronicles that are left, for [`append_after`].
    pub after: Vec<String>,
}

/// Where the entry goes, and the first writes of it.
///
/// # Errors
/// When the store cannot be read.
pub async fn append_everywhere(
    store: &dyn Store,
    watch: &WatchName,
    entry: &Entry,
) -> Result<Everywhere, StoreError> {
    let mut everywhere = Everywhere::default();
    for record in all_records(store, HEAD).await? {
        let name = &record.key[HEAD.len()..];
        if name.rsplit('/').next() != Some(watch.as_str()) {
            continue;
        }
        match everywhere.beside.len() < BESIDE_MAX {
            true => everywhere
                .beside
                .extend(append_to(store, name, entry).await?),
            false => everywhere.after.push(name.to_owned()),
        }
    }
    Ok(everywhere)
}

/// Adds the entry to the chronicles that the fact's batch had no room for, each in a batch of its own.
///
/// # Errors
/// When the store cannot be read or written.
pub async fn append_after(
    store: &dyn Store,
    names: &[String],
    entry: &Entry,
) -> Result<(), StoreError> {
    for name in names {
        loop {
            let ops = append_to(store, name, entry).await?;
            match store.commit(Batch::of_ops(ops)).await {
                // Somebody wrote into it meanwhile: its end is somewhere else now.
                Err(StoreError::Conflict { .. }) => {}
                other => break other?,
            }
        }
    }
    Ok(())
}

async fn append_to(store: &dyn Store, name: &str, entry: &Entry) -> Result<Vec<Op>, StoreError> {
    let (version, mut head) = read_head(store, name).await?;
    if let EntryWhat::Seen(seen) = &entry.what {
        if head.seen.as_ref().is_some_and(|last| last.same_as(seen)) {
            return Ok(Vec::new());
        }
        head.seen = Some(seen.clone());
    }
    let mut ops = vec![Op::CompareAndSet {
        key: entry_key(name, head.next),
        expected: 0,
        value: json!(entry),
    }];
    head.next += 1;
    ops.extend(over_number(store, name, &mut head).await?);
    ops.push(Op::CompareAndSet {
        key: format!("{HEAD}{name}"),
        expected: version,
        value: json!(head),
    });
    Ok(ops)
}

/// Removes what is over the number, oldest first, up to a run's end: that one is not forgotten in passing.
/// An entry that makes no sense is in nobody's way.
async fn over_number(
    store: &dyn Store,
    name: &str,
    head: &mut Head,
) -> Result<Vec<Op>, StoreError> {
    let mut ops = Vec::new();
    while head.next - head.first > ENTRIES_MAX && ops.len() < PRUNED_AT_ONCE {
        let key = entry_key(name, head.first);
        if let Some(record) = store.get(&key).await? {
            let expected = record.version;
            if decode_record::<Entry>(record).is_ok_and(|old| old.what.journal().is_some()) {
                break;
            }
            ops.push(Op::Delete { key, expected });
        }
        head.first += 1;
    }
    Ok(ops)
}

/// How much of each watch's history is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryBounds {
    /// No entry is older.
    pub age: TimeDelta,
    /// The newest so many.
    pub entries: u64,
}

/// An entry that is past the bounds.
#[derive(Debug)]
pub struct PastEntry {
    /// Absent when it makes no sense.
    pub entry: Option<Entry>,
    /// The writes that forget it.
    pub ops: Vec<Op>,
}

/// The oldest entry of the watch of this full name, when it is past the bounds. The newest entry never is;
/// one that makes no sense is past the number alone.
///
/// # Errors
/// When the store cannot be read.
pub async fn oldest_past(
    store: &dyn Store,
    name: &str,
    bounds: HistoryBounds,
    now: DateTime<Utc>,
) -> Result<Option<PastEntry>, StoreError> {
    let (version, mut head) = read_head(store, name).await?;
    let horizon = now.checked_sub_signed(bounds.age);
    while head.first + 1 < head.next {
        let many = head.next - head.first > bounds.entries;
        let key = entry_key(name, head.first);
        head.first += 1;
        let Some(record) = store.get(&key).await? else {
            continue;
        };
        let expected = record.version;
        let entry = decode_record::<Entry>(record).ok();
        let old = entry
            .as_ref()
            .zip(horizon)
            .is_some_and(|(one, at)| one.at < at);
        if !many && !old {
            return Ok(None);
        }
        let ops = vec![
            Op::Delete { key, expected },
            Op::CompareAndSet {
                key: format!("{HEAD}{name}"),
                expected: version,
                value: json!(head),
            },
        ];
        return Ok(Some(PastEntry { entry, ops }));
    }
    Ok(None)
}

/// The full names of the watches that have a chronicle.
///
/// # Errors
/// When the store cannot be read.
pub async fn chronicled(store: &dyn Store) -> Result<Vec<String>, StoreError> {
    let records = all_records(store, HEAD).await?.into_iter();
    Ok(records
        .map(|record| record.key[HEAD.len()..].to_owned())
        .collect())
}

/// The chronicles of every watch, or of the one of this name in whichever account and region.
///
/// # Errors
/// When the store cannot be read, or an entry in it.
pub async fn chronicles(
    store: &dyn Store,
    only: Option<&WatchName>,
) -> Result<Vec<Chronicle>, StoreError> {
    let mut found = Vec::new();
    for record in all_records(store, HEAD).await? {
        let watch = record.key[HEAD.len()..].to_owned();
        let wanted = only.is_none_or(|name| watch.rsplit('/').next() == Some(name.as_str()));
        if wanted {
            let (head, entries) = (decode_record(record)?, entries(store, &watch).await?);
            let entries = entries.into_iter().collect::<Result<Vec<_>, _>>()?;
            found.push(chronicle(watch, head, entries));
        }
    }
    Ok(found)
}

/// Those of every watch, of all entries that make sense.
///
/// # Errors
/// When the store cannot be read.
pub async fn readable_chronicles(
    store: &dyn Store,
    unreadable: &mut UnreadableRows,
) -> Result<Vec<Chronicle>, StoreError> {
    let mut found = Vec::new();
    for record in all_records(store, HEAD).await? {
        let watch = record.key[HEAD.len()..].to_owned();
        let head = unreadable.pass_over(decode_record(record))?;
        let mut readable = Vec::new();
        for entry in entries(store, &watch).await? {
            readable.extend(unreadable.pass_over(entry)?);
        }
        found.push(chronicle(watch, head.unwrap_or_default(), readable));
    }
    Ok(found)
}

async fn entries(
    store: &dyn Store,
    watch: &str,
) -> Result<Vec<Result<Entry, StoreError>>, StoreError> {
    let records = all_records(store, &format!("{ENTRY}{watch}/")).await?;
    Ok(records.into_iter().map(decode_record::<Entry>).collect())
}

fn chronicle(watch: String, head: Head, entries: Vec<Entry>) -> Chronicle {
    let seen_at = entries.iter().rev().find_map(|entry| match &entry.what {
        EntryWhat::Seen(_) => Some(entry.at),
        EntryWhat::Baked(_)
        | EntryWhat::Moved(_)
        | EntryWhat::Published(_)
        | EntryWhat::Retired(_)
        | EntryWhat::Did(_) => None,
    });
    Chronicle {
        watch,
        last_seen: seen_at.zip(head.seen),
        entries,
    }
}

async fn read_head(store: &dyn Store, name: &str) -> Result<(u64, Head), StoreError> {
    match store.get(&format!("{HEAD}{name}")).await? {
        None => Ok((0, Head::default())),
        Some(record) => {
            let Record { version, .. } = record;
            Ok((version, decode_record(record)?))
        }
    }
}

/// Numbers sort as they were written.
fn entry_key(name: &str, number: u64) -> String {
    format!("{ENTRY}{name}/{number:010}")
}

#[cfg(test)]
mod tests;
