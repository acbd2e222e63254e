//! Each code, where it applies and where it must not; then together, then with answers missing.

use std::time::Duration;

use chrono::TimeDelta;

use crate::flow::test_world::{
    BASE_440, BASE_450, BASE_451, BRANCH, World, arn, days, now, pattern, trouble,
};
use crate::model::bake::RecipeDigest;
use crate::model::base::{BaseSource, BranchLifecycle};
use crate::model::ids::{Architecture, ImageId};
use crate::model::image::{ImageKind, ImageState};
use crate::model::plan::Action;
use crate::model::reason::ReasonCode;
use crate::model::sighting::{Lineage, LineageSource, Seen, Tier, Trouble};
use crate::model::version::VersionWish;
use crate::model::watch::TargetPattern;

/// A world where everything is in step: ours is of the newest release, and shop-blue runs it.
fn in_step() -> World {
    let mut world = World::new();
    world.ours("ami-ours", BASE_451, 0);
    world.remember("ami-ours", BASE_451, 0);
    world.environment("shop-blue", "4.5.1", "ami-ours");
    world
}

type Change = fn(&mut World);

/// What each change to a world in step makes of the watch and of shop-blue.
const CHANGES: &[(&str, Change, &[&str], &[&str])] = &[
    ("nothing", |_| {}, &[], &[]),
    (
        "an instance runs another image",
        |world| world.runs(&[("ami-ours", false), ("ami-before", false)]),
        &[],
        &["INSTANCES_BEHIND"],
    ),
    (
        "the instances that ran another image end, and the others do not",
        |world| world.runs(&[("ami-ours", false), ("ami-before", true)]),
        &[],
        &[],
    ),
    (
        "instances are being replaced",
        |world| {
            world.runs(&[("ami-before", false)]);
            world.environments()[0].environment.status = "Updating".to_owned();
        },
        &[],
        &["NOT_READY"],
    ),
    (
        "what instances run could not be told",
        |world| {
            let trouble = trouble("instances of shop/shop-blue");
            world.environments()[0].running = Some(Seen::Unreachable(trouble));
        },
        &[],
        &["UNREACHABLE"],
    ),
    (
        "instances run the platform version's own image, and none is set",
        |world| {
            world.runs(&[(BASE_451, false)]);
            world.environments()[0].settings = without_image(true);
        },
        &[],
        &["STOCK"],
    ),
    (
        "instances run what was set before it was unset",
        |world| {
            world.runs(&[("ami-ours", false)]);
            world.environments()[0].settings = without_image(true);
        },
        &[],
        &["INSTANCES_BEHIND", "STOCK"],
    ),
    (
        "managed updates are on",
        World::updates_itself,
        &[],
        &["MANAGED_UPDATES_ON"],
    ),
    (
        "managed updates are on, and the image is the platform version's own still",
        |world| {
            world.environments()[0].settings = settings(BASE_451);
            world.updates_itself();
        },
        &[],
        &["NOT_ON_NEWEST", "STOCK", "MANAGED_UPDATES_ON"],
    ),
    (
        "the recommendation moves on",
        |world| {
            world.version("4.5.2", "ami-base452", 1);
            world.recommend("4.5.2");
        },
        &["BASE_NEWER"],
        &["BASE_NEWER", "PLATFORM_BEHIND"],
    ),
    (
        "a new platform version has the same image",
        |world| {
            world.version("4.5.2", BASE_451, 10);
            world.recommend("4.5.2");
        },
        &[],
        &["PLATFORM_BEHIND"],
    ),
    (
        "the recommendation moves back",
        |world| world.recommend("4.5.0"),
        &["BASE_NEWER", "BASE_WITHDRAWN"],
        &["BASE_NEWER", "BASE_WITHDRAWN", "PLATFORM_BEHIND"],
    ),
    (
        "the recipe changes",
        |world| world.wanted.recipe_digest = Some(RecipeDigest::of_user_data("#!/bin/sh\n", false)),
        &["RECIPE_CHANGED"],
        &["RECIPE_CHANGED"],
    ),
    (
        "the image ages to max_age",
        |world| {
            let created = now() - days(30);
            world.image_facts("ami-ours").created = Some(created);
            world.change_ours(|ours| ours[0].created = Some(created));
        },
        &["TOO_OLD"],
        &["TOO_OLD"],
    ),
    (
        "the image is a second younger than max_age",
        |world| {
            let created = now() - days(30) + TimeDelta::seconds(1);
            world.image_facts("ami-ours").created = Some(created);
            world.change_ours(|ours| ours[0].created = Some(created));
        },
        &[],
        &[],
    ),
    (
        "the image is gone",
        |world| {
            world.gone("ami-ours");
            world.change_ours(Vec::clear);
        },
        &["IMAGE_GONE"],
        &["IMAGE_GONE"],
    ),
    (
        "the platform is updated below the image",
        |world| {
            world.environments()[0].environment.platform = Some(arn("4.5.0"));
        },
        &[],
        &["PLATFORM_SKEW", "PLATFORM_BEHIND"],
    ),
    (
        "a newer image of ours is verified",
        |world| world.ours("ami-ours-1", BASE_451, 1),
        &[],
        &["NOT_ON_NEWEST"],
    ),
    (
        "a newer image of ours is only a candidate",
        |world| world.ours_in_stage("ami-ours-1", BASE_451, 1, "candidate"),
        &[],
        &[],
    ),
    (
        "a newer image of ours is verified and disabled",
        |world| {
            world.ours("ami-ours-1", BASE_451, 1);
            world.change_ours(|ours| ours[1].state = ImageState::Disabled);
        },
        &[],
        &[],
    ),
    (
        "the environment goes back to stock",
        |world| world.environments()[0].settings = settings(BASE_451),
        &[],
        &["NOT_ON_NEWEST", "STOCK"],
    ),
    (
        "somebody pins an older Amazon image",
        |world| world.environments()[0].settings = settings(BASE_450),
        &[],
        &["PLATFORM_SKEW", "NOT_ON_NEWEST", "STOCK_PINNED"],
    ),
    (
        "somebody pins an Amazon image of another line",
        |world| {
            world.amazon("ami-plain", 90);
            let name = "al2023-ami-2023.10.20260302.1-kernel-6.12-x86_64";
            world.image_facts("ami-plain").name = name.to_owned();
            world.environments()[0].settings = settings("ami-plain");
        },
        &[],
        &["NOT_ON_NEWEST", "STOCK_PINNED"],
    ),
    (
        "somebody pins an Amazon image, and the platform's own cannot be read",
        |world| {
            world.environments()[0].settings = settings(BASE_450);
            world.image(BASE_451).image = Seen::Unreachable(trouble("image"));
        },
        &["UNREACHABLE"],
        &["NOT_ON_NEWEST", "STOCK_PINNED", "UNREACHABLE"],
    ),
    (
        "the settings name no image",
        |world| world.environments()[0].settings = without_image(true),
        &[],
        &["STOCK"],
    ),
    (
        "no configuration set is deployed",
        |world| world.environments()[0].settings = without_image(false),
        &[],
        &["UNREACHABLE"],
    ),
    (
        "somebody disables the image",
        |world| in_state(world, ImageState::Disabled),
        &["IMAGE_DISABLED"],
        &["IMAGE_DISABLED"],
    ),
    (
        "the image is deregistered and still listed",
        |world| in_state(world, ImageState::Deregistered),
        &["IMAGE_GONE"],
        &["IMAGE_GONE"],
    ),
    (
        "the stock image that somebody went back to is disabled",
        |world| {
            world.environments()[0].settings = settings(BASE_451);
            world.image_facts(BASE_451).state = ImageState::Disabled;
        },
        &["UNREACHABLE"],
        &["IMAGE_DISABLED", "NOT_ON_NEWEST", "STOCK"],
    ),
    (
        "the environment updates",
        |world| world.environments()[0].environment.status = "Updating".to_owned(),
        &[],
        &["NOT_READY"],
    ),
    (
        "the watch is for arm64",
        |world| world.watch.base.architecture = Architecture::Arm64,
        &["BASE_NEWER"],
        &["ARCH_MISMATCH"],
    ),
    (
        "the watch follows another branch",
        |world| {
            let branch = "Docker running on 64bit Amazon Linux 2023".to_owned();
            let version = VersionWish::Recommended;
            world.watch.base.source = BaseSource::Beanstalk { branch, version };
        },
        &[],
        &["BRANCH_MISMATCH"],
    ),
    (
        "EC2 does not know the lineage",
        |world| world.image("ami-ours").lineage = Lineage::NotKnown,
        &[],
        &["LINEAGE_UNKNOWN"],
    ),
    (
        "the environment is Windows",
        |world| {
            let stack = "64bit Windows Server 2022 v2.15.1 running IIS 10.0".to_owned();
            world.environments()[0].environment.solution_stack = Some(stack);
        },
        &[],
        &["UNSUPPORTED"],
    ),
    (
        "the environment is on EKS",
        |world| world.environments()[0].environment.tier = Tier::Cluster,
        &[],
        &["UNSUPPORTED"],
    ),
    (
        "the base is deprecated",
        |world| {
            world.image_facts(BASE_451).deprecated_from = Some(now());
            world.recommend("4.5.1");
        },
        &["BASE_DEPRECATED"],
        &["BASE_DEPRECATED"],
    ),
    (
        "the base will be deprecated",
        |world| {
            world.image_facts(BASE_451).deprecated_from = Some(now() + days(1));
            world.recommend("4.5.1");
        },
        &[],
        &[],
    ),
    (
        "the branch is deprecated",
        |world| {
            world.platform("4.5.1").branch_lifecycle = BranchLifecycle::Deprecated;
            world.recommend("4.5.1");
        },
        &["BRANCH_DEPRECATED"],
        &["BRANCH_DEPRECATED"],
    ),
    (
        "the branch is retired",
        |world| {
            world.platform("4.5.1").branch_lifecycle = BranchLifecycle::Retired;
            world.recommend("4.5.1");
        },
        &["BRANCH_RETIRED"],
        &["BRANCH_RETIRED"],
    ),
    (
        "the checks passed on the untouched base",
        |world| world.history.current.as_mut().unwrap().redundant = true,
        &["RECIPE_REDUNDANT"],
        &[],
    ),
    (
        "the checks passed, for a recipe that is no more",
        |world| {
            let current = world.history.current.as_mut().unwrap();
            current.redundant = true;
            current.recipe_digest = RecipeDigest::of_user_data("another", false);
        },
        &[],
        &[],
    ),
    (
        "the settings do not come",
        |world| world.environments()[0].settings = Seen::Unreachable(trouble("settings")),
        &[],
        &["UNREACHABLE"],
    ),
    (
        "the settings come back empty",
        |world| world.environments()[0].settings = Seen::Absent,
        &[],
        &["UNREACHABLE"],
    ),
    (
        "the settings are refused",
        |world| {
            world.environments()[0].settings = Seen::Unreachable(Trouble {
                denied: true,
                ..trouble("settings")
            });
        },
        &[],
        &["DENIED"],
    ),
];

fn settings(image: &str) -> Seen<crate::model::sighting::DeployedSettings> {
    Seen::Known(crate::model::sighting::DeployedSettings {
        image: Some(image.into()),
        not_set: false,
        draft: None,
        managed_updates: false,
    })
}

fn without_image(not_set: bool) -> Seen<crate::model::sighting::DeployedSettings> {
    Seen::Known(crate::model::sighting::DeployedSettings {
        image: None,
        not_set,
        draft: None,
        managed_updates: false,
    })
}

fn in_state(world: &mut World, state: ImageState) {
    world.image_facts("ami-ours").state = state;
    world.change_ours(|ours| ours[0].state = state);
}

#[test]
fn what_starts_nothing_is_told_with_its_remedy_and_baked_anew() {
    let mut world = in_step();
    in_state(&mut world, ImageState::Disabled);
    let reason = world.reason(ReasonCode::ImageDisabled);
    assert!(
        reason.message.contains("aws ec2 enable-image"),
        "{reason:?}"
    );
    let item = world.plan();
    let Action::Bake(bake) = &item.action else {
        panic!("{item:?}");
    };
    assert_eq!(bake.generation, 1, "its name is taken by the disabled one");
    // One that takes its place: the disabled one is no news of the watch any more.
    world.ours("ami-ours-1", BASE_451, 1);
    assert_eq!(world.own_codes(), [""; 0]);
}

#[test]
fn a_release_that_starts_nothing_is_not_baked_from() {
    for state in [
        ImageState::Disabled,
        ImageState::Pending,
        ImageState::Failed,
        ImageState::Deregistered,
    ] {
        let mut world = World::new();
        world.image_facts(BASE_451).state = state;
        let reason = world.reason(ReasonCode::Unreachable);
        assert_eq!(reason.facts()["about"], "release", "{state:?}");
        assert!(
            matches!(world.plan().action, Action::CannotTell),
            "{state:?}"
        );
    }
}

#[test]
fn a_setting_without_an_image_is_the_platforms_own() {
    let mut world = in_step();
    world.environments()[0].settings = without_image(true);
    let drift = world.drift();
    let target = &drift.targets[0];
    assert_eq!((target.kind, &target.image), (ImageKind::Stock, &None));
    assert_eq!(target.base_image, Some(BASE_451.into()));
    let stock = world.reason(ReasonCode::Stock);
    assert_eq!(stock.facts()["image"], "not set");
    // Of several images the one that it runs hangs on its instance types.
    let arm = (Architecture::Arm64, "ami-arm-base".into());
    world.platform("4.5.1").images.push(arm);
    assert_eq!(world.drift().targets[0].base_image, None);
}

#[test]
fn each_change_has_its_codes() {
    for (what, change, own, target) in CHANGES {
        let mut world = in_step();
        change(&mut world);
        assert_eq!(world.own_codes(), *own, "the watch when {what}");
        assert_eq!(
            world.target_codes("shop-blue"),
            *target,
            "shop-blue when {what}"
        );
    }
}

/// A code that no test above can produce is one that nobody checked.
#[test]
fn every_code_that_is_decided_here_is_in_the_table_or_tested_below() {
    let below = ["SOAKING", "HELD", "BASE_GONE", "NO_TARGET"];
    let reserved = ["MANAGED_UPDATES", "QUARANTINED"];
    for code in ReasonCode::ALL.iter().map(|code| code.as_str()) {
        let listed = CHANGES
            .iter()
            .any(|(_, _, own, target)| own.contains(&code) || target.contains(&code));
        let elsewhere = below.contains(&code) || reserved.contains(&code);
        assert_ne!(listed, elsewhere, "{code}");
    }
}

#[test]
fn a_base_that_is_gone_is_told_of_watch_and_environment() {
    let mut world = World::new();
    world.ours("ami-ours", BASE_440, 0);
    world.environment("shop-blue", "4.5.1", "ami-ours");
    world.gone(BASE_440);
    assert_eq!(world.own_codes(), ["BASE_NEWER", "BASE_GONE"]);
    assert_eq!(
        world.target_codes("shop-blue"),
        ["BASE_NEWER", "BASE_GONE", "PLATFORM_SKEW"]
    );
}

#[test]
fn a_new_watch_says_that_nothing_is_baked() {
    let world = World::new();
    let reason = world.reason(ReasonCode::BaseNewer);
    assert_eq!(world.own_codes(), ["BASE_NEWER"]);
    assert_eq!(reason.facts()["image"], "none");
    assert_eq!(reason.facts()["recommended_image"], BASE_451);
    assert_eq!(
        reason.message,
        "Nothing has been baked yet from ECS running on 64bit Amazon Linux 2023 (x86_64): release \
         4.5.1 (ami-base451) waits."
    );
}

#[test]
fn a_watch_without_a_recipe_has_no_image_to_judge() {
    let mut world = World::new();
    world.wanted.recipe_digest = None;
    world.custom("ami-hand", BASE_450);
    world.environment("shop-blue", "4.5.1", "ami-hand");
    assert_eq!(world.own_codes(), [""; 0]);
    assert_eq!(
        world.target_codes("shop-blue"),
        ["BASE_NEWER", "PLATFORM_SKEW"]
    );
}

#[test]
fn everything_that_applies_is_listed_at_once() {
    let mut world = World::new();
    world.custom("ami-hand", BASE_440);
    world.image_facts(BASE_440).deprecated_from = Some(now() - days(1));
    world.environment("shop-blue", "4.5.0", "ami-hand");
    world.platform("4.5.0").branch_lifecycle = BranchLifecycle::Deprecated;
    world.environments()[0].environment.status = "Updating".to_owned();
    assert_eq!(
        world.target_codes("shop-blue"),
        [
            "BASE_NEWER",
            "PLATFORM_SKEW",
            "NOT_READY",
            "PLATFORM_BEHIND",
            "BASE_DEPRECATED",
            "BRANCH_DEPRECATED",
        ]
    );
}

#[test]
fn stock_and_gone_environments_get_every_code_too() {
    let mut world = World::new();
    world.environment("shop-stock", "4.4.0", BASE_440);
    world.environment("shop-gone", "4.4.0", "ami-gone");
    world.gone("ami-gone");
    world.image_facts(BASE_440).deprecated_from = Some(now());
    for environment in world.environments() {
        environment.environment.status = "Terminating".to_owned();
    }
    assert_eq!(
        world.target_codes("shop-stock"),
        ["STOCK", "NOT_READY", "PLATFORM_BEHIND", "BASE_DEPRECATED"]
    );
    assert_eq!(
        world.target_codes("shop-gone"),
        ["IMAGE_GONE", "NOT_READY", "PLATFORM_BEHIND"]
    );
}

#[test]
fn a_stock_image_that_was_made_private_is_gone_and_still_stock() {
    let mut world = World::new();
    world.environment("shop-blue", "4.4.0", BASE_440);
    world.gone(BASE_440);
    let drift = world.drift();
    assert_eq!(drift.targets[0].kind, ImageKind::Gone);
    assert_eq!(drift.targets[0].base_image, Some(BASE_440.into()));
    assert_eq!(
        world.target_codes("shop-blue"),
        ["IMAGE_GONE", "STOCK", "PLATFORM_BEHIND"]
    );
}

#[test]
fn each_image_has_its_kind() {
    let mut world = in_step();
    world.amazon("ami-other", 3);
    world.custom("ami-shared", BASE_451);
    world.image_facts("ami-shared").ours = false;
    world.gone("ami-gone");
    let cases: [(&str, ImageKind, Option<&str>); 6] = [
        (BASE_451, ImageKind::Stock, Some(BASE_451)),
        ("ami-other", ImageKind::StockPinned, Some("ami-other")),
        ("ami-ours", ImageKind::Custom, Some(BASE_451)),
        ("ami-shared", ImageKind::Foreign, Some(BASE_451)),
        ("ami-gone", ImageKind::Gone, None),
        ("ami-never-read", ImageKind::Unknown, None),
    ];
    for (image, kind, base) in cases {
        world.environments()[0].settings = settings(image);
        let drift = world.drift();
        assert_eq!(drift.targets[0].kind, kind, "{image}");
        assert_eq!(
            drift.targets[0].base_image,
            base.map(ImageId::from),
            "{image}"
        );
    }
}

#[test]
fn an_arm_image_is_compared_with_the_arm_base_or_not_at_all() {
    let mut world = World::new();
    world.custom("ami-hand", "ami-arm-base");
    world.amazon("ami-arm-base", 10);
    world.image_facts("ami-hand").architecture = Some(Architecture::Arm64);
    world.environment("shop-blue", "4.5.1", "ami-hand");
    assert_eq!(
        world.target_codes("shop-blue"),
        ["ARCH_MISMATCH", "UNREACHABLE"],
        "without the arm64 image of the platform nothing is compared"
    );
    let arm = (Architecture::Arm64, "ami-arm-base".into());
    world.platform("4.5.1").images.push(arm);
    world.recommend("4.5.1");
    assert_eq!(world.target_codes("shop-blue"), ["ARCH_MISMATCH"]);
}

#[test]
fn soaking_counts_from_the_first_sight_and_else_from_the_release_itself() {
    let mut world = World::new();
    let soaks = |world: &World| world.own_codes().contains(&"SOAKING");
    assert!(!soaks(&world), "without soak");

    world.watch.soak = Some(Duration::from_secs(11 * 86_400));
    assert!(
        soaks(&world),
        "an empty memory counts from the image's date, 10 days ago"
    );
    let reason = world.reason(ReasonCode::Soaking);
    assert_eq!(reason.facts()["until"], (now() + days(1)).to_rfc3339());

    world.watch.soak = Some(Duration::from_secs(10 * 86_400));
    assert!(!soaks(&world), "it ends when the time is up");

    world.history.first_seen.insert("ami-x".into(), now());
    assert!(
        soaks(&world),
        "a memory that does not know the release sees it now"
    );

    let first_seen = now() - days(10);
    world.history.first_seen.insert(BASE_451.into(), first_seen);
    assert!(!soaks(&world), "first seen long enough ago");
}

#[test]
fn a_release_that_is_in_use_does_not_soak_again() {
    let mut world = in_step();
    world.watch.soak = Some(Duration::from_secs(100 * 86_400));
    world.wanted.recipe_digest = Some(RecipeDigest::of_user_data("another", false));
    assert_eq!(world.own_codes(), ["RECIPE_CHANGED"]);
}

#[test]
fn held_is_for_a_person_and_for_the_same_inputs() {
    let mut world = World::new();
    world.fail(BASE_451, 6, None);
    assert_eq!(world.own_codes(), ["BASE_NEWER", "HELD"]);
    assert_eq!(world.reason(ReasonCode::Held).facts()["attempts"], "6");

    world.fail(BASE_451, 2, Some(now() + days(1)));
    assert_eq!(
        world.own_codes(),
        ["BASE_NEWER"],
        "one that waits is not held"
    );

    world.fail(BASE_450, 6, None);
    assert_eq!(
        world.own_codes(),
        ["BASE_NEWER"],
        "a newer release starts anew"
    );
}

#[test]
fn a_withdrawal_is_told_by_version_where_the_image_is_gone() {
    let mut world = World::new();
    world.ours("ami-ours", "ami-base452", 0);
    world.gone("ami-base452");
    let version = |world: &mut World, version: &str| {
        world.change_ours(|ours| {
            let tag = crate::model::tags::BASE_VERSION.to_owned();
            ours[0].tags.insert(tag, version.to_owned());
        });
    };
    version(&mut world, "4.5.2");
    assert_eq!(
        world.own_codes(),
        ["BASE_NEWER", "BASE_GONE", "BASE_WITHDRAWN"]
    );
    version(&mut world, "4.5.0");
    assert_eq!(world.own_codes(), ["BASE_NEWER", "BASE_GONE"]);
}

#[test]
fn a_base_of_another_line_is_not_withdrawn_however_new() {
    let mut world = World::new();
    world.amazon("ami-docker", 1);
    world.image_facts("ami-docker").name =
        "x.64bit-eb_docker_amazon_linux_2023-hvm-2026".to_owned();
    world.custom("ami-hand", "ami-docker");
    world.environment("shop-blue", "4.5.1", "ami-hand");
    assert_eq!(
        world.target_codes("shop-blue"),
        ["BASE_NEWER", "PLATFORM_SKEW"]
    );
}

#[test]
fn an_ssm_base_is_compared_with_its_parameter_not_with_the_branch() {
    let mut world = World::new();
    world.watch.base.source = BaseSource::Ssm {
        parameter: "/aws/service/ecs/recommended".to_owned(),
    };
    world.ours("ami-ours", BASE_451, 0);
    world.environment("shop-blue", "4.5.0", "ami-ours");
    assert_eq!(world.target_codes("shop-blue"), ["PLATFORM_BEHIND"]);

    world.recommend("4.5.0");
    assert_eq!(world.target_codes("shop-blue")[..1], ["BASE_NEWER"]);
}

#[test]
fn an_adopted_image_without_our_tags_counts_while_ec2_lists_it() {
    let mut world = World::new();
    world.custom("ami-hand", BASE_451);
    world.remember("ami-hand", BASE_451, 0);
    assert_eq!(world.drift().current, Some("ami-hand".into()));
    assert_eq!(world.own_codes(), [""; 0]);
}

#[test]
fn of_several_images_the_one_of_the_newest_release_is_current() {
    let mut world = World::new();
    world.ours("ami-a", BASE_451, 0);
    world.ours("ami-b", BASE_450, 3);
    assert_eq!(world.drift().current, Some("ami-a".into()));
    world.recommend("4.5.0");
    assert_eq!(world.drift().current, Some("ami-b".into()));
    world.seen.release = Seen::Unreachable(trouble("release"));
    assert_eq!(
        world.drift().current,
        None,
        "without a release it would be a guess"
    );
}

#[test]
fn a_target_that_nothing_matches_is_told_with_what_is_nearly_so() {
    let near = |targets: Vec<TargetPattern>| {
        let mut world = in_step();
        let elsewhere = &mut world.sighting.elsewhere;
        elsewhere.entry("web".to_owned()).or_default().add("web-1");
        world.watch.targets = targets;
        let unmatched = world.drift().reasons.into_iter().map(|reason| {
            assert_eq!(reason.code, ReasonCode::NoTarget);
            assert!(
                reason.message.contains("DescribeEnvironments"),
                "{reason:?}"
            );
            let said = reason.message.split(". ").next().unwrap_or_default();
            said.to_owned()
        });
        unmatched.collect::<Vec<_>>().join("; ")
    };
    let one = |application, environment| near(vec![pattern(application, environment)]);
    assert_eq!(one("shop", "shop-*"), "");
    assert_eq!(
        one("shop", "prod-*"),
        "No environment is called shop/prod-*: 1 environment in application shop (shop-blue)"
    );
    assert_eq!(
        one("Shop", "shop-blue"),
        "No environment is called Shop/shop-blue: the application shop has 1 environment"
    );
    assert_eq!(
        one("billing", "*"),
        "No environment is called billing/*: the applications are shop, web"
    );
    let both = near(vec![pattern("shop", "shop-blue"), pattern("web", "web-2")]);
    assert_eq!(
        both,
        "No environment is called web/web-2: 1 environment in application web (web-1)"
    );
}

#[test]
fn an_empty_list_is_a_fault_even_for_a_wildcard() {
    let mut world = World::new();
    world.ours("ami-ours", BASE_451, 0);
    world.watch.targets = vec![pattern("shop", "shop-*")];
    assert_eq!(
        world.own_codes(),
        ["NO_TARGET"],
        "others are listed: the account is not empty, and nothing is of that name"
    );
    world.sighting.others = 0;
    assert_eq!(world.own_codes(), ["UNREACHABLE"]);
    world.watch.targets.clear();
    assert_eq!(
        world.own_codes(),
        [""; 0],
        "no target is named, none is missed"
    );
}

#[test]
fn what_can_be_told_still_is() {
    let mut world = in_step();
    world.environments()[0].environment.status = "Updating".to_owned();
    let recommended = &mut world.sighting.recommended;
    recommended.insert(BRANCH.to_owned(), Seen::Unreachable(trouble("recommended")));
    world.environments()[0].environment.platform = Some(arn("4.5.0"));
    assert_eq!(
        world.target_codes("shop-blue"),
        ["PLATFORM_SKEW", "NOT_READY", "UNREACHABLE"]
    );
}

#[test]
fn a_base_or_image_list_without_an_answer_leaves_the_watch_untold() {
    let mut world = World::new();
    for release in [Seen::Absent, Seen::Unreachable(trouble("release"))] {
        world.seen.release = release;
        assert_eq!(world.own_codes(), ["UNREACHABLE"]);
    }
    world.recommend("4.5.1");
    world.gone(BASE_451);
    assert_eq!(
        world.reason(ReasonCode::Unreachable).facts()["about"],
        "release",
        "a recommended image that EC2 does not list"
    );
    let mut world = World::new();
    world.seen.ours = Seen::Unreachable(trouble("ours"));
    assert_eq!(world.own_codes(), ["UNREACHABLE"]);
}

#[test]
fn ancestry_and_tags_tell_a_base_as_well_as_the_source_does() {
    for told_by in [LineageSource::Ancestry, LineageSource::Tag] {
        let mut world = World::new();
        world.custom("ami-hand", BASE_450);
        world.image("ami-hand").lineage = Lineage::From {
            base: BASE_450.into(),
            told_by,
        };
        world.environment("shop-blue", "4.5.1", "ami-hand");
        assert_eq!(
            world.target_codes("shop-blue"),
            ["BASE_NEWER", "PLATFORM_SKEW"]
        );
    }
}
