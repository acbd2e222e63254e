//! What a step is told of its own past, and what is left of its time, by a runner that is stopped, whose
//! clock is set, and which is asked to look again at a given time.

use std::time::Duration;

use chrono::TimeDelta;

use super::letter_tests::{
    ALLOWED, JOURNAL, LetterDesk, LetterNext, Post, again, letter, next_choice, pending,
};
use super::{RunOutcome, StepFailure};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What was called, without the second step's calls.
fn calls(post: &Post) -> Vec<String> {
    let calls = post.calls.take().into_iter();
    calls.filter(|call| !call.contains("Answer")).collect()
}

fn deadline(outcome: &RunOutcome) -> Option<&StepFailure> {
    match outcome {
        RunOutcome::Failed { failure, .. } if failure.kind == "deadline" => Some(failure),
        _ => None,
    }
}

fn succeeded(outcome: &RunOutcome) -> bool {
    matches!(outcome, RunOutcome::Succeeded { left } if left.is_empty())
}

#[tokio::test(start_paused = true)]
async fn a_step_that_this_life_began_knows_what_it_sent() {
    let desk = LetterDesk::new().await;
    let post = Post::plays([again(), next_choice(), again()]);
    desk.runner(&post)
        .open(JOURNAL, &letter(false))
        .await
        .unwrap();
    assert_eq!(
        calls(&post),
        [
            "find Send/0 fresh, 0 by us, never sent",
            "start Send/0 fresh, 0 by us, never sent",
            "find Send/0 fresh, 1 by us",
            "start Send/0 fresh, 1 by us",
            "find Send/1 fresh, 0 by us, never sent",
            "start Send/1 fresh, 0 by us, never sent",
            "find Send/1 fresh, 1 by us",
            "start Send/1 fresh, 1 by us",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_step_that_an_earlier_life_began_may_have_been_sent() {
    let desk = LetterDesk::new().await;
    let first = Post::plays([next_choice(), LetterNext::Hangs]);
    desk.dies_after(10, &first, &letter(false)).await;
    let post = Post::plays([again(), next_choice()]);
    let ended = desk.goes_on(&post).await.unwrap();
    assert!(succeeded(&ended.outcome));
    assert_eq!(
        post.calls.take(),
        [
            "find Send/1 resumed, 0 by us",
            "start Send/1 resumed, 0 by us",
            "find Send/1 resumed, 1 by us",
            "start Send/1 resumed, 1 by us",
            // What this life begins is its own again: the next choice, the next step.
            "find Send/2 fresh, 0 by us, never sent",
            "start Send/2 fresh, 0 by us, never sent",
            "find Answer/0 fresh, 0 by us, never sent",
            "start Answer/0 fresh, 0 by us, never sent",
        ]
    );
}

/// A call that hangs was sent, whatever came of it.
#[tokio::test(start_paused = true)]
async fn a_call_without_an_answer_counts_as_sent() {
    let desk = LetterDesk::new().await;
    let post = Post::plays([LetterNext::Hangs]);
    desk.runner(&post)
        .open(JOURNAL, &letter(false))
        .await
        .unwrap();
    assert_eq!(calls(&post)[2], "find Send/0 fresh, 1 by us");
}

#[tokio::test(start_paused = true)]
async fn an_undo_is_told_what_its_own_life_sent() {
    let broken = || {
        LetterNext::Says(Err(super::StepError::Failed(StepFailure::new(
            "x", "broken",
        ))))
    };
    let sent_here = Post::plays([broken()]);
    let desk = LetterDesk::new().await;
    desk.runner(&sent_here)
        .open(JOURNAL, &letter(false))
        .await
        .unwrap();
    assert_eq!(
        sent_here.calls.take().last().unwrap(),
        "undo Send/0 fresh, 1 by us"
    );

    let desk = LetterDesk::new().await;
    desk.dies_after(10, &Post::plays([LetterNext::Hangs]), &letter(false))
        .await;
    let resumed = Post::plays([broken()]);
    desk.goes_on(&resumed).await.unwrap();
    assert_eq!(
        resumed.calls.take().last().unwrap(),
        "undo Send/0 resumed, 1 by us"
    );
}

#[tokio::test(start_paused = true)]
async fn a_process_that_was_stopped_for_a_day_fails_no_watched_step() {
    for watched in [true, false] {
        let desk = LetterDesk::new().await;
        let first = Post {
            slow: true,
            ..Post::default()
        };
        desk.dies_after(500, &first, &letter(watched)).await;
        desk.clock.sleep(DAY).await;
        // Looks that add up to 500 s again: more than the step's time, with the first life's.
        let second = Post::plays((0..10).map(|_| pending(Some(50))));
        let ended = desk.goes_on(&second).await.unwrap();
        let failed = deadline(&ended.outcome).is_some();
        assert_eq!(failed, !watched, "{watched}: {:?}", ended.outcome);
    }
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_moves_no_watched_deadline() {
    for (watched, by) in [(true, 1), (true, -1), (false, 1)] {
        let desk = LetterDesk::new().await;
        let post = Post {
            slow: true,
            ..Post::default()
        };
        let begun = desk.clock.steady();
        let runner = desk.runner(&post);
        let (letter, set) = (letter(watched), TimeDelta::days(by));
        let (ended, ()) = tokio::join!(runner.open(JOURNAL, &letter), async {
            desk.clock.sleep(Duration::from_secs(100)).await;
            desk.clock.step(set);
        });
        let took = desk.clock.steady() - begun;
        assert!(deadline(&ended.unwrap().outcome).is_some());
        // To the second where it is watched; where it is not, the clock that was set decides.
        let whole = took >= ALLOWED && took < ALLOWED + Duration::from_secs(1);
        assert_eq!(whole, watched, "{watched} {by}: {took:?}");
    }
}

/// A machine that sleeps, a process that is stopped by a signal: nobody watches then.
#[tokio::test(start_paused = true)]
async fn a_process_that_was_frozen_fails_no_watched_step() {
    let desk = LetterDesk::new().await;
    let post = Post::plays((0..10).map(|_| pending(Some(50))));
    let (runner, letter) = (desk.runner(&post), letter(true));
    let (ended, ()) = tokio::join!(runner.open(JOURNAL, &letter), async {
        desk.clock.sleep(Duration::from_secs(75)).await;
        tokio::time::advance(DAY).await;
    });
    assert!(succeeded(&ended.unwrap().outcome));
}

#[tokio::test(start_paused = true)]
async fn a_watched_step_that_never_ends_fails_when_its_time_is_over() {
    let desk = LetterDesk::new().await;
    let post = Post {
        slow: true,
        // Another choice is no new step, and has no time of its own.
        ..Post::plays([pending(Some(300)), next_choice()])
    };
    let begun = desk.clock.steady();
    let opened = desk.runner(&post).open(JOURNAL, &letter(true)).await;
    let outcome = opened.unwrap().outcome;
    let failure = deadline(&outcome).expect("its time is over");
    assert_eq!(
        failure.why,
        "`send` was not done in 10 min of watching it; last: still on its way"
    );
    let took = desk.clock.steady() - begun;
    assert!(
        took >= ALLOWED && took < ALLOWED + Duration::from_secs(1),
        "{took:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_look_is_taken_again_when_it_asked_for_it() {
    let asked = [Some(30), Some(30), None, None, Some(0), Some(30)];
    let desk = LetterDesk::new().await;
    let post = Post::plays(asked.map(pending));
    let begun = desk.clock.steady();
    desk.runner(&post)
        .open(JOURNAL, &letter(false))
        .await
        .unwrap();
    // The usual pauses grow by themselves (1 s, 1.5 s), and none is shorter than a second.
    assert_eq!(
        desk.clock.steady() - begun,
        Duration::from_millis(30_000 + 30_000 + 1_000 + 1_500 + 1_000 + 30_000)
    );
}

#[tokio::test(start_paused = true)]
async fn a_look_that_asks_for_more_time_than_is_left_is_the_last() {
    for watched in [true, false] {
        let desk = LetterDesk::new().await;
        let post = Post::plays([pending(Some(590)), pending(Some(3_600)), pending(None)]);
        let begun = desk.clock.steady();
        let opened = desk.runner(&post).open(JOURNAL, &letter(watched)).await;
        assert!(deadline(&opened.unwrap().outcome).is_some());
        assert_eq!(desk.clock.steady() - begun, ALLOWED);
    }
}
