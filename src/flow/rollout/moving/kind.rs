//! The move as a kind of workflow: what its journals are made of, and what each step may take. Read by
//! whoever looks at a move without doing one.

use std::time::Duration;

pub use super::steps::MoveKind;
use super::steps::{MoveOutput, MoveStep, STEPS};
use crate::flow::rollout::by_hand::by_hand_line;
use crate::model::ids::Scope;
use crate::model::rollout::MoveOrder;
use crate::workflow::{Allowance, Run, WorkflowKind};

const MINUTE: Duration = Duration::from_secs(60);
/// A settling that is broken off again and again ends after so many times its own length.
const SETTLE_TIMES: u32 = 3;
/// What settling has at least: looks come every half minute, and health needs a few of them.
const SETTLE_MIN: Duration = Duration::from_secs(15 * 60);
/// Beanstalk may be undoing by itself when a move is taken back.
const READY_MAX: Duration = Duration::from_secs(2 * 60 * 60);

impl WorkflowKind for MoveKind {
    type Input = MoveOrder;
    type Step = MoveStep;
    type Output = MoveOutput;

    const NAME: &'static str = "move";
    const STEPS: &'static [MoveStep] = STEPS;
    const POINT_OF_NO_RETURN: MoveStep = MoveStep::Settle;

    /// The environment, of which one move is under way at a time.
    fn subject(order: &MoveOrder) -> String {
        order.target.to_string()
    }

    fn scope(order: &MoveOrder) -> &Scope {
        &order.scope
    }

    /// What is only watched has its time while somebody watches: a daemon that was stopped for a day,
    /// or a clock that was set, fails no healthy move.
    fn allowance(step: MoveStep, order: &MoveOrder) -> Allowance {
        match step {
            MoveStep::Unchanged if order.direction.is_back() => Allowance::Watched(READY_MAX),
            MoveStep::Unchanged => Allowance::Watched(10 * MINUTE),
            MoveStep::Update => Allowance::Watched(30 * MINUTE),
            MoveStep::Replace => Allowance::Watched(Duration::from_secs(order.update_max_s)),
            MoveStep::Settle => {
                Allowance::Watched((SETTLE_TIMES * order.proof.settle()).max(SETTLE_MIN))
            }
        }
    }

    /// An update that is broken off is put back batch by batch, as it was made.
    fn undo_allowance(step: MoveStep) -> Duration {
        match step {
            MoveStep::Update => READY_MAX,
            MoveStep::Unchanged | MoveStep::Replace | MoveStep::Settle => 10 * MINUTE,
        }
    }

    fn by_hand(_: MoveStep, run: &Run<Self>) -> String {
        by_hand_line(run.input())
    }
}
