//! A decision, put into the plan and the verdict that it was made from: gates become reasons of their
//! environment, so that whoever reads a verdict (`check`, `status`, `explain`, JSON, the store) sees what
//! stands; each environment gets its action, and what could not be read is a note. Plain.

use super::case::{RolloutDecision, TargetDecision, TargetStand};
use crate::model::plan::{PlanItem, TargetAction, TargetPlan};
use crate::model::reason::{Class, Reason, ReasonCode};

/// Puts it in.
pub fn apply_decision(item: &mut PlanItem, decision: &RolloutDecision) {
    item.drift.notes.extend(decision.notes.iter().cloned());
    for decided in &decision.targets {
        let mut drifts = item.drift.targets.iter_mut();
        if let Some(target) = drifts.find(|one| one.target == decided.target) {
            add_gates(&mut target.reasons, &decided.gates);
        }
        let mut plans = item.targets.iter_mut();
        let plan = plans.find(|one| one.target == decided.target);
        let mut drifts = item.drift.targets.iter();
        let drift = drifts.find(|one| one.target == decided.target);
        if let (Some(plan), Some(drift)) = (plan, drift) {
            act(plan, decided, &drift.reasons);
        }
    }
}

/// In the order of the table, each once.
fn add_gates(reasons: &mut Vec<Reason>, gates: &[Reason]) {
    for gate in gates {
        if !reasons.contains(gate) {
            reasons.push(gate.clone());
        }
    }
    reasons.sort_by_key(|reason| reason.code);
}

fn act(plan: &mut TargetPlan, decided: &TargetDecision, reasons: &[Reason]) {
    let gates = || codes(decided.gates.iter());
    let drift = || codes(reasons.iter().filter(|reason| reason.is_drift()));
    let (action, because) = match &decided.stand {
        TargetStand::InStep => return,
        TargetStand::Tell => (TargetAction::Tell, drift()),
        TargetStand::Move(order) if order.direction.is_proof() => (TargetAction::Prove, drift()),
        TargetStand::Move(_) => (TargetAction::Move, drift()),
        TargetStand::Waits { until } => (TargetAction::Wait { until: *until }, gates()),
        TargetStand::Blocked if decided.gates.is_empty() => {
            let blocked = |one: &&Reason| one.code.class() == Class::Blocked;
            (TargetAction::Blocked, codes(reasons.iter().filter(blocked)))
        }
        TargetStand::Blocked => (TargetAction::Blocked, gates()),
        TargetStand::CannotTell => {
            let doubts = reasons.iter().filter(|reason| reason.is_doubt());
            (TargetAction::CannotTell, codes(doubts))
        }
        // Whoever decides looks first; what was not looked at is not known.
        TargetStand::Unread => (TargetAction::CannotTell, drift()),
        TargetStand::UnderWay { journal } => {
            let journal = journal.clone();
            (TargetAction::Moving { journal }, drift())
        }
    };
    (plan.action, plan.because) = (action, because);
}

fn codes<'a>(reasons: impl Iterator<Item = &'a Reason>) -> Vec<ReasonCode> {
    let mut codes: Vec<ReasonCode> = reasons.map(|reason| reason.code).collect();
    codes.dedup();
    codes
}
