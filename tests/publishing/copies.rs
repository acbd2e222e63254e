//! A watch's image in another region: copied, shared and named there, in this order, on good days and bad ones.

use std::time::Duration;

use amiwatch::flow::exit_code::Exit;
use amiwatch::model::hold::HeldThing;
use amiwatch::model::ids::ImageId;
use sim::{Action, FaultKind, FaultRule, ImageSpec, Timing};

use super::share::OTHER;
use super::world::{brisk_life, config};
use crate::common::life::Life;
use crate::common::paused;
use crate::common::world::{self, REGION};

const DAY: Duration = Duration::from_secs(86_400);
const HOUR: Duration = Duration::from_secs(3600);
pub(super) const CENTRAL: &str = "eu-central-1";
pub(crate) const COPY: &str = "copy_to = [\"eu-central-1\"]\n";
const SHARE: &str = "share = { accounts = [\"222233334444\"] }\n";

/// The usual watch, which copies its image, and shares it and names it in both regions.
pub(super) fn copying() -> Life {
    brisk_life(&format!("{}{COPY}{SHARE}", config()))
}

impl Life {
    /// Copies that begin in the other region fail from now on, or do not any more.
    pub(super) fn copies_fail(&self, failing: bool) {
        let action = Action::CopiesFail {
            code: failing.then(|| "Client.InternalError".to_owned()),
            message: "the copy broke".to_owned(),
        };
        self.account.perform(CENTRAL, action).unwrap();
    }

    /// When each call of an operation in the other region was made.
    pub(super) fn calls_there(&self, operation: &str) -> Vec<chrono::DateTime<chrono::Utc>> {
        let calls = self.account.ledger().into_iter();
        let there = calls.filter(|call| call.region == CENTRAL && call.operation == operation);
        there.map(|call| call.at).collect()
    }

    fn orders_of_copies(&self) -> usize {
        self.calls_there("CopyImage").len()
    }

    /// Everything stands in both regions: of the newest image, and of its copy.
    #[track_caller]
    pub(super) fn stands_in_both_regions(&self) {
        let image = self.newest_verified();
        let copies = self.copies();
        let copy = copies.last().expect("it is copied");
        assert_eq!(copy.source_image_id.as_ref(), Some(&image));
        assert_eq!(
            (copy.region.as_str(), copy.state.as_str()),
            (CENTRAL, "available")
        );
        assert_eq!(self.values().last(), Some(&image));
        assert_eq!(self.values_in(CENTRAL).last(), Some(&copy.id));
        assert_eq!(self.may_launch(&image), [OTHER]);
        assert_eq!(self.may_launch(&copy.id), [OTHER]);
    }
}

#[test]
fn a_copy_is_made_then_shared_then_named_in_its_region() {
    paused(async || {
        let life = copying();
        life.until_settled().await;
        life.stands_in_both_regions();
        let (image, copies) = (life.newest_verified(), life.copies());
        let [copy] = copies.as_slice() else {
            panic!("{copies:#?}");
        };
        let source = life.account.image(&image).unwrap();
        assert_eq!(copy.name, source.name);
        let tag = |name: &str| copy.tags.get(name).map(String::as_str);
        assert_eq!(
            tag("amiwatch:copy-of"),
            Some(format!("{REGION}/{image}").as_str())
        );
        assert_eq!(tag("amiwatch:installation"), Some("acme"));
        assert_eq!(tag("amiwatch:watch"), Some("shop"));
        assert_eq!(tag("amiwatch:base-version"), Some("4.5.0"));
        assert_eq!(tag("amiwatch:key"), None, "no bake made it");
        let snapshots = life.account.snapshots();
        let snapshot = snapshots.iter().find(|one| one.id == copy.snapshot_id);
        assert_eq!(snapshot.unwrap().tags, copy.tags);
        let ledger = life.account.ledger();
        let first = |operation: &str| {
            let there = |call: &sim::Entry| call.region == CENTRAL && call.operation == operation;
            ledger.iter().position(there).expect("it was called")
        };
        assert!(first("CopyImage") < first("ModifyImageAttribute"));
        assert!(first("ModifyImageAttribute") < first("PutParameter"));
        assert_eq!(life.orders_of_copies(), 1);
        let told = life.heard_events();
        let told = told.iter().filter(|event| *event == "published");
        assert_eq!(told.count(), 5, "{:?}", life.heard());
        life.each_notice_came_once();
        life.promises_hold();
        // A sweep of that region, which no watch is in, would not take it either.
        let central = world::CONFIG.replace(REGION, CENTRAL);
        let swept = life.with_a_store_of_its_own(&central).sweep().await;
        assert_ne!(swept.exit(), Exit::Failed, "{swept:#?}");
        life.stands_in_both_regions();
    });
}

#[test]
fn a_copy_that_fails_is_told_and_removed_and_made_anew_after_a_pause() {
    paused(async || {
        let life = copying();
        life.copies_fail(true);
        life.until_settled().await;
        let image = life.newest_verified();
        assert_eq!(life.values(), [image.as_str()], "home waits for no copy");
        assert_eq!(life.values_in(CENTRAL), [""; 0]);
        assert!(life.copies().is_empty(), "{:#?}", life.copies());
        let heard = life.heard();
        let failed: Vec<_> = heard.iter().filter(|one| one.event == "failed").collect();
        assert_eq!(failed.len(), 1, "{heard:#?}");
        assert!(
            failed[0].body.contains("the copy broke"),
            "{}",
            failed[0].body
        );
        life.copies_fail(false);
        life.wait(HOUR).await;
        life.until_settled().await;
        life.stands_in_both_regions();
        life.each_notice_came_once();
        life.promises_hold();
    });
}

#[test]
fn a_copy_that_takes_most_of_a_day_is_waited_for_and_ordered_once() {
    paused(async || {
        let mut life = brisk_life(&format!("{}{SHARE}", config()));
        life.until_settled().await;
        life.set_config(&format!("{}{COPY}{SHARE}", config()));
        life.account.set_timing(Timing {
            image: 20 * HOUR,
            ..world::brisk()
        });
        let began = life.clock.now();
        life.until_settled().await;
        assert!((life.clock.now() - began).to_std().unwrap() >= 20 * HOUR);
        life.stands_in_both_regions();
        assert_eq!(life.orders_of_copies(), 1);
        let written = life.calls_there("PutParameter")[0] - began;
        assert!(written.to_std().unwrap() >= 20 * HOUR, "{written}");
        assert!(!life.heard_events().contains(&"failed".to_owned()));
    });
}

#[test]
fn an_order_whose_answer_is_lost_makes_one_copy() {
    for kind in [
        FaultKind::DropAfterEffect,
        FaultKind::TimeoutAfterEffect,
        FaultKind::DropBeforeEffect,
    ] {
        paused(async || {
            let life = copying();
            let fault = FaultRule::new(kind.clone()).on("ec2:CopyImage").times(1);
            life.account.fault(fault);
            life.until_settled().await;
            life.stands_in_both_regions();
            assert_eq!(life.copies().len(), 1, "{kind:?}");
            life.promises_hold();
        });
    }
}

#[test]
fn a_copy_of_what_is_not_for_use_is_marked_and_its_parameter_goes_back() {
    paused(async || {
        let life = copying();
        life.until_settled().await;
        life.wait(DAY).await;
        life.release("4.5.1");
        life.until_settled().await;
        life.stands_in_both_regions();
        let second = life.newest_verified();
        let copies = life.copies();
        let [before, bad] = copies.as_slice() else {
            panic!("{copies:#?}");
        };
        let state =
            |life: &Life, id: &str| life.account.image(id).unwrap().tags["amiwatch:state"].clone();
        life.withhold(HeldThing::Image(ImageId::new(&second))).await;
        life.until_settled().await;
        assert_eq!(state(&life, &bad.id), "quarantined");
        assert_eq!(state(&life, &before.id), "verified");
        assert_eq!(life.values_in(CENTRAL).last(), Some(&before.id));
        assert_eq!(life.may_launch(&bad.id), [""; 0]);
        assert_eq!(life.may_launch(&before.id), [OTHER]);
        life.release_everything().await;
        life.until_settled().await;
        assert_eq!(state(&life, &bad.id), "verified");
        life.stands_in_both_regions();
        assert_eq!(life.orders_of_copies(), 2, "it is the same copy");
        life.each_notice_came_once();
    });
}

#[test]
fn a_name_that_somebody_else_has_there_is_left_to_a_person() {
    paused(async || {
        let mut life = brisk_life(&format!("{}{SHARE}", config()));
        life.until_settled().await;
        let name = life.account.image(&life.newest_verified()).unwrap().name;
        let theirs = life
            .account
            .at(CENTRAL)
            .image(ImageSpec::mine(&name))
            .unwrap();
        life.set_config(&format!("{}{COPY}{SHARE}", config()));
        life.until_settled().await;
        life.wait(2 * DAY).await;
        life.until_settled().await;
        assert_eq!(life.orders_of_copies(), 0);
        assert_eq!(life.values_in(CENTRAL), [""; 0]);
        let heard = life.heard();
        let told: Vec<_> = heard
            .iter()
            .filter(|one| one.event == "attention")
            .collect();
        assert_eq!(told.len(), 1, "{heard:#?}");
        assert!(
            told[0]
                .body
                .contains(&format!("is taken in {CENTRAL} by {theirs}")),
            "{}",
            told[0].body
        );
        life.promises_hold();
    });
}

#[test]
fn a_copy_is_under_the_key_that_the_config_names_for_its_region() {
    paused(async || {
        let key = format!("arn:aws:kms:{CENTRAL}:{}:key/mine", sim::ACCOUNT_ID);
        let keys = format!("encrypt = {{ {CENTRAL} = \"{key}\" }}\n");
        let life = brisk_life(&format!("{}{COPY}{keys}{SHARE}", config()));
        life.until_settled().await;
        life.stands_in_both_regions();
        assert_eq!(life.copies()[0].kms_key.as_ref(), Some(&key));
    });
}

#[test]
fn a_copy_outlives_the_store_and_is_found_by_its_name() {
    paused(async || {
        let life = copying();
        life.until_settled().await;
        life.lose_the_store();
        life.until_settled().await;
        life.wait(DAY).await;
        life.until_settled().await;
        life.stands_in_both_regions();
        assert_eq!((life.orders_of_copies(), life.copies().len()), (1, 1));
        assert_eq!(life.values_in(CENTRAL).len(), 1, "it names what it named");
        // What was found under its own name is none to go back to.
        let image = life.newest_verified();
        life.withhold(HeldThing::Image(ImageId::new(&image))).await;
        life.until_settled().await;
        let copies = life.copies();
        assert_eq!(copies[0].tags["amiwatch:state"], "quarantined");
        assert_eq!(life.may_launch(&copies[0].id), [""; 0]);
        let told = life.heard_events();
        assert!(told.contains(&"attention".to_owned()), "{told:?}");
        assert_eq!(
            life.values_in(CENTRAL).len(),
            1,
            "amiwatch guesses no image"
        );
    });
}
