//! The commands that only look: `survey`, `check`, `plan`.

use std::collections::BTreeSet;

use serde_json::Value;
use sim::{EnvironmentChange, EnvironmentSpec, ImageSpec};

use super::adopt::lived_in;
use super::harness::{Desk, Served};
use crate::common::world::{BRANCH, REGION, release};

/// An environment on an image that somebody made of 4.5.0, and then 4.5.1 comes out.
fn drifted() -> Served {
    let (served, _) = lived_in();
    served.account.at(REGION).release(release("4.5.1")).unwrap();
    served
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect()
}

#[test]
fn a_survey_shows_every_environment_and_why_it_drifted() {
    let served = drifted();
    let desk = Desk::at(served.address);
    let ran = desk.run(&["survey"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    let line = |what: &str| {
        let mut lines = ran.stdout.lines();
        lines
            .find(|line| line.contains(what))
            .unwrap_or_else(|| panic!("{ran:?}"))
    };
    assert!(line("shop-legacy").contains("BASE_NEWER"), "{}", ran.stdout);
    assert!(line("shop-blue").contains("stock"), "{}", ran.stdout);
    assert!(line("REGION").contains("REASONS"), "{}", ran.stdout);
    assert_eq!(desk.run(&["survey", "--exit-code"]).code, 3);
}

/// Instances that were there before the image was set.
#[test]
fn survey_reads_what_instances_run_and_check_when_it_is_asked_to() {
    let served = drifted();
    let at = served.account.at(REGION);
    let image = at.image(ImageSpec::mine("by hand")).unwrap();
    let spec = EnvironmentSpec::new("shop", "shop-green", BRANCH).instances(2);
    at.environment(spec).unwrap();
    let set = EnvironmentChange::Image(image);
    at.change_environment("shop-green", set).unwrap();
    let desk = Desk::at(served.address).configured();
    for [command, without] in [["survey", "--settings"], ["check", "shop"]] {
        assert!(
            !desk
                .run(&[command, without])
                .stdout
                .contains("INSTANCES_BEHIND")
        );
    }
    for command in [
        &["survey"][..],
        &["survey", "--settings", "--instances"],
        &["check", "--instances"],
    ] {
        let ran = desk.run(command);
        assert!(ran.stdout.contains("INSTANCES_BEHIND"), "{ran:?}");
        assert!(ran.stdout.contains("2 of 2 instances"), "{ran:?}");
    }
}

/// Once for all regions, with what allows it; nothing else is another than with the pages.
#[test]
fn a_survey_says_once_which_pages_it_may_not_read() {
    let served = drifted();
    for region in [REGION, "us-east-1"] {
        let at = served.account.at(region);
        if region != REGION {
            at.release(release("4.5.1")).unwrap();
        }
        for name in ["till-a", "till-b", "till-c", "till-d"] {
            let spec = EnvironmentSpec::new("till", name, BRANCH).instances(1);
            at.environment(spec).unwrap();
        }
    }
    let regions = ["survey", "--region", REGION, "--region", "us-east-1"];
    let desk = Desk::at(served.address);
    let before = desk.run(&regions);
    assert_eq!((before.code, before.stderr.as_str()), (0, ""), "{before:?}");
    served.account.deny("ec2:DescribeLaunchTemplateVersions");
    let ran = desk.run(&regions);
    assert_eq!((ran.code, &ran.stdout), (0, &before.stdout), "{ran:?}");
    let said: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!(said.len(), 3, "{ran:?}");
    let what = "not by pages: launch templates (eu-west-1, us-east-1): ";
    assert!(said[0].starts_with(what), "{ran:?}");
    assert!(said[0].contains("allow ec2:DescribeLaunchTemplateVersions"));
    assert!(said[2].contains(r#""Sid":"LookByPages""#), "{ran:?}");
    let json = desk.run(&[&regions[..], &["--format", "json"]].concat());
    let json = json.json();
    assert_eq!(json["pages_unread"][0]["regions"][1], "us-east-1");
    assert_eq!(json["pages_unread"][0]["denied"], true);
    assert_eq!(json["environments"][0]["told_by"], "settings");
}

/// With the command that turns them off.
#[test]
fn survey_and_check_say_where_managed_updates_leave_an_image_behind() {
    let served = drifted();
    let at = served.account.at(REGION);
    let image = at.image(ImageSpec::mine("by hand")).unwrap();
    let spec = EnvironmentSpec::new("shop", "shop-green", BRANCH).image(&image);
    at.environment(spec.clone()).unwrap();
    let desk = Desk::at(served.address).configured();
    let asked = || ["survey", "check"].map(|command| desk.run(&[command]).stdout);
    for said in asked() {
        assert!(!said.contains("MANAGED_UPDATES_ON"), "{said}");
    }
    let updated = EnvironmentSpec {
        name: "shop-self".to_owned(),
        ..spec.managed_actions()
    };
    at.environment(updated).unwrap();
    let off = "--environment-name shop-self --option-settings \
               Namespace=aws:elasticbeanstalk:managedactions,OptionName=ManagedActionsEnabled,Value=false";
    for said in asked() {
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains("MANAGED_UPDATES_ON"), "{said}");
        assert!(said.contains(off), "{said}");
    }
}

#[test]
fn a_survey_says_where_it_looked_when_it_found_nothing() {
    let served = Served::start();
    let desk = Desk::at(served.address).with("AWS_REGION", "eu-central-1");
    let ran = desk.run(&["survey"]);
    assert!(ran.stdout.contains("No environment was found."), "{ran:?}");
    let places = "Looked at 000000000000 in eu-central-1.";
    assert!(ran.stdout.contains(places), "{ran:?}");
    let json = desk.run(&["survey", "--format", "json"]).json();
    assert_eq!(json["looked_at"][0]["region"], "eu-central-1");
}

/// `amiwatch survey | head -0`
#[test]
fn a_reader_that_has_gone_is_nobodys_error() {
    let served = drifted();
    let mut child = Desk::at(served.address).start(&["survey", "--format", "json"]);
    drop(child.stdout.take());
    let ran = super::harness::Ran::from(child.wait_with_output().unwrap());
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
}

#[test]
fn a_survey_as_json_has_the_documented_shape() {
    let served = drifted();
    let json = Desk::at(served.address)
        .run(&["survey", "--format", "json"])
        .json();
    assert_eq!(json["schema"], "amiwatch.survey/1");
    assert_eq!(
        keys(&json),
        BTreeSet::from([
            "schema",
            "environments",
            "skipped",
            "unreachable",
            "pages_unread",
            "looked_at",
        ])
    );
    let environments = json["environments"].as_array().expect("a list");
    assert_eq!(environments.len(), 2);
    let documented = BTreeSet::from([
        "account",
        "region",
        "application",
        "environment",
        "platform_arn",
        "image_id",
        "image_kind",
        "base_image_id",
        "reasons",
        "told_by",
    ]);
    for environment in environments {
        assert_eq!(keys(environment), documented);
    }
    let legacy = environments
        .iter()
        .find(|one| one["environment"] == "shop-legacy")
        .unwrap();
    assert_eq!(legacy["image_kind"], "custom");
    let reason = &legacy["reasons"][0];
    assert_eq!(keys(reason), BTreeSet::from(["code", "facts", "message"]));
    assert_eq!(reason["code"], "BASE_NEWER");
}

#[test]
fn a_survey_that_could_not_read_is_4() {
    let served = drifted();
    served
        .account
        .deny("elasticbeanstalk:DescribeConfigurationSettings");
    let ran = Desk::at(served.address).run(&["survey", "--exit-code", "--format", "json"]);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert_ne!(ran.json()["unreachable"], serde_json::json!([]));
}

#[test]
fn check_is_3_for_drift_4_when_it_cannot_tell_and_0_in_step() {
    let served = Served::start();
    served.guests_play();
    let desk = Desk::at(served.address).configured();
    let ran = desk.run(&["check"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stdout.contains("BASE_NEWER"), "{ran:?}");
    assert_eq!(desk.run(&["plan"]).code, 3);

    // Drift that is known and something that is not: 4 says more than 3.
    served
        .account
        .deny("elasticbeanstalk:DescribeConfigurationSettings");
    assert_eq!(desk.run(&["check"]).code, 4);
    assert_eq!(desk.run(&["plan"]).code, 4);
    served
        .account
        .allow("elasticbeanstalk:DescribeConfigurationSettings");

    let image = desk.run(&["bake", "shop"]).stdout.trim().to_owned();
    let here = served.account.at(REGION);
    here.change_environment("shop-blue", EnvironmentChange::Image(image))
        .unwrap();
    let ran = desk.run(&["check"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("in step"), "{ran:?}");
    assert_eq!(desk.run(&["plan"]).code, 0);
}

#[test]
fn a_plan_says_what_would_be_done_and_changes_nothing() {
    let served = Served::start();
    let desk = Desk::at(served.address).configured();
    let ran = desk.run(&["plan"]);
    assert!(ran.stdout.contains("would bake"), "{ran:?}");
    assert!(
        ran.stdout.contains("image name: amiwatch/shop/4.5.0/"),
        "{ran:?}"
    );
    let json = desk.run(&["plan", "--format", "json"]).json();
    assert_eq!(json["schema"], "amiwatch.plan/1");
    assert_eq!(json["watches"][0]["action"]["do"], "bake");
    assert_eq!(served.account.leftovers(), []);
    assert!(!desk.path("amiwatch.db").exists());
}

#[test]
fn a_pattern_that_fits_several_lines_is_a_note_in_check_and_plan() {
    let served = Served::start();
    let here = served.account.at(REGION);
    for kernel in ["6.1", "6.12"] {
        let name = format!("al2023-ami-2023.9.20251208.0-kernel-{kernel}-x86_64");
        here.image(ImageSpec::amazon(&name)).unwrap();
    }
    let desk = Desk::at(served.address);
    desk.file(
        "amiwatch.toml",
        r#"store.url = "sqlite://amiwatch.db"
[watch.al2023]
region = "eu-west-1"
base = { images = { owners = ["amazon"], name = "al2023-ami-2023.*" } }
"#,
    );
    for command in ["check", "plan"] {
        let ran = desk.run(&[command]);
        assert!(ran.stdout.contains("note: The images that fit"), "{ran:?}");
    }
    let check = desk.run(&["check", "--format", "json"]).json();
    let watch = &check["watches"][0];
    assert_eq!(watch["notes"][0]["code"], "pattern_mixed");
    assert_eq!(watch["holds"], serde_json::json!([]));
    assert_eq!(watch["eligible"]["image"], watch["release"]["image"]);
    let plan = desk.run(&["plan", "--format", "json"]).json();
    assert_eq!(plan["watches"][0]["drift"]["notes"], watch["notes"]);
}
