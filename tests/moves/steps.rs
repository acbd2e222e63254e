//! Every step of a move run twice, and every step failing: one update, or everything as it was before.

use amiwatch::cloud::Identity;
use amiwatch::flow::rollout::moving::hands::Move;
use amiwatch::flow::rollout::moving::steps::{MoveKind, MoveStep};
use amiwatch::service::Service;
use amiwatch::service::runs::moving::resume_moves;
use amiwatch::store::Lease;
use amiwatch::workflow::observer::Unobserved;
use amiwatch::workflow::{RunOutcome, Runner, WorkflowKind as _};

use super::orders::{Wish, begin};
use super::world::{NEW, OLD, brisk};
use crate::common::disturbed::{Disturbed, How};
use crate::common::paused;
use crate::common::world::REGION;

/// Orders a move, drives it disturbed, and whatever takes it back as usual.
async fn drive(service: &Service<'_>, lease: Lease, how: How<MoveStep>) -> RunOutcome {
    let journal = begin(service, lease, Wish::Forward, |_| {}).await.unwrap();
    let region = REGION.into();
    let cloud = service.connection.cloud(&Identity::Own, Some(&region));
    let told = service.told();
    let hands = Move::new(
        cloud.unwrap(),
        service.store,
        &told,
        service.outside.http.clone(),
    );
    let workflow = Disturbed::new(hands, how);
    let runner = Runner {
        workflow: &workflow,
        store: service.store,
        clock: service.clock,
        epoch: lease.epoch,
        observer: &Unobserved,
    };
    let ended = Box::pin(runner.resume(&journal)).await.unwrap();
    let resumed = resume_moves(service, lease, &|_| Box::new(Unobserved)).await;
    resumed
        .unwrap()
        .into_iter()
        .for_each(|one| drop(one.ended.unwrap()));
    ended.outcome
}

#[test]
fn every_step_of_a_move_that_is_run_twice_makes_one_update() {
    for &step in MoveKind::STEPS {
        paused(async || {
            let life = brisk();
            let driven =
                life.process(async |service, lease| drive(&service, lease, How::Twice(step)).await);
            let outcome = driven.await.expect("nothing is armed");
            assert_eq!(
                outcome,
                RunOutcome::Succeeded { left: Vec::new() },
                "{step:?}"
            );
            assert_eq!(
                (Vec::from_iter(life.runs()), life.updates()),
                (vec![NEW.to_owned()], 1),
                "{step:?}"
            );
        });
    }
}

#[test]
fn every_step_of_a_move_that_fails_leaves_everything_as_it_was() {
    for &step in MoveKind::STEPS {
        for how in [How::FailsBefore(step), How::FailsAfter(step)] {
            paused(async || {
                let life = brisk();
                let driven = life.process(async |service, lease| drive(&service, lease, how).await);
                let outcome = driven.await.expect("nothing is armed");
                assert!(
                    matches!(outcome, RunOutcome::Failed { .. }),
                    "{how:?}: {outcome:?}"
                );
                life.pass().await;
                assert_eq!(Vec::from_iter(life.runs()), [OLD], "{how:?}");
                assert!(life.updates() <= 2, "{how:?}: {}", life.updates());
                life.no_move_is_open().await;
                let is = life.shop_blue();
                assert_eq!(
                    (is.failed_draft, is.pending_image_id),
                    (None, None),
                    "{how:?}"
                );
                assert!(
                    life.heard_events().contains(&"failed".to_owned()),
                    "{how:?}"
                );
                life.each_notice_came_once();
            });
        }
    }
}
