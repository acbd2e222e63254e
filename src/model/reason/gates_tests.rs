//! One of each gate, and of each way in which one is said; and what people and programs are told of it.

use super::tests::{at, text};
use crate::model::ids::{ImageId, Scope, TargetId};
use crate::model::reason::{
    About, AwaitedAnswer, Class, ContestedHow, ManagedNear, NamedFew, Reason, ReasonCode,
    RolloutGate,
};
use crate::model::rollout::ReplacementMethod;

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
        },
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
