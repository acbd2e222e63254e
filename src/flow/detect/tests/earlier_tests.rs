//! Earlier releases, while the newest soaks or is held.

use super::*;

#[tokio::test]
async fn earlier_versions_are_read_only_while_the_newest_soaks_or_is_held() {
    let town = Town::new();
    let mut memory = saw(&[(&town.base["4.5.1"], 3)]);
    let (_, seen) = town.remembering(&soaking(beanstalk(), 2), &memory).await;
    assert_eq!(versions_of(&seen), [""; 0]);
    assert_eq!(town.calls()["elasticbeanstalk:ListPlatformVersions"], 1);

    let (_, seen) = town.remembering(&soaking(beanstalk(), 30), &memory).await;
    assert_eq!(versions_of(&seen), ["4.5.0", "4.4.0"]);
    assert_eq!(town.calls()["elasticbeanstalk:ListPlatformVersions"], 2);

    memory.holds.push(Hold {
        on: HeldThing::Release("4.5.1".to_owned()),
        reason: "no".to_owned(),
        by: "ann".to_owned(),
        since: start(),
        until: None,
    });
    let (_, seen) = town
        .remembering(&watch(beanstalk(), Architecture::X86_64), &memory)
        .await;
    assert_eq!(versions_of(&seen), ["4.5.0", "4.4.0"]);
}

#[tokio::test]
async fn earlier_versions_that_are_hidden_or_private_are_passed_over_and_silence_ends_the_list() {
    let town = Town::new();
    let memory = saw(&[(&town.base["4.5.1"], 0)]);
    let watch = soaking(beanstalk(), 30);
    town.at().hide_version(BRANCH, "4.5.0").unwrap();
    let (_, seen) = town.remembering(&watch, &memory).await;
    assert_eq!(versions_of(&seen), ["4.4.0"]);

    let private = ImageChange::Private;
    town.at()
        .change_image(&town.base["4.4.0"], private)
        .unwrap();
    let (_, seen) = town.remembering(&watch, &memory).await;
    assert_eq!(versions_of(&seen), [""; 0]);
    assert_eq!(seen.earlier_untold, []);

    // The recommended version was described before the silence began.
    let town = Town::new();
    let memory = saw(&[(&town.base["4.5.1"], 0)]);
    let mut sighting = town
        .look(&LookScope::of_watches([(&watch, &memory.history)]))
        .await;
    let silent = FaultRule::new(FaultKind::Http5xx).on("elasticbeanstalk:DescribePlatformVersion");
    town.account.fault(silent);
    let installation = "acme".into();
    let seen = watch_sighting(&town.cloud, &installation, &watch, &memory, &mut sighting).await;
    assert!(seen.release.known().is_some());
    assert_eq!(versions_of(&seen), [""; 0]);
    assert_eq!(
        seen.earlier_untold.len(),
        1,
        "nothing is asked past the silence"
    );
}

#[tokio::test]
async fn of_a_parameter_earlier_releases_are_what_this_watch_saw_of_the_same_line() {
    let town = Town::new();
    let name = |day: &str| format!("al2023-ami-ecs-hvm-2023.0.{day}-kernel-6.1-x86_64");
    let old = town.public("amazon", &name("20260101"), 30);
    let older = town.public("amazon", &name("20251201"), 60);
    let other = town.public("amazon", "amzn2-ami-ecs-hvm-2.0.20260201-x86_64-ebs", 20);
    let new = town.public("amazon", &name("20260301"), 1);
    town.at().parameter("/ecs", &new).unwrap();
    let memory = saw(&[(&old, 29), (&older, 59), (&other, 19), (&new, 0)]);
    let source = BaseSource::Ssm {
        parameter: "/ecs".to_owned(),
    };
    let (_, seen) = town.remembering(&soaking(source, 7), &memory).await;
    let images: Vec<_> = seen.earlier.iter().map(|one| one.image.as_str()).collect();
    assert_eq!(images, [old, older]);
}

#[tokio::test]
async fn of_a_name_pattern_earlier_releases_are_the_older_images() {
    let town = Town::new();
    let images: Vec<String> = (1..=8)
        .map(|day| {
            town.public(
                "amazon",
                &format!("al2023-ami-2023.9.2025120{day}.0"),
                30 - day,
            )
        })
        .collect();
    let memory = saw(&[(&images[7], 0)]);
    let base = named(&["amazon"], "al2023-ami-*");
    let (_, seen) = town.remembering(&soaking(base, 7), &memory).await;
    let earlier: Vec<_> = seen.earlier.iter().map(|one| one.image.as_str()).collect();
    let expected: Vec<_> = images[..7].iter().rev().take(5).collect();
    assert_eq!(earlier, expected);
}
