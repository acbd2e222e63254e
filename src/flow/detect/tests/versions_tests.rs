//! Versions that a watch asks for: a pattern, or what its targets run.

use super::*;

#[tokio::test]
async fn a_version_pattern_takes_the_newest_match_by_number() {
    let town = Town::new();
    for version in ["4.5.10", "4.5.9", "4.10.0"] {
        let release = Release::new(BRANCH, version);
        town.at().release(release).unwrap();
    }
    let timing = sim::Timing {
        page: 2,
        ..sim::Timing::default()
    };
    town.account.set_timing(timing);
    for (text, newest) in [
        ("4.5.*", "4.5.10"),
        ("4.*", "4.10.0"),
        ("4.4.0", "4.4.0"),
        ("4.5.1", "4.5.1"),
    ] {
        let (_, seen) = town
            .watched(&watch(pattern(text), Architecture::X86_64))
            .await;
        let release = seen.release.known().unwrap();
        assert_eq!(release.version, newest, "{text}");
        assert!(release.created.is_some(), "{text}");
    }
    let (_, seen) = town
        .watched(&watch(pattern("5.*"), Architecture::X86_64))
        .await;
    assert_eq!(seen.release, Seen::Absent);
}

#[tokio::test]
async fn the_arm64_image_of_a_matching_version_is_found_by_name_where_aws_does_not_tell_it() {
    let town = Town::new();
    let release = Release::new(BRANCH, "4.6.0").with_arm64();
    let arn = town
        .at()
        .release(release.without_default_ami_list())
        .unwrap();
    let arm = image_of(&town.account, &arn, "arm64");
    let (_, seen) = town
        .watched(&watch(pattern("4.6.*"), Architecture::Arm64))
        .await;
    let release = seen.release.known().unwrap();
    assert_eq!(release.image.as_str(), arm);
    assert_eq!(release.architecture, Architecture::Arm64);
}

#[tokio::test]
async fn a_version_that_is_hidden_from_the_account_is_passed_over_for_the_next() {
    let town = Town::new();
    town.at().hide_version(BRANCH, "4.5.1").unwrap();
    let fits = watch(pattern("4.5.*"), Architecture::X86_64);
    let (_, seen) = town.watched(&fits).await;
    assert_eq!(seen.release.known().unwrap().version, "4.5.0");
    town.at().hide_version(BRANCH, "4.5.0").unwrap();
    let (_, seen) = town.watched(&fits).await;
    let why = &seen.release.trouble().unwrap().why;
    assert!(why.contains("hidden from accounts"), "{why}");
    // A question without an answer is not a hidden version: nothing older is taken for it.
    let silent = FaultRule::new(FaultKind::Http5xx).on("elasticbeanstalk:DescribePlatformVersion");
    town.account.fault(silent);
    let (_, seen) = town
        .watched(&watch(pattern("4.*"), Architecture::X86_64))
        .await;
    assert!(seen.release.trouble().is_some());
}

#[tokio::test]
async fn the_version_that_all_targets_run_is_the_release() {
    let town = Town::new();
    town.environment("shop-a", "4.5.0");
    town.environment("shop-b", "4.5.0");
    let (_, seen) = town.watched(&followed()).await;
    let release = seen.release.known().unwrap();
    assert_eq!(release.version, "4.5.0");
    assert_eq!(release.image.as_str(), town.base["4.5.0"]);
}

#[tokio::test]
async fn targets_that_run_several_versions_are_named_and_nothing_is_guessed() {
    let town = Town::new();
    town.environment("shop-a", "4.5.0");
    town.environment("shop-b", "4.5.1");
    let (_, seen) = town.watched(&followed()).await;
    let why = &seen.release.trouble().unwrap().why;
    assert!(
        why.contains("shop/shop-a runs 4.5.0, shop/shop-b runs 4.5.1"),
        "{why}"
    );
}

#[tokio::test]
async fn targets_that_cannot_be_read_leave_the_release_open() {
    for action in [
        "elasticbeanstalk:DescribeEnvironments",
        "elasticbeanstalk:DescribePlatformVersion",
    ] {
        let town = Town::new();
        town.environment("shop-a", "4.5.0");
        town.account
            .fault(FaultRule::new(FaultKind::Http5xx).on(action));
        let (_, seen) = town.watched(&followed()).await;
        assert!(seen.release.trouble().is_some(), "{action}");
    }
    let town = Town::new();
    let (_, seen) = town.watched(&followed()).await;
    assert!(seen.release.trouble().is_some(), "no target at all");
}
