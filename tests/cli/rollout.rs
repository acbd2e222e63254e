//! `rollout` and `rollback`: the plan first, a word before anything is moved, and what stands against it.

use sim::EnvironmentSpec;

use super::adopt::lived_in;
use super::harness::{Desk, Served};
use crate::common::world::{BRANCH, REGION};

/// A watch whose image, which a person adopted, waits for an environment that replaces immutably.
fn waiting() -> (Served, Desk, String) {
    let (served, by_hand) = lived_in();
    let live = EnvironmentSpec::new("shop", "shop-live", BRANCH).version("4.5.0");
    let live = live.instances(2).immutable().option(
        "aws:elasticbeanstalk:healthreporting:system",
        "SystemType",
        "enhanced",
    );
    served.account.at(REGION).environment(live).unwrap();
    let desk = Desk::at(served.address).configured().with("USER", "jo");
    assert_eq!(desk.run(&["adopt", "shop", &by_hand]).code, 0);
    (served, desk, by_hand)
}

fn updates(served: &Served) -> usize {
    let calls = served.account.ledger().into_iter();
    calls
        .filter(|call| call.operation == "UpdateEnvironment")
        .count()
}

#[test]
fn a_plan_is_shown_and_nothing_is_moved_without_a_word() {
    let (served, desk, by_hand) = waiting();
    let ran = desk.run(&["rollout", "shop", "--environment", "shop/shop-live"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.stderr.contains("`--yes` moves as the plan says"),
        "{ran:?}"
    );
    for said in [
        "shop/shop-live in eu-west-1 (watch shop), forward",
        &format!("(its platform's own) -> {by_hand}"),
        "4.5.0, which stays",
        "2, replaced immutable",
        "none is expected",
        "`amiwatch rollback shop/shop-live`",
    ] {
        assert!(ran.stdout.contains(said), "{said}: {}", ran.stdout);
    }
    let arguments = [
        "rollout",
        "shop",
        "--environment",
        "shop/shop-live",
        "--format",
        "json",
    ];
    let json = desk.run(&arguments).json();
    assert_eq!(json["schema"], "amiwatch.rollout/1");
    let planned = &json["moves"][0];
    assert_eq!(planned["to"]["image"], by_hand.as_str());
    assert_eq!(planned["replacement"]["method"], "immutable");
    assert_eq!(planned["refusals"], serde_json::json!([]));
    assert_eq!(updates(&served), 0);
}

#[test]
fn what_stands_against_it_is_said_and_nothing_is_moved() {
    let (served, desk, _) = waiting();
    // This one would go down, and nobody said that it may.
    let ran = desk.run(&[
        "rollout",
        "shop",
        "--environment",
        "shop/shop-blue",
        "--yes",
    ]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stdout.contains("DOWNTIME"), "{ran:?}");

    // This one runs it already.
    let ran = desk.run(&[
        "rollout",
        "shop",
        "--environment",
        "shop/shop-legacy",
        "--yes",
    ]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("IN_STEP"), "{ran:?}");

    // Of this one no move is remembered.
    let ran = desk.run(&["rollback", "shop/shop-live", "--yes"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stdout.contains("NOTHING_BEFORE"), "{ran:?}");

    for (wrong, said) in [
        (
            &["rollout", "shop", "--environment", "shop/none", "--yes"][..],
            "no environment of the watch",
        ),
        (&["rollback", "shop-live"], "APPLICATION/ENVIRONMENT"),
        (&["rollback", "other/env"], "no watch of the config"),
        (
            &[
                "rollout",
                "shop",
                "--environment",
                "shop/shop-live",
                "--image",
                "x",
            ],
            "no image",
        ),
    ] {
        let ran = desk.run(wrong);
        assert!([1, 2].contains(&ran.code), "{wrong:?}: {ran:?}");
        assert!(ran.stderr.contains(said), "{wrong:?}: {ran:?}");
    }
    assert_eq!(updates(&served), 0);
}

#[test]
fn where_other_hands_move_the_change_is_printed() {
    let (served, desk, by_hand) = waiting();
    let config = std::fs::read_to_string(desk.path("amiwatch.toml")).unwrap();
    let rules = "\n[watch.shop.rollout]\nhands = \"print\"\nfor = \"terraform\"\n";
    desk.file("amiwatch.toml", &format!("{config}{rules}"));
    let ran = desk.run(&[
        "rollout",
        "shop",
        "--environment",
        "shop/shop-live",
        "--yes",
    ]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.stdout.contains(&format!("value     = \"{by_hand}\"")),
        "{ran:?}"
    );
    assert_eq!(updates(&served), 0);
}

/// Each watch has rules of its own: none is guessed.
#[test]
fn where_two_watches_name_an_environment_the_one_is_asked_for() {
    let (_served, desk, _) = waiting();
    let config = std::fs::read_to_string(desk.path("amiwatch.toml")).unwrap();
    let other = format!(
        "\n[watch.other]\nregion = \"{REGION}\"\nbase = {{ beanstalk = \"{BRANCH}\" }}\n\
         on_drift = \"notify\"\n[[watch.other.target]]\n\
         beanstalk = {{ application = \"shop\", environment = \"shop-live\" }}\n"
    );
    desk.file("amiwatch.toml", &format!("{config}{other}"));
    let ran = desk.run(&["rollback", "shop/shop-live", "--yes"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("--watch (other, shop)"), "{ran:?}");
    for (watch, code, said) in [
        ("other", 1, "NOTHING_BEFORE"),
        ("shop", 1, "NOTHING_BEFORE"),
        ("none", 2, "none"),
    ] {
        let ran = desk.run(&["rollback", "shop/shop-live", "--yes", "--watch", watch]);
        assert_eq!(ran.code, code, "{watch}: {ran:?}");
        let said_it = ran.stdout.contains(said) || ran.stderr.contains(said);
        assert!(said_it, "{watch}: {ran:?}");
    }
}

/// What a removed option would uncover, as far as it can be read, and what Beanstalk does by itself.
#[test]
fn a_plan_says_what_would_come_back_and_what_updates_by_itself() {
    let (served, desk, by_hand) = waiting();
    let here = served.account.at(REGION);
    let saved = |name: &str, image: &str| sim::SavedConfiguration {
        application: "shop".to_owned(),
        name: name.to_owned(),
        options: [(
            "aws:autoscaling:launchconfiguration".to_owned(),
            [("ImageId".to_owned(), image.to_owned())].into(),
        )]
        .into(),
        ..sim::SavedConfiguration::default()
    };
    served
        .account
        .perform(
            REGION,
            sim::Action::SavedConfiguration(saved("spring", &by_hand)),
        )
        .unwrap();
    let blessed = sim::SavedConfiguration {
        options: Default::default(),
        ..saved("blessed", "")
    };
    served
        .account
        .perform(REGION, sim::Action::SavedConfiguration(blessed))
        .unwrap();
    let launched = EnvironmentSpec::new("shop", "shop-saved", BRANCH).version("4.5.0");
    let launched = launched.instances(2).immutable().managed_actions();
    let launched = EnvironmentSpec {
        template: "blessed".to_owned(),
        ..launched
    };
    here.environment(launched).unwrap();
    let words = ["rollout", "shop", "--environment", "shop/shop-saved"];
    let said = desk.run(&words).stdout;
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "on the way back the option ImageId is removed, not set; the saved configuration blessed, with which \
         it was launched, names no image",
        &format!(
            "these saved configurations name an image, which counts where somebody applies one: spring ({by_hand})"
        ),
        ".ebextensions inside the application's bundle cannot be read from here",
        "managed updates are on (whether one is scheduled is not told: the list of actions is empty, as it is for \
         credentials without elasticbeanstalk:DescribeEnvironmentManagedActions)",
        "OptionName=ManagedActionsEnabled,Value=false --region eu-west-1` turns them off",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let json = desk.run(&[
        "rollout",
        "shop",
        "--environment",
        "shop/shop-saved",
        "--format",
        "json",
    ]);
    let planned = &json.json()["moves"][0];
    assert_eq!(planned["comes_back"]["launched_with"]["name"], "blessed");
    assert_eq!(
        planned["comes_back"]["others"][0]["image"],
        by_hand.as_str()
    );
    assert_eq!(planned["managed"]["next"], serde_json::json!(null));
    assert!(planned["managed"]["untold"].is_string(), "{planned}");
    served.account.deny("elasticbeanstalk:DescribeApplications");
    let said = desk.run(&words).stdout;
    assert!(
        said.contains("could not be read: the saved configurations of shop"),
        "{said}"
    );
}

/// Beanstalk denies by leaving out: an empty list is no promise that nothing is scheduled.
#[test]
fn a_managed_action_is_named_where_it_is_shown_and_unknown_where_it_is_not() {
    let (served, desk, _) = waiting();
    let here = served.account.at(REGION);
    let spec = EnvironmentSpec::new("shop", "shop-managed", BRANCH).version("4.5.0");
    here.environment(spec.instances(2).immutable().managed_actions())
        .unwrap();
    let later = std::time::Duration::from_secs(3 * 24 * 3600);
    here.managed_update("shop-managed", "", later).unwrap();
    let plan = || {
        let said = desk.run(&["rollout", "shop", "--environment", "shop/shop-managed"]);
        let said = format!("{} {}", said.stdout, said.stderr);
        said.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let said = plan();
    assert!(
        said.contains("(InstanceRefresh is scheduled for 2"),
        "{said}"
    );
    served
        .account
        .deny("elasticbeanstalk:DescribeEnvironmentManagedActions");
    let said = plan();
    assert!(
        said.contains("whether one is scheduled is not told"),
        "{said}"
    );
    assert!(!said.contains("InstanceRefresh is scheduled"), "{said}");
}
