//! A watch without a recipe publishes its base: a release feed, with history in SSM and news on SNS.

use std::time::Duration;

use amiwatch::model::hold::HeldThing;

use super::world::feed;
use crate::common::life::Life;
use crate::common::paused;

const DAY: Duration = Duration::from_secs(86_400);

impl Life {
    /// The image of a platform version.
    fn image_of(&self, version: &str) -> String {
        let images = self.account.images().into_iter();
        let theirs = images.filter(|image| image.owner_id != sim::ACCOUNT_ID);
        let mut all: Vec<_> = theirs.collect();
        all.sort_by_key(|image| image.created);
        match version {
            "4.5.0" => all.first().unwrap().id.clone(),
            _ => all.last().unwrap().id.clone(),
        }
    }
}

#[test]
fn releases_stand_in_the_parameter_one_version_each_and_are_told() {
    paused(async || {
        let life = feed();
        life.pass().await;
        assert!(
            life.values().is_empty(),
            "the first look is where it begins from"
        );
        life.until_settled().await;
        assert_eq!(life.values(), [life.image_of("4.5.0")]);
        life.wait(DAY).await;
        life.release("4.5.1");
        life.until_settled().await;
        let both = [life.image_of("4.5.0"), life.image_of("4.5.1")];
        assert_eq!(life.values(), both);
        assert_eq!(life.parameter().unwrap().data_type, "aws:ec2:image");
        assert_eq!(
            life.heard_kinds(),
            ["published", "published", "released"],
            "{:#?}",
            life.heard()
        );
        life.each_notice_came_once();
    });
}

#[test]
fn a_release_that_people_hold_is_taken_back_and_the_one_before_it_stands() {
    paused(async || {
        let life = feed();
        life.pass().await;
        assert!(
            life.values().is_empty(),
            "the first look is where it begins from"
        );
        life.until_settled().await;
        life.wait(DAY).await;
        life.release("4.5.1");
        life.until_settled().await;
        life.withhold(HeldThing::Release("4.5.1".to_owned())).await;
        life.until_settled().await;
        let (old, new) = (life.image_of("4.5.0"), life.image_of("4.5.1"));
        assert_eq!(life.values(), [old.clone(), new, old]);
    });
}
