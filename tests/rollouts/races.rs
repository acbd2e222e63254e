//! What was decided is begun only while what it was decided from still holds: whoever writes in between, a
//! failure, a person, another move, is heard, and it is decided again.

use std::time::Duration;

use amiwatch::model::hold::{HeldThing, Hold};
use amiwatch::model::ids::WatchName;
use amiwatch::model::request::{MoveWish, WishedWay};
use amiwatch::service::Service;
use amiwatch::service::desk::hold::hold_watch;
use amiwatch::service::desk::moving::{MoveAsked, begin_wish};
use amiwatch::service::pass::decide::decide_pass;
use amiwatch::service::runs::moving::{MoveBegun, begin_move};
use amiwatch::store::{Batch, Lease, moves};

use super::world::{BLUE, CANARY, UNASKED, scope, town};
use crate::common::life::Life;
use crate::common::paused;

/// A pass decides; then something happens; then what was decided is begun.
async fn begun_after(
    life: &Life,
    between: impl AsyncFnOnce(&Service<'_>, Lease),
) -> Vec<MoveBegun> {
    let work = async |service: Service<'_>, lease: Lease| {
        let decided = decide_pass(&service, lease, &[]).await.unwrap();
        let starts = decided.rollout.starts;
        assert_eq!(starts.len(), 1, "the canary is to be moved");
        between(&service, lease).await;
        let mut begun = Vec::new();
        for start in starts {
            begun.push(
                begin_move(&service, lease, &start.order, &start.from)
                    .await
                    .unwrap(),
            );
        }
        begun
    };
    life.process(work).await.expect("nothing is armed")
}

async fn baked() -> Life {
    let life = town(UNASKED);
    life.bakes_first().await;
    life.wait(Duration::from_secs(60)).await;
    life
}

#[test]
fn what_was_decided_is_begun_where_nothing_has_changed() {
    paused(async || {
        let life = baked().await;
        let begun = begun_after(&life, async |_, _| {}).await;
        assert!(matches!(begun[..], [MoveBegun::Begun { .. }]), "{begun:?}");
    });
}

/// The end of a move that failed marks the image in the batch that quarantines it.
#[test]
fn a_failure_meanwhile_is_heard() {
    paused(async || {
        let life = baked().await;
        let image = life.newest();
        let begun = begun_after(&life, async |service, _| {
            let watch = WatchName::new("shop");
            let mut memory = moves::rollout(service.store, &scope(), &watch)
                .await
                .unwrap();
            memory.value.mark(&image.as_str().into());
            let put = moves::put_rollout(&scope(), &watch, &memory);
            service
                .store
                .commit(Batch::of_ops(vec![put]))
                .await
                .unwrap();
        })
        .await;
        assert_eq!(begun, [MoveBegun::DecideAgain]);
        assert_eq!(life.updated(), [""; 0]);
    });
}

#[test]
fn a_hold_meanwhile_is_heard() {
    paused(async || {
        let life = baked().await;
        let begun = begun_after(&life, async |service, _| {
            let hold = Hold {
                on: HeldThing::Watch,
                reason: "the audit is on".to_owned(),
                by: "ann".to_owned(),
                since: service.clock.now(),
                until: None,
            };
            hold_watch(&service.desk(), &"shop".into(), &hold)
                .await
                .unwrap();
        })
        .await;
        assert_eq!(begun, [MoveBegun::DecideAgain]);
        life.passes(3).await;
        assert_eq!(life.updated(), [""; 0], "and it is held");
    });
}

/// A person moves the same environment: one move is begun, and it is the person's.
#[test]
fn a_person_s_move_meanwhile_is_the_one_that_is_made() {
    paused(async || {
        let life = baked().await;
        let wish = MoveWish {
            watch: "shop".into(),
            application: "shop".to_owned(),
            environment: CANARY.to_owned(),
            way: WishedWay::To { image: None },
            by: "jo".to_owned(),
        };
        let begun = begun_after(&life, async |service, lease| {
            let asked = begin_wish(service, lease, &wish).await.unwrap();
            assert!(matches!(asked, MoveAsked::Open { .. }), "{asked:?}");
        })
        .await;
        assert_eq!(begun, [MoveBegun::DecideAgain]);
        life.passes(2).await;
        assert_eq!(life.updated()[..2], [CANARY, BLUE], "each once");
    });
}
