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
