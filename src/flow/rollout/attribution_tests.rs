//! Was the update sent? Every kind of evidence, and what only looks like some.

use chrono::TimeDelta;

use super::attribution::{Agreement, Attribution, attribute};
use super::seen::MoveSeen;
use super::test_orders::{
    NEW, OLD, all_moved, began, forward, set, taking_back, untouched, update_starts,
};
use crate::model::environment::EnvironmentStatus;
use crate::model::rollout::{DraftBefore, MoveOrder};

fn sent(seen: &MoveSeen) -> Attribution {
    attribute(&forward(), began(), false, seen)
}

fn is_sent(request: Option<&str>) -> Attribution {
    Attribution::Sent {
        request_id: request.map(str::to_owned),
        already: false,
    }
}

#[test]
fn a_set_that_carries_the_image_is_evidence() {
    let mut pending = untouched();
    pending.now.status = EnvironmentStatus::Updating;
    pending.sets.pending = Some(set(NEW, "4.5.1", 0));
    assert_eq!(sent(&pending), is_sent(None));
    pending.events = vec![update_starts(0, "r-1")];
    assert_eq!(sent(&pending), is_sent(Some("r-1")));
    assert_eq!(sent(&all_moved()), is_sent(None));
    let mut failed = untouched();
    failed.sets.failed = Some(set(NEW, "4.5.1", 3));
    assert_eq!(sent(&failed), is_sent(None));
}

#[test]
fn an_old_draft_is_no_evidence() {
    let mut seen = untouched();
    seen.sets.failed = Some(set(NEW, "4.5.1", -60));
    assert_eq!(sent(&seen), Attribution::NoTrace);
    seen.sets.failed = Some(set(OLD, "4.5.0", 3));
    assert_eq!(sent(&seen), Attribution::NoTrace);
}

#[test]
fn the_one_update_that_began_since_is_ours() {
    let mut seen = untouched();
    seen.events = vec![update_starts(1, "r-1"), update_starts(-30, "r-0")];
    assert_eq!(sent(&seen), is_sent(Some("r-1")));
    seen.now.version_label = Some("v8".to_owned());
    assert!(
        matches!(sent(&seen), Attribution::Unclear { .. }),
        "a deploy"
    );
    seen.now.version_label = Some("v7".to_owned());
    seen.events.insert(0, update_starts(2, "r-2"));
    assert!(matches!(sent(&seen), Attribution::Unclear { .. }), "two");
}

/// Changed meanwhile, as its date says, and no event says by what: neither ours nor nobody's.
#[test]
fn a_change_without_any_event_is_silent_and_no_proof_of_anything() {
    let mut seen = untouched();
    seen.now.updated = Some(began() + TimeDelta::minutes(3));
    assert_eq!(sent(&seen), Attribution::Silent);
    // Somebody's deploy looks the same from here.
    seen.now.version_label = Some("v8".to_owned());
    assert_eq!(sent(&seen), Attribution::Silent);
    seen.events = vec![update_starts(1, "r-1")];
    assert!(matches!(sent(&seen), Attribution::Unclear { .. }));
}

#[test]
fn only_an_absence_of_every_event_beside_a_change_is_silent() {
    let mut changed = untouched();
    changed.now.updated = Some(began() + TimeDelta::minutes(3));
    // Events are shown, and none begins an update since: nothing was sent.
    let mut shown = changed.clone();
    shown.events = vec![update_starts(-30, "r-0")];
    assert_eq!(sent(&shown), Attribution::NoTrace);
    // Not changed, or no date to tell it by.
    assert_eq!(sent(&untouched()), Attribution::NoTrace);
    changed.now.updated = None;
    assert_eq!(sent(&changed), Attribution::NoTrace);
    // Who cannot have sent anything needs no event to know it.
    changed.now.updated = Some(began() + TimeDelta::minutes(3));
    let never_sent = attribute(&forward(), began(), true, &changed);
    assert_eq!(never_sent, Attribution::NoTrace);
    // The image is in it: that is evidence enough.
    let mut moved = all_moved();
    moved.now.updated = Some(began() + TimeDelta::minutes(3));
    assert_eq!(sent(&moved), is_sent(None));
    // What is under way is waited for.
    changed.now.status = EnvironmentStatus::Updating;
    assert!(matches!(sent(&changed), Attribution::Busy { .. }));
}

#[test]
fn an_environment_that_is_busy_is_waited_for() {
    let mut seen = untouched();
    seen.now.status = EnvironmentStatus::Updating;
    for never_sent in [false, true] {
        let told = attribute(&forward(), began(), never_sent, &seen);
        assert!(matches!(told, Attribution::Busy { .. }));
    }
}

#[test]
fn what_is_as_it_shall_be_needs_no_sending() {
    let already = |order: &MoveOrder, seen: &MoveSeen| attribute(order, began(), true, seen);
    let done = Attribution::Sent {
        request_id: None,
        already: true,
    };
    assert_eq!(already(&forward(), &all_moved()), done);
    assert_eq!(already(&forward(), &untouched()), Attribution::NoTrace);
    // Beanstalk took it back by itself.
    assert_eq!(already(&taking_back(1), &untouched()), done);
}

#[test]
fn an_environment_that_is_gone_or_another_is_no_place_for_guesses() {
    let mut seen = untouched();
    seen.now.id = "e-2".to_owned();
    assert!(matches!(sent(&seen), Attribution::Unclear { .. }));
    let mut seen = untouched();
    seen.now.status = EnvironmentStatus::Terminating;
    assert!(matches!(sent(&seen), Attribution::Unclear { .. }));
}

/// A draft is told from the one that stood there before by AWS's dates: a clock that was half an hour ahead when the
/// update was sent hides nothing of what it left.
#[test]
fn a_draft_of_ours_is_known_whatever_our_clock_said() {
    let mut order = forward();
    let sent = |order: &MoveOrder, seen: &MoveSeen| attribute(order, began(), false, seen);
    let found = Attribution::Sent {
        request_id: None,
        already: false,
    };
    let mut seen = untouched();
    seen.sets.failed = Some(set(NEW, "4.5.1", -28));
    assert_eq!(
        sent(&order, &seen),
        Attribution::NoTrace,
        "by our clock alone"
    );
    order.before.draft = Some(DraftBefore { updated: None });
    assert_eq!(sent(&order, &seen), found);
    let updated = seen.sets.failed.as_ref().and_then(|set| set.updated);
    order.before.draft = Some(DraftBefore { updated });
    assert_eq!(
        sent(&order, &seen),
        Attribution::NoTrace,
        "it stood there before"
    );
    seen.sets.failed = Some(set(NEW, "4.5.1", -27));
    assert_eq!(sent(&order, &seen), found, "it was made anew");
}

#[test]
fn an_absence_is_believed_after_three_looks_over_two_minutes() {
    let at = |seconds| began() + TimeDelta::seconds(seconds);
    let mut agreement = Agreement::default();
    assert!(!agreement.look("a", at(0)));
    assert!(!agreement.look("a", at(10)));
    assert!(!agreement.look("a", at(20)), "too soon");
    assert!(agreement.look("a", at(120)));
    let mut agreement = Agreement::default();
    assert!(!agreement.look("a", at(0)));
    assert!(!agreement.look("a", at(600)), "two looks");
    assert!(!agreement.look("b", at(700)), "another answer");
    assert!(!agreement.look("b", at(750)));
    assert!(agreement.look("b", at(820)));
    agreement.broken();
    assert!(!agreement.look("b", at(900)));
}
