//! A handful of lives with moves in every run of the tests; many of them by the example.

use std::panic::catch_unwind;

use super::life::live_fleet;
use crate::common::paused;

fn fleets(seeds: std::ops::Range<u64>, days: u64) {
    let (mut kills, mut acts, mut broken) = (0, 0, Vec::new());
    for seed in seeds {
        match catch_unwind(|| paused(|| live_fleet(seed, days))) {
            Ok(lived) => {
                println!("seed {seed}: {lived:?}");
                kills += lived.kills;
                acts += lived.acts;
            }
            Err(_) => {
                let again = "cargo run --profile lives --example lives -- --fleets";
                let again = format!("{again} --seed {seed} --days {days}");
                eprintln!("replay: {again}");
                broken.push(again);
            }
        }
    }
    assert!(broken.is_empty(), "broke a promise: {broken:#?}");
    assert!(kills > 0, "nothing ever died in these lives");
    assert!(acts > 0, "nobody ever did anything in these lives");
}

#[test]
fn seeded_lives_with_moves_keep_every_promise() {
    fleets(0..3, 3);
}

#[test]
fn the_same_seed_is_the_same_life_with_moves() {
    let (one, other) = (paused(|| live_fleet(11, 1)), paused(|| live_fleet(11, 1)));
    assert_eq!(one, other);
}

/// `cargo test --test main lives::fleets::tests::many -- --ignored`
#[test]
#[ignore = "takes minutes; docs/reliability.md says when it is run"]
fn many_seeded_lives_with_moves_keep_every_promise() {
    fleets(0..100, 14);
}
