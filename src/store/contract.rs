//! What every store must hold, as one body of tests; each implementation is run through it.

use serde_json::json;

use super::sqlite::SqliteStore;
use super::{Batch, Op, Store, StoreError, VALUE_MAX_BYTES};

fn put(key: &str, expected: u64, value: i64) -> Op {
    Op::CompareAndSet {
        key: key.to_owned(),
        expected,
        value: json!(value),
    }
}

fn append(journal: &str, expected: u64, event: i64) -> Op {
    Op::Append {
        journal: journal.to_owned(),
        expected,
        event: json!(event),
    }
}

/// The contract.
async fn holds(store: &dyn Store) {
    assert_eq!(store.get("a").await.unwrap(), None);
    store
        .commit(Batch::of(vec![put("a", 0, 1), append("j", 0, 10)]))
        .await
        .unwrap();

    // A batch with one conflict changes nothing, whatever comes before the conflict.
    let refused = store
        .commit(Batch::of(vec![append("j", 1, 11), put("a", 0, 2)]))
        .await;
    assert!(matches!(refused, Err(StoreError::Conflict { key }) if key == "a"));
    assert_eq!(store.journal("j").await.unwrap(), [json!(10)]);
    assert_eq!(store.get("a").await.unwrap().unwrap().value, json!(1));

    // Versions grow by one a write; a stale one is refused, a right one is taken.
    store.commit(Batch::of(vec![put("a", 1, 3)])).await.unwrap();
    let record = store.get("a").await.unwrap().unwrap();
    assert_eq!((record.version, record.value), (2, json!(3)));
    assert!(store.commit(Batch::of(vec![put("a", 1, 4)])).await.is_err());

    // A journal takes no gap and no repeat.
    for wrong in [0, 2] {
        let refused = store.commit(Batch::of(vec![append("j", wrong, 12)])).await;
        assert!(
            matches!(refused, Err(StoreError::Conflict { .. })),
            "at {wrong}"
        );
    }

    // Put-if-absent leaves what is there; delete needs the version.
    let absent = |value| Op::PutIfAbsent {
        key: "a".to_owned(),
        value: json!(value),
    };
    store.commit(Batch::of(vec![absent(99)])).await.unwrap();
    assert_eq!(store.get("a").await.unwrap().unwrap().value, json!(3));
    let delete = |expected| Op::Delete {
        key: "a".to_owned(),
        expected,
    };
    assert!(store.commit(Batch::of(vec![delete(1)])).await.is_err());
    store.commit(Batch::of(vec![delete(2)])).await.unwrap();
    assert_eq!(store.get("a").await.unwrap(), None);
    store.commit(Batch::of(vec![absent(5)])).await.unwrap();
    assert_eq!(store.get("a").await.unwrap().unwrap().value, json!(5));

    pages_by_prefix(store).await;
    holds_limits(store).await;
    holds_the_lease(store).await;
}

async fn pages_by_prefix(store: &dyn Store) {
    for key in ["p/1", "p/2", "p/3", "p0", "p%", "q/1"] {
        store.commit(Batch::of(vec![put(key, 0, 0)])).await.unwrap();
    }
    let keys = |records: Vec<super::Record>| -> Vec<String> {
        records.into_iter().map(|record| record.key).collect()
    };
    assert_eq!(
        keys(store.query("p/", None, 2).await.unwrap()),
        ["p/1", "p/2"]
    );
    assert_eq!(
        keys(store.query("p/", Some("p/2"), 2).await.unwrap()),
        ["p/3"]
    );
    assert_eq!(keys(store.query("p%", None, 9).await.unwrap()), ["p%"]);
    assert_eq!(keys(store.query("none/", None, 9).await.unwrap()), [""; 0]);
}

async fn holds_limits(store: &dyn Store) {
    let many = (0..26).map(|n| put(&format!("many/{n}"), 0, n)).collect();
    assert!(matches!(
        store.commit(Batch::of(many)).await,
        Err(StoreError::TooLarge { .. })
    ));
    let value = json!("x".repeat(VALUE_MAX_BYTES));
    let large = Op::PutIfAbsent {
        key: "large".to_owned(),
        value,
    };
    assert!(matches!(
        store.commit(Batch::of(vec![large])).await,
        Err(StoreError::TooLarge { .. })
    ));
    assert_eq!(store.get("large").await.unwrap(), None);
}

async fn holds_the_lease(store: &dyn Store) {
    let first = store.take_lease().await.unwrap().unwrap();
    let guarded = |epoch, key| Batch::of(vec![Op::CheckLease { epoch }, put(key, 0, 1)]);
    store
        .commit(guarded(first.epoch, "guarded/1"))
        .await
        .unwrap();
    let second = store.take_lease().await.unwrap().unwrap();
    assert!(second.epoch > first.epoch);
    let stale = store.commit(guarded(first.epoch, "guarded/2")).await;
    assert!(matches!(stale, Err(StoreError::LeaseLost)));
    assert_eq!(store.get("guarded/2").await.unwrap(), None);
}

#[tokio::test]
async fn sqlite_in_memory_holds_the_contract() {
    holds(&SqliteStore::in_memory().unwrap()).await;
}

#[tokio::test]
async fn sqlite_in_a_file_holds_the_contract_and_keeps_what_was_committed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/er/amiwatch.db");
    holds(&SqliteStore::open(&path).unwrap()).await;
    let again = SqliteStore::open(&path).unwrap();
    assert_eq!(again.journal("j").await.unwrap(), [json!(10)]);
    let reader = SqliteStore::open_read_only(&path).unwrap();
    assert_eq!(reader.get("p/1").await.unwrap().unwrap().version, 1);
    assert!(
        reader
            .commit(Batch::of(vec![put("x", 0, 1)]))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn the_drivers_place_is_taken_by_one_and_free_when_it_goes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("amiwatch.db");
    let driver = SqliteStore::open(&path).unwrap();
    let other = SqliteStore::open(&path).unwrap();
    assert!(driver.take_lease().await.unwrap().is_some());
    assert_eq!(other.take_lease().await.unwrap(), None);
    drop(driver);
    assert!(other.take_lease().await.unwrap().is_some());
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
