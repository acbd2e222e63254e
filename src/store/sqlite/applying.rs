//! One operation of a batch inside its transaction: what it expects, and what it writes.
//!
//! Takes no lock and ends no transaction; what a batch may hold is the contract's.

use rusqlite::{OptionalExtension, Transaction, params};
use serde_json::Value;

use super::super::{DRIVER, Op, StoreError};
use super::{Trouble, lease};

pub(super) fn apply_op(tx: &Transaction<'_>, op: &Op) -> Result<(), Trouble> {
    match op {
        Op::Append {
            journal,
            expected,
            event,
        } => append(tx, journal, *expected, event),
        Op::PutIfAbsent { key, value } => put_if_absent(tx, key, value),
        Op::CompareAndSet {
            key,
            expected,
            value,
        } => {
            expect_version(tx, key, *expected)?;
            write(tx, key, expected + 1, value)
        }
        Op::Delete { key, expected } => {
            expect_version(tx, key, *expected)?;
            tx.prepare_cached("DELETE FROM record WHERE key = ?1")?
                .execute([key])?;
            Ok(())
        }
        Op::Expect { key, version } => expect_version(tx, key, *version),
        Op::Shorten {
            journal,
            expected,
            left,
        } => shorten(tx, journal, *expected, *left),
        Op::CheckLease { epoch } => lease::expect_epoch(tx, DRIVER, *epoch),
    }
}

fn append(
    tx: &Transaction<'_>,
    journal: &str,
    expected: u64,
    event: &Value,
) -> Result<(), Trouble> {
    expect_length(tx, journal, expected)?;
    tx.prepare_cached("INSERT INTO journal (name, seq, event) VALUES (?1, ?2, ?3)")?
        .execute(params![journal, signed(expected), event.to_string()])?;
    Ok(())
}

fn shorten(tx: &Transaction<'_>, journal: &str, expected: u64, left: u64) -> Result<(), Trouble> {
    expect_length(tx, journal, expected)?;
    tx.prepare_cached("DELETE FROM journal WHERE name = ?1 AND seq >= ?2")?
        .execute(params![journal, signed(left)])?;
    Ok(())
}

fn expect_length(tx: &Transaction<'_>, journal: &str, expected: u64) -> Result<(), Trouble> {
    let length: i64 = tx
        .prepare_cached("SELECT COUNT(*) FROM journal WHERE name = ?1")?
        .query_row([journal], |row| row.get(0))?;
    if length.unsigned_abs() == expected {
        Ok(())
    } else {
        conflict(journal)
    }
}

fn put_if_absent(tx: &Transaction<'_>, key: &str, value: &Value) -> Result<(), Trouble> {
    if version_of(tx, key)? != 0 {
        return Ok(());
    }
    write(tx, key, 1, value)
}

pub(super) fn write(
    tx: &Transaction<'_>,
    key: &str,
    version: u64,
    value: &Value,
) -> Result<(), Trouble> {
    tx.prepare_cached(
        "INSERT INTO record (key, version, value) VALUES (?1, ?2, ?3) \
         ON CONFLICT (key) DO UPDATE SET version = ?2, value = ?3",
    )?
    .execute(params![key, signed(version), value.to_string()])?;
    Ok(())
}

fn expect_version(tx: &Transaction<'_>, key: &str, expected: u64) -> Result<(), Trouble> {
    if version_of(tx, key)? == expected {
        Ok(())
    } else {
        conflict(key)
    }
}

pub(super) fn version_of(tx: &Transaction<'_>, key: &str) -> Result<u64, Trouble> {
    let version: Option<i64> = tx
        .prepare_cached("SELECT version FROM record WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()?;
    Ok(version.unwrap_or(0).unsigned_abs())
}

pub(super) fn conflict(key: &str) -> Result<(), Trouble> {
    Err(Trouble::Told(StoreError::Conflict {
        key: key.to_owned(),
    }))
}

pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
