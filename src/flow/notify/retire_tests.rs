//! What people hear of older images: words, keys, events.

use super::retire::*;
use crate::flow::test_world::{days, now, scope};
use crate::model::ids::{Installation, WatchName};
use crate::model::notice::{DueTold, Notice, NoticeEvent, RetiredTold, Severity, SnapshotsTold};
use crate::model::retire_record::RetireAct;
use crate::outbox::WrittenNotice;

fn retired(act: RetireAct, by: &str) -> RetiredTold {
    RetiredTold {
        image: "ami-old".into(),
        act,
        base_version: Some("4.5.0".to_owned()),
        by: by.to_owned(),
    }
}

/// One of each.
fn every_one() -> Vec<(&'static str, Notice)> {
    let (installation, watch, scope) = (Installation::new("acme"), WatchName::new("shop"), scope());
    let of = RetireTeller {
        installation: &installation,
        watch: &watch,
        scope: &scope,
    };
    let due = |image: &str, act| DueTold {
        image: image.into(),
        act,
        base_version: Some("4.5.0".to_owned()),
        by: Some("ami-new".into()),
    };
    let snapshots = SnapshotsTold {
        removed: vec!["snap-1".into()],
        kept: vec![("snap-2".into(), "ami-theirs has it too".to_owned())],
    };
    let done = |act, by| {
        let told = retired(act, by);
        image_retired(of, told, SnapshotsTold::default(), now(), now())
    };
    let us = "amiwatch";
    let denied = FailedAct {
        fault: "denied",
        why: "ec2:DisableImage ami-old in eu-west-1: denied",
        since: now(),
        next_at: Some(now() + days(1)),
        lift: None,
    };
    vec![
        (
            "due",
            images_due(of, vec![due("ami-old", RetireAct::Disable)], now()),
        ),
        (
            "more_due",
            images_due(
                of,
                vec![
                    due("ami-old", RetireAct::Disable),
                    due("ami-older", RetireAct::Deregister),
                ],
                now(),
            ),
        ),
        ("deprecated", done(RetireAct::Deprecate, us)),
        ("disabled", done(RetireAct::Disable, us)),
        (
            "deregistered",
            image_retired(
                of,
                retired(RetireAct::Deregister, us),
                snapshots,
                now(),
                now(),
            ),
        ),
        ("restored", done(RetireAct::Restore, "ann")),
        (
            "refused",
            retiring_failed(of, retired(RetireAct::Disable, us), &denied, now()),
        ),
        (
            "protected",
            protected_image_stays(of, retired(RetireAct::Deregister, us), now()),
        ),
    ]
}

#[test]
fn each_in_words() {
    let mut said = String::new();
    for (name, notice) in every_one() {
        let stored = serde_json::to_value(&notice).unwrap();
        let read: Notice = serde_json::from_value(stored).unwrap();
        assert_eq!(read, notice);
        let WrittenNotice {
            subject,
            body,
            facts,
            event,
            ..
        } = WrittenNotice::of_notice(&notice);
        let (event, severity) = (event.as_str(), notice.severity().as_str());
        said += &format!("== {name}: {event}, {severity}\n{subject}\n\n{body}\n{facts:#?}\n\n");
    }
    insta::assert_snapshot!("retiring_in_words", said);
}

#[test]
fn each_has_a_key_of_its_own_and_only_what_needs_a_person_calls_for_one() {
    let all = every_one();
    let keys: std::collections::BTreeSet<&str> =
        all.iter().map(|(_, one)| one.key.as_str()).collect();
    assert_eq!(keys.len(), all.len(), "{keys:?}");
    for (name, one) in &all {
        let (event, severity) = match *name {
            "refused" | "protected" => (NoticeEvent::Attention, Severity::Warning),
            _ => (NoticeEvent::Retired, Severity::Info),
        };
        assert_eq!((one.event(), one.severity()), (event, severity), "{name}");
    }
    // What failed since then is told once, whichever image it is about.
    let installation = Installation::new("acme");
    let (watch, scope) = (WatchName::new("shop"), scope());
    let of = RetireTeller {
        installation: &installation,
        watch: &watch,
        scope: &scope,
    };
    let failed = |image: &str| {
        let told = RetiredTold {
            image: image.into(),
            ..retired(RetireAct::Disable, "amiwatch")
        };
        let failed = FailedAct {
            fault: "denied",
            why: "no",
            since: now(),
            next_at: None,
            lift: None,
        };
        retiring_failed(of, told, &failed, now()).key
    };
    assert_eq!(failed("ami-1"), failed("ami-2"));
}
