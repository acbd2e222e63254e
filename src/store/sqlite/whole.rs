//! The whole file at once: everything that is in it, and everything that goes into an empty one.

use std::collections::BTreeMap;

use rusqlite::TransactionBehavior;
use rusqlite::params;

use super::applying::signed;
use super::{SqliteStore, Trouble, decode, record, row_parts};
use crate::store::{Contents, LEASES, Record, StoreError, holds_something_else};

impl SqliteStore {
    /// As it is at one moment.
    pub(super) fn contents_now(&self) -> Result<Contents, StoreError> {
        self.with("read", |connection| {
            let tx = connection.transaction()?;
            all_of(&tx)
        })
    }

    pub(super) fn fill_now(&self, contents: &Contents) -> Result<(), StoreError> {
        self.with("write", |connection| {
            let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let there = all_of(&tx)?;
            let other = other_than(&there, contents);
            if let Some(other) = other {
                return Err(Trouble::Told(holds_something_else(&self.place, other)));
            }
            for Record {
                key,
                version,
                value,
            } in contents.records.values()
            {
                let row = params![key, signed(*version), value.to_string()];
                tx.execute(
                    "INSERT OR IGNORE INTO record (key, version, value) VALUES (?1, ?2, ?3)",
                    row,
                )?;
            }
            for (name, events) in &contents.journals {
                for (seq, event) in (0..).zip(events) {
                    let row = params![name, signed(seq), event.to_string()];
                    tx.execute(
                        "INSERT OR IGNORE INTO journal (name, seq, event) VALUES (?1, ?2, ?3)",
                        row,
                    )?;
                }
            }
            Ok(tx.commit()?)
        })
    }
}

/// What is there and is not what shall be.
fn other_than<'a>(there: &'a Contents, wanted: &Contents) -> Option<&'a str> {
    let mut records = there.records.iter();
    let record = records.find(|(key, record)| wanted.records.get(*key) != Some(record));
    let mut journals = there.journals.iter();
    let journal = journals.find(|(name, events)| wanted.journals.get(*name) != Some(events));
    let record = record.map(|(key, _)| key.as_str());
    record.or(journal.map(|(name, _)| name.as_str()))
}

fn all_of(tx: &rusqlite::Transaction<'_>) -> Result<Contents, Trouble> {
    let mut statement = tx.prepare("SELECT key, version, value FROM record ORDER BY key")?;
    let rows = statement.query_map([], row_parts)?;
    let mut records = BTreeMap::new();
    for row in rows {
        let record = record(row?)?;
        if !record.key.starts_with(LEASES) {
            records.insert(record.key.clone(), record);
        }
    }
    let mut statement = tx.prepare("SELECT name, event FROM journal ORDER BY name, seq")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut journals: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for row in rows {
        let (name, event): (String, String) = row?;
        let event = decode(&name, &event)?;
        journals.entry(name).or_default().push(event);
    }
    Ok(Contents { records, journals })
}
