//! What people hear of publishing: words, keys, events, and as Slack and SNS are sent it.

use super::publish::*;
use crate::flow::test_world::{days, now, scope};
use crate::model::ids::{Installation, Region, Scope, WatchName};
use crate::model::notice::{Notice, NoticeEvent, Severity};
use crate::model::publish::{ImageProof, PublishOrder, TakenFrom};
use crate::model::publish_rules::{
    Destination, DestinationKind, PublishAs, ShareWith, TemplateRef,
};
use crate::outbox::{WrittenNotice, blocks};

fn destination() -> Destination {
    Destination {
        kind: DestinationKind::Parameter,
        region: scope().region,
    }
}

fn order(back: Option<TakenFrom>) -> PublishOrder {
    PublishOrder {
        installation: Installation::new("acme"),
        watch: WatchName::new("shop"),
        scope: scope(),
        home: scope(),
        destination: destination(),
        number: 3,
        image: "ami-new".into(),
        copy: None,
        base_version: Some("4.5.1".to_owned()),
        publish: PublishAs::Parameter {
            name: "/amis/shop/x86_64".to_owned(),
        },
        proof: ImageProof::Verified,
        back,
        stood: None,
        persons: false,
        by: "amiwatch".to_owned(),
        story: Some("bake:1".to_owned()),
    }
}

/// What is shared, or, where something is taken back, that.
fn shared(back: Option<TakenFrom>) -> PublishOrder {
    let image = back
        .as_ref()
        .map_or("ami-new".into(), |back| back.image.clone());
    let with = ShareWith {
        accounts: ["222233334444".into(), "333344445555".into()].into(),
        ..ShareWith::default()
    };
    PublishOrder {
        destination: Destination {
            kind: DestinationKind::Share,
            region: scope().region,
        },
        publish: PublishAs::Share { with },
        image,
        ..order(back)
    }
}

/// What is copied to another region, or whose copy is taken back there.
fn copied(back: Option<TakenFrom>) -> PublishOrder {
    let region = Region::from("eu-central-1");
    PublishOrder {
        scope: Scope {
            region: region.clone(),
            ..scope()
        },
        destination: Destination {
            kind: DestinationKind::Copy,
            region,
        },
        publish: PublishAs::Copy { key: None },
        ..shared(back)
    }
}

/// What a launch template gets.
fn templated() -> PublishOrder {
    PublishOrder {
        destination: Destination {
            kind: DestinationKind::Template,
            region: scope().region,
        },
        publish: PublishAs::Template {
            template: TemplateRef::Name("shop".to_owned()),
            make_default: true,
        },
        ..order(None)
    }
}

fn failed_copy() -> FailedPublication<'static> {
    FailedPublication {
        why: "EC2 could not make the copy ami-copy: Client.InternalError: no",
        fault: "copy_failed",
        look: "aws ec2 describe-images --owners self --region eu-central-1".to_owned(),
        ..failed(Some(1))
    }
}

fn bad() -> TakenFrom {
    TakenFrom {
        image: "ami-bad".into(),
        copy: None,
        why: "ann says: it eats memory".to_owned(),
    }
}

fn failed(next: Option<i64>) -> FailedPublication<'static> {
    FailedPublication {
        why: "somebody else wrote version 7 of /amis/shop/x86_64 over ours",
        fault: "contested",
        next_at: next.map(|after| now() + days(after)),
        goes_on: false,
        look: "aws ssm get-parameter-history --name /amis/shop/x86_64 --region eu-west-1"
            .to_owned(),
    }
}

/// One of each.
fn every_one() -> Vec<(&'static str, Notice)> {
    let old = "ami-old".into();
    let journal = "publish/0123456789abcdef/0003";
    let stays = StaysBad {
        installation: &Installation::new("acme"),
        watch: &WatchName::new("shop"),
        home: &scope(),
        destination: &destination(),
        published: "parameter /amis/shop/x86_64",
        bad: &bad(),
        feed: false,
    };
    vec![
        (
            "published",
            image_published(&order(None), journal, None, Some(&old), Some(4), now()),
        ),
        (
            "first",
            image_published(
                &order(None),
                "publish/0123456789abcdef/0001",
                None,
                None,
                Some(1),
                now(),
            ),
        ),
        (
            "taken_back",
            image_published(
                &order(Some(bad())),
                "publish/0123456789abcdef/0004",
                None,
                Some(&bad().image),
                Some(5),
                now(),
            ),
        ),
        (
            "failed",
            publication_failed(&order(None), journal, &failed(Some(1)), now()),
        ),
        (
            "given_up",
            publication_failed(
                &order(Some(bad())),
                "publish/0123456789abcdef/0005",
                &failed(None),
                now(),
            ),
        ),
        ("stays", bad_image_stays(&stays, now())),
        (
            "shared",
            image_published(
                &shared(None),
                "publish/fedcba9876543210/0001",
                None,
                None,
                None,
                now(),
            ),
        ),
        (
            "shared_no_more",
            image_published(
                &shared(Some(bad())),
                "publish/fedcba9876543210/0002",
                None,
                None,
                None,
                now(),
            ),
        ),
        (
            "templated",
            image_published(
                &templated(),
                "publish/aabbccddeeff0011/0001",
                None,
                Some(&old),
                Some(4),
                now(),
            ),
        ),
        (
            "copied",
            image_published(
                &copied(None),
                "publish/00112233445566/0001",
                Some(&"ami-copy".into()),
                None,
                None,
                now(),
            ),
        ),
        (
            "copy_taken_back",
            image_published(
                &copied(Some(bad())),
                "publish/00112233445566/0002",
                Some(&"ami-badcopy".into()),
                None,
                None,
                now(),
            ),
        ),
        (
            "not_copied",
            publication_failed(
                &copied(None),
                "publish/00112233445566/0003",
                &failed_copy(),
                now(),
            ),
        ),
        (
            "not_shared",
            publication_failed(
                &shared(None),
                "publish/fedcba9876543210/0003",
                &failed(None),
                now(),
            ),
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
    insta::assert_snapshot!("publishing_in_words", said);
}

#[test]
fn each_as_slack_is_sent_it() {
    for (name, notice) in every_one() {
        let message = serde_json::to_string_pretty(&blocks(&notice, false)).unwrap();
        insta::assert_snapshot!(format!("slack_publish_{name}"), message);
    }
}

#[test]
fn each_has_an_event_and_a_key_of_its_own() {
    use NoticeEvent::{Attention, Failed, Published};
    let all = every_one();
    let events: Vec<(&str, NoticeEvent, Severity)> = all
        .iter()
        .map(|(name, one)| (*name, one.event(), one.severity()))
        .collect();
    assert_eq!(
        events,
        [
            ("published", Published, Severity::Info),
            ("first", Published, Severity::Info),
            ("taken_back", Published, Severity::Warning),
            ("failed", Failed, Severity::Warning),
            ("given_up", Attention, Severity::Critical),
            ("stays", Attention, Severity::Critical),
            ("shared", Published, Severity::Info),
            ("shared_no_more", Published, Severity::Warning),
            ("templated", Published, Severity::Info),
            ("copied", Published, Severity::Info),
            ("copy_taken_back", Published, Severity::Warning),
            ("not_copied", Failed, Severity::Warning),
            ("not_shared", Attention, Severity::Critical),
        ]
    );
    let keys: std::collections::BTreeSet<&str> =
        all.iter().map(|(_, one)| one.key.as_str()).collect();
    assert_eq!(keys.len(), all.len(), "{keys:?}");
}
