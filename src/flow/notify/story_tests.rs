//! In which story a watch's news are told, look by look: a release begins one, what else happens goes on with it,
//! and nothing is left open.

use super::drift_tests::news;
use super::*;
use crate::flow::test_world::{BASE_450, BASE_451, World};
use crate::model::notice::{DriftStep, lasting_drift_story};
use crate::model::told::ToldDrift;
use crate::model::watch::OnDrift;
use crate::outbox::WrittenNotice;

/// In step, and so known.
fn in_step() -> (World, ToldDrift) {
    let mut world = World::new();
    world.ours("ami-ours", BASE_451, 0);
    world.remember("ami-ours", BASE_451, 0);
    world.environment("shop-blue", "4.5.1", "ami-ours");
    let known = news(&world, None).unwrap().after;
    assert!(known.stories.is_empty(), "{known:?}");
    (world, known)
}

fn release(world: &mut World, version: &str) {
    world.version(version, &format!("ami-base{version}"), 1);
    world.recommend(version);
}

/// The notice, and what is known after it.
fn told(world: &World, known: &ToldDrift) -> (Notice, ToldDrift) {
    let news = news(world, Some(known)).expect("news");
    (news.notice.expect("a notice"), news.after)
}

fn drift_of(notice: &Notice) -> &crate::model::notice::DriftTold {
    match &notice.what {
        What::Drift(told) => told,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_release_begins_a_story_and_the_next_one_takes_its_place() {
    let (mut world, known) = in_step();
    release(&mut world, "4.5.2");
    let (first, known) = told(&world, &known);
    assert!(
        first.story.starts_with("release:acme:shop:"),
        "{}",
        first.story
    );
    assert_eq!(known.present_story(), Some(first.story.as_str()));
    assert_eq!(first.ends_others(), [""; 0]);
    release(&mut world, "4.5.3");
    let (second, known) = told(&world, &known);
    assert_ne!(second.story, first.story);
    assert_eq!(second.ends_others(), std::slice::from_ref(&first.story));
    // What is made of the older release is told in its own story all the same.
    assert_eq!(
        known.story_of(&"ami-base4.5.2".into()),
        Some(first.story.as_str())
    );
    assert_eq!(
        known.story_of(&"ami-base4.5.3".into()),
        Some(second.story.as_str())
    );
    // Back to what was there: over, and the older one with it.
    world.recommend("4.5.1");
    let (over, known) = told(&world, &known);
    assert_eq!(over.event().as_str(), "resolved");
    assert_eq!(
        (&over.story, over.ends_others()),
        (&second.story, &[first.story][..])
    );
    assert!(over.ends_story() && known.stories.is_empty(), "{known:?}");
}

#[test]
fn a_release_that_comes_back_begins_another_story() {
    let (mut world, mut known) = in_step();
    release(&mut world, "4.5.2");
    let mut stories = Vec::new();
    for _ in 0..2 {
        world.recommend("4.5.2");
        let (drift, after) = told(&world, &known);
        stories.push(drift.story);
        world.recommend("4.5.1");
        known = told(&world, &after).1;
    }
    assert_ne!(stories[0], stories[1]);
}

#[test]
fn what_somebody_changes_goes_on_with_the_release_and_begins_a_story_where_there_is_none() {
    let (mut world, known) = in_step();
    let mut other = world.clone();
    other.environment("shop-red", "4.5.1", BASE_451);
    let (alone, after) = told(&other, &known);
    assert_eq!(alone.story, alone.key, "a story of its own");
    assert_eq!(after.story_of(&BASE_451.into()), Some(alone.story.as_str()));

    release(&mut world, "4.5.2");
    let (drift, known) = told(&world, &known);
    world.environment("shop-red", "4.5.1", BASE_451);
    let (more, _) = told(&world, &known);
    assert_eq!(more.story, drift.story);
    assert_eq!(drift_of(&more).follows.as_ref(), Some(&drift.key));
}

/// What was there at the first look was told nobody: then the bake is what began it.
#[test]
fn what_waits_for_an_image_that_nobody_asked_for_goes_on_with_its_bake() {
    let mut world = World::new();
    world.environment("shop-blue", "4.5.0", BASE_450);
    let known = news(&world, None).unwrap().after;
    world.ours("ami-new", BASE_451, 0);
    world.remember("ami-new", BASE_451, 0);
    let (drift, known) = told(&world, &known);
    let image = world.history.current.clone().unwrap();
    assert_eq!(drift.story, image.key.own_story());
    assert_eq!(story_of_image(&image, Some(&known)), drift.story);
    assert_eq!(drift_of(&drift).step, DriftStep::Image { from: None });
}

/// An old image whose story is over goes on with whatever is told now.
#[test]
fn an_image_goes_on_with_its_own_story_as_long_as_that_goes_on() {
    let (mut world, known) = in_step();
    release(&mut world, "4.5.2");
    let (first, known) = told(&world, &known);
    let mut image = world.history.current.clone().unwrap();
    image.base_image = "ami-base4.5.2".into();
    let image = image.going_on(Some(&known));
    assert_eq!(image.told_in(), first.story);
    release(&mut world, "4.5.3");
    let (_, known) = told(&world, &known);
    assert_eq!(story_of_image(&image, Some(&known)), first.story);

    let (mut world, known) = in_step();
    world.environment("shop-red", "4.5.1", BASE_451);
    let (alone, known) = told(&world, &known);
    assert_eq!(story_of_image(&image, Some(&known)), alone.story);
    assert_eq!(story_of_image(&image, None), first.story);
}

#[test]
fn what_an_earlier_version_told_is_ended_in_the_story_that_it_began() {
    let (well, known) = in_step();
    let mut world = well.clone();
    world.environment("shop-red", "4.5.1", BASE_451);
    let (_, known) = told(&world, &known);
    let earlier = ToldDrift {
        stories: Vec::new(),
        ..known
    };
    let lasting = lasting_drift_story(&"acme".into(), &"shop".into());
    let (over, _) = told(&well, &earlier);
    assert_eq!(over.story, lasting);
    // Or a release takes its place, and it is ended with that.
    release(&mut world, "4.5.2");
    let (drift, known) = told(&world, &earlier);
    assert_eq!(drift.ends_others(), std::slice::from_ref(&lasting));
    world.recommend("4.5.1");
    world
        .environments()
        .retain(|one| one.environment.target.environment != "shop-red");
    let (over, _) = told(&world, &known);
    assert_eq!(
        (&over.story, over.ends_others()),
        (&drift.story, &[lasting][..])
    );
}

#[test]
fn stories_are_bounded() {
    let (mut world, mut known) = in_step();
    for n in 0..20 {
        release(&mut world, &format!("4.6.{n}"));
        known = told(&world, &known).1;
    }
    assert_eq!(known.stories.len(), ToldDrift::STORIES_MAX);
}

/// What settles may be taken back: the all-clear waits for its end.
#[test]
fn nothing_is_over_while_an_environment_is_moved() {
    let (well, known) = in_step();
    let mut world = well.clone();
    release(&mut world, "4.5.2");
    let (drift, known) = told(&world, &known);
    let found = well.drift();
    let scope = crate::flow::test_world::scope();
    let look = |moving| NewsLook {
        installation: &well.wanted.installation,
        scope: &scope,
        watch: &well.watch,
        drift: &found,
        image: None,
        moving,
        at: well.now,
    };
    let settling = super::drift(&look(true), Some(&known)).unwrap();
    assert_eq!(settling.notice, None);
    let over = super::drift(&look(false), Some(&settling.after)).unwrap();
    let over = over.notice.expect("it has settled");
    assert_eq!(
        (over.event().as_str(), &over.story),
        ("resolved", &drift.story)
    );
}

/// The image is told where it is made, and how far it comes by the rollout.
#[test]
fn a_watch_that_rolls_out_says_no_more_of_its_new_image_than_the_rollout_does() {
    for (on_drift, messages) in [(OnDrift::Bake, 2), (OnDrift::Rollout, 1)] {
        let (mut world, mut known) = in_step();
        world.watch.on_drift = on_drift;
        release(&mut world, "4.5.2");
        let mut count = 0;
        let mut look = |world: &World| {
            if let Some(news) = news(world, Some(&known)) {
                count += u32::from(news.notice.is_some());
                known = news.after;
            }
        };
        look(&world);
        world.ours("ami-newer", "ami-base4.5.2", 0);
        look(&world);
        look(&world);
        assert_eq!(count, messages, "{on_drift:?}");
        // What is new all the same is told.
        world.environment("shop-red", "4.5.1", BASE_451);
        let news = news(&world, Some(&known)).unwrap();
        assert!(news.notice.is_some(), "{on_drift:?}");
    }
}

/// Nobody is advised to do what the watch does.
#[test]
fn a_watch_is_told_to_bake_or_to_be_moved_only_where_it_does_neither_by_itself() {
    for (on_drift, bakes, moves) in [
        (OnDrift::Notify, true, true),
        (OnDrift::Bake, false, true),
        (OnDrift::Rollout, false, false),
    ] {
        let (mut world, known) = in_step();
        world.watch.on_drift = on_drift;
        world.environment("shop-red", "4.5.0", BASE_450);
        let (drift, _) = told(&world, &known);
        let commands = drift.commands.iter().map(|one| one.command.as_str());
        let commands: Vec<&str> = commands.collect();
        let has = |word: &str| commands.iter().any(|one| one.starts_with(word));
        assert_eq!(has("amiwatch bake"), bakes, "{on_drift:?} {commands:?}");
        assert_eq!(has("amiwatch rollout"), moves, "{on_drift:?} {commands:?}");
        assert_eq!(has("aws "), moves, "{on_drift:?} {commands:?}");
    }
}

#[test]
fn a_headline_says_from_what_to_what() {
    let subject = |notice: &Notice| WrittenNotice::of_notice(notice).subject;
    let (mut world, known) = in_step();
    release(&mut world, "4.5.2");
    let (drift, known) = told(&world, &known);
    assert_eq!(
        subject(&drift),
        "[amiwatch] shop: release 4.5.1 -> 4.5.2, 1 environment behind"
    );
    assert_eq!(drift.links.len(), 2, "{:?}", drift.links);
    world.ours("ami-newer", "ami-base4.5.2", 0);
    let (image, _) = told(&world, &known);
    assert_eq!(
        subject(&image),
        "[amiwatch] shop: image ami-ours -> ami-newer, 1 environment waits for it"
    );
    let (mut world, known) = in_step();
    world.environment("shop-red", "4.5.0", BASE_450);
    let (alone, _) = told(&world, &known);
    assert_eq!(
        subject(&alone),
        "[amiwatch] shop: shop/shop-red is behind: ami-base450 -> ami-ours"
    );
}

#[test]
fn a_verified_image_ends_the_story_that_its_bake_began_and_no_other() {
    let mut world = World::new();
    let made = super::tests::image(&mut world, false);
    let order = super::tests::order(&world, 1);
    assert!(baked_notice(&order, &made, world.now).ends_story());
    let order = crate::model::bake::BakeOrder {
        story: Some("release:acme:shop:1".to_owned()),
        ..order
    };
    let baked = baked_notice(&order, &made, world.now);
    assert_eq!(baked.story, "release:acme:shop:1");
    assert!(baked.is_end() && !baked.ends_story());
}
