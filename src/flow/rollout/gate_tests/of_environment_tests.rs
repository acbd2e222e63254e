//! Rows of the gates that stand before one environment: how it is, how it would be replaced, which platform
//! version goes with the image, and what its earlier moves say.

use super::{CANARY, GateRow, failed, health, managed, rolling, suspended};
use crate::model::environment::{EnhancedStatus, OptionSet};
use crate::model::key_access::{KeyBar, KeysRead};
use crate::model::platform_choice::PlatformChoice;
use crate::model::reason::ReasonCode;
use crate::model::rollout::MoveFault;
use crate::model::scaling::GroupsRead;

pub(super) const OF_ENVIRONMENT: &[GateRow] = &[
    (
        "its last move failed, and waits",
        CANARY,
        ReasonCode::Held,
        |one| {
            failed(one, "update: quota exceeded", Some(15));
        },
    ),
    ("it is being updated", CANARY, ReasonCode::NotReady, |one| {
        one.listed(CANARY).environment.status = "Updating".to_owned();
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
        "Auto Scaling launches nothing",
        CANARY,
        ReasonCode::ScalingSuspended,
        |one| one.reads(CANARY, |read| read.reading.groups = suspended("Launch")),
    ),
    (
        "its health says so, where Auto Scaling is not to be asked",
        CANARY,
        ReasonCode::ScalingSuspended,
        |one| {
            let cause = "The Auto Scaling process Launch is suspended.";
            one.reads(CANARY, |read| {
                health(read, EnhancedStatus::Ok, &[cause]);
                read.reading.groups = GroupsRead::Untold {
                    why: "denied".to_owned(),
                };
            });
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
        "its role is not let use the image's key",
        CANARY,
        ReasonCode::KeyUnusable,
        |one| {
            one.reads(CANARY, |read| {
                read.reading.keys = KeysRead::Barred {
                    key: "arn:aws:kms:eu-west-1:111122223333:key/k".to_owned(),
                    role: "arn:aws:iam::111122223333:role/r".to_owned(),
                    bar: KeyBar::NotAdmitted,
                }
            });
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
    ("its proof failed", CANARY, ReasonCode::Held, |one| {
        one.runs_new(CANARY);
        one.proof_ended(CANARY, Some(MoveFault::Inconclusive));
    }),
    (
        "its proof failed, since somebody set it back",
        CANARY,
        ReasonCode::Held,
        |one| {
            one.proof_ended(CANARY, Some(MoveFault::Inconclusive));
        },
    ),
    (
        "its move failed and was left as it is",
        CANARY,
        ReasonCode::Held,
        |one| {
            failed(one, "replace: quota exceeded", Some(-1));
            one.runs_new(CANARY);
            one.ended(CANARY, false, Some(MoveFault::Environment));
        },
    ),
    (
        "it could not be taken back",
        CANARY,
        ReasonCode::Held,
        |one| {
            failed(one, "update: quota exceeded", Some(-1));
            one.ended(CANARY, true, Some(MoveFault::Environment));
        },
    ),
    (
        "it runs the image, and is too ill to be proved",
        CANARY,
        ReasonCode::UnhealthyBefore,
        |one| {
            one.runs_new(CANARY);
            one.reads(CANARY, |read| health(read, EnhancedStatus::Severe, &[]));
        },
    ),
];
