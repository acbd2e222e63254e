//! Whether anything could use the image that a bake would make.
//!
//! A bake costs money and does not touch environments, so one that could not be read does not stop it.
//! It is stopped where not a single named environment is known to fit. A watch without targets, and a
//! wildcard that matches nothing in a list that is not empty, bake for environments to come.

use crate::model::drift::{Drift, TargetDrift};
use crate::model::reason::{ReasonCode, Subject};
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
    let list_in_doubt = own.any(|reason| reason.doubts(Subject::Targets));
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
    has(
        target,
        &[
            ReasonCode::ArchMismatch,
            ReasonCode::BranchMismatch,
            ReasonCode::Unsupported,
        ],
    )
}

fn untold(target: &TargetDrift) -> bool {
    has(target, &[ReasonCode::Unreachable, ReasonCode::Denied])
}

fn has(target: &TargetDrift, codes: &[ReasonCode]) -> bool {
    let mut reasons = target.reasons.iter();
    reasons.any(|reason| codes.contains(&reason.code))
}
