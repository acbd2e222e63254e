//! What cannot be read is not drift, and nothing starts from it.

use amiwatch::flow::exit_code::Exit;
use amiwatch::model::plan::Action;
use amiwatch::model::reason::ReasonCode;
use sim::{FaultKind, FaultRule, Throttling};

use crate::common::life::Life;
use crate::common::paused;

/// Everything that a look asks.
const READS: [&str; 6] = [
    "sts:GetCallerIdentity",
    "elasticbeanstalk:DescribeEnvironments",
    "elasticbeanstalk:DescribeConfigurationSettings",
    "elasticbeanstalk:DescribePlatformVersion",
    "elasticbeanstalk:ListPlatformVersions",
    "ec2:DescribeImages",
];

/// A look and a pass conclude nothing and start nothing.
async fn nothing_is_concluded(life: &Life, what: &str) {
    let (items, exit) = life.check().await;
    assert_eq!(exit, Exit::CannotTell, "{what}: {items:#?}");
    let stands_still = matches!(items[0].action, Action::CannotTell | Action::Blocked);
    assert!(stands_still, "{what}: {items:#?}");
    let passed = life.pass().await;
    assert_eq!(passed.exit(), Exit::CannotTell, "{what}");
    assert!(passed.bakes.is_empty(), "{what}");
    for change in ["RunInstances", "CreateSecurityGroup", "CreateImage"] {
        assert_eq!(life.effects_of(change), 0, "{what}");
    }
}

#[test]
fn a_read_that_is_denied_is_not_drift() {
    // STS cannot deny who you are.
    for action in &READS[1..] {
        paused(async || {
            let life = Life::brisk();
            life.account.deny(action);
            nothing_is_concluded(&life, action).await;
            life.account.allow(action);
            life.until_settled().await;
            assert_eq!(life.verified().len(), 1, "{action}");
            life.promises_hold();
        });
    }
}

#[test]
fn a_read_that_gets_no_answer_is_not_drift() {
    for action in READS {
        for kind in [
            FaultKind::DropBeforeEffect,
            FaultKind::TimeoutBeforeEffect,
            FaultKind::Http5xx,
            FaultKind::Throttle,
        ] {
            paused(async || {
                let life = Life::brisk();
                let what = format!("{action} {kind:?}");
                life.account.fault(FaultRule::new(kind).on(action));
                nothing_is_concluded(&life, &what).await;
                life.account.clear_faults();
                life.until_settled().await;
                assert_eq!(life.verified().len(), 1, "{what}");
            });
        }
    }
}

#[test]
fn a_region_that_does_not_answer_at_all_starts_nothing() {
    paused(async || {
        let life = Life::brisk();
        life.account
            .fault(FaultRule::new(FaultKind::DropBeforeEffect));
        nothing_is_concluded(&life, "everything").await;
        assert!(life.account.ledger().iter().all(|call| !call.took_effect));
    });
}

#[test]
fn an_empty_answer_about_environments_that_the_config_names_is_a_fault() {
    paused(async || {
        let life = Life::brisk();
        life.account.deny("elasticbeanstalk:DescribeEnvironments");
        let (items, _) = life.check().await;
        let codes: Vec<ReasonCode> = items[0].drift.all_reasons().map(|one| one.code).collect();
        assert!(codes.contains(&ReasonCode::Unreachable), "{codes:?}");
    });
}

#[test]
fn aws_s_own_request_rates_slow_a_bake_down_and_do_not_fail_it() {
    paused(async || {
        let life = Life::brisk();
        life.account.set_throttling(Throttling::like_aws());
        life.until_settled().await;
        assert_eq!(life.verified().len(), 1);
        assert!(!life.heard_events().contains(&"failed".to_owned()));
        life.promises_hold();
    });
}
