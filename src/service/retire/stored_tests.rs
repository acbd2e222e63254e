//! What the store knows to name an image: each kind, its end, and records that make no sense.

use chrono::TimeZone as _;
use serde_json::json;

use super::*;
use crate::flow::retire::test_images::ladder_image;
use crate::flow::rollout::test_orders::{NEW, OLD, forward, target};
use crate::model::hold::Hold;
use crate::model::image_uses::LaunchFacts;
use crate::model::publish::{DestinationLedger, PublishedImage};
use crate::model::publish_rules::{PublishAs, ShareWith};
use crate::model::rollout::{MoveEnded, UndoTo};
use crate::model::rollout_memory::{ApprovalQuestion, ImageRollout};
use crate::model::sighting::Seen;
use crate::store::publications;
use crate::store::records::Versioned;
use crate::store::sqlite::SqliteStore;
use crate::store::{Batch, Op};
use crate::workflow::open::opening;

const DAY: TimeDelta = TimeDelta::days(1);

fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 2, 12, 0, 0).unwrap()
}

fn image(id: &str) -> OwnedImage {
    ladder_image(id, now() - DAY * 100)
}

async fn stored(ops: Vec<Op>) -> SqliteStore {
    let store = SqliteStore::in_memory().unwrap();
    store.commit(Batch::of_ops(ops)).await.unwrap();
    store
}

async fn read(store: &SqliteStore) -> PlaceUses {
    let horizons = BTreeMap::from([("shop".into(), Duration::from_secs(45 * 86_400))]);
    let ask = StoredAsk {
        store,
        installation: &"acme".into(),
        scope: &target().scope,
        images: &[image(OLD), image(NEW)],
        horizons: &horizons,
        now: now(),
    };
    read_stored_uses(ask).await.unwrap()
}

/// What this kind says of an image.
fn seen(uses: &PlaceUses, kind: ReferenceKind, id: &str) -> Seen<Vec<ImageUse>> {
    let references = uses.of_image(&ImageId::from(id), &LaunchFacts::default(), now());
    references.0[&kind].seen.clone()
}

fn ends(seen: Seen<Vec<ImageUse>>) -> Vec<Option<DateTime<Utc>>> {
    let Seen::Known(uses) = seen else {
        panic!("{seen:?}");
    };
    uses.into_iter().map(|one| one.until).collect()
}

fn moved(at: DateTime<Utc>) -> TargetMoves {
    TargetMoves {
        last: Some(MoveEnded {
            journal: "move/1".to_owned(),
            at,
            back: false,
            from: Some(OLD.into()),
            to: Some(NEW.into()),
            fault: None,
            why: None,
        }),
        ..TargetMoves::default()
    }
}

fn put_moves(moves: TargetMoves) -> Op {
    let moves = Versioned {
        version: 0,
        value: moves,
    };
    moves::put_target_moves(&target(), &moves)
}

#[tokio::test]
async fn an_empty_store_answers_every_kind_and_names_nothing() {
    let uses = read(&stored(Vec::new()).await).await;
    for kind in &ReferenceKind::NEEDED[7..] {
        assert_eq!(seen(&uses, *kind, OLD), Seen::Absent, "{kind:?}");
    }
    assert_eq!(uses.0.len(), 5);
}

/// The net for "horizon ignored".
#[tokio::test]
async fn an_image_that_an_environment_ran_stays_for_the_horizon() {
    let at = now() - DAY * 10;
    let uses = read(&stored(vec![put_moves(moved(at))]).await).await;
    let kind = ReferenceKind::RecordedBefore;
    let until = Some(at + DAY * 45);
    assert_eq!(ends(seen(&uses, kind, OLD)), [until], "what it left");
    assert_eq!(ends(seen(&uses, kind, NEW)), [until], "what it runs");

    let order = forward();
    let mut undone = moved(at);
    undone.last = None;
    undone.undo = Some(UndoTo {
        journal: "move/0".to_owned(),
        before: order.before.clone(),
        from: order.to.image.clone(),
    });
    let uses = read(&stored(vec![put_moves(undone)]).await).await;
    let until = Some(order.before.at + DAY * 45);
    assert_eq!(
        ends(seen(&uses, kind, OLD)),
        [until],
        "what it can go back to"
    );
}

fn stood(id: &str, days_ago: i32, published: &PublishAs) -> PublishedImage {
    PublishedImage {
        image: id.into(),
        copy: None,
        base_version: None,
        at: now() - DAY * days_ago,
        published: published.clone(),
        version: None,
        found: false,
    }
}

fn put_published(ledger: DestinationLedger) -> Op {
    let ledger = Versioned {
        version: 0,
        value: ledger,
    };
    let destination = "ssm:eu-west-1".parse().unwrap();
    publications::put_ledger(&target().scope, &"shop".into(), &destination, &ledger)
}

#[tokio::test]
async fn what_is_published_counts_and_so_does_what_taking_back_needs() {
    let kind = ReferenceKind::Published;
    let parameter = PublishAs::Parameter {
        name: "/amis/shop".to_owned(),
    };
    let ledger = |published: &PublishAs| DestinationLedger {
        now: Some(stood(NEW, 10, published)),
        before: vec![
            stood(OLD, 90, published),
            stood("ami-older", 95, published),
            stood("ami-oldest", 300, published),
        ],
        ..DestinationLedger::default()
    };
    let uses = read(&stored(vec![put_published(ledger(&parameter))]).await).await;
    assert_eq!(ends(seen(&uses, kind, NEW)), [None], "it stands there");
    assert_eq!(ends(seen(&uses, kind, OLD)), [None], "the way back");
    let until = Some(now() - DAY * 90 + DAY * 45);
    assert_eq!(ends(seen(&uses, kind, "ami-older")), [until]);
    let until = Some(now() - DAY * 95 + DAY * 45);
    assert_eq!(ends(seen(&uses, kind, "ami-oldest")), [until]);
    assert_eq!(seen(&uses, kind, "ami-else"), Seen::Absent);

    let shared = PublishAs::Share {
        with: ShareWith::default(),
    };
    let uses = read(&stored(vec![put_published(ledger(&shared))]).await).await;
    let oldest = ends(seen(&uses, kind, "ami-oldest"));
    assert_eq!(
        oldest,
        [None],
        "others may launch it until it is taken back"
    );

    let unsure = DestinationLedger {
        unsure: Some(NEW.into()),
        ..DestinationLedger::default()
    };
    let uses = read(&stored(vec![put_published(unsure)]).await).await;
    assert_eq!(ends(seen(&uses, kind, NEW)), [None], "it may stand there");
}

#[tokio::test]
async fn a_hold_counts_for_as_long_as_it_holds() {
    let hold = |on, until| Hold {
        on,
        reason: "we look at it".to_owned(),
        by: "ada".to_owned(),
        since: now() - DAY,
        until,
    };
    let put = |holds| {
        let holds = Versioned {
            version: 0,
            value: holds,
        };
        let installation = Installation::from("acme");
        records::put_holds(Some(&installation), &"shop".into(), &holds).unwrap()
    };
    let kind = ReferenceKind::Hold;
    let until = Some(now() + DAY);
    let on_image = hold(HeldThing::Image(OLD.into()), until);
    let uses = read(&stored(vec![put(vec![on_image])]).await).await;
    assert_eq!(ends(seen(&uses, kind, OLD)), [until]);
    assert_eq!(seen(&uses, kind, NEW), Seen::Absent);

    let uses = read(&stored(vec![put(vec![hold(HeldThing::Watch, None)])]).await).await;
    assert_eq!(ends(seen(&uses, kind, OLD)), [None]);
    assert_eq!(ends(seen(&uses, kind, NEW)), [None]);

    let ended = hold(HeldThing::Watch, Some(now()));
    let release = hold(HeldThing::Release("4.5.1".to_owned()), None);
    let uses = read(&stored(vec![put(vec![ended, release])]).await).await;
    assert_eq!(seen(&uses, kind, OLD), Seen::Absent);
}

#[tokio::test]
async fn runs_under_way_count_and_those_of_unknown_kinds_count_for_everything() {
    let kind = ReferenceKind::OpenRun;
    let opened = opening::<MoveKind>("move/1", &forward(), now()).unwrap();
    let uses = read(&stored(opened).await).await;
    assert_eq!(ends(seen(&uses, kind, OLD)), [None], "from");
    assert_eq!(ends(seen(&uses, kind, NEW)), [None], "to");
    assert_eq!(seen(&uses, kind, "ami-else"), Seen::Absent);

    // A test's images carry their own id as the key.
    let bake = |journal: &str, value| Op::PutIfAbsent {
        key: format!("open/{journal}"),
        value,
    };
    let journal = format!("bake/{NEW}/1");
    let uses = read(&stored(vec![bake(&journal, serde_json::Value::Null)]).await).await;
    assert_eq!(ends(seen(&uses, kind, NEW)), [None]);
    assert_eq!(seen(&uses, kind, OLD), Seen::Absent);

    let header = |region: &str| {
        let scope = json!({ "partition": "aws", "account": "111122223333", "region": region });
        json!({ "kind": "copy", "subject": "x", "scope": scope, "at": now() })
    };
    let uses = read(&stored(vec![bake("copy/1", header("eu-west-1"))]).await).await;
    assert!(
        seen(&uses, kind, OLD).trouble().is_some(),
        "of a kind that is not known"
    );
    let uses = read(&stored(vec![bake("copy/1", header("us-east-1"))]).await).await;
    assert_eq!(seen(&uses, kind, OLD), Seen::Absent, "in another region");
    let uses = read(&stored(vec![bake("copy/1", serde_json::Value::Null)]).await).await;
    assert!(
        seen(&uses, kind, OLD).trouble().is_some(),
        "nobody knows where"
    );
}

#[tokio::test]
async fn what_watches_remember_counts() {
    let kind = ReferenceKind::Remembered;
    let scope = target().scope;
    let put = |memory: RolloutMemory| {
        let memory = Versioned {
            version: 0,
            value: memory,
        };
        moves::put_rollout(&scope, &"shop".into(), &memory)
    };
    let rolling = RolloutMemory {
        image: Some(ImageRollout::begun(NEW.into(), now())),
        ..RolloutMemory::default()
    };
    let uses = read(&stored(vec![put(rolling.clone())]).await).await;
    assert_eq!(ends(seen(&uses, kind, NEW)), [None]);
    let mut through = rolling;
    if let Some(image) = &mut through.image {
        image.finished_at = Some(now());
    }
    through.approval = Some(ApprovalQuestion {
        id: "q".to_owned(),
        image: OLD.into(),
        asked_at: now(),
        lapses_at: now() + DAY,
        answer: None,
    });
    let uses = read(&stored(vec![put(through)]).await).await;
    assert_eq!(seen(&uses, kind, NEW), Seen::Absent, "it is through");
    assert_eq!(
        ends(seen(&uses, kind, OLD)),
        [None],
        "people are asked about it"
    );
}

/// A region that a watch publishes to holds copies alone: what is remembered of their images counts for them.
#[tokio::test]
async fn what_names_an_image_names_its_copies_elsewhere() {
    let home = target().scope;
    let there = Scope {
        region: "eu-central-1".into(),
        ..home.clone()
    };
    let mut copy = image("ami-copy");
    let of = format!("{}/{OLD}", home.region);
    copy.image.tags.insert(tags::COPY_OF.to_owned(), of);
    copy.image.region = there.region.clone();
    let parameter = PublishAs::Parameter {
        name: "/amis/shop".to_owned(),
    };
    let ledger = Versioned {
        version: 0,
        value: DestinationLedger {
            now: Some(PublishedImage {
                copy: Some("ami-copy".into()),
                ..stood(OLD, 10, &parameter)
            }),
            ..DestinationLedger::default()
        },
    };
    let destination = "ssm:eu-central-1".parse().unwrap();
    let published = publications::put_ledger(&home, &"shop".into(), &destination, &ledger);
    let rolling = Versioned {
        version: 0,
        value: RolloutMemory {
            image: Some(ImageRollout::begun(OLD.into(), now())),
            ..RolloutMemory::default()
        },
    };
    let rolling = moves::put_rollout(&home, &"shop".into(), &rolling);
    let held = Versioned {
        version: 0,
        value: vec![Hold {
            on: HeldThing::Image(OLD.into()),
            reason: "we look at it".to_owned(),
            by: "ada".to_owned(),
            since: now() - DAY,
            until: None,
        }],
    };
    let held = records::put_holds(Some(&"acme".into()), &"shop".into(), &held).unwrap();
    let store = stored(vec![published, rolling, held]).await;
    let (installation, images, horizons) = ("acme".into(), [copy], BTreeMap::new());
    let ask = StoredAsk {
        store: &store,
        installation: &installation,
        scope: &there,
        images: &images,
        horizons: &horizons,
        now: now(),
    };
    let uses = read_stored_uses(ask).await.unwrap();
    for kind in [
        ReferenceKind::Published,
        ReferenceKind::Remembered,
        ReferenceKind::Hold,
    ] {
        assert_eq!(ends(seen(&uses, kind, "ami-copy")), [None], "{kind:?}");
    }
    // At home it is the image that is named, by its own id.
    let uses = read(&store).await;
    let published = seen(&uses, ReferenceKind::Published, OLD);
    assert_eq!(ends(published), [None]);
}

#[tokio::test]
async fn a_record_that_makes_no_sense_keeps_everything() {
    let broken = |key: String| Op::PutIfAbsent {
        key,
        value: json!("nonsense"),
    };
    let scope = target().scope;
    for (key, kind) in [
        (
            format!("moves/{scope}/shop/shop-blue"),
            ReferenceKind::RecordedBefore,
        ),
        ("hold/acme/shop".to_owned(), ReferenceKind::Hold),
        (format!("watch/{scope}/shop"), ReferenceKind::Remembered),
        (format!("rollout/{scope}/shop"), ReferenceKind::Remembered),
        (
            format!("publish/{scope}/shop/ssm:eu-west-1"),
            ReferenceKind::Published,
        ),
        (
            format!("publish/{scope}/shop/later:eu-west-1"),
            ReferenceKind::Published,
        ),
    ] {
        let uses = read(&stored(vec![broken(key.clone())]).await).await;
        assert!(seen(&uses, kind, OLD).trouble().is_some(), "{key}");
    }
}
