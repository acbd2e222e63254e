//! What was decided is begun only while what it was decided from still holds: whoever writes in between, a
//! failure, a person, another move, is heard, and it is decided again.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use amiwatch::flow::exit_code::Exit;
use amiwatch::model::bake::BakeOrder;
use amiwatch::model::hold::{HeldThing, Hold};
use amiwatch::model::ids::{Installation, WatchName};
use amiwatch::model::request::{MoveWish, WishedWay};
use amiwatch::model::rollout_memory::RolloutMemory;
use amiwatch::service::Service;
use amiwatch::service::desk::hold::{hold_watch, unhold_watch};
use amiwatch::service::desk::moving::{MoveAsked, begin_wish};
use amiwatch::service::desk::rollout::plan_move;
use amiwatch::service::pass::decide::decide_pass;
use amiwatch::service::pass::pass_once;
use amiwatch::service::runs::bake::BakeObserver;
use amiwatch::service::runs::moving::{MoveBegun, begin_move};
use amiwatch::store::{Batch, Lease, moves, records};
use amiwatch::workflow::observer::Unobserved;
use chrono::TimeDelta;

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
            account: None,
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

/// A person holds a release that nobody bakes: it stands against nothing, and raises the version of what is held.
async fn holds_something_else(service: &Service<'_>) {
    let hold = Hold {
        on: HeldThing::Release("9.9.9".to_owned()),
        reason: "the audit is on".to_owned(),
        by: "ann".to_owned(),
        since: service.clock.now(),
        until: Some(service.clock.now() + TimeDelta::seconds(30)),
    };
    hold_watch(&service.desk(), &"shop".into(), &hold)
        .await
        .unwrap();
}

/// Waits until an environment is looked at closer, which is when its verdict is there and its order is not.
/// Whoever works beside this wakes it.
async fn looked_closer(life: &Life, calls: usize) {
    poll_fn(|_| {
        let ledger = life.account.ledger();
        let closer = ledger
            .iter()
            .filter(|call| call.operation == "DescribeEnvironmentManagedActions");
        match closer.count() > calls {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    })
    .await;
}

fn closer_looks(life: &Life) -> usize {
    let ledger = life.account.ledger().into_iter();
    let closer = ledger.filter(|call| call.operation == "DescribeEnvironmentManagedActions");
    closer.count()
}

/// What is held was read with the verdict: a hold that is placed while the environment is read is heard.
#[test]
fn a_hold_that_is_placed_while_a_person_s_move_is_planned_is_heard() {
    paused(async || {
        let life = baked().await;
        let wish = MoveWish {
            watch: "shop".into(),
            account: None,
            application: "shop".to_owned(),
            environment: CANARY.to_owned(),
            way: WishedWay::To { image: None },
            by: "jo".to_owned(),
        };
        let begun = life.process(async |service, lease| {
            let before = closer_looks(&life);
            let (planned, ()) = tokio::join!(plan_move(&service, &wish), async {
                looked_closer(&life, before).await;
                holds_something_else(&service).await;
            });
            let planned = planned.unwrap();
            let order = planned.order.expect("nothing stood against it");
            begin_move(&service, lease, &order, &planned.from)
                .await
                .unwrap()
        });
        assert_eq!(begun.await.unwrap(), MoveBegun::DecideAgain);
    });
}

/// The last hold is ended and another one placed: that is not what was decided from.
#[test]
fn a_hold_that_follows_an_ended_one_is_another_version() {
    paused(async || {
        let life = baked().await;
        let (store, us) = (life.store(), Some(Installation::new("acme")));
        let version = async || {
            let watch = WatchName::new("shop");
            let held = records::remembered_holds(&store, us.as_ref(), &watch).await;
            held.unwrap().version
        };
        let held = life.process(async |service, _| {
            let on = HeldThing::Release("9.9.9".to_owned());
            let mut versions = Vec::new();
            for _ in 0..2 {
                holds_something_else(&service).await;
                versions.push(version().await);
                unhold_watch(&service.desk(), &"shop".into(), &on, "ann")
                    .await
                    .unwrap();
                versions.push(version().await);
            }
            versions
        });
        let versions = held.await.unwrap();
        assert!(versions.is_sorted_by(|a, b| a < b), "{versions:?}");
    });
}

/// A pass writes what its own decision was made from: a hold that has ended is dropped, a mark that is over is
/// forgotten. It does not overtake itself.
#[test]
fn a_pass_does_not_lose_its_own_moves() {
    type Before = (&'static str, fn(&Life, &mut RolloutMemory));
    let before: [Before; 2] = [
        ("an ended hold", |_, _| {}),
        ("a mark that is over", |_, memory| {
            memory.mark(&"ami-0000000000000dead".into());
        }),
    ];
    for (what, change) in before {
        paused(async || {
            let life = baked().await;
            let prepared = life.process(async |service, _| {
                holds_something_else(&service).await;
                let watch = WatchName::new("shop");
                let mut memory = moves::rollout(service.store, &scope(), &watch)
                    .await
                    .unwrap();
                change(&life, &mut memory.value);
                let put = moves::put_rollout(&scope(), &watch, &memory);
                let batch = Batch::of_ops(vec![put]);
                service.store.commit(batch).await.unwrap();
            });
            prepared.await.unwrap();
            life.wait(Duration::from_secs(60)).await;
            let passed = life.pass().await;
            assert_eq!(life.updated(), [CANARY], "{what}");
            assert_eq!(passed.exit(), Exit::Done, "{what}");
        });
    }
}

/// Somebody writes while a pass that is made once decides: it decides once more, and begins what it decided.
#[test]
fn a_pass_that_is_made_once_decides_once_more() {
    paused(async || {
        let life = baked().await;
        let passed = life.process(async |service, lease| {
            let before = closer_looks(&life);
            let unobserved = |_: &BakeOrder| -> Box<BakeObserver> { Box::new(Unobserved) };
            let (passed, ()) = tokio::join!(pass_once(&service, lease, &unobserved), async {
                looked_closer(&life, before).await;
                holds_something_else(&service).await;
            });
            passed.unwrap()
        });
        let passed = passed.await.unwrap();
        assert_eq!(life.updated(), [CANARY]);
        assert_eq!((passed.rolled.len(), passed.exit()), (1, Exit::Done));
        assert_eq!(passed.undecided, [""; 0].map(WatchName::new));
    });
}
