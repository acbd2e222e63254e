//! `images` and `image` as people use them.

use serde_json::Value;

use super::harness::{Desk, Served};
use crate::common::world::{self, REGION};

const RETIRE: &str = "\n[watch.shop.retire]\nkeep_newest = 1\n";

/// One verified image, by a config that says how older ones are retired.
fn baked() -> (Served, Desk) {
    let served = Served::start();
    served.guests_play();
    let desk = Desk::at(served.address).configured();
    let config = std::fs::read_to_string(desk.path("amiwatch.toml")).unwrap();
    desk.file("amiwatch.toml", &format!("{config}{RETIRE}"));
    let ran = desk.run(&["bake", "shop"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    (served, desk)
}

fn codes(why: &Value) -> Vec<String> {
    let why = why.as_array().unwrap().iter();
    why.map(|one| one["because"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_newest_image_is_listed_and_stays() {
    let (_served, desk) = baked();
    let listed = desk.run(&["images", "shop", "--format", "json"]);
    assert_eq!(listed.code, 0, "everything answers: {listed:?}");
    let json = listed.json();
    assert_eq!(json["schema"], "amiwatch.images/1");
    assert_eq!(json["unreachable"], serde_json::json!([]));
    let images = json["images"].as_array().unwrap();
    assert_eq!(images.len(), 1, "{json:#}");
    let one = &images[0];
    assert_eq!(
        (&one["watch"], &one["rung"]),
        (&"shop".into(), &"in_force".into())
    );
    assert_eq!((&one["due"], &one["next"]), (&Value::Null, &Value::Null));
    let why = codes(&one["why"]);
    for code in ["in_use", "among_newest", "young", "not_superseded"] {
        assert!(why.iter().any(|one| one == code), "{code}: {why:?}");
    }
    assert_eq!(one["said"].as_array().unwrap().len(), why.len());

    let table = desk.run(&["images"]);
    for part in [
        "STANDS",
        "in force",
        "it is the present image of shop",
        "images: 1; nothing is due",
    ] {
        assert!(table.stdout.contains(part), "{part}: {table:?}");
    }
}

#[test]
fn one_image_is_shown_with_its_lineage_and_what_names_it() {
    let (served, desk) = baked();
    let listed = desk.run(&["images", "--format", "json"]).json();
    let image = listed["images"][0]["image"].as_str().unwrap().to_owned();
    let shown = desk.run(&["image", &image, "--format", "json"]).json();
    assert_eq!(
        (&shown["schema"], &shown["image"]),
        (&"amiwatch.image/1".into(), &image.as_str().into())
    );
    assert_eq!(shown["tags"]["amiwatch:watch"], "shop");
    let lineage = shown["lineage"].as_array().unwrap();
    assert_eq!(lineage[0]["image"], image.as_str());
    assert_eq!(lineage.last().unwrap()["owner"], "amazon", "{shown:#}");
    let contents = &shown["contents"];
    assert!(contents["packages"].is_array(), "{contents:#}");
    assert!(contents["kernel"].is_string(), "{contents:#}");
    assert_eq!(
        (&contents["since"], &contents["changes"]),
        (&Value::Null, &Value::Null)
    );
    let of = |shown: &Value, kind: &str| {
        let users = shown["users"].as_array().unwrap().iter();
        let found = users.clone().find(|one| one["kind"] == kind);
        found.unwrap_or_else(|| panic!("{kind}: {shown:#}")).clone()
    };
    let remembered = of(&shown, "remembered");
    assert_eq!(remembered["users"][0]["by"], "the present image of shop");
    let saved = of(&shown, "saved_configuration");
    assert_eq!(
        (&saved["answer"], &saved["why"]),
        (&"absent".into(), &Value::Null)
    );
    let asked = saved["asked"].as_str().unwrap();
    assert!(
        asked.contains("elasticbeanstalk:DescribeApplications"),
        "{asked}"
    );
    for users in shown["users"].as_array().unwrap() {
        assert_ne!(users["answer"], "unreachable", "{users:#}");
    }

    served.account.deny("elasticbeanstalk:DescribeApplications");
    let denied = desk.run(&["image", &image]);
    assert_eq!(denied.code, 4, "{denied:?}");
    let said = "saved configurations: not known, which keeps it";
    assert!(denied.stdout.contains(said), "{denied:?}");
    let denied = desk.run(&["image", &image, "--format", "json"]).json();
    assert_eq!(of(&denied, "saved_configuration")["answer"], "unreachable");
}

#[test]
fn a_newer_image_is_shown_with_what_changed_since_the_one_before_it() {
    let (served, desk) = baked();
    let old = served.account.own_images()[0].id.clone();
    let here = served.account.at(REGION);
    here.release(world::release("4.5.1")).unwrap();
    assert_eq!(desk.run(&["bake", "shop"]).code, 0);
    let images = served.account.own_images().into_iter();
    let newer: Vec<_> = images.filter(|one| one.id != old).collect();
    let image = &newer[0].id;
    let shown = desk.run(&["image", image, "--format", "json"]).json();
    let contents = &shown["contents"];
    assert_eq!(contents["since"], old.as_str(), "{contents:#}");
    let changed = serde_json::json!([{ "name": "base", "from": "4.5.0", "to": "4.5.1" }]);
    assert_eq!(contents["changes"]["packages"], changed, "{contents:#}");
    let said = desk.run(&["image", image]);
    for part in [
        format!("changed since {old}:"),
        "base 4.5.0 -> 4.5.1".to_owned(),
    ] {
        assert!(said.stdout.contains(&part), "{part}: {said:?}");
    }
}

#[test]
fn where_nothing_was_made_nothing_is_asked_further() {
    let served = Served::start();
    let desk = Desk::at(served.address).configured();
    let none = desk.run(&["images"]);
    let said = "no image carries this installation's tag\n";
    assert_eq!((none.code, none.stdout.as_str()), (0, said), "{none:?}");
    assert!(!desk.path("amiwatch.db").exists(), "a look makes no store");
    let other = desk.run(&["images", "shap"]);
    assert_eq!(other.code, 2, "{other:?}");
    let gone = desk.run(&["image", "ami-0123456789abcdef0"]);
    assert_eq!(gone.code, 1, "{gone:?}");
    assert!(gone.stderr.contains("`amiwatch images` lists"), "{gone:?}");
}

#[test]
fn an_image_is_brought_back_after_its_plan_was_shown_and_only_with_a_person_s_word() {
    let (served, desk) = baked();
    let listed = desk.run(&["images", "--format", "json"]).json();
    let image = listed["images"][0]["image"].as_str().unwrap().to_owned();
    let there = desk.run(&["restore", &image]);
    assert_eq!(there.code, 0, "{there:?}");
    let said = "it is in force: there is nothing to bring back";
    assert!(there.stdout.contains(said), "{there:?}");

    let here = served.account.at(REGION);
    here.change_image(&image, sim::ImageChange::Disabled)
        .unwrap();
    let asked = desk.run(&["restore", &image]);
    assert_eq!(asked.code, 2, "there is nobody to ask: {asked:?}");
    assert!(asked.stderr.contains("`--yes` brings it back"), "{asked:?}");
    for part in [
        "enables it: it can be launched again",
        "not given back: who might launch it before is not known",
        "it counts as young again",
    ] {
        assert!(asked.stdout.contains(part), "{part}: {asked:?}");
    }
    assert_eq!(served.account.image(&image).unwrap().state, "disabled");

    let done = desk.run(&["restore", &image, "--yes"]);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(
        done.stdout.contains(&format!("{image} is restored")),
        "{done:?}"
    );
    assert_eq!(served.account.image(&image).unwrap().state, "available");
    let shown = desk.run(&["image", &image]);
    assert!(
        shown.stdout.contains("in force, restored until "),
        "{shown:?}"
    );
    let history = desk.run(&["history"]);
    assert!(
        history.stdout.contains("in eu-west-1: restored"),
        "{history:?}"
    );
    let gone = desk.run(&["restore", "ami-0123456789abcdef0", "--yes"]);
    assert_eq!(gone.code, 1, "{gone:?}");
}

#[test]
fn where_an_image_stands_and_since_when_is_listed() {
    let (served, desk) = baked();
    let listed = desk.run(&["images", "--format", "json"]).json();
    let image = listed["images"][0]["image"].as_str().unwrap().to_owned();
    let here = served.account.at(REGION);
    let from = "2026-01-02T03:04:00Z".parse().unwrap();
    here.change_image(&image, sim::ImageChange::Deprecated(from))
        .unwrap();
    let table = desk.run(&["images"]);
    assert!(table.stdout.contains("deprecated 2026-01-02"), "{table:?}");
    let shown = desk.run(&["image", &image]);
    let back = format!("`amiwatch restore {image}` brings it back");
    assert!(shown.stdout.contains(&back), "{shown:?}");
}
