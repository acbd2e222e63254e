//! Older images that another account of the config may launch: what names them there keeps them, and so does a
//! role that does not answer.

use sim::{Account, AccountSpec, Action, RoleSpec};

use super::acting::launches;
use super::world::{config, stands};
use crate::common::life::Life;
use crate::common::paused;
use crate::common::world::REGION;
use crate::publishing::world::brisk_life;

const PROD: &str = "000000000011";

/// An account that the config names, whose role is there or not.
fn life(trusting: bool) -> (Life, Account) {
    let account = format!("[account.prod]\nrole_arn = \"arn:aws:iam::{PROD}:role/amiwatch\"\n");
    let life = brisk_life(&format!("{}\n{account}", config("apply")));
    let prod = life.account.open(AccountSpec::new(PROD)).unwrap();
    if trusting {
        let role = RoleSpec::trusting("amiwatch", &[sim::ACCOUNT_ID]);
        prod.perform(REGION, Action::Role(role)).unwrap();
    }
    (life, prod)
}

impl Life {
    async fn share_with_prod(&self, image: &str) {
        let permission = aws_sdk_ec2::types::LaunchPermission::builder().user_id(PROD);
        let add = aws_sdk_ec2::types::LaunchPermissionModifications::builder();
        let add = add.add(permission.build()).build();
        let share = self.stranger().modify_image_attribute().image_id(image);
        share.launch_permission(add).send().await.unwrap();
    }

    /// How the older of two images stands after days of being shared with prod.
    async fn old_after_days(&self, in_prod: impl FnOnce(&str)) -> &'static str {
        let [old, _] = self.two_images().await;
        self.share_with_prod(&old.id).await;
        in_prod(&old.id);
        self.days(10).await;
        stands(self, &old.id)
    }
}

#[test]
fn what_nothing_names_in_the_account_goes_all_the_way() {
    paused(async || {
        let (life, prod) = life(true);
        assert_eq!(life.old_after_days(|_| {}).await, "gone");
        life.no_image_in_use_was_retired();
        let ours = format!("arn:aws:sts::{PROD}:assumed-role/amiwatch/amiwatch-acme");
        let callers: Vec<String> = prod.ledger().into_iter().map(|one| one.caller).collect();
        assert!(!callers.is_empty(), "prod was asked");
        assert!(callers.iter().all(|one| *one == ours), "{callers:?}");
    });
}

#[test]
fn what_something_names_there_is_deprecated_at_most() {
    paused(async || {
        let (life, prod) = life(true);
        let stood = life.old_after_days(|old| {
            prod.perform(REGION, launches(old)).unwrap();
        });
        assert_eq!(stood.await, "deprecated");
        assert!(life.account.retirements().is_empty());
    });
}

#[test]
fn an_account_that_does_not_answer_keeps_what_it_may_launch_and_nothing_else() {
    paused(async || {
        let (life, _) = life(false);
        let [old, middle] = life.two_images().await;
        life.share_with_prod(&old.id).await;
        life.release("4.5.2");
        life.days(12).await;
        assert_eq!(stands(&life, &old.id), "deprecated");
        assert_eq!(stands(&life, &middle.id), "gone");
    });
}
