//! What every store must hold, as one body of tests; each engine is run through all of it.
//!
//! A new engine implements [`Engine`] and is named once more at `holds_on`, below.

mod elsewhere;
mod leases;

use std::path::PathBuf;

use serde_json::json;
use tempfile::TempDir;

#[cfg(feature = "sim")]
use super::dynamodb::tests::InTable;
use super::sqlite::SqliteStore;
use super::{Batch, DRIVER, Holder, Op, Store, StoreError, VALUE_MAX_BYTES};
use leases::{
    a_lease_is_given_back_by_who_has_it, a_lease_that_was_taken_again_guards_nothing_any_more,
    asking_who_has_the_lease_takes_nothing, called,
    one_has_the_lease_and_others_are_told_when_to_ask_again, taken,
    the_lease_of_a_process_that_is_gone_is_free,
};

/// An engine, with one store in it.
trait Engine {
    /// The store as one more process has it. What is dropped is a process that is gone, without a word.
    fn process(&self) -> Box<dyn Store>;

    /// Waits until a holder that is gone counts as gone for this process.
    async fn until_noticed(&self, by: &dyn Store);
}

/// SQLite in a file.
struct InFile(TempDir);

impl InFile {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("deep/er/amiwatch.db")
    }
}

impl Engine for InFile {
    fn process(&self) -> Box<dyn Store> {
        Box::new(SqliteStore::open(&self.path()).unwrap())
    }

    /// The system does that.
    async fn until_noticed(&self, _by: &dyn Store) {}
}

/// DynamoDB, as far as the simulated account is it.
#[cfg(feature = "sim")]
impl Engine for InTable {
    fn process(&self) -> Box<dyn Store> {
        Box::new(self.one().store)
    }

    async fn until_noticed(&self, by: &dyn Store) {
        self.watched_by(by).await;
    }
}

/// Each part of the contract, on a fresh store of an engine.
macro_rules! holds_on {
    ($name:ident, $engine:expr, $how:tt) => {
        holds_on!(@each $name, $engine, $how:
            a_batch_is_applied_wholly_or_not_at_all,
            versions_and_journals_grow_by_one,
            a_journal_is_shortened_from_its_end,
            what_is_there_is_left_and_deleted_by_version,
            a_condition_on_a_record_that_is_not_written_holds_the_batch,
            a_batch_names_a_key_or_a_journal_once,
            limits_are_held,
            records_are_paged_by_prefix,
            what_was_committed_outlives_the_process,
            one_has_the_lease_and_others_are_told_when_to_ask_again,
            a_lease_that_was_taken_again_guards_nothing_any_more,
            a_lease_is_given_back_by_who_has_it,
            asking_who_has_the_lease_takes_nothing,
            the_lease_of_a_process_that_is_gone_is_free,
        );
    };
    (@each $name:ident, $engine:expr, $how:tt: $($part:ident),+ $(,)?) => {
        mod $name {
            $(holds_on!(@one $engine, $how, $part);)+
        }
    };
    (@one $engine:expr, [$(#[$how:meta])+], $part:ident) => {
        $(#[$how])+
        async fn $part() {
            super::$part(&$engine).await;
        }
    };
}

holds_on!(sqlite_in_a_file, super::InFile::new(), [#[tokio::test(start_paused = true)]]);

#[cfg(feature = "sim")]
holds_on!(a_table_of_dynamodb, super::InTable::new().await, [#[tokio::test(start_paused = true)]]);

holds_on!(a_table_elsewhere, super::elsewhere::TableElsewhere::new().await, [
    #[tokio::test]
    #[ignore = "AMIWATCH_TABLE_ENDPOINT names a DynamoDB; tests/contract/ministack.py serves one"]
]);

fn put(key: &str, expected: u64, value: i64) -> Op {
    Op::CompareAndSet {
        key: key.to_owned(),
        expected,
        value: json!(value),
    }
}

fn absent(key: &str, value: i64) -> Op {
    Op::PutIfAbsent {
        key: key.to_owned(),
        value: json!(value),
    }
}

fn delete(key: &str, expected: u64) -> Op {
    Op::Delete {
        key: key.to_owned(),
        expected,
    }
}

fn expect(key: &str, version: u64) -> Op {
    Op::Expect {
        key: key.to_owned(),
        version,
    }
}

fn append(journal: &str, expected: u64, event: i64) -> Op {
    Op::Append {
        journal: journal.to_owned(),
        expected,
        event: json!(event),
    }
}

fn shorten(journal: &str, expected: u64, left: u64) -> Op {
    Op::Shorten {
        journal: journal.to_owned(),
        expected,
        left,
    }
}

async fn committed(store: &dyn Store, ops: Vec<Op>) {
    store.commit(Batch::of_ops(ops)).await.unwrap();
}

/// The name that the batch was refused for.
async fn conflict(store: &dyn Store, ops: Vec<Op>) -> String {
    match store.commit(Batch::of_ops(ops)).await {
        Err(StoreError::Conflict { key }) => key,
        other => panic!("no conflict: {other:?}"),
    }
}

async fn value(store: &dyn Store, key: &str) -> Option<i64> {
    let record = store.get(key).await.unwrap()?;
    record.value.as_i64()
}

async fn a_batch_is_applied_wholly_or_not_at_all(engine: &impl Engine) {
    let store = engine.process();
    let store = &*store;
    assert_eq!(store.get("a").await.unwrap(), None);
    committed(store, vec![put("a", 0, 1), append("j", 0, 10)]).await;
    // One conflict, and nothing is changed, whatever comes before it.
    let refused = conflict(store, vec![append("j", 1, 11), put("a", 0, 2)]).await;
    assert_eq!(refused, "a");
    assert_eq!(store.journal("j").await.unwrap(), [json!(10)]);
    assert_eq!(value(store, "a").await, Some(1));
}

async fn versions_and_journals_grow_by_one(engine: &impl Engine) {
    let store = engine.process();
    let store = &*store;
    committed(store, vec![put("a", 0, 1), append("j", 0, 10)]).await;
    committed(store, vec![put("a", 1, 3)]).await;
    let record = store.get("a").await.unwrap().unwrap();
    assert_eq!((record.version, record.value), (2, json!(3)));
    conflict(store, vec![put("a", 1, 4)]).await;
    // A journal takes no gap and no repeat.
    for wrong in [0, 2] {
        assert_eq!(conflict(store, vec![append("j", wrong, 12)]).await, "j");
    }
}

async fn a_journal_is_shortened_from_its_end(engine: &impl Engine) {
    let store = engine.process();
    let store = &*store;
    for n in 0..30 {
        committed(store, vec![append("j", n, 0)]).await;
        committed(store, vec![append("jj", n, 0)]).await;
    }
    for wrong in [29, 31] {
        assert_eq!(conflict(store, vec![shorten("j", wrong, 20)]).await, "j");
    }
    // Each event counts, and a batch has room for 25 operations.
    let all = store.commit(Batch::of_ops(vec![shorten("j", 30, 0)])).await;
    assert!(matches!(all, Err(StoreError::TooLarge { .. })), "{all:?}");
    assert_eq!(store.journal("j").await.unwrap().len(), 30);
    committed(store, vec![shorten("j", 30, 8), put("a", 0, 1)]).await;
    assert_eq!(store.journal("j").await.unwrap().len(), 8);
    // It goes on from where it ends now.
    committed(store, vec![append("j", 8, 1)]).await;
    let refused = conflict(store, vec![shorten("j", 9, 0), put("a", 0, 2)]).await;
    assert_eq!(
        (&*refused, store.journal("j").await.unwrap().len()),
        ("a", 9)
    );
    committed(store, vec![shorten("j", 9, 0)]).await;
    assert!(store.journal("j").await.unwrap().is_empty());
    committed(store, vec![append("j", 0, 2)]).await;
    assert_eq!(store.journal("jj").await.unwrap().len(), 30);
}

async fn what_is_there_is_left_and_deleted_by_version(engine: &impl Engine) {
    let store = engine.process();
    let store = &*store;
    committed(store, vec![put("a", 0, 1)]).await;
    committed(store, vec![put("a", 1, 3)]).await;
    committed(store, vec![absent("a", 99)]).await;
    assert_eq!(value(store, "a").await, Some(3));
    conflict(store, vec![delete("a", 1)]).await;
    committed(store, vec![delete("a", 2)]).await;
    assert_eq!(store.get("a").await.unwrap(), None);
    committed(store, vec![absent("a", 5)]).await;
    assert_eq!(value(store, "a").await, Some(5));
}

async fn a_condition_on_a_record_that_is_not_written_holds_the_batch(engine: &impl Engine) {
    let store = engine.process();
    let store = &*store;
    // 0 is a record that is not there.
    committed(store, vec![expect("a", 0), put("b", 0, 1)]).await;
    let refused = conflict(store, vec![expect("a", 1), put("b", 1, 2)]).await;
    assert_eq!((&*refused, value(store, "b").await), ("a", Some(1)));
    committed(store, vec![put("a", 0, 1)]).await;
    let refused = conflict(store, vec![put("b", 1, 2), expect("a", 0)]).await;
    assert_eq!((&*refused, value(store, "b").await), ("a", Some(1)));
    committed(store, vec![expect("a", 1), put("b", 1, 2)]).await;
    let unwritten = store.get("a").await.unwrap().unwrap();
    assert_eq!((unwritten.version, unwritten.value), (1, json!(1)));
    assert_eq!(value(store, "b").await, Some(2));
}

async fn a_batch_names_a_key_or_a_journal_once(engine: &impl Engine) {
    let store = engine.process();
    let store = &*store;
    for twice in [
        vec![put("a", 0, 1), put("a", 1, 2)],
        vec![absent("a", 1), delete("a", 1)],
        vec![expect("a", 0), put("a", 0, 1)],
        vec![append("a", 0, 1), append("a", 1, 2)],
    ] {
        let refused = store.commit(Batch::of_ops(twice.clone())).await;
        assert!(
            matches!(&refused, Err(StoreError::NamedTwice { name }) if name == "a"),
            "{twice:?}: {refused:?}"
        );
    }
    assert_eq!(store.get("a").await.unwrap(), None);
    // A journal and a record may be called the same.
    committed(store, vec![put("a", 0, 1), append("a", 0, 1)]).await;
}

async fn limits_are_held(engine: &impl Engine) {
    let store = engine.process();
    let many = (0..26).map(|n| put(&format!("many/{n}"), 0, n)).collect();
    assert!(matches!(
        store.commit(Batch::of_ops(many)).await,
        Err(StoreError::TooLarge { .. })
    ));
    let value = json!("x".repeat(VALUE_MAX_BYTES));
    let large = Op::PutIfAbsent {
        key: "large".to_owned(),
        value,
    };
    assert!(matches!(
        store.commit(Batch::of_ops(vec![large])).await,
        Err(StoreError::TooLarge { .. })
    ));
    assert_eq!(store.get("large").await.unwrap(), None);
}

async fn records_are_paged_by_prefix(engine: &impl Engine) {
    let store = engine.process();
    let store = &*store;
    for key in ["p/1", "p/2", "p/3", "p0", "p%", "q/1"] {
        committed(store, vec![put(key, 0, 0)]).await;
    }
    let keys = |records: Vec<super::Record>| -> Vec<String> {
        records.into_iter().map(|record| record.key).collect()
    };
    let first = store.query("p/", None, 2).await.unwrap();
    assert_eq!(keys(first), ["p/1", "p/2"]);
    let rest = store.query("p/", Some("p/2"), 2).await.unwrap();
    assert_eq!(keys(rest), ["p/3"]);
    // From a key that is none of these on: all of them lie after it, or before.
    for (after, left) in [
        ("a", 3),
        ("p", 3),
        ("p/", 3),
        ("p/3", 0),
        ("p0", 0),
        ("q/0", 0),
    ] {
        let found = store.query("p/", Some(after), 9).await.unwrap();
        assert_eq!(found.len(), left, "after {after}");
    }
    assert_eq!(keys(store.query("p%", None, 9).await.unwrap()), ["p%"]);
    assert_eq!(keys(store.query("none/", None, 9).await.unwrap()), [""; 0]);
}

async fn what_was_committed_outlives_the_process(engine: &impl Engine) {
    let (one, other) = (engine.process(), engine.process());
    committed(&*one, vec![put("a", 0, 1), append("j", 0, 10)]).await;
    // Another sees it at once, and writes over what it saw.
    assert_eq!(other.journal("j").await.unwrap(), [json!(10)]);
    committed(&*other, vec![put("a", 1, 2)]).await;
    conflict(&*one, vec![put("a", 1, 3)]).await;
    drop((one, other));
    let later = engine.process();
    assert_eq!(value(&*later, "a").await, Some(2));
    assert_eq!(later.journal("j").await.unwrap(), [json!(10)]);
}

/// A store in memory has one process; what one process sees is the same.
#[tokio::test]
async fn sqlite_in_memory_holds_what_one_process_sees() {
    struct Fresh;
    impl Engine for Fresh {
        fn process(&self) -> Box<dyn Store> {
            Box::new(SqliteStore::in_memory().unwrap())
        }
        async fn until_noticed(&self, _by: &dyn Store) {}
    }
    a_batch_is_applied_wholly_or_not_at_all(&Fresh).await;
    versions_and_journals_grow_by_one(&Fresh).await;
    a_journal_is_shortened_from_its_end(&Fresh).await;
    what_is_there_is_left_and_deleted_by_version(&Fresh).await;
    a_condition_on_a_record_that_is_not_written_holds_the_batch(&Fresh).await;
    a_batch_names_a_key_or_a_journal_once(&Fresh).await;
    limits_are_held(&Fresh).await;
    records_are_paged_by_prefix(&Fresh).await;
    a_lease_that_was_taken_again_guards_nothing_any_more(&Fresh).await;
    let store = Fresh.process();
    let lease = taken(&*store, "me").await;
    assert_eq!(store.holder(DRIVER).await.unwrap(), called("me"));
    assert_eq!(store.take(DRIVER, "other").await.unwrap().mine(), None);
    store.release(DRIVER, lease).await.unwrap();
    assert_eq!(store.holder(DRIVER).await.unwrap(), None);
    taken(&*store, "other").await;
}

#[tokio::test]
async fn a_reader_of_the_file_sees_everything_and_writes_nothing() {
    let engine = InFile::new();
    let store = engine.process();
    taken(&*store, "me").await;
    committed(&*store, vec![put("p/1", 0, 1)]).await;
    let reader = SqliteStore::open_read_only(&engine.path()).unwrap();
    assert_eq!(value(&reader, "p/1").await, Some(1));
    assert_eq!(reader.holder(DRIVER).await.unwrap(), called("me"));
    let refused = reader.commit(Batch::of_ops(vec![put("x", 0, 1)])).await;
    assert!(refused.is_err());
}

/// An earlier amiwatch wrote only the number, under the same lock.
#[tokio::test]
async fn a_holder_without_a_name_is_a_holder() {
    let engine = InFile::new();
    let store = engine.process();
    taken(&*store, "me").await;
    let key = format!("lease/{DRIVER}");
    committed(&*store, vec![put(&key, 1, 2)]).await;
    let holder = engine.process().holder(DRIVER).await.unwrap();
    assert_eq!(holder, Some(Holder { who: None }));
}

#[test]
fn a_file_of_a_newer_version_or_no_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let newer = folder.path().join("newer.db");
    drop(SqliteStore::open(&newer).unwrap());
    let raw = rusqlite::Connection::open(&newer).unwrap();
    raw.pragma_update(None, "user_version", 999).unwrap();
    drop(raw);
    let refused = SqliteStore::open(&newer)
        .err()
        .map(|error| error.to_string())
        .unwrap();
    assert!(refused.contains("newer amiwatch (schema 999"), "{refused}");

    let text = folder.path().join("text.db");
    std::fs::write(
        &text,
        "this is no database, and longer than a header".repeat(50),
    )
    .unwrap();
    let before = std::fs::read(&text).unwrap();
    assert!(matches!(
        SqliteStore::open(&text),
        Err(StoreError::Failed { .. })
    ));
    assert_eq!(std::fs::read(&text).unwrap(), before);
}
