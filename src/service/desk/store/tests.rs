//! A store that is made, checked, copied, and moved from a file into a table and back.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta};
use serde_json::json;
use sim::{Account, SimClock};

use super::*;
use crate::clock::Clock;
use crate::cloud::{ByHand, Connection};
use crate::http_send::HttpSend;
use crate::service::Outside;
use crate::settings::parse_config;
use crate::store::{Batch, Op};

/// One machine's way to everything.
struct Here {
    clock: Clock,
    connection: Connection,
    outside: Outside,
    fence: Fence,
}

impl Here {
    fn new() -> Self {
        let clock = Clock::virtual_from(DateTime::UNIX_EPOCH + TimeDelta::days(20_700));
        let read = clock.clone();
        let account = Account::new(SimClock::new(move || read.now()));
        let parts = ByHand {
            http: account.connector_on_tokio(),
            region: "eu-west-1".into(),
            access_key_id: "AMIWATCH".into(),
            secret_access_key: "simulated".into(),
            endpoint: None,
            in_flight_max: None,
        };
        Self {
            connection: Connection::by_hand(parts, &clock),
            outside: Outside::new(HttpSend::new(&clock), Arc::new(|_| None), &clock),
            fence: Fence::open(&clock),
            clock,
        }
    }

    fn open(&self, settings: &Settings) -> OpenStore {
        OpenStore::of_settings(settings, Access::Write, &self.connection, &self.fence).unwrap()
    }

    fn service<'a>(&'a self, settings: &'a Settings, store: &'a OpenStore) -> Service<'a> {
        Service {
            settings,
            connection: &self.connection,
            store: store.as_store(),
            clock: &self.clock,
            outside: &self.outside,
        }
    }
}

fn settings(store: StoreUrl) -> Settings {
    let none = |_: &Path| Err(std::io::Error::from(std::io::ErrorKind::NotFound));
    let parsed = parse_config("installation = \"acme\"", Path::new("test"), &none).unwrap();
    Settings { store, ..parsed }
}

fn table() -> StoreUrl {
    StoreUrl::DynamoTable {
        table: "amiwatch".to_owned(),
        region: Some("eu-west-1".into()),
    }
}

fn put(key: &str, expected: u64) -> Op {
    Op::CompareAndSet {
        key: key.to_owned(),
        expected,
        value: json!({ "at": expected, "text": "x".repeat(3_000) }),
    }
}

async fn lived_in(store: &dyn Store) {
    for n in 0..40 {
        let event = Op::Append {
            journal: format!("bake/{}", n % 3),
            expected: n / 3,
            event: json!(n),
        };
        let batch = vec![put(&format!("watch/{n:02}"), 0), put("digest", n), event];
        store.commit(Batch::of_ops(batch)).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn everything_moves_there_and_back() {
    let here = Here::new();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| StoreUrl::SqliteFile(folder.path().join(name));
    let (old, new) = (settings(file("old.db")), settings(table()));
    let (of_old, of_new) = (here.open(&old), here.open(&new));
    lived_in(of_old.as_store()).await;
    let before = of_old.as_store().contents().await.unwrap();

    let made = init_store(&here.service(&new, &of_new)).await.unwrap();
    assert_eq!(
        (made.did.len(), &*made.problems),
        (2, &[][..]),
        "{:?}",
        made.did
    );
    let again = init_store(&here.service(&new, &of_new)).await.unwrap();
    assert!(again.did.is_empty(), "{:?}", again.did);

    let moved = move_store(&here.service(&old, &of_old), &table())
        .await
        .unwrap();
    assert_eq!((moved.records, moved.journals, moved.events), (41, 3, 40));
    assert_eq!(of_new.as_store().contents().await.unwrap(), before);
    // It goes on there from where it was.
    of_new
        .as_store()
        .commit(Batch::of_ops(vec![put("digest", 40)]))
        .await
        .unwrap();

    let back = settings(file("back.db"));
    move_store(&here.service(&new, &of_new), &back.store)
        .await
        .unwrap();
    let came_back = here.open(&back);
    let after = came_back.as_store().contents().await.unwrap();
    assert_eq!(
        after.differences(&before),
        ["digest"],
        "what was written there"
    );
    let copy = folder.path().join("copy.db");
    back_up_store(&here.service(&new, &of_new), &copy)
        .await
        .unwrap();

    // The table holds more by now than the old file does.
    let other = move_store(&here.service(&old, &of_old), &table()).await;
    assert!(
        matches!(
            other,
            Err(StoreWorkError::Store(StoreError::Refused { .. }))
        ),
        "{other:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_moves_while_somebody_leads() {
    let here = Here::new();
    let folder = tempfile::tempdir().unwrap();
    let old = settings(StoreUrl::SqliteFile(folder.path().join("old.db")));
    let new = settings(table());
    let (of_old, of_new) = (here.open(&old), here.open(&new));
    init_store(&here.service(&new, &of_new)).await.unwrap();
    let leader = here.open(&new);
    let lease = leader.as_store().take(DRIVER, "a leader").await.unwrap();
    let lease = lease.mine().unwrap();
    for (from, store, to) in [(&old, &of_old, &new), (&new, &of_new, &old)] {
        let refused = move_store(&here.service(from, store), &to.store).await;
        assert!(
            matches!(&refused, Err(StoreWorkError::Led { who, .. }) if who == "a leader"),
            "{refused:?}"
        );
    }
    let checked = check_store(&here.service(&new, &of_new)).await.unwrap();
    assert_eq!(checked.driver.as_deref(), Some("a leader"));
    leader.as_store().release(DRIVER, lease).await.unwrap();
    move_store(&here.service(&old, &of_old), &new.store)
        .await
        .unwrap();
}
