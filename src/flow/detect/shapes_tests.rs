//! Shapes of the world that were met in real accounts: images copied from another region, custom
//! platforms, settings without an image, answers that are cut.

use sim::{EnvironmentSpec, FaultKind, FaultRule, ImageChange, ImageSpec};

use super::tests::{BRANCH, Town, standing};
use crate::flow::survey::survey;
use crate::flow::test_world::codes;
use crate::model::ids::ImageId;
use crate::model::image::ImageKind;

/// Images of us-east-1, and copies of them here. Amazon publishes a release under one name everywhere.
struct Copied {
    town: Town,
    /// A copy of an image made from 4.5.1 there.
    newest: String,
    /// The image that it was copied from.
    there: String,
}

impl Copied {
    fn new() -> Self {
        let town = Town::new();
        let us = town.account.at("us-east-1");
        let images = town.account.images();
        let named = |id: &str| images.iter().find(|image| image.id == id).unwrap();
        let name = named(&town.base["4.5.1"]).name.clone();
        let base = us.image(ImageSpec::amazon(&name)).unwrap();
        let there = us.image(ImageSpec::mine("ours").source(&base)).unwrap();
        let copy = ImageSpec::mine("copy").copied_from("us-east-1", &there);
        let newest = town.at().image(copy).unwrap();
        town.environment_on("shop-copy", &newest);
        Self {
            town,
            newest,
            there,
        }
    }

    async fn codes(&self) -> Vec<&'static str> {
        let survey = survey(&[self.town.survey().await]);
        codes(&survey.environments[0].reasons)
    }
}

#[tokio::test]
async fn a_copy_from_another_region_of_our_newest_image_is_in_step() {
    let copied = Copied::new();
    let sighting = copied.town.survey().await;
    let lineage = &sighting.images[&ImageId::from(copied.newest.as_str())].lineage;
    let base = ImageId::from(copied.town.base["4.5.1"].as_str());
    assert_eq!(lineage.base(), Some(&base), "{lineage:?}");
    assert_eq!(copied.codes().await, [""; 0]);
}

#[tokio::test]
async fn a_copy_of_an_older_image_is_behind_and_its_base_is_not_gone() {
    let copied = Copied::new();
    let us = copied.town.account.at("us-east-1");
    let name = "aws-elasticbeanstalk-amzn-2023.20250101.64bit-eb_ecs_amazon_linux_2023-hvm-2025";
    let mut spec = ImageSpec::amazon(name);
    spec.created = Some(copied.town.clock.now() - chrono::TimeDelta::days(100));
    let base = us.image(spec).unwrap();
    let older = ImageSpec::mine("ours, older").source(&base);
    let older = us.image(older).unwrap();
    let copy = ImageSpec::mine("copy of older").copied_from("us-east-1", &older);
    let copy = copied.town.at().image(copy).unwrap();
    copied.town.environment_on("shop-a-older", &copy);
    assert_eq!(copied.codes().await, ["BASE_NEWER", "PLATFORM_SKEW"]);
}

#[tokio::test]
async fn what_the_other_region_does_not_tell_is_no_drift() {
    for (kind, code) in [
        (FaultKind::Http5xx, "UNREACHABLE"),
        (FaultKind::Denied, "DENIED"),
    ] {
        let copied = Copied::new();
        let mut rule = FaultRule::new(kind).on("ec2:DescribeImages");
        rule.region = Some("us-east-1".to_owned());
        copied.town.account.fault(rule);
        assert_eq!(copied.codes().await, [code]);
    }
}

#[tokio::test]
async fn what_it_was_copied_from_may_be_gone_and_is_no_base() {
    let copied = Copied::new();
    let us = copied.town.account.at("us-east-1");
    let gone = ImageChange::Deregistered;
    us.change_image(&copied.there, gone).unwrap();
    assert_eq!(copied.codes().await, ["LINEAGE_UNKNOWN"]);
}

/// CopyImage, as EC2 does it.
#[tokio::test]
async fn the_ancestry_of_a_copy_leads_across_regions() {
    let copied = Copied::new();
    let copy = ImageId::from(copied.newest.as_str());
    let line = copied.town.cloud.ancestry(&copy).await.unwrap();
    let regions: Vec<&str> = line.iter().map(|one| one.region.as_str()).collect();
    assert_eq!(regions, ["eu-west-1", "us-east-1", "us-east-1"]);
    assert_eq!(line[2].owner_alias.as_deref(), Some("amazon"));
}

#[tokio::test]
async fn an_environment_on_a_custom_platform_is_read_like_any_other() {
    let town = Town::new();
    let own = town.custom(None);
    let arn = town.at().custom_platform("shop-os", "1.0.0", &own).unwrap();
    let hand = town.custom(Some(&town.base["4.5.1"]));
    for (name, image) in [("a-stock", None), ("b-hand", Some(&hand))] {
        let mut spec = EnvironmentSpec::new("shop", name, BRANCH);
        spec.platform_arn.clone_from(&arn);
        spec.image_id = image.cloned();
        town.at().environment(spec).unwrap();
    }
    let sighting = town.survey().await;
    assert_eq!(sighting.troubles, []);
    let survey = survey(&[sighting]);
    let told: Vec<_> = survey
        .environments
        .iter()
        .map(|one| (one.image_kind, codes(&one.reasons)))
        .collect();
    let skew = vec!["PLATFORM_SKEW"];
    let expected = [(ImageKind::Stock, vec![]), (ImageKind::Custom, skew)];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_setting_without_an_image_is_stock() {
    let town = Town::new();
    town.environment("shop-blue", "4.5.1");
    let unset = sim::EnvironmentChange::Option {
        namespace: "aws:autoscaling:launchconfiguration".to_owned(),
        name: "ImageId".to_owned(),
        value: String::new(),
    };
    town.at().change_environment("shop-blue", unset).unwrap();
    let sighting = town.survey().await;
    let found = standing(&sighting, "shop-blue");
    assert_eq!((found.kind, found.image), (ImageKind::Stock, None));
    assert_eq!(found.troubles, []);
}

/// A 200 whose XML stops behind an entry: what came is not all that there is.
#[tokio::test]
async fn an_answer_that_is_cut_is_no_answer() {
    let town = Town::new();
    for name in ["shop-a", "shop-b", "shop-c"] {
        town.environment_on(name, &town.custom(Some(&town.base["4.5.1"])));
    }
    let cut = |action: &str| FaultRule::new(FaultKind::CutAnswer).on(action);
    let environments = "elasticbeanstalk:DescribeEnvironments";
    town.account.fault(cut(environments).times(1));
    let whole = survey(&[town.survey().await]);
    assert_eq!(whole.environments.len(), 3, "asked again, and whole");
    assert_eq!(whole.unreachable, []);

    for action in [environments, "ec2:DescribeImages"] {
        town.account.fault(cut(action));
        let sighting = town.survey().await;
        assert!(!sighting.troubles.is_empty(), "{action}");
        let told = survey(&[sighting]);
        let drift = told.environments.iter().flat_map(|one| &one.reasons);
        let drift: Vec<_> = codes(drift)
            .into_iter()
            .filter(|code| *code != "UNREACHABLE")
            .collect();
        assert_eq!(drift, [""; 0], "{action}");
        town.account.clear_faults();
    }
}
