//! Every step run twice, every step failing, every undo failing: the bake's own steps, with one of them
//! disturbed from outside. What was left is told, shown, and swept.

use std::time::Duration;

use amiwatch::flow::bake::hands::BakeHands;
use amiwatch::flow::bake::steps::{BakeStep, STEPS, journal_name};
use amiwatch::service::Service;
use amiwatch::service::pass::look::{Patience, look_afresh};
use amiwatch::service::runs::bake::give_order;
use amiwatch::store::{Lease, left};
use amiwatch::workflow::observer::Unobserved;
use amiwatch::workflow::{RunOutcome, Runner};
use sim::{FaultKind, FaultRule};

use crate::common::disturbed::{Disturbed, How};
use crate::common::guest::{Cast, Day};
use crate::common::life::Life;
use crate::common::paused;
use crate::common::world::REGION;

/// Bakes what the plan says, disturbed.
async fn bake(service: &Service<'_>, lease: Lease, how: How<BakeStep>) -> RunOutcome {
    let looked = look_afresh(service, None, Patience::Waits).await.unwrap();
    let (one, place) = (&looked[0], looked[0].place.as_ref().unwrap());
    let bake = one.item.bake().expect("there is something to bake");
    let order = give_order(service, one.watch, place, bake, &one.item.because)
        .await
        .unwrap();
    let told = service.told();
    let journal = journal_name(&order.key, order.attempt);
    let hands = BakeHands::new(place.cloud.clone(), service.store, &told);
    let workflow = Disturbed::new(hands, how);
    let runner = Runner {
        workflow: &workflow,
        store: service.store,
        clock: service.clock,
        epoch: lease.epoch,
        observer: &Unobserved,
    };
    match Box::pin(runner.open(&journal, &order)).await {
        Ok(ended) => ended.outcome,
        Err(error) => panic!("{how:?}: {error}"),
    }
}

async fn disturbed(life: &Life, how: How<BakeStep>) -> RunOutcome {
    eprintln!("{how:?}");
    let outcome = life.process(async |service, lease| bake(&service, lease, how).await);
    outcome.await.expect("nothing is armed")
}

#[test]
fn every_step_that_is_run_twice_makes_one_thing() {
    for &step in STEPS {
        paused(async || {
            let life = Life::brisk();
            let outcome = disturbed(&life, How::Twice(step)).await;
            assert_eq!(
                outcome,
                RunOutcome::Succeeded { left: Vec::new() },
                "{step:?}"
            );
            life.until_settled().await;
            assert_eq!(life.verified().len(), 1);
            life.no_launch_was_doubled();
            life.promises_hold();
        });
    }
}

#[test]
fn every_step_that_fails_leaves_nothing_and_the_next_attempt_succeeds() {
    for &step in STEPS {
        for how in [How::FailsBefore(step), How::FailsAfter(step)] {
            paused(async || {
                let life = Life::brisk();
                let outcome = disturbed(&life, how).await;
                // Past the image's mark nothing fails any more: what is left is a remark.
                let past = step == BakeStep::CleanUp;
                assert_eq!(
                    matches!(outcome, RunOutcome::Succeeded { .. }),
                    past,
                    "{how:?}"
                );
                if let RunOutcome::Failed { left, .. } = outcome {
                    // What is proved stays proved, whatever came of its mark.
                    let marked = how == How::FailsAfter(BakeStep::MarkVerified);
                    assert_eq!(life.verified().len(), usize::from(marked), "{how:?}");
                    // An image that EC2 is still making is not thrown away: the next attempt meets it.
                    let making = step == BakeStep::Available
                        || how == How::FailsAfter(BakeStep::CreateImage);
                    assert_eq!(
                        left.len(),
                        usize::from(making || marked),
                        "{how:?}: {left:?}"
                    );
                    assert_eq!(life.leaked().is_empty(), !making, "{how:?}");
                }
                life.until_settled().await;
                assert_eq!(life.verified().len(), 1, "{how:?}");
                life.one_verified_image_per_key();
                life.nothing_foreign_touched();
                if !past {
                    life.promises_hold();
                    life.sweep().await;
                    assert_eq!(left::left_behind(&life.store(), None).await.unwrap(), []);
                }
            });
        }
    }
}

/// What makes something, and so has something to undo.
const MAKERS: [BakeStep; 4] = [
    BakeStep::Network,
    BakeStep::LaunchBuilder,
    BakeStep::CreateImage,
    BakeStep::LaunchBootTest,
];

#[test]
fn every_undo_that_fails_is_told_with_its_command_and_shown_until_a_sweep_has_removed_it() {
    for step in MAKERS {
        paused(async || {
            let life = Life::brisk();
            let outcome = disturbed(&life, How::UndoFails(step, BakeStep::BootReport)).await;
            let RunOutcome::Failed { left, .. } = outcome else {
                panic!("{step:?}: {outcome:?}")
            };
            // What it held cannot go either.
            assert_eq!(
                left.len(),
                1 + usize::from(step == BakeStep::LaunchBuilder),
                "{left:?}"
            );
            let command = left[0].by_hand.clone();
            assert!(command.starts_with("aws ec2 "), "{command}");
            let mut words = command
                .split(' ')
                .skip_while(|word| !word.ends_with("-id") && !word.ends_with("-ids"));
            let id = words.nth(1).unwrap().to_owned();
            let shown = left::left_behind(&life.store(), None).await.unwrap();
            assert_eq!(shown[0].1.value.what[0].by_hand, command);
            // A boot test ends itself, whoever else does not end it.
            let there = life.leaked().iter().any(|one| one.id == id);
            assert_eq!(there, step != BakeStep::LaunchBootTest, "{step:?}: {id}");

            life.until_settled().await;
            let told = life.heard_of("failed");
            assert!(told.body.contains(&command), "{}", told.body);
            for _ in 0..3 {
                life.wait(Duration::from_secs(24 * 60 * 60)).await;
                life.sweep().await;
            }
            assert_eq!(
                left::left_behind(&life.store(), None).await.unwrap(),
                [],
                "{step:?}"
            );
            assert_eq!(life.verified().len(), 1, "{step:?}");
            life.promises_hold();
        });
    }
}

/// EC2 does not let it happen for longer than the undo's time: the journal stays open, a person is told
/// the command, and as soon as it can the next start goes on.
#[test]
fn an_undo_that_is_denied_keeps_its_journal_open_and_says_what_to_do() {
    paused(async || {
        let life = Life::brisk();
        life.guests(Cast {
            builder: Day::FailsChecks,
            boot_test: Day::Quick,
        });
        life.account
            .fault(FaultRule::new(FaultKind::Denied).on("ec2:TerminateInstances"));
        life.pass().await;
        assert_eq!(life.open_bakes().await.len(), 1);
        let builder = life.account.instances().remove(0).id;
        let command =
            format!("aws ec2 terminate-instances --instance-ids {builder} --region {REGION}");
        let shown = left::left_behind(&life.store(), None).await.unwrap();
        assert_eq!(shown[0].1.value.what[0].by_hand, command);
        let told = life.heard_of("attention");
        assert!(told.body.contains(&command), "{}", told.body);
        life.account.clear_faults();
        life.guests(Cast::both(Day::Quick));
        life.until_settled().await;
        assert_eq!(left::left_behind(&life.store(), None).await.unwrap(), []);
        assert_eq!(life.verified().len(), 1);
        life.promises_hold();
    });
}
