//! Words of people about a rollout: the question that is asked, its answers, a person's order.

use super::case::RolloutTelling;
use super::tests_rollouts::{OLD, RollingWorld, gates, moves, order};
use crate::model::hold::HeldThing;
use crate::model::reason::ReasonCode;
use crate::model::rollout_memory::ApprovalSaid;
use crate::model::rollout_rules::RolloutApproval;

const CANARY: &str = "shop-canary";

#[test]
fn a_question_is_asked_once_and_only_its_own_answer_counts() {
    let mut one = RollingWorld::usual();
    one.rules().order.approval = RolloutApproval::First;
    let asked = one.pass();
    let [
        RolloutTelling::ApprovalNeeded {
            question,
            moves: steps,
        },
    ] = asked.tell.as_slice()
    else {
        panic!("{:?}", asked.tell);
    };
    assert_eq!((steps.len(), steps[0].wave), (3, Some(1)));
    assert_eq!(
        one.looked.len(),
        0,
        "nothing is looked at before somebody said yes"
    );
    let id = question.id.clone();
    one.wait(60);
    let waits = one.pass();
    assert_eq!(
        (waits.tell.as_slice(), waits.memory.as_ref()),
        (&[][..], None)
    );
    assert_eq!(gates(&waits, CANARY), [ReasonCode::AwaitsApproval]);
    // An answer to another image's question is none.
    one.answered(ApprovalSaid::Approved);
    let mut other = one.memory.approval.clone().expect("a question");
    other.image = OLD.into();
    let yes = one.memory.approval.replace(other);
    assert_eq!(moves(&one.decide()).len(), 0);
    one.memory.approval = yes;
    assert_eq!(moves(&one.pass()), [CANARY]);
    assert_eq!(one.memory.approval.as_ref().map(|one| &one.id), Some(&id));
}

#[test]
fn a_no_and_a_silence_hold_and_the_silence_is_told_once() {
    let mut one = RollingWorld::usual();
    one.rules().order.approval = RolloutApproval::Each;
    one.pass();
    one.answered(ApprovalSaid::Denied);
    let denied = one.pass();
    assert_eq!(gates(&denied, CANARY), [ReasonCode::AwaitsApproval]);
    assert_eq!(denied.tell, []);
    if let Some(question) = &mut one.memory.approval {
        question.answer = None;
    }
    one.wait(3 * 24 * 60);
    assert!(matches!(
        one.pass().tell.as_slice(),
        [RolloutTelling::ApprovalLapsed { .. }]
    ));
    let after = one.pass();
    assert_eq!((after.tell.as_slice(), moves(&after).len()), (&[][..], 0));
}

#[test]
fn a_persons_order_waits_for_no_word_and_no_failure_but_for_waves_and_health() {
    let mut one = RollingWorld::usual();
    one.rules().order.approval = RolloutApproval::Each;
    one.ended(CANARY, false, None);
    one.wait(5);
    assert_eq!(
        gates(&one.decide(), CANARY),
        [ReasonCode::Contested, ReasonCode::AwaitsApproval]
    );
    one.is_ordered(false);
    let decision = one.decide();
    assert_eq!(order(&decision, CANARY).by, "ann");
    assert_eq!(gates(&decision, "shop-1"), [ReasonCode::EarlierWave]);
    one.world.hold(HeldThing::Watch, None);
    assert_eq!(gates(&one.decide(), CANARY), [ReasonCode::Held]);
}

#[test]
fn windows_bind_a_persons_order_unless_it_says_now() {
    use crate::model::rollout_rules::RolloutWindow;
    let mut one = RollingWorld::usual();
    one.rules().order.windows = vec![RolloutWindow {
        cron: crate::settings::parse_cron("0 2 * * 2").unwrap(),
        duration: std::time::Duration::from_secs(3600),
        timezone: chrono_tz::UTC,
    }];
    for (now, moved) in [(false, 0), (true, 1)] {
        one.is_ordered(now);
        assert_eq!(moves(&one.decide()).len(), moved);
    }
}
