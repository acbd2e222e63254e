//! Whether anything could use the image that a bake would make, and what is to be done for each
//! environment.
//!
//! A bake costs money and does not touch environments, so one that could not be read does not stop it.
//! It is stopped where not a single named environment is known to fit. A watch without targets, and a
//! wildcard that matches nothing in a list that is not empty, bake for environments to come.

use crate::model::drift::{Drift, TargetDrift};
use crate::model::plan::{TargetAction, TargetPlan};
use crate::model::reason::{Class, DoubtSubject, Reason, ReasonCode};
use crate::model::watch::Watch;

/// What the named environments say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// At least one fits, or none is there to misfit.
    Some,
    /// None is known to fit, and at least one could not be told.
    Untold,
    /// Every one is of another branch or architecture, or not supported.
    None,
}

pub(super) fn fit(watch: &Watch, drift: &Drift) -> Fit {
    let targets = &drift.targets;
    let mut own = drift.reasons.iter();
    let list_in_doubt = own.any(|reason| reason.doubts(DoubtSubject::Targets));
    if targets
        .iter()
        .any(|target| !misfit(target) && !untold(target))
        || watch.targets.is_empty()
    {
        Fit::Some
    } else if list_in_doubt || targets.iter().any(|target| !misfit(target)) {
        Fit::Untold
    } else if targets.is_empty() {
        Fit::Some
    } else {
        Fit::None
    }
}

fn misfit(target: &TargetDrift) -> bool {
    has(target, |reason| reason.code.is_misfit())
}

fn untold(target: &TargetDrift) -> bool {
    has(target, |reason| {
        matches!(reason.code, ReasonCode::Unreachable | ReasonCode::Denied)
    })
}

fn has(target: &TargetDrift, which: fn(&Reason) -> bool) -> bool {
    target.reasons.iter().any(which)
}

/// What is to be done for each environment. Nothing moves one yet: what is out of step is told.
pub(super) fn plans(drift: &Drift) -> Vec<TargetPlan> {
    drift.targets.iter().map(plan_of).collect()
}

/// What could not be read says more than what was.
fn plan_of(target: &TargetDrift) -> TargetPlan {
    let of = |class| codes(target, |reason| reason.code.class() == class);
    let decided = [
        (TargetAction::CannotTell, of(Class::Unknown)),
        (TargetAction::Blocked, of(Class::Blocked)),
        (TargetAction::Tell, codes(target, Reason::is_drift)),
    ];
    let mut decided = decided.into_iter();
    let first = decided.find(|(_, because)| !because.is_empty());
    let (action, because) = first.unwrap_or((TargetAction::Nothing, Vec::new()));
    TargetPlan {
        target: target.target.clone(),
        action,
        because,
    }
}

/// Each code once, in the order of the table.
fn codes(target: &TargetDrift, which: impl Fn(&Reason) -> bool) -> Vec<ReasonCode> {
    let reasons = target.reasons.iter().filter(|reason| which(reason));
    let mut codes: Vec<ReasonCode> = reasons.map(|reason| reason.code).collect();
    codes.dedup();
    codes
}
