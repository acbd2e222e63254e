//! Each question ends as known, absent or unreachable, and stays so; lineage is of what EC2 says.

use super::*;

#[tokio::test]
async fn what_is_not_supported_is_not_asked_about() {
    let town = Town::new();
    let spec = EnvironmentSpec::new("shop", "shop-eks", BRANCH).tier("Cluster");
    town.at().environment(spec).unwrap();
    let sighting = town.survey().await;
    assert_eq!(
        town.calls(),
        calls([("elasticbeanstalk:DescribeEnvironments", 1)])
    );
    assert_eq!(survey(&[sighting]).skipped.len(), 1);
}

#[tokio::test]
async fn lineage_is_ec2s_word_before_the_tags() {
    let town = Town::new();
    let direct = town.custom(Some(&town.base["4.4.0"]));
    let copy = town.custom(Some(&direct));
    let of_copy = town.custom(Some(&copy));
    let gone = town.custom(Some(&town.base["4.5.0"]));
    let orphan = town.custom(Some(&gone)); // the simulated ancestry does not see past gone images
    let registered = town.custom(None);
    let mut tagged = ImageSpec::mine("tagged").source(&town.base["4.5.1"]);
    let lie = (tags::BASE_IMAGE.to_owned(), town.base["4.4.0"].clone());
    tagged.tags.extend([lie.clone()]);
    let tagged = town.at().image(tagged).unwrap();
    let mut only_tag = ImageSpec::mine("only a tag");
    only_tag.tags.extend([lie]);
    let only_tag = town.at().image(only_tag).unwrap();
    town.at()
        .change_image(&gone, ImageChange::Deregistered)
        .unwrap();

    let from = |version: &str, told_by| Lineage::From {
        base: town.base[version].as_str().into(),
        told_by,
    };
    let expected = [
        (&direct, from("4.4.0", LineageSource::SourceImage)),
        (&of_copy, from("4.4.0", LineageSource::SourceImage)),
        (
            &orphan,
            Lineage::From {
                base: gone.as_str().into(),
                told_by: LineageSource::SourceImage,
            },
        ),
        (&registered, Lineage::NotKnown),
        (&tagged, from("4.5.1", LineageSource::SourceImage)),
        (&only_tag, from("4.4.0", LineageSource::Tag)),
    ];
    for (image, _) in &expected {
        town.environment_on(&format!("on-{image}"), image);
    }
    let sighting = town.survey().await;
    for (image, lineage) in expected {
        assert_eq!(
            sighting.images[&ImageId::from(image.as_str())].lineage,
            lineage
        );
    }
    assert_eq!(
        town.calls()["ec2:GetImageAncestry"],
        3,
        "where SourceImageId leads nowhere"
    );
}

#[tokio::test]
async fn an_image_that_is_gone_is_an_answer_and_one_that_is_not_told_is_none() {
    let town = Town::new();
    let gone = town.custom(Some(&town.base["4.5.1"]));
    town.environment_on("shop-gone", &gone);
    town.at()
        .change_image(&gone, ImageChange::Deregistered)
        .unwrap();
    let sighting = town.survey().await;
    assert_eq!(standing(&sighting, "shop-gone").kind, ImageKind::Gone);

    town.account
        .fault(FaultRule::new(FaultKind::Http5xx).on("ec2:DescribeImages"));
    let sighting = town.survey().await;
    let survey = survey(&[sighting]);
    assert_eq!(survey.environments[0].image_kind, ImageKind::Unknown);
    assert_eq!(codes(&survey.environments[0].reasons), ["UNREACHABLE"]);
    assert_eq!(survey.unreachable.len(), 1, "one question, told once");
}

#[tokio::test]
async fn a_base_that_was_made_private_is_gone_and_still_the_base() {
    let town = Town::new();
    let hand = town.custom(Some(&town.base["4.4.0"]));
    town.environment_on("shop-hand", &hand);
    let change = ImageChange::Private;
    town.at().change_image(&town.base["4.4.0"], change).unwrap();
    let survey = survey(&[town.survey().await]);
    let found = &survey.environments[0];
    let base = ImageId::from(town.base["4.4.0"].as_str());
    assert_eq!(found.base_image_id, Some(base));
    assert_eq!(
        codes(&found.reasons),
        ["BASE_NEWER", "BASE_GONE", "PLATFORM_SKEW"]
    );
}

#[tokio::test]
async fn each_failing_question_leaves_the_others_alone() {
    let town = Town::new();
    town.environment("shop-blue", "4.5.1");
    town.environment("shop-green", "4.4.0");
    let cases = [
        ("elasticbeanstalk:DescribeConfigurationSettings", 2),
        ("elasticbeanstalk:DescribePlatformVersion", 2),
        ("elasticbeanstalk:ListPlatformVersions", 2),
        ("ec2:DescribeImages", 2),
    ];
    for (operation, untold) in cases {
        for kind in [FaultKind::Http5xx, FaultKind::Throttle, FaultKind::Denied] {
            town.account
                .fault(FaultRule::new(kind.clone()).on(operation));
            let sighting = town.survey().await;
            town.account.clear_faults();
            let survey = survey(std::slice::from_ref(&sighting));
            assert_eq!(survey.environments.len(), 2, "{operation} {kind:?}");
            assert!(
                !survey.unreachable.is_empty(),
                "{operation} {kind:?} is told"
            );
            let doubtful = survey.environments.iter().filter(|one| {
                let codes = codes(&one.reasons);
                codes.contains(&"UNREACHABLE") || codes.contains(&"DENIED")
            });
            assert_eq!(doubtful.count(), untold, "{operation} {kind:?}");
        }
    }
}

#[tokio::test]
async fn one_environment_without_settings_is_one_doubt() {
    let town = Town::new();
    town.environment("shop-blue", "4.5.1");
    town.environment("shop-green", "4.5.1");
    let fault = FaultRule::new(FaultKind::Denied);
    let fault = fault
        .on("elasticbeanstalk:DescribeConfigurationSettings")
        .times(1);
    town.account.fault(fault);
    let survey = survey(&[town.survey().await]);
    let kinds: Vec<_> = survey
        .environments
        .iter()
        .map(|one| one.image_kind)
        .collect();
    assert_eq!(kinds, [ImageKind::Unknown, ImageKind::Stock]);
    assert_eq!(survey.unreachable.len(), 1);
}

#[tokio::test]
async fn an_arm64_image_is_found_by_name_where_aws_does_not_tell_it() {
    let town = Town::new();
    let release = Release::new(BRANCH, "4.5.2")
        .with_arm64()
        .without_default_ami_list();
    let arn = town.at().release(release).unwrap();
    let arm = image_of(&town.account, &arn, "arm64");
    let mut spec = EnvironmentSpec::new("shop", "shop-arm", BRANCH);
    spec.architecture = "arm64".to_owned();
    town.at().environment(spec).unwrap();
    let sighting = town.survey().await;
    let standing = standing(&sighting, "shop-arm");
    assert_eq!(standing.kind, ImageKind::Stock);
    assert_eq!(standing.base, Some(&arm.as_str().into()));
    assert_eq!(town.calls()["ec2:DescribeImages"], 2);
}
