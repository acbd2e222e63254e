//! A run that is opened together with other operations: all of it is written, or nothing.

use serde_json::json;

use super::letter_tests::{JOURNAL, LetterDesk, LetterKind, Post, letter};
use super::open::open_runs;
use super::recovery::replay;
use super::tests::epoch;
use super::{Opening, RunError};
use crate::store::{Batch, Op, Store, StoreError};

fn claim(version: u64) -> Op {
    Op::CompareAndSet {
        key: "claim".to_owned(),
        expected: version,
        value: json!("letter/1 has it"),
    }
}

async fn version(desk: &LetterDesk, key: &str) -> u64 {
    let record = desk.store.get(key).await.unwrap();
    record.map_or(0, |record| record.version)
}

async fn write(desk: &LetterDesk, key: &str) {
    let put = Op::PutIfAbsent {
        key: key.to_owned(),
        value: json!("somebody else's"),
    };
    desk.store.commit(Batch::of_ops(vec![put])).await.unwrap();
}

#[tokio::test]
async fn a_run_is_opened_with_what_goes_with_it() {
    let (desk, post) = (LetterDesk::new().await, Post::default());
    let runner = desk.runner(&post);
    let opened = runner.begin(JOURNAL, &letter(true), vec![claim(0)]).await;
    assert_eq!(opened.unwrap(), Opening::New);
    assert_eq!(version(&desk, "claim").await, 1);
    assert_eq!(
        open_runs::<LetterKind>(&desk.store).await.unwrap()[0].journal,
        JOURNAL
    );
    let run = replay::<LetterKind>(&desk.store, JOURNAL).await.unwrap();
    assert_eq!(run.input(), &letter(true));
    assert!(post.calls.borrow().is_empty(), "nothing is driven yet");
}

#[tokio::test]
async fn a_run_that_is_open_is_told_apart_from_a_record_that_has_changed() {
    let (desk, post) = (LetterDesk::new().await, Post::default());
    write(&desk, "claim").await;
    let runner = desk.runner(&post);
    let refused = runner.begin(JOURNAL, &letter(true), vec![claim(0)]).await;
    let key = "claim".to_owned();
    assert_eq!(refused.unwrap(), Opening::Conflict { key });
    assert!(desk.store.journal(JOURNAL).await.unwrap().is_empty());
    assert!(
        open_runs::<LetterKind>(&desk.store)
            .await
            .unwrap()
            .is_empty()
    );

    // Decided again from what is there now.
    let opened = runner.begin(JOURNAL, &letter(true), vec![claim(1)]).await;
    assert_eq!(opened.unwrap(), Opening::New);
    // Whoever repeats what was written conflicts with the journal and with the claim: it is open.
    let repeated = runner.begin(JOURNAL, &letter(true), vec![claim(1)]).await;
    assert_eq!(repeated.unwrap(), Opening::Already);
    // Nothing of a second opening is written, even where the claim alone would do.
    let second = runner.begin(JOURNAL, &letter(false), vec![claim(2)]).await;
    assert_eq!(second.unwrap(), Opening::Already);
    assert_eq!(version(&desk, "claim").await, 2);
}

#[tokio::test]
async fn a_record_that_is_called_as_the_journal_is_makes_no_open_run() {
    let (desk, post) = (LetterDesk::new().await, Post::default());
    write(&desk, JOURNAL).await;
    let taken = Op::CompareAndSet {
        key: JOURNAL.to_owned(),
        expected: 0,
        value: json!(1),
    };
    let runner = desk.runner(&post);
    let refused = runner.begin(JOURNAL, &letter(true), vec![taken]).await;
    let key = JOURNAL.to_owned();
    assert_eq!(refused.unwrap(), Opening::Conflict { key });
}

#[tokio::test]
async fn a_driver_that_was_replaced_opens_nothing() {
    let (desk, post) = (LetterDesk::new().await, Post::default());
    epoch(&desk.store).await;
    let refused = desk
        .runner(&post)
        .begin(JOURNAL, &letter(true), vec![claim(0)])
        .await;
    assert!(matches!(
        refused,
        Err(RunError::Store(StoreError::LeaseLost))
    ));
    assert_eq!(version(&desk, "claim").await, 0);
}
