//! Decides one watch's rollout: which of its environments is moved now, and what stands in the way of
//! each other one. A plain function of what is known; pass and plan ask this same one.
//!
//! What costs no call is weighed first. An environment is looked at closer only where nothing else stands
//! against it and a slot of its wave is free; the caller reads those and asks again; and once more, where
//! that look shows nothing either, for what is asked last. What was not read, or could not be, is never
//! taken for well.

use chrono::{DateTime, TimeDelta, Utc};

use super::case::{
    RolloutCase, RolloutDecision, TargetDecision, TargetLook, TargetRead, TargetStand,
};
use super::deciding::{Deciding, Sorted};
use super::managed_window::managed_window_gate;
use super::order::forward_order;
use super::proofs_due::{reasons, untold_look};
use super::remembering::remember;
use super::slots::Slots;
use super::target_sort::{TargetSort, ThereProof};
use super::untold::untold_notes;
use crate::model::drift::TargetDrift;
use crate::model::platform_choice::MoveTo;
use crate::model::reason::{Class, Reason, ReasonCode};
use crate::model::rollout::{MoveOrder, TargetMoves};
use crate::model::rollout_rules::RolloutHands;

/// Decides for every target of the watch.
pub fn decide_rollout(case: &RolloutCase<'_>) -> RolloutDecision {
    match case.chosen {
        Some(chosen) => Deciding::of(case, chosen).decide(),
        None => without_image(case),
    }
}

/// There is nothing to move to: the verdict says what is out of step, and what is not known.
fn without_image(case: &RolloutCase<'_>) -> RolloutDecision {
    let targets = case.drift.targets.iter().map(|target| TargetDecision {
        target: target.target.clone(),
        wave: None,
        stand: match case.claim(&target.target) {
            Some(claim) => TargetStand::UnderWay {
                journal: claim.journal.clone(),
            },
            None => TargetStand::InStep,
        },
        gates: Vec::new(),
    });
    RolloutDecision {
        targets: targets.collect(),
        read_next: Vec::new(),
        memory: None,
        tell: Vec::new(),
        notes: Vec::new(),
    }
}

impl<'a> Deciding<'a> {
    /// Its last move was given up, and Beanstalk is still at it: that goes on as much as a move.
    fn hangs(&self, one: &Sorted<'_>) -> bool {
        let mut reasons = one.target.reasons.iter();
        let busy = reasons.any(|reason| reason.code == ReasonCode::NotReady);
        let moves = self.case.moves(&one.target.target);
        let of_this = |moves: &&TargetMoves| {
            let id = one.target.environment_id.as_deref();
            !moves.are_of_another(id)
        };
        let last = moves.filter(of_this).and_then(|moves| moves.last.as_ref());
        busy && last.is_some_and(|last| last.fault.is_some())
    }

    fn decide(self) -> RolloutDecision {
        // What is proved now is under way as much as what is moved.
        let under_way = self.sorted.iter().filter(|one| {
            let due = matches!(one.proof, ThereProof::Unread | ThereProof::Prove(_));
            due || matches!(one.sort, TargetSort::UnderWay { .. }) || self.hangs(one)
        });
        let under_way = under_way.map(|one| (one.wave, one.target));
        let mut slots = Slots::of(self.rules.order.at_once, under_way);
        let targets: Vec<TargetDecision> = self
            .sorted
            .iter()
            .map(|one| self.target(one, &mut slots))
            .collect();
        let decided = targets.iter();
        let unread = decided.filter(|decided| decided.stand == TargetStand::Unread);
        let read_next = unread.map(|decided| decided.target.clone()).collect();
        let (memory, tell) = remember(&self, &targets);
        RolloutDecision {
            targets,
            read_next,
            memory,
            tell,
            notes: untold_notes(self.case),
        }
    }

    fn target(&self, one: &Sorted<'a>, slots: &mut Slots) -> TargetDecision {
        let target = &one.target.target;
        let (stand, gates) = match one.sort {
            TargetSort::UnderWay { journal } => {
                let journal = journal.to_owned();
                (TargetStand::UnderWay { journal }, Vec::new())
            }
            TargetSort::Misfit => (TargetStand::Blocked, Vec::new()),
            TargetSort::Untold => (TargetStand::CannotTell, Vec::new()),
            TargetSort::Other => (TargetStand::InStep, Vec::new()),
            TargetSort::There => there(one),
            TargetSort::Behind(_) if self.rules.hands != RolloutHands::Ours => {
                (TargetStand::Tell, Vec::new())
            }
            TargetSort::Behind(_) if self.untold => (TargetStand::CannotTell, Vec::new()),
            TargetSort::Behind(to) => self.behind(one, to, slots),
        };
        TargetDecision {
            target: target.clone(),
            wave: one.wave,
            stand,
            gates,
        }
    }

    fn behind(
        &self,
        one: &Sorted<'_>,
        to: &MoveTo,
        slots: &mut Slots,
    ) -> (TargetStand, Vec<Reason>) {
        let (target, wave) = (one.target, one.wave);
        let id = &target.target;
        let mut gates = self.known_gates(one, to);
        if gates.is_empty() {
            gates.extend(slots.gate(wave).map(|gate| self.gate(id, gate)));
        }
        if !gates.is_empty() {
            let reasons: Vec<Reason> = gates.into_iter().map(Reason::from_about).collect();
            return (stand_of(&reasons), reasons);
        }
        match self.case.look(id) {
            TargetLook::NotRead => {
                slots.take(wave, target);
                (TargetStand::Unread, Vec::new())
            }
            TargetLook::Read(read) => match self.order(target, wave, read) {
                Ok(Some(_)) if read.asks_more() => {
                    slots.take(wave, target);
                    (TargetStand::Unread, Vec::new())
                }
                Ok(Some(order)) => {
                    slots.take(wave, target);
                    (TargetStand::Move(Box::new(order)), Vec::new())
                }
                Ok(None) => (TargetStand::InStep, Vec::new()),
                Err(reasons) => (stand_of(&reasons), reasons),
            },
            other => {
                let reason = untold_look(id, other);
                (TargetStand::CannotTell, vec![reason])
            }
        }
    }

    /// The order by what was read; absent where there is nothing to do after all.
    fn order(
        &self,
        target: &TargetDrift,
        wave: Option<usize>,
        read: &TargetRead,
    ) -> Result<Option<MoveOrder>, Vec<Reason>> {
        let case = self.case;
        let rules = self.move_rules(&target.target.environment);
        let because = target.reasons.iter().filter(|reason| reason.is_drift());
        let because: Vec<String> = because
            .map(|reason| format!("{}: {}", reason.code, reason.message))
            .collect();
        let to = MoveTo {
            image: self.chosen.image.clone(),
            platform: read.platform.clone(),
        };
        let read = read.reading.as_read();
        let ordering = self.ordering(&target.target, &because);
        let order = match forward_order(&read, &to, &rules, &case.drift.holds, &ordering) {
            Ok(order) => order,
            Err(refusals) => {
                let stands = reasons(&refusals);
                return if stands.is_empty() {
                    Ok(None)
                } else {
                    Err(stands)
                };
            }
        };
        let takes = order.update_max_s.saturating_add(order.proof.settle_s);
        let takes = TimeDelta::seconds(i64::try_from(takes).unwrap_or(i64::MAX / 1000));
        match managed_window_gate(&read, takes, case.now) {
            None => Ok(Some(MoveOrder {
                told_with_wave: self.told_with_wave(wave),
                ..order
            })),
            Some(gate) => Err(vec![Reason::from_about(self.gate(&target.target, gate))]),
        }
    }
}

/// It runs the image; perhaps it is to be proved before it counts.
fn there(one: &Sorted<'_>) -> (TargetStand, Vec<Reason>) {
    match &one.proof {
        ThereProof::Prove(order) => (TargetStand::Move(order.clone()), Vec::new()),
        ThereProof::Unread => (TargetStand::Unread, Vec::new()),
        ThereProof::Stands(reasons) => (stand_of(reasons), reasons.clone()),
        ThereProof::None | ThereProof::Proved => (TargetStand::InStep, Vec::new()),
    }
}

/// What these reasons come to; what is not known weighs most.
fn stand_of(reasons: &[Reason]) -> TargetStand {
    if reasons.iter().any(Reason::is_doubt) {
        return TargetStand::CannotTell;
    }
    if reasons.iter().any(|one| one.code.class() == Class::Blocked) {
        return TargetStand::Blocked;
    }
    let ends: Option<Vec<DateTime<Utc>>> = reasons.iter().map(|one| one.about.until()).collect();
    TargetStand::Waits {
        until: ends.and_then(|ends| ends.into_iter().max()),
    }
}
