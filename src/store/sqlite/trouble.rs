//! What can be wrong with the file, in words that a person can act on.

use rusqlite::ErrorCode;

use super::super::StoreError;

const FULL: &str = "there is no room left: make some and start again; nothing is lost, and what was \
                    under way goes on";
const READ_ONLY: &str = "make the file and its folder writable for the user that runs amiwatch, or \
                         point [store] url elsewhere";
const DAMAGED: &str = "it is damaged, or no store of amiwatch: keep the file, put a copy of it back, \
                       or point [store] url at a new one (images are found again by their tags)";
const HELD: &str = "another process has held it for too long: wait until it is done, or stop it";
const DISK: &str = "check the disk under it and the limits of this process";

/// SQLite failed.
pub(super) fn sqlite_failed(
    place: &str,
    doing: &'static str,
    source: rusqlite::Error,
) -> StoreError {
    let advice = match source.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => FULL,
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
            READ_ONLY
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => DAMAGED,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => HELD,
        _ => DISK,
    };
    told(place, doing, advice, source)
}

/// The system failed.
pub(super) fn io_failed(place: &str, doing: &'static str, source: std::io::Error) -> StoreError {
    use std::io::ErrorKind;
    let advice = match source.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => FULL,
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => READ_ONLY,
        _ => DISK,
    };
    told(place, doing, advice, source)
}

/// The file can be read and does not hold together; `found` is SQLite's word on it.
pub(super) fn damaged(place: &str, doing: &'static str, found: &str) -> StoreError {
    // Of many lines the first that says something.
    let first = found.lines().find(|line| !line.starts_with("***"));
    let first = first.unwrap_or(found).to_owned();
    told(place, doing, DAMAGED, std::io::Error::other(first))
}

fn told(
    place: &str,
    doing: &'static str,
    advice: &'static str,
    source: impl std::error::Error + Send + Sync + 'static,
) -> StoreError {
    StoreError::Failed {
        place: place.to_owned(),
        doing,
        advice,
        source: Box::new(source),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::super::SqliteStore;
    use super::*;
    use crate::store::{Batch, DRIVER, Op, Store};

    fn put(key: usize) -> Batch {
        Batch::of_ops(vec![Op::PutIfAbsent {
            key: format!("k/{key}"),
            value: json!("x".repeat(2_000)),
        }])
    }

    async fn fill(store: &SqliteStore) -> (usize, StoreError) {
        for key in 0..10_000 {
            if let Err(error) = store.commit(put(key)).await {
                return (key, error);
            }
        }
        panic!("it never fills");
    }

    async fn keys(store: &SqliteStore) -> usize {
        store.query("k/", None, usize::MAX).await.unwrap().len()
    }

    /// SQLite's own limit on pages stands for the disk's: it gives the same error at the same place.
    #[tokio::test]
    async fn a_full_store_says_so_keeps_everything_and_goes_on_once_there_is_room() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("amiwatch.db");
        let store = SqliteStore::open(&path).unwrap();
        let limit = |pages: i64| {
            let connection = store.connection.borrow();
            connection
                .pragma_update(None, "max_page_count", pages)
                .unwrap();
        };
        limit(40);
        let (held, error) = fill(&store).await;
        assert!(held > 10);
        assert!(error.to_string().contains("no room left"), "{error}");
        // Whatever is tried, what was committed is there, and nothing is half there.
        assert!(store.commit(put(held)).await.is_err());
        assert_eq!(keys(&store).await, held);
        limit(1_000_000);
        store.commit(put(held)).await.unwrap();
        drop(store);
        assert_eq!(keys(&SqliteStore::open(&path).unwrap()).await, held + 1);
    }

    fn damage(path: &Path) {
        use std::io::{Seek as _, SeekFrom, Write as _};
        let mut file = std::fs::File::options().write(true).open(path).unwrap();
        file.seek(SeekFrom::Start(3 * 4096)).unwrap();
        file.write_all(&[0x5a; 3 * 4096]).unwrap();
    }

    #[tokio::test]
    async fn a_damaged_file_is_found_before_anything_is_driven_and_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("amiwatch.db");
        let store = SqliteStore::open(&path).unwrap();
        for key in 0..40 {
            store.commit(put(key)).await.unwrap();
        }
        drop(store);
        damage(&path);
        let before = std::fs::read(&path).unwrap();
        let store = SqliteStore::open(&path).unwrap();
        let error = store.take(DRIVER, "me").await.unwrap_err();
        assert!(error.to_string().contains("damaged"), "{error}");
        drop(store);
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }
}
