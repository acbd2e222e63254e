//! A daemon that rolls out looks again at once after what has ended, and after nothing else: what cannot be
//! driven on or be begun waits for the timetable. A look that comes sooner makes nobody impatient.

use std::time::Duration;

use amiwatch::flow::rollout::moving::steps::move_journal;
use amiwatch::model::ids::TargetId;
use amiwatch::store::{Batch, Op, Store as _};
use serde_json::{Value, json};

use super::world::{CANARY, UNASKED, config, scope, town};
use crate::common::life::Life;
use crate::common::paused;
use crate::common::watching::Watching;

/// Six hours of a timetable with a pass in each quarter of an hour, and some more.
const UNHURRIED: u64 = 4 * 6 + 12;

async fn write(life: &Life, op: Op) {
    let batch = Batch::of_ops(vec![op]);
    life.store().commit(batch).await.unwrap();
}

/// Passes in six hours.
async fn passes_in_six_hours(watching: &Watching<'_>) -> u64 {
    let before = watching.passes();
    watching.life.wait(Duration::from_secs(6 * 3600)).await;
    watching.passes() - before
}

/// A run that is open and of which no journal is there: it can be driven by nobody.
fn lost(kind: &str) -> Op {
    Op::PutIfAbsent {
        key: format!("open/{kind}/lost/0001"),
        value: Value::Null,
    }
}

#[test]
fn a_run_that_cannot_be_driven_on_waits_for_the_timetable() {
    for kind in ["bake", "move"] {
        paused(async || {
            let life = town(UNASKED);
            let passes = life.daemon(async |watching| {
                watching.rolled_out().await;
                write(&life, lost(kind)).await;
                passes_in_six_hours(watching).await
            });
            let passes = passes.await;
            assert!(passes <= UNHURRIED, "{kind}: {passes} passes in six hours");
        });
    }
}

/// Its journal's name is taken, as it is where the record that counts its moves was lost.
#[test]
fn a_move_that_cannot_be_begun_is_decided_less_and_less_often() {
    paused(async || {
        let life = town(UNASKED);
        let canary = TargetId {
            scope: scope(),
            application: "shop".to_owned(),
            environment: CANARY.to_owned(),
        };
        let taken = Op::Append {
            journal: move_journal(&canary, 1),
            expected: 0,
            event: json!({}),
        };
        write(&life, taken).await;
        let passes = life.daemon(async |watching| {
            watching
                .until("a bake", |one| !one.life.verified().is_empty())
                .await;
            passes_in_six_hours(watching).await
        });
        let passes = passes.await;
        assert!(passes <= UNHURRIED, "{passes} passes in six hours");
        assert_eq!(life.updated(), [""; 0]);
    });
}

#[test]
fn a_look_that_a_move_s_end_brings_makes_no_daemon_ill() {
    paused(async || {
        let mut life = town(UNASKED);
        // The canary settles for longer than any one pass may take, and the timetable's next one is far.
        let slow = config(UNASKED).replace("4m", "25m");
        life.set_config(&slow.replace("*/15", "0"));
        life.daemon(async |watching| {
            let well = |one: &Watching<'_>| {
                let (now, steady) = (one.clock.now(), one.clock.steady());
                let ailment = one.pulse().ailment(now, steady);
                assert_eq!(ailment, None);
                one.life.updated().len() == 3
            };
            watching.until("all three are moved", well).await;
        })
        .await;
    });
}
