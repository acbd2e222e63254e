//! Bases by name: the newest image of the named owners.

use super::*;

#[tokio::test]
async fn an_images_base_takes_the_newest_of_the_named_owners_and_of_nobody_else() {
    let town = Town::new();
    let old = town.public(
        "amazon",
        "al2023-ami-2023.9.20251208.0-kernel-6.12-x86_64",
        20,
    );
    let new = town.public(
        "amazon",
        "al2023-ami-2023.10.20260302.1-kernel-6.12-x86_64",
        10,
    );
    let typed = "al2023-ami-2023.11.20260401.0-kernel-6.12-x86_64";
    let stranger = town.public("666666666666", typed, 1);
    let base = |owners: &[&str]| watch(named(owners, "al2023-ami-2023.*"), Architecture::X86_64);
    let (sighting, seen) = town.watched(&base(&["amazon"])).await;
    let release = seen.release.known().unwrap();
    assert_eq!(release.image.as_str(), new);
    assert_eq!(release.created, Some(start() - chrono::TimeDelta::days(10)));
    assert_eq!(seen.lines.len(), 1);
    assert!(sighting.images.contains_key(&release.image));

    let (_, seen) = town.watched(&base(&["666666666666"])).await;
    assert_eq!(seen.release.known().unwrap().image.as_str(), stranger);

    // Deprecated ones are no candidates; a withdrawn newest leaves the one before it.
    let past = ImageChange::Deprecated(start() - chrono::TimeDelta::days(1));
    town.at().change_image(&new, past).unwrap();
    let (_, seen) = town.watched(&base(&["amazon"])).await;
    assert_eq!(seen.release.known().unwrap().image.as_str(), old);

    let (_, seen) = town.watched(&base(&["self"])).await;
    assert_eq!(seen.release, Seen::Absent);
    let arm = watch(named(&["amazon"], "al2023-ami-2023.*"), Architecture::Arm64);
    assert_eq!(town.watched(&arm).await.1.release, Seen::Absent);
}

#[tokio::test]
async fn an_images_base_is_read_page_by_page_and_its_lines_are_told_apart() {
    let town = Town::new();
    let timing = sim::Timing {
        page: 2,
        ..sim::Timing::default()
    };
    town.account.set_timing(timing);
    for day in 1..=5 {
        let kernel = if day % 2 == 0 { "6.1" } else { "6.12" };
        let name = format!("al2023-ami-2023.9.2025120{day}.0-kernel-{kernel}-x86_64");
        town.public("amazon", &name, 30 - day);
    }
    let base = named(&["amazon"], "al2023-ami-2023.*");
    let (_, seen) = town.watched(&watch(base, Architecture::X86_64)).await;
    let name = seen.release.known().unwrap().image_name.clone().unwrap();
    assert_eq!(name, "al2023-ami-2023.9.20251205.0-kernel-6.12-x86_64");
    let lines: Vec<_> = seen.lines.iter().map(|line| line.images).collect();
    assert_eq!(lines, [3, 2]);
}

#[tokio::test]
async fn an_image_of_the_watch_itself_is_never_its_base() {
    let town = Town::new();
    let golden = |tags: &[(&str, &str)], name: &str, age_days: i64| {
        let tags = tags
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let spec = ImageSpec {
            tags: tags.collect(),
            created: Some(start() - chrono::TimeDelta::days(age_days)),
            ..ImageSpec::mine(name)
        };
        town.at().image(spec).unwrap()
    };
    let of = |watch, state| {
        [
            (tags::INSTALLATION, "acme"),
            (tags::WATCH, watch),
            (tags::STATE, state),
        ]
    };
    let wanted = golden(&of("golden", "verified"), "golden-1", 5);
    golden(&of("golden", "candidate"), "golden-2", 4);
    golden(&of("shop", "verified"), "golden-3", 3);
    let base = named(&["self"], "golden-*");
    let (_, seen) = town.watched(&watch(base, Architecture::X86_64)).await;
    assert_eq!(seen.release.known().unwrap().image.as_str(), wanted);
}
