//! Deliberate bugs: hands that do a step wrongly, as a wrong amiwatch would, and what is sent or stored
//! changed on its way. Each must be caught by what the account shows afterwards.

use std::cell::Cell;

use amiwatch::cloud::Identity;
use amiwatch::flow::rollout::moving::hands::Move;
use amiwatch::flow::rollout::moving::kind::MoveKind;
use amiwatch::flow::rollout::moving::steps::{MoveOutput, MoveStep};
use amiwatch::model::environment::ImageSetting;
use amiwatch::model::hold::HeldThing;
use amiwatch::model::ids::{Installation, WatchName};
use amiwatch::service::Service;
use amiwatch::store::{Lease, Op, StoreError, records};
use amiwatch::workflow::observer::Unobserved;
use amiwatch::workflow::{
    At, Run, RunOutcome, Runner, StepError, StepFailure, StepLook, Undo, Workflow,
};
use chrono::{DateTime, TimeDelta, Utc};
use sim::EnvironmentChange;

use super::orders::{Wish, begin};
use super::world::{NEW, environment, immutable, new_image_is_ill, serves, usual, with};
use crate::common::life::Life;
use crate::common::paused;
use crate::common::world::{INSTALLATION, REGION};

/// One deliberate bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bug {
    /// `Ready` is taken for success.
    ReadyIsSuccess,
    /// Whether the update was sent is not looked at: it is sent again.
    UpdateRepeated,
    /// Settled is whoever was well at the first and at the last look.
    SettleNotContinuous,
    /// A failed draft that carries the image is taken for our update, however old it is.
    OldDraftAdopted,
    /// A roll-back names the platform's own image instead of un-setting it.
    RollBackPinsStock,
    /// Whatever fails, the image is quarantined.
    EnvironmentQuarantines,
}

/// The move's hands, with a bug or none.
struct Wrong<'a> {
    hands: Move<'a>,
    bug: Option<Bug>,
    /// The answer to the first update is lost.
    loses: bool,
    lost: Cell<bool>,
}

impl Wrong<'_> {
    fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }
}

impl Workflow for Wrong<'_> {
    type Kind = MoveKind;

    async fn find(&self, at: &At<'_, MoveKind>) -> Result<Option<MoveOutput>, StepError> {
        if at.step == MoveStep::Update && self.has(Bug::UpdateRepeated) {
            return Ok(None);
        }
        if at.step == MoveStep::Update && self.has(Bug::OldDraftAdopted) {
            let target = &at.run.input().target;
            let cloud = &self.hands.cloud;
            let sets = cloud.option_sets(&target.application, &target.environment);
            let sets = sets.await.unwrap();
            let carries = |set: &amiwatch::model::environment::OptionSet| {
                set.image().is_some_and(|image| image.as_str() == NEW)
            };
            if sets.failed.as_ref().is_some_and(carries) {
                return Ok(Some(MoveOutput::Updated {
                    request_id: None,
                    already: false,
                    began: at.since,
                    image_alone: false,
                }));
            }
        }
        self.hands.find(at).await
    }

    async fn start(&self, at: &At<'_, MoveKind>) -> Result<StepLook<MoveOutput>, StepError> {
        if at.step != MoveStep::Update {
            return self.check(at).await;
        }
        let answer = self.hands.start(at).await;
        match self.loses && !self.lost.replace(true) {
            true => Err(StepError::Again {
                why: "the answer is lost".to_owned(),
            }),
            false => answer,
        }
    }

    async fn check(&self, at: &At<'_, MoveKind>) -> Result<StepLook<MoveOutput>, StepError> {
        let id = &at.run.input().environment_id;
        if self.has(Bug::ReadyIsSuccess) && at.step != MoveStep::Unchanged {
            let now = self.hands.cloud.environment_by_id(id).await.unwrap();
            let ready = now.is_some_and(|now| now.status.as_str() == "Ready");
            return Ok(match (ready, at.step) {
                (false, _) => StepLook::pending("not ready"),
                (true, MoveStep::Replace) => StepLook::Done(MoveOutput::Replaced { instances: 2 }),
                (true, _) => StepLook::Done(MoveOutput::Settled { instances: 2 }),
            });
        }
        if self.has(Bug::SettleNotContinuous) && at.step == MoveStep::Settle {
            let settle = TimeDelta::from_std(at.run.input().proof.settle()).unwrap();
            return Ok(match at.now - at.since >= settle {
                true => StepLook::Done(MoveOutput::Settled { instances: 2 }),
                false => StepLook::pending("not yet"),
            });
        }
        self.hands.check(at).await
    }

    async fn undo(&self, at: &At<'_, MoveKind>) -> Result<Undo, StepError> {
        self.hands.undo(at).await
    }

    async fn closing(
        &self,
        run: &Run<MoveKind>,
        outcome: &RunOutcome,
        now: DateTime<Utc>,
    ) -> Result<Vec<Op>, StoreError> {
        if let (
            true,
            RunOutcome::Failed {
                step,
                failure,
                left,
            },
        ) = (self.has(Bug::EnvironmentQuarantines), outcome)
        {
            let outcome = RunOutcome::Failed {
                step: step.clone(),
                failure: StepFailure::new("image", failure.why.clone()),
                left: left.clone(),
            };
            return self.hands.closing(run, &outcome, now).await;
        }
        self.hands.closing(run, outcome, now).await
    }
}

/// One order, driven by these hands to the end of what it opens.
async fn drive(service: &Service<'_>, lease: Lease, bug: Option<Bug>, loses: bool) {
    let pins = bug == Some(Bug::RollBackPinsStock);
    let begun = begin(service, lease, Wish::Forward, |order| {
        if let (true, ImageSetting::PlatformOwn(Some(own))) = (pins, &order.before.image) {
            order.before.image = ImageSetting::Image(own.clone());
        }
    })
    .await;
    let mut journal = Some(begun.expect("it may be moved"));
    while let Some(next) = journal {
        let region = REGION.into();
        let cloud = service.connection.cloud(&Identity::Own, Some(&region));
        let told = service.told();
        let http = service.outside.http.clone();
        let wrong = Wrong {
            hands: Move::new(cloud.unwrap(), service.store, &told, http),
            bug,
            loses,
            lost: Cell::new(false),
        };
        let runner = Runner {
            workflow: &wrong,
            store: service.store,
            clock: service.clock,
            epoch: lease.epoch,
            observer: &Unobserved,
        };
        Box::pin(runner.resume(&next)).await.unwrap();
        let target = super::world::target();
        let claim = amiwatch::store::moves::moving(service.store, &target);
        journal = claim.await.unwrap().map(|claim| claim.value.journal);
    }
}

/// What the account shows afterwards, against what was promised.
async fn judged(life: &Life, ill_image: bool, must_move: bool) -> Result<(), String> {
    let moved = life.runs() == std::collections::BTreeSet::from([NEW.to_owned()]);
    let heard = life.heard_events();
    let told = heard.contains(&"rolled_out".to_owned());
    if must_move && !moved {
        return Err("a good image was not moved to".to_owned());
    }
    if told != moved {
        return Err(format!("told: {told}, moved: {moved}"));
    }
    if life.updates() > 2 || (moved && life.updates() != 1) {
        return Err(format!("{} updates", life.updates()));
    }
    let is = life.shop_blue();
    if moved && !matches!(is.health.as_str(), "Ok" | "Info") {
        return Err(format!("it is {} on what it was moved to", is.health));
    }
    if quarantined(life).await && !ill_image {
        return Err("an image was quarantined that is well".to_owned());
    }
    let own = life.account.own_images();
    match is.set_image_id {
        Some(set) if !own.iter().any(|image| image.id == set) => {
            Err("the platform's own image is pinned".to_owned())
        }
        _ => Ok(()),
    }
}

async fn quarantined(life: &Life) -> bool {
    let (installation, watch) = (Installation::new(INSTALLATION), WatchName::new("shop"));
    let store = life.store();
    let holds = records::remembered_holds(&store, Some(&installation), &watch);
    let holds = holds.await.unwrap().value;
    holds
        .iter()
        .any(|hold| hold.on == HeldThing::Image(NEW.into()))
}

/// A life in which the bug shows.
fn life_for(bug: Bug) -> Life {
    match bug {
        Bug::ReadyIsSuccess => {
            let life = usual();
            new_image_is_ill(&life);
            life
        }
        Bug::UpdateRepeated => usual(),
        Bug::SettleNotContinuous => {
            let life = usual();
            serves(&life, NEW, "Severe", 290.0);
            life
        }
        Bug::OldDraftAdopted => {
            let life = usual();
            let here = life.account.at(REGION);
            let draft = EnvironmentChange::FailedImage(NEW.to_owned());
            here.change_environment("shop-blue", draft).unwrap();
            life
        }
        Bug::RollBackPinsStock => {
            let mut stock = environment();
            stock.image_id = None;
            let life = with(stock);
            new_image_is_ill(&life);
            life
        }
        Bug::EnvironmentQuarantines => {
            let life = with(immutable());
            let quota = sim::Action::VcpuQuota { vcpus: 4 };
            life.account.perform(REGION, quota).unwrap();
            life
        }
    }
}

fn verdict(bug: Bug, present: bool) -> Result<(), String> {
    paused(async || {
        let life = life_for(bug);
        let present = present.then_some(bug);
        let loses = bug == Bug::UpdateRepeated;
        let driven =
            life.process(async |service, lease| drive(&service, lease, present, loses).await);
        driven.await.expect("nothing is armed");
        life.pass().await;
        let ill_image = matches!(
            bug,
            Bug::ReadyIsSuccess | Bug::SettleNotContinuous | Bug::RollBackPinsStock
        );
        let must_move = matches!(bug, Bug::UpdateRepeated | Bug::OldDraftAdopted);
        judged(&life, ill_image, must_move).await
    })
}

#[test]
fn every_deliberate_bug_is_caught_and_nothing_is_said_without_it() {
    for bug in [
        Bug::ReadyIsSuccess,
        Bug::UpdateRepeated,
        Bug::SettleNotContinuous,
        Bug::OldDraftAdopted,
        Bug::RollBackPinsStock,
        Bug::EnvironmentQuarantines,
    ] {
        assert_eq!(verdict(bug, false), Ok(()), "without {bug:?}");
        let caught = verdict(bug, true);
        assert!(caught.is_err(), "{bug:?} was not caught");
        println!("{bug:?}: {}", caught.unwrap_err());
    }
}
