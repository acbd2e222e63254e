//! The JSON is contract: one snapshot of every field in its order.

use super::*;
use crate::flow::test_world::{BASE_440, BASE_450, BASE_451, World, codes, trouble};
use crate::model::sighting::{Seen, Tier};

fn fleet() -> World {
    let mut world = World::new();
    world.custom("ami-hand", BASE_450);
    world.environment("shop-old", "4.5.0", "ami-hand");
    world.environment("shop-blue", "4.5.1", BASE_451);
    world.environment("shop-eks", "4.5.1", BASE_451);
    world.environment("shop-dark", "4.5.1", BASE_451);
    world.environments()[2].environment.tier = Tier::Cluster;
    world.environments()[3].settings = Seen::Unreachable(trouble("settings of shop/shop-dark"));
    world.sighting.troubles = vec![trouble("settings of shop/shop-dark")];
    world
}

/// Who runs the platform version's own image is moved along by a managed update, and has nothing to lose.
#[test]
fn managed_updates_are_told_where_they_leave_an_image_behind() {
    let mut world = World::new();
    world.environment("shop-blue", "4.5.1", BASE_451);
    world.updates_itself();
    let of_first = |world: &World| {
        let survey = survey(std::slice::from_ref(&world.sighting));
        survey.environments[0].reasons.clone()
    };
    assert_eq!(of_first(&world), []);
    world.environments().clear();
    world.custom("ami-hand", BASE_451);
    world.environment("shop-hand", "4.5.1", "ami-hand");
    world.updates_itself();
    let reasons = of_first(&world);
    assert_eq!(codes(&reasons), ["MANAGED_UPDATES_ON"]);
    let off = "aws elasticbeanstalk update-environment --environment-name shop-hand \
               --option-settings Namespace=aws:elasticbeanstalk:managedactions,\
               OptionName=ManagedActionsEnabled,Value=false --region eu-west-1";
    assert!(reasons[0].message.contains(off), "{}", reasons[0].message);
}

#[test]
fn the_json_is_contract() {
    let survey = survey(&[fleet().sighting]);
    insta::assert_snapshot!(serde_json::to_string_pretty(&survey).unwrap(), @r#"
        {
          "schema": "amiwatch.survey/1",
          "environments": [
            {
              "account": "111122223333",
              "region": "eu-west-1",
              "application": "shop",
              "environment": "shop-blue",
              "platform_arn": "arn:aws:elasticbeanstalk:eu-west-1::platform/ECS running on 64bit Amazon Linux 2023/4.5.1",
              "image_id": "ami-base451",
              "image_kind": "stock",
              "base_image_id": "ami-base451",
              "reasons": [],
              "told_by": "settings"
            },
            {
              "account": "111122223333",
              "region": "eu-west-1",
              "application": "shop",
              "environment": "shop-dark",
              "platform_arn": "arn:aws:elasticbeanstalk:eu-west-1::platform/ECS running on 64bit Amazon Linux 2023/4.5.1",
              "image_id": null,
              "image_kind": "unknown",
              "base_image_id": null,
              "reasons": [
                {
                  "code": "UNREACHABLE",
                  "facts": {
                    "what": "settings of shop/shop-dark",
                    "why": "no answer; look again"
                  },
                  "message": "settings of shop/shop-dark: no answer; look again"
                }
              ],
              "told_by": "settings"
            },
            {
              "account": "111122223333",
              "region": "eu-west-1",
              "application": "shop",
              "environment": "shop-old",
              "platform_arn": "arn:aws:elasticbeanstalk:eu-west-1::platform/ECS running on 64bit Amazon Linux 2023/4.5.0",
              "image_id": "ami-hand",
              "image_kind": "custom",
              "base_image_id": "ami-base450",
              "reasons": [
                {
                  "code": "BASE_NEWER",
                  "facts": {
                    "base_image": "ami-base450",
                    "branch": "ECS running on 64bit Amazon Linux 2023",
                    "image": "ami-hand",
                    "recommended_image": "ami-base451",
                    "recommended_version": "4.5.1"
                  },
                  "message": "ECS running on 64bit Amazon Linux 2023 recommends version 4.5.1 with base ami-base451; ami-hand was made from ami-base450."
                },
                {
                  "code": "PLATFORM_BEHIND",
                  "facts": {
                    "branch": "ECS running on 64bit Amazon Linux 2023",
                    "platform_version": "4.5.0",
                    "recommended_version": "4.5.1"
                  },
                  "message": "The environment runs version 4.5.0 of ECS running on 64bit Amazon Linux 2023; 4.5.1 is recommended."
                }
              ],
              "told_by": "settings"
            }
          ],
          "skipped": [
            {
              "environment": "shop-eks",
              "why": "UNSUPPORTED: a Cluster-tier (EKS) environment has no AMI (application shop, eu-west-1)"
            }
          ],
          "unreachable": [
            {
              "what": "settings of shop/shop-dark",
              "why": "no answer; look again"
            }
          ],
          "pages_unread": []
        }
    "#);
}

#[test]
fn stock_has_no_drift_and_other_images_are_judged_by_their_own_branch() {
    let mut world = World::new();
    world.amazon("ami-plain", 3);
    world.image_facts("ami-plain").name = "al2023-ami-2023.10.20260302.1-x86_64".to_owned();
    world.custom("ami-hand", BASE_450);
    world.custom("ami-fresh", BASE_451);
    for (name, version, image) in [
        ("a-stock", "4.5.0", BASE_450),
        ("b-pinned", "4.5.1", "ami-plain"),
        ("c-behind", "4.5.1", "ami-hand"),
        ("d-in-step", "4.5.1", "ami-fresh"),
        ("e-skewed", "4.5.0", "ami-fresh"),
    ] {
        world.environment(name, version, image);
    }
    let survey = survey(&[world.sighting]);
    let found: Vec<_> = survey
        .environments
        .iter()
        .map(|one| codes(&one.reasons))
        .collect();
    let expected: [&[&str]; 5] = [
        &["PLATFORM_BEHIND"],
        &["STOCK_PINNED"],
        &["BASE_NEWER", "PLATFORM_SKEW"],
        &[],
        &["PLATFORM_SKEW", "PLATFORM_BEHIND"],
    ];
    assert_eq!(found, expected);
}

#[test]
fn regions_are_merged_in_order() {
    let mut south = fleet();
    for seen in south.environments() {
        seen.environment.target.scope.region = "af-south-1".into();
    }
    let survey = survey(&[fleet().sighting, south.sighting]);
    let rows = survey.rows();
    let places: Vec<_> = rows
        .iter()
        .map(|row| (row.region.as_str(), row.environment.as_str()))
        .collect();
    assert_eq!(
        places,
        [
            ("af-south-1", "shop/shop-blue"),
            ("af-south-1", "shop/shop-dark"),
            ("af-south-1", "shop/shop-old"),
            ("eu-west-1", "shop/shop-blue"),
            ("eu-west-1", "shop/shop-dark"),
            ("eu-west-1", "shop/shop-old"),
        ]
    );
    assert_eq!((survey.skipped.len(), survey.unreachable.len()), (2, 2));
    assert_eq!(rows[2].codes, ["BASE_NEWER", "PLATFORM_BEHIND"]);
    assert_eq!(
        (rows[2].platform.as_str(), rows[2].kind),
        ("4.5.0", "custom")
    );
}

#[test]
fn a_list_that_did_not_come_is_no_empty_region() {
    let mut world = World::new();
    world.sighting.environments = Seen::Unreachable(trouble("environments"));
    world.sighting.troubles = vec![trouble("environments")];
    let survey = survey(&[world.sighting]);
    assert_eq!(survey.exit(false), Exit::CannotTell);
    assert_eq!(survey.unreachable.len(), 1);
}

#[test]
fn drift_is_an_exit_code_only_when_asked_for() {
    let mut world = World::new();
    world.custom("ami-hand", BASE_450);
    world.environment("shop-old", "4.5.0", "ami-hand");
    let drifted = survey(std::slice::from_ref(&world.sighting));
    assert_eq!(
        (drifted.exit(false), drifted.exit(true)),
        (Exit::Done, Exit::Drift)
    );
    world.environments().clear();
    assert_eq!(
        survey(std::slice::from_ref(&world.sighting)).exit(true),
        Exit::Done
    );
    // An old Amazon image that stayed while the platform moved.
    world.environment("shop-pinned", "4.5.1", BASE_440);
    let pinned = survey(&[world.sighting]);
    assert_eq!(
        (pinned.exit(false), pinned.exit(true)),
        (Exit::Done, Exit::Drift)
    );
    assert_eq!(
        pinned.sentences()[0],
        "shop/shop-pinned: PLATFORM_SKEW: The environment runs platform version 4.5.1, whose base is \
         ami-base451; ami-base440, which somebody set, is of another release."
    );
}

#[test]
fn each_code_has_its_sentence() {
    let survey = survey(&[fleet().sighting]);
    assert_eq!(
        survey.sentences()[1],
        "shop/shop-old: BASE_NEWER: ECS running on 64bit Amazon Linux 2023 recommends version \
         4.5.1 with base ami-base451; ami-hand was made from ami-base450."
    );
}
