//! Moves and environments behind as the metrics count them: closed sets of words. Plain functions of what a
//! move or a pass came to.

use std::collections::BTreeMap;

use super::runs::moving::MoveResult;
use crate::model::plan::PlanItem;
use crate::model::reason::Class;
use crate::model::rollout::{Direction, MoveFault};

/// How a move ended, and whose fault it was. The words are labels of metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MoveCounted {
    pub result: &'static str,
    /// Empty where it succeeded.
    pub fault: &'static str,
}

/// Every one, in the order of the metric's lines.
pub const MOVES_COUNTED: [MoveCounted; 6] = [
    counted("moved", ""),
    counted("taken_back", ""),
    counted("proved", ""),
    counted("failed", MoveFault::Image.as_str()),
    counted("failed", MoveFault::Environment.as_str()),
    counted("failed", MoveFault::Inconclusive.as_str()),
];

const fn counted(result: &'static str, fault: &'static str) -> MoveCounted {
    MoveCounted { result, fault }
}

impl MoveCounted {
    /// Of a move that came to its end.
    pub fn of_result(ended: &MoveResult) -> Self {
        match (ended.failure(), &ended.order.direction) {
            (Some((fault, _)), _) => counted("failed", fault.as_str()),
            (None, Direction::Forward) => counted("moved", ""),
            (None, Direction::Back { .. }) => counted("taken_back", ""),
            (None, Direction::Proof) => counted("proved", ""),
        }
    }
}

/// How many environments of each watch are behind, by `<account>/<region>/<watch>`. A watch that could not
/// be told is left out: it is not none.
pub fn behind_by_watch(items: &[PlanItem]) -> BTreeMap<String, u64> {
    let mut behind = BTreeMap::new();
    for item in items {
        if item.drift.reasons.iter().any(|reason| reason.is_doubt()) {
            continue;
        }
        for target in &item.drift.targets {
            let name = format!("{}/{}", target.target.scope, item.watch);
            let mut reasons = target.reasons.iter();
            let is = reasons.any(|reason| reason.code.class() == Class::Behind);
            *behind.entry(name).or_default() += u64::from(is);
        }
    }
    behind
}
