//! What each verdict becomes. The verdicts are compare's own: nothing is made up in between.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::flow::test_world::{BASE_440, BASE_450, BASE_451, World, days, now, trouble};
use crate::model::bake::RecipeDigest;
use crate::model::ids::Architecture;
use crate::model::plan::{Action, BakeDecision};
use crate::model::sighting::{Lineage, Seen, Tier, Trouble};
use crate::model::watch::{OnDrift, TargetPattern};

/// The action in short: `bake ami-base451 g0 a1`.
fn short(action: &Action) -> String {
    let day = |until: &Option<DateTime<Utc>>| match until {
        Some(until) => format!("{} h", (*until - now()).num_hours()),
        None => "a person".to_owned(),
    };
    match action {
        Action::Nothing => "nothing".to_owned(),
        Action::Tell => "tell".to_owned(),
        Action::Bake(BakeDecision {
            release,
            generation,
            attempt,
        }) => format!("bake {} g{generation} a{attempt}", release.image),
        Action::Adopt { image, generation } => format!("adopt {image} g{generation}"),
        Action::Hold { until } => format!("hold until {}", day(until)),
        Action::Blocked => "blocked".to_owned(),
        Action::CannotTell => "cannot tell".to_owned(),
    }
}

type Change = fn(&mut World);

/// From a world with one stock environment and nothing baked.
const FROM_NOTHING: &[(&str, Change, &str)] = &[
    ("nothing changes", |_| {}, "bake ami-base451 g0 a1"),
    (
        "the watch rolls out",
        |world| world.watch.on_drift = OnDrift::Rollout,
        "bake ami-base451 g0 a1",
    ),
    (
        "the watch only tells",
        |world| world.watch.on_drift = OnDrift::Notify,
        "tell",
    ),
    (
        "there is no recipe",
        |world| world.wanted.recipe_digest = None,
        "nothing",
    ),
    (
        "there is no recipe, and an environment is behind the base",
        |world| {
            world.wanted.recipe_digest = None;
            world.custom("ami-hand", BASE_440);
            world.environment("shop-green", "4.5.1", "ami-hand");
        },
        "tell",
    ),
    (
        "it soaks",
        |world| world.watch.soak = Some(Duration::from_secs(12 * 86_400)),
        "hold until 48 h",
    ),
    (
        "it failed and waits",
        |world| world.fail(BASE_451, 2, Some(now() + days(1))),
        "hold until 24 h",
    ),
    (
        "it failed, waits, and soaks longer",
        |world| {
            world.fail(BASE_451, 2, Some(now() + days(1)));
            world.watch.soak = Some(Duration::from_secs(12 * 86_400));
        },
        "hold until 48 h",
    ),
    (
        "it failed and the pause is over",
        |world| world.fail(BASE_451, 2, Some(now())),
        "bake ami-base451 g0 a3",
    ),
    (
        "it failed too often",
        |world| world.fail(BASE_451, 6, None),
        "hold until a person",
    ),
    (
        "an older release failed too often",
        |world| world.fail(BASE_450, 6, None),
        "bake ami-base451 g0 a1",
    ),
    (
        "a rejected image starts the next generation, and the count of failures goes on",
        |world| {
            world.ours_in_stage("ami-bad", BASE_451, 0, "rejected");
            world.fail(BASE_451, 1, Some(now()));
        },
        "bake ami-base451 g1 a2",
    ),
    (
        "a candidate is of a bake under way",
        |world| world.ours_in_stage("ami-half", BASE_451, 0, "candidate"),
        "bake ami-base451 g0 a1",
    ),
    (
        "the store says the generation",
        |world| world.history.generation = 3,
        "bake ami-base451 g3 a1",
    ),
    (
        "the base is unreachable",
        |world| world.seen.release = Seen::Unreachable(trouble("release")),
        "cannot tell",
    ),
    (
        "the base is not there",
        |world| world.seen.release = Seen::Absent,
        "cannot tell",
    ),
    (
        "the base's image is not listed",
        |world| world.gone(BASE_451),
        "cannot tell",
    ),
    (
        "our images are unreachable",
        |world| world.seen.ours = Seen::Unreachable(trouble("ours")),
        "cannot tell",
    ),
    (
        "our images are refused",
        |world| {
            world.seen.ours = Seen::Unreachable(Trouble {
                denied: true,
                ..trouble("ours")
            });
        },
        "blocked",
    ),
    (
        "the only target is unreachable",
        |world| world.environments()[0].settings = Seen::Unreachable(trouble("settings")),
        "cannot tell",
    ),
    (
        "one of two targets is unreachable",
        |world| {
            world.environment("shop-green", "4.5.1", BASE_451);
            world.environments()[0].settings = Seen::Unreachable(trouble("settings"));
        },
        "bake ami-base451 g0 a1",
    ),
    (
        "the environments are unreachable",
        |world| world.sighting.environments = Seen::Unreachable(trouble("environments")),
        "cannot tell",
    ),
    (
        "the environments come back empty",
        |world| {
            world.environments().clear();
            world.sighting.others = 0;
        },
        "cannot tell",
    ),
    (
        "the wildcard matches none of the environments",
        |world| world.watch.targets[0].environment = "web-*".to_owned(),
        "bake ami-base451 g0 a1",
    ),
    (
        "no target is named",
        |world| world.watch.targets.clear(),
        "bake ami-base451 g0 a1",
    ),
    (
        "a named target is missing, another is there",
        |world| world.watch.targets.push(named("shop-gone")),
        "bake ami-base451 g0 a1",
    ),
    (
        "the only named target is missing",
        |world| world.watch.targets = vec![named("shop-gone")],
        "cannot tell",
    ),
    (
        "the only target is of another architecture",
        |world| world.image_facts(BASE_451).architecture = Some(Architecture::Arm64),
        "blocked",
    ),
    (
        "the only target updates",
        |world| world.environments()[0].environment.status = "Updating".to_owned(),
        "bake ami-base451 g0 a1",
    ),
];

fn named(environment: &str) -> TargetPattern {
    TargetPattern {
        account: None,
        account_name: None,
        region: None,
        movable: true,
        application: "shop".to_owned(),
        environment: environment.to_owned(),
    }
}

#[test]
fn from_nothing() {
    for (what, change, expected) in FROM_NOTHING {
        let mut world = World::new();
        world.environment("shop-blue", "4.5.1", BASE_451);
        change(&mut world);
        let plan = world.plan();
        assert_eq!(short(&plan.action), *expected, "when {what}");
        let says_why = plan.action == Action::Nothing || !plan.because.is_empty();
        assert!(says_why, "when {what}: says why");
    }
}

/// From a world whose image is baked, remembered, and run.
const FROM_STEP: &[(&str, Change, &str)] = &[
    ("nothing changes", |_| {}, "nothing"),
    (
        "the store forgot",
        |world| world.history = Default::default(),
        "adopt ami-ours g2",
    ),
    (
        "a newer image of the same key's inputs is there",
        |world| world.ours("ami-ours-3", BASE_451, 3),
        "adopt ami-ours-3 g3",
    ),
    (
        "the image is too old",
        |world| world.watch.max_age = Some(Duration::from_secs(86_400)),
        "bake ami-base451 g3 a1",
    ),
    (
        "the image is gone",
        |world| {
            world.gone("ami-ours");
            world.change_ours(Vec::clear);
        },
        "bake ami-base451 g3 a1",
    ),
    (
        "the recipe changes",
        |world| world.wanted.recipe_digest = Some(RecipeDigest::of_user_data("another", false)),
        "bake ami-base451 g0 a1",
    ),
    (
        "the recommendation moves back to what was never baked",
        |world| world.recommend("4.5.0"),
        "bake ami-base450 g0 a1",
    ),
    (
        "the recommendation moves back to what was baked before",
        |world| {
            world.ours("ami-old", BASE_450, 0);
            world.recommend("4.5.0");
        },
        "adopt ami-old g0",
    ),
    (
        "an environment stays on stock",
        |world| world.environment("shop-green", "4.5.1", BASE_451),
        "nothing",
    ),
    (
        "an environment runs a hand-made image of an older base",
        |world| {
            world.custom("ami-hand", BASE_440);
            world.environment("shop-green", "4.5.1", "ami-hand");
        },
        "nothing",
    ),
    (
        "an environment cannot be read",
        |world| {
            world.environment("shop-green", "4.5.1", BASE_451);
            world.environments()[1].settings = Seen::Absent;
        },
        "cannot tell",
    ),
    (
        "an environment's lineage is unknown",
        |world| {
            world.custom("ami-hand", BASE_451);
            world.image("ami-hand").lineage = Lineage::NotKnown;
            world.environment("shop-green", "4.5.1", "ami-hand");
        },
        "blocked",
    ),
    (
        "the release soaks that is baked already",
        |world| world.watch.soak = Some(Duration::from_secs(90 * 86_400)),
        "nothing",
    ),
];

#[test]
fn from_step() {
    for (what, change, expected) in FROM_STEP {
        let mut world = World::new();
        world.ours("ami-ours", BASE_451, 2);
        world.remember("ami-ours", BASE_451, 2);
        world.environment("shop-blue", "4.5.1", "ami-ours");
        change(&mut world);
        assert_eq!(short(&world.plan().action), *expected, "when {what}");
    }
}

#[test]
fn a_bake_says_why_and_a_hold_says_until_when() {
    let mut world = World::new();
    assert_eq!(
        world.plan().because,
        [
            "Nothing has been baked yet from ECS running on 64bit Amazon Linux 2023 (x86_64): \
          release 4.5.1 (ami-base451) waits."
        ]
    );
    world.fail(BASE_451, 1, Some(now() + days(1)));
    assert_eq!(
        world.plan().because,
        [
            "Attempt 1 failed (check `driver` failed in the builder); the next one is not before \
          2026-09-22 14:13 UTC."
        ]
    );
}

#[test]
fn a_target_that_is_behind_is_named_when_nothing_is_left_to_bake() {
    let mut world = World::new();
    world.ours("ami-ours", BASE_451, 0);
    world.remember("ami-ours", BASE_451, 0);
    world.environment("shop-blue", "4.5.1", BASE_451);
    assert_eq!(
        world.plan().because,
        ["shop/shop-blue does not run ami-ours yet; nothing is left to bake."]
    );
}

#[test]
fn each_environment_has_an_action_of_its_own_beside_the_watch_s() {
    let mut world = World::new();
    world.ours("ami-ours", BASE_451, 0);
    world.environment("shop-blue", "4.5.1", "ami-ours");
    world.environment("shop-green", "4.5.1", BASE_451);
    world.environment("shop-red", "4.5.1", "ami-ours");
    world.environments()[2].settings = Seen::Unreachable(trouble("settings"));
    world.environment("shop-windows", "4.5.1", "ami-ours");
    world.environments()[3].environment.tier = Tier::Cluster;
    let item = world.plan();
    let planned: Vec<String> = item
        .targets
        .iter()
        .map(|one| {
            format!(
                "{} {:?} {:?}",
                one.target.environment, one.action, one.because
            )
        })
        .collect();
    assert_eq!(
        planned,
        [
            "shop-blue Nothing []",
            "shop-green Tell [NotOnNewest, Stock]",
            "shop-red CannotTell [Unreachable]",
            "shop-windows Blocked [Unsupported]",
        ]
    );
    assert_eq!(item.targets.len(), item.drift.targets.len());
}
