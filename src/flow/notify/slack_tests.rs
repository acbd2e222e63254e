//! Every notice as Slack is sent it.

use super::tests::{image, order};
use super::*;
use crate::flow::test_world::{BASE_451, World, days, now};
use crate::model::blind::{BlindOf, BlindSpot};
use crate::model::ids::Installation;
use crate::model::notice::NoticeEvent;
use crate::outbox::blocks;

const CONSOLE: &str = "cloud-init: ok\n\u{1b}[31mFAILED\u{1b}[0m <!channel> `x` ecs.config\n";

/// One notice of each event that there is something to tell of.
fn every_notice() -> Vec<Notice> {
    let mut world = World::new();
    let made = image(&mut world, true);
    let order = order(&world, 2);
    world.fail(BASE_451, 6, None);
    let failing = world.history.failing.clone().unwrap();
    let left = ["i-1 (terminate it: aws ec2 terminate-instances --instance-ids i-1)".to_owned()];
    let why = "check `driver` failed in the builder";
    let mut all = vec![
        baked_notice(&order, &made, now()),
        failed_notice(
            &order,
            &tests::attempt(why, Some(CONSOLE)),
            Some(now() + days(1)),
            now(),
        ),
        held(&order, &failing, now()),
        attention(&order, "clean_up", &left, now()),
        sample(Some(&Installation::new("acme")), "team", now()),
    ];
    all.extend(redundant(&order, &made, now()));
    all.extend(super::drift_tests::told_and_over());
    all.push(blind_notice(&Installation::new("acme"), &spot(None), now()));
    all
}

#[test]
fn every_notice_as_slack_is_sent_it() {
    for notice in every_notice() {
        let message = serde_json::to_string_pretty(&blocks(&notice, false)).unwrap();
        insta::assert_snapshot!(notice.event().as_str(), message);
    }
}

fn spot(notice: Option<&str>) -> BlindSpot {
    BlindSpot {
        of: BlindOf {
            account_name: None,
            region: Some("eu-west-1".into()),
            account: Some("000000000000".into()),
            base: None,
        },
        since: now() - days(1),
        passes: 3,
        causes: ["DENIED ".to_owned()].into(),
        why: "environments: elasticbeanstalk:DescribeEnvironments was refused".to_owned(),
        denied: true,
        watches: ["shop".into(), "tools".into()].into(),
        notice: notice.map(str::to_owned),
    }
}

#[test]
fn the_end_of_blindness_as_slack_is_sent_it() {
    let told = spot(Some("blind:acme:1"));
    let over = blind_over(&Installation::new("acme"), &told, true, now()).unwrap();
    let message = serde_json::to_string_pretty(&blocks(&over, false)).unwrap();
    insta::assert_snapshot!("blind_over", message);
    assert_eq!(
        blind_over(&Installation::new("acme"), &spot(None), true, now()),
        None,
        "nobody was told that it was blind"
    );
}

#[test]
fn the_guide_shows_a_message_as_it_is() {
    let guide = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/notices.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    let shown = guide
        .split("```json\n")
        .nth(1)
        .and_then(|rest| rest.split("\n```").next());
    let mut notices = every_notice().into_iter();
    let baked = notices
        .find(|one| one.event() == NoticeEvent::Baked)
        .unwrap();
    let message = serde_json::to_string_pretty(&blocks(&baked, false)).unwrap();
    assert_eq!(shown, Some(message.as_str()), "\n{message}");
}
