//! Every step of a publication run twice, and every step failing: one image that stands, or what stood before.

use amiwatch::cloud::Identity;
use amiwatch::flow::publish::hands::Publication;
use amiwatch::flow::publish::steps::{PublicationStep, PublishKind};
use amiwatch::service::Service;
use amiwatch::service::pass::look::{Patience, look_afresh};
use amiwatch::service::pass::publish::{PublishingWatch, look_at_publishing};
use amiwatch::service::runs::publishing::begin_publication;
use amiwatch::store::Lease;
use amiwatch::workflow::observer::Unobserved;
use amiwatch::workflow::{RunOutcome, Runner, WorkflowKind as _};

use super::world::feed;
use crate::common::disturbed::{Disturbed, How};
use crate::common::paused;
use crate::common::world::REGION;

/// Begins what the look says is to be published, and drives it disturbed.
async fn drive(service: &Service<'_>, lease: Lease, how: How<PublicationStep>) -> RunOutcome {
    let looked = look_afresh(service, None, Patience::Waits).await.unwrap();
    let place = looked[0].place.as_ref().unwrap();
    let one = PublishingWatch {
        watch: looked[0].watch.name.clone(),
        scope: place.scope.clone(),
        release: looked[0].item.drift.eligible.clone(),
    };
    let known = look_at_publishing(service, &one).await.unwrap().unwrap();
    let starts = known.starts(service, &known.decide(false), None);
    let begun = begin_publication(service, lease, &starts[0]).await;
    let journal = begun.unwrap().expect("nothing has changed meanwhile");
    let region = REGION.into();
    let cloud = service.connection.cloud(&Identity::Own, Some(&region));
    let told = service.told();
    let hands = Publication {
        cloud: cloud.unwrap(),
        store: service.store,
        told: &told,
    };
    let workflow = Disturbed::new(hands, how);
    let runner = Runner {
        workflow: &workflow,
        store: service.store,
        clock: service.clock,
        epoch: lease.epoch,
        observer: &Unobserved,
    };
    Box::pin(runner.resume(&journal)).await.unwrap().outcome
}

#[test]
fn every_step_that_is_run_twice_ends_with_one_image_that_stands() {
    for &step in PublishKind::STEPS {
        paused(async || {
            let life = feed();
            life.pass().await;
            let driven =
                life.process(async |service, lease| drive(&service, lease, How::Twice(step)).await);
            let outcome = driven.await.expect("nothing is armed");
            let done = RunOutcome::Succeeded { left: Vec::new() };
            assert_eq!(outcome, done, "{step:?}");
            let values = life.values();
            let image = life.base_image();
            assert!(
                values.iter().all(|one| *one == image),
                "{step:?}: {values:?}"
            );
            let ledger = life.ledger().await;
            assert_eq!(ledger.under_way, None);
            assert_eq!(ledger.now.unwrap().image.as_str(), image, "{step:?}");
        });
    }
}

#[test]
fn every_step_that_fails_is_told_and_the_next_run_publishes() {
    for &step in PublishKind::STEPS {
        for how in [How::FailsBefore(step), How::FailsAfter(step)] {
            paused(async || {
                let life = feed();
                life.pass().await;
                let driven = life.process(async |service, lease| drive(&service, lease, how).await);
                let outcome = driven.await.expect("nothing is armed");
                let failed = matches!(outcome, RunOutcome::Failed { .. });
                assert!(failed, "{how:?}: {outcome:?}");
                let ledger = life.ledger().await;
                assert_eq!((ledger.now, ledger.under_way), (None, None), "{how:?}");
                assert_eq!(ledger.failing.unwrap().attempts, 1, "{how:?}");
                life.wait(std::time::Duration::from_secs(3600)).await;
                life.until_settled().await;
                let values = life.values();
                let image = life.base_image();
                assert!(!values.is_empty(), "{how:?}");
                assert!(
                    values.iter().all(|one| *one == image),
                    "{how:?}: {values:?}"
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
