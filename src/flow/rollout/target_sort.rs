//! What a target is to a rollout, before any gate: told from the verdict and from who has it in hand.

use super::case::RolloutCase;
use super::proving::needs_proof;
use crate::model::drift::TargetDrift;
use crate::model::ids::ImageId;
use crate::model::platform_choice::MoveTo;
use crate::model::reason::Reason;
use crate::model::rollout::MoveOrder;

/// What a target is to a rollout.
#[derive(Debug, Clone, Copy)]
pub enum TargetSort<'a> {
    /// A move has it in hand.
    UnderWay { journal: &'a str },
    /// The image is not for it: it belongs to no wave.
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

/// Whether a target that runs the image counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ThereProof {
    /// It does not run the image, or nobody asks yet.
    None,
    Proved,
    /// It is proved now.
    Prove(Box<MoveOrder>),
    /// It is to be looked at.
    Unread,
    /// This stands before its proof: a gate, or that it could not be looked at.
    Stands(Vec<Reason>),
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

/// It was proved on this image, by what is remembered of its moves. What was proved under its name may have
/// been another environment.
pub fn is_proved(case: &RolloutCase<'_>, target: &TargetDrift, image: &ImageId) -> bool {
    let moves = case.moves(&target.target);
    let moves = moves.filter(|moves| !moves.are_of_another(target.environment_id.as_deref()));
    moves.is_some_and(|moves| !needs_proof(moves, image))
}
