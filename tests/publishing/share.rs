//! A watch's image that others may launch: before the parameter names it, and no more when it is not for use.

use std::time::Duration;

use amiwatch::model::hold::HeldThing;
use amiwatch::model::ids::ImageId;

use super::world::{brisk_life, config};
use crate::common::life::Life;
use crate::common::paused;
use crate::common::world::REGION;

const DAY: Duration = Duration::from_secs(86_400);
pub(super) const OTHER: &str = "222233334444";
const SHARE: &str = "share = { accounts = [\"222233334444\"] }\n";

/// The usual watch, which shares its image and names it in a parameter.
pub(super) fn sharing() -> Life {
    brisk_life(&format!("{}{SHARE}", config()))
}

impl Life {
    /// The accounts that may launch an image.
    pub(crate) fn may_launch(&self, image: &str) -> Vec<String> {
        let image = self.account.image(image).expect("it is there");
        image.shared_with.into_iter().collect()
    }
}

#[test]
fn an_image_is_shared_before_the_parameter_names_it() {
    paused(async || {
        let life = sharing();
        life.until_settled().await;
        let image = life.newest_verified();
        assert_eq!(life.may_launch(&image), [OTHER]);
        assert_eq!(life.values(), [image.as_str()]);
        let ledger = life.account.ledger();
        let at = |operation: &str| ledger.iter().position(|call| call.operation == operation);
        assert!(at("ModifyImageAttribute") < at("PutParameter"));
        let changes = ledger
            .iter()
            .filter(|call| call.operation == "ModifyImageAttribute");
        assert_eq!(changes.count(), 1);
        let told = life.heard_events();
        let told = told.iter().filter(|event| *event == "published");
        assert_eq!(told.count(), 2, "{:?}", life.heard());
        life.promises_hold();
    });
}

#[test]
fn an_image_that_is_not_for_use_is_taken_from_others_and_earlier_ones_are_not() {
    paused(async || {
        let life = sharing();
        life.until_settled().await;
        let first = life.newest_verified();
        life.wait(DAY).await;
        life.release("4.5.1");
        life.until_settled().await;
        let second = life.newest_verified();
        assert_eq!(life.may_launch(&second), [OTHER]);
        life.withhold(HeldThing::Image(ImageId::new(&second))).await;
        life.until_settled().await;
        assert_eq!(life.may_launch(&second), [""; 0]);
        assert_eq!(life.may_launch(&first), [OTHER]);
        assert_eq!(life.values().last(), Some(&first));
        life.release_everything().await;
        life.until_settled().await;
        assert_eq!(life.may_launch(&second), [OTHER]);
        assert_eq!(life.values().last(), Some(&second));
        life.each_notice_came_once();
    });
}

#[test]
fn whom_the_config_names_no_more_may_launch_it_no_more_and_a_person_s_own_may() {
    paused(async || {
        let mut life = sharing();
        life.until_settled().await;
        let image = life.newest_verified();
        let theirs = aws_sdk_ec2::types::LaunchPermission::builder().user_id("999900001111");
        let change = aws_sdk_ec2::types::LaunchPermissionModifications::builder();
        life.stranger()
            .modify_image_attribute()
            .image_id(&image)
            .launch_permission(change.add(theirs.build()).build())
            .send()
            .await
            .unwrap();
        let other = config() + &SHARE.replace(OTHER, "555566667777");
        life.set_config(&other);
        life.until_settled().await;
        assert_eq!(life.may_launch(&image), ["555566667777", "999900001111"]);
        assert_eq!(life.values().len(), 1, "it names what it named");
    });
}

#[test]
fn a_key_that_forbids_it_is_said_once_and_the_parameter_promises_nothing() {
    paused(async || {
        let key = format!(
            "[builder]\nencrypt = \"arn:aws:kms:{REGION}:{}:key/51300000-0000-4000-8000-0000000000eb\"\n",
            sim::ACCOUNT_ID
        );
        let life = brisk_life(&format!("{}{SHARE}{key}", config()));
        life.until_settled().await;
        life.wait(2 * DAY).await;
        life.until_settled().await;
        let image = life.newest_verified();
        assert_eq!(life.may_launch(&image), [""; 0]);
        assert_eq!(life.values(), [""; 0]);
        let heard = life.heard();
        let told: Vec<_> = heard
            .iter()
            .filter(|one| one.event == "attention")
            .collect();
        assert_eq!(told.len(), 1, "{heard:#?}");
        assert!(
            told[0]
                .body
                .contains("set [builder] encrypt to a KMS key of yours"),
            "{}",
            told[0].body
        );
    });
}
