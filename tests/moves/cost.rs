//! What one move costs in calls: the account's own count. Deterministic, since time is.

use std::fmt::Write as _;

use super::orders::Wish;
use super::world::usual;
use crate::common::paused;

#[test]
fn what_one_move_asks_of_aws() {
    let (calls, took) = paused(async || {
        let life = usual();
        life.account.clear_ledger();
        let began = life.clock.now();
        let moved = life
            .try_move(Wish::Forward)
            .await
            .expect("nothing is armed");
        assert!(moved.succeeded(), "{moved:?}");
        (
            life.account.counters().by_operation,
            life.clock.now() - began,
        )
    });
    let total: u64 = calls.values().sum();
    let mut table = String::from("| call | times |\n|---|---|\n");
    for (operation, times) in &calls {
        writeln!(table, "| {operation} | {times} |").unwrap();
    }
    writeln!(table, "| all, in {} min | {total} |", took.num_minutes()).unwrap();
    insta::assert_snapshot!("move_calls", table);
}
