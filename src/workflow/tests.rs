//! The rulebook and the runner, on a toy workflow.

mod words;

use std::time::Duration;

use chrono::DateTime;

use super::journal::LeftUndone;
use super::observer::Unobserved;
use super::open::open_runs;
use super::recovery::replay;
use super::{JournalEvent, Run, RunError, RunOutcome, Runner, StepFailure};
use crate::clock::Clock;
use crate::store::sqlite::SqliteStore;
use crate::store::{DRIVER, Store};
use words::{Toy, Words, WordsKind};

/// Takes the driver's place; whoever had it is replaced.
pub(super) async fn epoch(store: &dyn Store) -> u64 {
    let taken = store.take(DRIVER, "me").await.unwrap();
    taken.mine().unwrap().epoch
}

async fn drive(words: &Words, store: &dyn Store) -> (RunOutcome, Duration) {
    let clock = Clock::virtual_from(DateTime::UNIX_EPOCH);
    let epoch = epoch(store).await;
    let runner = Runner {
        workflow: words,
        store,
        clock: &clock,
        epoch,
        observer: &Unobserved,
    };
    let ended = runner.open("toy/1", &"w".to_owned()).await.unwrap();
    (
        ended.outcome,
        (clock.now() - DateTime::UNIX_EPOCH).to_std().unwrap(),
    )
}

#[tokio::test(start_paused = true)]
async fn every_step_is_looked_for_before_it_is_started() {
    let (words, store) = (Words::default(), SqliteStore::in_memory().unwrap());
    let (outcome, _) = drive(&words, &store).await;
    assert_eq!(outcome, RunOutcome::Succeeded { left: Vec::new() });
    let calls = words.calls.take();
    assert_eq!(calls[..3], ["find One/0", "start One/0", "check One/0"]);
    assert_eq!(*words.made.borrow(), ["w-One", "w-Two", "w-Three"]);
    // The fact is in the store, the journal is closed, and nothing is open.
    assert!(store.get("fact").await.unwrap().is_some());
    assert!(open_runs::<WordsKind>(&store).await.unwrap().is_empty());
    let run = replay::<WordsKind>(&store, "toy/1").await.unwrap();
    assert_eq!(run.output(Toy::Three).map(String::as_str), Some("w-Three"));
}

#[tokio::test(start_paused = true)]
async fn an_unknown_outcome_goes_back_through_find_and_nothing_is_made_twice() {
    let (words, store) = (Words::default(), SqliteStore::in_memory().unwrap());
    words.unknown_once.set(true);
    drive(&words, &store).await;
    assert_eq!(
        words.calls.borrow()[..3],
        ["find One/0", "start One/0", "find One/0"]
    );
    assert_eq!(words.made.borrow().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn looks_back_off_to_five_seconds_while_a_wait_is_usual() {
    let (words, store) = (Words::default(), SqliteStore::in_memory().unwrap());
    words.looks_needed.set(20);
    let (_, took) = drive(&words, &store).await;
    // 1 + 1.5 + 2.25 + 3.375 and then 16 times 5.
    assert_eq!(took, Duration::from_millis(88_125));
}

#[tokio::test(start_paused = true)]
async fn a_refused_choice_is_followed_by_the_next_one() {
    let (words, store) = (Words::default(), SqliteStore::in_memory().unwrap());
    words.choices_refused.set(2);
    drive(&words, &store).await;
    let calls = words.calls.borrow();
    let starts: Vec<_> = calls
        .iter()
        .filter(|call| call.starts_with("start One"))
        .collect();
    assert_eq!(starts, ["start One/0", "start One/1", "start One/2"]);
}

#[tokio::test(start_paused = true)]
async fn a_failed_step_and_all_before_it_are_undone_last_first() {
    let (words, store) = (Words::default(), SqliteStore::in_memory().unwrap());
    words.fail.set(Some(Toy::Two));
    let (outcome, _) = drive(&words, &store).await;
    let failure = StepFailure::new("broken", "it broke; mend it");
    assert_eq!(
        outcome,
        RunOutcome::Failed {
            step: "two".to_owned(),
            failure,
            left: Vec::new()
        }
    );
    assert!(words.made.borrow().is_empty());
    let calls = words.calls.borrow();
    assert_eq!(calls[calls.len() - 2..], ["undo Two/0", "undo One/0"]);
}

#[tokio::test(start_paused = true)]
async fn a_failure_past_the_point_of_no_return_undoes_nothing_and_says_so() {
    let (words, store) = (Words::default(), SqliteStore::in_memory().unwrap());
    words.fail.set(Some(Toy::Three));
    let (outcome, _) = drive(&words, &store).await;
    assert!(matches!(outcome, RunOutcome::Succeeded { left } if left.len() == 1));
    assert_eq!(*words.made.borrow(), ["w-One", "w-Two"]);
}

#[tokio::test(start_paused = true)]
async fn an_undo_that_gets_no_answer_keeps_its_journal_open_and_goes_on_at_the_next_start() {
    let (words, store) = (Words::default(), SqliteStore::in_memory().unwrap());
    words.fail.set(Some(Toy::Two));
    words.undo_stuck.set(true);
    let clock = Clock::virtual_from(DateTime::UNIX_EPOCH);
    let epoch = epoch(&store).await;
    let runner = Runner {
        workflow: &words,
        store: &store,
        clock: &clock,
        epoch,
        observer: &Unobserved,
    };
    let stuck = runner.open("toy/1", &"w".to_owned()).await;
    assert!(matches!(stuck, Err(RunError::Stuck { step, .. }) if step == "two"));
    assert!(clock.now() - DateTime::UNIX_EPOCH < chrono::TimeDelta::seconds(100));
    let open = open_runs::<WordsKind>(&store).await.unwrap();
    assert_eq!(open[0].journal, "toy/1");

    words.undo_stuck.set(false);
    let ended = runner.resume("toy/1").await.unwrap();
    assert!(matches!(ended.outcome, RunOutcome::Failed { left, .. } if left.is_empty()));
    assert!(words.made.borrow().is_empty());
    assert!(open_runs::<WordsKind>(&store).await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_step_that_never_ends_fails_at_its_deadline_with_the_last_look() {
    let (words, store) = (Words::default(), SqliteStore::in_memory().unwrap());
    words.looks_needed.set(u32::MAX);
    let (outcome, took) = drive(&words, &store).await;
    let RunOutcome::Failed { failure, .. } = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(failure.kind, "deadline");
    assert!(failure.why.contains("to go"), "{failure}");
    // By then a pause is ten seconds, and the last one is cut short.
    assert!(
        took >= Duration::from_secs(600) && took < Duration::from_secs(601),
        "{took:?}"
    );
}

/// Its last start did it, and its answer was lost just when the time was over.
#[tokio::test(start_paused = true)]
async fn a_step_that_was_done_at_its_deadline_is_not_undone() {
    let (words, store) = (Words::default(), SqliteStore::in_memory().unwrap());
    words.dark_s.set(600);
    let (outcome, _) = drive(&words, &store).await;
    assert_eq!(outcome, RunOutcome::Succeeded { left: Vec::new() });
    assert_eq!(words.made.borrow().len(), 3, "nothing was made twice");
}

/// What a look has learnt is written before the next one: a process that begins anew replays it.
#[tokio::test(start_paused = true)]
async fn what_a_step_keeps_is_in_its_journal_and_the_step_goes_on() {
    let (words, store) = (Words::default(), SqliteStore::in_memory().unwrap());
    words.seen_once.set(true);
    let (outcome, _) = drive(&words, &store).await;
    assert_eq!(outcome, RunOutcome::Succeeded { left: Vec::new() });
    assert_eq!(words.made.borrow().len(), 3, "nothing was made twice");
    let events = store.journal("toy/1").await.unwrap();
    let of_two = events.iter().filter(|event| event["step"] == "two");
    let told: Vec<&str> = of_two.filter_map(|event| event["event"].as_str()).collect();
    assert_eq!(told, ["started", "kept", "done"]);
    let run = replay::<WordsKind>(&store, "toy/1").await.unwrap();
    assert_eq!(run.kept(Toy::Two).map(String::as_str), Some("seen"));
    assert_eq!(run.kept(Toy::One), None);
    assert_eq!(run.output(Toy::Two).map(String::as_str), Some("w-Two"));
}

#[tokio::test(start_paused = true)]
async fn a_stale_driver_can_write_nothing() {
    let (words, store) = (Words::default(), SqliteStore::in_memory().unwrap());
    let clock = Clock::virtual_from(DateTime::UNIX_EPOCH);
    let replaced = epoch(&store).await;
    epoch(&store).await;
    let runner = Runner {
        workflow: &words,
        store: &store,
        clock: &clock,
        epoch: replaced,
        observer: &Unobserved,
    };
    assert!(runner.open("toy/1", &"w".to_owned()).await.is_err());
    assert!(words.calls.borrow().is_empty());
}

#[test]
fn the_rulebook_refuses_what_cannot_follow() {
    let at = DateTime::UNIX_EPOCH;
    let opened = || JournalEvent::Opened {
        at,
        input: "w".to_owned(),
    };
    let started = |step, choice| JournalEvent::Started {
        step,
        choice,
        at,
        deadline: at,
    };
    let done = |step| JournalEvent::Done {
        step,
        at,
        output: "out".to_owned(),
    };
    let kept = |step| JournalEvent::Kept {
        step,
        at,
        output: "so far".to_owned(),
    };
    let left = LeftUndone {
        why: String::new(),
        by_hand: String::new(),
    };
    let refused = [
        ("done before started", vec![done(Toy::One)]),
        ("kept before started", vec![kept(Toy::One)]),
        (
            "kept by another step",
            vec![started(Toy::One, 0), kept(Toy::Two)],
        ),
        (
            "kept once it is done",
            vec![started(Toy::One, 0), done(Toy::One), kept(Toy::One)],
        ),
        ("second opening", vec![opened()]),
        (
            "a choice skipped",
            vec![started(Toy::One, 0), started(Toy::One, 2)],
        ),
        (
            "another step meanwhile",
            vec![started(Toy::One, 0), started(Toy::Two, 0)],
        ),
        (
            "done twice",
            vec![started(Toy::One, 0), done(Toy::One), started(Toy::One, 0)],
        ),
        (
            "undo without failure",
            vec![JournalEvent::UndoStarted {
                step: Toy::One,
                at,
                deadline: at,
            }],
        ),
        (
            "left without undo",
            vec![JournalEvent::Left {
                step: Toy::One,
                at,
                left,
            }],
        ),
    ];
    for (what, events) in refused {
        let mut run = Run::<WordsKind>::open(opened()).unwrap();
        let last = events.iter().map(|event| run.record(event)).last().unwrap();
        assert!(last.is_err(), "{what} was taken");
    }
    assert!(Run::<WordsKind>::open(done(Toy::One)).is_err());
}
