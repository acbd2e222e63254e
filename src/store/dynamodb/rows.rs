//! How a store lies in a table: plain functions from keys and operations to rows, and back.
//!
//! A record's partition is its key's first segment, its sort key the rest, so that a listing is one query. A
//! journal is a partition of its own, with a row for each event. A lease is two rows: the epoch, which every batch
//! of its holder is held against, and the beat, which its holder writes again and again; one row for both would let
//! the holder's batches and his renewals conflict with each other. No first segment has a slash in it, which keeps
//! the three apart.

use serde_json::Value;

use crate::cloud::{Cell, Row, RowKey, RowTest, RowWrite};
use crate::store::{DRIVER, Op, Record, StoreError};

/// What a record or an event holds, as JSON.
const VALUE: &str = "v";
/// A record's version.
const VERSION: &str = "n";
/// What begins the partition of a journal.
const JOURNAL: &str = "journal/";
/// The sort key of a record whose key is one segment: before every other, which begins with a slash.
const ALONE: &str = "-";

pub(super) const EPOCH: &str = "epoch";
pub(super) const BEAT: &str = "beat";
pub(super) const HOLDER: &str = "holder";

/// Rows of one partition, from one sort key to another, both included.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) partition: String,
    pub(super) from: String,
    pub(super) to: String,
}

impl Span {
    /// The records whose key starts with this, where it names a whole first segment.
    pub(super) fn of_prefix(prefix: &str) -> Option<Self> {
        let (first, rest) = prefix.split_once('/')?;
        Some(Self {
            partition: first.to_owned(),
            from: format!("/{rest}"),
            to: format!("/{rest}{}", char::MAX),
        })
    }

    pub(super) fn of_journal(name: &str) -> Self {
        Self {
            partition: journal_partition(name),
            from: nth(0),
            to: nth(u64::MAX),
        }
    }

    pub(super) fn of_lease(name: &str) -> Self {
        Self {
            partition: lease_partition(name),
            from: BEAT.to_owned(),
            to: EPOCH.to_owned(),
        }
    }
}

pub(super) fn record_key(key: &str) -> RowKey {
    match key.split_once('/') {
        Some((first, rest)) => RowKey::new(first, format!("/{rest}")),
        None => RowKey::new(key, ALONE),
    }
}

/// The key of the record that is kept here; nothing of events and leases.
pub(super) fn key_of_record(key: &RowKey) -> Option<String> {
    let RowKey { partition, sort } = key;
    if partition.contains('/') {
        return None;
    }
    Some(match sort.as_str() {
        ALONE => partition.clone(),
        rest => format!("{partition}{rest}"),
    })
}

/// The journal that this row is an event of, and the how-manyth.
pub(super) fn event_of(key: &RowKey) -> Option<(&str, u64)> {
    let journal = key.partition.strip_prefix(JOURNAL)?;
    Some((journal, key.sort.parse().ok()?))
}

pub(super) fn event_row(journal: &str, n: u64, event: &Value) -> Row {
    Row::new(event_key(journal, n)).with(VALUE, Cell::Text(event.to_string()))
}

fn journal_partition(name: &str) -> String {
    format!("{JOURNAL}{name}")
}

fn lease_partition(name: &str) -> String {
    format!("lease/{name}")
}

/// Numbers whose order as texts is their own.
fn nth(n: u64) -> String {
    format!("{n:020}")
}

fn event_key(journal: &str, n: u64) -> RowKey {
    RowKey::new(journal_partition(journal), nth(n))
}

pub(super) fn epoch_key(lease: &str) -> RowKey {
    RowKey::new(lease_partition(lease), EPOCH)
}

pub(super) fn beat_key(lease: &str) -> RowKey {
    RowKey::new(lease_partition(lease), BEAT)
}

/// What a row holds, which stands under this name in the store.
pub(super) fn value_of(name: &str, row: &Row) -> Result<Value, StoreError> {
    serde_json::from_str(row.text(VALUE).unwrap_or_default()).map_err(|source| {
        StoreError::Unreadable {
            key: name.to_owned(),
            source,
        }
    })
}

pub(super) fn record_of(row: Row) -> Result<Record, StoreError> {
    let key = key_of_record(&row.key).unwrap_or_default();
    let value = value_of(&key, &row)?;
    let version = row.number(VERSION).unwrap_or_default();
    Ok(Record {
        key,
        version,
        value,
    })
}

pub(super) fn record_row(key: &str, version: u64, value: &Value) -> Row {
    Row::new(record_key(key))
        .with(VALUE, Cell::Text(value.to_string()))
        .with(VERSION, Cell::Number(version))
}

/// What a version asks of a row; 0 is a record that is not there.
fn of_version(version: u64) -> Vec<RowTest> {
    match version {
        0 => vec![RowTest::Absent],
        version => vec![RowTest::Is(VERSION, Cell::Number(version))],
    }
}

/// The parts of a transaction, each with the place of its operation. No two are about one row, as no two
/// operations are about one key or journal.
pub(super) fn writes_of(ops: &[Op]) -> Vec<(usize, RowWrite)> {
    let parts = ops.iter().enumerate();
    let parts = parts.flat_map(|(at, op)| parts_of(op).into_iter().map(move |part| (at, part)));
    parts.collect()
}

fn parts_of(op: &Op) -> Vec<RowWrite> {
    match op {
        Op::Append {
            journal,
            expected,
            event,
        } => append(journal, *expected, event),
        Op::PutIfAbsent { key, value } => vec![RowWrite::PutIfAbsent {
            row: record_row(key, 1, value),
        }],
        Op::CompareAndSet {
            key,
            expected,
            value,
        } => vec![RowWrite::Put {
            row: record_row(key, expected + 1, value),
            when: of_version(*expected),
        }],
        Op::Delete { key, expected: 0 } => vec![check(record_key(key), of_version(0))],
        Op::Delete { key, expected } => vec![RowWrite::Delete {
            key: record_key(key),
            when: of_version(*expected),
        }],
        Op::Expect { key, version } => vec![check(record_key(key), of_version(*version))],
        Op::Shorten {
            journal,
            expected,
            left,
        } => shorten(journal, *expected, *left),
        Op::CheckLease { epoch } => vec![check(
            epoch_key(DRIVER),
            vec![RowTest::Is(EPOCH, Cell::Number(*epoch))],
        )],
    }
}

fn check(key: RowKey, when: Vec<RowTest>) -> RowWrite {
    RowWrite::Check { key, when }
}

/// Events are numbered without a gap: a journal has exactly so many when the last of them is there and the next
/// is not.
fn append(journal: &str, expected: u64, event: &Value) -> Vec<RowWrite> {
    let mut parts = vec![RowWrite::Put {
        row: event_row(journal, expected, event),
        when: vec![RowTest::Absent],
    }];
    if let Some(last) = expected.checked_sub(1) {
        parts.push(check(event_key(journal, last), vec![RowTest::Present]));
    }
    parts
}

fn shorten(journal: &str, expected: u64, left: u64) -> Vec<RowWrite> {
    let mut parts = vec![check(event_key(journal, expected), vec![RowTest::Absent])];
    parts.extend((left..expected).map(|n| RowWrite::Delete {
        key: event_key(journal, n),
        when: vec![RowTest::Present],
    }));
    if left >= expected
        && let Some(last) = expected.checked_sub(1)
    {
        parts.push(check(event_key(journal, last), vec![RowTest::Present]));
    }
    parts
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_records_key_survives_the_way_there_and_back() {
        for key in [
            "a",
            "p/1",
            "watch/000000000000/eu-west-1/shop",
            "p/",
            "p%",
            "p/a//b",
        ] {
            assert_eq!(key_of_record(&record_key(key)).as_deref(), Some(key));
        }
        for other in [
            event_key("bake/key/0001", 3),
            epoch_key(DRIVER),
            beat_key(DRIVER),
        ] {
            assert_eq!(key_of_record(&other), None);
        }
    }

    #[test]
    fn events_have_the_order_of_their_numbers() {
        let keys: Vec<_> = [0, 9, 10, 99, 100, u64::MAX]
            .map(|n| event_key("j", n))
            .into();
        assert!(keys.is_sorted());
    }

    #[test]
    fn no_batch_is_about_one_row_twice_and_none_has_too_many_parts() {
        let key = |n: u64| format!("k/{n}");
        let each = |op: &dyn Fn(u64) -> Op| (0..25).map(op).collect::<Vec<_>>();
        let full = [
            each(&|n| Op::Append {
                journal: key(n),
                expected: n,
                event: json!(n),
            }),
            each(&|n| Op::CompareAndSet {
                key: key(n),
                expected: n,
                value: json!(n),
            }),
            vec![
                Op::Shorten {
                    journal: key(1),
                    expected: 40,
                    left: 16,
                },
                Op::CheckLease { epoch: 1 },
            ],
            vec![
                Op::Append {
                    journal: "a".into(),
                    expected: 1,
                    event: json!(1),
                },
                Op::PutIfAbsent {
                    key: "a".into(),
                    value: json!(1),
                },
            ],
        ];
        for ops in full {
            let parts = writes_of(&ops);
            assert!(parts.len() <= 100, "{}", parts.len());
            let mut rows: Vec<RowKey> = parts
                .iter()
                .map(|(_, part)| match part {
                    RowWrite::Put { row, .. } | RowWrite::PutIfAbsent { row } => row.key.clone(),
                    RowWrite::Delete { key, .. } | RowWrite::Check { key, .. } => key.clone(),
                })
                .collect();
            let all = rows.len();
            rows.sort();
            rows.dedup();
            assert_eq!(rows.len(), all, "{ops:?}");
        }
    }
}
