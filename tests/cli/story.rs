//! `explain` and `history`: why it stands so, and how it came to that.

use super::bake::verified;
use super::harness::{Desk, Served};
use crate::common::guest::{AtOnce, Day};
use crate::common::world::{REGION, release};

/// A pass that baked, then a release that nobody has seen yet.
fn baked() -> (Served, Desk) {
    let served = Served::start();
    served.guests_play();
    let desk = Desk::at(served.address).configured();
    assert_eq!(desk.run(&["run", "--once"]).code, 0);
    (served, desk)
}

#[test]
fn explain_tells_the_chain_and_what_comes_next() {
    let (served, desk) = baked();
    let image = verified(&served).remove(0);
    let ran = desk.run(&["explain", "shop"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for words in [
        "Its newest release is 4.5.0",
        &format!("Its image is {image}, baked from 4.5.0"),
        "That is the newest release's image.",
        "The checks are the ones that proved it.",
        "Nothing is to be baked.",
        "A pass is due 20",
        "cron `*/15 * * * *`",
        "update-environment --environment-name shop-blue",
    ] {
        assert!(ran.stdout.contains(words), "{words} in {}", ran.stdout);
    }
    served.account.at(REGION).release(release("4.5.1")).unwrap();
    let json = desk.run(&["explain", "shop", "--format", "json"]).json();
    assert_eq!(json["schema"], "amiwatch.explain/1");
    assert_eq!(json["live"], true);
    assert_eq!(json["passes"]["cron"], "*/15 * * * *");
    assert!(
        json["passes"]["next"].as_str() > json["at"].as_str(),
        "{json}"
    );
    assert_eq!(json["release"]["version"], "4.5.1");
    assert_eq!(json["current"]["image"], image.as_str());
    assert_eq!(json["action"]["do"], "bake");
    let names: Vec<&str> = json["sections"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|section| section["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["base", "image", "environments", "verdict", "next"]);
    assert_eq!(json["commands"][0]["command"], "amiwatch bake shop");
}

#[test]
fn an_edited_check_bakes_nothing_and_explain_says_so() {
    let (_served, desk) = baked();
    let config = std::fs::read_to_string(desk.path("amiwatch.toml")).unwrap();
    let edited = config.replace("splunk is allowed", "splunk may be used");
    assert_ne!(edited, config);
    desk.file("amiwatch.toml", &edited);
    let plan = desk.run(&["plan"]);
    assert!(plan.stdout.contains("would bake nothing"), "{plan:?}");
    let ran = desk.run(&["explain", "shop"]);
    assert!(
        ran.stdout
            .contains("The checks were edited since. That alone bakes nothing"),
        "{ran:?}"
    );
}

#[test]
fn without_aws_explain_tells_what_was_seen_and_ends_in_4() {
    let (served, desk) = baked();
    drop(served);
    let ran = desk.run(&["explain", "shop"]);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.stdout.contains("AWS did not answer ("), "{ran:?}");
    assert!(
        ran.stdout.contains("Its newest release is 4.5.0"),
        "{ran:?}"
    );
    // Asked for, it is no failure.
    let stored = desk.run(&["explain", "shop", "--stored", "--format", "json"]);
    assert_eq!(stored.code, 0, "{stored:?}");
    assert_eq!(stored.json()["live"], false);
    let never = Desk::bare()
        .configured()
        .run(&["explain", "shop", "--stored"]);
    assert_eq!(never.code, 0, "{never:?}");
    assert!(
        never.stdout.contains("no pass has seen the watch yet"),
        "{never:?}"
    );
    let unknown = desk.run(&["explain", "shopp"]);
    assert_eq!(unknown.code, 2, "{unknown:?}");
    unknown.says_in_one_line("it has: shop");
}

/// Two images in a row, whose guests report another version of a package.
#[test]
fn what_changed_between_two_images_is_told_in_short_and_in_full() {
    let (served, desk) = baked();
    let first = verified(&served).remove(0);
    served.account.at(REGION).release(release("4.5.1")).unwrap();
    assert_eq!(desk.run(&["run", "--once"]).code, 0);
    let told = desk.run(&["history"]).stdout;
    let line = format!("changed since {first}: base 4.5.0 -> 4.5.1 (1 changed)");
    assert!(told.contains(&line), "{told}");
    let packages = serde_json::json!([{ "name": "base", "from": "4.5.0", "to": "4.5.1" }]);
    let history = desk.run(&["history", "--format", "json"]).json();
    let bakes = history["entries"].as_array().expect("a list").iter();
    let bakes: Vec<_> = bakes.filter(|one| one["what"] == "bake").collect();
    assert_eq!(
        bakes[0]["changes"],
        serde_json::Value::Null,
        "nothing before it"
    );
    let changes = &bakes[1]["changes"];
    assert_eq!(changes["since"], first.as_str());
    assert_eq!(
        (&changes["changed"], &changes["added"]),
        (&1.into(), &0.into())
    );
    assert_eq!(changes["packages"], packages);
    let explained = desk
        .run(&["explain", "shop", "--stored", "--format", "json"])
        .json();
    assert_eq!(&explained["changes"], changes);
}

#[test]
fn history_tells_passes_and_bakes_with_their_steps_and_no_pass_twice() {
    let (served, desk) = baked();
    for _ in 0..2 {
        assert_eq!(desk.run(&["run", "--once"]).code, 0);
    }
    let json = desk.run(&["history", "--format", "json"]).json();
    assert_eq!(json["schema"], "amiwatch.history/1");
    let entries = json["entries"].as_array().expect("a list");
    let whats: Vec<&str> = entries
        .iter()
        .map(|one| one["what"].as_str().unwrap())
        .collect();
    assert_eq!(whats, ["seen", "bake", "seen"], "{entries:#?}");
    assert_eq!(entries[0]["watch"], "000000000000/eu-west-1/shop");
    assert_eq!(entries[0]["action"]["do"], "bake");
    assert_eq!(entries[0]["codes"], serde_json::json!(["BASE_NEWER"]));
    let bake = &entries[1];
    assert_eq!(bake["outcome"], "verified");
    assert_eq!(bake["image"], verified(&served)[0].as_str());
    let steps = bake["steps"].as_array().expect("a list");
    assert_eq!(steps.len(), 10);
    for step in steps {
        assert_eq!(step["outcome"], "done", "{step}");
        assert!(
            step["ended_at"].as_str() >= step["started_at"].as_str(),
            "{step}"
        );
    }
    assert_eq!(entries[2]["action"]["do"], "nothing");
    let changed = entries[2]["changed"].as_array().expect("a list");
    let image = format!("image none -> {}", verified(&served)[0]);
    assert!(changed.contains(&image.into()), "{changed:?}");

    let table = desk.run(&["history", "shop"]);
    assert_eq!(table.code, 0);
    for words in [
        "WHEN",
        "verified ami-",
        "launch_builder",
        "+BASE_NEWER",
        "-BASE_NEWER",
    ] {
        assert!(table.stdout.contains(words), "{words} in {}", table.stdout);
    }
    let step = |line: &str| line.trim_start().starts_with("launch_builder");
    assert!(
        table.stdout.lines().any(step),
        "each step on a line: {}",
        table.stdout
    );
    let last = desk
        .run(&["history", "--limit", "1", "--format", "json"])
        .json();
    assert_eq!(last["entries"].as_array().map(Vec::len), Some(1));
    assert_eq!(last["omitted"], 2);
    let wrong = desk.run(&["history", "--since", "yesterday"]);
    assert_eq!(wrong.code, 2, "{wrong:?}");
    wrong.says_in_one_line("such as 45m");
}

#[test]
fn a_bake_s_consoles_are_printed_whole_and_nothing_in_them_is_obeyed() {
    let (served, desk) = baked();
    let shown = desk.run(&["logs"]);
    assert_eq!(shown.code, 0, "{shown:?}");
    let image = verified(&served).remove(0);
    for words in [
        "shop: 4.5.0 (ami-",
        &format!("verified {image}"),
        "--- builder, read 20",
        "--- boot-test",
    ] {
        assert!(shown.stdout.contains(words), "{words}: {shown:?}");
    }
    let json = desk.run(&["logs", "shop", "--format", "json"]).json();
    assert_eq!(
        (&json["schema"], &json["bakes"]),
        (&"amiwatch.logs/1".into(), &1.into())
    );
    let second = desk.run(&["logs", "shop", "--bake", "2"]);
    assert!(
        second
            .stdout
            .contains("has one bake in its history; there is no 2"),
        "{second:?}"
    );
    assert_eq!(desk.run(&["logs", "shop", "--bake", "0"]).code, 2);

    served.account.at(REGION).release(release("4.5.1")).unwrap();
    served.account.set_guest(AtOnce(Day::Hostile));
    assert_eq!(desk.run(&["run", "--once"]).code, 1);
    let shown = desk.run(&["logs"]);
    assert!(shown.stdout.contains("failed: "), "{shown:?}");
    assert!(shown.stdout.contains("This is bake 1 of 2"), "{shown:?}");
    let letters = shown.stdout.chars();
    let obeyed = letters.filter(|letter| letter.is_control() && *letter != '\n');
    assert_eq!(obeyed.count(), 0, "{shown:?}");
    assert!(shown.stdout.contains("\\u{1b}"), "{shown:?}");
}

#[test]
fn a_failed_bake_is_in_the_history_with_what_was_undone() {
    let served = Served::start();
    served.account.set_guest(AtOnce(Day::FailsChecks));
    let desk = Desk::at(served.address).configured();
    assert_eq!(desk.run(&["run", "--once"]).code, 1);
    let json = desk.run(&["history", "--format", "json"]).json();
    let bake = &json["entries"][1];
    assert_eq!(
        (&bake["what"], &bake["outcome"]),
        (&"bake".into(), &"failed".into())
    );
    assert_eq!(bake["image"], serde_json::Value::Null);
    assert!(
        bake["why"].as_str().unwrap().starts_with("report: "),
        "{bake}"
    );
    let steps = bake["steps"].as_array().expect("a list");
    let ended = |word: &str| steps.iter().filter(|step| step["outcome"] == word).count();
    assert_eq!(
        (ended("done"), ended("failed"), ended("undone")),
        (2, 1, 3),
        "{steps:#?}"
    );
}

#[test]
fn what_people_hold_is_in_the_history_and_explained() {
    let (served, desk) = baked();
    let desk = desk.with("USER", "ann");
    served.account.at(REGION).release(release("4.5.1")).unwrap();
    assert_eq!(
        desk.run(&["hold", "shop", "--reason", "the audit is on"])
            .code,
        0
    );
    let ran = desk.run(&["explain", "shop"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("the audit is on"), "{ran:?}");
    assert!(ran.stdout.contains("amiwatch unhold shop"), "{ran:?}");
    assert_eq!(desk.run(&["unhold", "shop"]).code, 0);
    let json = desk.run(&["history", "--format", "json"]).json();
    let entries = json["entries"].as_array().expect("a list");
    let did: Vec<_> = entries.iter().filter(|one| one["what"] == "did").collect();
    assert_eq!(did.len(), 2, "{json}");
    assert_eq!(
        (&did[0]["verb"], &did[1]["verb"]),
        (&"hold".into(), &"unhold".into())
    );
    assert_eq!(did[0]["by"], "ann");
    assert_eq!(did[0]["sentence"], "held the watch: the audit is on");
}
