//! Sweeping, stopped everywhere: whatever a lost store left is gone in the end, and nothing else.

use std::time::Duration;

use amiwatch::model::tags;
use amiwatch::service::sweep::OLDER_THAN;
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;

use super::points::Points;
use super::sweep::{Act, AtStop, Form, Store, Story, in_forms};
use crate::common::life::Life;
use crate::common::seam::Arm;

/// The image was verified, and then the store was lost: no journal knows of its builder and its group.
fn a_lost_store_left_things(life: &Life) -> LocalBoxFuture<'_, ()> {
    async {
        life.seam
            .arm(Arm::StopOn("after commit append 18 done mark_verified"));
        let stopped = life.try_pass().await;
        assert!(stopped.is_err(), "{:#?}", life.seam.passed());
        life.seam.arm(Arm::Nowhere);
        life.lose_the_store();
        life.until_settled().await;
        let left: Vec<_> = life.leaked().into_iter().map(|one| one.kind).collect();
        assert_eq!(left, ["instance", "security-group"]);
        // A group is as old as its first sighting: EC2 does not say when one was made.
        Act::Sweep.once(life).await.expect("nothing is armed");
        assert_eq!(life.leaked().len(), left.len(), "all of it is young");
        life.wait(OLDER_THAN).await;
    }
    .boxed_local()
}

/// Nothing of ours but the image, and each thing was told of before it was removed.
fn everything_went_and_was_told(life: &Life, _: &AtStop) {
    assert_eq!(life.verified().len(), 1);
    life.promises_hold();
    let told = life.heard_keys().into_iter();
    let told: Vec<String> = told.filter(|key| key.contains(":stray:")).collect();
    assert_eq!(told.len(), 2, "{told:#?}");
}

/// What was seen and told before the store was lost may not be told again; what was there is gone.
fn everything_went(life: &Life, _: &AtStop) {
    assert_eq!(life.verified().len(), 1);
    life.promises_hold();
    let own = life.account.own_images().into_iter();
    assert!(own.into_iter().all(|one| one.tags.contains_key(tags::KEY)));
}

#[test]
fn a_sweep_that_is_disturbed_anywhere_removes_what_it_must_and_nothing_else() {
    let story = Story {
        begin: Life::brisk,
        before: a_lost_store_left_things,
        act: Act::Sweep,
        points: Points::Every,
        dead_for: Duration::from_secs(10),
        meanwhile: |_| {},
        proof: everything_went_and_was_told,
        proof_after_loss: everything_went,
    };
    let forms = [
        (Form::Stopped(Store::Kept), 1),
        (Form::Unanswered, 1),
        (Form::StoreFull, 1),
    ];
    in_forms("sweep", story, &forms);
}
