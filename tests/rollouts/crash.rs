//! A rollout of two waves, whose daemon is stopped everywhere: each environment is moved once, the canary
//! first, and people hear of each wave once.

use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;

use super::world::{BLUE, CANARY, UNASKED, town_of};
use crate::common::life::Life;
use crate::crash::points::Points;
use crate::crash::sweep::{Act, AtStop, Form, Store, Story, in_forms};

/// The image is baked and the first look is made: what follows is the rollout alone.
fn baked(life: &Life) -> LocalBoxFuture<'_, ()> {
    async {
        life.bakes_first().await;
        life.wait(Duration::from_secs(60)).await;
    }
    .boxed_local()
}

/// Every so manieth point loses the store: a few at each step.
const LOST_NTH: usize = 20;

const ROLLOUT: Story = Story {
    begin: || town_of(&[CANARY, BLUE], UNASKED),
    before: baked,
    act: Act::Daemon(Duration::from_secs(25 * 60)),
    points: Points::Kinds,
    dead_for: Duration::from_secs(10),
    meanwhile: |_| {},
    proof: moved_once_each,
    proof_after_loss: moved_once_each,
};

fn moved_once_each(life: &Life, _: &AtStop) {
    let image = life.newest();
    assert!(life.is_on(CANARY, &image) && life.is_on(BLUE, &image));
    assert_eq!(life.updated(), [CANARY, BLUE]);
    // Where an answer was lost, a notice may come again, under its key.
    let kinds = life.heard_kinds();
    let waves = kinds.iter().filter(|kind| *kind == "rolled_out").count();
    assert_eq!(waves, 2, "{kinds:?}");
}

#[test]
fn a_rollout_whose_daemon_is_stopped_anywhere_ends_the_same() {
    let forms = [
        (Form::Stopped(Store::Kept), 7),
        (Form::Unanswered, 5),
        (Form::StoreFull, 6),
    ];
    in_forms("rollout of two waves", ROLLOUT, &forms);
}

/// Nobody remembers any move: what runs the image is proved by looks, in its turn, and nothing is moved to it
/// twice.
fn all_on_it(life: &Life, _: &AtStop) {
    let image = life.newest();
    assert!(life.is_on(CANARY, &image) && life.is_on(BLUE, &image));
    assert_eq!(life.updated(), [CANARY, BLUE]);
}

#[test]
fn a_rollout_whose_store_is_lost_on_the_way_moves_nothing_twice() {
    let story = Story {
        act: Act::Daemon(Duration::from_secs(60 * 60)),
        proof_after_loss: all_on_it,
        ..ROLLOUT
    };
    let forms = [(Form::Stopped(Store::Lost), LOST_NTH)];
    in_forms("rollout of two waves, its store lost", story, &forms);
}

/// The canary fails: it is back where it was, the other one never moves.
fn stopped_at_the_canary(life: &Life, _: &AtStop) {
    assert!(
        life.verified().is_empty(),
        "it is quarantined, and not made again"
    );
    let stock = life.base_image();
    assert!(life.is_on(CANARY, &stock) && life.is_on(BLUE, &stock));
    let updated = life.updated();
    assert!(updated.iter().all(|name| name == CANARY), "{updated:?}");
    assert!(updated.len() <= 2, "{updated:?}");
    let kinds = life.heard_kinds();
    let back = kinds.iter().filter(|kind| *kind == "rolled_back").count();
    assert_eq!(back, 1, "{kinds:?}");
}

fn baked_ill(life: &Life) -> LocalBoxFuture<'_, ()> {
    async {
        let image = life.bakes_first().await;
        life.is_ill(&image, Duration::from_secs(90));
        life.wait(Duration::from_secs(60)).await;
    }
    .boxed_local()
}

const ILL: Story = Story {
    before: baked_ill,
    proof: stopped_at_the_canary,
    proof_after_loss: the_ill_one_went_no_further,
    ..ROLLOUT
};

#[test]
fn a_canary_that_fails_stops_the_rollout_wherever_the_daemon_is_stopped() {
    let forms = [(Form::Stopped(Store::Kept), 9)];
    in_forms("rollout whose canary fails", ILL, &forms);
}

/// With the store goes the way back, and a quarantine that no tag says yet: the canary may be moved there and
/// back once more, or stay where it is ill for a person to see; what is ill there goes no further. Where the tag
/// says it, another image may have been made, which goes its own way.
fn the_ill_one_went_no_further(life: &Life, _: &AtStop) {
    let made = life.account.own_images().into_iter();
    let ill = made.map(|image| image.id).min().expect("one was baked");
    let blue = life.environment(BLUE).id;
    let to_ill = |environment: Option<&str>| {
        let ledger = life.account.ledger().into_iter();
        let updates = ledger.filter(|call| call.operation == "UpdateEnvironment");
        let sent = updates.filter(|call| {
            let to_it = call.params.values().any(|value| *value == ill);
            let id = &call.params["EnvironmentId"];
            to_it && environment.is_none_or(|wanted| id == wanted)
        });
        sent.count()
    };
    assert!((1..=2).contains(&to_ill(None)), "{:?}", life.updated());
    assert_eq!(to_ill(Some(&blue)), 0, "{:?}", life.updated());
    let canary = life.environment(CANARY);
    assert_eq!(
        (canary.status.as_str(), canary.pending_image_id),
        ("Ready", None)
    );
}

#[test]
fn a_canary_that_fails_goes_no_further_with_the_store_lost() {
    let forms = [(Form::Stopped(Store::Lost), LOST_NTH)];
    in_forms("rollout whose canary fails, its store lost", ILL, &forms);
}
