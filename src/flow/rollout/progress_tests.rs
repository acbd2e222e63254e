//! How an update stands, by everything that was seen: `Ready` alone says nothing.

use super::progress::{MoveProgress, Update, progress};
use super::seen::MoveSeen;
use super::test_orders::{
    NEW, OLD, all_moved, began, event, forward, running, set, taking_back, untouched, update_starts,
};
use crate::model::environment::{EnvironmentStatus, EventSeverity, HealthColor};
use crate::model::rollout::MoveFault;

const OURS: Update<'static> = Update {
    began: began_const(),
    request_id: Some("r-1"),
    already: false,
};

const fn began_const() -> chrono::DateTime<chrono::Utc> {
    // 2026-11-29T02:00:00Z
    match chrono::DateTime::from_timestamp(1_795_917_600, 0) {
        Some(at) => at,
        None => chrono::DateTime::<chrono::Utc>::UNIX_EPOCH,
    }
}

fn ours(seen: &MoveSeen) -> MoveProgress {
    progress(&forward(), &OURS, seen)
}

fn fault(progress: &MoveProgress) -> Option<MoveFault> {
    match progress {
        MoveProgress::Failed { fault, .. } | MoveProgress::Unmoved { fault, .. } => Some(*fault),
        MoveProgress::NotYet { .. } | MoveProgress::Replaced { .. } => None,
    }
}

#[test]
fn the_dates_are_the_same() {
    assert_eq!(OURS.began, began());
}

#[test]
fn replaced_means_settings_and_every_instance() {
    assert_eq!(ours(&all_moved()), MoveProgress::Replaced { instances: 2 });
    let mut one_behind = all_moved();
    one_behind.running = running(&[NEW, OLD]);
    assert!(
        matches!(ours(&one_behind), MoveProgress::NotYet { so_far } if so_far.contains("1 of 2"))
    );
    one_behind.running[1].ends = true;
    assert_eq!(ours(&one_behind), MoveProgress::Replaced { instances: 1 });
    let mut empty = all_moved();
    empty.running.clear();
    assert!(
        matches!(ours(&empty), MoveProgress::NotYet { .. }),
        "empty is never all"
    );
    let mut updating = all_moved();
    updating.now.status = EnvironmentStatus::Updating;
    assert!(matches!(ours(&updating), MoveProgress::NotYet { .. }));
}

#[test]
fn ready_after_beanstalk_s_own_roll_back_is_no_success() {
    let mut seen = untouched();
    seen.events = vec![
        event(
            40,
            EventSeverity::Error,
            Some("r-1"),
            "Failed to deploy configuration.",
        ),
        event(
            39,
            EventSeverity::Warn,
            None,
            "Environment health has transitioned from Ok to Severe.",
        ),
        update_starts(0, "r-1"),
    ];
    let told = ours(&seen);
    assert!(matches!(&told, MoveProgress::Failed { why, .. }
        if why.contains("Severe") && why.contains("Failed to deploy configuration.")));
    assert_eq!(fault(&told), Some(MoveFault::Image));
    // The same without a word of an error: looks must agree.
    seen.events = vec![update_starts(0, "r-1")];
    assert!(matches!(ours(&seen), MoveProgress::Unmoved { .. }));
}

#[test]
fn errors_of_others_are_not_ours() {
    let mut seen = all_moved();
    seen.events = vec![event(3, EventSeverity::Error, Some("r-9"), "health Severe")];
    assert_eq!(ours(&seen), MoveProgress::Replaced { instances: 2 });
    seen.events = vec![event(3, EventSeverity::Error, Some("r-1"), "health Severe")];
    assert_eq!(fault(&ours(&seen)), Some(MoveFault::Image));
    // Whose they are is not known: then they count.
    let unknown = Update {
        request_id: None,
        ..OURS
    };
    assert_eq!(
        fault(&progress(&forward(), &unknown, &seen)),
        Some(MoveFault::Image)
    );
}

#[test]
fn what_beanstalk_took_back_by_itself_is_not_failed_by_its_errors() {
    let mut seen = untouched();
    seen.events = vec![event(3, EventSeverity::Error, Some("r-1"), "health Severe")];
    let already = Update {
        request_id: None,
        already: true,
        ..OURS
    };
    let told = progress(&taking_back(1), &already, &seen);
    assert_eq!(told, MoveProgress::Replaced { instances: 2 });
}

#[test]
fn a_failed_draft_of_ours_is_a_failure_and_an_old_one_is_not() {
    let mut seen = untouched();
    seen.sets.failed = Some(set(NEW, "4.5.1", 3));
    assert!(matches!(ours(&seen), MoveProgress::Failed { .. }));
    seen.sets.failed = Some(set(NEW, "4.5.1", -600));
    assert!(matches!(ours(&seen), MoveProgress::Unmoved { .. }));
}

#[test]
fn half_of_it_and_something_else_are_told_apart() {
    let mut half = untouched();
    half.sets.deployed = Some(set(OLD, "4.5.1", 3));
    half.now.platform = half.sets.deployed.as_ref().unwrap().platform.clone();
    assert!(matches!(
        ours(&half),
        MoveProgress::Unmoved {
            fault: MoveFault::Environment,
            ..
        }
    ));
    // Soon after the call Beanstalk still shows what was set before it: looks must agree.
    let mut other = untouched();
    other.sets.deployed = Some(set("ami-other", "4.5.0", 3));
    assert!(matches!(
        ours(&other),
        MoveProgress::Unmoved {
            fault: MoveFault::Inconclusive,
            ..
        }
    ));
    let mut gone = all_moved();
    gone.now.status = EnvironmentStatus::Terminating;
    assert!(matches!(
        ours(&gone),
        MoveProgress::Failed {
            fault: MoveFault::Inconclusive,
            ..
        }
    ));
}

#[test]
fn a_full_quota_is_not_the_image_s_fault() {
    let mut seen = untouched();
    seen.events = vec![
        event(
            9,
            EventSeverity::Error,
            Some("r-1"),
            "Failed to deploy configuration.",
        ),
        event(
            8,
            EventSeverity::Warn,
            None,
            "Environment health has transitioned to Severe.",
        ),
        event(
            7,
            EventSeverity::Error,
            Some("r-1"),
            "You have requested more vCPU capacity than your current limit",
        ),
    ];
    assert_eq!(fault(&ours(&seen)), Some(MoveFault::Environment));
}

#[test]
fn errors_that_say_nothing_are_the_image_s_where_the_environment_is_ill_on_it() {
    let mut seen = all_moved();
    let errors = "Update environment operation is complete, but with errors.";
    seen.events = vec![event(9, EventSeverity::Error, Some("r-1"), errors)];
    assert_eq!(fault(&ours(&seen)), Some(MoveFault::Environment));
    seen.now.color = HealthColor::Red;
    assert_eq!(fault(&ours(&seen)), Some(MoveFault::Image));
    // On the way back they are over once everything is back.
    let mut back = untouched();
    back.events = seen.events;
    let told = progress(&taking_back(1), &OURS, &back);
    assert_eq!(told, MoveProgress::Replaced { instances: 2 });
}
