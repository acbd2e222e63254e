//! How moves ended, as documents show them: an entry for each, whoever began it, and for each that could not be
//! driven on. Plain; drives nothing.

use serde::Serialize;

use crate::model::ids::ImageId;
use crate::model::rollout::{MoveFault, MoveOrder};
use crate::service::pass::rolled::RolledTarget;
use crate::service::runs::moving::{MoveResult, ResumedMove};
use crate::service::telemetry::source_chain;

/// How one move of an environment ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MovedEnvironment {
    /// Absent where the move's journal cannot be read.
    pub watch: Option<String>,
    /// `application/environment`; the journal's name where that cannot be read.
    pub environment: String,
    /// It took another one back.
    pub back: bool,
    pub to: Option<ImageId>,
    /// Whose fault it was, when it failed.
    pub fault: Option<MoveFault>,
    pub why: Option<String>,
}

impl MovedEnvironment {
    fn of_order(order: &MoveOrder) -> Self {
        Self {
            watch: Some(order.watch.to_string()),
            environment: order.target.name(),
            back: order.direction.is_back(),
            to: order.to.image.image().cloned(),
            fault: None,
            why: None,
        }
    }

    /// Of one that came to its end.
    pub fn of_result(result: &MoveResult) -> Self {
        let (fault, why) = result.failure().unzip();
        Self {
            fault,
            why,
            ..Self::of_order(&result.order)
        }
    }

    /// Of one that was begun, with what took it back.
    pub fn of_rolled(rolled: &RolledTarget) -> Vec<Self> {
        match &rolled.ended {
            Ok(results) => results.iter().map(Self::of_result).collect(),
            Err(error) => vec![Self::unended(&rolled.order, source_chain(error))],
        }
    }

    /// Of one that was left and gone on with.
    pub fn of_resumed(resumed: &ResumedMove) -> Vec<Self> {
        match (&resumed.ended, &resumed.order) {
            (Ok(results), _) => results.iter().map(Self::of_result).collect(),
            (Err(error), Some(order)) => vec![Self::unended(order, source_chain(error))],
            (Err(error), None) => vec![Self {
                watch: None,
                environment: resumed.journal.clone(),
                back: false,
                to: None,
                fault: None,
                why: Some(source_chain(error)),
            }],
        }
    }

    /// Of one that did not come to its end.
    pub(super) fn unended(order: &MoveOrder, why: String) -> Self {
        Self {
            why: Some(why),
            ..Self::of_order(order)
        }
    }

    /// Nothing of it failed.
    pub fn is_well(&self) -> bool {
        self.why.is_none()
    }
}
