//! `adopt`: an image that somebody made, taken over.

use sim::{EnvironmentSpec, ImageSpec};

use super::bake::{launches, verified};
use super::harness::{Desk, Ran, Served, let_play};
use crate::common::world::{BRANCH, REGION, release};

/// The usual environment and one on an image that somebody made of the same base.
pub(super) fn lived_in() -> (Served, String) {
    let served = Served::start();
    let here = served.account.at(REGION);
    let base = served.account.images().remove(0).id;
    let by_hand = here
        .image(ImageSpec::mine("by-hand").source(&base))
        .unwrap();
    let legacy = EnvironmentSpec::new("shop", "shop-legacy", BRANCH);
    here.environment(legacy.image(&by_hand)).unwrap();
    (served, by_hand)
}

#[test]
fn an_adopted_image_is_in_step_and_is_not_baked_again() {
    let (served, by_hand) = lived_in();
    let desk = Desk::at(served.address).configured().with("USER", "jo");
    let json = desk
        .run(&["adopt", "shop", &by_hand, "--format", "json"])
        .json();
    assert_eq!(json["schema"], "amiwatch.adopt/1");
    assert_eq!(json["adopted"]["image"], by_hand.as_str());
    assert_eq!(json["adopted"]["base_version"], "4.5.0");
    assert_eq!(json["before"], serde_json::Value::Null);
    assert_eq!(json["drift"]["reasons"], serde_json::json!([]));

    // The other environment is behind it, and there is nothing to bake.
    let planned = desk.run(&["plan"]);
    assert_eq!(planned.code, 3, "{planned:?}");
    assert!(
        planned
            .stdout
            .contains("would bake nothing: 1 environment is behind"),
        "{planned:?}"
    );
    assert_eq!(desk.run(&["run", "--once"]).code, 0);
    assert_eq!(launches(&served), 0);
    // A tag of it was not touched: it is not ours.
    assert!(served.account.image(&by_hand).unwrap().tags.is_empty());

    let history = desk.run(&["history", "shop", "--format", "json"]).json();
    let first = &history["entries"][0];
    assert_eq!(
        (&first["what"], &first["verb"]),
        (&"did".into(), &"adopt".into())
    );
    assert_eq!(first["by"], "jo");
    assert_eq!(first["facts"]["image"], by_hand.as_str());

    // Then a base comes out: the adopted image is as old as any other.
    served.account.at(REGION).release(release("4.5.1")).unwrap();
    let checked = desk.run(&["check"]);
    assert_eq!(checked.code, 3, "{checked:?}");
    assert!(checked.stdout.contains("BASE_NEWER"), "{checked:?}");
    assert!(desk.run(&["plan"]).stdout.contains("would bake"));
}

#[test]
fn an_image_is_adopted_beside_a_bake_and_the_bake_comes_after_it() {
    let (served, by_hand) = lived_in();
    let desk = Desk::at(served.address).configured();
    let baking = desk.start(&["bake", "shop"]);
    let builder = served.builder();
    let ran = desk.run(&["adopt", "shop", &by_hand]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("is the watch's image now"), "{ran:?}");
    let current = |desk: &Desk| {
        let status = desk.run(&["status", "--format", "json"]).json();
        status["watches"][0]["current"]["image"].clone()
    };
    assert_eq!(current(&desk), by_hand.as_str());
    let_play(builder);
    let baked = Ran::from(baking.wait_with_output().unwrap());
    assert_eq!(baked.code, 0, "{baked:?}");
    assert_eq!(current(&desk), verified(&served)[0].as_str());

    // And now the one by hand cannot stand before it.
    let base = served.account.images().remove(0).id;
    served.account.at(REGION).release(release("4.5.1")).unwrap();
    served.guests_play();
    assert_eq!(desk.run(&["bake", "shop"]).code, 0);
    let ran = desk.run(&["adopt", "shop", &by_hand]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let newest = verified(&served).pop().unwrap();
    let way = format!("amiwatch hold shop --image {newest} --reason \"...\"");
    ran.says_in_one_line(&way);
    let held = desk.run(&["hold", "shop", "--image", &newest, "--reason", "it breaks"]);
    assert_eq!(held.code, 0, "{held:?}");
    assert_eq!(desk.run(&["adopt", "shop", &by_hand]).code, 0);
    assert_eq!(current(&desk), by_hand.as_str());
    assert_ne!(base, by_hand);
}

#[test]
fn what_cannot_be_adopted_is_refused_with_a_next_step() {
    let (served, by_hand) = lived_in();
    let here = served.account.at(REGION);
    let registered = here.image(ImageSpec::mine("registered")).unwrap();
    let base = served.account.images().remove(0).id;
    let desk = Desk::at(served.address).configured();
    let refused = |image: &str, code: i32, words: &str| {
        let ran = desk.run(&["adopt", "shop", image]);
        assert_eq!(ran.code, code, "{ran:?}");
        ran.says_in_one_line(words);
    };
    refused("ami-0123456789abcdef0", 1, "does not list");
    refused("by-hand", 2, "begins with ami-");
    refused(&base, 1, "Amazon's own");
    refused(&registered, 1, "--base ami-");
    let ran = desk.run(&["adopt", "shop", &registered, "--base", &base]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("by your word"), "{ran:?}");
    // An environment that runs it is understood from now on.
    let runs_it = EnvironmentSpec::new("shop", "shop-registered", BRANCH).image(&registered);
    here.environment(runs_it).unwrap();
    let checked = desk.run(&["check"]);
    assert!(!checked.stdout.contains("LINEAGE_UNKNOWN"), "{checked:?}");

    // Nothing is decided without an answer.
    served.account.deny("ec2:DescribeImages");
    let ran = desk.run(&["adopt", "shop", &by_hand]);
    assert_eq!(ran.code, 4, "{ran:?}");
    let status = desk.run(&["status", "--format", "json"]).json();
    assert_eq!(
        status["watches"][0]["current"]["image"],
        registered.as_str()
    );
}
