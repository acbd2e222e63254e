//! Moves, and what takes them back, stopped everywhere.

use std::time::Duration;

use futures_util::FutureExt as _;

use super::orders::Wish;
use super::world::{NEW, OLD, brisk, moved_by_others, new_image_is_ill};
use crate::common::life::Life;
use crate::crash::points::Points;
use crate::crash::sweep::{Act, AtStop, Form, Store, Story, everywhere, in_forms, nothing};

const MOVE: Story = Story {
    begin: brisk,
    before: nothing,
    act: Act::Move(Wish::Forward),
    points: Points::Distinct,
    dead_for: Duration::from_secs(10),
    meanwhile: |_| {},
    proof: moved_once,
    proof_after_loss: moved_once,
};

/// On the new image, by one update, and told once.
fn moved_once(life: &Life, _: &AtStop) {
    assert_eq!(Vec::from_iter(life.runs()), [NEW]);
    assert_eq!(life.updates(), 1);
    life.each_notice_came_once();
}

#[test]
fn a_move_that_is_disturbed_anywhere_is_made_once() {
    everywhere("move", MOVE, 1);
}

const IN_TABLE: Story = Story {
    begin: || brisk().in_table(),
    before: Life::makes_its_table,
    ..MOVE
};

#[test]
fn a_move_whose_store_is_a_table_is_made_once() {
    let forms = [
        (Form::Stopped(Store::Kept), 6),
        (Form::Stopped(Store::Lost), 12),
        (Form::Unanswered, 6),
    ];
    in_forms("move, in a table", IN_TABLE, &forms);
}

#[test]
#[ignore = "every distinct point: a minute and a half"]
fn a_move_whose_store_is_a_table_wherever_it_is_disturbed() {
    everywhere("move, in a table", IN_TABLE, 1);
}

/// Where the process was away for longer than the update took.
#[test]
fn a_move_that_stays_dead_for_hours_is_made_once() {
    let story = Story {
        dead_for: Duration::from_secs(5 * 60 * 60),
        ..MOVE
    };
    in_forms(
        "move, dead for hours",
        story,
        &[(Form::Stopped(Store::Kept), 2)],
    );
}

/// Back on the old image, which nothing of the failed move is left beside.
fn taken_back(life: &Life, _: &AtStop) {
    assert_eq!(Vec::from_iter(life.runs()), [OLD]);
    assert!(life.updates() <= 2, "{}", life.updates());
    life.each_notice_came_once();
}

/// With the store lost nobody knows what to take it back to: it is on one of the two, whole, and nothing
/// is left beside it. Where it is ill there, no order is begun, and a person sees why.
fn on_one_of_them(life: &Life, _: &AtStop) {
    assert_eq!(life.runs().len(), 1, "{:?}", life.runs());
    let is = life.shop_blue();
    assert_eq!((is.status.as_str(), is.pending_image_id), ("Ready", None));
    assert_eq!(is.failed_draft, None);
    // There and back, and, where even the quarantine was forgotten, once more.
    assert!(life.updates() <= 4, "{}", life.updates());
}

fn ill() -> Life {
    let life = brisk();
    super::world::serves(&life, NEW, "Severe", 120.0);
    life
}

#[test]
fn a_move_back_that_is_disturbed_anywhere_ends_where_it_was() {
    let story = Story {
        begin: ill,
        proof: taken_back,
        proof_after_loss: on_one_of_them,
        ..MOVE
    };
    let forms = [
        (Form::Stopped(Store::Kept), 1),
        (Form::Stopped(Store::Lost), 2),
        (Form::Unanswered, 1),
        (Form::StoreFull, 1),
    ];
    in_forms("move back", story, &forms);
}

#[test]
fn a_move_that_beanstalk_takes_back_by_itself_is_disturbed_anywhere() {
    let story = Story {
        begin: || {
            let life = brisk();
            new_image_is_ill(&life);
            life
        },
        proof: taken_back,
        ..MOVE
    };
    in_forms(
        "move, taken back by Beanstalk",
        story,
        &[(Form::Stopped(Store::Kept), 6)],
    );
}

/// Proved as it is: nothing was sent, and it is told once.
fn proved_once(life: &Life, stop: &AtStop) {
    proved(life, stop);
    life.each_notice_came_once();
    assert_eq!(life.heard_events(), ["rolled_out"]);
}

/// A proof that is forgotten is made again, and may be told again.
fn proved(life: &Life, _: &AtStop) {
    assert_eq!(Vec::from_iter(life.runs()), [NEW]);
    assert_eq!(life.updates(), 0);
    assert!(life.heard_events().contains(&"rolled_out".to_owned()));
}

/// Nothing is ever sent, and what others made of it is left as it is.
#[test]
fn a_proof_that_is_disturbed_anywhere_sends_nothing_and_is_told() {
    let story = Story {
        before: |life| moved_by_others(life).boxed_local(),
        act: Act::Move(Wish::Proof),
        proof: proved_once,
        proof_after_loss: proved,
        ..MOVE
    };
    everywhere("proof", story, 2);
}
