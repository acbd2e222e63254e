//! A machine whose clock is off, by less than what AWS refuses to be signed by: what AWS dates is still
//! found, and an update is sent once.

use chrono::TimeDelta;
use sim::{BadDay, FaultKind, FaultRule};

use super::orders::Wish;
use super::world::{NEW, OLD, usual};
use crate::common::paused;
use crate::common::world::REGION;

/// AWS takes no request whose date is further off than five minutes.
const OFF: [i64; 3] = [-4, 0, 4];

fn answer_is_lost() -> FaultRule {
    let lost = FaultRule::new(FaultKind::TimeoutAfterEffect);
    lost.on("elasticbeanstalk:UpdateEnvironment").times(1)
}

/// The update fails at once and is put back before anybody looks: nothing but what AWS dated tells that it
/// was there.
#[test]
fn an_update_whose_answer_is_lost_is_found_by_a_clock_that_is_off() {
    for minutes in OFF {
        paused(async || {
            let life = usual();
            life.skew.set(TimeDelta::minutes(minutes));
            let here = life.account.at(REGION);
            here.befalls("shop-blue", NEW, BadDay::CapacityIsGone)
                .unwrap();
            life.account.fault(answer_is_lost());
            let moved = life.moves(Wish::Forward).await;
            assert!(!moved.succeeded(), "{minutes} min off: {moved:?}");
            assert_eq!(Vec::from_iter(life.runs()), [OLD], "{minutes} min off");
            let sent = life.account.updates("shop-blue").len();
            assert_eq!(sent, 1, "{minutes} min off");
        });
    }
}

#[test]
fn an_update_that_works_is_found_by_a_clock_that_is_off() {
    for minutes in OFF {
        paused(async || {
            let life = usual();
            life.skew.set(TimeDelta::minutes(minutes));
            life.account.fault(answer_is_lost());
            let moved = life.moves(Wish::Forward).await;
            assert!(moved.succeeded(), "{minutes} min off: {moved:?}");
            assert_eq!(Vec::from_iter(life.runs()), [NEW], "{minutes} min off");
            let sent = life.account.updates("shop-blue").len();
            assert_eq!(sent, 1, "{minutes} min off");
        });
    }
}

/// The clock is set while it is replaced: what failed is dated before we sent it, and is removed all the same.
#[test]
fn a_failed_draft_of_ours_is_removed_under_a_clock_that_is_far_ahead() {
    for minutes in [0, 25] {
        paused(async || {
            let life = usual();
            life.skew.set(TimeDelta::minutes(minutes));
            let here = life.account.at(REGION);
            here.befalls("shop-blue", NEW, BadDay::CapacityIsGone)
                .unwrap();
            let moved = life.moves(Wish::Forward).await;
            assert!(!moved.succeeded(), "{minutes} min off: {moved:?}");
            assert_eq!(life.shop_blue().failed_draft, None, "{minutes} min off");
        });
    }
}
