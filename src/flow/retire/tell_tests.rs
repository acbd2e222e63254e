//! What is told once, and what is remembered of it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, TimeZone as _, Utc};

use super::*;
use crate::flow::retire::test_images::{ladder_image, nothing_names};
use crate::model::ids::AccountId;
use crate::model::retire_record::ImageRecord;
use crate::model::retire_rules::RetireRules;

const DAY: TimeDelta = TimeDelta::days(1);

fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 2, 12, 0, 0).unwrap()
}

fn seen() -> ImagesSeen {
    let images = (0..3).map(|nth| ladder_image(&format!("ami-{nth}"), now() - DAY * (200 - nth)));
    nothing_names(images.collect())
}

fn taught_in(mode: RetireMode, seen: &ImagesSeen, before: &RetireLook) -> TaughtLook {
    let rules = RetireRules {
        keep_newest: 1,
        mode,
        ..RetireRules::default()
    };
    let rules = BTreeMap::from([("shop".into(), rules)]);
    taught(
        seen,
        before,
        RetireConfig {
            installation: &"acme".into(),
            rules: &rules,
            own_accounts: &BTreeSet::from([AccountId::from("000000000000")]),
            now: now(),
        },
    )
}

fn told(taught: &TaughtLook) -> Vec<String> {
    let due = taught.due.values().flatten();
    due.map(|one| format!("{} {}", one.act.as_str(), one.image))
        .collect()
}

#[test]
fn what_is_due_is_told_once_and_again_when_more_is() {
    let mut seen = seen();
    let first = taught_in(RetireMode::Tell, &seen, &RetireLook::default());
    assert_eq!(told(&first), ["deprecate ami-0", "deprecate ami-1"]);
    assert_eq!(
        first.look.watches[&"shop".into()].counted(),
        "2 to deprecate"
    );
    let by = first.due[&"shop".into()][0].by.clone();
    assert_eq!(by, Some("ami-1".into()), "the one that took its place");
    let second = taught_in(RetireMode::Tell, &seen, &first.look);
    assert_eq!(told(&second), [""; 0]);
    assert_eq!(second.look, first.look);
    // A person deprecated one: another step of it is due.
    seen.images[0].image.deprecated_from = Some(now() - DAY * 100);
    seen.shares
        .insert("ami-0".into(), crate::model::sighting::Seen::Absent);
    let third = taught_in(RetireMode::Tell, &seen, &second.look);
    assert_eq!(told(&third), ["disable ami-0"]);
    // What is not due for a while and then is again was told.
    let mut held = seen.clone();
    held.unreadable.insert("ami-1".into());
    let meanwhile = taught_in(RetireMode::Tell, &held, &third.look);
    let after = taught_in(RetireMode::Tell, &seen, &meanwhile.look);
    assert_eq!(told(&after), [""; 0]);
    // What is gone is forgotten.
    seen.images.remove(0);
    let last = taught_in(RetireMode::Tell, &seen, &after.look);
    assert_eq!(last.look.watches[&"shop".into()].told.len(), 1);
}

#[test]
fn what_is_done_is_counted_and_not_told_beforehand() {
    let look = taught_in(RetireMode::Apply, &seen(), &RetireLook::default());
    assert_eq!(told(&look), [""; 0]);
    assert_eq!(
        look.look.watches[&"shop".into()].counted(),
        "2 to deprecate"
    );
    assert!(look.look.watches[&"shop".into()].told.is_empty());
}

#[test]
fn a_protection_that_alone_keeps_an_image_is_told_where_it_would_go() {
    let mut seen = seen();
    let one = &mut seen.images[0];
    one.protected = true;
    one.image.state = crate::model::image::ImageState::Disabled;
    seen.shares
        .insert("ami-0".into(), crate::model::sighting::Seen::Absent);
    let record = ImageRecord {
        disabled_at: Some(now() - DAY * 30),
        ..ImageRecord::untouched("shop".into(), "eu-west-1".into())
    };
    seen.records.insert("ami-0".into(), record);
    let protected = |mode| {
        let taught = taught_in(mode, &seen, &RetireLook::default());
        taught.protected.len()
    };
    assert_eq!(protected(RetireMode::Apply), 1);
    assert_eq!(protected(RetireMode::Tell), 0);
}
