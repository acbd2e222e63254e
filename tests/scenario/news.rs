//! What is news of a drift: not what was there at the first look, and nothing twice.

use sim::{EnvironmentChange, EnvironmentSpec, FaultKind, FaultRule};

use crate::common::life::Life;
use crate::common::paused;
use crate::common::world::{BRANCH, CONFIG, REGION};

/// Two environments, and a watch that only tells.
fn telling() -> Life {
    let life = Life::with_config(&CONFIG.replace("\"bake\"", "\"notify\""));
    let green = EnvironmentSpec::new("shop", "shop-green", BRANCH);
    life.account.at(REGION).environment(green).unwrap();
    life
}

#[test]
fn a_first_look_tells_nobody_and_a_release_after_it_is_told_once() {
    paused(async || {
        let life = telling();
        for _ in 0..3 {
            life.pass().await;
        }
        assert_eq!(life.heard_events(), [""; 0]);
        life.release("4.5.1");
        for _ in 0..3 {
            life.pass().await;
        }
        assert_eq!(life.heard_events(), ["drift"]);
        let told = life.heard_of("drift");
        assert!(told.subject.contains("4.5.1"), "{told:?}");
    });
}

#[test]
fn a_store_that_is_lost_begins_a_new_baseline() {
    paused(async || {
        let life = Life::brisk();
        life.until_settled().await;
        let heard = life.heard_events();
        life.lose_the_store();
        life.until_settled().await;
        assert_eq!(life.heard_events(), heard);
    });
}

/// Everything that a look at two environments asks after it knows whose account it is.
const READS: [&str; 6] = [
    "elasticbeanstalk:DescribeEnvironments",
    "elasticbeanstalk:DescribeConfigurationSettings",
    "elasticbeanstalk:DescribePlatformVersion",
    "elasticbeanstalk:ListPlatformVersions",
    "ec2:DescribeImages",
    "ec2:*",
];

/// A look in which some reads fail, all of them or the first alone.
async fn partial_look(life: &Life, action: &str, kind: FaultKind, times: Option<u32>) {
    let rule = FaultRule::new(kind).on(action);
    life.account.fault(match times {
        Some(times) => rule.times(times),
        None => rule,
    });
    life.pass().await;
    life.account.clear_faults();
}

#[test]
fn a_drift_seen_by_a_partial_look_and_then_by_a_whole_one_is_told_once() {
    for action in READS {
        for (kind, times) in [
            (FaultKind::Http5xx, None),
            (FaultKind::Denied, None),
            (FaultKind::Denied, Some(1)),
        ] {
            paused(async || {
                let what = format!("{action} {kind:?} {times:?}");
                let life = telling();
                life.pass().await;
                life.release("4.5.1");
                partial_look(&life, action, kind, times).await;
                life.pass().await;
                life.pass().await;
                assert_eq!(life.heard_events(), ["drift"], "{what}");
            });
        }
    }
}

#[test]
fn a_partial_look_at_first_is_a_baseline_and_one_later_is_no_news() {
    for action in READS {
        paused(async || {
            let life = telling();
            for _ in 0..2 {
                partial_look(&life, action, FaultKind::Http5xx, None).await;
                life.pass().await;
            }
            assert_eq!(life.heard_events(), [""; 0], "{action}");
        });
    }
}

#[test]
fn an_end_is_told_once_and_the_same_drift_again_is_another_event() {
    paused(async || {
        let life = Life::brisk();
        life.until_settled().await;
        assert_eq!(life.heard_events(), ["baked", "drift"]);
        let image = life.verified()[0].id.clone();
        let change = |to| {
            let here = life.account.at(REGION);
            here.change_environment("shop-blue", to).unwrap();
        };
        change(EnvironmentChange::Image(image));
        life.pass().await;
        life.pass().await;
        assert_eq!(life.heard_events(), ["baked", "drift", "resolved"]);
        change(EnvironmentChange::StockImage);
        life.pass().await;
        life.pass().await;
        assert_eq!(life.heard_events(), ["baked", "drift", "resolved", "drift"]);
        life.each_notice_came_once();
    });
}
