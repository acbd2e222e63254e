//! What follows from a move's end: whose fault it was, whether it is taken back, and by which order.
//! Looks at the environment once where that decides; everything else is plain.

use super::aim::SentUpdate;
use super::hands::Move;
use super::steps::{MoveKind, MoveStep, move_journal};
use crate::model::ids::ImageId;
use crate::model::rollout::{Aim, BeforeMove, Direction, MoveFault, MoveOrder};
use crate::model::rollout_rules::OnFailure;
use crate::workflow::{Run, RunOutcome};

/// A move is taken back at most so often; then a person is asked.
const BACK_ATTEMPTS: u32 = 2;

/// What a move's end comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ending {
    /// Absent when it succeeded.
    pub(super) fault: Option<MoveFault>,
    pub(super) why: Option<String>,
    /// The image that is to blame.
    pub(super) quarantined: Option<ImageId>,
    /// How it is taken back, when it is.
    pub(super) back: Option<Direction>,
    /// A move forward left nothing in the environment.
    pub(super) as_before: bool,
}

/// Reads the end. `touched`: something of it is, or may be, in the environment.
pub(super) fn ending(order: &MoveOrder, outcome: &RunOutcome, touched: bool) -> Ending {
    let RunOutcome::Failed { step, failure, .. } = outcome else {
        return Ending {
            fault: None,
            why: back_reason(order),
            quarantined: None,
            back: None,
            as_before: false,
        };
    };
    let fault = match order.direction.is_proof() {
        // How it was before nobody knows: ill health says nothing against the image.
        true => MoveFault::Inconclusive,
        false => MoveFault::of_kind(&failure.kind),
    };
    let why = format!("{step}: {}", failure.why);
    let to_blame = fault == MoveFault::Image && order.direction == Direction::Forward;
    Ending {
        fault: Some(fault),
        quarantined: to_blame.then(|| order.to.image.image().cloned()).flatten(),
        back: back(order, fault, touched, &why),
        as_before: !touched && !order.direction.is_back() && fault != MoveFault::Inconclusive,
        why: Some(why),
    }
}

/// Why a move was taken back, for whoever reads of its end.
fn back_reason(order: &MoveOrder) -> Option<String> {
    match &order.direction {
        Direction::Back { why, .. } => Some(why.clone()),
        Direction::Forward | Direction::Proof => None,
    }
}

/// Whether and how a failed move is taken back. Where somebody else had a hand in it, a person decides.
fn back(order: &MoveOrder, fault: MoveFault, touched: bool, why: &str) -> Option<Direction> {
    if !touched || order.on_failure == OnFailure::Stop || fault == MoveFault::Inconclusive {
        return None;
    }
    match &order.direction {
        Direction::Forward => Some(Direction::Back {
            of: Some(move_journal(&order.target, order.number)),
            attempt: 1,
            why: why.to_owned(),
        }),
        Direction::Back { of, attempt, why } if *attempt < BACK_ATTEMPTS => Some(Direction::Back {
            of: of.clone(),
            attempt: attempt + 1,
            why: why.clone(),
        }),
        Direction::Back { .. } | Direction::Proof => None,
    }
}

/// The order that takes a move back: exactly what was recorded before it. A second try aims at the same.
pub(super) fn back_order(order: &MoveOrder, direction: &Direction, number: u32) -> MoveOrder {
    let (before, to) = match order.direction.is_back() {
        true => (
            BeforeMove {
                draft: None,
                ..order.before.clone()
            },
            order.to.clone(),
        ),
        false => (
            BeforeMove {
                image: order.to.image.clone(),
                platform: order.to.platform.clone(),
                draft: None, // since then the move may have left one
                ..order.before.clone()
            },
            Aim {
                image: order.before.image.clone(),
                platform: order.before.platform.clone(),
            },
        ),
    };
    MoveOrder {
        number,
        direction: direction.clone(),
        before,
        to,
        ..order.clone()
    }
}

/// Whether a failed move left something in the environment. What cannot be read may be there.
pub(super) async fn needs_back(
    hands: &Move<'_>,
    run: &Run<MoveKind>,
    outcome: &RunOutcome,
) -> bool {
    if matches!(outcome, RunOutcome::Succeeded { .. }) || run.input().direction.is_proof() {
        return false;
    }
    let never_begun = run
        .failure()
        .is_some_and(|(step, _)| *step == MoveStep::Unchanged);
    if never_begun {
        // A move back that never found the environment ready is tried once more.
        return run.input().direction.is_back();
    }
    let sent = SentUpdate::of(run);
    let (order, before) = (&sent.order, &run.input().before);
    let seen = match hands.look(order, sent.began).await {
        Ok(Some(seen)) => seen,
        Ok(None) => return false,
        Err(_) => return true,
    };
    let (all, moved) = seen.instances(before, &order.to);
    if order.direction.is_back() {
        return !(seen.deployed_is(&order.to) && all == moved);
    }
    !(seen.ready() && seen.deployed_as_before(before) && moved == 0)
}

#[cfg(test)]
mod tests {
    use crate::flow::rollout::test_orders::{forward, taking_back};

    use super::*;
    use crate::workflow::StepFailure;

    fn failed(kind: &str) -> RunOutcome {
        RunOutcome::Failed {
            step: "settle".to_owned(),
            failure: StepFailure::new(kind, "ill"),
            left: Vec::new(),
        }
    }

    #[test]
    fn only_the_image_s_own_fault_quarantines_it() {
        for (kind, blamed) in [
            ("image", true),
            ("environment", false),
            ("inconclusive", false),
            ("deadline", false),
            ("denied", false),
        ] {
            let end = ending(&forward(), &failed(kind), true);
            assert_eq!(end.quarantined.is_some(), blamed, "{kind}");
            let end = ending(&taking_back(1), &failed(kind), true);
            assert_eq!(
                end.quarantined, None,
                "{kind}: the old image is not to blame"
            );
        }
    }

    #[test]
    fn what_was_touched_is_taken_back_twice_at_most() {
        let goes_back =
            |order: &MoveOrder, kind, touched| ending(order, &failed(kind), touched).back.is_some();
        assert!(goes_back(&forward(), "image", true));
        assert!(goes_back(&forward(), "environment", true));
        assert!(!goes_back(&forward(), "environment", false));
        assert!(!goes_back(&forward(), "inconclusive", true));
        assert!(goes_back(&taking_back(1), "environment", true));
        assert!(!goes_back(&taking_back(2), "environment", true));
        let stop = MoveOrder {
            on_failure: OnFailure::Stop,
            ..forward()
        };
        assert!(!goes_back(&stop, "image", true));
    }

    #[test]
    fn a_roll_back_aims_at_what_was_recorded() {
        let forward = forward();
        let direction = ending(&forward, &failed("image"), true).back.unwrap();
        let back = back_order(&forward, &direction, 2);
        assert_eq!(back.to.image, forward.before.image);
        assert_eq!(back.to.platform, forward.before.platform);
        assert_eq!(back.before.image, forward.to.image);
        let again = ending(&back, &failed("environment"), true).back.unwrap();
        let second = back_order(&back, &again, 3);
        assert_eq!((&second.to, &second.before), (&back.to, &back.before));
        assert!(matches!(
            second.direction,
            Direction::Back { attempt: 2, .. }
        ));
    }
}
