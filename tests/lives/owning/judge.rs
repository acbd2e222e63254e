//! What is promised of published and retired images, read from the account.

use amiwatch::model::tags;
use chrono::TimeDelta;
use sim::{Entry, ImageView, ParameterView};

use super::super::life::Living;
use super::{AWAY, NAME};
use crate::common::world::{INSTALLATION, REGION};

/// Where the parameter stands.
const PLACES: [&str; 2] = [REGION, AWAY];

fn parameter(living: &Living, region: &str) -> Option<ParameterView> {
    let mut all = living.life.account.parameters().into_iter();
    all.find(|one| one.region == region && one.name == NAME && !one.versions.is_empty())
}

/// What the parameter names now.
fn named(living: &Living, region: &str) -> Option<String> {
    let parameter = parameter(living, region)?;
    parameter.versions.last().map(|(_, value)| value.clone())
}

/// Whatever the hour: who resolves the parameter gets an image that can be launched, and that was verified. A copy that is
/// not for use any more stays named where nothing good stood there before it: no image is guessed.
pub(crate) fn the_parameter_names_what_can_be_launched(living: &Living) {
    for region in PLACES {
        let Some(id) = named(living, region) else {
            continue;
        };
        let now = living.now();
        let image = image_of_ours(living, &id)
            .unwrap_or_else(|| panic!("at {now}: {NAME} in {region} names {id}, which is gone"));
        assert_eq!(
            image.state, "available",
            "at {now}: {NAME} in {region} names {image:#?}"
        );
        let good = match state(&image) {
            Some(tags::state::QUARANTINED) => {
                let good = earlier_good(living, region, &id);
                good.filter(|_| !could_not_be_taken_back(living, region))
            }
            Some(tags::state::VERIFIED) => None,
            _ => Some(id),
        };
        assert_eq!(good, None, "at {now}: {NAME} in {region} names {image:#?}");
    }
}

fn image_of_ours(living: &Living, id: &str) -> Option<ImageView> {
    let images = living.life.account.own_images().into_iter();
    images.into_iter().find(|image| image.id == id)
}

fn state(image: &ImageView) -> Option<&str> {
    image.tags.get(tags::STATE).map(String::as_str)
}

/// The longest pause after a try that failed, and an hour for the next one.
const TRIED_WITHIN: TimeDelta = TimeDelta::hours(13);

/// AWS has refused what taking the parameter back needs there, or has not answered it, and the next try may not be due
/// yet.
fn could_not_be_taken_back(living: &Living, region: &str) -> bool {
    let since = living.now() - TRIED_WITHIN;
    let needed = |call: &Entry| call.service == "ssm" || call.operation == "DescribeImages";
    let calls = living.life.account.ledger().into_iter().rev();
    let mut late = calls.take_while(|call| call.at >= since);
    late.any(|call| {
        let went_wrong = call.outcome != "ok" || !call.answered;
        call.region == region && needed(&call) && went_wrong
    })
}

/// Another verified image that the parameter named before.
fn earlier_good(living: &Living, region: &str, now: &str) -> Option<String> {
    let earlier = parameter(living, region)?.versions.into_iter();
    let mut earlier = earlier.map(|(_, image)| image).filter(|image| image != now);
    earlier.find(|image| {
        let image = image_of_ours(living, image);
        image.is_some_and(|image| state(&image) == Some(tags::state::VERIFIED))
    })
}

/// At the end of a life.
pub(crate) fn judge(living: &Living) {
    nothing_in_use_was_retired(living);
    the_parameter_names_what_can_be_launched(living);
    the_newest_is_published(living);
    nothing_of_ours_is_untagged(living);
}

/// Nothing that anybody used was disabled or removed.
fn nothing_in_use_was_retired(living: &Living) {
    let retired = living.life.account.retirements().into_iter();
    let used: Vec<_> = retired.filter(|one| !one.uses.is_empty()).collect();
    assert!(used.is_empty(), "in use when it was retired: {used:#?}");
}

/// Here the youngest verified image, elsewhere a copy of it.
fn the_newest_is_published(living: &Living) {
    let life = &living.life;
    let newest = life
        .verified()
        .into_iter()
        .filter(|image| image.region == REGION);
    let newest = newest.max_by_key(|image| (image.created, image.id.clone()));
    let newest = newest.expect("the newest release is baked").id;
    assert_eq!(
        named(living, REGION).as_ref(),
        Some(&newest),
        "{NAME} in {REGION}"
    );
    let away = named(living, AWAY).expect("it is published elsewhere");
    let copies = life.copies().into_iter();
    let copy = copies.into_iter().find(|copy| copy.id == away);
    let copy = copy.expect("a copy of ours");
    assert_eq!(
        copy.source_image_id.as_ref(),
        Some(&newest),
        "{NAME} in {AWAY}"
    );
}

/// Whatever calls made is found again by its tag.
fn nothing_of_ours_is_untagged(living: &Living) {
    let account = &living.life.account;
    let ours = |image: &ImageView| {
        let whose = image.tags.get(tags::INSTALLATION).map(String::as_str);
        assert_eq!(whose, Some(INSTALLATION), "untagged: {image:#?}");
    };
    account.own_images().iter().for_each(ours);
    for region in PLACES {
        let parameter = parameter(living, region).expect("it is published");
        let whose = parameter.tags.get(tags::INSTALLATION).map(String::as_str);
        assert_eq!(whose, Some(INSTALLATION), "untagged: {parameter:#?}");
    }
}
