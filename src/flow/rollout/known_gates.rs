//! What stands against a move by what costs no call: what people hold, what the verdict says, the earlier
//! moves, the waves, the windows, and a person's word. Plain.

use super::deciding::Deciding;
use super::gates::platform_gate;
use super::past::{NextMove, contested_gate, failed_gate};
use super::windows::window_gate;
use crate::model::drift::TargetDrift;
use crate::model::ids::TargetId;
use crate::model::platform_choice::MoveTo;
use crate::model::reason::{About, ContestedHow, NamedFew, Reason, ReasonCode, RolloutGate};

impl Deciding<'_> {
    /// What stands against it by what costs no call.
    pub(super) fn known_gates(&self, target: &TargetDrift, to: &MoveTo) -> Vec<About> {
        let (case, id, image) = (self.case, &target.target, &self.chosen.image);
        let mut gates = self.common.clone();
        gates.extend(self.of_verdict(target));
        gates.extend(self.other_watch(target));
        if !to.may_be_moved() {
            gates.extend(platform_gate(&case.watch.name, id, to));
        }
        let moves = case.moves(id).filter(|moves| {
            let last = moves.last.as_ref().map(|last| last.at);
            let ordered = self.ordered().map(|ordered| ordered.at);
            ordered.is_none() || ordered < last
        });
        if let (Some(moves), true) = (moves, to.may_be_moved()) {
            let next = NextMove {
                watch: &case.watch.name,
                target: id,
                runs: target.image.as_ref(),
                to: image,
                now: case.now,
            };
            gates.extend(contested_gate(moves, &next).or_else(|| failed_gate(moves, &next)));
        }
        let wave = self.wave_gate(id);
        let window = match self.ordered() {
            Some(ordered) if ordered.now => None,
            _ => window_gate(&self.rules.order.windows, case.now),
        };
        let of_watch = [wave, self.ill_gate(id), window, self.approval.gate()];
        let of_watch = of_watch.into_iter().flatten();
        gates.extend(of_watch.map(|gate| self.gate(id, gate)));
        gates
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
        let mut others = self.sorted.iter();
        others.any(|one| {
            let moves = self.case.moves(&one.target.target);
            let last = moves.and_then(|moves| moves.last.as_ref());
            last.is_some_and(|last| {
                let (from, to) = match last.back {
                    false => (&last.from, &last.to),
                    true => (&last.to, &last.from),
                };
                from.as_ref() == Some(&self.chosen.image) && *to == target.image
            })
        })
    }

    /// Another watch rolls out to it too.
    fn other_watch(&self, target: &TargetDrift) -> Option<About> {
        let id = &target.target;
        let rival = self.case.rivals.iter().find(|rival| {
            let mut patterns = rival.targets.iter();
            patterns.any(|pattern| {
                pattern.names_application(&id.application)
                    && pattern.names_environment(&id.environment)
            })
        })?;
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

    /// Others of its wave got the image, and have fallen ill since.
    fn ill_gate(&self, target: &TargetId) -> Option<RolloutGate> {
        let wave = self.waves.wave_of(target)?;
        let ill = self.sorted.iter().filter(|one| {
            let same = self.waves.wave_of(&one.target.target) == Some(wave);
            same && one.through() && !one.listed_well()
        });
        let others = NamedFew::of(ill.map(|one| one.target.target.environment.clone()));
        (others.count > 0).then(|| RolloutGate::IllOnIt {
            image: self.chosen.image.clone(),
            others,
        })
    }

    /// Its turn has not come, or nobody knows when it comes.
    fn wave_gate(&self, target: &TargetId) -> Option<RolloutGate> {
        let Some(wave) = self.waves.wave_of(target) else {
            return Some(RolloutGate::NoWave);
        };
        let (earlier, missing) = self
            .waves
            .not_through_before(wave, |one| self.through_and_well(one))?;
        let began = self.case.memory.rollout_of(&self.chosen.image);
        Some(RolloutGate::EarlierWave {
            image: self.chosen.image.clone(),
            wave: wave + 1,
            earlier: earlier + 1,
            pattern: self.waves.pattern(earlier).to_owned(),
            waits_for: NamedFew::of(missing.into_iter().map(|one| one.environment.clone())),
            since: began.map(|rollout| rollout.began_at),
        })
    }
}
