//! A version more of a launch template: only its image is another one, `$Default` stays unless that is asked
//! for, and what somebody else did is theirs.

use std::time::Duration;

use amiwatch::model::hold::HeldThing;
use amiwatch::model::ids::ImageId;
use amiwatch::model::image_uses::ReferenceKind;
use amiwatch::model::request::PublishWish;
use amiwatch::service::desk::images::{UsersOfKind, show_image};
use amiwatch::service::desk::publish::publish_now;
use amiwatch::workflow::observer::Unobserved;
use aws_sdk_ec2::types::{
    InstanceType, LaunchTemplateBlockDeviceMappingRequest, LaunchTemplateEbsBlockDeviceRequest,
    LaunchTemplateVersion, RequestLaunchTemplateData,
};
use sim::{FaultKind, FaultRule, GroupSpec};

use super::world::{brisk_life, config};
use crate::common::life::Life;
use crate::common::paused;
use crate::common::seam::Arm;
use crate::common::world::REGION;

const DAY: Duration = Duration::from_secs(86_400);
const TEMPLATE: &str = "launch_template = { name = \"shop\" }\n";
const DEFAULT: &str = "launch_template = { name = \"shop\", make_default = true }\n";

type Data = aws_sdk_ec2::types::builders::RequestLaunchTemplateDataBuilder;

/// What people launch by it: the base, on a type of their own.
fn theirs(life: &Life) -> Data {
    RequestLaunchTemplateData::builder()
        .image_id(life.base_image())
        .instance_type(InstanceType::T3Small)
        .user_data("IyEvYmluL3NoCg==")
}

/// The usual watch, which publishes to a launch template and to a parameter.
async fn templating(keys: &str) -> Life {
    let life = brisk_life(&format!("{}{keys}", config()));
    life.make_template(theirs(&life)).await;
    life
}

/// The same for the crash sweep: before its first pass.
pub(super) fn bare() -> Life {
    brisk_life(&format!("{}{DEFAULT}", config()))
}

/// Everything but the template names the image: it may be tried again by now.
pub(super) async fn refused_so_far(life: &Life) {
    life.make_template(theirs(life)).await;
    life.account.deny("ec2:CreateLaunchTemplateVersion");
    life.until_settled().await;
    assert_eq!(life.template_images().await.len(), 1);
    life.account.allow("ec2:CreateLaunchTemplateVersion");
    life.wait(Duration::from_secs(3600)).await;
}

impl Life {
    async fn make_template(&self, data: Data) {
        let made = self.stranger().create_launch_template();
        let made = made
            .launch_template_name("shop")
            .launch_template_data(data.build());
        made.send().await.unwrap();
    }

    /// Somebody else makes a version of it.
    async fn somebody_s_version(&self, data: Data) {
        let made = self.stranger().create_launch_template_version();
        let made = made
            .launch_template_name("shop")
            .source_version("$Latest")
            .launch_template_data(data.build());
        made.send().await.unwrap();
    }

    async fn template_versions(&self) -> Vec<LaunchTemplateVersion> {
        let asked = self.stranger().describe_launch_template_versions();
        let shown = asked.launch_template_name("shop").send().await.unwrap();
        let mut versions = shown.launch_template_versions().to_vec();
        versions.sort_by_key(LaunchTemplateVersion::version_number);
        versions
    }

    /// The image of each version, oldest first.
    pub(super) async fn template_images(&self) -> Vec<String> {
        let versions = self.template_versions().await.into_iter();
        versions.map(|one| image_of(&one)).collect()
    }

    /// The number of the version that is `$Default`.
    async fn template_default(&self) -> i64 {
        let versions = self.template_versions().await;
        let default = versions
            .iter()
            .find(|one| one.default_version() == Some(true));
        default
            .and_then(LaunchTemplateVersion::version_number)
            .unwrap()
    }

    /// What was told of the template.
    fn heard_of_template(&self) -> Vec<(String, String)> {
        let heard = self.heard().into_iter();
        let heard = heard.filter(|one| one.subject.contains("template:"));
        heard.map(|one| (one.event, one.body)).collect()
    }
}

fn image_of(version: &LaunchTemplateVersion) -> String {
    let data = version.launch_template_data();
    data.and_then(|data| data.image_id())
        .unwrap_or("-")
        .to_owned()
}

fn plain() -> Data {
    RequestLaunchTemplateData::builder()
}

#[test]
fn each_image_is_a_version_in_which_nothing_else_is_another_and_the_default_stays() {
    paused(async || {
        let life = templating(TEMPLATE).await;
        life.until_settled().await;
        let first = life.newest_verified();
        // What people change meanwhile is in the next one.
        life.somebody_s_version(plain().instance_type(InstanceType::T3Large))
            .await;
        life.wait(DAY).await;
        life.release("4.5.1");
        life.until_settled().await;
        let second = life.newest_verified();
        let versions = life.template_versions().await;
        let base = life.account.image(&first).unwrap().source_image_id.unwrap();
        let images: Vec<String> = versions.iter().map(image_of).collect();
        assert_eq!(images, [base, first.clone(), first, second.clone()]);
        let newest = versions[3].launch_template_data().unwrap();
        assert_eq!(newest.instance_type(), Some(&InstanceType::T3Large));
        assert_eq!(newest.user_data(), Some("IyEvYmluL3NoCg=="));
        let description = versions[3].version_description().unwrap();
        assert!(
            description.starts_with(&format!("{second} by amiwatch, publish/")),
            "{description}"
        );
        assert!(description.ends_with("/0002, acme/shop"), "{description}");
        assert_eq!(life.template_default().await, 1, "nobody asked for it");
        assert_eq!(life.values().last(), Some(&second));
        let told: Vec<_> = life
            .heard_of_template()
            .into_iter()
            .map(|one| one.0)
            .collect();
        assert_eq!(told, ["published", "published"]);
        life.each_notice_came_once();
        life.promises_hold();
    });
}

#[test]
fn where_it_is_asked_for_the_version_is_the_default_and_a_draft_of_somebody_s_is_not() {
    paused(async || {
        let life = templating(DEFAULT).await;
        life.somebody_s_version(plain().instance_type(InstanceType::T3Large))
            .await;
        life.until_settled().await;
        let versions = life.template_versions().await;
        assert_eq!(life.template_default().await, 3);
        assert_eq!(image_of(&versions[2]), life.newest_verified());
        let data = versions[2].launch_template_data().unwrap();
        assert_eq!(
            data.instance_type(),
            Some(&InstanceType::T3Small),
            "as the default was"
        );
    });
}

#[test]
fn an_image_that_is_not_for_use_gives_way_to_a_version_with_the_last_good_one() {
    paused(async || {
        for (keys, default) in [(TEMPLATE, 1), (DEFAULT, 4)] {
            let life = templating(keys).await;
            life.until_settled().await;
            let first = life.newest_verified();
            life.wait(DAY).await;
            life.release("4.5.1");
            life.until_settled().await;
            let second = life.newest_verified();
            life.withhold(HeldThing::Image(ImageId::new(&second))).await;
            life.until_settled().await;
            let images = life.template_images().await;
            assert_eq!(
                images[1..],
                [first.clone(), second, first],
                "none is deleted"
            );
            assert_eq!(life.template_default().await, default);
            life.each_notice_came_once();
        }
    });
}

#[test]
fn what_somebody_put_over_it_is_theirs_until_a_person_says_so() {
    paused(async || {
        let life = templating(TEMPLATE).await;
        life.until_settled().await;
        let base = life.base_image();
        life.somebody_s_version(plain().image_id(&base)).await;
        life.wait(DAY).await;
        life.release("4.5.1");
        life.until_settled().await;
        life.wait(DAY).await;
        life.until_settled().await;
        let second = life.newest_verified();
        assert_eq!(life.template_images().await.len(), 3, "not fought");
        assert_eq!(life.values().last(), Some(&second), "holds nothing else up");
        let told = life.heard_of_template();
        assert_eq!(
            (told.len(), told[1].0.as_str()),
            (2, "attention"),
            "{told:#?}"
        );
        assert!(
            told[1].1.contains("$Latest is version 3 of shop by now"),
            "{}",
            told[1].1
        );
        assert!(
            told[1]
                .1
                .contains("amiwatch publish shop --to template:eu-west-1"),
            "{}",
            told[1].1
        );
        let wish = PublishWish {
            watch: "shop".into(),
            destination: "template:eu-west-1".parse().unwrap(),
            by: "ann".to_owned(),
        };
        let ended = life.command(async |service| {
            publish_now(&service, &wish, || {}, &|_| Box::new(Unobserved)).await
        });
        ended.await.unwrap();
        assert_eq!(life.template_images().await.last(), Some(&second));
    });
}

#[test]
fn a_template_that_no_version_can_be_made_of_is_said_once_and_holds_nothing_up() {
    paused(async || {
        let disk =
            LaunchTemplateEbsBlockDeviceRequest::builder().snapshot_id("snap-51300000000000001");
        let disk = LaunchTemplateBlockDeviceMappingRequest::builder()
            .device_name("/dev/sdb")
            .ebs(disk.build())
            .build();
        let cases = [
            (None, "there is no launch template shop in eu-west-1"),
            (
                Some(plain().image_id("resolve:ssm:/amis/x")),
                "what the parameter /amis/x names",
            ),
            (
                Some(plain().block_device_mappings(disk)),
                "disks of snap-51300000000000001 as /dev/sdb",
            ),
        ];
        for (data, said) in cases {
            let life = brisk_life(&format!("{}{TEMPLATE}", config()));
            if let Some(data) = data {
                life.make_template(data).await;
            }
            life.until_settled().await;
            life.wait(2 * DAY).await;
            life.until_settled().await;
            assert_eq!(life.values(), [life.newest_verified()]);
            let told = life.heard_of_template();
            assert_eq!(
                (told.len(), told[0].0.as_str()),
                (1, "attention"),
                "{told:#?}"
            );
            assert!(told[0].1.contains(said), "{said}: {}", told[0].1);
        }
    });
}

#[test]
fn a_call_whose_answer_is_lost_makes_one_version() {
    paused(async || {
        for kind in [
            FaultKind::Throttle,
            FaultKind::TimeoutBeforeEffect,
            FaultKind::TimeoutAfterEffect,
            FaultKind::ErrorAfterEffect,
        ] {
            for call in [
                "ec2:CreateLaunchTemplateVersion",
                "ec2:ModifyLaunchTemplate",
            ] {
                let life = templating(DEFAULT).await;
                life.account
                    .fault(FaultRule::new(kind.clone()).on(call).times(1));
                life.until_settled().await;
                let images = life.template_images().await;
                assert_eq!(
                    images,
                    [life.base_image(), life.newest_verified()],
                    "{call} {kind:?}"
                );
                assert_eq!(life.template_default().await, 2, "{call} {kind:?}");
            }
        }
    });
}

#[test]
fn a_version_whose_answer_was_lost_is_known_under_those_that_others_made_since() {
    paused(async || {
        let life = templating(TEMPLATE).await;
        life.seam
            .arm(Arm::StopOn("CreateLaunchTemplateVersion, answer lost"));
        while life.try_pass().await.is_ok() {}
        life.seam.arm(Arm::Nowhere);
        let ours = life.newest_verified();
        assert_eq!(life.template_images().await.last(), Some(&ours));
        let base = life.base_image();
        life.somebody_s_version(plain().image_id(&base)).await;
        life.until_settled().await;
        let images = life.template_images().await;
        assert_eq!(
            images,
            [base.clone(), ours, base],
            "it is not made again over theirs"
        );
        let told = life.heard_of_template();
        assert_eq!(
            (told.len(), told[0].0.as_str()),
            (1, "attention"),
            "{told:#?}"
        );
        assert!(
            told[0].1.contains("is version 3 of shop meanwhile"),
            "{}",
            told[0].1
        );
    });
}

#[test]
fn another_template_is_not_taken_for_one_that_somebody_wrote_over() {
    paused(async || {
        let mut life = templating(TEMPLATE).await;
        life.until_settled().await;
        let made = life.stranger().create_launch_template();
        let data = plain().image_id(life.base_image()).build();
        made.launch_template_name("till")
            .launch_template_data(data)
            .send()
            .await
            .unwrap();
        let other = format!("{}{}", config(), TEMPLATE.replace("shop", "till"));
        life.set_config(&other);
        life.until_settled().await;
        let asked = life.stranger().describe_launch_template_versions();
        let shown = asked.launch_template_name("till").send().await.unwrap();
        assert_eq!(shown.launch_template_versions().len(), 2);
        assert_eq!(
            life.heard_events()
                .iter()
                .filter(|one| *one == "attention")
                .count(),
            0
        );
    });
}

impl Life {
    /// What of the launch templates names an image, as `image` shows it.
    async fn named_by_templates(&self, image: &str) -> Vec<String> {
        let image = ImageId::new(image);
        let shown = self.process(async |service, _| show_image(&service, &image).await);
        let shown = shown.await.expect("nothing is armed").unwrap();
        let of = |one: &&UsersOfKind| one.kind == ReferenceKind::LaunchTemplate;
        let users = shown.users.iter().find(of).expect("it is asked");
        users.users.iter().map(|one| one.by.clone()).collect()
    }
}

/// A published version counts as any other: while `$Latest` or `$Default` is it, or a group names it.
#[test]
fn an_image_of_a_published_version_is_in_use_while_somebody_launches_by_it() {
    paused(async || {
        let life = templating(TEMPLATE).await;
        life.until_settled().await;
        let first = life.newest_verified();
        let named = life.named_by_templates(&first).await;
        assert_eq!(named.len(), 1, "{named:?}");
        assert!(named[0].contains("shop"), "{named:?}");
        life.wait(DAY).await;
        life.release("4.5.1");
        life.until_settled().await;
        assert_eq!(life.named_by_templates(&first).await, [""; 0]);
        let group = GroupSpec {
            name: "workers".to_owned(),
            launch_template: "shop".to_owned(),
            version: "2".to_owned(),
            ..GroupSpec::default()
        };
        let here = life.account.at(REGION);
        here.act(sim::Action::Group(group)).unwrap();
        let named = life.named_by_templates(&first).await;
        assert_eq!(named.len(), 1, "{named:?}");
    });
}
