//! How far an update has come, and how it ended, by everything that was seen and not by `Ready` alone:
//! Beanstalk's own roll-back ends Ready as well. A plain function.

use chrono::{DateTime, Utc};

use super::blame::fault_of_events;
use super::seen::MoveSeen;
use crate::model::environment::{EnvironmentStatus, EventSeverity, HealthColor};
use crate::model::rollout::{MoveFault, MoveOrder};

/// Events that are quoted where an update failed.
const QUOTED_MAX: usize = 4;

/// The update that is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Update<'a> {
    /// When it was begun.
    pub began: DateTime<Utc>,
    pub request_id: Option<&'a str>,
    /// Nothing was sent, since the environment was as it shall be.
    pub already: bool,
}

/// What one look says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MoveProgress {
    NotYet {
        so_far: String,
    },
    /// Every instance runs the image, and nothing went wrong.
    Replaced {
        instances: usize,
    },
    /// Ready, without what was asked for. Looks that agree make it a failure of this kind.
    Unmoved {
        fault: MoveFault,
        why: String,
    },
    Failed {
        fault: MoveFault,
        why: String,
    },
}

/// Reads one look.
pub fn progress(order: &MoveOrder, update: &Update<'_>, seen: &MoveSeen) -> MoveProgress {
    if seen.now.status.gone() || seen.now.id != order.environment_id {
        return failed(
            MoveFault::Inconclusive,
            "the environment was terminated meanwhile",
        );
    }
    let (all, moved) = seen.instances(&order.before, &order.to);
    if !seen.ready() {
        let status = seen.now.status.as_str();
        let undoing = match seen.now.status {
            EnvironmentStatus::Aborting => ", it is put back",
            _ => "",
        };
        return not_yet(format!(
            "{status}{undoing}: {moved} of {all} instances run the image"
        ));
    }
    if seen.deployed_is(&order.to) {
        return deployed(order, update, seen, all, moved);
    }
    if has_failed(order, update, seen) {
        return told_failure(update, seen);
    }
    if seen.sets.pending.is_some() {
        return not_yet("Ready, with an update that is about to begin".to_owned());
    }
    unmoved(order, update, seen)
}

/// The settings are as they shall be: the instances must be as well, and nothing may have failed.
fn deployed(
    order: &MoveOrder,
    update: &Update<'_>,
    seen: &MoveSeen,
    all: usize,
    moved: usize,
) -> MoveProgress {
    // What went wrong on the way back is over once everything is back; that it stays well is proved next.
    let counts = !update.already && !order.direction.is_back();
    if counts
        && seen
            .errors(update.request_id, update.began)
            .next()
            .is_some()
    {
        return completed_with_errors(update, seen);
    }
    match (all, moved) {
        (0, _) => not_yet("no instance serves yet".to_owned()),
        (all, moved) if all == moved => MoveProgress::Replaced { instances: all },
        (all, moved) => not_yet(format!("{moved} of {all} instances run the image")),
    }
}

fn has_failed(order: &MoveOrder, update: &Update<'_>, seen: &MoveSeen) -> bool {
    let mut errors = seen.errors(update.request_id, update.began);
    errors.next().is_some() || seen.failed_is(order, update.began)
}

/// Ready, and neither moved nor said to have failed.
fn unmoved(order: &MoveOrder, update: &Update<'_>, seen: &MoveSeen) -> MoveProgress {
    if seen.deployed_as_before(&order.before) {
        let fault = fault_of_words_or_environment(update, seen);
        let why = format!("Beanstalk put the environment back{}", quoted(update, seen));
        return MoveProgress::Unmoved { fault, why };
    }
    if seen.deployed_in_part(&order.before, &order.to) {
        let why = format!(
            "Beanstalk changed only one of image and platform version{}",
            quoted(update, seen)
        );
        let fault = MoveFault::Environment;
        return MoveProgress::Unmoved { fault, why };
    }
    let image = seen.sets.deployed.as_ref().and_then(|set| set.image());
    let image = image.map_or("no image".to_owned(), |image| image.to_string());
    // What was set before this update began looks the same, as long as Beanstalk does not show what it has begun.
    MoveProgress::Unmoved {
        fault: MoveFault::Inconclusive,
        why: format!("somebody set the environment to {image} meanwhile"),
    }
}

/// Everything is deployed, and Beanstalk told errors. Where they do not say whose fault that is, and the
/// environment is ill, it is what it runs now.
fn completed_with_errors(update: &Update<'_>, seen: &MoveSeen) -> MoveProgress {
    let ill = matches!(seen.now.color, HealthColor::Red | HealthColor::Yellow);
    let unsaid = match ill {
        true => MoveFault::Image,
        false => MoveFault::Environment,
    };
    let told = fault_of_events(seen.events_since(update.began));
    MoveProgress::Failed {
        fault: told.unwrap_or(unsaid),
        why: format!("the update failed{}", quoted(update, seen)),
    }
}

/// The update failed, as its events say. What they do not blame on the image is the environment's.
fn told_failure(update: &Update<'_>, seen: &MoveSeen) -> MoveProgress {
    MoveProgress::Failed {
        fault: fault_of_words_or_environment(update, seen),
        why: format!("the update failed{}", quoted(update, seen)),
    }
}

fn fault_of_words_or_environment(update: &Update<'_>, seen: &MoveSeen) -> MoveFault {
    let told = fault_of_events(seen.events_since(update.began));
    told.unwrap_or(MoveFault::Environment)
}

/// The last warnings and errors, oldest first, in Beanstalk's own words.
fn quoted(update: &Update<'_>, seen: &MoveSeen) -> String {
    let bad = seen.events_since(update.began);
    let bad = bad.filter(|event| event.severity >= EventSeverity::Warn);
    let mut said: Vec<&str> = Vec::new();
    for event in bad.take(QUOTED_MAX) {
        if !said.contains(&event.message.as_str()) {
            said.insert(0, &event.message);
        }
    }
    match said.is_empty() {
        true => String::new(),
        false => format!(": {}", said.join(" | ")),
    }
}

fn not_yet(so_far: String) -> MoveProgress {
    MoveProgress::NotYet { so_far }
}

fn failed(fault: MoveFault, why: &str) -> MoveProgress {
    let why = why.to_owned();
    MoveProgress::Failed { fault, why }
}
