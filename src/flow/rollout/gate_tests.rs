//! One row a gate: what puts it in the way of whom. Without it the environment is moved, so that a row
//! shows that this gate, and no other one, holds it.

mod of_environment_tests;

mod of_watch_tests;

use std::collections::BTreeSet;

use chrono::TimeDelta;

use self::of_environment_tests::OF_ENVIRONMENT;
use self::of_watch_tests::OF_WATCH;
use super::case::{TargetLook, TargetRead, TargetStand};
use super::tests_rollouts::{NEW, ROLLING, RollingWorld, gates, id, moves, of};
use crate::model::drift::NoteCode;
use crate::model::environment::{EnhancedStatus, EnvironmentHealth, ManagedAction, ManagedActions};
use crate::model::key_access::KeysRead;
use crate::model::reason::{Class, ReasonCode};
use crate::model::rollout::{MoveFailing, MoveFault};
use crate::model::scaling::{GroupStanding, GroupsRead, SuspendedProcess};

/// What is in the way, of whom, by which code, and what puts it there.
type GateRow = (
    &'static str,
    &'static str,
    ReasonCode,
    fn(&mut RollingWorld),
);

const CANARY: &str = "shop-canary";

fn rows() -> impl Iterator<Item = &'static GateRow> {
    OF_WATCH.iter().chain(OF_ENVIRONMENT)
}

fn failed(one: &mut RollingWorld, why: &str, next_min: Option<i64>) {
    one.ended(CANARY, true, None);
    let next_at = next_min.map(|minutes| one.world.now + TimeDelta::minutes(minutes));
    one.known(CANARY).moves.failing = Some(MoveFailing {
        attempts: 3,
        next_at,
        why: why.to_owned(),
        fault: Some(MoveFault::Environment),
        image: Some(NEW.into()),
    });
}

fn health(read: &mut TargetRead, status: EnhancedStatus, causes: &[&str]) {
    read.reading.health = EnvironmentHealth::Enhanced {
        status,
        causes: causes.iter().map(|cause| (*cause).to_owned()).collect(),
    };
}

fn managed(read: &mut TargetRead, status: &str, minutes: Option<i64>) {
    let at = minutes.map(|minutes| read.reading.at + TimeDelta::minutes(minutes));
    let action = ManagedAction {
        id: "a-1".to_owned(),
        kind: "PlatformUpdate".to_owned(),
        status: status.to_owned(),
        description: "an update of the platform".to_owned(),
        at,
    };
    read.reading.managed = ManagedActions::Told(vec![action]);
}

/// Its group has this process suspended.
fn suspended(process: &str) -> GroupsRead {
    let group = "awseb-shop-canary".to_owned();
    GroupsRead::Told(vec![GroupStanding {
        suspended: vec![SuspendedProcess {
            group: group.clone(),
            process: process.to_owned(),
            reason: "User suspended at 2026-11-03T02:00:00Z".to_owned(),
            since: "2026-11-03T02:00:00Z".parse().ok(),
        }],
        name: group,
        role: None,
    }])
}

/// Its rolling updates are set so, and in no other way.
fn rolling(read: &mut TargetRead, options: &[(&str, &str)]) {
    let deployed = read.reading.sets.deployed.as_mut().unwrap();
    deployed
        .values
        .retain(|(namespace, _), _| namespace != ROLLING);
    for (name, value) in options {
        let key = (ROLLING.to_owned(), (*name).to_owned());
        deployed.values.insert(key, (*value).to_owned());
    }
}

#[test]
fn without_a_gate_the_first_wave_is_moved() {
    let decision = RollingWorld::usual().decide();
    assert_eq!(moves(&decision), [CANARY]);
}

#[test]
fn each_gate_holds_and_says_so() {
    for (what, environment, code, change) in rows() {
        let mut one = RollingWorld::usual();
        change(&mut one);
        let decision = one.decide();
        let decided = of(&decision, environment);
        assert_eq!(
            gates(&decision, environment),
            [*code],
            "{what}: {decided:?}"
        );
        let held = match code.class() {
            Class::Blocked => decided.stand == TargetStand::Blocked,
            _ => matches!(decided.stand, TargetStand::Waits { .. }),
        };
        assert!(held, "{what}: {:?}", decided.stand);
    }
}

/// What stands is said in the verdict and in the plan, to whoever reads them.
#[test]
fn each_gate_is_a_reason_of_its_environment() {
    for (what, environment, code, change) in rows() {
        let mut one = RollingWorld::usual();
        change(&mut one);
        let decision = one.decide();
        let item = one.planned(&decision);
        let named = |target: &crate::model::ids::TargetId| *target == id(environment);
        let drift = item.drift.targets.iter().find(|one| named(&one.target));
        let reasons = &drift.unwrap().reasons;
        let said = reasons.iter().filter(|reason| reason.code == *code);
        assert_eq!(said.count(), 1, "{what}");
        assert!(reasons.is_sorted_by_key(|reason| reason.code), "{what}");
        let plan = item.targets.iter().find(|one| named(&one.target)).unwrap();
        assert!(plan.because.contains(code), "{what}: {plan:?}");
    }
}

/// A gate that nobody tests is one that nobody knows to hold.
#[test]
fn every_gate_has_a_row() {
    let rows: BTreeSet<ReasonCode> = rows().map(|(_, _, code, _)| *code).collect();
    let holds = ReasonCode::Held..=ReasonCode::AwaitsApproval;
    let blocks = ReasonCode::Downtime..=ReasonCode::NoWave;
    let all = ReasonCode::ALL.iter().copied();
    let gates: BTreeSet<_> = all
        .filter(|code| holds.contains(code) || blocks.contains(code))
        .collect();
    assert_eq!(rows, gates);
}

/// What health says of suspended processes counts only where Auto Scaling could not be asked, and what a
/// replacement does without stands in no way.
#[test]
fn what_auto_scaling_says_weighs_more_than_what_health_says_of_it() {
    let cause = "The Auto Scaling process AZRebalance is suspended.";
    let mut one = RollingWorld::usual();
    one.reads(CANARY, |read| {
        health(read, EnhancedStatus::Ok, &[cause]);
        read.reading.groups = suspended("AZRebalance");
    });
    let decision = one.decide();
    assert_eq!(moves(&decision), [CANARY]);
    assert!(decision.notes.is_empty());
}

/// Not told is not "none": the move goes on, and it is said that nobody knows.
#[test]
fn groups_that_are_not_told_are_said_once_for_all() {
    let mut one = RollingWorld::usual();
    one.reads(CANARY, |read| {
        read.reading.groups = GroupsRead::Untold {
            why: "it was denied.".to_owned(),
        }
    });
    let decision = one.decide();
    assert_eq!(moves(&decision), [CANARY]);
    let said = one.planned(&decision).drift.notes;
    let said: Vec<_> = said
        .iter()
        .map(|note| (note.code, &*note.message))
        .collect();
    let message = "Whether Auto Scaling processes of shop-canary are suspended could not be read: it was \
                   denied. What health says of it counts instead.";
    assert_eq!(said, [(NoteCode::ScalingUntold, message)]);
}

#[test]
fn a_key_that_is_not_told_holds_nobody_and_is_said() {
    let mut one = RollingWorld::usual();
    one.reads(CANARY, |read| {
        read.reading.keys = KeysRead::Untold {
            why: "it was denied.".to_owned(),
        }
    });
    let decision = one.decide();
    assert_eq!(moves(&decision), [CANARY]);
    let [note] = decision.notes.as_slice() else {
        panic!("{:?}", decision.notes);
    };
    assert_eq!(note.code, NoteCode::KeyUntold);
    assert!(
        note.message
            .contains("may use the image's key is not known: it was denied. A")
    );
}

/// It costs a call, and is asked of none that something else stands against.
#[test]
fn auto_scaling_is_asked_only_where_nothing_else_stands() {
    let asked = |change: fn(&mut TargetRead)| {
        let mut one = RollingWorld::usual();
        one.reads(CANARY, change);
        one.decide();
        match &one.known(CANARY).look {
            TargetLook::Read(read) => !read.asks_more(),
            other => panic!("{other:?}"),
        }
    };
    assert!(asked(|_| {}));
    assert!(!asked(|read| health(read, EnhancedStatus::Severe, &[])));
    assert!(!asked(|read| managed(read, "Scheduled", Some(60))));
}
