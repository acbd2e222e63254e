//! Places without room, without a network, or with somebody else's things in them.

use std::time::Duration;

use amiwatch::flow::exit_code::Exit;
use aws_sdk_ec2::types::{IpPermission, IpRange};
use sim::{Action, FaultKind, FaultRule, ImageChange, ImageSpec};

use crate::common::life::Life;
use crate::common::paused;
use crate::common::seam::Arm;
use crate::common::world::{CONFIG, REGION};

/// The name of the group that amiwatch makes.
const GROUP: &str = "amiwatch-acme-no-inbound";

#[test]
fn a_type_without_room_is_followed_by_the_next_one() {
    paused(async || {
        let life = Life::brisk();
        let here = life.account.at(REGION);
        here.capacity("t3.small", "*", false).unwrap();
        here.capacity("t3a.small", "eu-west-1a", false).unwrap();
        life.pass().await;
        assert_eq!(life.verified().len(), 1);
        for guest in life.account.instances() {
            assert_eq!(guest.instance_type, "t3a.small");
        }
        // Three subnets of the first type and one of the second were full, for both guests.
        let launches = life.account.ledger().into_iter();
        let full = launches.filter(|call| call.outcome == "InsufficientInstanceCapacity");
        assert_eq!(full.count(), 8);
        life.promises_hold();
    });
}

#[test]
fn no_room_anywhere_fails_the_bake_and_says_so() {
    paused(async || {
        let life = Life::brisk();
        life.account.at(REGION).capacity("*", "*", false).unwrap();
        assert_eq!(life.pass().await.exit(), Exit::Failed);
        let failed = life.heard_of("failed");
        assert!(failed.body.contains("has room"), "{}", failed.body);
        life.promises_hold();
        life.account.at(REGION).capacity("*", "*", true).unwrap();
        life.until_settled().await;
        assert_eq!(life.verified().len(), 1);
        life.promises_hold();
    });
}

#[test]
fn an_account_without_a_default_vpc_must_name_a_subnet() {
    paused(async || {
        let mut life = Life::brisk();
        let here = life.account.at(REGION);
        here.act(Action::DropDefaultVpc).unwrap();
        let passed = life.pass().await;
        assert_eq!(passed.exit(), Exit::Failed);
        let failed = life.heard_of("failed");
        assert!(failed.body.contains("[builder] subnets"), "{}", failed.body);
        assert_eq!(life.effects_of("RunInstances"), 0);

        let zone = "eu-west-1b".to_owned();
        let vpc_id = Some("vpc-51300000000009999".to_owned());
        let subnet = here.act(Action::Subnet { zone, vpc_id }).unwrap();
        let config = format!("{CONFIG}\n[builder]\nsubnets = [\"{subnet}\"]\n");
        life.settings = crate::common::life::settings(&config, crate::common::world::RECIPE);
        life.until_settled().await;
        assert_eq!(life.verified().len(), 1);
        life.promises_hold();
    });
}

#[test]
fn a_group_of_that_name_which_is_not_ours_is_neither_used_nor_removed() {
    paused(async || {
        let life = Life::brisk();
        let name = GROUP.to_owned();
        let here = life.account.at(REGION);
        here.act(Action::SecurityGroup { name }).unwrap();
        assert_eq!(life.pass().await.exit(), Exit::Failed);
        let failed = life.heard_of("failed");
        assert!(
            failed.body.contains("not this installation's"),
            "{}",
            failed.body
        );
        assert_eq!(life.effects_of("RunInstances"), 0);
        assert_eq!(life.effects_of("DeleteSecurityGroup"), 0);
        life.promises_hold();
    });
}

#[test]
fn our_group_with_an_inbound_rule_that_somebody_added_is_not_used() {
    paused(async || {
        let life = Life::brisk();
        // The process dies right after it made the group.
        life.seam
            .arm(Arm::StopOn("CreateSecurityGroup, answer lost"));
        assert!(life.try_pass().await.is_err());
        life.seam.arm(Arm::Nowhere);
        let stranger = life.stranger();
        let groups = stranger.describe_security_groups().send().await.unwrap();
        let mut groups = groups.security_groups().iter();
        let group = groups.find(|one| one.group_name() == Some(GROUP)).unwrap();
        let ssh = IpPermission::builder()
            .ip_protocol("tcp")
            .from_port(22)
            .to_port(22)
            .ip_ranges(IpRange::builder().cidr_ip("0.0.0.0/0").build());
        let opened = stranger.authorize_security_group_ingress();
        let opened = opened.group_id(group.group_id().unwrap());
        opened.ip_permissions(ssh.build()).send().await.unwrap();

        assert_eq!(life.pass().await.exit(), Exit::Failed);
        assert_eq!(life.effects_of("RunInstances"), 0);
        let failed = life.heard_of("failed");
        assert!(failed.body.contains("inbound rules"), "{}", failed.body);
    });
}

/// Lets ssh in from everywhere, as somebody in a hurry does.
async fn open_group(life: &Life, name: &str) -> String {
    let stranger = life.stranger();
    let groups = stranger.describe_security_groups().send().await.unwrap();
    let mut groups = groups.security_groups().iter();
    let group = groups.find(|one| one.group_name() == Some(name)).unwrap();
    let group = group.group_id().unwrap().to_owned();
    let ssh = IpPermission::builder()
        .ip_protocol("tcp")
        .from_port(22)
        .to_port(22)
        .ip_ranges(IpRange::builder().cidr_ip("0.0.0.0/0").build());
    let opened = stranger.authorize_security_group_ingress();
    let opened = opened.group_id(&group).ip_permissions(ssh.build());
    opened.send().await.unwrap();
    group
}

#[test]
fn a_named_group_that_lets_something_in_is_refused_unless_the_config_allows_it() {
    paused(async || {
        let mut life = Life::brisk();
        let name = "office".to_owned();
        let here = life.account.at(REGION);
        here.act(Action::SecurityGroup { name }).unwrap();
        let group = open_group(&life, "office").await;
        let named = format!("{CONFIG}\n[builder]\nsecurity_groups = [\"{group}\"]\n");
        life.set_config(&named);
        assert_eq!(life.pass().await.exit(), Exit::Failed);
        assert_eq!(life.effects_of("RunInstances"), 0);
        let failed = life.heard_of("failed");
        for part in [group.as_str(), "tcp 22-22 from 0.0.0.0/0", "allow_inbound"] {
            assert!(failed.body.contains(part), "{part}: {}", failed.body);
        }
        life.set_config(&format!("{named}allow_inbound = true\n"));
        life.until_settled().await;
        assert_eq!(life.verified().len(), 1);
        // It was somebody else who opened the group.
        life.nothing_leaks();
        life.nothing_foreign_touched();
    });
}

/// The builder ran behind a closed group; the boot test would not.
#[test]
fn a_group_that_is_opened_during_the_bake_is_not_launched_into_again() {
    paused(async || {
        let life = Life::brisk();
        let opens = async {
            while life.effects_of("RunInstances") == 0 {
                life.wait(Duration::from_millis(500)).await;
            }
            open_group(&life, GROUP).await;
        };
        let (passed, ()) = tokio::join!(life.pass(), opens);
        assert_eq!(passed.exit(), Exit::Failed);
        assert_eq!(life.effects_of("RunInstances"), 1);
        let failed = life.heard_of("failed");
        assert!(failed.body.contains("inbound rules"), "{}", failed.body);
        assert_eq!(life.verified().len(), 0);
        // It was somebody else who opened the group.
        life.nothing_leaks();
        life.nothing_foreign_touched();
    });
}

#[test]
fn a_base_that_vanishes_between_the_look_and_the_launch_fails_the_bake() {
    paused(async || {
        let life = Life::brisk();
        let slow = FaultKind::Slow { seconds: 5.0 };
        life.account
            .fault(FaultRule::new(slow).on("ec2:DescribeSubnets"));
        let image_id = life.base_image();
        let change = ImageChange::Deregistered;
        let soon = life.clock.now() + chrono::TimeDelta::seconds(2);
        let gone = Action::ChangeImage { image_id, change };
        life.account.schedule(REGION, soon, gone);
        assert_eq!(life.pass().await.exit(), Exit::Failed);
        assert_eq!(life.effects_of("RunInstances"), 0);
        life.promises_hold();
        // Nothing starts from a base that is not there, and the next release is baked.
        life.wait(Duration::from_secs(3600)).await;
        life.pass().await;
        assert_eq!(life.effects_of("RunInstances"), 0);
        life.release("4.5.1");
        life.until_settled().await;
        assert_eq!(life.verified().len(), 1);
        life.promises_hold();
    });
}

#[test]
fn somebody_elses_image_that_has_the_name_is_left_alone() {
    // The name depends on the inputs alone, so another life tells it.
    let name = paused(async || {
        let life = Life::brisk();
        life.pass().await;
        life.verified().remove(0).name
    });
    paused(async || {
        let life = Life::brisk();
        let theirs = ImageSpec::mine(&name);
        let theirs = life.account.at(REGION).image(theirs).unwrap();
        assert_eq!(life.pass().await.exit(), Exit::Failed);
        let failed = life.heard_of("failed");
        assert!(failed.body.contains("taken by"), "{}", failed.body);
        let image = life.account.image(&theirs).expect("it is still there");
        assert!(image.tags.is_empty(), "{:?}", image.tags);
        life.promises_hold();
    });
}

/// The name and every tag of a bake, on an image that no builder of it made.
#[test]
fn an_image_that_was_put_under_the_bakes_name_is_not_told_as_baked() {
    let made = paused(async || {
        let life = Life::brisk();
        life.pass().await;
        life.verified().remove(0)
    });
    for state in ["candidate", "verified"] {
        let made = made.clone();
        paused(async move || {
            let life = Life::brisk();
            let mut theirs = ImageSpec::mine(&made.name).source(&life.base_image());
            theirs.source_instance_id = Some("i-0123456789abcdef0".to_owned());
            theirs.tags = made.tags.clone();
            theirs
                .tags
                .insert("amiwatch:state".to_owned(), state.to_owned());
            if state == "verified" {
                // Else it is what a bake makes, as far as anybody can tell without the builder.
                theirs.source_image_id = None;
            }
            let theirs = life.account.at(REGION).image(theirs).unwrap();
            life.pass().await;
            assert_ne!(
                life.heard_events().first().map(String::as_str),
                Some("baked")
            );
            life.until_settled().await;
            let heard = life.heard().into_iter();
            let baked: Vec<_> = heard.filter(|one| one.event == "baked").collect();
            assert_eq!(baked.len(), 1, "{state}");
            assert!(!baked[0].body.contains(&theirs), "{}", baked[0].body);
            assert!(
                life.account.image(&theirs).is_some(),
                "{state}: it is not ours to remove"
            );
        });
    }
}

#[test]
fn user_data_over_the_limit_is_never_launched() {
    paused(async || {
        let mut life = Life::brisk();
        let noise = |n: u64| format!("{:016x}", (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let long: String = (0..4000).map(noise).collect();
        let recipe = format!("#!/bin/sh\n: {long}\n");
        life.settings = crate::common::life::settings(CONFIG, &recipe);
        let passed = life.pass().await;
        assert_eq!(passed.exit(), Exit::Failed);
        let failed = life.heard_of("failed");
        assert!(failed.body.contains("EC2 takes 16384"), "{}", failed.body);
        assert_eq!(life.effects_of("RunInstances"), 0);
        life.promises_hold();
    });
}
