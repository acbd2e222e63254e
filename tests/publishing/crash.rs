//! Publishing, and taking back, stopped everywhere.

use std::time::Duration;

use amiwatch::model::hold::HeldThing;
use amiwatch::model::ids::ImageId;
use futures_util::FutureExt as _;

use super::copies::copying;
use super::share::{OTHER, sharing};
use super::template;
use super::world::feed;
use crate::common::life::Life;
use crate::crash::points::Points;
use crate::crash::sweep::{Act, AtStop, Form, Store, Story, everywhere, in_forms};

const DAY: Duration = Duration::from_secs(86_400);

/// The first look; the next one publishes.
async fn looked(life: &Life) {
    life.pass().await;
    assert!(life.values().is_empty());
}

const PUBLISH: Story = Story {
    begin: feed,
    before: |life| looked(life).boxed_local(),
    act: Act::Pass,
    points: Points::Every,
    dead_for: Duration::from_secs(10),
    meanwhile: |_| {},
    proof: stands_once,
    proof_after_loss: stands_or_begins_anew,
};

/// The release stands there, whole, and what was told was told once.
fn stands_once(life: &Life, stop: &AtStop) {
    stands(life, stop);
    life.each_key_has_one_text();
    assert_eq!(life.heard_kinds(), ["published"]);
}

/// Without a store the next look is where it begins from.
fn stands_or_begins_anew(life: &Life, stop: &AtStop) {
    if !life.values().is_empty() {
        stands(life, stop);
    }
}

/// A write whose answer was lost and that was not seen in time makes one version more, of the same image.
fn stands(life: &Life, _: &AtStop) {
    let values = life.values();
    let image = life.base_image();
    assert!(values.iter().all(|value| *value == image), "{values:?}");
    assert!((1..=2).contains(&values.len()), "{values:?}");
}

#[test]
fn a_publication_that_is_disturbed_anywhere_ends_with_one_image_that_stands() {
    everywhere("publication", PUBLISH, 2);
}

/// Two releases were published, and people hold the second.
async fn held(life: &Life) {
    life.pass().await;
    life.until_settled().await;
    life.wait(DAY).await;
    life.release("4.5.1");
    life.until_settled().await;
    assert_eq!(life.values().len(), 2);
    life.withhold(HeldThing::Release("4.5.1".to_owned())).await;
}

fn taken_back(life: &Life, _: &AtStop) {
    let values = life.values();
    assert_eq!(values.last(), values.first(), "{values:?}");
    assert_ne!(values[1], values[0], "{values:?}");
    assert!(values.len() <= 4, "{values:?}");
    life.each_key_has_one_text();
}

#[test]
fn a_taking_back_that_is_disturbed_anywhere_ends_with_the_last_good_one() {
    let story = Story {
        before: |life| held(life).boxed_local(),
        proof: taken_back,
        ..PUBLISH
    };
    let forms = [
        (Form::Stopped(Store::Kept), 1),
        (Form::Unanswered, 1),
        (Form::StoreFull, 1),
    ];
    in_forms("taking back", story, &forms);
}

const FORMS: [(Form, usize); 3] = [
    (Form::Stopped(Store::Kept), 1),
    (Form::Unanswered, 1),
    (Form::StoreFull, 1),
];

/// An image is shared, and somebody says that it is not for use.
async fn shared_and_held(life: &Life) {
    life.until_settled().await;
    let image = ImageId::new(life.newest_verified());
    life.withhold(HeldThing::Image(image)).await;
}

#[test]
fn a_withdrawal_that_is_disturbed_anywhere_ends_with_an_image_that_nobody_else_launches() {
    let story = Story {
        begin: sharing,
        before: |life| shared_and_held(life).boxed_local(),
        points: Points::Distinct,
        proof: |life, _| {
            assert_eq!(life.may_launch(&life.newest_verified()), [""; 0]);
            life.each_key_has_one_text();
        },
        ..PUBLISH
    };
    in_forms("withdrawal", story, &FORMS);
}

/// It was taken back, and is for use after all.
async fn for_use_again(life: &Life) {
    shared_and_held(life).await;
    life.until_settled().await;
    assert_eq!(life.may_launch(&life.newest_verified()), [""; 0]);
    life.release_everything().await;
}

#[test]
fn sharing_that_is_disturbed_anywhere_ends_with_an_image_that_others_launch() {
    let story = Story {
        begin: sharing,
        before: |life| for_use_again(life).boxed_local(),
        points: Points::Distinct,
        proof: |life, _| {
            assert_eq!(life.may_launch(&life.newest_verified()), [OTHER]);
            assert_eq!(life.values().len(), 1, "{:?}", life.values());
            life.each_key_has_one_text();
        },
        ..PUBLISH
    };
    in_forms("sharing", story, &FORMS);
}

/// Everything stands at home, and the copy failed; it is time to try again.
async fn copy_failed(life: &Life) {
    life.copies_fail(true);
    life.until_settled().await;
    assert!(life.copies().is_empty());
    life.copies_fail(false);
    life.wait(Duration::from_secs(3600)).await;
}

#[test]
fn a_copy_that_is_disturbed_anywhere_is_one_copy_that_its_parameter_names() {
    let story = Story {
        begin: copying,
        before: |life| copy_failed(life).boxed_local(),
        points: Points::Distinct,
        proof: |life, _| {
            life.stands_in_both_regions();
            assert_eq!(life.copies().len(), 1, "{:#?}", life.copies());
            life.each_key_has_one_text();
        },
        ..PUBLISH
    };
    in_forms("copy", story, &FORMS);
}

#[test]
fn a_template_s_version_that_is_disturbed_anywhere_is_one_version_that_is_the_default() {
    let story = Story {
        begin: template::bare,
        before: |life| template::refused_so_far(life).boxed_local(),
        points: Points::Distinct,
        proof: |life, _| {
            let all = life.account.launch_templates();
            let shop = all.iter().find(|one| one.name == "shop").unwrap();
            assert_eq!(shop.images, [life.base_image(), life.newest_verified()]);
            assert_eq!(shop.default, 2);
            life.each_key_has_one_text();
        },
        ..PUBLISH
    };
    in_forms("template", story, &FORMS);
}
