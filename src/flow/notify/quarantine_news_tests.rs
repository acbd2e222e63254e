//! One image is told as drift once, however often a quarantine takes it out of count and gives it back.

use super::drift_tests::news;
use crate::flow::test_world::{BASE_450, BASE_451, World};
use crate::model::hold::HeldThing;
use crate::model::told::ToldDrift;

fn look(world: &World, before: &ToldDrift) -> (bool, ToldDrift) {
    match news(world, Some(before)) {
        Some(news) => (news.notice.is_some(), news.after),
        None => (false, before.clone()),
    }
}

/// An image was baked, and an environment does not run it yet; `before`: one of the release before it.
fn baked(before: bool) -> (World, ToldDrift) {
    let mut world = World::new();
    if before {
        world.ours("ami-before", BASE_450, 0);
    }
    world.environment("shop-blue", "4.5.0", BASE_450);
    let (_, known) = look(&world, &ToldDrift::default());
    world.ours("ami-ours", BASE_451, 0);
    let (told, known) = look(&world, &known);
    assert!(told, "what waits for it is told");
    (world, known)
}

#[test]
fn an_image_is_told_once_around_its_quarantine() {
    for before in [false, true] {
        let (free, known) = baked(before);
        let mut held = free.clone();
        held.hold(HeldThing::Image("ami-ours".into()), None);
        let (mut told, mut known) = (false, known);
        for world in [&held, &held, &free, &held, &free] {
            let (again, after) = look(world, &known);
            (told, known) = (told || again, after);
        }
        assert!(!told, "before: {before}");

        // What is new all the same is told: another environment, another release.
        let mut more = held.clone();
        more.environment("shop-green", "4.5.0", BASE_450);
        assert!(look(&more, &known).0);
        held.version("4.5.2", "ami-base452", 1);
        held.recommend("4.5.2");
        assert!(look(&held, &known).0);
    }
}

#[test]
fn another_image_is_another_drift() {
    let (mut world, known) = baked(false);
    world.hold(HeldThing::Image("ami-ours".into()), None);
    let (_, known) = look(&world, &known);
    world.ours("ami-newer", BASE_451, 1);
    assert!(look(&world, &known).0);
}
