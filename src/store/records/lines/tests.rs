//! What a line has at its head, and what leaves it.

use chrono::TimeDelta;

use super::*;
use crate::model::notice::{NextByItself, Notice, ToldBy, What};
use crate::store::Batch;
use crate::store::records::notice_ops;
use crate::store::sqlite::SqliteStore;

fn notice(watch: &str, second: i64) -> Notice {
    Notice {
        key: format!("{watch} {second}"),
        story: String::new(),
        at: DateTime::<Utc>::UNIX_EPOCH + TimeDelta::seconds(second),
        installation: None,
        watch: Some(watch.into()),
        scope: None,
        what: What::Sample {
            receiver: String::new(),
        },
        next: NextByItself::Nothing,
        commands: Vec::new(),
        links: Vec::new(),
    }
}

async fn told(store: &SqliteStore, watch: &str, second: i64, receivers: &[String]) {
    let told_by = ToldBy::everything_to(receivers.iter().map(String::as_str));
    let ops = notice_ops(store, &notice(watch, second), &told_by)
        .await
        .unwrap();
    store.commit(Batch::of_ops(ops)).await.unwrap();
}

async fn queue_all(store: &SqliteStore, known: impl Fn(&str) -> bool) {
    while let [row, ..] = &fresh(store, None).await.unwrap().rows[..] {
        store
            .commit(Batch::of_ops(queue(row, &known)))
            .await
            .unwrap();
    }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn each_line_has_the_oldest_at_its_head_whatever_was_stored_first() {
    let store = SqliteStore::in_memory().unwrap();
    for (watch, second) in [("shop", 9), ("shop-2", 3), ("shop", -5), ("shop", 100)] {
        told(&store, watch, second, &names(&["a", "gone"])).await;
    }
    // From tags of strangers, and of no watch.
    told(&store, "../x/y", 1, &names(&["a"])).await;
    queue_all(&store, |name| name != "gone").await;
    let heads = heads(&store).await.unwrap();
    let found: Vec<_> = heads
        .iter()
        .map(|(line, (_, row))| (line.watch.as_str(), row.value.notice.key.as_str()))
        .collect();
    let wanted = [
        ("shop-2", "shop-2 3"),
        ("shop", "shop -5"),
        ("~", "../x/y 1"),
    ];
    assert_eq!(found, wanted);
    let counted = count_waiting(&store).await.unwrap();
    assert_eq!((counted.waiting, counted.dead), (5, 0));
}

#[tokio::test]
async fn more_receivers_than_a_batch_holds_are_all_put_into_lines() {
    let store = SqliteStore::in_memory().unwrap();
    let many: Vec<String> = (0..57).map(|n| format!("r{n:02}")).collect();
    told(&store, "shop", 1, &many).await;
    queue_all(&store, |_| true).await;
    let heads = heads(&store).await.unwrap();
    let receivers: Vec<_> = heads
        .iter()
        .map(|(line, _)| line.receiver.clone())
        .collect();
    assert_eq!(receivers, many);
    let [whole] = &outbox_in_order(&store, |read| read.map(Some))
        .await
        .unwrap()[..]
    else {
        panic!("one notice is one entry");
    };
    assert_eq!(whole.to.len(), 57);
}

#[tokio::test]
async fn what_was_given_up_leaves_the_line_and_comes_back_to_its_place() {
    let store = SqliteStore::in_memory().unwrap();
    for second in [1, 2] {
        told(&store, "shop", second, &names(&["a"])).await;
    }
    queue_all(&store, |_| true).await;
    let (line, first) = heads(&store).await.unwrap().remove(0);
    store.commit(Batch::of_ops(bury(&first))).await.unwrap();
    let second = head(&store, &line).await.unwrap().unwrap();
    assert_eq!(second.1.value.notice.key, "shop 2");
    let given_up = dead(&store, None).await.unwrap().rows.remove(0);
    store
        .commit(Batch::of_ops(revive_ops(&given_up)))
        .await
        .unwrap();
    let again = head(&store, &line).await.unwrap().unwrap();
    assert_eq!(again.1.value.notice.key, "shop 1");
}

#[tokio::test]
async fn a_row_that_makes_no_sense_is_passed_over_and_kept() {
    let store = SqliteStore::in_memory().unwrap();
    told(&store, "shop", 5, &names(&["a"])).await;
    queue_all(&store, |_| true).await;
    for key in ["outbox/x", "line/a", "line/a/shop/0000/x", "dead/a/x"] {
        let op = Op::PutIfAbsent {
            key: key.to_owned(),
            value: json!("no notice"),
        };
        store.commit(Batch::of_ops(vec![op])).await.unwrap();
    }
    let found = heads(&store).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].1.1.value.notice.key, "shop 5");
    assert_eq!(fresh(&store, None).await.unwrap().unreadable, ["outbox/x"]);
    assert_eq!(dead(&store, None).await.unwrap().unreadable, ["dead/a/x"]);
    assert_eq!(count_waiting(&store).await.unwrap().waiting, 1);
}
