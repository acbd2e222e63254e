//! The index of open runs: what is in it, page by page, of whose stores, and when it cannot be read.

use chrono::{DateTime, TimeDelta};
use serde_json::{Value, json};

use super::letter_tests::{JOURNAL, LetterDesk, LetterKind, LetterNext, Post, letter, scope};
use super::open::{Header, OpenRun, open_runs, opening};
use super::tests::epoch;
use super::{RunError, WorkflowKind as _};
use crate::store::{Batch, Op, Store};

fn header() -> Header {
    Header {
        kind: "letter".to_owned(),
        subject: "ada".to_owned(),
        scope: scope(),
        at: DateTime::UNIX_EPOCH,
    }
}

async fn record(desk: &LetterDesk) -> Option<Value> {
    let record = desk.store.get(&format!("open/{JOURNAL}")).await.unwrap();
    record.map(|record| record.value)
}

/// As a store of before the headers has it.
async fn without_header(desk: &LetterDesk) {
    let ops = opening::<LetterKind>(JOURNAL, &letter(true), DateTime::UNIX_EPOCH).unwrap();
    let ops = ops.into_iter().map(|op| match op {
        Op::PutIfAbsent { key, .. } => Op::PutIfAbsent {
            key,
            value: Value::Null,
        },
        op => op,
    });
    desk.store
        .commit(Batch::of_ops(ops.collect()))
        .await
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_run_is_in_the_index_with_its_header_from_its_opening_to_its_end() {
    let (desk, post) = (LetterDesk::new().await, Post::plays([LetterNext::Hangs]));
    desk.dies_after(10, &post, &letter(true)).await;
    let open = open_runs::<LetterKind>(&desk.store).await.unwrap();
    let journal = JOURNAL.to_owned();
    let header = Some(header());
    assert_eq!(open, [OpenRun { journal, header }]);
    desk.goes_on(&post).await.unwrap();
    assert_eq!(open_runs::<LetterKind>(&desk.store).await.unwrap(), []);
    assert_eq!(record(&desk).await, None);
}

#[tokio::test]
async fn more_than_a_page_is_listed_once_each_and_nothing_of_another_kind() {
    let desk = LetterDesk::new().await;
    for n in 0..203_i64 {
        let at = DateTime::UNIX_EPOCH + TimeDelta::seconds(n);
        let ops = opening::<LetterKind>(&format!("letter/{n:04}"), &letter(true), at).unwrap();
        desk.store.commit(Batch::of_ops(ops)).await.unwrap();
    }
    for other in ["letters/1", "lette/1", "zebra/1"] {
        let put = Op::PutIfAbsent {
            key: format!("open/{other}"),
            value: Value::Null,
        };
        desk.store.commit(Batch::of_ops(vec![put])).await.unwrap();
    }
    let open = open_runs::<LetterKind>(&desk.store).await.unwrap();
    let seconds = open.iter().map(|one| one.known().unwrap().at.timestamp());
    assert_eq!(seconds.collect::<Vec<_>>(), (0..203).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_run_of_before_the_headers_is_told_by_its_journal_and_gets_one_when_it_is_resumed() {
    let desk = LetterDesk::new().await;
    without_header(&desk).await;
    let open = open_runs::<LetterKind>(&desk.store).await.unwrap();
    assert_eq!(open[0].known().unwrap(), &header());
    assert_eq!(
        record(&desk).await,
        Some(Value::Null),
        "reading writes nothing"
    );

    let post = Post::plays([LetterNext::Hangs]);
    let runner = desk.runner(&post);
    let resumed = runner.resume(JOURNAL);
    let life = desk.clock.timeout(
        LetterKind::undo_allowance(super::letter_tests::Step::Send),
        resumed,
    );
    assert!(life.await.is_err(), "it hangs");
    assert_eq!(record(&desk).await, Some(json!(header())));
}

#[tokio::test(start_paused = true)]
async fn a_driver_that_was_replaced_gives_no_header() {
    let (desk, post) = (LetterDesk::new().await, Post::default());
    without_header(&desk).await;
    epoch(&desk.store).await;
    assert!(desk.goes_on(&post).await.is_err());
    assert_eq!(record(&desk).await, Some(Value::Null));
}

#[tokio::test]
async fn a_header_that_cannot_be_read_hides_no_run() {
    for value in [json!({"kind": "letter"}), json!("later"), Value::Null] {
        let desk = LetterDesk::new().await;
        let put = Op::PutIfAbsent {
            key: format!("open/{JOURNAL}"),
            value,
        };
        desk.store.commit(Batch::of_ops(vec![put])).await.unwrap();
        let open = open_runs::<LetterKind>(&desk.store).await.unwrap();
        assert_eq!(open[0].journal, JOURNAL);
        let unknown = open[0].known();
        assert!(matches!(unknown, Err(RunError::Unknown { journal }) if journal == JOURNAL));
    }
}
