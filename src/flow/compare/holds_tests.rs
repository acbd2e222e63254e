//! Falling back to an earlier release, and what people hold: the reasons together, and what the plan
//! makes of them.

use std::time::Duration;

use chrono::TimeDelta;

use crate::flow::test_world::{BASE_440, BASE_450, BASE_451, World, days, now};
use crate::model::bake::RecipeDigest;
use crate::model::drift::NoteCode;
use crate::model::hold::HeldThing;
use crate::model::plan::{Action, BakeDecision};
use crate::model::reason::ReasonCode;
use crate::model::tags;

fn soak(world: &mut World, days: u64) {
    world.watch.soak = Some(Duration::from_secs(days * 86_400));
}

fn release(version: &str) -> HeldThing {
    HeldThing::Release(version.to_owned())
}

fn image(id: &str) -> HeldThing {
    HeldThing::Image(id.into())
}

/// 4.5.1 came today, 4.5.0 twelve days ago, 4.4.0 long before; soak is a week.
fn young() -> World {
    let mut world = World::new();
    soak(&mut world, 7);
    for (image, ago) in [(BASE_440, 60), (BASE_450, 12), (BASE_451, 0)] {
        world.history.saw(&image.into(), now() - days(ago));
    }
    world.earlier(&["4.5.0", "4.4.0"]);
    world
}

fn action(world: &World) -> String {
    match world.plan().action {
        Action::Bake(BakeDecision {
            release,
            generation,
            ..
        }) => format!("bake {} g{generation}", release.version),
        Action::Hold { until: Some(until) } => {
            format!("hold {} days", (until - now()).num_days())
        }
        Action::Hold { until: None } => "hold".to_owned(),
        Action::Adopt { image, .. } => format!("adopt {image}"),
        other => format!("{other:?}"),
    }
}

fn notes(world: &World) -> Vec<&'static str> {
    let notes = world.drift().notes;
    notes.iter().map(|note| note.code.as_str()).collect()
}

#[test]
fn an_earlier_release_is_baked_while_the_newest_soaks() {
    let world = young();
    assert_eq!(world.own_codes(), ["BASE_NEWER", "SOAKING"]);
    assert_eq!(action(&world), "bake 4.5.0 g0");
    let drift = world.drift();
    assert_eq!(drift.release.unwrap().version, "4.5.1");
    assert_eq!(drift.eligible.unwrap().version, "4.5.0");
    assert_eq!(
        world.plan().because,
        [
            "Nothing has been baked yet from ECS running on 64bit Amazon Linux 2023 (x86_64): \
             release 4.5.1 (ami-base451) waits.",
            "Release 4.5.1 soaks until 2026-09-28 14:13 UTC.",
            "Release 4.5.0 (ami-base450) is the newest that neither soaks nor is held: it takes the \
             place of 4.5.1."
        ]
    );
}

#[test]
fn what_was_baked_already_is_not_fallen_back_to_and_nothing_goes_backwards() {
    for (base, expected) in [
        (BASE_440, "bake 4.5.0 g0"),
        (BASE_450, "hold 7 days"),
        (BASE_451, "Nothing"),
    ] {
        let mut world = young();
        world.ours("ami-ours", base, 0);
        world.remember("ami-ours", base, 0);
        assert_eq!(action(&world), expected, "{base}");
    }
    // A base that is in no list is compared by its image's date.
    let mut world = young();
    world.version("4.5.0-hotfix", "ami-hotfix", 11);
    world.ours("ami-ours", "ami-hotfix", 0);
    world.remember("ami-ours", "ami-hotfix", 0);
    assert_eq!(action(&world), "hold 7 days");
    world.image_facts("ami-hotfix").created = Some(now() - days(80));
    assert_eq!(action(&world), "bake 4.5.0 g0");
}

#[test]
fn another_reason_than_the_base_bakes_the_release_that_is_there_again() {
    let baked = || {
        let mut world = young();
        world.ours("ami-ours", BASE_450, 0);
        world.remember("ami-ours", BASE_450, 0);
        world
    };
    let mut world = baked();
    world.wanted.recipe_digest = Some(RecipeDigest::of_user_data("another", false));
    assert_eq!(action(&world), "bake 4.5.0 g0");
    let mut world = baked();
    world.watch.max_age = Some(Duration::from_secs(86_400));
    assert_eq!(action(&world), "bake 4.5.0 g1");
    let mut world = baked();
    world.gone("ami-ours");
    world.change_ours(Vec::clear);
    assert_eq!(action(&world), "bake 4.5.0 g1");
}

#[test]
fn an_earlier_release_counts_from_its_first_sighting_or_its_image_s_date() {
    // Seen for the first time five days ago, although its image is forty days old.
    let mut world = young();
    world
        .history
        .first_seen
        .insert(BASE_450.into(), now() - days(5));
    assert_eq!(action(&world), "bake 4.4.0 g0");
    // Never seen: its image's date counts.
    world.history.first_seen.remove(&BASE_450.into());
    assert_eq!(action(&world), "bake 4.5.0 g0");
    // Neither is known.
    for earlier in &mut world.seen.earlier {
        earlier.created = None;
    }
    world.history.first_seen.remove(&BASE_440.into());
    assert_eq!(action(&world), "hold 7 days");
}

#[test]
fn a_soak_that_is_longer_than_releases_are_apart_is_remarked_upon() {
    let mut world = young();
    assert_eq!(notes(&world), ["earlier_release"]);
    soak(&mut world, 48);
    assert_eq!(
        notes(&world),
        ["soak_longer_than_cadence", "earlier_release"]
    );
    world.history.first_seen.remove(&BASE_440.into());
    assert!(
        !notes(&world).contains(&"soak_longer_than_cadence"),
        "two releases say nothing"
    );
}

#[test]
fn a_failed_bake_of_the_earlier_release_is_counted_on_its_own() {
    let mut world = young();
    world.fail(BASE_450, 1, Some(now() + TimeDelta::minutes(5)));
    assert_eq!(action(&world), "hold 0 days");
    world.fail(BASE_450, 6, None);
    assert_eq!(world.own_codes(), ["BASE_NEWER", "SOAKING", "HELD"]);
    assert_eq!(action(&world), "hold");
    world.fail(BASE_451, 6, None);
    assert_eq!(action(&world), "bake 4.5.0 g0");
}

#[test]
fn a_held_watch_starts_nothing_and_says_until_when() {
    let mut world = World::new();
    world.hold(HeldThing::Watch, Some(now() + days(3)));
    assert_eq!(world.own_codes(), ["BASE_NEWER", "HELD"]);
    assert_eq!(action(&world), "hold 3 days");
    let reason = world.reason(ReasonCode::Held);
    let facts = reason.facts();
    let fact = |name: &str| facts[name].as_str();
    assert_eq!((fact("held"), fact("by")), ("watch", "ann"));
    assert_eq!(fact("reason"), "it breaks logging");
    insta::assert_snapshot!(reason.message, @"The watch is held since 2026-09-20 14:13 UTC by ann until 2026-09-24 14:13 UTC (it breaks logging); `amiwatch unhold shop` ends it.");

    // Adopting is starting something too; being in step is not.
    world.ours("ami-ours", BASE_451, 0);
    assert_eq!(action(&world), "hold 3 days");
    world.remember("ami-ours", BASE_451, 0);
    assert_eq!(action(&world), "Nothing");
    assert_eq!(world.own_codes(), ["HELD"]);
}

#[test]
fn a_hold_that_has_ended_has_no_effect() {
    for on in [HeldThing::Watch, release("4.5.1"), image("ami-ours")] {
        let mut world = World::new();
        world.ours("ami-ours", BASE_450, 0);
        world.remember("ami-ours", BASE_450, 0);
        let before = (world.drift(), world.plan());
        world.hold(on, Some(now()));
        assert_eq!((world.drift(), world.plan()), before);
    }
}

#[test]
fn a_held_release_is_passed_over_by_version_or_by_image() {
    for what in ["4.5.1", BASE_451] {
        let mut world = World::new();
        world.hold(release(what), None);
        assert_eq!(world.own_codes(), ["BASE_NEWER", "HELD"]);
        assert_eq!(action(&world), "hold", "there is nothing else");
        world.earlier(&["4.5.0", "4.4.0"]);
        assert_eq!(action(&world), "bake 4.5.0 g0");
        world.hold(release("4.5.0"), None);
        assert_eq!(action(&world), "bake 4.4.0 g0");
    }
    // One that was baked before it was held: its image stays, and nothing older takes its place.
    let mut world = World::new();
    world.earlier(&["4.5.0"]);
    world.ours("ami-ours", BASE_451, 0);
    world.remember("ami-ours", BASE_451, 0);
    world.hold(release("4.5.1"), Some(now() + days(2)));
    assert_eq!(action(&world), "Nothing");
    assert_eq!(world.own_codes(), [""; 0]);
    assert_eq!(world.drift().holds.len(), 1);
    world.wanted.recipe_digest = Some(RecipeDigest::of_user_data("another", false));
    assert_eq!(world.own_codes(), ["RECIPE_CHANGED", "HELD"]);
    assert_eq!(action(&world), "hold 2 days");
}

/// ami-ours of 4.5.1 is current, and shop-blue runs it.
fn current() -> World {
    let mut world = World::new();
    world.ours("ami-ours", BASE_451, 1);
    world.remember("ami-ours", BASE_451, 1);
    world.environment("shop-blue", "4.5.1", "ami-ours");
    world
}

#[test]
fn a_quarantined_image_is_not_recommended_and_not_made_again() {
    let mut world = current();
    world.environment("shop-green", "4.5.1", BASE_451);
    world.hold(image("ami-ours"), None);
    let drift = world.drift();
    assert_eq!(drift.current, None);
    assert_eq!(world.own_codes(), ["BASE_NEWER", "QUARANTINED"]);
    assert_eq!(world.target_codes("shop-blue"), ["QUARANTINED"]);
    assert_eq!(world.target_codes("shop-green"), ["STOCK"]);
    assert_eq!(action(&world), "hold");
    let because = world.plan().because;
    assert!(
        because[0].contains("ami-ours is quarantined since"),
        "{because:?}"
    );
    let newer = world.reason(ReasonCode::BaseNewer).message;
    assert!(
        newer.starts_with("Nothing but quarantined images"),
        "{newer}"
    );

    // Nor once it carries the mark of that, which a pass puts on it.
    let mut marked = world.clone();
    marked.change_ours(|ours| {
        let stage = tags::state::QUARANTINED.to_owned();
        ours[0].tags.insert(tags::STATE.to_owned(), stage);
    });
    assert_eq!(marked.own_codes(), ["BASE_NEWER", "QUARANTINED"]);
    assert_eq!(action(&marked), "hold");

    // Another recipe and a newer release go on.
    let mut changed = world.clone();
    changed.wanted.recipe_digest = Some(RecipeDigest::of_user_data("another", false));
    assert_eq!(action(&changed), "bake 4.5.1 g0");
    world.version("4.5.2", "ami-base452", 1);
    world.recommend("4.5.2");
    assert_eq!(action(&world), "bake 4.5.2 g0");
}

#[test]
fn behind_a_quarantined_image_the_one_before_it_counts_again() {
    let mut world = current();
    world.ours("ami-before", BASE_451, 0);
    world.change_ours(|ours| ours[1].created = Some(now() - days(9)));
    assert_eq!(action(&world), "Nothing");
    world.hold(image("ami-ours"), None);
    assert_eq!(world.drift().current, Some("ami-before".into()));
    assert_eq!(action(&world), "adopt ami-before");
    let codes = world.target_codes("shop-blue");
    assert_eq!(codes, ["NOT_ON_NEWEST", "QUARANTINED"]);
    // Adopted, it is not given up again for the quarantined one that carries a higher generation.
    world.remember("ami-before", BASE_451, 0);
    assert_eq!(action(&world), "Nothing");
    let because = world.plan().because;
    assert!(
        because[0].contains("ami-ours is quarantined"),
        "{because:?}"
    );
}

#[test]
fn an_image_of_an_older_base_behind_a_quarantined_one_does_not_bake_the_same_again() {
    let mut world = current();
    world.ours("ami-before", BASE_450, 0);
    world.hold(image("ami-ours"), Some(now() + days(4)));
    assert_eq!(world.drift().current, Some("ami-before".into()));
    assert_eq!(world.own_codes(), ["BASE_NEWER", "QUARANTINED"]);
    assert_eq!(action(&world), "hold 4 days");
}

#[test]
fn a_quarantined_image_that_is_gone_is_still_not_made_again() {
    let mut world = current();
    world.hold(image("ami-ours"), None);
    world.gone("ami-ours");
    world.change_ours(Vec::clear);
    assert!(world.own_codes().contains(&"QUARANTINED"));
    assert_eq!(action(&world), "hold");
}

#[test]
fn a_note_says_which_earlier_release_could_not_be_read() {
    let mut world = young();
    world.seen.earlier.clear();
    let trouble = crate::flow::test_world::trouble("platform version 4.5.0");
    world.seen.earlier_untold.push(trouble);
    assert_eq!(action(&world), "hold 7 days");
    let notes = world.drift().notes;
    assert_eq!(notes[0].code, NoteCode::EarlierUntold);
    assert!(notes[0].message.starts_with("platform version 4.5.0: "));
}

/// The store was lost, and with it who held the image: its mark is enough not to make the same again.
#[test]
fn a_marked_image_of_which_nothing_is_remembered_is_not_made_again() {
    let mut world = World::new();
    world.ours_in_stage("ami-ours", BASE_451, 0, tags::state::QUARANTINED);
    assert!(world.own_codes().contains(&"QUARANTINED"));
    assert_eq!(action(&world), "hold");
    let because = world.plan().because;
    assert!(
        because[0].contains("`amiwatch bake shop --force`"),
        "{because:?}"
    );

    // Another recipe is another image, and so is one of another release.
    world.wanted.recipe_digest = Some(RecipeDigest::of_user_data(
        "#cloud-config\n# other\n",
        false,
    ));
    assert_eq!(action(&world), "bake 4.5.1 g0");
    let mut world = World::new();
    world.ours_in_stage("ami-ours", BASE_450, 0, tags::state::QUARANTINED);
    assert_eq!(action(&world), "bake 4.5.1 g0");
    // One that was superseded is no reason against anything.
    let mut world = World::new();
    world.ours_in_stage("ami-ours", BASE_451, 0, "superseded");
    assert!(action(&world).starts_with("bake 4.5.1"));
}
