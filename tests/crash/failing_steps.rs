//! Every call that changes something fails in turn, in every way: the bake ends with its image, or
//! cleanly without one.

use std::time::Duration;

use amiwatch::model::plan::Action;
use sim::{FaultKind, FaultRule, Timing, When};

use crate::common::life::Life;
use crate::common::{paused, world};

/// Everything that a bake changes, in order; what it does twice, once for each time.
const CHANGES: [(&str, u64); 9] = [
    ("ec2:CreateSecurityGroup", 1),
    ("ec2:RunInstances", 1),
    ("ec2:CreateImage", 1),
    ("ec2:RunInstances", 2),
    ("ec2:CreateTags", 1),
    ("ec2:TerminateInstances", 1),
    ("ec2:TerminateInstances", 2),
    ("ec2:DeleteSecurityGroup", 1),
    ("sns:Publish", 1),
];

/// What passes by itself, whether or not the call had its effect.
fn passing_faults() -> Vec<FaultKind> {
    vec![
        FaultKind::Throttle,
        FaultKind::Http5xx,
        FaultKind::TimeoutBeforeEffect,
        FaultKind::TimeoutAfterEffect,
        FaultKind::DropBeforeEffect,
        FaultKind::DropAfterEffect,
        FaultKind::ErrorAfterEffect,
    ]
}

/// A life under one rule, settled; panics say which rule it was.
async fn under(timing: &Timing, rule: FaultRule) -> Life {
    eprintln!("under {rule:?}");
    let life = Life::brisk();
    life.account.set_timing(timing.clone());
    life.account.fault(rule);
    life.until_settled().await;
    life
}

fn each_change_fails_once(faults: &[FaultKind], timing: fn() -> Timing) {
    for (action, nth) in CHANGES {
        for kind in faults.iter().cloned() {
            paused(async || {
                let rule = FaultRule::new(kind).on(action).when(When::Nth(nth));
                let life = under(&timing(), rule).await;
                assert_eq!(life.verified().len(), 1);
                assert!(!life.heard_events().contains(&"failed".to_owned()));
                life.no_launch_was_doubled();
                life.promises_hold();
            });
        }
    }
}

#[test]
fn a_change_that_fails_once_in_any_way_is_found_or_made_again() {
    each_change_fails_once(&passing_faults(), world::brisk);
}

#[test]
fn a_change_of_unknown_outcome_is_not_doubled_while_its_effect_cannot_be_seen_yet() {
    let unknown = [FaultKind::TimeoutAfterEffect, FaultKind::ErrorAfterEffect];
    each_change_fails_once(&unknown, || Timing {
        hidden_for: Duration::from_secs(20),
        ..world::brisk()
    });
}

#[test]
fn a_storm_of_throttling_is_sat_out() {
    for (action, _) in CHANGES {
        paused(async || {
            let storm = FaultRule::new(FaultKind::Throttle).on(action).times(6);
            let life = under(&world::brisk(), storm).await;
            assert_eq!(life.verified().len(), 1);
            life.promises_hold();
        });
    }
}

#[test]
fn a_denial_fails_the_bake_cleanly_and_the_next_attempt_succeeds() {
    for (action, nth) in CHANGES {
        paused(async || {
            let rule = FaultRule::new(FaultKind::Denied)
                .on(action)
                .when(When::Nth(nth));
            let life = under(&world::brisk(), rule).await;
            assert_eq!(life.verified().len(), 1);
            life.promises_hold();
        });
    }
}

#[test]
fn a_lasting_denial_is_tried_with_growing_pauses_and_then_held_and_told_once() {
    for action in [
        "ec2:CreateSecurityGroup",
        "ec2:RunInstances",
        "ec2:CreateImage",
        "ec2:CreateTags",
    ] {
        paused(async || {
            let life = Life::brisk();
            life.account
                .fault(FaultRule::new(FaultKind::Denied).on(action));
            let mut pauses = Vec::new();
            loop {
                life.pass().await;
                let (items, _) = life.check().await;
                let Action::Hold { until } = items[0].action else {
                    panic!("{action}: {:?}", items[0].action)
                };
                let Some(until) = until else { break };
                let pause = until - life.clock.now();
                pauses.push(pause.num_minutes());
                life.clock.sleep_until(until).await;
            }
            assert!(
                pauses.is_sorted() && pauses.len() >= 3,
                "{action}: {pauses:?}"
            );
            for _ in 0..3 {
                life.wait(Duration::from_secs(24 * 60 * 60)).await;
                assert!(life.pass().await.bakes.is_empty());
            }
            let heard = life.heard_events();
            let times = |event: &str| heard.iter().filter(|one| *one == event).count();
            assert_eq!(times("held"), 1, "{action}: {heard:?}");
            assert_eq!(times("failed"), pauses.len() + 1, "{action}: {heard:?}");
            life.each_notice_came_once();
            assert_eq!(life.verified().len(), 0);
            life.promises_hold();
        });
    }
}
