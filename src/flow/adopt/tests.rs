//! What is adopted and as what, and what is refused in which words.

use super::*;
use crate::flow::compare::compare;
use crate::flow::test_world::{BASE_450, BASE_451, World, codes, digest as present, now};

/// A world with an image that somebody made by hand from this base.
fn by_hand(base: &str) -> World {
    let mut world = World::new();
    world.custom("ami-hand", base);
    world
}

fn decide(world: &World) -> Result<Adopted, Refusal> {
    ask(world, None, false)
}

fn ask(world: &World, base: Option<&str>, other_recipe: bool) -> Result<Adopted, Refusal> {
    let base = base.map(ImageId::from);
    adopt(&AdoptCase {
        watch: &world.watch,
        wanted: &world.wanted,
        sighting: &world.sighting,
        seen: &world.seen,
        image: &"ami-hand".into(),
        base: base.as_ref(),
        other_recipe,
        now: now(),
    })
}

/// What `check` says of the watch once the image is adopted.
fn after(world: &mut World, adopted: &Adopted) -> Vec<&'static str> {
    world.history.current = Some(adopted.baked.clone());
    let drift = compare(
        &world.watch,
        &world.wanted,
        &world.sighting,
        &world.seen,
        &world.memory(),
        now(),
    );
    assert_eq!(drift.current, Some("ami-hand".into()));
    codes(&drift.reasons)
}

#[test]
fn an_image_of_the_newest_release_is_in_step_afterwards() {
    let mut world = by_hand(BASE_451);
    let adopted = decide(&world).unwrap();
    assert_eq!(adopted.told_by, Some(LineageSource::SourceImage));
    assert_eq!(adopted.baked.base_version, "4.5.1");
    assert_eq!(adopted.baked.recipe_digest, present());
    assert_eq!(after(&mut world, &adopted), [""; 0]);
}

#[test]
fn an_image_of_an_older_release_is_behind_its_base_and_nothing_else() {
    let mut world = by_hand(BASE_450);
    let adopted = decide(&world).unwrap();
    assert_eq!(adopted.baked.base_version, "4.5.0");
    assert_eq!(after(&mut world, &adopted), ["BASE_NEWER"]);
}

#[test]
fn the_person_may_say_that_the_recipe_was_another() {
    let mut world = by_hand(BASE_451);
    let adopted = ask(&world, None, true).unwrap();
    assert_eq!(after(&mut world, &adopted), ["RECIPE_CHANGED"]);
}

#[test]
fn the_persons_choice_stands_before_a_younger_image_of_the_same_release() {
    let mut world = by_hand(BASE_451);
    world.ours("ami-ours", BASE_451, 0);
    world.image_facts("ami-hand").created = Some(now() - chrono::TimeDelta::days(9));
    let adopted = decide(&world).unwrap();
    assert_eq!(after(&mut world, &adopted), [""; 0]);
}

#[test]
fn an_unknown_lineage_needs_the_persons_word() {
    let mut world = by_hand(BASE_451);
    world.image("ami-hand").lineage = Lineage::NotKnown;
    assert_eq!(decide(&world), Err(Refusal::Lineage("ami-hand".into())));
    let adopted = ask(&world, Some(BASE_450), false).unwrap();
    assert_eq!(
        (adopted.told_by, adopted.baked.base_image.as_str()),
        (None, BASE_450)
    );
    // Not one of somebody's own, which has a base itself.
    world.custom("ami-mid", BASE_450);
    let refused = ask(&world, Some("ami-mid"), false);
    assert_eq!(refused, Err(Refusal::NotABase("ami-mid".into())));
    // One that EC2 does not list any more is believed.
    world.gone("ami-older");
    assert!(ask(&world, Some("ami-older"), false).is_ok());
}

#[test]
fn a_base_of_ones_own_is_the_base_and_not_what_lies_behind_it() {
    let mut world = by_hand(BASE_450);
    world.custom("ami-golden", BASE_450);
    let Seen::Known(release) = &mut world.seen.release else {
        panic!("the release is known");
    };
    release.image = "ami-golden".into();
    world.image_facts("ami-hand").source_image = Some("ami-golden".into());
    let adopted = decide(&world).unwrap();
    assert_eq!(adopted.baked.base_image.as_str(), "ami-golden");
    assert_eq!(after(&mut world, &adopted), [""; 0]);
}

/// The golden image and the one made from it were copied from us-east-1, each under an id of its own.
#[test]
fn a_copy_was_made_from_what_its_source_was_made_from() {
    let mut world = by_hand(BASE_450);
    for (id, source, across) in [
        ("ami-us-golden", BASE_450, false),
        ("ami-us-hand", "ami-us-golden", false),
        ("ami-golden", "ami-us-golden", true),
        ("ami-hand", "ami-us-hand", true),
    ] {
        world.custom(id, BASE_450);
        let facts = world.image_facts(id);
        facts.source_image = Some(source.into());
        match across {
            true => facts.source_region = Some("us-east-1".into()),
            false => facts.region = "us-east-1".into(),
        }
    }
    let Seen::Known(release) = &mut world.seen.release else {
        panic!("the release is known");
    };
    release.image = "ami-golden".into();
    let adopted = decide(&world).unwrap();
    assert_eq!(adopted.baked.base_image.as_str(), "ami-golden");
    assert_eq!(after(&mut world, &adopted), [""; 0]);
}

/// A key that is only a tag would pass for another image's.
#[test]
fn a_key_that_is_only_a_tag_is_not_taken_over() {
    let mut world = by_hand(BASE_451);
    let forged = "0".repeat(64);
    let tags = &mut world.image_facts("ami-hand").tags;
    tags.insert(crate::model::tags::KEY.to_owned(), forged.clone());
    assert_ne!(decide(&world).unwrap().baked.key.as_str(), forged);
}

#[test]
fn ec2_is_believed_before_the_person() {
    let world = by_hand(BASE_451);
    assert!(ask(&world, Some(BASE_451), false).is_ok());
    let refused = ask(&world, Some(BASE_450), false).unwrap_err().to_string();
    assert!(refused.contains("leave --base out"), "{refused}");
}

#[test]
fn what_may_not_be_a_watchs_image_is_refused_with_a_word() {
    type Change = fn(&mut World);
    let cases: [(Change, &str); 9] = [
        (|world| world.gone("ami-hand"), "does not list"),
        (|world| world.amazon("ami-hand", 3), "Amazon's own"),
        (
            |world| {
                let image = world.image_facts("ami-hand");
                (image.ours, image.public) = (false, true);
            },
            "copy it into this account",
        ),
        (
            |world| world.image_facts("ami-hand").architecture = Some(Architecture::Arm64),
            "is arm64, the watch's base is for x86_64",
        ),
        (
            |world| world.image_facts("ami-hand").state = ImageState::Pending,
            "try again when it is available",
        ),
        (
            |world| tag(world, tags::state::REJECTED),
            "make another one",
        ),
        (
            |world| tag(world, "quarantined"),
            "amiwatch:state=quarantined",
        ),
        (
            |world| tag(world, tags::state::CANDIDATE),
            "let its bake end",
        ),
        (|world| world.wanted.recipe_digest = None, "has no recipe"),
    ];
    for (change, words) in cases {
        let mut world = by_hand(BASE_451);
        change(&mut world);
        let refused = decide(&world).unwrap_err().to_string();
        assert!(refused.contains(words), "{refused}");
    }
}

fn tag(world: &mut World, stage: &str) {
    world.ours_in_stage("ami-hand", BASE_451, 0, stage);
}

#[test]
fn an_image_shared_by_another_account_may() {
    let mut world = by_hand(BASE_451);
    world.image_facts("ami-hand").ours = false;
    assert!(decide(&world).is_ok());
}

#[test]
fn silence_is_no_answer() {
    let mut world = by_hand(BASE_451);
    let trouble = crate::flow::test_world::trouble("image ami-hand");
    world.image("ami-hand").lineage = Lineage::Unreachable(trouble.clone());
    assert!(matches!(decide(&world), Err(Refusal::Untold { .. })));
    world.image("ami-hand").image = Seen::Unreachable(trouble);
    assert!(matches!(
        ask(&world, Some(BASE_450), false),
        Err(Refusal::Untold { .. })
    ));
}
