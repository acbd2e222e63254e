//! Environments that run the image without a remembered move, pass by pass: who is proved, when, by which
//! order, and what a proof that failed leaves to people.

use std::time::Duration;

use super::case::{RolloutDecision, TargetStand};
use super::said::rollout_lines;
use super::tests_rollouts::{NEW, RollingWorld, gates, id, moves, of, order};
use crate::model::environment::{EnhancedStatus, EnvironmentHealth};
use crate::model::plan::TargetAction;
use crate::model::reason::ReasonCode;
use crate::model::rollout::{MoveFailing, MoveFault};
use crate::model::rollout_memory::ImageRollout;
use crate::model::rollout_rules::{PrintedFor, RolloutApproval, RolloutHands, RolloutWindow};
use crate::settings::parse_cron;

const CANARY: &str = "shop-canary";
const NONE: [&str; 0] = [];

/// Those that are proved now.
fn proofs(decision: &RolloutDecision) -> Vec<String> {
    let moved = moves(decision);
    let proofs = moved
        .into_iter()
        .filter(|name| order(decision, name).direction.is_proof());
    proofs.collect()
}

fn degraded(one: &mut RollingWorld, name: &str) {
    one.reads(name, |read| {
        read.reading.health = EnvironmentHealth::Enhanced {
            status: EnhancedStatus::Degraded,
            causes: Vec::new(),
        };
    });
}

/// With the store lost, what runs the image is proved as after a move, and never moved again.
#[test]
fn without_a_memory_the_canary_is_proved_before_others_follow() {
    let mut one = RollingWorld::usual();
    one.runs_new(CANARY);
    let first = one.pass();
    assert_eq!(proofs(&first), [CANARY]);
    let proof = order(&first, CANARY);
    assert_eq!(proof.proof.settle_s, 1800, "the first settles longer");
    assert_eq!(
        proof.because,
        ["no move of it to ami-ours451 is remembered"]
    );
    assert!(proof.told_with_wave);
    assert_eq!(gates(&first, "shop-1"), [ReasonCode::EarlierWave]);
    one.wait(60);
    let busy = one.pass();
    assert_eq!(moves(&busy), NONE, "time alone proves nothing");
    one.proof_ended(CANARY, None);
    let next = one.pass();
    assert_eq!((moves(&next).len(), proofs(&next).len()), (1, 0));
    let moved = &one.memory.image.as_ref().unwrap().moved;
    assert!(moved.contains_key(&id(CANARY).key()), "{moved:?}");
}

/// Nothing is sent, so that nobody has to say anything, and it may be at any time.
#[test]
fn a_proof_waits_for_no_window_no_word_and_no_slot() {
    let mut one = RollingWorld::of(&["shop-1", "shop-2", "shop-3"], &["*"]);
    one.rules().order.approval = RolloutApproval::Each;
    one.rules().order.windows = vec![RolloutWindow {
        cron: parse_cron("0 2 * * 2").unwrap(),
        duration: Duration::from_secs(3600),
        timezone: chrono_tz::UTC,
    }];
    one.runs_new("shop-1");
    one.runs_new("shop-2");
    let mut due = proofs(&one.pass());
    due.sort();
    assert_eq!(due, ["shop-1", "shop-2"]);
}

/// A wave's turn comes when the ones before are through; until then a proof would be of no use.
#[test]
fn a_proof_waits_for_its_wave_s_turn() {
    let mut one = RollingWorld::usual();
    one.runs_new("shop-1");
    let first = one.pass();
    assert_eq!(
        (moves(&first), proofs(&first).len()),
        (vec![CANARY.to_owned()], 0)
    );
    assert_eq!(of(&first, "shop-1").stand, TargetStand::InStep);
    assert_eq!(one.looked, [CANARY]);
    one.moved(CANARY);
    let second = one.pass();
    assert_eq!(proofs(&second), ["shop-1"]);
    assert_eq!(gates(&second, "shop-2"), [ReasonCode::Settling]);
}

/// It would fail its proof, and a person would have to say what its getting well says.
#[test]
fn who_is_ill_is_proved_when_it_is_well_again() {
    let mut one = RollingWorld::usual();
    one.runs_new(CANARY);
    degraded(&mut one, CANARY);
    assert_eq!(gates(&one.pass(), CANARY), [ReasonCode::UnhealthyBefore]);
    one.looks.clear();
    one.wait(15);
    assert_eq!(proofs(&one.pass()), [CANARY]);
}

#[test]
fn other_hands_prove_by_themselves() {
    let mut one = RollingWorld::usual();
    one.rules().hands = RolloutHands::Print(PrintedFor::Terraform);
    one.memory.image = Some(ImageRollout::begun(NEW.into(), one.world.now));
    one.runs_new(CANARY);
    let decision = one.decide();
    assert_eq!((moves(&decision).len(), one.looked.len()), (0, 0));
}

#[test]
fn what_is_held_is_not_proved_either() {
    use crate::model::hold::HeldThing;
    let mut one = RollingWorld::usual();
    one.runs_new(CANARY);
    one.world.hold(HeldThing::Watch, None);
    assert_eq!(moves(&one.decide()), NONE);
}

#[test]
fn the_plan_says_that_it_is_proved() {
    let mut one = RollingWorld::usual();
    one.runs_new(CANARY);
    let decision = one.decide();
    let item = one.planned(&decision);
    let mut plans = item.targets.iter();
    let plan = plans.find(|plan| plan.target.environment == CANARY);
    assert_eq!(plan.unwrap().action, TargetAction::Prove);
    let said = rollout_lines(&item);
    let line = "shop/shop-canary would be proved on ami-ours451 now";
    assert!(said.iter().any(|said| said.line == line), "{said:?}");
}

/// It runs the image (it was launched with it), and what was proved was another one.
#[test]
fn what_was_made_anew_under_a_proved_name_has_to_prove_itself() {
    let mut one = RollingWorld::usual();
    one.moved(CANARY);
    one.known(CANARY).moves.environment_id = Some("e-1".to_owned());
    one.listed(CANARY).environment.id = Some("e-1".to_owned());
    assert_eq!(moves(&one.decide()).len(), 1, "the canary is through");
    one.pass();
    for name in ["shop-1", "shop-2"] {
        one.known(name).claim = None;
    }
    one.listed(CANARY).environment.id = Some("e-2".to_owned());
    let pass = one.decide();
    assert_eq!(proofs(&pass), [CANARY]);
    assert_eq!(gates(&pass, "shop-1"), [ReasonCode::EarlierWave]);
    // Whoever reads what is remembered sees it as well, and leaves the other one's moves out.
    one.known(CANARY).made_anew = true;
    one.known(CANARY).moves = Default::default();
    let pass = one.pass();
    assert_eq!(proofs(&pass), [CANARY]);
    let moved = &one.memory.image.as_ref().unwrap().moved;
    assert!(!moved.contains_key(&id(CANARY).key()), "{moved:?}");
}

/// What runs the older image again by a move back was proved there as well.
#[test]
fn what_was_taken_back_to_an_image_was_proved_on_it() {
    let mut one = RollingWorld::usual();
    one.moved(CANARY);
    let last = one.known(CANARY).moves.last.as_mut().unwrap();
    last.back = true;
    assert_eq!(moves(&one.decide()).len(), 1, "one of the second wave");
}

/// That it looks well is no answer to what nobody could tell.
#[test]
fn what_failed_is_a_person_s_until_they_act_or_another_image_comes() {
    let failed = MoveFailing {
        attempts: 1,
        next_at: None,
        why: "settle: somebody changed it".to_owned(),
        fault: Some(MoveFault::Inconclusive),
        image: Some(NEW.into()),
    };
    for (by_proof, fault, failing) in [
        (true, MoveFault::Inconclusive, None),
        (false, MoveFault::Inconclusive, Some(failed)),
        (false, MoveFault::Environment, None),
    ] {
        let mut one = RollingWorld::usual();
        one.memory.image = Some(ImageRollout::begun(NEW.into(), one.world.now));
        one.runs_new(CANARY);
        match by_proof {
            true => one.proof_ended(CANARY, Some(fault)),
            false => one.ended(CANARY, false, Some(fault)),
        }
        one.known(CANARY).moves.failing = failing;
        for _ in 0..3 {
            one.wait(60);
            let pass = one.pass();
            assert_eq!(moves(&pass), NONE, "{fault:?}");
            assert_eq!(gates(&pass, CANARY), [ReasonCode::Held], "{fault:?}");
        }
        // Their order for the whole watch has it proved once more, and their order for it is such a proof.
        let mut ordered = RollingWorld { ..one };
        let before = ordered.memory.clone();
        ordered.is_ordered(false);
        assert_eq!(proofs(&ordered.decide()), [CANARY]);
        ordered.memory = before;
        ordered.proof_ended(CANARY, None);
        assert_eq!(moves(&ordered.pass()).len(), 1, "one of the second wave");
    }
}

/// Unholding the image was the person's act.
#[test]
fn what_a_quarantined_image_left_in_place_is_proved_once_that_is_unheld() {
    let mut one = RollingWorld::usual();
    one.runs_new(CANARY);
    one.ended(CANARY, false, Some(MoveFault::Image));
    assert_eq!(proofs(&one.decide()), [CANARY]);
}

/// A move that was given up while Beanstalk was still at it, for hours or days: at_once is about environments
/// that change at the same time, whoever watches.
#[test]
fn what_beanstalk_is_still_at_after_its_move_was_given_up_has_its_slot() {
    let mut one = RollingWorld::usual();
    one.runs_new(CANARY);
    one.moved(CANARY);
    one.ended("shop-1", true, Some(MoveFault::Environment));
    one.listed("shop-1").environment.status = "Aborting".to_owned();
    let decision = one.pass();
    assert_eq!(moves(&decision), NONE);
    assert_eq!(gates(&decision, "shop-2"), [ReasonCode::Settling]);
    // Somebody's deploy is no move of ours.
    let mut one = RollingWorld::usual();
    one.runs_new(CANARY);
    one.moved(CANARY);
    one.listed("shop-1").environment.status = "Updating".to_owned();
    assert_eq!(moves(&one.pass()), ["shop-2"]);
}
