//! The order that proves an environment on the image that it runs, where no move to it is remembered: the
//! store was lost, or somebody else's hands moved it. Plain functions; nothing that is ordered here is
//! ever sent or taken back.

use super::before::{EnvironmentRead, MoveRules, before, replacing, serving};
use super::gates::not_ready;
use super::order::{MoveRefusal, Ordering, filled_order};
use crate::model::ids::{ImageId, WatchName};
use crate::model::reason::{About, RolloutGate};
use crate::model::rollout::{Aim, Direction, MoveOrder, TargetMoves};
use crate::model::rollout_rules::OnFailure;

/// Every instance is there already: what does not run the image by then is not going to.
const INSTANCES_MAX_S: u64 = 15 * 60;

/// Whether nothing is remembered that proved this environment on this image: a move to it, one that took
/// another back to it, or a proof. The one word on what counts as proved.
pub fn needs_proof(remembered: &TargetMoves, runs: &ImageId) -> bool {
    let last = remembered.last.as_ref();
    !last.is_some_and(|last| last.fault.is_none() && last.to.as_ref() == Some(runs))
}

/// Why it is proved.
pub fn proof_because(image: &ImageId) -> String {
    format!("no move of it to {image} is remembered")
}

/// The order that looks whether it is well, and tells.
///
/// # Errors
/// Everything that stands against it.
pub fn proof_order(
    read: &EnvironmentRead<'_>,
    rules: &MoveRules,
    ordering: &Ordering<'_>,
) -> Result<MoveOrder, Vec<MoveRefusal>> {
    let empty = empty(ordering.watch, read);
    let stands = not_ready(read).into_iter().chain(empty);
    let refused: Vec<MoveRefusal> = stands.map(MoveRefusal::of_about).collect();
    if !refused.is_empty() {
        return Err(refused);
    }
    let before = before(read);
    let to = Aim {
        image: before.image.clone(),
        platform: before.platform.clone(),
    };
    let replacement = replacing(read);
    let direction = Direction::Proof;
    let order = filled_order(read, direction, before, to, replacement, rules, ordering);
    Ok(MoveOrder {
        update_max_s: INSTANCES_MAX_S,
        on_failure: OnFailure::Stop,
        ..order
    })
}

fn empty(watch: &WatchName, read: &EnvironmentRead<'_>) -> Option<About> {
    (serving(read) == 0).then(|| About::Gate {
        watch: watch.clone(),
        target: read.now.target.clone(),
        gate: RolloutGate::UnhealthyBefore {
            why: "no instance of it serves, so that there is nothing to prove".to_owned(),
        },
    })
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::model::rollout::{MoveEnded, MoveFault};

    fn remembered(to: &str, fault: Option<MoveFault>) -> TargetMoves {
        TargetMoves {
            last: Some(MoveEnded {
                journal: "move/1".to_owned(),
                at: DateTime::UNIX_EPOCH,
                back: false,
                from: None,
                to: Some(to.into()),
                fault,
                why: None,
            }),
            ..TargetMoves::default()
        }
    }

    #[test]
    fn only_a_move_to_this_image_that_succeeded_has_proved_it() {
        let runs: ImageId = "ami-new".into();
        assert!(needs_proof(&TargetMoves::default(), &runs));
        assert!(needs_proof(&remembered("ami-old", None), &runs));
        let failed = Some(MoveFault::Inconclusive);
        assert!(needs_proof(&remembered("ami-new", failed), &runs));
        assert!(!needs_proof(&remembered("ami-new", None), &runs));
    }
}
