//! Auto Scaling whose processes are suspended: no move is begun that would wait for them until its time is over,
//! what to do is said as a command, and where nobody may ask, that is said as well.

use amiwatch::model::drift::NoteCode;
use amiwatch::model::reason::{Reason, ReasonCode};
use amiwatch::service::pass::Passed;

use super::world::{ALL, BLUE, CANARY, UNASKED, town};
use crate::common::life::Life;
use crate::common::paused;
use crate::common::world::REGION;

/// What Auto Scaling was asked.
fn asked(life: &Life) -> usize {
    let ledger = life.account.ledger().into_iter();
    let groups = ledger.filter(|call| call.operation == "DescribeAutoScalingGroups");
    groups.count()
}

fn gate(passed: &Passed, environment: &str) -> Option<Reason> {
    let mut targets = passed.items[0].drift.targets.iter();
    let one = targets.find(|one| one.target.environment == environment)?;
    let mut reasons = one.reasons.iter();
    let gate = reasons.find(|reason| reason.code == ReasonCode::ScalingSuspended);
    gate.cloned()
}

#[test]
fn a_suspended_group_holds_its_move_until_it_is_resumed() {
    paused(async || {
        let life = town(UNASKED);
        life.bakes_first().await;
        let here = life.account.at(REGION);
        here.scaling_suspended(CANARY, &["Launch", "AZRebalance"])
            .unwrap();
        let passed = life.pass().await;
        let reason = gate(&passed, CANARY).expect("it stands");
        assert_eq!(reason.facts()["processes"], "Launch");
        assert!(reason.about.since().is_some(), "{reason:?}");
        let group = format!("awseb-{}-", life.environment(CANARY).id);
        let command = "`aws autoscaling resume-processes --auto-scaling-group-name ";
        assert!(reason.message.contains(command), "{}", reason.message);
        assert!(reason.message.contains(&group), "{}", reason.message);
        assert_eq!(life.updated(), [] as [&str; 0]);
        // What a replacement does without holds nobody.
        here.scaling_suspended(CANARY, &["AZRebalance", "HealthCheck"])
            .unwrap();
        life.passes(1).await;
        assert_eq!(life.updated(), [CANARY]);
    });
}

#[test]
fn who_may_not_ask_goes_by_health_and_is_told_so() {
    paused(async || {
        let life = town(UNASKED);
        life.bakes_first().await;
        life.account.deny("autoscaling:DescribeAutoScalingGroups");
        let here = life.account.at(REGION);
        let cause = "The Auto Scaling process Launch is suspended.";
        here.health_reads(CANARY, Some("Ok"), &[cause]).unwrap();
        let passed = life.pass().await;
        let reason = gate(&passed, CANARY).expect("health says it");
        assert!(reason.message.contains("Launch is suspended"), "{reason:?}");
        let notes = &passed.items[0].drift.notes;
        let untold = notes
            .iter()
            .filter(|note| note.code == NoteCode::ScalingUntold);
        let untold: Vec<&str> = untold.map(|note| note.message.as_str()).collect();
        assert_eq!(untold.len(), 1, "{notes:?}");
        assert!(
            untold[0].contains("DescribeAutoScalingGroups"),
            "{untold:?}"
        );
        here.health_reads(CANARY, None, &[]).unwrap();
        life.passes(1).await;
        assert_eq!(life.updated(), [CANARY], "not told is not suspended");
    });
}

/// One question for all that are about to be moved; none where something else stands.
#[test]
fn auto_scaling_is_asked_once_for_all_and_only_where_nothing_else_stands() {
    paused(async || {
        let life = town(&format!("at_once = 2\n{UNASKED}"));
        life.bakes_first().await;
        let here = life.account.at(REGION);
        here.health_reads(CANARY, Some("Severe"), &[]).unwrap();
        let before = asked(&life);
        life.pass().await;
        assert_eq!(asked(&life), before, "who is ill is not moved anyhow");
        here.health_reads(CANARY, None, &[]).unwrap();
        life.passes(1).await;
        assert_eq!(
            (life.updated(), asked(&life)),
            (vec![CANARY.to_owned()], before + 1)
        );
        life.passes(1).await;
        assert_eq!(life.updated().len(), ALL.len(), "{:?}", life.updated());
        assert!(life.updated().contains(&BLUE.to_owned()));
        assert_eq!(
            asked(&life),
            before + 2,
            "both of the second wave by one question"
        );
    });
}
