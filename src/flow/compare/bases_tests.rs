//! What changes in a verdict with the kind of base that a watch follows.

use crate::flow::test_world::{BASE_440, BASE_450, BASE_451, BRANCH, World, digest, trouble};
use crate::model::base::BaseSource;
use crate::model::drift::NoteCode;
use crate::model::sighting::{Lineage, NameLine, Seen};
use crate::model::version::VersionWish;

fn follow(world: &mut World, version: VersionWish) {
    world.watch.base.source = BaseSource::Beanstalk {
        branch: BRANCH.to_owned(),
        version,
    };
}

fn by_name(world: &mut World, owner: &str) {
    world.watch.base.source = BaseSource::Images {
        owners: vec![owner.to_owned()],
        name: "golden-*".to_owned(),
    };
}

#[test]
fn under_a_version_pattern_targets_are_compared_with_the_watch_s_own_release() {
    let mut world = World::new();
    world.recommend("4.5.0");
    let release = world.seen.release.clone();
    world.recommend("4.5.1");
    world.seen.release = release;
    follow(&mut world, VersionWish::Matching("4.5.0".parse().unwrap()));
    world.ours("ami-ours", BASE_450, 0);
    world.remember("ami-ours", BASE_450, 0);
    world.environment("shop-blue", "4.5.0", "ami-ours");
    assert_eq!(world.own_codes(), [""; 0]);
    assert_eq!(world.target_codes("shop-blue"), ["PLATFORM_BEHIND"]);

    // What is older than the image is followed, not gone back to.
    world.recommend("4.4.0");
    assert_eq!(world.own_codes(), ["BASE_NEWER"]);
    let codes = world.target_codes("shop-blue");
    assert!(!codes.contains(&"BASE_WITHDRAWN"), "{codes:?}");
}

#[test]
fn an_image_of_the_platform_s_line_that_lags_its_version_is_skewed_under_any_version() {
    let mut world = World::new();
    follow(&mut world, VersionWish::Environment);
    world.custom("ami-hand", BASE_440);
    world.environment("shop-blue", "4.5.1", "ami-hand");
    let codes = world.target_codes("shop-blue");
    assert_eq!(codes, ["BASE_NEWER", "PLATFORM_SKEW"]);
}

/// A golden image of another account, made from Amazon's; ours is made from the golden one.
fn golden() -> World {
    let mut world = World::new();
    by_name(&mut world, "222233334444");
    world.custom("ami-golden", BASE_450);
    world.image_facts("ami-golden").owner = "222233334444".into();
    world.image_facts("ami-golden").ours = false;
    world.image_facts("ami-golden").source_image = Some(BASE_450.into());
    world.released("ami-golden");
    world.ours("ami-ours", "ami-golden", 0);
    world.remember("ami-ours", "ami-golden", 0);
    // EC2's lineage goes on to Amazon's image behind the golden one.
    world.image("ami-ours").lineage = world.image("ami-golden").lineage.clone();
    world.image_facts("ami-ours").source_image = Some("ami-golden".into());
    world.environment("shop-blue", "4.5.0", "ami-ours");
    world
}

#[test]
fn an_image_made_from_a_golden_image_is_in_step_with_it() {
    let world = golden();
    assert_eq!(world.own_codes(), [""; 0]);
    assert_eq!(world.target_codes("shop-blue"), ["PLATFORM_BEHIND"]);
}

#[test]
fn an_image_that_somebody_made_from_the_golden_image_is_understood() {
    let mut world = golden();
    world.custom("ami-hand", BASE_450);
    world.image_facts("ami-hand").source_image = Some("ami-golden".into());
    world.image("ami-hand").lineage = Lineage::NotKnown;
    world.environment("shop-green", "4.5.0", "ami-hand");
    let codes = world.target_codes("shop-green");
    assert_eq!(codes, ["NOT_ON_NEWEST", "PLATFORM_BEHIND"]);

    world.custom("ami-golden-2", BASE_451);
    world.released("ami-golden-2");
    let codes = world.target_codes("shop-green");
    assert_eq!(codes, ["BASE_NEWER", "NOT_ON_NEWEST", "PLATFORM_BEHIND"]);
}

#[test]
fn a_golden_image_that_could_not_be_read_is_no_drift_and_one_that_is_gone_is() {
    let mut world = golden();
    world.custom("ami-hand", BASE_440);
    world.image_facts("ami-hand").source_image = Some("ami-before".into());
    world.environment("shop-green", "4.5.0", "ami-hand");
    world.gone("ami-before");
    let codes = world.target_codes("shop-green");
    assert!(codes.contains(&"BASE_NEWER"), "{codes:?}");
    world.image("ami-before").image = Seen::Unreachable(trouble("image ami-before"));
    let codes = world.target_codes("shop-green");
    assert!(!codes.contains(&"BASE_NEWER"), "{codes:?}");
}

/// Golden image, and one baked from it, copied from us-east-1: the watch follows the copy of the golden
/// one, the environment runs the copy of the other.
fn copied() -> World {
    let mut world = World::new();
    by_name(&mut world, "self");
    world.wanted.recipe_digest = None;
    for (id, base, source, across) in [
        ("ami-us-golden", BASE_450, BASE_450, false),
        ("ami-us-ours", BASE_450, "ami-us-golden", false),
        ("ami-eu-golden", BASE_450, "ami-us-golden", true),
        ("ami-eu-ours", BASE_450, "ami-us-ours", true),
    ] {
        world.custom(id, base);
        let facts = world.image_facts(id);
        facts.source_image = Some(source.into());
        match across {
            true => facts.source_region = Some("us-east-1".into()),
            false => facts.region = "us-east-1".into(),
        }
    }
    world.released("ami-eu-golden");
    world.environment("shop-blue", "4.5.0", "ami-eu-ours");
    world
}

#[test]
fn what_was_copied_from_another_region_is_compared_in_the_terms_of_this_one() {
    let mut world = copied();
    assert_eq!(world.target_codes("shop-blue"), ["PLATFORM_BEHIND"]);
    // The copy of the release cannot be read: nothing is concluded from that.
    world.image("ami-eu-golden").image = Seen::Unreachable(trouble("image"));
    assert_eq!(world.target_codes("shop-blue"), ["PLATFORM_BEHIND"]);

    let mut world = copied();
    world.custom("ami-eu-golden-2", BASE_451);
    world.released("ami-eu-golden-2");
    let codes = world.target_codes("shop-blue");
    assert_eq!(codes, ["BASE_NEWER", "PLATFORM_BEHIND"]);
}

#[test]
fn a_copy_with_our_tags_is_the_watch_s_image_and_its_base_this_region_s() {
    let mut world = copied();
    world.wanted.recipe_digest = Some(digest());
    world.ours("ami-eu-tagged", "ami-us-golden", 0);
    // A copy has another source than its tags say: it counts once a person has adopted it.
    world.change_ours(|ours| ours[0].source_image = Some("ami-us-ours".into()));
    assert_eq!(world.drift().current, None);
    assert_eq!(world.drift().notes[0].code, NoteCode::TagsNotBorneOut);
    world.remember("ami-eu-tagged", "ami-us-golden", 0);
    assert_eq!(world.own_codes(), [""; 0]);
    assert_eq!(world.drift().current, Some("ami-eu-tagged".into()));
    world.image("ami-eu-golden").image = Seen::Unreachable(trouble("image"));
    let codes = world.own_codes();
    assert!(!codes.contains(&"BASE_NEWER"), "{codes:?}");
}

/// What PATTERN_MIXED advises: the pattern now fits kernel 6.1 alone, and ours is of 6.12.
#[test]
fn a_pattern_that_was_narrowed_to_another_line_withdraws_nothing() {
    let mut world = World::new();
    by_name(&mut world, "amazon");
    for (id, kernel, age) in [("ami-k61", "6.1", 9), ("ami-k612", "6.12", 3)] {
        world.amazon(id, age);
        let name = format!("al2023-ami-2023.10.2026030{age}.1-kernel-{kernel}-x86_64");
        world.image_facts(id).name = name;
    }
    world.released("ami-k61");
    world.ours("ami-ours", "ami-k612", 0);
    assert_eq!(world.own_codes(), ["BASE_NEWER"]);
    // Gone as well, with a version that would compare: nobody knows whose version it is.
    world.gone("ami-k612");
    world.change_ours(|ours| {
        let tag = crate::model::tags::BASE_VERSION.to_owned();
        ours[0].tags.insert(tag, "2023.10".to_owned());
    });
    if let Seen::Known(release) = &mut world.seen.release {
        release.version = "2023.9".to_owned();
    }
    assert_eq!(world.own_codes(), ["BASE_NEWER", "BASE_GONE"]);
}

#[test]
fn a_pattern_of_several_lines_is_remarked_upon_and_changes_nothing() {
    let mut world = golden();
    let line = |shape: &str, images| NameLine {
        shape: shape.to_owned(),
        images,
        example: shape.replace('#', "20260302"),
    };
    world.seen.lines = vec![line("golden-web-#", 3)];
    assert_eq!(world.drift().notes, []);
    world.seen.lines.push(line("golden-db-#", 1));
    let drift = world.drift();
    assert_eq!(drift.notes[0].code, NoteCode::PatternMixed);
    insta::assert_snapshot!(drift.notes[0].message, @"The images that fit golden-* differ in more than their date: golden-web-# (3 images, such as golden-web-20260302); golden-db-# (1 image, such as golden-db-20260302). The newest of all of them is taken; narrow `name` to one line.");
    assert_eq!(drift.reasons, []);
}
