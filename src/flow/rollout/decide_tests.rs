//! Whole rollouts, decided pass by pass: waves, what is told once, what is never taken for well.

use chrono::TimeDelta;

use super::case::{RolloutTelling, TargetLook, TargetStand};
use super::deciding::counted;
use super::tests_rollouts::{NEW, RollingWorld, gates, id, moves, of, order};
use crate::flow::test_world::BASE_451;
use crate::model::environment::{EnhancedStatus, EnvironmentHealth};
use crate::model::hold::HeldThing;
use crate::model::plan::TargetAction;
use crate::model::reason::ReasonCode;
use crate::model::rollout::{MoveFailing, MoveFault, TargetMoves};
use crate::model::rollout_memory::{ApprovalSaid, ImageRollout};
use crate::model::rollout_rules::{PrintedFor, RolloutApproval, RolloutHands};

const CANARY: &str = "shop-canary";

#[test]
fn a_rollout_goes_wave_by_wave_to_its_end() {
    let mut one = RollingWorld::usual();
    let first = one.pass();
    assert_eq!(moves(&first), [CANARY]);
    assert_eq!(
        order(&first, CANARY).proof.settle_s,
        1800,
        "the first settles longer"
    );
    assert_eq!(one.looked, [CANARY], "nobody else is looked at");

    one.wait(20);
    let busy = one.pass();
    assert!(matches!(
        of(&busy, CANARY).stand,
        TargetStand::UnderWay { .. }
    ));
    assert_eq!(gates(&busy, "shop-1"), [ReasonCode::EarlierWave]);
    assert_eq!((moves(&busy).len(), one.looked.len()), (0, 0));

    one.moved(CANARY);
    let second = one.pass();
    let [through] = second.tell.as_slice() else {
        panic!("{:?}", second.tell);
    };
    let RolloutTelling::WaveThrough {
        wave,
        of,
        last,
        next,
        ..
    } = through
    else {
        panic!("{through:?}");
    };
    assert_eq!((*wave, *of, *last, next.len()), (1, 2, false, 2));
    let [next] = moves(&second).try_into().expect("one at once");
    assert_eq!(order(&second, &next).proof.settle_s, 600);

    one.moved(&next);
    let third = one.pass();
    assert_eq!(third.tell, [], "a wave is told when all of it is through");
    let [other] = moves(&third).try_into().expect("the other one");
    one.moved(&other);
    let done = one.pass();
    assert!(matches!(
        done.tell.as_slice(),
        [RolloutTelling::WaveThrough {
            wave: 2,
            last: true,
            ..
        }]
    ));
    assert!(one.memory.has_succeeded);
    let quiet = one.pass();
    assert_eq!(
        (quiet.tell.as_slice(), quiet.memory.as_ref()),
        (&[][..], None)
    );
    assert_eq!(one.looked.len(), 0);
}

#[test]
fn as_many_move_at_once_as_the_watch_says() {
    let mut one = RollingWorld::of(&["shop-1", "shop-2", "shop-3"], &["*"]);
    one.rules().order.at_once = 2;
    let decision = one.pass();
    assert_eq!((moves(&decision).len(), one.looked.len()), (2, 2));
    // Whoever is ill keeps nobody else from the slot.
    let mut one = RollingWorld::of(&["shop-1", "shop-2"], &["*"]);
    for name in ["shop-1", "shop-2"] {
        one.reads(name, |_| {});
    }
    let first = moves(&one.decide());
    one.reads(&first[0], |read| {
        read.reading.health = EnvironmentHealth::Enhanced {
            status: EnhancedStatus::Severe,
            causes: Vec::new(),
        };
    });
    let decision = one.decide();
    assert_eq!(gates(&decision, &first[0]), [ReasonCode::UnhealthyBefore]);
    assert_eq!(moves(&decision).len(), 1);
}

#[test]
fn what_was_not_read_or_not_told_moves_nothing() {
    let one = RollingWorld::usual();
    let unread = one.decide_once();
    assert_eq!(of(&unread, CANARY).stand, TargetStand::Unread);
    assert_eq!(unread.read_next, [id(CANARY)]);
    let untold = TargetLook::Untold {
        denied: false,
        what: "health of shop/shop-canary".to_owned(),
        why: "no answer".to_owned(),
    };
    for look in [untold, TargetLook::Gone] {
        let mut one = RollingWorld::usual();
        one.looks.insert(id(CANARY), look);
        let decision = one.decide();
        assert_eq!(of(&decision, CANARY).stand, TargetStand::CannotTell);
        assert_eq!(moves(&decision).len(), 0);
        assert_eq!(gates(&decision, CANARY), [ReasonCode::Unreachable]);
    }
}

/// The image of a rollout that was on its way goes nowhere else; a move of it that is under way ends first.
#[test]
fn a_newer_image_takes_an_older_ones_place_between_moves() {
    let mut one = RollingWorld::usual();
    let mut older = ImageRollout::begun("ami-ours440".into(), one.world.now);
    older.moved.insert(id("shop-2").key(), one.world.now);
    one.memory.image = Some(older);
    one.claim("shop-1");
    let decision = one.pass();
    assert!(matches!(
        decision.tell.as_slice(),
        [RolloutTelling::Superseded { question: None, .. }]
    ));
    assert_eq!(gates(&decision, CANARY), [ReasonCode::Settling]);
    one.known("shop-1").claim = None;
    assert_eq!(moves(&one.pass()), [CANARY]);
}

#[test]
fn what_blocks_is_told_once_until_it_is_out_of_the_way() {
    let mut one = RollingWorld::usual();
    one.ended(CANARY, false, None);
    let told = one.pass();
    assert!(matches!(
        told.tell.as_slice(),
        [RolloutTelling::Blocked { .. }]
    ));
    one.wait(15);
    assert_eq!(one.pass().tell, []);
    one.moved(CANARY);
    one.pass();
    let rollout = one.memory.image.as_ref().expect("a rollout");
    assert!(rollout.told.is_empty());
}

/// Another account, or another region, may have an environment of the same name.
#[test]
fn what_was_told_of_a_namesake_elsewhere_was_not_told_of_this_one() {
    for (account, region) in [("222233334444", "eu-west-1"), ("111122223333", "us-east-1")] {
        let mut one = RollingWorld::usual();
        one.ended(CANARY, false, None);
        one.pass();
        let mut elsewhere = id(CANARY);
        (elsewhere.scope.account, elsewhere.scope.region) = (account.into(), region.into());
        assert_ne!(elsewhere.scope, id(CANARY).scope);
        let rollout = one.memory.image.as_mut().unwrap();
        let codes = rollout.told.remove(&id(CANARY).key()).unwrap();
        rollout.told.insert(elsewhere.key(), codes);
        let told = one.pass().tell;
        assert!(
            matches!(told.as_slice(), [RolloutTelling::Blocked { .. }]),
            "{told:?}"
        );
    }
}

/// An image that is not for use any more was the canary's: nothing takes it back to the older one by itself.
#[test]
fn what_a_quarantine_leaves_is_not_rolled_back_by_a_rollout() {
    let mut one = RollingWorld::usual();
    one.moved(CANARY);
    one.world.hold(HeldThing::Image(NEW.into()), None);
    let decision = one.decide();
    assert_eq!(moves(&decision).len(), 0, "{decision:?}");
}

#[test]
fn a_doubt_about_the_environments_moves_none() {
    use crate::flow::test_world::{pattern, trouble};
    let mut one = RollingWorld::usual();
    one.world.watch.targets.push(pattern("shop", "shop-gone"));
    let decision = one.decide();
    assert_eq!(
        (moves(&decision).len(), decision.memory.as_ref()),
        (0, None)
    );
    let mut one = RollingWorld::usual();
    one.world.seen.ours = crate::model::sighting::Seen::Unreachable(trouble("our images"));
    assert_eq!(moves(&one.decide()).len(), 0);
}

#[test]
fn what_others_move_is_only_told() {
    let mut one = RollingWorld::usual();
    one.rules().hands = RolloutHands::Print(PrintedFor::Terraform);
    let decision = one.pass();
    assert_eq!(of(&decision, CANARY).stand, TargetStand::Tell);
    assert_eq!((one.looked.len(), decision.memory.as_ref()), (0, None));
}

#[test]
fn an_image_that_was_unheld_is_tried_again() {
    let mut one = RollingWorld::usual();
    one.ended(CANARY, true, None);
    one.known(CANARY).moves.failing = Some(MoveFailing {
        attempts: 1,
        next_at: None,
        why: "settle: Severe".to_owned(),
        fault: Some(MoveFault::Image),
        image: Some(NEW.into()),
    });
    assert_eq!(moves(&one.decide()), [CANARY]);
}

#[test]
fn the_plan_says_what_a_pass_does() {
    let mut one = RollingWorld::usual();
    let decision = one.pass();
    let item = one.planned(&decision);
    let action = |name: &str| {
        let mut plans = item.targets.iter();
        let plan = plans.find(|plan| plan.target == id(name)).expect("planned");
        plan.action.clone()
    };
    assert_eq!(action(CANARY), TargetAction::Move);
    assert_eq!(action("shop-1"), TargetAction::Wait { until: None });
    let busy = one.decide();
    let item = one.planned(&busy);
    let moving = item.targets.iter().find(|plan| plan.target == id(CANARY));
    assert!(matches!(
        moving.unwrap().action,
        TargetAction::Moving { .. }
    ));
}

/// A gate's end is known where every gate that stands has one.
#[test]
fn the_last_gate_that_opens_says_until_when() {
    let mut one = RollingWorld::usual();
    let until = one.world.now + TimeDelta::hours(2);
    one.world.hold(HeldThing::Watch, Some(until));
    let waits = |one: &mut RollingWorld| of(&one.decide(), CANARY).stand.clone();
    assert_eq!(waits(&mut one), TargetStand::Waits { until: Some(until) });
    one.world
        .hold(HeldThing::Release(BASE_451.to_owned()), None);
    assert_eq!(waits(&mut one), TargetStand::Waits { until: None });
}

/// People hear of a move with its wave, unless they have heard of that one before.
#[test]
fn a_move_after_its_wave_was_told_is_told_by_itself() {
    let mut one = RollingWorld::usual();
    let first = one.pass();
    assert!(order(&first, CANARY).told_with_wave);
    one.moved(CANARY);
    one.pass();
    assert_eq!(one.memory.image.as_ref().unwrap().waves_told, 1);
    for name in ["shop-1", "shop-2"] {
        one.moved(name);
    }
    one.runs_old(CANARY);
    one.known(CANARY).moves = TargetMoves::default();
    let again = one.pass();
    assert_eq!(moves(&again), [CANARY]);
    assert!(!order(&again, CANARY).told_with_wave);
    // A newcomer to a rollout that is over.
    let mut one = RollingWorld::usual();
    for name in [CANARY, "shop-1"] {
        one.moved(name);
    }
    let mut over = ImageRollout::begun(NEW.into(), one.world.now);
    over.waves_told = 2;
    over.finished_at = Some(one.world.now);
    one.memory.image = Some(over);
    assert!(!order(&one.pass(), "shop-2").told_with_wave);
}

/// A rollout is not over while somebody of a wave that was told is not on the image.
#[test]
fn who_comes_to_a_wave_that_was_told_holds_the_word_that_the_last_is_through() {
    let mut one = RollingWorld::usual();
    one.moved(CANARY);
    one.pass();
    for name in ["shop-1", "shop-2"] {
        one.moved(name);
    }
    one.runs_old(CANARY);
    one.known(CANARY).moves = TargetMoves::default();
    let pass = one.pass();
    assert_eq!(
        (moves(&pass).len(), pass.tell.len()),
        (1, 0),
        "{:?}",
        pass.tell
    );
    assert_eq!(one.memory.image.as_ref().unwrap().finished_at, None);
    one.moved(CANARY);
    let [RolloutTelling::WaveThrough { last: true, .. }] = one.pass().tell[..] else {
        panic!("it is over");
    };
}

/// `approval = "first"` asks until amiwatch has shown once, with people's word, how it moves them.
#[test]
fn a_rollout_has_succeeded_where_people_let_it_go_and_amiwatch_moved_something() {
    let all = [CANARY, "shop-1", "shop-2"];
    for (said, ours, wanted) in [
        (Some(ApprovalSaid::Approved), true, true),
        (Some(ApprovalSaid::Denied), true, false),
        (Some(ApprovalSaid::Lapsed), true, false),
        (None, true, false),
        (Some(ApprovalSaid::Approved), false, false),
    ] {
        let mut one = RollingWorld::usual();
        one.rules().order.approval = RolloutApproval::First;
        one.pass();
        if let Some(said) = said {
            one.answered(said);
        }
        for name in all {
            match ours {
                true => one.moved(name),
                false => {
                    one.runs_new(name);
                    one.proof_ended(name, None);
                }
            }
        }
        one.pass();
        let finished = one.memory.image.as_ref().unwrap().finished_at;
        assert!(finished.is_some(), "{said:?}");
        assert_eq!(one.memory.has_succeeded, wanted, "{said:?}, by us: {ours}");
    }
}

/// What all of them share is told once for a decision: a hundred times as many ask a hundred times as much.
#[test]
fn a_fleet_is_decided_with_one_question_about_each() {
    let names: Vec<String> = (0..300)
        .map(|n| format!("{}-{n:03}", ["a", "b", "c"][n % 3]))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut one = RollingWorld::of(&names, &["a-*", "b-*", "c-*"]);
    for name in names.iter().filter(|name| !name.starts_with('c')) {
        one.moved(name);
    }
    counted::take();
    let decision = one.decide_once();
    let asked = counted::take();
    assert_eq!(decision.read_next.len(), 1);
    assert!(asked <= names.len(), "{asked}");
}
