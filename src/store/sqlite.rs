//! The embedded store: one SQLite file in WAL mode, every commit synced. Works inline on the one
//! runtime thread (a commit takes a fraction of a millisecond), never on a thread of its own.
//!
//! Owns the file and its schema; the lock beside it is `lease`'s. Must not interpret values.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{
    Connection, ErrorCode, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params,
};
use serde_json::Value;

use super::{Batch, Contents, Holder, Lease, LeaseTaken, Record, Store, StoreAnswer, StoreError};

mod applying;
mod disk;
mod files;
mod lease;
mod schema;
mod trouble;
mod whole;

use applying::{apply_op, version_of, write};
pub use schema::VERSION as SCHEMA_VERSION;
use trouble::{damaged, io_failed, sqlite_failed};

/// How long a commit waits for another process's commit.
const BUSY: Duration = Duration::from_secs(5);

/// A store in one file, or in memory.
pub struct SqliteStore {
    place: String,
    /// Absent for a store in memory, which no other process can see.
    path: Option<PathBuf>,
    connection: RefCell<Connection>,
    files: files::Files,
    /// What this process holds, by the lease's name.
    leases: RefCell<BTreeMap<String, lease::HeldLease>>,
}

impl SqliteStore {
    /// Opens the file, or makes it (and its folder).
    ///
    /// # Errors
    /// When it cannot be opened, is not a database, was written by a newer amiwatch, or lies on a
    /// network file system.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let place = path.display().to_string();
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        std::fs::create_dir_all(folder).map_err(|e| io_failed(&place, "make its folder", e))?;
        if let Some(kind) = disk::network_file_system(folder) {
            return Err(disk::refused(&place, &kind));
        }
        let connection = Connection::open(path).map_err(|e| sqlite_failed(&place, "open", e))?;
        Self::prepare(place, Some(path.to_owned()), connection)
    }

    /// Opens an existing file for reading only: `status` beside a running daemon, or on a copy, even
    /// where nothing may be written.
    ///
    /// # Errors
    /// When there is no such file or it cannot be read.
    pub fn open_read_only(path: &Path) -> Result<Self, StoreError> {
        let place = path.display().to_string();
        let connection = match readable(path) {
            // Readers of a WAL file write beside it. Where they may not, the file can be read alone as
            // long as nobody writes it: then there is no WAL.
            Err(error) if may_not_write(&error) && !beside(path, "-wal").exists() => alone(path),
            opened => opened,
        };
        let connection = connection.map_err(|e| sqlite_failed(&place, "read", e))?;
        schema::refuse_newer(&connection, &place)?;
        let files =
            files::Files::of_store(path).map_err(|e| io_failed(&place, "be looked at", e))?;
        Ok(Self {
            place,
            path: Some(path.to_owned()),
            files,
            connection: RefCell::new(connection),
            leases: RefCell::default(),
        })
    }

    /// A store that lives as long as the value.
    ///
    /// # Errors
    /// When SQLite cannot be set up.
    pub fn in_memory() -> Result<Self, StoreError> {
        let place = ":memory:".to_owned();
        let connection =
            Connection::open_in_memory().map_err(|e| sqlite_failed(&place, "open", e))?;
        Self::prepare(place, None, connection)
    }

    fn prepare(
        place: String,
        path: Option<PathBuf>,
        mut connection: Connection,
    ) -> Result<Self, StoreError> {
        schema::refuse_newer(&connection, &place)?;
        schema::set_up(&connection, BUSY).map_err(|e| sqlite_failed(&place, "set up", e))?;
        schema::migrate(&mut connection).map_err(|e| sqlite_failed(&place, "migrate", e))?;
        let files = path.as_deref().map(files::Files::of_store).transpose();
        let files = files.map_err(|e| io_failed(&place, "be looked at", e))?;
        Ok(Self {
            place,
            path,
            files: files.unwrap_or_default(),
            connection: RefCell::new(connection),
            leases: RefCell::default(),
        })
    }

    /// Runs `work` on the connection, if its file is still there; the borrow never spans an await.
    fn with<T>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&mut Connection) -> Result<T, Trouble>,
    ) -> Result<T, StoreError> {
        self.files.still_there(&self.place)?;
        work(&mut self.connection.borrow_mut()).map_err(|trouble| match trouble {
            Trouble::Sqlite(source) => sqlite_failed(&self.place, doing, source),
            Trouble::Told(error) => error,
        })
    }

    /// Reads the whole file through: a driver must not find out half-way that a journal is damaged.
    fn check(&self) -> Result<(), StoreError> {
        let found = self.with("check", |connection| {
            let found: String =
                connection.pragma_query_value(None, "quick_check", |row| row.get(0))?;
            Ok(found)
        })?;
        match found.as_str() {
            "ok" => Ok(()),
            found => Err(damaged(&self.place, "check", found)),
        }
    }
}

impl Store for SqliteStore {
    fn get<'a>(&'a self, key: &'a str) -> StoreAnswer<'a, Option<Record>> {
        Box::pin(async move {
            self.with("read", |connection| {
                let mut statement = connection
                    .prepare_cached("SELECT key, version, value FROM record WHERE key = ?1")?;
                let row = statement.query_row([key], row_parts).optional()?;
                row.map(record).transpose()
            })
        })
    }

    fn query<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> StoreAnswer<'a, Vec<Record>> {
        Box::pin(async move {
            self.with("read", |connection| {
                let mut statement = connection.prepare_cached(
                    "SELECT key, version, value FROM record \
                     WHERE key >= ?1 AND key < ?2 AND key > ?3 ORDER BY key LIMIT ?4",
                )?;
                let limit = i64::try_from(limit).unwrap_or(i64::MAX);
                let after = after.unwrap_or_default();
                let bounds = params![prefix, end_of(prefix), after, limit];
                let rows = statement.query_map(bounds, row_parts)?;
                rows.map(|row| record(row?)).collect()
            })
        })
    }

    fn journal<'a>(&'a self, name: &'a str) -> StoreAnswer<'a, Vec<Value>> {
        Box::pin(async move {
            self.with("read", |connection| {
                let mut statement = connection
                    .prepare_cached("SELECT event FROM journal WHERE name = ?1 ORDER BY seq")?;
                let rows = statement.query_map([name], |row| row.get::<_, String>(0))?;
                rows.map(|row| decode(name, &row?)).collect()
            })
        })
    }

    fn commit(&self, batch: Batch) -> StoreAnswer<'_, ()> {
        Box::pin(async move {
            batch.within_limits()?;
            self.with("write", |connection| {
                let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                batch.ops().iter().try_for_each(|op| apply_op(&tx, op))?;
                Ok(tx.commit()?)
            })
        })
    }

    fn take<'a>(&'a self, name: &'a str, me: &'a str) -> StoreAnswer<'a, LeaseTaken> {
        Box::pin(async move { self.take_now(name, me) })
    }

    fn renew<'a>(&'a self, name: &'a str, lease: Lease) -> StoreAnswer<'a, ()> {
        Box::pin(async move { self.renew_now(name, lease) })
    }

    fn release<'a>(&'a self, name: &'a str, lease: Lease) -> StoreAnswer<'a, ()> {
        Box::pin(async move { self.release_now(name, lease) })
    }

    fn contents(&self) -> StoreAnswer<'_, Contents> {
        Box::pin(async move { self.contents_now() })
    }

    fn fill<'a>(&'a self, contents: &'a Contents) -> StoreAnswer<'a, ()> {
        Box::pin(async move { self.fill_now(contents) })
    }

    fn holder<'a>(&'a self, name: &'a str) -> StoreAnswer<'a, Option<Holder>> {
        Box::pin(async move { self.holder_now(name) })
    }
}

/// Where the keys with this prefix end, so that a query stops there and does not read what follows: no
/// key holds the last character of all.
fn end_of(prefix: &str) -> String {
    format!("{prefix}{}", char::MAX)
}

/// A connection that has read once.
fn readable(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.busy_timeout(BUSY)?;
    schema::applied(&connection)?;
    Ok(connection)
}

/// A connection to a file that nobody writes.
fn alone(path: &Path) -> rusqlite::Result<Connection> {
    let mut uri = "file:".to_owned();
    for letter in path.to_string_lossy().chars() {
        match letter {
            '%' => uri.push_str("%25"),
            '?' => uri.push_str("%3f"),
            '#' => uri.push_str("%23"),
            letter => uri.push(letter),
        }
    }
    uri.push_str("?immutable=1");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    Connection::open_with_flags(uri, flags)
}

fn may_not_write(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen)
    )
}

/// The file that SQLite keeps beside its own, under the same name with this at its end.
fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// What goes wrong inside a transaction: SQLite itself, or an answer of ours.
enum Trouble {
    Sqlite(rusqlite::Error),
    Told(StoreError),
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

fn value_of(tx: &Transaction<'_>, key: &str) -> Result<Option<Value>, Trouble> {
    let text: Option<String> = tx
        .prepare_cached("SELECT value FROM record WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()?;
    text.map(|text| decode(key, &text)).transpose()
}

type RowParts = (String, i64, String);

fn row_parts(row: &rusqlite::Row<'_>) -> rusqlite::Result<RowParts> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

fn record((key, version, text): RowParts) -> Result<Record, Trouble> {
    let value = decode(&key, &text)?;
    Ok(Record {
        key,
        version: version.unsigned_abs(),
        value,
    })
}

fn decode(key: &str, text: &str) -> Result<Value, Trouble> {
    serde_json::from_str(text).map_err(|source| {
        Trouble::Told(StoreError::Unreadable {
            key: key.to_owned(),
            source,
        })
    })
}
