//! Soaking, holding, withdrawals, and which image is the current one.

use super::*;

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
