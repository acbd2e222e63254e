//! `bake` and `run --once` as people use them, and a bake that is killed.

use super::harness::{Desk, Ran, Served, let_play, wait_for_line};

/// Verified images, by id.
pub(super) fn verified(served: &Served) -> Vec<String> {
    let images = served.account.own_images().into_iter();
    let state = |image: &sim::ImageView| image.tags.get("amiwatch:state").cloned();
    images
        .filter(|image| state(image).as_deref() == Some("verified"))
        .map(|image| image.id)
        .collect()
}

/// Nothing is there but images and their snapshots.
#[track_caller]
fn nothing_else_is_left(served: &Served) {
    let left = served.account.leftovers().into_iter();
    let left: Vec<_> = left
        .filter(|one| !["image", "snapshot"].contains(&one.kind))
        .collect();
    assert!(left.is_empty(), "{left:#?}");
    assert_eq!(served.account.own_images().len(), verified(served).len());
}

pub(super) fn launches(served: &Served) -> usize {
    let calls = served.account.ledger().into_iter();
    calls
        .filter(|call| call.operation == "RunInstances" && call.outcome == "ok")
        .count()
}

#[test]
fn a_bake_prints_its_steps_and_its_image_and_is_not_repeated() {
    let served = Served::start();
    served.guests_play();
    let desk = Desk::at(served.address).configured();
    let ran = desk.run(&["bake", "shop"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(verified(&served), [ran.stdout.trim()]);
    assert!(
        !ran.stderr.contains('\u{1b}'),
        "no terminal, no escapes: {ran:?}"
    );
    for step in ["network", "launch_builder", "boot_report", "clean_up"] {
        let words = step.replace('_', " ");
        let said = ran.stderr.contains(step) || ran.stderr.contains(&words);
        assert!(said, "{step} in {ran:?}");
    }

    let again = desk.run(&["bake", "shop"]);
    assert_eq!(again.code, 0, "{again:?}");
    assert!(again.stdout.contains("in step"), "{again:?}");
    assert_eq!(launches(&served), 2);

    // Another machine, without this one's store: it adopts.
    let other = Desk::at(served.address).configured();
    let adopted = other.run(&["bake", "shop"]);
    assert_eq!(adopted.code, 0, "{adopted:?}");
    assert!(adopted.stdout.contains("adopted"), "{adopted:?}");
    assert_eq!(launches(&served), 2);

    // Asked for by name: the next generation.
    let forced = desk.run(&["bake", "shop", "--force"]);
    assert_eq!(forced.code, 0, "{forced:?}");
    assert_eq!(verified(&served).len(), 2);
    let newest = served
        .account
        .image(forced.stdout.trim())
        .expect("it printed its image");
    assert_eq!(newest.tags["amiwatch:generation"], "1");
    nothing_else_is_left(&served);

    let json = desk.run(&["status", "--format", "json"]).json();
    let watches = json["watches"].as_array().expect("a list");
    assert_eq!(watches[0]["current"]["image"], forced.stdout.trim());
    assert_eq!(json["bakes"], serde_json::json!([]));
    assert_eq!(json["notices_waiting"], serde_json::json!([]));
}

#[test]
fn a_second_bake_joins_the_one_that_is_under_way() {
    let served = Served::start();
    let desk = Desk::at(served.address).configured();
    let first = desk.start(&["bake", "shop"]);
    let builder = served.builder();
    let mut second = desk.start(&["bake", "shop"]);
    wait_for_line(&mut second, "joining it");
    let status = desk.run(&["status"]);
    assert!(status.stdout.contains("baking shop"), "{status:?}");
    let_play(builder);
    let first = Ran::from(first.wait_with_output().unwrap());
    let second = Ran::from(second.wait_with_output().unwrap());
    assert_eq!(first.code, 0, "{first:?}");
    assert_eq!(second.code, 0, "{second:?}");
    assert_eq!(second.stdout, first.stdout);
    assert_eq!(verified(&served), [first.stdout.trim()]);
    assert_eq!(launches(&served), 2);
    nothing_else_is_left(&served);
}

#[test]
fn a_bake_that_was_killed_goes_on_where_it_was() {
    let served = Served::start();
    let desk = Desk::at(served.address).configured();
    let mut killed = desk.start(&["bake", "shop"]);
    let builder = served.builder();
    killed.kill().unwrap();
    killed.wait().unwrap();
    let_play(builder);
    let ran = desk.run(&["bake", "shop"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(verified(&served), [ran.stdout.trim()]);
    assert_eq!(launches(&served), 2, "one builder and one boot test");
    nothing_else_is_left(&served);
}

#[test]
fn one_pass_bakes_and_the_next_finds_nothing_to_do() {
    let served = Served::start();
    served.guests_play();
    let desk = Desk::at(served.address).configured();
    let json = desk.run(&["run", "--once", "--format", "json"]).json();
    assert_eq!(json["schema"], "amiwatch.run/1");
    assert_eq!(json["bakes"][0]["image"], verified(&served)[0].as_str());
    let again = desk.run(&["run", "--once"]);
    assert_eq!(again.code, 0, "{again:?}");
    assert_eq!(launches(&served), 2);
    nothing_else_is_left(&served);
}

#[test]
fn what_a_guest_prints_steers_no_terminal() {
    use crate::common::guest::{AtOnce, Day, steers};
    let served = Served::start();
    served.account.set_guest(AtOnce(Day::Hostile));
    let desk = Desk::at(served.address).configured();
    let ran = desk.run(&["bake", "shop"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.stderr.contains("all is well"),
        "the tail is shown: {ran:?}"
    );
    for command in [
        &["status"][..],
        &["status", "--format", "json"],
        &["plan"],
        &["check"],
    ] {
        let ran = desk.run(command);
        assert!(!steers(&ran.stdout) && !steers(&ran.stderr), "{ran:?}");
    }
    assert!(!steers(&ran.stdout) && !steers(&ran.stderr), "{ran:?}");
    for line in ran.stderr.lines() {
        assert!(
            !line.starts_with("[amiwatch] all is well"),
            "a forged line: {ran:?}"
        );
    }
}

/// Whoever may tag in the account may write anything into a tag.
#[test]
fn what_a_tag_says_steers_no_terminal() {
    use crate::common::guest::steers;
    // What XML can carry, and AWS with it.
    const STEERING: &str = "\u{9b}2J\u{202e}gnp.exe\n[amiwatch] all is well";
    let served = Served::start();
    let desk = Desk::at(served.address).configured();
    let mut killed = desk.start(&["bake", "shop"]);
    let (boot, _) = served.builder();
    killed.kill().unwrap();
    killed.wait().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let config = aws_sdk_ec2::Config::builder()
            .behavior_version(aws_sdk_ec2::config::BehaviorVersion::latest())
            .region(aws_sdk_ec2::config::Region::new("eu-west-1"))
            .credentials_provider(aws_sdk_ec2::config::Credentials::new(
                "X", "x", None, None, "test",
            ))
            .http_client(served.account.connector_on_tokio())
            .build();
        let tag = aws_sdk_ec2::types::Tag::builder()
            .key("amiwatch:watch")
            .value(STEERING)
            .build();
        let ec2 = aws_sdk_ec2::Client::from_conf(config);
        ec2.create_tags()
            .resources(boot.instance_id)
            .tags(tag)
            .send()
            .await
            .unwrap();
    });
    let table = desk.run(&["sweep"]);
    assert!(
        table.stdout.contains("all is well") && !steers(&table.stdout),
        "{table:?}"
    );
    let json = desk.run(&["sweep", "--format", "json"]);
    assert!(!steers(&json.stdout), "{json:?}");
    assert_eq!(json.json()["found"][0]["tags"]["amiwatch:watch"], STEERING);
}
