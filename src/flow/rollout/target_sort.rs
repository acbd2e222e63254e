//! What a target is to a rollout, before any gate: told from the verdict and from who has it in hand.

use super::case::RolloutCase;
use super::past::moved_to;
use crate::model::drift::TargetDrift;
use crate::model::ids::{ImageId, TargetId};
use crate::model::platform_choice::MoveTo;
use crate::model::reason::Reason;

/// What a target is to a rollout.
#[derive(Debug, Clone, Copy)]
pub enum TargetSort<'a> {
    /// A move has it in hand.
    UnderWay { journal: &'a str },
    /// The image is not for it.
    Misfit,
    /// Not everything about it could be read.
    Untold,
    /// It runs the image.
    There,
    /// It is to be moved.
    Behind(&'a MoveTo),
    /// Neither: the verdict says why.
    Other,
}

/// Sorts one target.
pub fn sort_target<'a>(
    case: &RolloutCase<'a>,
    target: &'a TargetDrift,
    image: &ImageId,
) -> TargetSort<'a> {
    let says = |which: &dyn Fn(&Reason) -> bool| target.reasons.iter().any(which);
    if let Some(claim) = case.claim(&target.target) {
        return TargetSort::UnderWay {
            journal: &claim.journal,
        };
    }
    if says(&|reason| reason.code.is_misfit()) {
        return TargetSort::Misfit;
    }
    if says(&Reason::is_doubt) {
        return TargetSort::Untold;
    }
    match &target.move_to {
        Some(to) if to.image == *image => TargetSort::Behind(to),
        None if target.image.as_ref() == Some(image) => TargetSort::There,
        _ => TargetSort::Other,
    }
}

/// A move of ours brought it there, or it was proved there before.
pub fn is_proved(case: &RolloutCase<'_>, target: &TargetId, image: &ImageId) -> bool {
    let moved = case.moves(target).and_then(|moves| moved_to(moves, image));
    if case.made_anew(target) {
        return false;
    }
    let name = super::case::remembered_name(target);
    let rollout = case.memory.rollout_of(image);
    moved.is_some() || rollout.is_some_and(|rollout| rollout.moved.contains_key(&name))
}
