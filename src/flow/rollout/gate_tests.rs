//! One row a gate: what puts it in the way of whom. Without it the environment is moved, so that a row
//! shows that this gate, and no other one, holds it.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::TimeDelta;

use super::case::{TargetRead, TargetStand};
use super::tests_rollouts::{NEW, ROLLING, RollingWorld, gates, id, moves, of};
use crate::flow::test_world::pattern;
use crate::model::environment::{
    EnhancedStatus, EnvironmentHealth, ManagedAction, ManagedActions, OptionSet,
};
use crate::model::hold::{HeldThing, Hold};
use crate::model::platform_choice::PlatformChoice;
use crate::model::reason::{Class, ReasonCode};
use crate::model::rollout::{MoveFailing, MoveFault};
use crate::model::rollout_rules::{RolloutApproval, RolloutWindow};
use crate::settings::parse_cron;

type Change = fn(&mut RollingWorld);

const CANARY: &str = "shop-canary";

/// What is in the way, of whom, by which code, and what puts it there.
const GATES: &[(&str, &str, ReasonCode, Change)] = &[
    (
        "a person holds the watch",
        CANARY,
        ReasonCode::Held,
        |one| {
            one.world.hold(HeldThing::Watch, None);
        },
    ),
    (
        "a person holds what the image was made from",
        CANARY,
        ReasonCode::Held,
        |one| {
            let release = crate::flow::test_world::BASE_451.to_owned();
            one.world.hold(HeldThing::Release(release), None);
        },
    ),
    (
        "its last move failed, and waits",
        CANARY,
        ReasonCode::Held,
        |one| {
            failed(one, "update: quota exceeded", Some(15));
        },
    ),
    (
        "the image was quarantined meanwhile",
        CANARY,
        ReasonCode::Quarantined,
        |one| {
            one.alter = |drift| {
                drift.holds.push(Hold {
                    on: HeldThing::Image(NEW.into()),
                    reason: "ill".to_owned(),
                    by: "amiwatch".to_owned(),
                    since: crate::flow::test_world::now(),
                    until: None,
                });
            };
        },
    ),
    ("it is being updated", CANARY, ReasonCode::NotReady, |one| {
        let canary = listed(one, CANARY);
        one.world.environments()[canary].environment.status = "Updating".to_owned();
    }),
    (
        "an update is about to begin",
        CANARY,
        ReasonCode::NotReady,
        |one| {
            one.reads(CANARY, |read| {
                read.reading.sets.pending = Some(OptionSet::default())
            });
        },
    ),
    ("it is ill", CANARY, ReasonCode::UnhealthyBefore, |one| {
        one.reads(CANARY, |read| health(read, EnhancedStatus::Severe, &[]));
    }),
    (
        "its health is not told",
        CANARY,
        ReasonCode::UnhealthyBefore,
        |one| {
            one.reads(CANARY, |read| health(read, EnhancedStatus::NotTold, &[]));
        },
    ),
    (
        "nothing of it serves",
        CANARY,
        ReasonCode::UnhealthyBefore,
        |one| {
            one.reads(CANARY, |read| read.reading.running.clear());
        },
    ),
    (
        "a managed action is pending",
        CANARY,
        ReasonCode::ManagedUpdates,
        |one| {
            one.reads(CANARY, |read| managed(read, "Pending", None));
        },
    ),
    (
        "a managed action runs",
        CANARY,
        ReasonCode::ManagedUpdates,
        |one| {
            one.reads(CANARY, |read| managed(read, "Running", None));
        },
    ),
    (
        "a managed window begins before it has settled",
        CANARY,
        ReasonCode::ManagedUpdates,
        |one| {
            one.reads(CANARY, |read| managed(read, "Scheduled", Some(60)));
        },
    ),
    (
        "Auto Scaling is suspended",
        CANARY,
        ReasonCode::ScalingSuspended,
        |one| {
            let cause = "The Auto Scaling process Launch is suspended.";
            one.reads(CANARY, |read| health(read, EnhancedStatus::Ok, &[cause]));
        },
    ),
    (
        "its platform is ahead",
        CANARY,
        ReasonCode::PlatformAhead,
        |one| {
            one.reads(CANARY, |read| {
                read.platform = PlatformChoice::Ahead {
                    runs: "4.6.0".to_owned(),
                    newest: "4.5.1".to_owned(),
                };
            });
        },
    ),
    (
        "no window is open",
        CANARY,
        ReasonCode::OutOfWindow,
        |one| {
            one.rules().order.windows = vec![RolloutWindow {
                // The world stands on a Monday.
                cron: parse_cron("0 2 * * 2").unwrap(),
                duration: Duration::from_secs(3600),
                timezone: chrono_tz::UTC,
            }];
        },
    ),
    (
        "the canary comes first",
        "shop-1",
        ReasonCode::EarlierWave,
        |_| {},
    ),
    (
        "the canary has fallen ill since it was through",
        "shop-1",
        ReasonCode::EarlierWave,
        |one| {
            one.moved(CANARY);
            let canary = listed(one, CANARY);
            one.world.environments()[canary].environment.red = true;
        },
    ),
    (
        "the canary is being changed by somebody",
        "shop-1",
        ReasonCode::EarlierWave,
        |one| {
            one.moved(CANARY);
            let canary = listed(one, CANARY);
            one.world.environments()[canary].environment.status = "Updating".to_owned();
        },
    ),
    (
        "another one of its wave has fallen ill on it",
        "shop-2",
        ReasonCode::Settling,
        |one| {
            one.moved(CANARY);
            one.moved("shop-1");
            let ill = listed(one, "shop-1");
            one.world.environments()[ill].environment.red = true;
        },
    ),
    (
        "nobody is in the wave before",
        "shop-1",
        ReasonCode::EarlierWave,
        |one| {
            one.world
                .environments()
                .retain(|one| one.environment.target.environment != CANARY);
        },
    ),
    (
        "another one of the wave is under way",
        "shop-2",
        ReasonCode::Settling,
        |one| {
            one.moved(CANARY);
            one.claim("shop-1");
        },
    ),
    (
        "a move in another wave has not ended",
        CANARY,
        ReasonCode::Settling,
        |one| {
            one.claim("shop-1");
        },
    ),
    (
        "it runs the image without a move of ours",
        CANARY,
        ReasonCode::Settling,
        |one| {
            one.runs_new(CANARY);
        },
    ),
    (
        "nobody has approved it",
        CANARY,
        ReasonCode::AwaitsApproval,
        |one| {
            one.rules().order.approval = RolloutApproval::Each;
        },
    ),
    (
        "nothing would serve meanwhile",
        CANARY,
        ReasonCode::Downtime,
        |one| {
            one.reads(CANARY, |read| {
                rolling(read, &[("RollingUpdateEnabled", "false")])
            });
        },
    ),
    (
        "nobody would look how they are",
        CANARY,
        ReasonCode::Unguarded,
        |one| {
            one.reads(CANARY, |read| {
                let group = ("aws:autoscaling:asg".to_owned(), "MinSize".to_owned());
                rolling(
                    read,
                    &[
                        ("RollingUpdateEnabled", "true"),
                        ("RollingUpdateType", "Time"),
                    ],
                );
                let deployed = read.reading.sets.deployed.as_mut().unwrap();
                deployed.values.insert(group, "2".to_owned());
            });
        },
    ),
    (
        "somebody set it back",
        CANARY,
        ReasonCode::Contested,
        |one| {
            one.ended(CANARY, false, None);
        },
    ),
    (
        "a person took it back",
        CANARY,
        ReasonCode::Contested,
        |one| {
            one.ended(CANARY, true, None);
        },
    ),
    (
        "another watch rolls out to it",
        CANARY,
        ReasonCode::Contested,
        |one| {
            let mut other = one.world.watch.clone();
            other.name = "other".into();
            other.targets = vec![pattern("*", "*-canary")];
            one.rivals.push(other);
        },
    ),
    ("it failed too often", CANARY, ReasonCode::Refused, |one| {
        failed(one, "update: quota exceeded", None);
    }),
    (
        "the image's key cannot be used",
        CANARY,
        ReasonCode::KeyUnusable,
        |one| {
            failed(
                one,
                "Client.InternalError: Client error on launch",
                Some(15),
            );
        },
    ),
    (
        "no platform version has the image's base",
        CANARY,
        ReasonCode::PlatformUnavailable,
        |one| {
            one.reads(CANARY, |read| {
                read.platform = PlatformChoice::Unavailable {
                    base: "ami-base451".into(),
                };
            });
        },
    ),
    ("no wave names it", "shop-1", ReasonCode::NoWave, |one| {
        one.rules().order.waves = vec![CANARY.to_owned()];
    }),
];

fn listed(one: &mut RollingWorld, environment: &str) -> usize {
    let mut all = one.world.environments().iter();
    let at = all.position(|one| one.environment.target.environment == environment);
    at.unwrap()
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
    for (what, environment, code, change) in GATES {
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
    for (what, environment, code, change) in GATES {
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
    let rows: BTreeSet<ReasonCode> = GATES.iter().map(|(_, _, code, _)| *code).collect();
    let holds = ReasonCode::Held..=ReasonCode::AwaitsApproval;
    let blocks = ReasonCode::Downtime..=ReasonCode::NoWave;
    let all = ReasonCode::ALL.iter().copied();
    let gates: BTreeSet<_> = all
        .filter(|code| holds.contains(code) || blocks.contains(code))
        .collect();
    assert_eq!(rows, gates);
}
