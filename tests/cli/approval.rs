//! `approve` and `deny` as people type them: what is asked is shown first, and only an open question takes
//! an answer.

use amiwatch::clock::Clock;
use amiwatch::model::bake::{BakeKey, BakedImage, RecipeDigest};
use amiwatch::model::history::WatchHistory;
use amiwatch::model::ids::{ImageId, Scope, WatchName};
use amiwatch::model::rollout_memory::{ApprovalQuestion, RolloutMemory};
use amiwatch::store::records::{self, Versioned};
use amiwatch::store::sqlite::SqliteStore;
use amiwatch::store::{Batch, Op, Store as _, moves};
use chrono::TimeDelta;

use super::harness::Desk;

const IMAGE: &str = "ami-0000000000000000b";

fn desk() -> Desk {
    Desk::bare().configured().with("USER", "ann")
}

fn scope() -> Scope {
    Scope {
        partition: "aws".into(),
        account: "000000000000".into(),
        region: "eu-west-1".into(),
    }
}

fn current(image: &str) -> WatchHistory {
    WatchHistory {
        current: Some(BakedImage {
            image: image.into(),
            key: BakeKey::from_tag("0123456789abcdef"),
            generation: 0,
            base_image: "ami-00000000000000001".into(),
            base_version: "4.5.1".to_owned(),
            recipe_digest: RecipeDigest::of_user_data("#cloud-config\n", false),
            baked_at: Clock::real().now(),
            redundant: false,
            checks_digest: None,
            adopted_at: None,
            changes: None,
            story: None,
        }),
        ..WatchHistory::default()
    }
}

/// A question about an image that was asked just now and lapses after so many hours.
fn ask(desk: &Desk, id: &str, hours: i64) {
    ask_about(desk, id, hours, IMAGE);
}

/// The same about another image, which is the watch's own now.
pub(super) fn ask_about(desk: &Desk, id: &str, hours: i64, image: &str) {
    let asked_at = Clock::real().now();
    let approval = Some(ApprovalQuestion {
        id: id.to_owned(),
        image: ImageId::from(image),
        asked_at,
        lapses_at: asked_at + TimeDelta::hours(hours),
        answer: None,
    });
    write(desk, approval, image);
}

fn write(desk: &Desk, approval: Option<ApprovalQuestion>, now: &str) {
    let (scope, watch) = (scope(), WatchName::new("shop"));
    let wait = tokio::runtime::Builder::new_current_thread();
    wait_for(wait, async {
        let store = SqliteStore::open(&desk.path("amiwatch.db")).unwrap();
        let mut memory = moves::rollout(&store, &scope, &watch).await.unwrap();
        memory.value = RolloutMemory {
            approval: approval.or(memory.value.approval),
            ..memory.value
        };
        let history = records::remembered_watch(&store, &scope, &watch)
            .await
            .unwrap();
        let history = Versioned {
            version: history.version,
            value: current(now),
        };
        let ops = vec![
            moves::put_rollout(&scope, &watch, &memory),
            records::put_watch(&scope, &watch, &history),
        ];
        store.commit(Batch::of_ops(ops)).await.unwrap();
    });
}

fn remembered(desk: &Desk) -> Versioned<RolloutMemory> {
    let wait = tokio::runtime::Builder::new_current_thread();
    wait_for(wait, async {
        let store = SqliteStore::open_read_only(&desk.path("amiwatch.db")).unwrap();
        let watch = WatchName::new("shop");
        moves::rollout(&store, &scope(), &watch).await.unwrap()
    })
}

fn wait_for<T>(mut with: tokio::runtime::Builder, work: impl Future<Output = T>) -> T {
    with.build().unwrap().block_on(work)
}

#[test]
fn a_question_is_shown_and_answered_once() {
    let desk = desk();
    ask(&desk, "shop-1", 72);
    let before = remembered(&desk).version;

    let alone = desk.run(&["approve", "shop-1"]);
    assert_eq!(alone.code, 2, "{alone:?}");
    assert!(
        alone.stderr.contains("`--yes` approves what is shown"),
        "{alone:?}"
    );
    for said in ["question shop-1", IMAGE, "of release 4.5.1", "lapses"] {
        assert!(alone.stdout.contains(said), "{said}: {alone:?}");
    }
    assert_eq!(remembered(&desk).version, before, "nobody answered");

    let ran = desk.run(&["approve", "shop-1", "--yes", "--format", "json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let json = ran.json();
    assert_eq!(json["schema"], "amiwatch.approval/1");
    assert_eq!(json["answer"]["said"], "approved");
    assert_eq!(json["answer"]["by"], "ann");
    let after = remembered(&desk);
    assert!(
        after.version > before,
        "what was decided before is not begun"
    );
    let answer = after.value.approval.unwrap().answer.unwrap();
    assert_eq!(answer.said.as_str(), "approved");
    let history = desk.run(&["history"]);
    assert!(
        history.stdout.contains("approved the rollout of"),
        "{history:?}"
    );

    for again in [["approve", "shop-1", "--yes"], ["deny", "shop-1", "--yes"]] {
        let again = desk.run(&again);
        assert_eq!(again.code, 1, "{again:?}");
        again.says_in_one_line("was approved by ann");
    }
    assert_eq!(remembered(&desk).version, after.version);
}

#[test]
fn only_an_open_question_takes_an_answer() {
    let desk = desk();
    let none = desk.run(&["deny", "shop-1", "--yes"]);
    assert_eq!(none.code, 1, "{none:?}");
    none.says_in_one_line("no question is open");

    ask(&desk, "shop-1", 72);
    let other = desk.run(&["approve", "shop-2", "--yes"]);
    assert_eq!(other.code, 1, "{other:?}");
    other.says_in_one_line("open: shop-1");

    // A newer image was baked, and no pass has asked about it yet.
    write(&desk, None, "ami-0000000000000000c");
    let late = desk.run(&["approve", "shop-1", "--yes"]);
    assert_eq!(late.code, 1, "{late:?}");
    late.says_in_one_line("the watch's image is ami-0000000000000000c by now");

    ask(&desk, "shop-1", -1);
    let lapsed = desk.run(&["approve", "shop-1", "--yes"]);
    assert_eq!(lapsed.code, 1, "{lapsed:?}");
    lapsed.says_in_one_line("lapsed at");
    assert!(remembered(&desk).value.approval.unwrap().answer.is_none());

    ask(&desk, "shop-1", 1);
    let denied = desk.run(&["deny", "shop-1", "--yes"]);
    assert_eq!(denied.code, 0, "{denied:?}");
    assert!(
        denied.stdout.contains("`amiwatch rollout shop`"),
        "{denied:?}"
    );
}

/// The question may be in a record that makes no sense: it is named, as `status` names such records.
#[test]
fn a_record_that_cannot_be_read_is_named_where_the_question_is_not_found() {
    let desk = desk();
    ask(&desk, "shop-1", 72);
    let key = format!("rollout/{}/shop", scope());
    let wait = tokio::runtime::Builder::new_current_thread();
    wait_for(wait, async {
        let store = SqliteStore::open(&desk.path("amiwatch.db")).unwrap();
        let read = store.get(&key).await.unwrap().expect("it was asked");
        let spoilt = Op::CompareAndSet {
            key: key.clone(),
            expected: read.version,
            value: serde_json::json!("what is this"),
        };
        store.commit(Batch::of_ops(vec![spoilt])).await.unwrap();
    });
    let ran = desk.run(&["approve", "shop-1", "--yes"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    ran.says_in_one_line(&format!("cannot be read, and may hold it: {key}"));
}
