use chrono::{TimeDelta, TimeZone as _};

use super::*;
use crate::flow::retire::test_images::ladder_image;
use crate::model::ids::Architecture;

fn at(day: i64) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap() + TimeDelta::days(day)
}

fn tagged(mut image: OwnedImage, name: &str, value: &str) -> OwnedImage {
    image.image.tags.insert(name.to_owned(), value.to_owned());
    image
}

#[test]
fn the_next_one_supersedes_and_all_newer_ones_count() {
    let all: Vec<_> = (1..=4)
        .map(|day| ladder_image(&format!("ami-{day}"), at(day)))
        .collect();
    let second = place_in_line(&all[1].image, &all);
    assert_eq!(second.newer, 2);
    assert_eq!(second.superseded, Some((ImageId::from("ami-3"), at(3))));
    assert_eq!(place_in_line(&all[3].image, &all), PlaceInLine::default());
}

#[test]
fn two_of_one_moment_have_an_order() {
    let all = [ladder_image("ami-1", at(1)), ladder_image("ami-2", at(1))];
    assert_eq!(place_in_line(&all[0].image, &all).newer, 1);
    assert_eq!(place_in_line(&all[1].image, &all).newer, 0);
}

#[test]
fn what_is_of_another_line_or_not_for_use_takes_nobodys_place() {
    let old = ladder_image("ami-1", at(1));
    let newer = || ladder_image("ami-2", at(2));
    let counts = |other: OwnedImage| place_in_line(&old.image, &[old.clone(), other]).newer;
    assert_eq!(counts(newer()), 1);
    assert_eq!(counts(tagged(newer(), tags::WATCH, "other")), 0);
    assert_eq!(counts(tagged(newer(), tags::INSTALLATION, "other")), 0);
    for state in ["candidate", "rejected", "quarantined", ""] {
        assert_eq!(counts(tagged(newer(), tags::STATE, state)), 0, "{state}");
    }
    let mut arm = newer();
    arm.image.architecture = Some(Architecture::Arm64);
    assert_eq!(counts(arm), 0);
    for state in [
        ImageState::Disabled,
        ImageState::Pending,
        ImageState::Failed,
    ] {
        let mut withdrawn = newer();
        withdrawn.image.state = state;
        assert_eq!(counts(withdrawn), 0, "{state:?}");
    }
    let mut undated = newer();
    undated.image.created = None;
    assert_eq!(counts(undated.clone()), 0);
    let all = [undated.clone(), old.clone()];
    assert_eq!(place_in_line(&undated.image, &all), PlaceInLine::default());
}
