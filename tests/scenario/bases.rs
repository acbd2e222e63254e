//! Bases of other kinds than a branch's recommended version, over whole lives.

use std::time::Duration;

use amiwatch::flow::exit_code::Exit;
use amiwatch::model::drift::NoteCode;
use amiwatch::model::reason::ReasonCode;
use sim::{EnvironmentChange, ImageSpec};

use crate::common::guest::{Cast, Day};
use crate::common::life::Life;
use crate::common::paused;
use crate::common::world::{self, CONFIG, REGION, base_disk};

const DAY: Duration = Duration::from_secs(86_400);

const BEANSTALK: &str = "base = { beanstalk = \"ECS running on 64bit Amazon Linux 2023\" }";

/// The usual config with another base.
fn based_on(base: &str) -> String {
    assert!(CONFIG.contains(BEANSTALK));
    CONFIG.replace(BEANSTALK, base)
}

fn brisk(config: &str) -> Life {
    let life = Life::with_config(config);
    life.account.set_timing(world::brisk());
    life.guests(Cast::both(Day::Quick));
    life
}

impl Life {
    fn public_image(&self, owner: &str, name: &str) -> String {
        let spec = ImageSpec {
            owner: owner.to_owned(),
            public: true,
            disk: base_disk(),
            ..ImageSpec::mine(name)
        };
        self.account.at(REGION).image(spec).unwrap()
    }

    /// The images that builders were launched from.
    fn baked_from(&self) -> Vec<String> {
        let images = self.verified().into_iter();
        let base = images.map(|image| image.tags["amiwatch:base-image"].clone());
        let mut base: Vec<String> = base.collect();
        base.sort();
        base
    }
}

#[test]
fn an_images_base_is_followed_and_a_stranger_s_image_of_the_same_name_is_not() {
    paused(async || {
        let base = r#"base = { images = { owners = ["amazon"], name = "al2023-ami-2023.*" } }"#;
        let life = brisk(&based_on(base));
        let first = life.public_image("amazon", "al2023-ami-2023.9.20251208.0-kernel-6.12-x86_64");
        life.until_settled().await;
        assert_eq!(life.baked_from(), [&*first]);

        life.wait(DAY).await;
        life.public_image(
            "666666666666",
            "al2023-ami-2023.10.20260302.1-kernel-6.12-x86_64",
        );
        let (items, _) = life.check().await;
        let release = items[0].drift.release.as_ref().expect("a release");
        assert_eq!(release.image.as_str(), first);
        life.until_settled().await;
        assert_eq!(life.verified().len(), 1);

        life.wait(DAY).await;
        let second = life.public_image("amazon", "al2023-ami-2023.10.20260302.1-kernel-6.1-x86_64");
        let (items, exit) = life.check().await;
        assert_eq!(exit, Exit::Drift);
        assert_eq!(items[0].drift.notes[0].code, NoteCode::PatternMixed);
        life.until_settled().await;
        let mut both = vec![first, second];
        both.sort();
        assert_eq!(life.baked_from(), both);
        life.promises_hold();
    });
}

#[test]
fn a_base_that_follows_the_targets_waits_for_them() {
    paused(async || {
        let base = r#"base = { beanstalk = "ECS running on 64bit Amazon Linux 2023", version = "environment" }"#;
        let life = brisk(&based_on(base));
        life.until_settled().await;
        assert_eq!(life.verified().len(), 1);

        // What AWS recommends is not what the target runs.
        life.release("4.5.1");
        life.until_settled().await;
        assert_eq!(life.verified().len(), 1);

        let here = life.account.at(REGION);
        let platform = EnvironmentChange::Version("4.5.1".to_owned());
        here.change_environment("shop-blue", platform).unwrap();
        life.until_settled().await;
        let versions: Vec<String> = life
            .verified()
            .into_iter()
            .map(|image| image.tags["amiwatch:base-version"].clone())
            .collect();
        assert_eq!(versions, ["4.5.0", "4.5.1"]);
        life.promises_hold();
    });
}

#[test]
fn a_version_pattern_stays_below_what_is_recommended() {
    paused(async || {
        let base =
            r#"base = { beanstalk = "ECS running on 64bit Amazon Linux 2023", version = "4.5.*" }"#;
        let life = brisk(&based_on(base));
        life.until_settled().await;
        for version in ["4.5.9", "4.5.10", "5.0.0"] {
            life.release(version);
        }
        life.until_settled().await;
        let newest = life.verified().pop().expect("an image");
        assert_eq!(newest.tags["amiwatch:base-version"], "4.5.10");
        assert_eq!(life.verified().len(), 2);
        let (items, _) = life.check().await;
        let own = items[0].drift.reasons.iter().map(|reason| reason.code);
        assert_eq!(own.collect::<Vec<ReasonCode>>(), []);
        life.promises_hold();
    });
}
