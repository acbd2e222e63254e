//! Chronicles are appended to, pruned and read.

use std::collections::BTreeMap;

use super::*;
use crate::model::chronicle::DidEntry;
use crate::model::plan::Action;
use crate::store::sqlite::SqliteStore;

fn scope() -> Scope {
    Scope {
        partition: "aws".into(),
        account: "111122223333".into(),
        region: "eu-west-1".into(),
    }
}

fn at(day: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap() + TimeDelta::days(day)
}

fn did(day: i64, sentence: &str) -> Entry {
    Entry {
        at: at(day),
        what: EntryWhat::Did(DidEntry {
            verb: "adopt".to_owned(),
            sentence: sentence.to_owned(),
            by: None,
            facts: BTreeMap::new(),
        }),
    }
}

fn seen(day: i64, action: Action, because: &str) -> Entry {
    Entry {
        at: at(day),
        what: EntryWhat::Seen(SeenEntry {
            release: None,
            current: None,
            codes: Vec::new(),
            targets: BTreeMap::new(),
            targets_omitted: 0,
            action,
            because: vec![because.to_owned()],
        }),
    }
}

async fn add(store: &SqliteStore, watch: &str, entry: &Entry) -> usize {
    let ops = append_entries(store, &scope(), &watch.into(), entry)
        .await
        .unwrap();
    let count = ops.len();
    store.commit(Batch::of_ops(ops)).await.unwrap();
    count
}

#[tokio::test]
async fn a_pass_that_sees_the_same_again_writes_nothing() {
    let store = SqliteStore::in_memory().unwrap();
    assert_eq!(
        add(&store, "shop", &seen(0, Action::Tell, "3 days")).await,
        2
    );
    assert_eq!(
        add(&store, "shop", &seen(1, Action::Tell, "4 days")).await,
        0
    );
    // What a person does between two passes is no sight of a pass.
    add(&store, "shop", &did(1, "took an image")).await;
    assert_eq!(
        add(&store, "shop", &seen(2, Action::Tell, "5 days")).await,
        0
    );
    assert_eq!(add(&store, "shop", &seen(3, Action::Nothing, "")).await, 2);
    add(&store, "shop-2", &did(3, "another watch's")).await;

    let found = chronicles(&store, Some(&"shop".into())).await.unwrap();
    assert_eq!(found.len(), 1, "a name is not a prefix: {found:#?}");
    let days: Vec<i64> = found[0]
        .entries
        .iter()
        .map(|e| (e.at - at(0)).num_days())
        .collect();
    assert_eq!(days, [0, 1, 3]);
    let last = found[0].last_seen.as_ref().unwrap();
    assert_eq!((last.0, &last.1.action), (at(3), &Action::Nothing));
    assert_eq!(chronicles(&store, None).await.unwrap().len(), 2);
}

#[tokio::test]
async fn two_writers_of_the_same_moment_do_not_lose_each_others_entry() {
    let store = SqliteStore::in_memory().unwrap();
    let ops = |text: &'static str| {
        let store = &store;
        async move {
            append_entries(store, &scope(), &"shop".into(), &did(0, text))
                .await
                .unwrap()
        }
    };
    let (one, other) = (ops("one").await, ops("other").await);
    store.commit(Batch::of_ops(one)).await.unwrap();
    let refused = store.commit(Batch::of_ops(other)).await;
    assert!(matches!(refused, Err(StoreError::Conflict { .. })));
    store
        .commit(Batch::of_ops(ops("other").await))
        .await
        .unwrap();
    let found = chronicles(&store, None).await.unwrap();
    assert_eq!(found[0].entries, [did(0, "one"), did(0, "other")]);
}

#[tokio::test]
async fn what_is_said_without_credentials_goes_to_every_place_of_the_watch() {
    let store = SqliteStore::in_memory().unwrap();
    let nowhere = append_everywhere(&store, &"shop".into(), &did(0, "held")).await;
    assert_eq!(nowhere.unwrap(), Everywhere::default());
    // More than there is room for beside the fact.
    let regions = (0..20).map(|n| format!("eu-west-{n}"));
    let scopes = regions.map(|region| Scope {
        region: region.as_str().into(),
        ..scope()
    });
    for scope in scopes {
        for watch in ["shop", "blog"] {
            let ops =
                append_entries(&store, &scope, &watch.into(), &seen(0, Action::Tell, "")).await;
            store.commit(Batch::of_ops(ops.unwrap())).await.unwrap();
        }
    }
    let entry = did(1, "held");
    let everywhere = append_everywhere(&store, &"shop".into(), &entry).await;
    let everywhere = everywhere.unwrap();
    store
        .commit(Batch::of_ops(everywhere.beside))
        .await
        .unwrap();
    append_after(&store, &everywhere.after, &entry)
        .await
        .unwrap();
    for chronicle in chronicles(&store, None).await.unwrap() {
        let held = chronicle.entries.iter().filter(|one| **one == entry);
        let expected = usize::from(chronicle.watch.ends_with("/shop"));
        assert_eq!(held.count(), expected, "{chronicle:?}");
    }
}

#[tokio::test]
async fn what_is_over_the_bounds_goes() {
    let store = SqliteStore::in_memory().unwrap();
    let most = usize::try_from(ENTRIES_MAX).unwrap();
    for number in 0..most + 5 {
        add(&store, "shop", &did(0, &number.to_string())).await;
    }
    let kept = |found: Vec<Chronicle>| found.into_iter().next().unwrap().entries;
    let entries = kept(chronicles(&store, None).await.unwrap());
    assert_eq!(entries.len(), most);
    assert_eq!(entries[0], did(0, "5"));

    // A run's end has a journal, and is forgotten by whoever takes that with it.
    let ended = Entry {
        at: at(1),
        what: EntryWhat::Baked(baked("bake/k/0001")),
    };
    for _ in 0..most {
        add(&store, "shop", &did(1, "later")).await;
    }
    add(&store, "shop", &ended).await;
    for _ in 0..most + 5 {
        add(&store, "shop", &did(2, "last")).await;
    }
    let entries = kept(chronicles(&store, None).await.unwrap());
    assert_eq!((entries.len(), &entries[0]), (most + 6, &ended));
}

#[tokio::test]
async fn the_oldest_is_past_by_its_age_or_by_number_and_the_newest_never() {
    let store = SqliteStore::in_memory().unwrap();
    for day in 0..3 {
        add(&store, "shop", &did(day, "then")).await;
    }
    let name = format!("{}/shop", scope());
    let past = |days: i64, entries: u64, now: i64| {
        let (store, name) = (&store, &name);
        let age = TimeDelta::days(days);
        async move {
            oldest_past(store, name, HistoryBounds { age, entries }, at(now))
                .await
                .unwrap()
        }
    };
    assert!(
        past(10, 3, 10).await.is_none(),
        "ten days old, to the second"
    );
    let old = past(10, 3, 11).await.unwrap();
    assert_eq!(old.entry, Some(did(0, "then")));
    assert_eq!(past(10, 2, 3).await.unwrap().entry, Some(did(0, "then")));
    for left in [2, 1] {
        let ops = past(1, 500, 300).await.unwrap().ops;
        store.commit(Batch::of_ops(ops)).await.unwrap();
        let entries = chronicles(&store, None)
            .await
            .unwrap()
            .pop()
            .unwrap()
            .entries;
        assert_eq!(entries.len(), left);
    }
    assert!(
        past(1, 0, 300).await.is_none(),
        "the newest says what was seen last"
    );
}

fn baked(journal: &str) -> crate::model::chronicle::BakedEntry {
    crate::model::chronicle::BakedEntry {
        journal: journal.to_owned(),
        release: crate::model::chronicle::ReleasePoint {
            image: "ami-1".into(),
            version: "1.0".to_owned(),
        },
        generation: 0,
        attempt: 1,
        image: Some("ami-2".into()),
        why: None,
        changes: None,
    }
}
