//! A rollout of two waves, whose daemon is stopped everywhere: each environment is moved once, the canary
//! first, and people hear of each wave once.

use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;

use super::world::{BLUE, CANARY, UNASKED, town_of};
use crate::common::life::Life;
use crate::crash::sweep::{Act, AtStop, Form, Points, Store, Story, in_forms};

/// The image is baked and the first look is made: what follows is the rollout alone.
fn baked(life: &Life) -> LocalBoxFuture<'_, ()> {
    async {
        life.bakes_first().await;
        life.wait(Duration::from_secs(60)).await;
    }
    .boxed_local()
}

const ROLLOUT: Story = Story {
    begin: || town_of(&[CANARY, BLUE], UNASKED),
    before: baked,
    act: Act::Daemon(Duration::from_secs(25 * 60)),
    points: Points::Distinct,
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
        (Form::Stopped(Store::Kept), 3),
        (Form::Unanswered, 5),
        (Form::StoreFull, 5),
    ];
    in_forms("rollout of two waves", ROLLOUT, &forms);
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

#[test]
fn a_canary_that_fails_stops_the_rollout_wherever_the_daemon_is_stopped() {
    let story = Story {
        before: baked_ill,
        proof: stopped_at_the_canary,
        ..ROLLOUT
    };
    in_forms(
        "rollout whose canary fails",
        story,
        &[(Form::Stopped(Store::Kept), 4)],
    );
}
