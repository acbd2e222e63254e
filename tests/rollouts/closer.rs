//! How environments are looked at closer: side by side where one after another stands against its move, and
//! never so long that the pass is cut.

use std::time::Duration;

use amiwatch::model::reason::ReasonCode;
use sim::EnvironmentSpec;

use super::world::{CANARY, UNASKED, town_of};
use crate::common::life::Life;
use crate::common::paused;
use crate::common::world::{self, BRANCH, REGION};

/// A canary that is through, and so many environments of the second wave that would go down.
async fn town_with_blocked(count: usize) -> Life {
    let life = town_of(&[CANARY], UNASKED);
    life.bakes_first().await;
    life.passes(1).await;
    let here = life.account.at(REGION);
    for nth in 0..count {
        let name = format!("shop-{nth:02}");
        let one = EnvironmentSpec::new("shop", &name, BRANCH).version("4.5.0");
        here.environment(one.instances(1)).unwrap();
    }
    life
}

/// Every call takes this long.
fn slow(life: &Life, seconds: u64) {
    life.account.set_timing(sim::Timing {
        latency: Duration::from_secs(seconds),
        ..world::brisk()
    });
}

#[test]
fn those_that_are_blocked_are_looked_at_side_by_side() {
    paused(async || {
        let life = town_with_blocked(17).await;
        slow(&life, 1);
        let began = life.clock.now();
        let passed = life.pass().await;
        let took = (life.clock.now() - began).num_seconds();
        let targets = passed.items[0].drift.targets.iter();
        let blocked = targets.filter(|one| {
            let mut reasons = one.reasons.iter();
            reasons.any(|reason| reason.code == ReasonCode::Downtime)
        });
        assert_eq!(blocked.count(), 17);
        assert!(took < 90, "{took} s");
    });
}

/// A daemon that looks for too long would be cut, and nothing of it would be kept.
#[test]
fn a_pass_does_not_look_closer_until_it_is_cut() {
    paused(async || {
        let life = town_with_blocked(100).await;
        life.daemon(async |watching| {
            watching.until("a pass", |one| one.passes() > 0).await;
            slow(&life, 5);
            let before = watching.passes();
            watching
                .until("a slow pass", |one| one.passes() > before)
                .await;
            let ended = watching.pulse().passes;
            let cut = ended.get(&amiwatch::service::vitals::PassResult::Cut);
            assert_eq!(cut, None, "{ended:?}");
        })
        .await;
    });
}
