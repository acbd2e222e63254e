//! Deliberate bugs of retiring, made at the seams of a process: what it hears, sends and stores. Each must be caught
//! by what the account shows, and nothing is caught without one.

use std::panic::{AssertUnwindSafe, catch_unwind};

use sim::ImageSpec;

use super::acting::launches;
use super::world::{DAY, applying, stands};
use crate::common::life::Life;
use crate::common::mutant::Mutant;
use crate::common::paused;
use crate::common::world::REGION;

fn life(mutant: Option<Mutant>) -> Life {
    let mut life = applying();
    life.mutant = mutant;
    life
}

/// Somebody launches it, and we may not ask who does.
fn in_use_where_nobody_may_ask(mutant: Option<Mutant>) {
    paused(async || {
        let life = life(mutant);
        let [old, _] = life.two_images().await;
        life.account.perform(REGION, launches(&old.id)).unwrap();
        life.account
            .deny("autoscaling:DescribeLaunchConfigurations");
        life.days(8).await;
        life.no_image_in_use_was_retired();
    });
}

/// Whatever is disabled comes back with whoever might launch it.
fn a_way_back(mutant: Option<Mutant>) {
    paused(async || {
        let life = life(mutant);
        let [old, _] = life.two_images().await;
        life.share_with_us(&old.id).await;
        life.until_it_stands(&old.id, "disabled").await;
        life.restore(&old.id).await.unwrap();
        assert_eq!(
            life.may_launch(&old.id),
            [sim::ACCOUNT_ID],
            "who might launch it was not recorded"
        );
    });
}

/// A snapshot that another image has is not asked to go.
fn a_snapshot_of_two(mutant: Option<Mutant>) {
    paused(async || {
        let life = life(mutant);
        let [old, _] = life.two_images().await;
        let theirs = ImageSpec {
            snapshot_id: old.snapshot_id.clone(),
            ..ImageSpec::mine("theirs")
        };
        life.account.at(REGION).image(theirs).unwrap();
        life.until_it_stands(&old.id, "gone").await;
        life.days(1).await;
        let asked = life.account.ledger().into_iter();
        let asked = asked.filter(|call| call.operation == "DeleteSnapshot");
        assert_eq!(
            asked.count(),
            0,
            "a snapshot was to go that another image has"
        );
    });
}

/// What loses its tag is nobody's to touch.
fn an_image_without_a_tag(mutant: Option<Mutant>) {
    paused(async || {
        let life = life(mutant);
        let [old, _] = life.two_images().await;
        life.until_it_stands(&old.id, "deprecated").await;
        life.wait(6 * DAY).await;
        let stranger = life.stranger();
        let tag = aws_sdk_ec2::types::Tag::builder().key("amiwatch:installation");
        let untag = stranger.delete_tags().resources(&old.id);
        untag.tags(tag.build()).send().await.unwrap();
        life.days(2).await;
        life.nothing_foreign_touched();
        assert_eq!(stands(&life, &old.id), "deprecated");
    });
}

fn every_net(mutant: Option<Mutant>) {
    in_use_where_nobody_may_ask(mutant);
    a_way_back(mutant);
    a_snapshot_of_two(mutant);
    an_image_without_a_tag(mutant);
}

#[test]
fn each_deliberate_bug_of_retiring_is_caught_and_nothing_without_it() {
    every_net(None);
    println!("| deliberate bug | which said |");
    println!("|---|---|");
    for mutant in Mutant::OF_RETIRING {
        let caught = catch_unwind(AssertUnwindSafe(|| every_net(Some(mutant)))).err();
        let caught = caught.unwrap_or_else(|| panic!("{mutant:?} was not caught"));
        let said = caught.downcast_ref::<String>().cloned().unwrap_or_default();
        let first: Vec<&str> = said.lines().take(1).collect();
        println!("| {mutant:?} | {} |", first.join(" "));
    }
}
