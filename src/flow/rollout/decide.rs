//! Decides one watch's rollout: which of its environments is moved now, and what stands in the way of
//! each other one. A plain function of what is known; pass and plan ask this same one.
//!
//! What costs no call is weighed first. An environment is looked at closer only where nothing else stands
//! against it and a slot of its wave is free; the caller reads those and asks again. What was not read,
//! or could not be, is never taken for well.

use chrono::{DateTime, TimeDelta, Utc};

use super::case::{
    RolloutCase, RolloutDecision, TargetDecision, TargetLook, TargetRead, TargetStand,
};
use super::deciding::{Deciding, Sorted, ThereProof, untold_look};
use super::managed_window::managed_window_gate;
use super::order::{MoveRefusal, Ordering, forward_order};
use super::remembering::remember;
use super::slots::Slots;
use super::target_sort::TargetSort;
use super::well_in_looks::ProvingState;
use crate::model::drift::TargetDrift;
use crate::model::platform_choice::MoveTo;
use crate::model::reason::{About, Class, Reason};
use crate::model::rollout::MoveOrder;
use crate::model::rollout_rules::RolloutHands;

/// Who orders where no person did.
const AMIWATCH: &str = "amiwatch";

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
    }
}

impl<'a> Deciding<'a> {
    fn decide(self) -> RolloutDecision {
        let under_way = self.sorted.iter().filter_map(|one| match one.sort {
            TargetSort::UnderWay { .. } => {
                Some((self.waves.wave_of(&one.target.target), one.target))
            }
            _ => None,
        });
        let mut slots = Slots::of(self.rules.order.at_once, under_way);
        let targets: Vec<TargetDecision> = self
            .sorted
            .iter()
            .map(|one| self.target(one, &mut slots))
            .collect();
        let unread = self.sorted.iter().zip(&targets).filter(|(one, decided)| {
            one.proof == ThereProof::Unread || decided.stand == TargetStand::Unread
        });
        let read_next = unread.map(|(one, _)| one.target.target.clone()).collect();
        let (memory, tell) = remember(&self, &targets);
        RolloutDecision {
            targets,
            read_next,
            memory,
            tell,
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
            TargetSort::There => self.there(one),
            TargetSort::Behind(_) if self.rules.hands != RolloutHands::Ours => {
                (TargetStand::Tell, Vec::new())
            }
            TargetSort::Behind(_) if self.untold => (TargetStand::CannotTell, Vec::new()),
            TargetSort::Behind(to) => self.behind(one.target, to, slots),
        };
        TargetDecision {
            target: target.clone(),
            wave: self.waves.wave_of(target),
            stand,
            gates,
        }
    }

    /// It runs the image; perhaps it has to stay well before it counts.
    fn there(&self, one: &Sorted<'_>) -> (TargetStand, Vec<Reason>) {
        match &one.proof {
            ThereProof::Proving(ProvingState::Proving { gate, .. }) => {
                self.standing(vec![self.gate(&one.target.target, gate.clone())])
            }
            ThereProof::Persons(about) => self.standing(vec![about.clone()]),
            ThereProof::Untold(reason) => (TargetStand::CannotTell, vec![reason.clone()]),
            _ => (TargetStand::InStep, Vec::new()),
        }
    }

    fn behind(
        &self,
        target: &TargetDrift,
        to: &MoveTo,
        slots: &mut Slots,
    ) -> (TargetStand, Vec<Reason>) {
        let id = &target.target;
        let mut gates = self.known_gates(target, to);
        let wave = self.waves.wave_of(id);
        if gates.is_empty() {
            gates.extend(slots.gate(wave).map(|gate| self.gate(id, gate)));
        }
        if !gates.is_empty() {
            return self.standing(gates);
        }
        match self.case.look(id) {
            TargetLook::NotRead => {
                slots.take(wave, target);
                (TargetStand::Unread, Vec::new())
            }
            TargetLook::Read(read) => match self.order(target, read) {
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
        read: &TargetRead,
    ) -> Result<Option<MoveOrder>, Vec<Reason>> {
        let case = self.case;
        let rules = self.move_rules(&target.target.environment);
        let because = target.reasons.iter().filter(|reason| reason.is_drift());
        let because: Vec<String> = because
            .map(|reason| format!("{}: {}", reason.code, reason.message))
            .collect();
        let ordered = case.moves(&target.target).map_or(0, |moves| moves.ordered);
        let ordering = Ordering {
            installation: case.installation,
            watch: &case.watch.name,
            number: ordered + 1,
            by: self.ordered().map_or(AMIWATCH, |ordered| &ordered.by),
            because: &because,
        };
        let to = MoveTo {
            image: self.chosen.image.clone(),
            platform: read.platform.clone(),
        };
        let read = read.reading.as_read();
        let order = forward_order(&read, &to, &rules, &case.drift.holds, &ordering);
        let order = match order {
            Ok(order) => order,
            Err(refusals) => return refused(refusals),
        };
        let takes = order.update_max_s.saturating_add(order.proof.settle_s);
        let takes = TimeDelta::seconds(i64::try_from(takes).unwrap_or(i64::MAX / 1000));
        match managed_window_gate(&read, takes, case.now) {
            None => Ok(Some(order)),
            Some(gate) => Err(vec![Reason::from_about(self.gate(&target.target, gate))]),
        }
    }

    fn standing(&self, gates: Vec<About>) -> (TargetStand, Vec<Reason>) {
        let reasons: Vec<Reason> = gates.into_iter().map(Reason::from_about).collect();
        (stand_of(&reasons), reasons)
    }
}

fn refused(refusals: Vec<MoveRefusal>) -> Result<Option<MoveOrder>, Vec<Reason>> {
    let stands = refusals.iter().filter_map(MoveRefusal::reason);
    let stands: Vec<Reason> = stands.cloned().collect();
    match stands.is_empty() {
        true => Ok(None),
        false => Err(stands),
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
