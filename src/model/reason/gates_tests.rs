//! One of each gate, and of each way in which one is said; and what people and programs are told of it.

use super::tests::{at, text};
use crate::model::ids::{ImageId, Scope, TargetId};
use crate::model::key_access::KeyBar;
use crate::model::reason::{
    About, AwaitedAnswer, BarredRole, Class, ContestedHow, ManagedNear, NamedFew, Reason,
    ReasonCode, RolloutGate,
};
use crate::model::rollout::ReplacementMethod;
use crate::model::scaling::SuspendedProcess;

fn few(count: usize) -> NamedFew {
    NamedFew::of((1..=count).map(|n| format!("shop-{n}")))
}

fn target() -> TargetId {
    TargetId {
        scope: Scope {
            partition: "aws".into(),
            account: "111122223333".into(),
            region: "eu-west-1".into(),
        },
        application: text("shop"),
        environment: text("shop-blue"),
    }
}

fn about(gate: RolloutGate) -> About {
    About::Gate {
        watch: "shop".into(),
        target: target(),
        gate,
    }
}

fn awaits(answer: AwaitedAnswer) -> RolloutGate {
    RolloutGate::AwaitsApproval {
        id: text("a1b2c3d4"),
        image: "ami-1".into(),
        since: at(1),
        answer,
    }
}

fn earlier(count: usize) -> RolloutGate {
    RolloutGate::EarlierWave {
        image: "ami-1".into(),
        wave: 2,
        earlier: 1,
        pattern: text("shop-canary"),
        waits_for: few(count),
        since: Some(at(1)),
    }
}

fn contested(how: ContestedHow) -> RolloutGate {
    RolloutGate::Contested {
        image: "ami-1".into(),
        how,
        since: Some(at(1)),
    }
}

fn key(key: Option<&str>) -> RolloutGate {
    RolloutGate::KeyUnusable {
        image: "ami-1".into(),
        key: key.map(text),
        last_why: text("Client.InternalError: Client error on launch"),
        since: Some(at(1)),
        until: Some(at(9)),
        known: None,
    }
}

fn barred(bar: KeyBar) -> RolloutGate {
    RolloutGate::KeyUnusable {
        image: "ami-1".into(),
        key: Some(text("arn:aws:kms:eu-west-1:111122223333:key/k")),
        last_why: text("no statement of its policy and no grant admits the role"),
        since: None,
        until: None,
        known: Some(BarredRole {
            role: text("arn:aws:iam::111122223333:role/aws-service-role/mine"),
            bar,
        }),
    }
}

fn suspended() -> RolloutGate {
    let process = |process: &str, since| SuspendedProcess {
        group: text("awseb-e-1-group"),
        process: text(process),
        reason: text("User suspended"),
        since,
    };
    RolloutGate::ScalingSuspended {
        why: text("Launch and Terminate of awseb-e-1-group (User suspended)"),
        processes: vec![process("Launch", Some(at(2))), process("Terminate", None)],
    }
}

/// Every gate.
pub(super) fn sample_gates() -> Vec<About> {
    let image = || ImageId::from("ami-1");
    let gates = vec![
        RolloutGate::OutOfWindow {
            since: Some(at(1)),
            until: Some(at(9)),
        },
        RolloutGate::OutOfWindow {
            since: None,
            until: None,
        },
        earlier(0),
        earlier(1),
        RolloutGate::Settling {
            others: few(2),
            at_once: Some(2),
        },
        RolloutGate::Settling {
            others: few(5),
            at_once: None,
        },
        RolloutGate::IllOnIt {
            image: image(),
            others: few(1),
        },
        awaits(AwaitedAnswer::None { lapses_at: at(9) }),
        awaits(AwaitedAnswer::Denied {
            by: text("ann"),
            at: at(2),
        }),
        awaits(AwaitedAnswer::Lapsed { at: at(9) }),
        RolloutGate::UnhealthyBefore {
            why: text("health is Severe"),
        },
        RolloutGate::ManagedUpdates {
            near: ManagedNear::Action {
                status: text("Pending"),
                what: text("Platform update"),
            },
        },
        RolloutGate::ManagedUpdates {
            near: ManagedNear::Window {
                from: at(3),
                until: at(5),
            },
        },
        RolloutGate::ScalingSuspended {
            why: text("the process Launch is suspended"),
            processes: Vec::new(),
        },
        suspended(),
        RolloutGate::PlatformAhead {
            image: image(),
            runs: text("4.5.2"),
            newest: text("4.5.1"),
        },
        RolloutGate::Downtime {
            method: ReplacementMethod::AllAtOnce,
        },
        RolloutGate::Unguarded,
        contested(ContestedHow::SetBack {
            runs: Some("ami-0".into()),
        }),
        contested(ContestedHow::SetBack { runs: None }),
        contested(ContestedHow::TakenBack),
        contested(ContestedHow::OtherWatch {
            watch: "web".into(),
        }),
        RolloutGate::Refused {
            image: image(),
            attempts: 6,
            last_why: text("update: quota exceeded."),
            since: Some(at(1)),
        },
        key(None),
        barred(KeyBar::NotAdmitted),
        barred(KeyBar::PolicyDenies),
        barred(KeyBar::State {
            state: text("Disabled"),
        }),
        barred(KeyBar::State {
            state: text("PendingDeletion"),
        }),
        key(Some("arn:aws:kms:eu-west-1:111122223333:key/k")),
        RolloutGate::PlatformUnavailable {
            image: image(),
            base: "ami-0".into(),
        },
        RolloutGate::NoWave,
        RolloutGate::NamedElsewhere {
            configuration: text("shop-saved"),
            image: image(),
        },
    ];
    gates.into_iter().map(about).collect()
}

#[test]
fn a_gate_says_since_and_until_where_it_knows() {
    for about in sample_gates() {
        let reason = Reason::from_about(about);
        let facts = reason.facts();
        let has = |name: &str| facts.contains_key(name);
        assert_eq!(reason.about.since().is_some(), has("since"), "{reason:?}");
        assert_eq!(reason.about.until().is_some(), has("until"), "{reason:?}");
        assert_eq!(facts["environment"], "shop/shop-blue");
    }
}

#[test]
fn holds_open_by_themselves_and_blocks_name_what_helps() {
    for about in sample_gates() {
        let reason = Reason::from_about(about);
        if reason.code.class() != Class::Blocked {
            continue;
        }
        let helps = ["`", "narrow", "set Rolling", "the next bake"];
        assert!(
            helps.iter().any(|word| reason.message.contains(word)),
            "{}",
            reason.message
        );
    }
}

#[test]
fn the_command_for_a_key_can_be_pasted() {
    let said = |key_arn| Reason::from_about(about(key(key_arn))).message;
    let arn = "arn:aws:kms:eu-west-1:111122223333:key/k";
    let message = said(Some(arn));
    assert!(message.contains(&format!("`aws kms create-grant --key-id {arn} ")));
    assert!(message.contains("AWSServiceRoleForAutoScaling"));
    assert!(message.contains("--region eu-west-1`"));
    assert_eq!(
        Reason::from_about(about(key(None))).code,
        ReasonCode::KeyUnusable
    );
}

#[test]
fn what_resumes_a_group_names_just_what_stands_in_the_way() {
    let message = Reason::from_about(about(suspended())).message;
    let command = "`aws autoscaling resume-processes --auto-scaling-group-name awseb-e-1-group \
                   --scaling-processes Launch Terminate --region eu-west-1` resumes that";
    assert!(message.contains(command), "{message}");
    let by_health = RolloutGate::ScalingSuspended {
        why: text("the process Launch is suspended"),
        processes: Vec::new(),
    };
    let message = Reason::from_about(about(by_health)).message;
    assert!(message.contains("Resume its processes"), "{message}");
}

/// Each says what bars the role, and a command that can be pasted.
#[test]
fn what_bars_a_role_from_a_key_is_said_with_what_lets_it_in() {
    let said = |bar| Reason::from_about(about(barred(bar)));
    let state = |state: &str| KeyBar::State { state: text(state) };
    let role = "arn:aws:iam::111122223333:role/aws-service-role/mine";
    let not = said(KeyBar::NotAdmitted);
    assert!(
        not.message
            .contains(&format!("--grantee-principal {role} ")),
        "{not:?}"
    );
    let statements = not.facts()["policy"].clone();
    assert!(not.message.contains(&statements), "{not:?}");
    let statements: serde_json::Value = serde_json::from_str(&statements).unwrap();
    assert_eq!(statements[0]["Principal"]["AWS"], role);
    assert_eq!(statements[1]["Action"], "kms:CreateGrant");
    for (bar, word) in [
        (KeyBar::PolicyDenies, "`aws kms get-key-policy --key-id "),
        (state("Disabled"), "`aws kms enable-key --key-id "),
        (
            state("PendingDeletion"),
            "`aws kms cancel-key-deletion --key-id ",
        ),
    ] {
        let reason = said(bar);
        assert!(reason.message.contains(word), "{reason:?}");
        assert!(!reason.facts().contains_key("policy"), "{reason:?}");
    }
}

#[test]
fn many_names_are_counted() {
    let said = |count| Reason::from_about(about(earlier(count))).message;
    assert!(said(1).contains("first: shop-1 must"), "{}", said(1));
    assert!(said(2).contains("shop-1 and shop-2 must"), "{}", said(2));
    assert!(said(9).contains("shop-1, shop-2, shop-3 and 6 more must"));
    assert!(said(0).contains("no environment that is there is in it"));
}

#[test]
fn one_failure_is_once() {
    let refused = |attempts| {
        let refused = RolloutGate::Refused {
            image: "ami-1".into(),
            attempts,
            last_why: text("quota exceeded."),
            since: None,
        };
        Reason::from_about(about(refused)).message
    };
    assert!(refused(1).contains("failed once, last"), "{}", refused(1));
    assert!(
        refused(2).contains("failed 2 times, last"),
        "{}",
        refused(2)
    );
}
