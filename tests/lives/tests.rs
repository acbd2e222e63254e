//! A handful of lives in every run of the tests; more of them by `cargo run --release --example lives`.

use super::life::live;
use crate::common::paused;

fn lives(seeds: std::ops::Range<u64>, days: u64) {
    let mut kills = 0;
    for seed in seeds {
        let _context = Replay { seed, days };
        kills += paused(|| live(seed, days)).kills;
    }
    assert!(kills > 0, "nothing ever died in these lives");
}

struct Replay {
    seed: u64,
    days: u64,
}

impl Drop for Replay {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Self { seed, days } = self;
            eprintln!("replay: cargo run --example lives -- --seed {seed} --days {days}");
        }
    }
}

#[test]
fn seeded_lives_keep_every_promise() {
    lives(0..3, 5);
}

#[test]
fn the_same_seed_is_the_same_life() {
    let (one, other) = (paused(|| live(7, 2)), paused(|| live(7, 2)));
    assert_eq!(one, other);
}

/// `cargo test --test main lives::tests::many -- --ignored`
#[test]
#[ignore = "takes minutes; docs/reliability.md says when it is run"]
fn many_seeded_lives_keep_every_promise() {
    lives(0..200, 14);
}
