//! `mode = "apply"`: one rung at a time, each decided right before it is done.

use amiwatch::model::hold::HeldThing;
use amiwatch::model::retire_record::RetireAct;
use sim::{Action, FaultKind, FaultRule, ImageSpec, LaunchConfigurationSpec};

use super::world::{DAY, applying, config, stands};
use crate::common::paused;
use crate::common::world::REGION;
use crate::publishing::world::brisk_life;

/// Somebody has a launch configuration of this image.
pub(super) fn launches(image: &str) -> Action {
    Action::LaunchConfiguration(LaunchConfigurationSpec {
        name: "theirs".to_owned(),
        image_id: image.to_owned(),
        ..LaunchConfigurationSpec::default()
    })
}

#[test]
fn an_older_image_goes_down_one_rung_at_a_time_and_takes_its_snapshot_along() {
    paused(async || {
        let life = applying();
        let [old, new] = life.two_images().await;
        life.until_it_stands(&old.id, "deprecated").await;
        let deprecated = life.clock.now();
        life.until_it_stands(&old.id, "disabled").await;
        let disabled = life.clock.now();
        assert!((disabled - deprecated).to_std().unwrap() >= DAY);
        assert!((disabled - new.created).to_std().unwrap() >= 3 * DAY);
        let snapshots = || life.account.snapshots().into_iter().map(|one| one.id);
        assert!(snapshots().any(|id| id == old.snapshot_id));
        life.until_it_stands(&old.id, "gone").await;
        let gone = life.clock.now();
        assert!((gone - disabled).to_std().unwrap() >= DAY);
        assert!((gone - new.created).to_std().unwrap() >= 6 * DAY);
        assert!(!snapshots().any(|id| id == old.snapshot_id));
        assert!(snapshots().any(|id| id == new.snapshot_id));
        life.days(3).await;
        assert_eq!(stands(&life, &new.id), "in force", "the newest stays");
        let retirements = life.no_image_in_use_was_retired();
        let did: Vec<_> = retirements.iter().map(|one| &one.operation).collect();
        assert_eq!(did, ["DisableImage", "DeregisterImage"]);
        let told = life.heard_of_retiring();
        let told: Vec<_> = told
            .iter()
            .map(|one| one.rsplit(' ').next().unwrap())
            .collect();
        assert_eq!(told, ["deprecated", "disabled", "deregistered"]);
        let acts: Vec<_> = life.history_of_retiring().await;
        let acts: Vec<_> = acts.into_iter().map(|(_, act)| act).collect();
        use RetireAct::{Deprecate, Deregister, Disable};
        assert_eq!(acts, [Deprecate, Disable, Deregister]);
        life.each_notice_came_once();
        life.promises_hold();
    });
}

/// Something names the image right after everything was asked for the look, and before it is done.
#[test]
fn what_comes_to_name_an_image_between_look_and_act_stops_the_act() {
    for (wanted, before) in [("disabled", "deprecated"), ("gone", "disabled")] {
        paused(async || {
            let life = applying();
            let [old, _] = life.two_images().await;
            life.until_it_stands(&old.id, before).await;
            life.wait(6 * DAY).await;
            let (account, image) = (life.account.clone(), old.id.clone());
            // The act is written down: everything was asked once by then.
            life.seam.meanwhile("after commit put retired/", move || {
                account.perform(REGION, launches(&image)).unwrap();
            });
            life.until_settled().await;
            assert!(!life.seam.still_waits(), "nothing was begun");
            life.days(2).await;
            assert_eq!(stands(&life, &old.id), before, "on the way to {wanted}");
            life.no_image_in_use_was_retired();
            life.promises_hold();
        });
    }
}

#[test]
fn a_hold_keeps_an_image_until_it_ends() {
    paused(async || {
        let life = applying();
        let [old, _] = life.two_images().await;
        life.withhold(HeldThing::Image(old.id.as_str().into()))
            .await;
        life.days(8).await;
        assert_eq!(stands(&life, &old.id), "deprecated", "as it was");
        life.release_everything().await;
        life.until_it_stands(&old.id, "disabled").await;
    });
}

#[test]
fn what_cannot_be_asked_keeps_everything() {
    paused(async || {
        let life = applying();
        life.account
            .deny("autoscaling:DescribeLaunchConfigurations");
        let [old, _] = life.two_images().await;
        life.days(8).await;
        assert_eq!(stands(&life, &old.id), "in force");
        assert_eq!(life.heard_of_retiring(), [""; 0]);
    });
}

#[test]
fn what_carries_no_tag_of_ours_by_then_is_not_touched() {
    paused(async || {
        let life = applying();
        let [old, _] = life.two_images().await;
        life.until_it_stands(&old.id, "deprecated").await;
        life.wait(6 * DAY).await;
        let stranger = life.stranger();
        let untag = stranger.delete_tags().resources(&old.id);
        let tag = aws_sdk_ec2::types::Tag::builder().key("amiwatch:installation");
        untag.tags(tag.build()).send().await.unwrap();
        life.days(2).await;
        assert_eq!(stands(&life, &old.id), "deprecated");
        life.nothing_foreign_touched();
    });
}

#[test]
fn a_protected_image_stays_and_people_hear_what_lifts_that() {
    paused(async || {
        let life = applying();
        let [old, _] = life.two_images().await;
        let stranger = life.stranger();
        let protect = stranger.enable_image_deregistration_protection();
        protect.image_id(&old.id).send().await.unwrap();
        life.days(10).await;
        assert_eq!(stands(&life, &old.id), "disabled");
        let told = life.heard_of("attention");
        let lift = format!(
            "aws ec2 disable-image-deregistration-protection --image-id {} --region {REGION}",
            old.id
        );
        assert!(told.body.contains(&lift), "{}", told.body);
        life.each_notice_came_once();
        let off = stranger.disable_image_deregistration_protection();
        off.image_id(&old.id).send().await.unwrap();
        life.until_it_stands(&old.id, "gone").await;
        life.promises_hold();
    });
}

#[test]
fn what_is_shared_beyond_is_deprecated_at_most() {
    paused(async || {
        let life = applying();
        let [old, _] = life.two_images().await;
        let stranger = life.stranger();
        let permission = aws_sdk_ec2::types::LaunchPermission::builder().user_id("222233334444");
        let add = aws_sdk_ec2::types::LaunchPermissionModifications::builder();
        let add = add.add(permission.build()).build();
        let share = stranger.modify_image_attribute().image_id(&old.id);
        share.launch_permission(add).send().await.unwrap();
        life.days(10).await;
        assert_eq!(stands(&life, &old.id), "deprecated");
        assert!(life.account.retirements().is_empty());
    });
}

#[test]
fn a_refused_act_is_told_once_and_tried_again_and_holds_no_other() {
    paused(async || {
        let life = applying();
        let [old, middle] = life.two_images().await;
        life.wait(DAY).await;
        life.release("4.5.2");
        life.until_settled().await;
        life.account.deny("ec2:DisableImage");
        life.days(7).await;
        for image in [&old.id, &middle.id] {
            assert_eq!(stands(&life, image), "deprecated");
        }
        let heard = life.heard();
        let told: Vec<_> = heard
            .iter()
            .filter(|one| one.event == "attention")
            .collect();
        assert_eq!(told.len(), 1, "{told:#?}");
        assert!(
            told[0].body.contains("ec2:DisableImage"),
            "{}",
            told[0].body
        );
        let tries = life.account.ledger().into_iter();
        let tries = tries
            .filter(|call| call.operation == "DisableImage")
            .count();
        assert!((4..40).contains(&tries), "{tries}");
        life.account.allow("ec2:DisableImage");
        life.until_it_stands(&old.id, "gone").await;
        life.until_it_stands(&middle.id, "gone").await;
        life.no_image_in_use_was_retired();
        life.promises_hold();
    });
}

#[test]
fn an_answer_that_is_lost_is_settled_by_looking() {
    for kind in [
        FaultKind::DropAfterEffect,
        FaultKind::TimeoutAfterEffect,
        FaultKind::DropBeforeEffect,
    ] {
        paused(async || {
            let life = applying();
            let [old, _] = life.two_images().await;
            for operation in ["EnableImageDeprecation", "DisableImage", "DeregisterImage"] {
                let fault = FaultRule::new(kind.clone());
                life.account
                    .fault(fault.on(&format!("ec2:{operation}")).times(1));
            }
            life.until_it_stands(&old.id, "gone").await;
            life.days(1).await;
            assert_eq!(life.heard_of_retiring().len(), 3, "{:?}", life.heard());
            life.no_image_in_use_was_retired();
            life.promises_hold();
        });
    }
}

#[test]
fn a_snapshot_that_another_image_has_stays() {
    paused(async || {
        let life = applying();
        let [old, _] = life.two_images().await;
        let theirs = ImageSpec {
            snapshot_id: old.snapshot_id.clone(),
            ..ImageSpec::mine("theirs")
        };
        life.account.at(REGION).image(theirs).unwrap();
        life.until_it_stands(&old.id, "gone").await;
        life.until_settled().await;
        let mut snapshots = life.account.snapshots().into_iter();
        assert!(snapshots.any(|one| one.id == old.snapshot_id));
        let asked = life.account.ledger().into_iter();
        let asked = asked.filter(|call| call.operation == "DeleteSnapshot");
        let asked = asked.filter(|call| format!("{call:?}").contains(&old.snapshot_id));
        assert_eq!(asked.count(), 0, "it was not even asked for");
        let told = life.heard();
        let last = told.iter().rfind(|one| one.event == "retired").unwrap();
        assert!(last.body.contains("has it too"), "{}", last.body);
    });
}

#[test]
fn the_same_image_is_told_by_a_watch_that_wants_no_more_than_that_again() {
    paused(async || {
        let mut life = applying();
        let [old, _] = life.two_images().await;
        life.until_it_stands(&old.id, "deprecated").await;
        life.set_config(&config("tell"));
        life.days(8).await;
        assert_eq!(stands(&life, &old.id), "deprecated");
        let told = life.heard_of_retiring();
        let said = |word: &str| told.iter().filter(|one| one.contains(word)).count();
        assert_eq!(said("may be disabled now"), 1, "{told:?}");
    });
}

/// The copies of another region go by what names them there.
#[test]
fn copies_are_retired_with_their_own_region_s_references() {
    paused(async || {
        let copy = "[watch.shop.publish]\ncopy_to = [\"eu-central-1\"]\n";
        let life = brisk_life(&format!("{}{copy}", config("apply")));
        let [old, middle] = life.two_images().await;
        life.wait(DAY).await;
        life.release("4.5.2");
        life.until_settled().await;
        let copies = life.copies();
        let copy_of = |image: &str| {
            let mut copies = copies.iter();
            let of = copies.find(|one| one.source_image_id.as_deref() == Some(image));
            of.expect("it was copied").id.clone()
        };
        let (of_old, of_middle) = (copy_of(&old.id), copy_of(&middle.id));
        // Somebody launches one of the copies there by hand.
        let launched = launches(&of_old);
        life.account.perform("eu-central-1", launched).unwrap();
        life.until_it_stands(&old.id, "gone").await;
        life.until_it_stands(&of_middle, "gone").await;
        assert_eq!(stands(&life, &of_old), "deprecated", "it is in use there");
        let newest = copies.iter().max_by_key(|one| one.created).unwrap();
        assert_eq!(stands(&life, &newest.id), "in force");
        life.no_image_in_use_was_retired();
        let history = life.history_of_retiring().await;
        let of_copy = history.iter().filter(|(image, _)| *image == of_middle);
        assert_eq!(of_copy.count(), 3);
        life.promises_hold();
    });
}
