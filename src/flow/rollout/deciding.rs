//! What every decision about a watch's environments shares: who is what to the rollout, who is through, which
//! waves there are, what is asked of people, and what stands in the way of everything. Plain.

use super::approval::{ApprovalStand, approval_stand, question_id};
use super::before::MoveRules;
use super::case::{RolloutCase, TargetLook, remembered_name};
use super::gates::{held_gate, held_release};
use super::image_choice::ChosenImage;
use super::past::{NextMove, failed_gate};
use super::target_sort::{TargetSort, is_proved, sort_target};
use super::waves::WaveOrder;
use super::well_in_looks::{ProvingState, proving_state};
use crate::model::drift::TargetDrift;
use crate::model::ids::{ImageId, TargetId};
use crate::model::reason::{About, DoubtSubject, Reason, ReasonCode, RolloutGate};
use crate::model::rollout::MoveFault;
use crate::model::rollout_memory::PersonsOrder;
use crate::model::rollout_rules::{RolloutHands, RolloutRules};

/// One target, and what it is to the rollout.
pub(super) struct Sorted<'a> {
    pub(super) target: &'a TargetDrift,
    pub(super) sort: TargetSort<'a>,
    pub(super) proof: ThereProof,
}

/// Whether a target that runs the image counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ThereProof {
    /// It does not run the image, or nobody asks.
    NotAsked,
    Proved,
    Proving(ProvingState),
    /// It is to be looked at.
    Unread,
    /// It could not be looked at.
    Untold(Reason),
    /// The move to it ended so that a person was asked: that it looks well does not answer for them.
    Persons(About),
}

impl Sorted<'_> {
    /// Ready, and not red.
    pub(super) fn listed_well(&self) -> bool {
        let mut reasons = self.target.reasons.iter();
        !self.target.red && !reasons.any(|reason| reason.code == ReasonCode::NotReady)
    }

    /// It runs the image and was proved on it.
    pub(super) fn through(&self) -> bool {
        matches!(
            self.proof,
            ThereProof::Proved | ThereProof::Proving(ProvingState::Proved)
        )
    }
}

/// Everything that the targets have in common.
pub(super) struct Deciding<'a> {
    pub(super) case: &'a RolloutCase<'a>,
    pub(super) chosen: &'a ChosenImage,
    pub(super) rules: RolloutRules,
    pub(super) waves: WaveOrder<'a>,
    pub(super) sorted: Vec<Sorted<'a>>,
    pub(super) approval: ApprovalStand,
    /// What stands in the way of everything.
    pub(super) common: Vec<About>,
    /// The watch's own environments or images are in doubt: nothing is begun from a part of them.
    pub(super) untold: bool,
}

impl<'a> Deciding<'a> {
    /// Sorts the targets, and tells who is through.
    pub(super) fn of(case: &'a RolloutCase<'a>, chosen: &'a ChosenImage) -> Self {
        let (image, drift) = (&chosen.image, case.drift);
        let rules = case.watch.rollout_rules();
        let sorted: Vec<Sorted<'_>> = drift
            .targets
            .iter()
            .map(|target| Sorted {
                target,
                sort: sort_target(case, target, image),
                proof: ThereProof::NotAsked,
            })
            .collect();
        let fitting = sorted
            .iter()
            .filter(|one| !matches!(one.sort, TargetSort::Misfit))
            .map(|one| &one.target.target);
        let patterns = case.watch.rollout.as_ref();
        let patterns = patterns.map_or(&[][..], |rules| &rules.order.waves);
        let waves = WaveOrder::of(patterns, fitting);
        let scope = drift.targets.first().map(|one| &one.target.scope);
        let asked_as = || {
            scope.map_or_else(String::new, |scope| {
                question_id(scope, &case.watch.name, image)
            })
        };
        let doubted = |subject| drift.reasons.iter().any(|reason| reason.doubts(subject));
        let mut deciding = Self {
            approval: approval_stand(&rules.order, case.memory, image, asked_as, case.now),
            common: common_gates(case, chosen),
            untold: doubted(DoubtSubject::Targets) || doubted(DoubtSubject::Images),
            rules,
            waves,
            sorted,
            case,
            chosen,
        };
        deciding.prove();
        deciding
    }

    /// Tells which of those that run the image count; looks at the others only while something rolls.
    fn prove(&mut self) {
        let (case, image) = (self.case, &self.chosen.image);
        for one in &mut self.sorted {
            let there = matches!(one.sort, TargetSort::There);
            if there && is_proved(case, &one.target.target, image) {
                one.proof = ThereProof::Proved;
            }
        }
        if !self.rolling() || self.untold || !self.common.is_empty() {
            return;
        }
        let rules = self.move_rules("");
        let remembered = case.memory.rollout_of(image);
        for one in &mut self.sorted {
            if !matches!(one.sort, TargetSort::There) || one.proof == ThereProof::Proved {
                continue;
            }
            if let Some(about) = persons_gate(case, one.target, image) {
                one.proof = ThereProof::Persons(about);
                continue;
            }
            let name = remembered_name(&one.target.target);
            let remembered = remembered.filter(|_| !case.made_anew(&one.target.target));
            let since = remembered.and_then(|rollout| rollout.well_since.get(&name).copied());
            one.proof = match case.look(&one.target.target) {
                TargetLook::NotRead => ThereProof::Unread,
                TargetLook::Read(read) => {
                    let read = read.reading.as_read();
                    let state = proving_state(&read, image, &rules.proof, since, case.now);
                    ThereProof::Proving(state)
                }
                other => ThereProof::Untold(untold_look(&one.target.target, other)),
            };
        }
    }

    /// Something is to be moved, or was and is not through.
    pub(super) fn rolling(&self) -> bool {
        let unfinished = self.case.memory.rollout_of(&self.chosen.image);
        self.anything_behind() || unfinished.is_some_and(|rollout| rollout.finished_at.is_none())
    }

    /// Something is to be moved by us.
    pub(super) fn anything_behind(&self) -> bool {
        let behind = |one: &Sorted<'_>| matches!(one.sort, TargetSort::Behind(_));
        self.rules.hands == RolloutHands::Ours && self.sorted.iter().any(behind)
    }

    /// The same, and the list shows nothing ill about it now: what it is told by costs no call.
    pub(super) fn through_and_well(&self, target: &TargetId) -> bool {
        let same = |one: &&Sorted<'_>| one.target.target == *target;
        let found = self.sorted.iter().find(same);
        found.is_some_and(|one| one.through() && one.listed_well())
    }

    /// The image that it is about.
    pub(super) fn image(&self) -> &ImageId {
        &self.chosen.image
    }

    /// It runs the image and was proved on it.
    pub(super) fn through(&self, target: &TargetId) -> bool {
        let same = |one: &&Sorted<'_>| one.target.target == *target;
        self.sorted.iter().find(same).is_some_and(Sorted::through)
    }

    /// What the watch asks for of a move of this environment. The first one that gets the image settles
    /// longer.
    pub(super) fn move_rules(&self, environment: &str) -> MoveRules {
        let first = !self.sorted.iter().any(Sorted::through);
        MoveRules::for_environment(&self.rules, environment, first)
    }

    /// A person's order for this image.
    pub(super) fn ordered(&self) -> Option<&'a PersonsOrder> {
        let rollout = self.case.memory.rollout_of(&self.chosen.image)?;
        rollout.ordered.as_ref()
    }

    /// A gate of this watch before this target.
    pub(super) fn gate(&self, target: &TargetId, gate: RolloutGate) -> About {
        About::Gate {
            watch: self.case.watch.name.clone(),
            target: target.clone(),
            gate,
        }
    }
}

/// What people hold, of the watch, the image or what it was made from.
fn common_gates(case: &RolloutCase<'_>, chosen: &ChosenImage) -> Vec<About> {
    let (name, holds) = (&case.watch.name, &case.drift.holds);
    let of_release = held_release(name, chosen, holds);
    held_gate(name, &chosen.image, holds)
        .into_iter()
        .chain(of_release)
        .collect()
}

/// Somebody changed it during the last move to this image, again and again: whose health it was nobody knows.
fn persons_gate(case: &RolloutCase<'_>, target: &TargetDrift, image: &ImageId) -> Option<About> {
    let moves = case.moves(&target.target)?;
    let last = moves.last.as_ref()?;
    let ended_there = !last.back && last.to.as_ref() == Some(image);
    let asked = ended_there && last.fault == Some(MoveFault::Inconclusive);
    let next = NextMove {
        watch: &case.watch.name,
        target: &target.target,
        runs: target.image.as_ref(),
        to: image,
        now: case.now,
    };
    asked.then(|| failed_gate(moves, &next)).flatten()
}

/// A closer look was not answered.
pub(super) fn untold_look(target: &TargetId, look: &TargetLook) -> Reason {
    let name = remembered_name(target);
    let (denied, what, why) = match look {
        TargetLook::Untold { denied, what, why } => (*denied, what.clone(), why.clone()),
        _ => (
            false,
            name,
            "it was listed, and is not there any more".to_owned(),
        ),
    };
    Reason::from_about(About::Untold {
        denied,
        subject: None,
        what,
        why,
    })
}
