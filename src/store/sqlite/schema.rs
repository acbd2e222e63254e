//! The tables, and how a file of an earlier version becomes one of this version.
//!
//! Migrations are append-only: one that has been released is never edited.

use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, TransactionBehavior};

use super::super::StoreError;

/// In order; a file's `user_version` is the number of those that it has had.
const MIGRATIONS: &[&str] = &["CREATE TABLE record (
         key     TEXT PRIMARY KEY NOT NULL,
         version INTEGER NOT NULL,
         value   TEXT NOT NULL
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE journal (
         name  TEXT NOT NULL,
         seq   INTEGER NOT NULL,
         event TEXT NOT NULL,
         PRIMARY KEY (name, seq)
     ) STRICT, WITHOUT ROWID;"];

/// The version of a file that this amiwatch writes.
pub const VERSION: usize = MIGRATIONS.len();

/// Refuses a file that a newer amiwatch has written, before anything in it is touched.
pub(super) fn refuse_newer(connection: &Connection, place: &str) -> Result<(), StoreError> {
    let found = applied(connection).map_err(|e| super::sqlite_failed(place, "read", e))?;
    if found > MIGRATIONS.len() {
        let why = format!(
            "{place} was written by a newer amiwatch (schema {found}, this one knows {VERSION})"
        );
        let advice = "upgrade amiwatch or point [store] url elsewhere".to_owned();
        return Err(StoreError::Refused { why, advice });
    }
    Ok(())
}

/// WAL, so that readers never wait for the driver; FULL, so that a commit survives a power cut. Plans
/// stay as they are: every query here goes by the primary key, and planning anew for each prefix that
/// is bound was a third of a query's cost.
pub(super) fn set_up(connection: &Connection, busy: Duration) -> rusqlite::Result<()> {
    connection.busy_timeout(busy)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    Ok(())
}

/// Brings the file to this version, one migration a transaction.
pub(super) fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    for (done, migration) in MIGRATIONS.iter().enumerate().skip(applied(connection)?) {
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Another process may have migrated while this one waited for the lock.
        if applied(&tx)? == done {
            tx.execute_batch(migration)?;
            tx.pragma_update(
                None,
                "user_version",
                i64::try_from(done + 1).unwrap_or(i64::MAX),
            )?;
        }
        tx.commit()?;
    }
    Ok(())
}

pub(super) fn applied(connection: &Connection) -> rusqlite::Result<usize> {
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    Ok(usize::try_from(version).unwrap_or(0))
}
