//! What a decision leaves to be remembered of a watch's rollout, and what people are to hear of it: a
//! rollout that begins or takes another one's place, a question, a wave that is through, what stands in an
//! environment's way. Plain; asked again, it says the same and tells nothing twice.

use std::collections::BTreeSet;

use super::approval::ApprovalStand;
use super::case::{PlannedStep, RolloutTelling, TargetDecision, TargetStand};
use super::deciding::{Deciding, Sorted};
use super::target_sort::TargetSort;
use crate::model::ids::{ImageId, TargetId};
use crate::model::reason::{Class, Reason, ReasonCode};
use crate::model::rollout_memory::{ImageRollout, RolloutMemory};

type Remembered = (Option<RolloutMemory>, Vec<RolloutTelling>);

/// What is remembered anew, where anything is, and what is told.
pub(super) fn remember(deciding: &Deciding<'_>, targets: &[TargetDecision]) -> Remembered {
    if deciding.untold {
        return (None, Vec::new());
    }
    let mut remembering = Remembering {
        deciding,
        memory: deciding.case.memory.clone(),
        tell: Vec::new(),
    };
    if deciding.anything_behind() && deciding.common.is_empty() {
        remembering.begin();
        remembering.ask();
    }
    remembering.note_progress(targets);
    let Remembering { memory, tell, .. } = remembering;
    let changed = memory != *deciding.case.memory;
    (changed.then_some(memory), tell)
}

struct Remembering<'a> {
    deciding: &'a Deciding<'a>,
    memory: RolloutMemory,
    tell: Vec<RolloutTelling>,
}

impl Remembering<'_> {
    /// The image's rollout begins, where it has not; one that was on its way ends here.
    fn begin(&mut self) {
        let image = self.deciding.image();
        if self.memory.rollout_of(image).is_some() {
            return;
        }
        let begun = ImageRollout::begun(image.clone(), self.deciding.case.now);
        let Some(old) = self.memory.image.replace(begun) else {
            return;
        };
        let open = self.memory.question_of(&old.image);
        let question = open.filter(|asked| asked.answer.is_none()).cloned();
        if old.finished_at.is_none() && (question.is_some() || !old.moved.is_empty()) {
            self.tell.push(RolloutTelling::Superseded {
                old,
                new: image.clone(),
                question,
            });
        }
    }

    /// The question to people, where there is one to ask or nobody answered it.
    fn ask(&mut self) {
        match &self.deciding.approval {
            ApprovalStand::Open | ApprovalStand::Asked(_) => {}
            ApprovalStand::Ask(question) => {
                self.memory.approval = Some(question.clone());
                self.tell.push(RolloutTelling::ApprovalNeeded {
                    question: question.clone(),
                    moves: self.steps(),
                });
            }
            ApprovalStand::Lapsed(question) => {
                self.memory.approval = Some(question.clone());
                self.tell.push(RolloutTelling::ApprovalLapsed {
                    question: question.clone(),
                });
            }
        }
    }

    /// Everything that is to be moved, wave by wave.
    fn steps(&self) -> Vec<PlannedStep> {
        let behind = self.deciding.sorted.iter();
        let behind = behind.filter(|one| matches!(one.sort, TargetSort::Behind(_)));
        let mut steps: Vec<PlannedStep> = behind
            .map(|one| PlannedStep {
                target: one.target.target.clone(),
                wave: one.wave.map(|wave| wave + 1),
                from: one.target.image.clone(),
                to: self.deciding.image().clone(),
            })
            .collect();
        steps.sort_by_key(|step| step.wave.unwrap_or(usize::MAX));
        steps
    }

    /// How far the image has come.
    fn note_progress(&mut self, targets: &[TargetDecision]) {
        let image = self.deciding.image().clone();
        let Some(mut rollout) = self.memory.image.take() else {
            return;
        };
        if rollout.image == image {
            self.forget_the_gone(&mut rollout);
            for (one, decided) in self.deciding.sorted.iter().zip(targets) {
                self.note_target(&mut rollout, one);
                self.note_blocked(&mut rollout, decided);
            }
            self.note_waves(&mut rollout);
        }
        self.memory.image = Some(rollout);
    }

    /// What is not listed any more is not remembered either: the list is known here.
    fn forget_the_gone(&self, rollout: &mut ImageRollout) {
        let names = self.deciding.sorted.iter();
        let names: BTreeSet<String> = names.map(|one| one.target.target.key()).collect();
        rollout.moved.retain(|name, _| names.contains(name));
        rollout.told.retain(|name, _| names.contains(name));
    }

    fn note_target(&self, rollout: &mut ImageRollout, one: &Sorted<'_>) {
        let (case, target) = (self.deciding.case, &one.target.target);
        let name = target.key();
        if case.made_anew(target) {
            rollout.moved.remove(&name);
            rollout.told.remove(&name);
        }
        if one.through() {
            let last = case.moves(target).and_then(|moves| moves.last.as_ref());
            let at = last.map_or(case.now, |last| last.at);
            rollout.moved.entry(name).or_insert(at);
        } else if matches!(one.sort, TargetSort::Behind(_) | TargetSort::Other) {
            rollout.moved.remove(&name);
        }
    }

    /// Each sort of block once, until it has been out of the way.
    fn note_blocked(&mut self, rollout: &mut ImageRollout, decided: &TargetDecision) {
        let name = decided.target.key();
        if matches!(
            decided.stand,
            TargetStand::Move(_) | TargetStand::UnderWay { .. } | TargetStand::InStep
        ) {
            rollout.told.remove(&name);
            return;
        }
        let blocks = |reason: &&Reason| reason.code.class() == Class::Blocked && !reason.is_doubt();
        let told = rollout.told.get(&name);
        let is_new = |code: ReasonCode| !told.is_some_and(|told| told.contains(&code));
        let reasons: Vec<Reason> = decided
            .gates
            .iter()
            .filter(blocks)
            .filter(|reason| is_new(reason.code))
            .cloned()
            .collect();
        if reasons.is_empty() {
            return;
        }
        let codes = reasons.iter().map(|reason| reason.code);
        rollout.told.entry(name).or_default().extend(codes);
        self.tell.push(RolloutTelling::Blocked {
            target: decided.target.clone(),
            reasons,
        });
    }

    /// Waves that are through and were not told, in turn. Who came to one that was told holds the later ones.
    fn note_waves(&mut self, rollout: &mut ImageRollout) {
        let waves = &self.deciding.waves;
        let told = usize::try_from(rollout.waves_told).unwrap_or(usize::MAX);
        for (nth, wave) in waves.iter().enumerate().skip(told) {
            let through = |target: &TargetId| self.deciding.through.contains(target);
            let mut earlier = waves.iter().take(nth).flat_map(|one| &one.targets);
            if !wave.through(through) || !earlier.all(|target| through(target)) {
                return;
            }
            rollout.waves_told += 1;
            let last = waves.is_last(nth);
            if wave.targets.is_empty() {
                continue;
            }
            let later = waves.iter().skip(nth + 1);
            let next = later.map(|one| &one.targets).find(|one| !one.is_empty());
            self.tell.push(RolloutTelling::WaveThrough {
                image: rollout.image.clone(),
                wave: nth + 1,
                of: waves.count(),
                pattern: wave.pattern.to_owned(),
                environments: wave.targets.iter().map(|one| (*one).clone()).collect(),
                last,
                next: next
                    .map(|one| one.iter().map(|one| one.name()).collect())
                    .unwrap_or_default(),
            });
            if last {
                rollout.waves_told = u32::try_from(waves.count()).unwrap_or(u32::MAX);
                rollout.finished_at = Some(self.deciding.case.now);
                self.memory.has_succeeded |= self.succeeded(&rollout.image);
                return;
            }
        }
    }

    /// People let it go, or nobody had to be asked, and amiwatch moved some environment to it. Where people
    /// moved them all, nothing was shown of how it does that.
    fn succeeded(&self, image: &ImageId) -> bool {
        let deciding = self.deciding;
        let mut targets = deciding.sorted.iter();
        let moved = targets.any(|one| {
            let moves = deciding.case.moves(&one.target.target);
            let last = moves.and_then(|moves| moves.last.as_ref());
            last.is_some_and(|last| {
                let brought = last.to.as_ref() == Some(image) && last.from != last.to;
                brought && last.fault.is_none() && !last.back
            })
        });
        moved && deciding.approval == ApprovalStand::Open
    }
}
