//! What people hear of a rollout: the question and its end, waves, what stands against it. Words, keys,
//! and that it is all one story with the bake.

use super::tests::{image, order};
use super::*;
use crate::flow::test_world::{World, days, now, scope};
use crate::model::changes::ChangesInShort;
use crate::model::ids::{ImageId, TargetId};
use crate::model::notice::{BlockedTold, NoticeEvent, PrintedChange, Severity, TargetFrom};
use crate::model::reason::About;
use crate::model::rollout_memory::ApprovalQuestion;
use crate::outbox::{WrittenNotice, blocks};

fn target(name: &str) -> TargetId {
    TargetId {
        scope: scope(),
        application: "shop".to_owned(),
        environment: name.to_owned(),
    }
}

fn from(name: &str) -> TargetFrom {
    TargetFrom {
        target: target(name),
        from: (name != "shop-new").then(|| ImageId::from("ami-old")),
    }
}

fn question(id: &str) -> ApprovalQuestion {
    ApprovalQuestion {
        id: id.to_owned(),
        image: "ami-new".into(),
        asked_at: now(),
        lapses_at: now() + days(3),
        answer: None,
    }
}

fn wave(number: usize, last: bool) -> WaveRun {
    let next = (!last).then(|| "shop/shop-blue".to_owned());
    WaveRun {
        number,
        of: 2,
        pattern: "shop-canary".to_owned(),
        environments: vec![from("shop-canary"), from("shop-new")],
        last,
        next: next.into_iter().collect(),
    }
}

fn blocked() -> BlockedTold {
    let reason = About::Unasked {
        denied: true,
        what: "its settings".to_owned(),
        why: "elasticbeanstalk:DescribeConfigurationSettings was refused".to_owned(),
    };
    BlockedTold {
        of: crate::model::notice::RolledImage {
            image: "ami-new".into(),
            base_version: None,
        },
        target: target("shop-blue"),
        from: Some("ami-old".into()),
        reason,
    }
}

/// One of each.
fn every_one() -> Vec<(&'static str, Notice)> {
    let mut world = World::new();
    let mut baked = image(&mut world, false);
    baked.changes = Some(ChangesInShort {
        since: "ami-old".into(),
        line: "openssl 3.2.2-1 -> 3.2.2-3".to_owned(),
        changed: 1,
        added: 0,
        removed: 0,
        kernel: None,
        partial: false,
    });
    let scope = scope();
    let image = ImageId::from("ami-new");
    let story = RolloutStory {
        installation: &world.wanted.installation,
        scope: &scope,
        watch: &world.watch.name,
        image: &image,
        baked: Some(&baked),
        told: None,
        began_at: now(),
        at: now(),
    };
    let waiting = vec![from("shop-canary"), from("shop-new")];
    let older = ImageId::from("ami-middle");
    let printed = PrintedChange {
        target: target("shop-blue"),
        from: Some("ami-old".into()),
        printed: "ImageId = \"ami-new\"".to_owned(),
    };
    let all = vec![
        (
            "approval_needed",
            approval_needed(&story, &question("shop-1"), waiting, Some(&older)),
        ),
        (
            "approval_lapsed",
            approval_lapsed(&story, &question("shop-1")),
        ),
        (
            "superseded",
            rollout_superseded(&story, &older, vec!["shop/shop-canary".to_owned()]),
        ),
        ("wave_through", wave_through(&story, wave(1, false))),
        ("rolled_out", wave_through(&story, wave(2, true))),
        ("blocked", rollout_blocked(&story, blocked(), 1)),
        ("hands_needed", hands_needed(&story, vec![printed])),
    ];
    let bake = baked_notice(&order(&world, 1), &baked, now());
    for (_, one) in &all {
        let stored = serde_json::to_value(one).unwrap();
        let read: Notice = serde_json::from_value(stored).unwrap();
        assert_eq!(read, *one);
        assert_eq!(one.story, bake.story, "one story with the bake");
    }
    all
}

#[test]
fn each_in_words() {
    let mut said = String::new();
    for (name, notice) in every_one() {
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
    insta::assert_snapshot!("rolling_in_words", said);
}

#[test]
fn each_as_slack_is_sent_it() {
    for (name, notice) in every_one() {
        let message = serde_json::to_string_pretty(&blocks(&notice, false)).unwrap();
        insta::assert_snapshot!(format!("slack_{name}"), message);
    }
}

#[test]
fn each_has_an_event_and_a_key_of_its_own() {
    let all = every_one();
    let events: Vec<(&str, NoticeEvent, Severity)> = all
        .iter()
        .map(|(name, one)| (*name, one.event(), one.severity()))
        .collect();
    use NoticeEvent::{ApprovalNeeded, Attention, RolledOut};
    assert_eq!(
        events,
        [
            ("approval_needed", ApprovalNeeded, Severity::Warning),
            ("approval_lapsed", Attention, Severity::Warning),
            ("superseded", RolledOut, Severity::Info),
            ("wave_through", RolledOut, Severity::Info),
            ("rolled_out", RolledOut, Severity::Info),
            ("blocked", Attention, Severity::Critical),
            ("hands_needed", Attention, Severity::Warning),
        ]
    );
    let keys: std::collections::BTreeSet<&str> =
        all.iter().map(|(_, one)| one.key.as_str()).collect();
    assert_eq!(keys.len(), all.len(), "{keys:?}");
}
