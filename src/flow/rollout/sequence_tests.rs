//! Whole lives of a watch, step by step: moves and proofs end in every way, images are quarantined and newer
//! ones appear, people say, order and hold, environments fall ill, are set by hand, made anew or not read,
//! the memory is lost, and time goes on. After every step what is begun is exactly what the rules allow;
//! while the newest image is quarantined, nothing that they forbid.
//!
//! The oracle knows what happened, as the steps tell it, and nothing of how it is decided.

mod town;

use proptest::prelude::*;

use self::town::{End, RollingTown, TownStep};
use super::tests_rollouts::{moves, order};
use crate::model::environment::HealthColor;
use crate::model::rollout_rules::RolloutApproval;

fn end() -> impl Strategy<Value = End> {
    prop_oneof![
        6 => Just(End::Well),
        1 => prop::sample::select(vec![
            End::TakenBack, End::Quarantined, End::Inconclusive, End::LeftAsItIs, End::NotTakenBack,
        ]),
    ]
}

fn approval() -> impl Strategy<Value = RolloutApproval> {
    use RolloutApproval::{Each, First, None};
    prop::sample::select(vec![None, First, Each])
}

fn step() -> impl Strategy<Value = TownStep> {
    use HealthColor::{Green, Grey, Red, Yellow};
    let color = prop_oneof![3 => Just(Green), 1 => prop::sample::select(vec![Grey, Red, Yellow])];
    let n = || 0usize..8;
    let mostly = |yes: bool| prop::bool::weighted(if yes { 0.75 } else { 0.25 });
    prop_oneof![
        12 => Just(TownStep::Pass),
        12 => (n(), end()).prop_map(|(n, end)| TownStep::Ends(n, end)),
        1 => n().prop_map(TownStep::PersonTakesBack),
        1 => n().prop_map(TownStep::SetToOld),
        3 => n().prop_map(TownStep::SetToNew),
        1 => n().prop_map(TownStep::MadeAnew),
        2 => (n(), color).prop_map(|(n, color)| TownStep::Shows(n, color)),
        1 => (n(), mostly(false)).prop_map(|(n, updating)| TownStep::Updates(n, updating)),
        1 => (n(), mostly(true)).prop_map(|(n, read)| TownStep::IsRead(n, read)),
        1 => (n(), mostly(false)).prop_map(|(n, ill)| TownStep::IsIll(n, ill)),
        1 => Just(TownStep::NewerImage),
        1 => Just(TownStep::Unhold),
        1 => Just(TownStep::StoreLost),
        1 => mostly(false).prop_map(TownStep::Hold),
        3 => mostly(true).prop_map(TownStep::Answer),
        1 => prop::bool::ANY.prop_map(|now| TownStep::Order { now }),
        2 => (1i64..600).prop_map(TownStep::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn after_every_step_exactly_that_is_begun_which_the_rules_allow(
        waves in prop::collection::vec(0usize..3, 2..7),
        at_once in 1usize..4,
        (approval, windowed) in (approval(), prop::bool::weighted(0.3)),
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut town = RollingTown::of(&waves, at_once, approval, windowed);
        for (nth, step) in steps.iter().enumerate() {
            town.step(*step);
            town.show();
            let decision = town.one.decide();
            let begun = moves(&decision);
            for name in &begun {
                let order = order(&decision, name);
                let told = || format!("{name} at step {nth} of {steps:?}\n{:#?}\n{order:#?}", town.envs);
                prop_assert_eq!(town.never(order), None, "{}", told());
            }
            if !town.newest_stands() {
                continue;
            }
            let (proofs, moved): (Vec<&String>, Vec<&String>) =
                begun.iter().partition(|name| order(&decision, name).direction.is_proof());
            let due: Vec<&String> = town.due().into_iter().map(|env| &env.name).collect();
            let (free, count) = town.may_move();
            let free: Vec<&String> = free.into_iter().map(|env| &env.name).collect();
            let told = || format!("step {nth} of {steps:?}\n{:#?}\n{decision:#?}", town.envs);
            prop_assert!(proofs.iter().all(|name| due.contains(name)), "{proofs:?}: {}", told());
            if town.anything_behind() {
                prop_assert_eq!(proofs.len(), due.len(), "{}", told());
            }
            prop_assert!(moved.iter().all(|name| free.contains(name)), "{moved:?}: {}", told());
            prop_assert_eq!(moved.len(), count, "{}", told());
        }
    }
}
