//! A handful of lives in every run of the tests; more of them by `cargo run --profile lives --example lives`.

use super::life::{Lived, live, live_beside, live_quietly};
use super::wanted::Beside;
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
            eprintln!(
                "replay: cargo run --profile lives --example lives -- --seed {seed} --days {days}"
            );
        }
    }
}

/// Those that are lived in every run, here without a deliberate bug and by `mutants` with each.
pub(crate) const HANDFUL: std::ops::Range<u64> = 0..4;
pub(crate) const HANDFUL_DAYS: u64 = 7;

#[test]
fn seeded_lives_keep_every_promise() {
    lives(HANDFUL, HANDFUL_DAYS);
}

#[test]
fn the_same_seed_is_the_same_life() {
    // In the life of 500 a stranger meets a connection that never answers.
    for (seed, days) in [(7, 2), (500, 14)] {
        let (one, other) = (paused(|| live(seed, days)), paused(|| live(seed, days)));
        assert_eq!(one, other, "seed {seed}");
    }
}

#[test]
fn in_a_quiet_month_each_release_is_baked_and_little_is_asked() {
    let lived = paused(|| live_quietly(Beside::default(), 5, 30));
    assert!(lived.images >= 2, "{lived:?}");
    let hours = 30 * 24;
    assert!((hours..=hours + 200).contains(&lived.passes), "{lived:?}");
    // A bake takes some sixty calls, a pass that finds nothing new a handful.
    assert!(lived.calls < 8 * lived.passes, "{lived:?}");
}

/// `cargo test --test main lives::tests::many -- --ignored`
#[test]
#[ignore = "takes minutes; docs/reliability.md says when it is run"]
fn many_seeded_lives_keep_every_promise() {
    lives(0..200, 14);
}

/// `cargo test --test main lives::tests::the_store -- --ignored --nocapture`: prints the table, in a quarter of an hour.
#[test]
#[ignore = "takes minutes, and is a measurement"]
fn the_store_after_a_year_kept_whole_and_pruned() {
    let kept = |keeps: &'static str| Beside {
        keeps: Some(keeps),
        ..Beside::default()
    };
    let row = |life: &str, keeps: &str, lived: &Lived| {
        let kilobytes = |bytes: u64| bytes / 1024;
        let (file, holds) = (kilobytes(lived.store_file), kilobytes(lived.store_holds));
        let Lived { passes, images, .. } = lived;
        println!("| {life} | `{keeps}` | {passes} | {images} | {file} kB | {holds} kB |");
    };
    println!("| life | `keep_history` | passes | images | the file | what it holds |");
    println!("|---|---|---|---|---|---|");
    let mut held = Vec::new();
    for keeps in ["400d", "30d"] {
        let quiet = paused(|| live_quietly(kept(keeps), 5, 365));
        row(
            "a year, in which nothing happens but releases",
            keeps,
            &quiet,
        );
        let busy = paused(|| live_beside(None, kept(keeps), 5, 120));
        row("120 days, in which everything happens", keeps, &busy);
        held.push((quiet.store_holds, busy.store_holds));
    }
    assert!(held[1].0 < held[0].0 && held[1].1 < held[0].1, "{held:?}");
}
