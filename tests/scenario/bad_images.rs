//! Images that fail, that take hours, and builders that strangers end.

use std::time::Duration;

use amiwatch::model::drift::NoteCode;
use amiwatch::model::plan::Action;
use sim::{ImageChange, ImageSpec, ImageView, InstanceView, Timing};

use crate::common::guest::{Cast, Day};
use crate::common::life::Life;
use crate::common::paused;
use crate::common::world::{self, CONFIG, REGION};

const HOUR: Duration = Duration::from_secs(3600);

/// Waits until there is an own image in this state.
async fn image_in(life: &Life, state: &str) -> ImageView {
    loop {
        let own = life.account.own_images().into_iter();
        if let Some(image) = own.into_iter().find(|image| image.state == state) {
            return image;
        }
        life.wait(Duration::from_millis(500)).await;
    }
}

/// Waits until a guest runs.
async fn running_guest(life: &Life) -> InstanceView {
    loop {
        let all = life.account.instances().into_iter();
        if let Some(guest) = all.into_iter().find(|guest| guest.state == "running") {
            return guest;
        }
        life.wait(Duration::from_millis(500)).await;
    }
}

#[test]
fn an_image_that_ec2_cannot_make_is_removed_and_made_again() {
    paused(async || {
        let life = Life::brisk();
        let fails = async {
            let image = image_in(&life, "pending").await;
            let why = ImageChange::Failed("Client.InternalError".to_owned());
            life.account
                .at(REGION)
                .change_image(&image.id, why)
                .unwrap();
        };
        tokio::join!(life.pass(), fails);
        assert_eq!(life.heard_events(), ["failed"]);
        life.promises_hold();
        life.until_settled().await;
        assert_eq!(life.verified().len(), 1);
        life.promises_hold();
    });
}

/// What only the fresh boot is asked: an image that fails there never becomes anybody's.
#[test]
fn an_image_that_fails_on_its_fresh_boot_is_removed() {
    paused(async || {
        let more = "boot_checks = [{ name = \"it starts\", run = \"true\" }]\nchecks = [";
        let life = Life::with_config(&CONFIG.replacen("checks = [", more, 1));
        life.account.set_timing(world::brisk());
        life.guests(Cast {
            builder: Day::Quick,
            boot_test: Day::FailsChecks,
        });
        life.pass().await;
        assert_eq!(life.heard_events(), ["failed"]);
        assert_eq!(life.verified().len(), 0);
        life.promises_hold();
        // Both guests report exactly what they were asked, or neither would pass.
        life.guests(Cast::both(Day::Quick));
        life.until_settled().await;
        assert_eq!(life.verified().len(), 1);
        life.promises_hold();
    });
}

#[test]
fn an_image_that_takes_hours_is_waited_for_through_restarts() {
    paused(async || {
        let life = Life::brisk();
        life.account.set_timing(slow_images(3 * HOUR));
        // The process is stopped while it waits, twice.
        for _ in 0..2 {
            let pass = life.clock.timeout(HOUR / 2, life.try_pass()).await;
            assert!(pass.is_err(), "it waits");
            life.wait(HOUR / 2).await;
        }
        life.until_settled().await;
        assert_eq!(life.effects_of("CreateImage"), 1);
        assert_eq!(life.effects_of("DeregisterImage"), 0);
        assert_eq!(life.verified().len(), 1);
        life.promises_hold();
    });
}

#[test]
fn an_image_that_is_pending_for_days_is_given_up_but_not_deleted() {
    paused(async || {
        let life = Life::brisk();
        life.account.set_timing(slow_images(48 * HOUR));
        let pass = life.clock.timeout(HOUR / 10, life.try_pass()).await;
        assert!(pass.is_err(), "it waits");
        life.wait(30 * HOUR).await;
        let pending = image_in(&life, "pending").await;
        let gives_up = life.clock.timeout(HOUR / 10, life.try_pass()).await;
        let told = life.heard_events();
        assert!(
            gives_up.is_err() || told.contains(&"failed".to_owned()),
            "{told:?}"
        );
        assert_eq!(life.effects_of("DeregisterImage"), 0);
        assert!(life.account.image(&pending.id).is_some());
        // Once it is there it is met by its name, and proved like any other.
        life.wait(24 * HOUR).await;
        life.until_settled().await;
        assert_eq!(life.effects_of("CreateImage"), 1);
        assert_eq!(life.verified()[0].id, pending.id);
        life.promises_hold();
    });
}

fn slow_images(image: Duration) -> Timing {
    Timing {
        image,
        snapshot: image,
        ..world::brisk()
    }
}

/// The name follows from the base, the recipe and the installation: two lives alike have the same.
#[test]
fn a_name_that_is_somebody_elses_is_seen_before_anything_is_launched() {
    paused(async || {
        let other = Life::brisk();
        other.until_settled().await;
        let name = other.verified()[0].name.clone();

        let life = Life::brisk();
        let taken = ImageSpec::mine(&name);
        let foreign = life.account.at(REGION).image(taken).unwrap();
        let order = life.ordered().await;
        assert_eq!(order.image_name, name);
        let why = order.impossible.expect("the name is taken");
        assert!(why.contains(&name) && why.contains(&foreign), "{why}");

        life.pass().await;
        assert_eq!(life.effects_of("RunInstances"), 0);
        let failed = life.heard_of("failed");
        assert!(failed.body.contains(&foreign), "{}", failed.body);
        life.promises_hold();

        let request = life.stranger().deregister_image().image_id(&foreign);
        request.send().await.unwrap();
        life.until_settled().await;
        assert_eq!(life.verified().len(), 1);
    });
}

#[test]
fn a_builder_that_a_stranger_terminates_fails_and_is_replaced() {
    paused(async || {
        let life = Life::begin();
        let ends_it = async {
            let guest = running_guest(&life).await;
            let request = life.stranger().terminate_instances();
            request.instance_ids(guest.id).send().await.unwrap();
        };
        tokio::join!(life.pass(), ends_it);
        assert_eq!(life.heard_events(), ["failed"]);
        life.promises_hold();
        life.until_settled().await;
        assert_eq!(life.verified().len(), 1);
        life.promises_hold();
    });
}

#[test]
fn a_verified_image_that_somebody_deregisters_is_missed_and_baked_again() {
    paused(async || {
        let life = Life::brisk();
        life.until_settled().await;
        let image = life.verified().remove(0);
        let request = life.stranger().deregister_image().image_id(&image.id);
        let request = request.delete_associated_snapshots(true);
        request.send().await.unwrap();
        life.until_settled().await;
        let again = life.verified();
        assert_eq!(again.len(), 1);
        assert_ne!(again[0].id, image.id);
        life.promises_hold();
    });
}

/// Waits until the boot test of our image runs.
async fn boot_test(life: &Life) -> ImageView {
    loop {
        let own = life.account.own_images();
        let guests = life.account.instances().into_iter();
        let mut running = guests.filter(|guest| guest.state == "running");
        let tested = running.find_map(|guest| {
            let mut own = own.iter();
            own.find(|image| image.id == guest.image_id).cloned()
        });
        if let Some(image) = tested {
            return image;
        }
        life.wait(Duration::from_millis(500)).await;
    }
}

/// A proof is of the image as it was. What was taken out of use since is not verified.
#[test]
fn an_image_that_is_disabled_or_stripped_of_its_tags_in_its_boot_test_is_not_verified() {
    for stripped in [false, true] {
        paused(async move || {
            let life = Life::brisk();
            let meddles = async {
                let image = boot_test(&life).await;
                if stripped {
                    let request = life.stranger().delete_tags().resources(&image.id);
                    request.send().await.unwrap();
                } else {
                    let change = ImageChange::Disabled;
                    life.account
                        .at(REGION)
                        .change_image(&image.id, change)
                        .unwrap();
                }
                image.id
            };
            let (_, image) = tokio::join!(life.pass(), meddles);
            assert_eq!(life.verified().len(), 0, "stripped: {stripped}");
            let failed = life.heard_of("failed");
            assert!(
                failed.body.contains("during its boot test"),
                "{}",
                failed.body
            );
            // What does not carry our tags is never touched; it is named, with the command.
            assert_eq!(life.account.image(&image).is_some(), stripped);
            match stripped {
                true => assert!(
                    failed.body.contains("aws ec2 deregister-image"),
                    "{}",
                    failed.body
                ),
                false => life.promises_hold(),
            }
            life.nothing_foreign_touched();
            life.until_settled().await;
            assert_eq!(life.verified().len(), 1);
        });
    }
}

/// Tags are copied in a second; a name, a source and an instance are not.
#[test]
fn a_strangers_image_with_our_tags_is_named_and_not_adopted() {
    paused(async || {
        let life = Life::brisk();
        life.until_settled().await;
        let made = life.verified().remove(0);
        let mut golden = ImageSpec::mine("golden");
        golden.tags = made.tags.clone();
        let golden = life.account.at(REGION).image(golden).unwrap();
        life.stranger()
            .deregister_image()
            .image_id(&made.id)
            .send()
            .await
            .unwrap();
        life.lose_the_store();
        let (items, _) = life.check().await;
        assert!(
            !matches!(items[0].action, Action::Adopt { .. }),
            "{:?}",
            items[0].action
        );
        let notes = &items[0].drift.notes;
        assert_eq!(notes[0].code, NoteCode::TagsNotBorneOut, "{notes:?}");
        assert!(notes[0].message.contains(&golden), "{}", notes[0].message);
        life.until_settled().await;
        let watches = amiwatch::store::records::remembered_watches(&life.store())
            .await
            .unwrap();
        let current = watches[0].1.current.as_ref().expect("one was baked");
        assert_ne!(current.image.as_str(), golden);
    });
}
