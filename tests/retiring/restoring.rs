//! `restore`: what an image was, it is again, and it is left alone for a while.

use aws_sdk_ec2::types::{LaunchPermission, LaunchPermissionModifications};

use super::world::{DAY, applying, stands};
use crate::common::life::Life;
use crate::common::paused;

impl Life {
    /// A person lets the account itself launch it, which shares it with nobody beyond.
    pub(super) async fn share_with_us(&self, image: &str) {
        let permission = LaunchPermission::builder().user_id(sim::ACCOUNT_ID);
        let add = LaunchPermissionModifications::builder().add(permission.build());
        let stranger = self.stranger();
        let share = stranger.modify_image_attribute().image_id(image);
        share.launch_permission(add.build()).send().await.unwrap();
        assert_eq!(self.may_launch(image), [sim::ACCOUNT_ID]);
    }
}

#[test]
fn a_disabled_image_comes_back_with_whoever_might_launch_it() {
    paused(async || {
        let life = applying();
        let [old, _] = life.two_images().await;
        life.share_with_us(&old.id).await;
        life.until_it_stands(&old.id, "disabled").await;
        assert_eq!(life.may_launch(&old.id), [""; 0], "EC2 forgets it");
        let plan = life.restore(&old.id).await.unwrap();
        assert_eq!((plan.end, plan.does.len()), ("restored", 3), "{plan:?}");
        assert_eq!(plan.cannot, [""; 0]);
        assert_eq!(stands(&life, &old.id), "in force");
        assert_eq!(life.may_launch(&old.id), [sim::ACCOUNT_ID]);
        let restored = life.clock.now();
        life.until_it_stands(&old.id, "deprecated").await;
        assert!((life.clock.now() - restored).to_std().unwrap() >= DAY);
        life.until_it_stands(&old.id, "disabled").await;
        let waited = (life.clock.now() - restored).to_std().unwrap();
        assert!(
            waited >= 4 * DAY,
            "a day young, and three after that: {waited:?}"
        );
        let told = life.heard_of_retiring();
        let back = told.iter().filter(|one| one.ends_with("restored"));
        assert_eq!(back.count(), 1, "{told:?}");
        life.no_image_in_use_was_retired();
        life.promises_hold();
    });
}

#[test]
fn a_deprecated_image_is_found_again_and_one_in_force_has_nothing_to_come_back_from() {
    paused(async || {
        let life = applying();
        let [old, new] = life.two_images().await;
        life.until_it_stands(&old.id, "deprecated").await;
        let plan = life.restore(&old.id).await.unwrap();
        assert_eq!(plan.does.len(), 1, "{plan:?}");
        assert_eq!(stands(&life, &old.id), "in force");
        let plan = life.restore(&new.id).await.unwrap();
        assert_eq!((plan.end, plan.to_do()), ("planned", false));
    });
}

#[test]
fn what_is_gone_or_not_ours_is_said_to_be() {
    paused(async || {
        let life = applying();
        let [old, _] = life.two_images().await;
        life.until_it_stands(&old.id, "gone").await;
        let said = life.restore(&old.id).await.unwrap_err().to_string();
        assert!(said.contains("was deregistered on"), "{said}");
        assert!(said.contains("restore-image-from-recycle-bin"), "{said}");
        let said = life.restore("ami-0123456789abcdef0").await.unwrap_err();
        assert!(
            said.to_string().contains("`amiwatch images` lists"),
            "{said}"
        );
        let theirs = sim::ImageSpec::mine("theirs");
        let here = life.account.at(crate::common::world::REGION);
        let theirs = here.image(theirs).unwrap();
        let said = life.restore(&theirs).await.unwrap_err().to_string();
        assert!(said.contains("is not touched"), "{said}");
        life.nothing_foreign_touched();
    });
}

/// What others disabled was not recorded, and that is said.
#[test]
fn what_somebody_else_disabled_comes_back_without_who_might_launch_it() {
    paused(async || {
        let life = applying();
        let [_, new] = life.two_images().await;
        let stranger = life.stranger();
        let disable = stranger.disable_image().image_id(&new.id);
        disable.send().await.unwrap();
        let plan = life.restore(&new.id).await.unwrap();
        assert_eq!(plan.end, "restored");
        assert!(plan.cannot[0].contains("is not known"), "{plan:?}");
        assert_eq!(stands(&life, &new.id), "in force");
    });
}
