//! What an environment is to be moved to, verdict by verdict.

use crate::flow::test_world::{BASE_440, BASE_450, BASE_451, World, arn};
use crate::model::base::BaseSource;
use crate::model::ids::Architecture;
use crate::model::platform_choice::{MoveTo, PlatformChoice};

/// Our image is of 4.5.1; the environment is as given.
fn world(version: &str, image: &str) -> World {
    let mut world = World::new();
    world.ours("ami-ours", BASE_451, 0);
    world.environment("shop-blue", version, image);
    world
}

fn move_to(world: &World) -> Option<MoveTo> {
    world.drift().targets.pop().unwrap().move_to
}

fn ours(platform: PlatformChoice) -> Option<MoveTo> {
    let image = "ami-ours".into();
    Some(MoveTo { image, platform })
}

fn to_451() -> PlatformChoice {
    PlatformChoice::Moves {
        to: arn("4.5.1"),
        version: "4.5.1".to_owned(),
    }
}

#[test]
fn image_and_platform_version_move_together() {
    let mut behind = world("4.5.0", "ami-old");
    behind.custom("ami-old", BASE_450);
    assert_eq!(move_to(&behind), ours(to_451()));

    let mut level = world("4.5.1", "ami-old");
    level.custom("ami-old", BASE_450);
    assert_eq!(move_to(&level), ours(PlatformChoice::Stays));

    // The image came alone: now the version follows.
    let skewed = world("4.5.0", "ami-ours");
    assert_eq!(move_to(&skewed), ours(to_451()));

    let stock = world("4.4.0", BASE_440);
    assert_eq!(move_to(&stock), ours(to_451()));
}

#[test]
fn what_is_in_step_or_does_not_fit_is_not_moved() {
    assert_eq!(move_to(&world("4.5.1", "ami-ours")), None);

    let mut other = world("4.5.0", BASE_450);
    other.platform("4.5.0").branch = "another branch".to_owned();
    assert_eq!(move_to(&other), None, "another branch");

    let mut arm = world("4.5.0", BASE_450);
    arm.image_facts(BASE_450).architecture = Some(Architecture::Arm64);
    arm.platform("4.5.0").images = vec![(Architecture::Arm64, BASE_450.into())];
    assert_eq!(move_to(&arm), None, "another architecture");

    let mut nothing = World::new();
    nothing.environment("shop-blue", "4.5.0", BASE_450);
    assert_eq!(move_to(&nothing), None, "nothing is baked");
}

/// A managed update was faster than the bake. Nobody runs 4.5.0 any more, so only the image's own memory
/// tells what it is of.
#[test]
fn a_platform_is_never_taken_back() {
    let mut world = World::new();
    world.ours("ami-ours", BASE_450, 0);
    world.remember("ami-ours", BASE_450, 0);
    world.change_ours(Vec::clear);
    world.environment("shop-blue", "4.5.1", "ami-ours");
    world.sighting.platforms.remove(&arn("4.5.0"));
    let ahead = PlatformChoice::Ahead {
        runs: "4.5.1".to_owned(),
        newest: "4.5.0".to_owned(),
    };
    assert_eq!(move_to(&world), ours(ahead));
}

#[test]
fn a_version_that_was_not_read_is_not_guessed() {
    let mut world = World::new();
    world.ours("ami-ours", BASE_450, 0);
    world.environment("shop-blue", "4.4.0", BASE_440);
    world.sighting.platforms.remove(&arn("4.5.0"));
    let Some(MoveTo { platform, .. }) = move_to(&world) else {
        panic!("it is behind");
    };
    assert!(
        matches!(platform, PlatformChoice::Untold { .. }),
        "{platform:?}"
    );
}

/// A base of another kind is no platform version's: the version has no part in it.
#[test]
fn under_a_base_that_is_no_branch_the_version_stays() {
    let mut world = world("4.5.0", BASE_450);
    world.watch.base.source = BaseSource::Ssm {
        parameter: "/aws/service/x".to_owned(),
    };
    assert_eq!(move_to(&world), ours(PlatformChoice::Stays));
}
