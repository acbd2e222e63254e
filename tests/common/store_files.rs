//! Where a life's store lies, and how it is copied. Knows nothing of what is in it.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// Where the store is in a life's folder.
pub(super) fn store_in(folder: &Path) -> PathBuf {
    folder.join("amiwatch.db")
}

/// What is committed in a store, copied while it may be in use.
pub(super) fn copy_store(from: &Path, to: &Path) {
    let raw = rusqlite::Connection::open(from).unwrap();
    raw.execute("VACUUM INTO ?1", [to.to_string_lossy()])
        .unwrap();
}

/// A folder for a store; in memory where the machine has that, since a life commits often and nobody
/// pulls this machine's plug.
pub(crate) fn memory_folder() -> TempDir {
    let made = match Path::new("/dev/shm") {
        memory if memory.is_dir() => tempfile::tempdir_in(memory),
        _ => tempfile::tempdir(),
    };
    made.expect("the machine has a writable temporary folder")
}
