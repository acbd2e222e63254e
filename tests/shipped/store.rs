//! Stores that earlier versions wrote: each version of the tables has a sample beside the fixtures, a
//! life's worth of records, and this amiwatch must be able to go on with every one of them.

use std::path::{Path, PathBuf};

use amiwatch::flow::bake::kind::BakeKind;
use amiwatch::store::sqlite::{SCHEMA_VERSION, SqliteStore};
use amiwatch::store::{DRIVER, Store as _, records};
use amiwatch::workflow::journal::Phase;
use amiwatch::workflow::open::open_runs;
use amiwatch::workflow::recovery::replay;
use tempfile::TempDir;

/// The sample of one version, as SQL that makes and fills the tables as that version did.
fn sample(version: usize) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/store/v{version}.sql"))
}

/// Every version up to `newest` whose sample is missing.
fn missing(newest: usize) -> Vec<usize> {
    (1..=newest)
        .filter(|version| !sample(*version).is_file())
        .collect()
}

/// A file as that version left it.
fn as_left_by(version: usize) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("amiwatch.db");
    let sql = std::fs::read_to_string(sample(version)).unwrap();
    let raw = rusqlite::Connection::open(&path).unwrap();
    raw.execute_batch(&sql).unwrap();
    raw.pragma_update(None, "user_version", i64::try_from(version).unwrap())
        .unwrap();
    (folder, path)
}

#[test]
fn every_version_of_the_tables_has_a_sample() {
    assert_eq!(
        missing(SCHEMA_VERSION),
        [0_usize; 0],
        "a migration without a sample: dump a store that the version before it wrote"
    );
    // The test is able to fail: the version after this one has none.
    assert_eq!(missing(SCHEMA_VERSION + 1), [SCHEMA_VERSION + 1]);
}

#[tokio::test]
async fn every_earlier_store_is_read_whole_and_can_be_driven_on() {
    for version in 1..=SCHEMA_VERSION {
        let (_folder, path) = as_left_by(version);
        let store = SqliteStore::open(&path).unwrap();
        let watches = records::remembered_watches(&store).await.unwrap();
        let baked = watches
            .iter()
            .filter(|(_, history)| history.current.is_some());
        let failing = watches
            .iter()
            .filter(|(_, history)| history.failing.is_some());
        assert!(
            baked.count() > 0 && failing.count() > 0,
            "v{version}: {watches:#?}"
        );
        assert!(
            !records::outbox_notices(&store).await.unwrap().is_empty(),
            "v{version}"
        );
        let open = open_runs::<BakeKind>(&store).await.unwrap();
        assert!(!open.is_empty(), "v{version} has no open bake");
        for one in open {
            let run = replay::<BakeKind>(&store, &one.journal).await.unwrap();
            assert!(
                !matches!(run.phase(), Phase::Closed(_)),
                "v{version}: {one:?}"
            );
            // The first stores have no headers: the journal says what is under way.
            let (header, order) = (one.known().unwrap(), run.input());
            assert_eq!(header.kind, "bake", "v{version}");
            assert_eq!(header.subject, order.watch.as_str(), "v{version}");
            assert_eq!(header.scope, order.scope, "v{version}");
            assert_eq!(header.at, run.opened_at(), "v{version}");
        }
        let mut closed = 0;
        for journal in journals(&path) {
            let run = replay::<BakeKind>(&store, &journal).await.unwrap();
            closed += usize::from(matches!(run.phase(), Phase::Closed(_)));
        }
        assert!(closed > 0, "v{version} has no bake that ended");
        let taken = store.take(DRIVER, "me").await.unwrap();
        assert!(taken.mine().is_some(), "v{version}");
    }
}

fn journals(path: &Path) -> Vec<String> {
    let raw = rusqlite::Connection::open(path).unwrap();
    let mut names = raw.prepare("SELECT DISTINCT name FROM journal").unwrap();
    let names = names.query_map([], |row| row.get(0)).unwrap();
    names.map(Result::unwrap).collect()
}
