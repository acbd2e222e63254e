//! Stores that cannot be used, with the real binary: a clear error, and nothing is called, started or
//! lost.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use super::harness::{Desk, Ran, Served};

/// Runs the commands that would drive, and looks at what they said and did.
fn refuses(served: &Served, desk: &Desk, what: &str) {
    let store = desk.path("amiwatch.db");
    let before = std::fs::read(&store).unwrap();
    for command in [
        &["run", "--once"][..],
        &["bake", "shop"],
        &["sweep", "--apply"],
    ] {
        let ran: Ran = desk.run(command);
        assert_eq!(ran.code, 1, "{command:?}: {ran:?}");
        ran.says_in_one_line(what);
        ran.says_in_one_line("amiwatch.db");
    }
    let changes: Vec<String> = served
        .account
        .ledger()
        .into_iter()
        .map(|call| call.operation)
        .collect();
    assert_eq!(changes, [""; 0], "something was called");
    assert_eq!(
        std::fs::read(&store).unwrap(),
        before,
        "the file was changed"
    );
}

/// A store that one pass has written.
fn used(served: &Served) -> Desk {
    served.guests_play();
    let desk = Desk::at(served.address).configured();
    assert_eq!(desk.run(&["run", "--once"]).code, 0);
    served.account.clear_ledger();
    desk
}

#[test]
fn a_store_of_a_newer_version_is_refused() {
    let served = Served::start();
    let desk = used(&served);
    let raw = rusqlite::Connection::open(desk.path("amiwatch.db")).unwrap();
    raw.pragma_update(None, "user_version", 999).unwrap();
    raw.pragma_update(None, "wal_checkpoint", "TRUNCATE")
        .unwrap();
    drop(raw);
    refuses(&served, &desk, "newer amiwatch");
}

#[test]
fn a_damaged_store_is_refused_and_kept() {
    let served = Served::start();
    let desk = used(&served);
    let path = desk.path("amiwatch.db");
    let mut bytes = std::fs::read(&path).unwrap();
    let end = bytes.len();
    bytes[4096..end].fill(0x5a);
    std::fs::write(&path, bytes).unwrap();
    refuses(&served, &desk, "damaged");
}

#[test]
fn a_file_that_is_no_database_is_refused_and_kept() {
    let served = Served::start();
    let desk = Desk::at(served.address).configured();
    desk.file(
        "amiwatch.db",
        &"dear diary, no database today. ".repeat(200),
    );
    refuses(&served, &desk, "no store of amiwatch");
}

#[test]
fn a_store_that_may_not_be_written_is_refused() {
    let served = Served::start();
    let desk = used(&served).by_nobody();
    let mode = |path: &Path, mode: u32| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let (store, folder) = (desk.path("amiwatch.db"), desk.path(""));
    mode(&store, 0o444);
    mode(&folder, 0o555);
    refuses(&served, &desk, "writable");
    assert_eq!(store.metadata().unwrap().mode() & 0o777, 0o444);
    // Looking needs no writing.
    let status = desk.run(&["status"]);
    mode(&folder, 0o755);
    assert_eq!(status.code, 0, "{status:?}");
    assert!(status.stdout.contains("shop"), "{status:?}");
}

/// Beside a process that drives, a second one says so and does nothing.
#[test]
fn a_second_driver_refuses_with_a_word() {
    let served = Served::start();
    let desk = Desk::at(served.address).configured();
    let first = desk.start(&["bake", "shop"]);
    let builder = served.builder();
    for command in [&["run", "--once"][..], &["sweep", "--apply"]] {
        let ran = desk.run(command);
        assert_eq!(ran.code, 1, "{ran:?}");
        ran.says_in_one_line("another amiwatch process works on");
    }
    super::harness::let_play(builder);
    let first = Ran::from(first.wait_with_output().unwrap());
    assert_eq!(first.code, 0, "{first:?}");
}
