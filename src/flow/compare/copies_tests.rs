//! A target in another region, case by case: which copy counts, and what is not known there.

use std::collections::BTreeMap;

use super::copies::{CopiesThere, copies_among};
use super::elsewhere::SeenElsewhere;
use super::*;
use crate::flow::test_world::{BASE_451, World, codes, pattern, scope, trouble};
use crate::model::hold::HeldThing;
use crate::model::ids::Region;
use crate::model::image::{Image, ImageState};
use crate::model::sighting::{Lineage, Seen};
use crate::model::watch::TargetPlace;

const CENTRAL: &str = "eu-central-1";
const OURS: &str = "ami-ours";
const COPY: &str = "ami-copy";

fn central() -> Region {
    CENTRAL.into()
}

/// The watch's own region, with one verified image of the newest release.
fn home() -> World {
    let mut world = World::new();
    world.ours(OURS, BASE_451, 1);
    world
}

/// The other region, whose bases are called `far-...` there; its environment runs this image.
fn there(runs: &str) -> World {
    let mut world = World::new();
    for (version, image, age) in [
        ("4.4.0", "far-base440", 90),
        ("4.5.0", "far-base450", 40),
        ("4.5.1", "far-base451", 10),
    ] {
        world.version(version, image, age);
    }
    world.recommend("4.5.1");
    let mut copy = ours_of(&home());
    copy.tags.clear();
    world.put(copied(copy, COPY), Lineage::NotKnown);
    world.environment("shop-far", "4.5.1", runs);
    for seen in world.sighting.images.values_mut() {
        if let Seen::Known(image) = &mut seen.image {
            image.region = central();
        }
    }
    world
}

fn ours_of(home: &World) -> Image {
    let ours = home.seen.ours.known().unwrap();
    ours[0].clone()
}

/// As CopyImage makes it.
fn copied(image: Image, id: &str) -> Image {
    Image {
        source_image: Some(image.id.clone()),
        source_region: Some(image.region.clone()),
        id: id.into(),
        region: central(),
        snapshots: vec!["snap-far".into()],
        ..image
    }
}

/// What that region has: the copy, and the bases by their names.
fn copies() -> CopiesThere {
    let copy = copied(ours_of(&home()), COPY);
    let bases = [(BASE_451, "far-base451"), ("ami-base450", "far-base450")];
    CopiesThere {
        copies: Seen::Known(BTreeMap::from([(OURS.into(), copy)])),
        bases: Seen::Known(bases.map(|(home, far)| (home.into(), far.into())).into()),
    }
}

fn judged(home: &World, there: &World, copies: CopiesThere) -> Drift {
    let far = SeenElsewhere {
        place: TargetPlace {
            account: scope().account,
            region: central(),
        },
        account_name: None,
        sighting: there.sighting.clone(),
        copies: Some(copies),
    };
    let memory = home.memory();
    let patterns = vec![TargetPattern {
        region: Some(central()),
        movable: false,
        ..pattern("shop", "shop-far")
    }];
    compare_everywhere(
        &home.watch,
        &home.wanted,
        &home.sighting,
        &home.seen,
        &memory,
        home.now,
        &[(patterns, &far)],
    )
}

fn target(drift: &Drift) -> &TargetDrift {
    let [target] = drift.targets.as_slice() else {
        panic!("{:?}", drift.targets);
    };
    target
}

#[test]
fn what_runs_the_copy_is_in_step() {
    let drift = judged(&home(), &there(COPY), copies());
    let seen = target(&drift);
    assert_eq!(codes(&seen.reasons), [] as [&str; 0]);
    assert_eq!(seen.name(), "eu-central-1:shop/shop-far");
    let base = seen.base_image.as_ref().map(ImageId::as_str);
    assert_eq!(base, Some("far-base451"), "in that region's ids");
}

#[test]
fn what_runs_something_else_goes_to_the_copy() {
    let drift = judged(&home(), &there("far-base451"), copies());
    let seen = target(&drift);
    assert_eq!(codes(&seen.reasons), ["NOT_ON_NEWEST", "STOCK"]);
    let to = seen.move_to.as_ref().map(|to| to.image.as_str());
    assert_eq!(to, Some(COPY));
}

#[test]
fn a_copy_that_is_being_made_is_no_copy_yet_and_one_that_is_not_there_is_said() {
    for (state, pending) in [(Some(ImageState::Pending), "true"), (None, "false")] {
        let mut copies = copies();
        if let Seen::Known(all) = &mut copies.copies {
            match state {
                Some(state) => all.get_mut(&ImageId::from(OURS)).unwrap().state = state,
                None => all.clear(),
            }
        }
        let drift = judged(&home(), &there("far-base451"), copies);
        let seen = target(&drift);
        let expected = ["NOT_ON_NEWEST", "STOCK", "IMAGE_NOT_COPIED"];
        assert_eq!(codes(&seen.reasons), expected);
        assert_eq!(seen.reasons[2].facts()["pending"], pending);
        assert_eq!(seen.move_to, None);
    }
}

#[test]
fn what_could_not_be_asked_is_unknown_and_no_drift() {
    let mut unasked = copies();
    unasked.copies = Seen::Unreachable(trouble("copies of the watch's images in eu-central-1"));
    let drift = judged(&home(), &there("far-base451"), unasked);
    assert_eq!(codes(&target(&drift).reasons), ["STOCK"]);
    assert_eq!(target(&drift).move_to, None);
    let said: Vec<&str> = drift
        .reasons
        .iter()
        .map(|one| one.message.as_str())
        .collect();
    assert!(
        said.join("\n").contains("[eu-central-1] copies of"),
        "{said:?}"
    );

    let mut unasked = copies();
    unasked.bases = Seen::Unreachable(trouble("Amazon's images by name in eu-central-1"));
    let drift = judged(&home(), &there(COPY), unasked);
    assert_eq!(codes(&target(&drift).reasons), ["UNREACHABLE"]);
}

#[test]
fn a_base_without_a_counterpart_is_not_known_there() {
    let mut without = copies();
    without.bases = Seen::Known(BTreeMap::new());
    let drift = judged(&home(), &there(COPY), without);
    assert_eq!(codes(&target(&drift).reasons), ["LINEAGE_UNKNOWN"]);
}

#[test]
fn what_people_hold_holds_its_copies() {
    let mut home = home();
    home.hold(HeldThing::Image(OURS.into()), None);
    let drift = judged(&home, &there(COPY), copies());
    assert!(codes(&target(&drift).reasons).contains(&"QUARANTINED"));
}

#[test]
fn of_several_copies_the_one_that_can_be_launched_counts_and_nobody_else_s_does() {
    let ours = ours_of(&home());
    let named = |id: &str, change: fn(&mut Image)| {
        let mut copy = copied(ours.clone(), id);
        change(&mut copy);
        copy
    };
    let found = vec![
        named("ami-a", |_| {}),
        named("ami-failed", |copy| copy.state = ImageState::Failed),
        named("ami-of-another", |copy| {
            copy.source_image = Some("ami-x".into())
        }),
        named("ami-of-elsewhere", |copy| {
            copy.source_region = Some("us-east-1".into())
        }),
        named("ami-made-here", |copy| copy.source_region = Some(central())),
    ];
    let home = scope().region;
    let copies = copies_among(found, &[OURS.into()], &home);
    let copies: Vec<&str> = copies.values().map(|copy| copy.id.as_str()).collect();
    assert_eq!(copies, ["ami-a"]);
}
