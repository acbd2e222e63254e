//! What every decision about a watch's environments shares: who is what to the rollout, who is through, which
//! waves there are and whose turn it is, what is asked of people, and what stands in the way of everything.
//! Each is told once for a decision, however many environments ask. Plain.

use std::collections::{BTreeMap, BTreeSet};

use super::approval::{ApprovalStand, approval_stand, question_id};
use super::before::MoveRules;
use super::case::RolloutCase;
use super::gates::{held_gate, held_release};
use super::image_choice::ChosenImage;
use super::target_sort::{TargetSort, ThereProof, is_proved, sort_target};
use super::waves::{WaveOrder, WaveTurn};
use crate::model::drift::TargetDrift;
use crate::model::environment::HealthColor;
use crate::model::ids::{ImageId, TargetId};
use crate::model::reason::{About, DoubtSubject, NamedFew, ReasonCode, RolloutGate};
use crate::model::rollout::TargetMoves;
use crate::model::rollout_memory::PersonsOrder;
use crate::model::rollout_rules::{HealthBar, RolloutHands, RolloutRules};

/// One target, and what it is to the rollout.
pub(super) struct Sorted<'a> {
    pub(super) target: &'a TargetDrift,
    pub(super) sort: TargetSort<'a>,
    pub(super) wave: Option<usize>,
    pub(super) proof: ThereProof,
}

impl Sorted<'_> {
    /// Ready, and as well as the watch asks for, as far as a list tells. Grey is not known, and what is not
    /// known is not well.
    fn listed_well(&self, bar: HealthBar) -> bool {
        let mut reasons = self.target.reasons.iter();
        let well = match self.target.color {
            HealthColor::Green => true,
            HealthColor::Yellow => bar == HealthBar::Warning,
            HealthColor::Red | HealthColor::Grey => false,
        };
        well && !reasons.any(|reason| reason.code == ReasonCode::NotReady)
    }

    /// It runs the image and was proved on it.
    pub(super) fn through(&self) -> bool {
        self.proof == ThereProof::Proved
    }

    /// The same, and the list shows it well now: what it is told by costs no call.
    fn through_and_well(&self, bar: HealthBar) -> bool {
        #[cfg(test)]
        counted::one_more();
        self.through() && self.listed_well(bar)
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
    /// Environments that the watch moves, in whichever account, or its images are in doubt: nothing is begun from a
    /// part of them.
    pub(super) untold: bool,
    /// Those that are through.
    pub(super) through: BTreeSet<&'a TargetId>,
    /// The wave whose turn it is; absent where all are through and well.
    pub(super) turn: Option<WaveTurn<'a>>,
    /// Of each wave, those that run the image and are not known to be well on it.
    pub(super) unwell: BTreeMap<usize, NamedFew>,
    /// What environments of the watch were moved to from the chosen image.
    pub(super) left_for: BTreeSet<&'a ImageId>,
}

impl<'a> Deciding<'a> {
    /// Sorts the targets, and tells who is through, whose turn it is, and what is to be proved.
    pub(super) fn of(case: &'a RolloutCase<'a>, chosen: &'a ChosenImage) -> Self {
        let (image, drift) = (&chosen.image, case.drift);
        let rules = case.watch.rollout_rules();
        let (waves, sorted) = sorted(case, image);
        let asked_as = || question_id(case.home, &case.watch.name, image);
        let doubted = |subject| drift.reasons.iter().any(|reason| reason.doubts(subject));
        let well = sorted
            .iter()
            .filter(|one| one.through_and_well(rules.health));
        let well: BTreeSet<&TargetId> = well.map(|one| &one.target.target).collect();
        let through = sorted.iter().filter(|one| one.through());
        let mut deciding = Self {
            approval: approval_stand(&rules.order, case.memory, image, asked_as, case.now),
            common: common_gates(case, chosen),
            untold: doubted(DoubtSubject::Targets)
                || doubted(DoubtSubject::Images)
                || untold_elsewhere(case),
            through: through.map(|one| &one.target.target).collect(),
            turn: waves.turn(|target| well.contains(target)),
            unwell: BTreeMap::new(),
            left_for: left_for(case, image),
            rules,
            waves,
            sorted,
            case,
            chosen,
        };
        deciding.prove();
        deciding.unwell = deciding.unwell_by_wave();
        deciding
    }

    /// Of each wave, those that run the image and are ill on it, not known to be well, or not proved. Those
    /// that a move or a proof has in hand, or is about to, take a slot instead.
    fn unwell_by_wave(&self) -> BTreeMap<usize, NamedFew> {
        let mut names: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for one in &self.sorted {
            let Some(wave) = one.wave.filter(|_| self.unwell(one)) else {
                continue;
            };
            let name = one.target.wave_name();
            names.entry(wave).or_default().push(name);
        }
        let few = |(wave, names)| (wave, NamedFew::of(names));
        names.into_iter().map(few).collect()
    }

    fn unwell(&self, one: &Sorted<'_>) -> bool {
        let ill = || !one.listed_well(self.rules.health);
        match &one.sort {
            TargetSort::UnderWay { .. } | TargetSort::Misfit | TargetSort::Other => false,
            TargetSort::There => match &one.proof {
                ThereProof::Proved => ill(),
                ThereProof::Stands(_) => true,
                ThereProof::None | ThereProof::Unread | ThereProof::Prove(_) => false,
            },
            TargetSort::Untold => self.runs_it(one.target),
            // It is moved once more, for its platform version.
            TargetSort::Behind(_) => one.target.image.as_ref() == Some(self.image()) && ill(),
        }
    }

    /// It runs the image, or did when it could last be read.
    fn runs_it(&self, target: &TargetDrift) -> bool {
        match &target.image {
            Some(runs) => runs == self.image(),
            None => is_proved(self.case, target, self.image()),
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

    /// The image that it is about.
    pub(super) fn image(&self) -> &'a ImageId {
        &self.chosen.image
    }

    /// What the watch asks for of a move of this environment. The first one that is proved on the image
    /// settles longer.
    pub(super) fn move_rules(&self, environment: &str) -> MoveRules {
        MoveRules::for_environment(&self.rules, environment, self.through.is_empty())
    }

    /// A person's order for this image.
    pub(super) fn ordered(&self) -> Option<&'a PersonsOrder> {
        let rollout = self.case.memory.rollout_of(&self.chosen.image)?;
        rollout.ordered.as_ref()
    }

    /// What is remembered of its moves, as far as no person's order came after them.
    pub(super) fn moves_since_order(&self, target: &TargetId) -> Option<&'a TargetMoves> {
        let moves = self.case.moves(target)?;
        let last = moves.last.as_ref().map(|last| last.at);
        let ordered = self.ordered().map(|ordered| ordered.at);
        (ordered.is_none() || ordered < last).then_some(moves)
    }

    /// Whether people hear of its move with its wave: they do until they have heard of that one.
    pub(super) fn told_with_wave(&self, wave: Option<usize>) -> bool {
        let rollout = self.case.memory.rollout_of(self.image());
        let told = rollout.map_or(0, |rollout| rollout.waves_told);
        let told = usize::try_from(told).unwrap_or(usize::MAX);
        wave.is_some_and(|wave| wave >= told)
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

/// An account in which the watch moves environments could not be read: some of an earlier wave may be there.
fn untold_elsewhere(case: &RolloutCase<'_>) -> bool {
    let mut reasons = case.drift.reasons.iter();
    reasons.any(|reason| match &reason.about {
        About::Untold { elsewhere, .. } => {
            let name = elsewhere.as_ref();
            name.is_some_and(|name| case.watch.moves_elsewhere_in(name))
        }
        _ => false,
    })
}

/// Every target by sort and wave, and which of those that run the image were proved on it.
fn sorted<'a>(case: &RolloutCase<'a>, image: &ImageId) -> (WaveOrder<'a>, Vec<Sorted<'a>>) {
    let of_target = |target: &'a TargetDrift| {
        let sort = sort_target(case, target, image);
        let there = matches!(sort, TargetSort::There);
        let proof = match there && is_proved(case, target, image) {
            true => ThereProof::Proved,
            false => ThereProof::None,
        };
        Sorted {
            target,
            sort,
            wave: None,
            proof,
        }
    };
    let mut sorted: Vec<Sorted<'a>> = case.drift.targets.iter().map(of_target).collect();
    let fitting = sorted
        .iter()
        .filter(|one| !matches!(one.sort, TargetSort::Misfit))
        .map(|one| (&one.target.target, one.target.wave_name()));
    let patterns = case.watch.rollout.as_ref();
    let patterns = patterns.map_or(&[][..], |rules| &rules.order.waves);
    let waves = WaveOrder::of(patterns, fitting);
    for one in &mut sorted {
        one.wave = waves.wave_of(&one.target.target);
    }
    (waves, sorted)
}

/// What environments of the watch were moved to from this image, or back from it.
fn left_for<'a>(case: &RolloutCase<'a>, image: &ImageId) -> BTreeSet<&'a ImageId> {
    let targets = case.drift.targets.iter();
    let lasts = targets.filter_map(|one| case.moves(&one.target)?.last.as_ref());
    let ends = lasts.map(|last| match last.back {
        false => (&last.from, &last.to),
        true => (&last.to, &last.from),
    });
    ends.filter(|(from, _)| from.as_ref() == Some(image))
        .filter_map(|(_, to)| to.as_ref())
        .collect()
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

/// How often it was asked whether an environment is through and well: a decision about many asks once for
/// each.
#[cfg(test)]
pub(super) mod counted {
    use std::cell::Cell;

    thread_local! {
        static ASKED: Cell<usize> = const { Cell::new(0) };
    }

    pub(super) fn one_more() {
        ASKED.set(ASKED.get() + 1);
    }

    /// How often since the last time, on this thread.
    pub(in crate::flow::rollout) fn take() -> usize {
        ASKED.replace(0)
    }
}
