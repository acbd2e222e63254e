//! What a look costs: calls, and nothing that it need not know.

use super::*;

#[tokio::test]
async fn a_look_costs_what_it_must() {
    let town = Town::new();
    for at in 0..12 {
        let version = ["4.4.0", "4.5.0", "4.5.1"][at % 3];
        town.environment(&format!("shop-{at}"), version);
    }
    let hand = town.custom(Some(&town.base["4.5.0"]));
    town.environment_on("shop-hand", &hand);
    let sighting = town.survey().await;
    assert_eq!(sighting.troubles, []);
    assert_eq!(
        town.calls(),
        calls([
            ("ec2:DescribeImages", 1),
            ("elasticbeanstalk:DescribeConfigurationSettings", 13),
            ("elasticbeanstalk:DescribeEnvironments", 1),
            ("elasticbeanstalk:DescribePlatformVersion", 3),
            ("elasticbeanstalk:ListPlatformVersions", 1),
        ])
    );
    let codes_of = |name| {
        let survey = survey(std::slice::from_ref(&sighting));
        let mut found = survey.environments.into_iter();
        codes(&found.find(|one| one.environment == name).unwrap().reasons)
    };
    assert_eq!(codes_of("shop-0"), ["PLATFORM_BEHIND"]);
    assert_eq!(codes_of("shop-hand"), ["BASE_NEWER", "PLATFORM_SKEW"]);
}

/// Two instances of the image, one from before it was set, and one that is gone again.
#[tokio::test]
async fn what_instances_run_is_read_for_who_asks() {
    let town = Town::new();
    let hand = town.custom(Some(&town.base["4.5.1"]));
    let spec = EnvironmentSpec::new("shop", "shop-hand", BRANCH).instances(2);
    town.at().environment(spec).unwrap();
    town.environment("shop-empty", "4.5.1");
    let eks = EnvironmentSpec::new("shop", "shop-eks", BRANCH).tier("Cluster");
    town.at().environment(eks).unwrap();
    let set = EnvironmentChange::Image(hand.clone());
    town.at().change_environment("shop-hand", set).unwrap();
    let deep = LookScope {
        depth: LookDepth::Instances,
        ..LookScope::everything()
    };
    let sighting = town.look(&deep).await;
    assert_eq!(sighting.troubles, []);
    assert_eq!(
        town.calls()["elasticbeanstalk:DescribeEnvironmentResources"],
        2
    );
    assert_eq!(town.calls()["ec2:DescribeInstances"], 1);
    let found = survey(std::slice::from_ref(&sighting));
    assert_eq!(codes(&found.environments[0].reasons), Vec::<&str>::new());
    let behind = &found.environments[1].reasons[0];
    assert_eq!(behind.code.as_str(), "INSTANCES_BEHIND");
    assert_eq!(behind.facts()["instances_behind"], "2");
    assert_eq!(behind.facts()["instance_image"], town.base["4.5.1"]);

    town.account
        .fault(FaultRule::new(FaultKind::Http5xx).on("ec2:DescribeInstances"));
    let found = survey(&[town.look(&deep).await]);
    assert_eq!(codes(&found.environments[1].reasons), ["UNREACHABLE"]);
    assert_eq!(found.unreachable.len(), 1);

    let plain = town.survey().await;
    assert!(
        !town
            .calls()
            .contains_key("elasticbeanstalk:DescribeEnvironmentResources")
    );
    assert_eq!(plain.troubles, []);
}

/// Elastic Beanstalk leaves out what it denies: an environment without an answer is not one without
/// instances.
#[tokio::test]
async fn instances_that_may_not_be_counted_are_not_known() {
    let town = Town::new();
    town.environment("shop-blue", "4.5.1");
    town.account
        .deny("elasticbeanstalk:DescribeEnvironmentResources");
    let deep = LookScope {
        depth: LookDepth::Instances,
        ..LookScope::everything()
    };
    let found = survey(&[town.look(&deep).await]);
    assert_eq!(codes(&found.environments[0].reasons), ["DENIED"]);
}

#[tokio::test]
async fn managed_updates_are_in_the_settings_that_are_read_anyway() {
    let town = Town::new();
    let hand = town.custom(Some(&town.base["4.5.1"]));
    let spec = EnvironmentSpec::new("shop", "shop-hand", BRANCH)
        .image(&hand)
        .option(
            "aws:elasticbeanstalk:managedactions",
            "ManagedActionsEnabled",
            "true",
        );
    town.at().environment(spec).unwrap();
    let found = survey(&[town.survey().await]);
    assert_eq!(
        codes(&found.environments[0].reasons),
        ["MANAGED_UPDATES_ON"]
    );
}

#[tokio::test]
async fn a_thousand_environments_stay_within_the_budget() {
    let town = Town::new();
    town.thousand_environments();
    let sighting = town.survey().await;
    let counters = town.account.counters();
    assert_eq!(sighting.environments.known().unwrap().len(), 1000);
    assert_eq!(sighting.troubles, []);
    assert!(counters.calls <= 1060, "{} calls", counters.calls);
    assert!(
        counters.max_in_flight <= 16,
        "{} in flight",
        counters.max_in_flight
    );
}

#[tokio::test]
async fn a_check_reads_only_what_its_watches_name() {
    let town = Town::new();
    town.environment("shop-blue", "4.5.1");
    town.environment("worker", "4.4.0");
    let look = LookScope {
        environments: Which::Matching(vec![TargetPattern {
            account: None,
            account_name: None,
            region: None,
            movable: true,
            application: "shop".to_owned(),
            environment: "shop-*".to_owned(),
        }]),
        ..LookScope::everything()
    };
    let sighting = town.look(&look).await;
    assert_eq!(sighting.environments.known().unwrap().len(), 1);
    assert_eq!(sighting.others, 1);
    let elsewhere: Vec<_> = sighting.elsewhere.values().collect();
    assert_eq!((elsewhere.len(), elsewhere[0].count), (1, 1));
    assert_eq!(
        elsewhere[0].first,
        ["worker"],
        "for a name that is nearly right"
    );
    assert_eq!(
        town.calls()["elasticbeanstalk:DescribeConfigurationSettings"],
        1
    );
    assert_eq!(town.calls()["elasticbeanstalk:DescribePlatformVersion"], 1);
}
