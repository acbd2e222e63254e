//! What is judged of a watch and its environments, all of it at once.

use super::*;

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
