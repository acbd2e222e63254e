//! One change each, and every code that it leads to.

use super::*;

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
    // What stands between an environment and a move is decided by the rollout.
    let gates = ReasonCode::ALL.iter().filter(|code| {
        let moving = ReasonCode::ManagedUpdates..=ReasonCode::AwaitsApproval;
        let blocked = ReasonCode::Downtime..=ReasonCode::NoWave;
        moving.contains(code) || blocked.contains(code)
    });
    let mut reserved: Vec<&str> = gates.map(|code| code.as_str()).collect();
    // The last two are about targets in other accounts and regions, which the usual world has none of.
    reserved.extend(["QUARANTINED", "NAMED_ELSEWHERE"]);
    reserved.extend(["IMAGE_NOT_SHARED", "IMAGE_NOT_COPIED"]);
    for code in ReasonCode::ALL.iter().map(|code| code.as_str()) {
        let listed = CHANGES
            .iter()
            .any(|(_, _, own, target)| own.contains(&code) || target.contains(&code));
        let elsewhere = below.contains(&code) || reserved.contains(&code);
        assert_ne!(listed, elsewhere, "{code}");
    }
}
