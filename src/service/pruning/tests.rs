//! What is past its bounds goes, whoever stops it in the middle; what is under way or in use stays.

use chrono::TimeDelta;
use serde_json::json;

use super::*;
use crate::model::chronicle::{BakedEntry, DidEntry, ReleasePoint};
use crate::model::ids::Scope;
use crate::store::records::chronicle::{append_entries, chronicles};
use crate::store::records::{put_report, remembered_report};
use crate::store::sqlite::SqliteStore;
use crate::store::{DRIVER, LeaseTaken};

const BOUNDS: HistoryBounds = HistoryBounds {
    age: TimeDelta::days(30),
    entries: 500,
};

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

fn did(day: i64) -> Entry {
    Entry {
        at: at(day),
        what: EntryWhat::Did(DidEntry {
            verb: "hold".to_owned(),
            sentence: "held".to_owned(),
            by: None,
            facts: std::collections::BTreeMap::new(),
        }),
    }
}

fn journal_of(day: i64) -> String {
    format!("bake/{day:064}/0001")
}

fn baked(day: i64) -> Entry {
    Entry {
        at: at(day),
        what: EntryWhat::Baked(BakedEntry {
            journal: journal_of(day),
            release: ReleasePoint {
                image: "ami-0".into(),
                version: "1.0".to_owned(),
            },
            generation: 0,
            attempt: 1,
            image: Some(format!("ami-{day}").as_str().into()),
            why: None,
            changes: None,
        }),
    }
}

/// A store whose watch baked on the first three days, each bake with a journal of 45 events and a report.
async fn lived() -> (SqliteStore, u64) {
    let store = SqliteStore::in_memory().unwrap();
    let LeaseTaken::Mine(lease) = store.take(DRIVER, "me").await.unwrap() else {
        panic!("nobody else has it");
    };
    for day in 0..3 {
        for n in 0..45 {
            write(
                &store,
                vec![Op::Append {
                    journal: journal_of(day),
                    expected: n,
                    event: json!({ "n": n }),
                }],
            )
            .await;
        }
        let image = format!("ami-{day}");
        write(
            &store,
            vec![put_report(&scope(), &image.as_str().into(), 0, "report")],
        )
        .await;
        add(&store, &baked(day)).await;
    }
    (store, lease.epoch)
}

async fn write(store: &SqliteStore, ops: Vec<Op>) {
    store.commit(Batch::of_ops(ops)).await.unwrap();
}

async fn add(store: &SqliteStore, entry: &Entry) {
    let ops = append_entries(store, &scope(), &"shop".into(), entry).await;
    write(store, ops.unwrap()).await;
}

async fn left(store: &SqliteStore) -> (usize, Vec<usize>, Vec<bool>) {
    let entries = chronicles(store, None).await.unwrap()[0].entries.len();
    let (mut events, mut reports) = (Vec::new(), Vec::new());
    for day in 0..3 {
        events.push(store.journal(&journal_of(day)).await.unwrap().len());
        let image = format!("ami-{day}");
        let report = remembered_report(store, &scope(), &image.as_str().into()).await;
        reports.push(report.unwrap().is_some());
    }
    (entries, events, reports)
}

#[tokio::test]
async fn an_old_run_goes_with_its_journal_and_report_and_a_young_one_stays() {
    let (store, epoch) = lived().await;
    add(&store, &did(3)).await;
    let pruned = prune_history(&store, epoch, BOUNDS, at(31), 100)
        .await
        .unwrap();
    let expected = Pruned {
        entries: 1,
        journals: 1,
        more: false,
    };
    assert_eq!(pruned, expected);
    assert_eq!(
        left(&store).await,
        (3, vec![0, 45, 45], vec![false, true, true])
    );
    let again = prune_history(&store, epoch, BOUNDS, at(31), 100)
        .await
        .unwrap();
    assert_eq!(again, Pruned::default());
    assert!(pruned_journals(&store).await.unwrap().is_empty());
}

/// However few batches there are each time, the end is the same, and on the way there is no entry whose
/// journal is cut.
#[tokio::test]
async fn small_batches_come_to_the_same_end_and_show_no_half_journal() {
    let (store, epoch) = lived().await;
    add(&store, &did(3)).await;
    let mut rounds = 0;
    loop {
        let pruned = prune_history(&store, epoch, BOUNDS, at(100), 1)
            .await
            .unwrap();
        let found = chronicles(&store, None).await.unwrap();
        for entry in &found[0].entries {
            if let Some(journal) = entry.what.journal() {
                assert_eq!(store.journal(journal).await.unwrap().len(), 45);
            }
        }
        rounds += 1;
        if !pruned.more {
            break;
        }
    }
    assert!(
        rounds >= 12,
        "three entries, and three batches a journal: {rounds}"
    );
    assert_eq!(left(&store).await, (1, vec![0; 3], vec![false; 3]));
}

#[tokio::test]
async fn what_is_open_again_and_the_report_of_the_watch_s_image_stay() {
    let (store, epoch) = lived().await;
    add(&store, &did(90)).await;
    // The watch has the image of the second day.
    let history = json!({
        "first_seen": {}, "failing": null, "generation": 0,
        "current": {
            "image": "ami-1", "key": "0".repeat(64), "generation": 0, "base_image": "ami-0",
            "base_version": "1.0", "recipe_digest": "0".repeat(64), "baked_at": at(1),
            "redundant": false,
        },
    });
    let key = format!("watch/{}/shop", scope());
    write(
        &store,
        vec![Op::PutIfAbsent {
            key,
            value: history,
        }],
    )
    .await;
    // The third day's journal was named, and opened again under its old name.
    let open = Op::PutIfAbsent {
        key: format!("open/{}", journal_of(2)),
        value: json!(null),
    };
    write(&store, vec![open]).await;
    prune_history(&store, epoch, BOUNDS, at(100), 100)
        .await
        .unwrap();
    assert_eq!(
        left(&store).await,
        (1, vec![0, 0, 45], vec![false, true, false])
    );
    assert!(pruned_journals(&store).await.unwrap().is_empty());
}

#[tokio::test]
async fn nothing_goes_under_a_lease_that_is_somebody_else_s() {
    let (store, epoch) = lived().await;
    add(&store, &did(3)).await;
    let refused = prune_history(&store, epoch + 1, BOUNDS, at(100), 100).await;
    assert!(matches!(refused, Err(StoreError::LeaseLost)), "{refused:?}");
    assert_eq!(left(&store).await, (4, vec![45; 3], vec![true; 3]));
}

#[tokio::test]
async fn a_chronicle_that_makes_no_sense_costs_nobody_else() {
    let (store, epoch) = lived().await;
    add(&store, &did(3)).await;
    let key = format!("chronicled/{}/a-first", scope());
    let value = json!("nonsense");
    write(&store, vec![Op::PutIfAbsent { key, value }]).await;
    let pruned = prune_history(&store, epoch, BOUNDS, at(100), 100).await;
    assert_eq!(pruned.unwrap().journals, 3);
}
