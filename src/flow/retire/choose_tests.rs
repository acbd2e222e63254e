//! Which acts are begun, whether one came about, and which snapshots go.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeZone as _;

use super::*;
use crate::flow::retire::test_images::{ladder_image, nothing_names};
use crate::model::ids::AccountId;
use crate::model::retire_record::{ActFailing, ImageRecord, SparedImage};
use crate::model::retire_rules::RetireRules;

const DAY: TimeDelta = TimeDelta::days(1);

fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 2, 12, 0, 0).unwrap()
}

/// So many images, a day apart, the oldest first; the newest is kept, the others are due to be deprecated.
fn seen(count: i32) -> ImagesSeen {
    let images = (0..count).map(|nth| {
        let id = format!("ami-{nth:02}");
        ladder_image(&id, now() - DAY * (400 - nth))
    });
    nothing_names(images.collect())
}

fn record(change: impl FnOnce(&mut ImageRecord)) -> ImageRecord {
    let mut record = ImageRecord::untouched("shop".into(), "eu-west-1".into());
    change(&mut record);
    record
}

fn chosen(seen: &ImagesSeen, mode: RetireMode) -> Vec<String> {
    let rules = RetireRules {
        keep_newest: 1,
        mode,
        ..RetireRules::default()
    };
    let rules = BTreeMap::from([("shop".into(), rules)]);
    let acts = chosen_acts(
        seen,
        RetireConfig {
            installation: &"acme".into(),
            rules: &rules,
            own_accounts: &BTreeSet::from([AccountId::from("000000000000")]),
            now: now(),
        },
    );
    acts.into_iter().map(|one| one.image.to_string()).collect()
}

#[test]
fn what_is_told_is_not_done() {
    let seen = seen(3);
    assert_eq!(chosen(&seen, RetireMode::Tell), [""; 0]);
    assert_eq!(chosen(&seen, RetireMode::Apply), ["ami-00", "ami-01"]);
}

#[test]
fn so_many_and_no_more_and_what_was_spared_comes_last() {
    let mut seen = seen(14);
    let first = chosen(&seen, RetireMode::Apply);
    assert_eq!(first.len(), ACTS_MAX);
    assert_eq!(first[0], "ami-00");
    for spared in &first {
        let at = now() - DAY;
        let why = "it is named".to_owned();
        let spared_at = record(|one| one.spared = Some(SparedImage { at, why }));
        seen.records.insert(spared.as_str().into(), spared_at);
    }
    let next = chosen(&seen, RetireMode::Apply);
    assert_eq!(next[..3], ["ami-10", "ami-11", "ami-12"]);
    assert_eq!(next[3], "ami-00");
}

#[test]
fn what_failed_waits_and_holds_nobody_up() {
    let mut seen = seen(3);
    let failing = |next_at| {
        record(|one| {
            one.failing = Some(ActFailing {
                act: RetireAct::Deprecate,
                attempts: 1,
                next_at,
                why: "denied".to_owned(),
            });
        })
    };
    seen.records.insert("ami-00".into(), failing(now() + DAY));
    assert_eq!(chosen(&seen, RetireMode::Apply), ["ami-01"]);
    seen.records.insert("ami-00".into(), failing(now()));
    assert_eq!(chosen(&seen, RetireMode::Apply), ["ami-00", "ami-01"]);
    let pauses: Vec<_> = [1, 2, 5, 6, u32::MAX].map(pause_after).into();
    let day = TimeDelta::hours(24);
    assert_eq!(
        pauses,
        [TimeDelta::minutes(15), TimeDelta::hours(1), day, day, day]
    );
}

#[test]
fn an_image_whose_record_makes_no_sense_is_left_alone() {
    let mut seen = seen(3);
    seen.unreadable.insert("ami-00".into());
    assert_eq!(chosen(&seen, RetireMode::Apply), ["ami-01"]);
}

#[test]
fn an_act_came_about_when_ec2_shows_it() {
    let image = |change: fn(&mut Image)| {
        let mut one = ladder_image("ami-1", now());
        change(&mut one.image);
        one
    };
    let plain = image(|_| {});
    let hidden = image(|one| one.deprecated_from = Some(now() + HIDDEN_SOON));
    let later = image(|one| one.deprecated_from = Some(now() + DAY));
    let disabled = image(|one| one.state = ImageState::Disabled);
    let leaving = image(|one| one.state = ImageState::Deregistered);
    use RetireAct::{Deprecate, Deregister, Disable, Restore};
    for (act, shown, came) in [
        (Deprecate, Some(&plain), false),
        (Deprecate, Some(&hidden), true),
        (Deprecate, Some(&later), false),
        (Deprecate, None, false),
        (Disable, Some(&plain), false),
        (Disable, Some(&disabled), true),
        (Disable, None, false),
        (Deregister, Some(&disabled), false),
        (Deregister, Some(&leaving), true),
        (Deregister, None, true),
        (Restore, Some(&plain), true),
        (Restore, Some(&hidden), false),
        (Restore, Some(&disabled), false),
        (Restore, None, false),
    ] {
        assert_eq!(has_come_about(act, shown, now()), came, "{act:?} {shown:?}");
    }
}

fn snapshot(id: &str, installation: &str) -> Snapshot {
    let tag = (tags::INSTALLATION.to_owned(), installation.to_owned());
    Snapshot {
        id: id.into(),
        state: "completed".to_owned(),
        started: None,
        description: String::new(),
        tags: BTreeMap::from([tag]),
    }
}

#[test]
fn only_what_is_ours_and_nobody_else_has_goes() {
    let all = ["snap-ours", "snap-theirs", "snap-had", "snap-gone"].map(SnapshotId::from);
    let there = [
        snapshot("snap-ours", "acme"),
        snapshot("snap-theirs", "other"),
        snapshot("snap-had", "acme"),
        snapshot("snap-of-nobody-here", "acme"),
    ];
    let mut having = ladder_image("ami-2", now());
    having.image.snapshots = vec!["snap-had".into()];
    let having = [having];
    let installation = "acme".into();
    let (going, staying) = fate_of_snapshots(&installation, &all, &there, &having);
    assert_eq!(going, [SnapshotId::from("snap-ours")]);
    let staying: Vec<&str> = staying.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(staying, ["snap-theirs", "snap-had"]);
    // What EC2 still lists for a while, and is gone, has nothing.
    let mut gone = having;
    gone[0].image.state = ImageState::Deregistered;
    let (going, _) = fate_of_snapshots(&installation, &all, &there, &gone);
    assert_eq!(going.len(), 2);
}
