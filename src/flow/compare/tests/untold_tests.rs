//! What nothing matches and what has no answer; what can be told still is.

use super::*;

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
