//! Each rung, and the way back, stopped everywhere: the same end, told once, and nothing in use was touched.

use std::time::Duration;

use futures_util::FutureExt as _;

use super::world::{DAY, applying, stands};
use crate::common::life::Life;
use crate::crash::points::Points;
use crate::crash::sweep::{Act, AtStop, Form, Store, Story, every_point, in_forms};

const FORMS: [(Form, usize); 3] = [
    (Form::Stopped(Store::Kept), 1),
    (Form::Unanswered, 2),
    (Form::StoreFull, 1),
];

/// The older of the two images: the newer one stays in every life.
pub(crate) fn old(life: &Life) -> String {
    let made = life.account.ledger().into_iter();
    let mut made = made.filter(|call| call.operation == "CreateImage" && call.outcome == "ok");
    let name = made.next().expect("one was made").params["Name"].clone();
    let images = life.account.own_images().into_iter();
    let mut images = images.filter(|one| one.name == name);
    images.next().map_or("gone".to_owned(), |one| one.id)
}

/// Two images, the older of which was kept by what could not be asked; and a look is due.
async fn two(life: &Life) {
    const LOOK: &str = "autoscaling:DescribeLaunchConfigurations";
    life.account.deny(LOOK);
    life.two_images().await;
    assert_eq!(stands(life, &old(life)), "in force");
    life.account.allow(LOOK);
    life.wait(DAY / 3).await;
}

/// The older image stands so, and its next step is due at the next look.
async fn due_from(life: &Life, rung: &str, days: u32) {
    let [old, _] = life.two_images().await;
    life.share_with_us(&old.id).await;
    life.until_it_stands(&old.id, rung).await;
    life.wait(days * DAY).await;
}

/// It went, once, and whoever was told of it was told once.
fn went(life: &Life, rung: &str, told: usize) {
    let image = old(life);
    assert_eq!(stands(life, &image), rung);
    life.no_image_in_use_was_retired();
    life.each_key_has_one_text();
    let keys: Vec<_> = life.heard_keys().into_iter().collect();
    let of_it = keys.iter().filter(|key| key.starts_with("retired:"));
    assert_eq!(of_it.count(), told, "{keys:#?}");
    life.promises_hold();
}

const STORY: Story = Story {
    begin: applying,
    before: |life| two(life).boxed_local(),
    act: Act::Retire,
    points: Points::Distinct,
    // What was refused or unanswered is tried again after a quarter of an hour.
    dead_for: Duration::from_secs(20 * 60),
    meanwhile: |_| {},
    proof: |life, _| went(life, "deprecated", 1),
    proof_after_loss: |_, _| {},
};

#[test]
fn a_deprecation_that_is_disturbed_anywhere_is_one() {
    in_forms("deprecation", STORY, &FORMS);
}

#[test]
fn a_disabling_that_is_disturbed_anywhere_is_one_and_who_might_launch_it_is_known() {
    let story = Story {
        before: |life| due_from(life, "deprecated", 4).boxed_local(),
        proof: |life, _| {
            went(life, "disabled", 2);
            recorded(life);
        },
        ..STORY
    };
    in_forms("disabling", story, &FORMS);
}

/// Whoever might launch it is given back by `restore`, whatever disturbed the disabling.
fn recorded(life: &Life) {
    let image = old(life);
    let record = futures_util::FutureExt::now_or_never(life.restored_grants(&image));
    let grants = record.expect("the store answers at once");
    assert_eq!(grants, [sim::ACCOUNT_ID]);
}

#[test]
fn a_deregistering_that_is_disturbed_anywhere_takes_its_snapshot_along() {
    let story = Story {
        before: |life| due_from(life, "disabled", 4).boxed_local(),
        proof: |life, _| {
            went(life, "gone", 3);
            let snapshots = life.account.snapshots();
            assert_eq!(snapshots.len(), 1, "the newest image's: {snapshots:#?}");
        },
        ..STORY
    };
    in_forms("deregistering", story, &FORMS);
}

#[test]
fn a_restoring_that_is_disturbed_anywhere_is_whole() {
    let story = Story {
        before: |life| due_from(life, "disabled", 0).boxed_local(),
        act: Act::Restore,
        proof: back,
        ..STORY
    };
    in_forms("restoring", story, &FORMS[..2]);
    // It writes twice: what is wanted, and the end.
    assert_eq!(every_point(story, Form::StoreFull, 1), 2);
}

/// It is back, with whoever might launch it.
fn back(life: &Life, _: &AtStop) {
    let image = old(life);
    assert_eq!(stands(life, &image), "in force");
    assert_eq!(life.may_launch(&image), [sim::ACCOUNT_ID]);
    went(life, "in force", 3);
}
