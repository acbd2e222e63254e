//! The bake as a kind of workflow: what its journals are made of, and what each step may take. Read by
//! whoever looks at a bake without doing one.

use std::time::Duration;

pub use super::steps::BakeKind;
use super::steps::{BakeOutput, BakeStep, STEPS};
use super::{by_hand, limits};
use crate::model::bake::BakeOrder;
use crate::model::ids::Scope;
use crate::workflow::{Allowance, Run, WorkflowKind};

const MINUTE: Duration = Duration::from_secs(60);
/// EC2 has been seen to take a day; tired of waiting is no reason to throw an image away.
const IMAGE_MAX: Duration = Duration::from_secs(26 * 60 * 60);

impl WorkflowKind for BakeKind {
    type Input = BakeOrder;
    type Step = BakeStep;
    type Output = BakeOutput;

    const NAME: &'static str = "bake";
    const STEPS: &'static [BakeStep] = STEPS;
    const POINT_OF_NO_RETURN: BakeStep = BakeStep::MarkVerified;

    /// The watch, of which one bake is under way at a time.
    fn subject(order: &BakeOrder) -> String {
        order.watch.to_string()
    }

    fn scope(order: &BakeOrder) -> &Scope {
        &order.scope
    }

    fn allowance(step: BakeStep, order: &BakeOrder) -> Allowance {
        Allowance::Absolute(match step {
            BakeStep::Network | BakeStep::CreateImage => 10 * MINUTE,
            BakeStep::LaunchBuilder | BakeStep::LaunchBootTest => 15 * MINUTE,
            BakeStep::Report | BakeStep::BootReport => limits::guest_allowance(order),
            BakeStep::Stopped => limits::stop_allowance(order),
            BakeStep::CleanUp => 20 * MINUTE,
            // What was proved is not thrown away because nobody answers for a while; and a mark whose
            // answer was lost would stand on an image that people were told of as failed.
            BakeStep::Available | BakeStep::MarkVerified => IMAGE_MAX,
        })
    }

    fn undo_allowance(_: BakeStep) -> Duration {
        30 * MINUTE
    }

    fn by_hand(step: BakeStep, run: &Run<Self>) -> String {
        by_hand::by_hand(step, run)
    }
}

#[cfg(test)]
mod tests {
    use crate::flow::bake::steps::{journal_name, key_in};
    use crate::model::bake::BakeKey;

    #[test]
    fn a_journal_names_the_bake_that_it_is_of() {
        let key: BakeKey = serde_json::from_value("5f1c".into()).unwrap();
        assert_eq!(key_in(&journal_name(&key, 12)), Some("5f1c"));
        for other in [
            "bake/",
            "bake/5f1c",
            "bakery/5f1c/0001",
            "move/5f1c/0001",
            "",
        ] {
            assert_eq!(key_in(other), None, "{other}");
        }
    }
}
