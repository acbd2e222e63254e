//! Whether the files of a store are still the ones that it opened.
//!
//! A file that is deleted or replaced stays open: SQLite goes on writing into it, every commit is
//! answered well, and nothing of it is ever found again. So the names are looked at before each use.

use std::cell::RefCell;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::{beside, io_failed};
use crate::store::StoreError;

/// A file's device and number in it.
type Identity = (u64, u64);

/// The file and its write-ahead log, which SQLite makes with the first use.
#[derive(Debug, Default)]
pub(super) struct Files(RefCell<Vec<(PathBuf, Option<Identity>)>>);

impl Files {
    /// The files of the store that was just opened here.
    pub(super) fn of_store(path: &Path) -> io::Result<Self> {
        let own = (path.to_owned(), identity(path)?);
        let log = (beside(path, "-wal"), None);
        Ok(Self(RefCell::new(vec![own, log])))
    }

    /// Refuses to go on where one of them is gone or another one.
    pub(super) fn still_there(&self, place: &str) -> Result<(), StoreError> {
        for (path, known) in self.0.borrow_mut().iter_mut() {
            let now = identity(path).map_err(|error| io_failed(place, "be looked at", error))?;
            let what = match (*known, now) {
                (Some(before), Some(now)) if before == now => continue,
                (Some(_), Some(_)) => "replaced",
                (Some(_), None) => "deleted",
                (None, now) => {
                    *known = now;
                    continue;
                }
            };
            return Err(StoreError::Gone {
                place: path.display().to_string(),
                what,
            });
        }
        Ok(())
    }
}

fn identity(path: &Path) -> io::Result<Option<Identity>> {
    match std::fs::metadata(path) {
        Ok(found) => Ok(Some((found.dev(), found.ino()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::store::sqlite::SqliteStore;
    use crate::store::{Batch, DRIVER, Op, Store};

    fn put(key: &str) -> Batch {
        Batch::of_ops(vec![Op::PutIfAbsent {
            key: key.to_owned(),
            value: json!(1),
        }])
    }

    async fn stops(store: &SqliteStore, what: &str) {
        let error = store.commit(put("b")).await.unwrap_err();
        assert!(error.must_stop(), "{error}");
        assert!(error.to_string().contains(what), "{error}");
        assert!(store.get("a").await.is_err(), "nor does it read");
        assert!(store.take(DRIVER, "me").await.is_err());
    }

    #[tokio::test]
    async fn a_store_that_is_deleted_or_replaced_under_it_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("amiwatch.db");
        let log = beside(&path, "-wal");
        let copy = folder.path().join("copy");

        for lost in [&path, &log] {
            let store = SqliteStore::open(&path).unwrap();
            store.commit(put("a")).await.unwrap();
            std::fs::remove_file(lost).unwrap();
            stops(&store, "deleted").await;
            drop(store);
            std::fs::remove_file(&path).ok();
            std::fs::remove_file(&log).ok();
        }

        let store = SqliteStore::open(&path).unwrap();
        store.commit(put("a")).await.unwrap();
        std::fs::copy(&path, &copy).unwrap();
        std::fs::rename(&copy, &path).unwrap();
        stops(&store, "replaced").await;
    }

    #[tokio::test]
    async fn other_processes_that_come_and_go_replace_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("amiwatch.db");
        let store = SqliteStore::open(&path).unwrap();
        for number in 0..5 {
            let other = SqliteStore::open(&path).unwrap();
            other.commit(put(&format!("other/{number}"))).await.unwrap();
            drop(other);
            drop(SqliteStore::open_read_only(&path).unwrap());
            store.commit(put(&format!("own/{number}"))).await.unwrap();
        }
        assert_eq!(store.query("o", None, 99).await.unwrap().len(), 10);
    }
}
