//! `publish`: what would be done first, a word before anything is written, and where it stands then.

use super::adopt::lived_in;
use super::harness::{Desk, Served};
use crate::common::world::{CONFIG, RECIPE};

const PUBLISH: &str = "\n[watch.shop.publish]\nssm = \"/amis/shop/{architecture}\"\n";
const STORE: &str = "\n[store]\nurl = \"sqlite://amiwatch.db\"\n";

/// A watch whose image, which a person adopted, may be published.
fn publishing() -> (Served, Desk, String) {
    let (served, by_hand) = lived_in();
    let desk = Desk::at(served.address).with("USER", "jo");
    desk.file("logging.yaml", RECIPE);
    desk.file("amiwatch.toml", &format!("{CONFIG}{PUBLISH}{STORE}"));
    assert_eq!(desk.run(&["adopt", "shop", &by_hand]).code, 0);
    (served, desk, by_hand)
}

#[test]
fn a_plan_is_shown_and_nothing_is_written_without_a_word() {
    let (served, desk, by_hand) = publishing();
    let ran = desk.run(&["publish", "shop"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.stderr.contains("`--yes` publishes as the plan says"),
        "{ran:?}"
    );
    let line =
        format!("ssm:eu-west-1 (parameter /amis/shop/x86_64): publishes nothing -> {by_hand}");
    assert!(ran.stdout.contains(&line), "{ran:?}");
    let json = desk.run(&["publish", "shop", "--format", "json"]).json();
    assert_eq!(json["schema"], "amiwatch.publish/1");
    let planned = &json["destinations"][0];
    assert_eq!(planned["destination"], "ssm:eu-west-1");
    assert_eq!(planned["action"], "publish");
    assert_eq!(planned["to"], by_hand.as_str());
    assert!(served.account.parameters().is_empty());
    let plan = desk.run(&["plan"]);
    assert!(plan.stdout.contains("ssm:eu-west-1 (parameter"), "{plan:?}");
}

#[test]
fn it_stands_there_and_status_and_history_say_so() {
    let (served, desk, by_hand) = publishing();
    let ran = desk.run(&["publish", "shop", "--to", "ssm", "--yes"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let [parameter] = &served.account.parameters()[..] else {
        panic!("one parameter");
    };
    assert_eq!(parameter.versions, [(1, by_hand.clone())]);
    let said = format!("shop, ssm:eu-west-1: parameter /amis/shop/x86_64 names {by_hand}");
    let status = desk.run(&["status"]);
    assert!(status.stdout.contains(&said), "{status:?}");
    let json = desk.run(&["status", "--format", "json"]).json();
    assert_eq!(json["published"][0]["now"]["image"], by_hand.as_str());
    let history = desk.run(&["history", "--format", "json"]).json();
    let entries = history["entries"].as_array().unwrap();
    let published = entries.iter().find(|one| one["what"] == "published");
    let published = published.expect("an entry");
    assert_eq!(published["to"], by_hand.as_str());
    assert!(
        published["by"].as_str().unwrap().starts_with("jo"),
        "{published}"
    );
    let again = desk.run(&["publish", "shop", "--yes"]);
    assert_eq!(again.code, 0, "{again:?}");
    assert!(again.stdout.contains("stands there"), "{again:?}");
    assert_eq!(served.account.parameters()[0].versions.len(), 1);
}

#[test]
fn where_it_does_not_publish_is_said() {
    let (_served, desk, _) = publishing();
    let ran = desk.run(&["publish", "shop", "--to", "topic"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.stderr
            .contains("does not publish to `topic`; its destinations are ssm:eu-west-1"),
        "{ran:?}"
    );
    desk.file("amiwatch.toml", &format!("{CONFIG}{STORE}"));
    let ran = desk.run(&["publish", "shop"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("[watch.shop.publish]"), "{ran:?}");
}

/// The parameter waits for the share, and one word of a person's does for both.
#[test]
fn one_order_goes_on_to_what_waits_for_another_destination() {
    let (served, desk, by_hand) = publishing();
    let share = "share = { accounts = [\"222233334444\"] }\n";
    desk.file("amiwatch.toml", &format!("{CONFIG}{PUBLISH}{share}{STORE}"));
    let alone = desk.run(&["publish", "shop", "--to", "ssm", "--yes"]);
    assert_eq!(alone.code, 1, "what it waits for is not ordered: {alone:?}");
    assert!(served.account.parameters().is_empty());
    let ran = desk.run(&["publish", "shop", "--yes"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let versions = &served.account.parameters()[0].versions;
    assert_eq!(*versions, [(1, by_hand)]);
    let again = desk.run(&["publish", "shop", "--yes"]);
    assert_eq!(again.stdout.matches("stands there").count(), 2, "{again:?}");
}
