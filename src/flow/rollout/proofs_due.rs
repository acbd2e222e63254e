//! Environments that run the image without a move of ours that is remembered (the store was lost, or
//! somebody else set it): the same proof is run that a person's `rollout` opens, in their wave's turn, with
//! looks as close together as a move's. It sends nothing, so that no window, no word of a person and no
//! slot is waited for. Plain.

use super::case::{TargetLook, TargetRead};
use super::deciding::Deciding;
use super::gates::unhealthy_before;
use super::order::{MoveRefusal, Ordering};
use super::past::{NextMove, persons_gate};
use super::proving::{proof_because, proof_order};
use super::target_sort::{TargetSort, ThereProof};
use crate::model::drift::TargetDrift;
use crate::model::ids::TargetId;
use crate::model::reason::{About, Reason, ReasonCode};
use crate::model::rollout::MoveOrder;
use crate::model::rollout_rules::RolloutHands;

/// Who orders where no person did.
const AMIWATCH: &str = "amiwatch";

impl Deciding<'_> {
    /// Tells what is to be proved now: nothing but what runs the image in the wave whose turn it is, while
    /// something rolls. Other hands prove by themselves.
    pub(super) fn prove(&mut self) {
        let ours = self.rules.hands == RolloutHands::Ours;
        if !ours || !self.rolling() || self.untold || !self.common.is_empty() {
            return;
        }
        let Some(turn) = self.turn.as_ref().map(|turn| turn.wave) else {
            return;
        };
        let due = |at: &usize| {
            let one = &self.sorted[*at];
            let there = matches!(one.sort, TargetSort::There);
            there && !one.through() && one.wave == Some(turn)
        };
        let due: Vec<usize> = (0..self.sorted.len()).filter(due).collect();
        for at in due {
            let one = &self.sorted[at];
            self.sorted[at].proof = self.proof_of(one.target, one.wave);
        }
    }

    fn proof_of(&self, target: &TargetDrift, wave: Option<usize>) -> ThereProof {
        let stands = self.before_proof(target);
        if !stands.is_empty() {
            let reasons = stands.into_iter().map(Reason::from_about);
            return ThereProof::Stands(reasons.collect());
        }
        match self.case.look(&target.target) {
            TargetLook::NotRead => ThereProof::Unread,
            TargetLook::Read(read) => match self.order_proof(target, read, wave) {
                Ok(order) => ThereProof::Prove(Box::new(order)),
                Err(reasons) => ThereProof::Stands(reasons),
            },
            other => ThereProof::Stands(vec![untold_look(&target.target, other)]),
        }
    }

    /// What stands before it by what costs no call.
    fn before_proof(&self, target: &TargetDrift) -> Vec<About> {
        let moves = self.moves_since_order(&target.target);
        let next = NextMove {
            watch: &self.case.watch.name,
            target: &target.target,
            runs: target.image.as_ref(),
            to: self.image(),
            now: self.case.now,
        };
        let mut reasons = target.reasons.iter();
        let busy = reasons.find(|reason| reason.code == ReasonCode::NotReady);
        moves
            .and_then(|moves| persons_gate(moves, &next))
            .into_iter()
            .chain(self.other_watch(target))
            .chain(busy.map(|reason| reason.about.clone()))
            .collect()
    }

    /// Who is ill now would fail its proof, and then a person would have to say what its getting well says.
    fn order_proof(
        &self,
        target: &TargetDrift,
        read: &TargetRead,
        wave: Option<usize>,
    ) -> Result<MoveOrder, Vec<Reason>> {
        let rules = self.move_rules(&target.target.environment);
        let because = [proof_because(self.image())];
        let read = read.reading.as_read();
        let order = proof_order(&read, &rules, &self.ordering(&target.target, &because));
        let order = order.map_err(|refusals| reasons(&refusals))?;
        match unhealthy_before(&read, &rules) {
            None => Ok(MoveOrder {
                told_with_wave: self.told_with_wave(wave),
                ..order
            }),
            Some(gate) => Err(vec![Reason::from_about(self.gate(&target.target, gate))]),
        }
    }

    /// Who orders, and as which move of the environment.
    pub(super) fn ordering<'o>(&'o self, target: &TargetId, because: &'o [String]) -> Ordering<'o> {
        let ordered = self.case.moves(target).map_or(0, |moves| moves.ordered);
        Ordering {
            installation: self.case.installation,
            watch: &self.case.watch.name,
            home: self.case.home,
            number: ordered + 1,
            by: self.ordered().map_or(AMIWATCH, |ordered| &ordered.by),
            because,
        }
    }
}

/// The gates among these refusals.
pub(super) fn reasons(refusals: &[MoveRefusal]) -> Vec<Reason> {
    let stands = refusals.iter().filter_map(MoveRefusal::reason);
    stands.cloned().collect()
}

/// A closer look was not answered.
pub(super) fn untold_look(target: &TargetId, look: &TargetLook) -> Reason {
    let (denied, what, why) = match look {
        TargetLook::Untold { denied, what, why } => (*denied, what.clone(), why.clone()),
        _ => (
            false,
            target.name(),
            "it was listed, and is not there any more".to_owned(),
        ),
    };
    Reason::from_about(About::Untold {
        elsewhere: None,
        denied,
        subject: None,
        what,
        why,
    })
}
