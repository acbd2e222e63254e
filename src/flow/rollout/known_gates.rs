//! What stands against a move by what costs no call: what people hold, what the verdict says, the earlier
//! moves, the waves, the windows, and a person's word. Plain.

use super::deciding::{Deciding, Sorted};
use super::gates::platform_gate;
use super::past::{NextMove, contested_gate, failed_gate, persons_gate};
use super::windows::window_gate;
use crate::model::drift::TargetDrift;
use crate::model::platform_choice::MoveTo;
use crate::model::reason::{About, ContestedHow, NamedFew, Reason, ReasonCode, RolloutGate};

impl Deciding<'_> {
    /// What stands against it by what costs no call.
    pub(super) fn known_gates(&self, one: &Sorted<'_>, to: &MoveTo) -> Vec<About> {
        let (case, target) = (self.case, one.target);
        let id = &target.target;
        let mut gates = self.common.clone();
        gates.extend(self.of_verdict(target));
        gates.extend(self.other_watch(target));
        match to.may_be_moved() {
            true => gates.extend(self.earlier_moves(target)),
            false => gates.extend(platform_gate(&case.watch.name, id, to)),
        }
        let window = match self.ordered() {
            Some(ordered) if ordered.now => None,
            _ => window_gate(&self.rules.order.windows, case.now),
        };
        let of_watch = [
            self.wave_gate(one.wave),
            self.unwell_gate(one),
            window,
            self.approval.gate(),
        ];
        let of_watch = of_watch.into_iter().flatten();
        gates.extend(of_watch.map(|gate| self.gate(id, gate)));
        gates
    }

    /// What its earlier moves say.
    fn earlier_moves(&self, target: &TargetDrift) -> Option<About> {
        let moves = self.moves_since_order(&target.target)?;
        let next = NextMove {
            watch: &self.case.watch.name,
            target: &target.target,
            runs: target.image.as_ref(),
            to: self.image(),
            now: self.case.now,
        };
        contested_gate(moves, &next)
            .or_else(|| persons_gate(moves, &next))
            .or_else(|| failed_gate(moves, &next))
    }

    /// What the verdict itself says against it: it is not Ready, or it runs an image that is not for use
    /// and would only go back to what it came from.
    fn of_verdict(&self, target: &TargetDrift) -> Option<About> {
        let stands = |reason: &&Reason| match reason.code {
            ReasonCode::NotReady => true,
            ReasonCode::Quarantined => self.goes_back(target),
            _ => false,
        };
        let mut reasons = target.reasons.iter();
        reasons.find(stands).map(|reason| reason.about.clone())
    }

    /// Some environment of the watch was moved from the chosen image to what this one runs.
    fn goes_back(&self, target: &TargetDrift) -> bool {
        let runs = target.image.as_ref();
        runs.is_some_and(|runs| self.left_for.contains(runs))
    }

    /// Another watch rolls out to it too.
    pub(super) fn other_watch(&self, target: &TargetDrift) -> Option<About> {
        let id = &target.target;
        let mut rivals = self.case.rivals.iter();
        let rival = rivals.find(|rival| rival.names_target(id, self.case.home))?;
        Some(self.gate(
            id,
            RolloutGate::Contested {
                image: self.chosen.image.clone(),
                how: ContestedHow::OtherWatch {
                    watch: rival.name.clone(),
                },
                since: None,
            },
        ))
    }

    /// Others of its wave run the image, and are not known to be well on it.
    fn unwell_gate(&self, one: &Sorted<'_>) -> Option<RolloutGate> {
        let others = self.unwell.get(&one.wave?)?;
        let itself = [one.target.wave_name()];
        (others.first != itself).then(|| RolloutGate::IllOnIt {
            image: self.chosen.image.clone(),
            others: others.clone(),
        })
    }

    /// Its turn has not come, or nobody knows when it comes.
    fn wave_gate(&self, wave: Option<usize>) -> Option<RolloutGate> {
        let Some(wave) = wave else {
            return Some(RolloutGate::NoWave);
        };
        let turn = self.turn.as_ref().filter(|turn| turn.wave < wave)?;
        let missing = turn.missing.iter();
        let began = self.case.memory.rollout_of(&self.chosen.image);
        Some(RolloutGate::EarlierWave {
            image: self.chosen.image.clone(),
            wave: wave + 1,
            earlier: turn.wave + 1,
            pattern: self.waves.pattern(turn.wave).to_owned(),
            waits_for: NamedFew::of(missing.map(|one| one.environment.clone())),
            since: began.map(|rollout| rollout.began_at),
        })
    }
}
