//! A move whose process died as it was about to send, an environment that somebody changed meanwhile, and
//! events that do not say how: late, or never shown at all. Nothing is sent on a guess.

use std::time::Duration;

use amiwatch::model::rollout::MoveFault;
use chrono::TimeDelta;

use super::orders::{Moved, Wish};
use super::world::{OLD, usual};
use crate::common::life::Life;
use crate::common::paused;
use crate::common::seam::Arm;
use crate::common::world::REGION;

const DEPLOYED_WITHIN: Duration = Duration::from_secs(30 * 60);

/// Stopped before the update is sent; somebody deploys another version, and is done: how long that took.
async fn deployed_meanwhile(life: &Life) -> Duration {
    life.seam.arm(Arm::StopOn("UpdateEnvironment, never sent"));
    life.try_move(Wish::Forward)
        .await
        .expect_err("it is stopped");
    life.seam.arm(Arm::Nowhere);
    assert_eq!(life.updates(), 0);
    let before = life.shop_blue().version_label;
    let here = life.account.at(REGION);
    here.somebody_deploys("shop-blue", "theirs").unwrap();
    let began = life.clock.now();
    loop {
        life.wait(Duration::from_secs(1)).await;
        let took = (life.clock.now() - began).to_std().unwrap();
        let is = life.shop_blue();
        if is.status == "Ready" && is.version_label != before {
            return took;
        }
        assert!(took < DEPLOYED_WITHIN, "the deploy never ends: {is:#?}");
    }
}

/// Goes on where the dead process stopped: why nobody can tell, and how long that took to say.
async fn inconclusive(life: &Life) -> (String, TimeDelta) {
    let began = life.clock.now();
    let moved = life.try_move(Wish::Forward).await;
    let took = life.clock.now() - began;
    let Ok(Moved::Ended(results)) = &moved else {
        panic!("{moved:?}")
    };
    let [only] = results.as_slice() else {
        panic!("{results:?}")
    };
    let (fault, why) = only.failure().expect("it cannot be told");
    assert_eq!(fault, MoveFault::Inconclusive, "{why}");
    // Nothing of ours was ever sent, and the image has done nothing.
    assert_eq!(
        (life.updates(), Vec::from_iter(life.runs())),
        (0, vec![OLD.to_owned()])
    );
    life.pass().await;
    assert!(
        life.heard_events().contains(&"attention".to_owned()),
        "{:?}",
        life.heard_events()
    );
    assert_eq!(life.to_mark().await, [""; 0], "the image is not to blame");
    life.no_move_is_open().await;
    (why, took)
}

#[test]
fn events_that_are_never_shown_leave_it_open_after_three_looks_over_two_minutes() {
    paused(async || {
        let life = usual();
        deployed_meanwhile(&life).await;
        life.account.deny("elasticbeanstalk:DescribeEvents");
        let (why, took) = inconclusive(&life).await;
        assert!(why.contains("not one event of it is shown"), "{why}");
        assert!(why.contains("elasticbeanstalk:DescribeEvents"), "{why}");
        assert!(took >= TimeDelta::minutes(2), "{took}");
    });
}

/// They come while it looks again: they tell that somebody else's update it was.
#[test]
fn events_that_are_late_are_waited_for() {
    paused(async || {
        let life = usual();
        let deploy_took = deployed_meanwhile(&life).await;
        life.account.set_timing(sim::Timing {
            events_late: deploy_took + Duration::from_secs(60),
            ..sim::Timing::default()
        });
        let (why, took) = inconclusive(&life).await;
        assert!(why.contains("the application version was"), "{why}");
        let waited = (TimeDelta::seconds(1)..TimeDelta::minutes(2)).contains(&took);
        assert!(waited, "{took}");
    });
}
