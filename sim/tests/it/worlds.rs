//! World building: from Rust, from a file, and by a script.

use std::time::Duration;

use sim::{EnvironmentChange, EnvironmentSpec, Release, World};

use crate::support::{BRANCH, REGION, account, call};

const FILE: &str = r#"{
  "timing": { "start": 1.5, "page": 3 },
  "deny": ["ssm:*"],
  "steps": [
    { "region": "eu-west-1", "do": { "release": { "branch": "Docker", "version": "4.0.0" } } },
    { "region": "eu-west-1", "do": { "environment":
      { "application": "shop", "name": "shop-live", "branch": "Docker" } } },
    { "region": "eu-west-1", "after_s": 60, "do": { "release": { "branch": "Docker", "version": "4.0.1" } } },
    { "region": "eu-west-1", "do": { "topic": { "name": "news" } } },
    { "region": "eu-west-1", "do": { "queue": { "name": "inbox" } } },
    { "region": "eu-west-1", "do": { "subscription": { "topic": "news", "queue": "inbox" } } }
  ]
}"#;

fn recommended(account: &sim::Account) -> Option<String> {
    let form = "Action=ListPlatformVersions&Filters.member.1.Type=PlatformLifecycleState&\
                Filters.member.1.Operator=%3D&Filters.member.1.Values.member.1=recommended";
    call(account, "elasticbeanstalk", form).text("PlatformVersion")
}

#[test]
fn a_file_builds_a_world_and_scripts_its_releases() {
    let (account, hand) = account();
    account.load(World::parse(FILE).unwrap()).unwrap();
    assert_eq!(recommended(&account).as_deref(), Some("4.0.0"));
    hand.advance(Duration::from_secs(61));
    assert_eq!(recommended(&account).as_deref(), Some("4.0.1"));
    let topic = format!("arn:aws:sns:{REGION}:000000000000:news");
    call(
        &account,
        "sns",
        &format!("Action=Publish&TopicArn={topic}&Message=hello"),
    );
    assert!(
        account.queue_messages("inbox")[0]
            .body
            .contains("\"Message\":\"hello\"")
    );
    assert!(
        account.leftovers().is_empty(),
        "the world itself is no leftover"
    );
}

#[test]
fn mistakes_in_a_file_are_said() {
    for wrong in [
        r#"{ "stepps": [] }"#,
        r#"{ "timing": { "start": -1 } }"#,
        r#"{ "steps": [{ "region": "r", "do": { "explode": {} } }] }"#,
    ] {
        assert!(World::parse(wrong).is_err(), "{wrong}");
    }
    let (account, _hand) = account();
    let orphan = EnvironmentSpec::new("shop", "shop-live", "No such branch");
    let error = account.at(REGION).environment(orphan).unwrap_err();
    assert!(error.to_string().contains("No such branch"), "{error}");
}

#[test]
fn withdrawing_moves_the_recommendation_back() {
    let (account, _hand) = account();
    let at = account.at(REGION);
    let first = at
        .release(Release::new(BRANCH, "4.5.0").with_arm64())
        .unwrap();
    let images = account.platform(&first).unwrap().images;
    let second = Release::new(BRANCH, "4.5.1").image("x86_64", &images["x86_64"]);
    let second = at.release(second).unwrap();
    assert_eq!(
        account.platform(&second).unwrap().images["x86_64"],
        images["x86_64"],
        "shared"
    );
    assert!(account.platform(&second).unwrap().recommended);
    assert_eq!(at.withdraw(BRANCH).unwrap(), first);
    assert!(account.platform(&first).unwrap().recommended);
    assert!(
        at.release(Release::new(BRANCH, "4.5.1")).is_err(),
        "a version is released once"
    );
}

#[test]
fn an_environment_follows_its_platform_until_an_image_is_set() {
    let (account, hand) = account();
    let at = account.at(REGION);
    let old = at.release(Release::new(BRANCH, "4.5.0")).unwrap();
    at.environment(EnvironmentSpec::new("shop", "live", BRANCH))
        .unwrap();
    let settings = "Action=DescribeConfigurationSettings&ApplicationName=shop&EnvironmentName=live";
    let image = || {
        let body = call(&account, "elasticbeanstalk", settings).body;
        let after = body
            .split("<OptionName>ImageId</OptionName><Value>")
            .nth(1)
            .unwrap();
        after.split('<').next().unwrap().to_owned()
    };
    assert_eq!(image(), account.platform(&old).unwrap().images["x86_64"]);
    let new = at.release(Release::new(BRANCH, "4.5.1")).unwrap();
    hand.advance(Duration::from_secs(9));
    at.change_environment("live", EnvironmentChange::Version("4.5.1".to_owned()))
        .unwrap();
    assert_eq!(image(), account.platform(&new).unwrap().images["x86_64"]);
    let described = call(&account, "elasticbeanstalk", "Action=DescribeEnvironments");
    assert_eq!(
        described.text("DateUpdated").as_deref(),
        Some("2026-11-01T12:00:09.000Z")
    );
    let set = "ami-51377777777777777".to_owned();
    at.change_environment("live", EnvironmentChange::Image(set.clone()))
        .unwrap();
    assert_eq!(image(), set);
}

#[test]
fn two_runs_are_the_same_to_the_byte() {
    let run = || {
        let (account, hand) = account();
        account.load(World::parse(FILE).unwrap()).unwrap();
        hand.advance(Duration::from_secs(61));
        let forms = ["Action=DescribeEnvironments", "Action=ListPlatformVersions"];
        forms.map(|form| call(&account, "elasticbeanstalk", form).body)
    };
    assert_eq!(run(), run());
}
