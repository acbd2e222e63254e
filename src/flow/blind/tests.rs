//! What counts as blind, since when, in how many passes, and how it ends.

use chrono::TimeDelta;

use super::*;
use crate::flow::test_world::scope;
use crate::model::ids::WatchName;
use crate::model::reason::Near;

const BASE: &str = "ECS running on 64bit Amazon Linux 2023";

fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::<Utc>::UNIX_EPOCH + TimeDelta::minutes(minutes)
}

fn drift(reasons: Vec<About>) -> Drift {
    Drift {
        watch: WatchName::new("shop"),
        release: None,
        eligible: None,
        current: None,
        reasons: reasons.into_iter().map(Reason::from_about).collect(),
        targets: Vec::new(),
        notes: Vec::new(),
        holds: Vec::new(),
    }
}

fn untold(subject: DoubtSubject) -> About {
    About::Untold {
        elsewhere: None,
        denied: true,
        subject: Some(subject),
        what: "environments".to_owned(),
        why: "refused".to_owned(),
    }
}

fn unasked() -> About {
    About::Unasked {
        denied: false,
        what: "whose account this is".to_owned(),
        why: "no credentials".to_owned(),
    }
}

fn unmatched() -> About {
    About::NoTarget {
        application: "shop".to_owned(),
        environment: "prod-*".to_owned(),
        exact: false,
        near: Near::Nothing {
            applications: Vec::new(),
        },
    }
}

/// A pass in which the one watch was told this.
fn pass(before: &BlindSpots, reasons: Vec<About>, now: DateTime<Utc>) -> BlindAfter {
    let asked = !reasons
        .iter()
        .any(|one| matches!(one, About::Unasked { .. }));
    let (region, scope, drift) = ("eu-west-1".into(), scope(), drift(reasons));
    let look = BlindLook {
        elsewhere: &[],
        region: Some(&region),
        account: asked.then_some(&scope.account),
        base: BASE,
        drift: &drift,
        untold_by_store: false,
    };
    blind_after(before, &[look], now)
}

fn names(spots: &BlindSpots) -> Vec<String> {
    spots.values().map(|spot| spot.of.to_string()).collect()
}

#[test]
fn what_could_not_be_read_is_a_place_or_a_base_and_nothing_else_is_blind() {
    let place = scope().to_string();
    let base = format!("{BASE} in {place}");
    let listed = About::ReleaseNotListed {
        image: "ami-1".into(),
        base: BASE.to_owned(),
    };
    for (reasons, expected) in [
        (vec![untold(DoubtSubject::Targets)], vec![place.clone()]),
        (vec![untold(DoubtSubject::Images)], vec![place.clone()]),
        (vec![untold(DoubtSubject::Release)], vec![base.clone()]),
        (vec![listed], vec![base.clone()]),
        (
            vec![untold(DoubtSubject::Targets), untold(DoubtSubject::Release)],
            vec![place, base],
        ),
        (vec![unasked()], vec!["eu-west-1".to_owned()]),
        (vec![unmatched()], vec![]),
        (
            vec![About::BranchRetired {
                branch: BASE.to_owned(),
            }],
            vec![],
        ),
        (vec![], vec![]),
    ] {
        let after = pass(&BlindSpots::new(), reasons.clone(), at(0));
        assert_eq!(names(&after.spots), expected, "{reasons:?}");
        assert_eq!(after.over, []);
    }
}

#[test]
fn it_is_news_after_so_long_and_three_passes_and_not_twice() {
    let hour = 3600;
    let mut spots = BlindSpots::new();
    for (minutes, expected) in [(0, 0), (30, 0), (59, 0), (60, 1)] {
        spots = pass(&spots, vec![unasked()], at(minutes)).spots;
        assert_eq!(
            blind_news(&spots, hour, at(minutes)).len(),
            expected,
            "{minutes}"
        );
    }
    assert_eq!(spots["eu-west-1"].since, at(0), "since the first");
    spots.get_mut("eu-west-1").unwrap().notice = Some("blind:1".to_owned());
    spots = pass(&spots, vec![unasked()], at(500)).spots;
    assert_eq!(blind_news(&spots, hour, at(500)), [""; 0], "told once");

    // Long, but seen in two passes only.
    let twice = pass(&BlindSpots::new(), vec![unasked()], at(0)).spots;
    let twice = pass(&twice, vec![unasked()], at(600)).spots;
    assert_eq!(blind_news(&twice, hour, at(600)), [""; 0]);
}

#[test]
fn it_is_over_when_it_was_read_and_only_then() {
    let targets = vec![untold(DoubtSubject::Targets)];
    let blind = pass(&BlindSpots::new(), targets, at(0)).spots;
    let after = pass(&blind, vec![], at(15));
    assert_eq!(after.spots, BlindSpots::new());
    assert!(after.over[0].read);
    // The account cannot be told now: still the same place, and the account is remembered.
    let after = pass(&blind, vec![unasked()], at(15));
    assert_eq!(names(&after.spots), [scope().to_string()]);
    assert_eq!(
        (after.spots["eu-west-1"].since, after.over.len()),
        (at(0), 0)
    );

    // Behind a place that cannot be asked, a base is as it was.
    let base = pass(
        &BlindSpots::new(),
        vec![untold(DoubtSubject::Release)],
        at(0),
    )
    .spots;
    let after = pass(&base, vec![unasked()], at(15));
    assert_eq!((after.spots.len(), after.over.len()), (2, 0));

    // Nobody looks there any more.
    let after = blind_after(&blind, &[], at(15));
    assert!(!after.over[0].read);
}

#[test]
fn a_store_that_fails_says_nothing_of_a_place() {
    let blind = pass(&BlindSpots::new(), vec![unasked()], at(0)).spots;
    let (region, drift) = ("eu-west-1".into(), drift(vec![unasked()]));
    let look = BlindLook {
        elsewhere: &[],
        region: Some(&region),
        account: None,
        base: BASE,
        drift: &drift,
        untold_by_store: true,
    };
    assert_eq!(blind_after(&blind, &[look], at(15)).spots, blind);
    assert_eq!(
        blind_after(&BlindSpots::new(), &[look], at(15)).spots.len(),
        0
    );
}

#[test]
fn another_cause_is_another_cause() {
    let one = pass(
        &BlindSpots::new(),
        vec![untold(DoubtSubject::Targets)],
        at(0),
    )
    .spots;
    let same = pass(&one, vec![untold(DoubtSubject::Targets)], at(15)).spots;
    assert_eq!(one["eu-west-1"].causes, same["eu-west-1"].causes);
    let other = pass(&one, vec![unasked()], at(15)).spots;
    assert_ne!(one["eu-west-1"].causes, other["eu-west-1"].causes);
}
