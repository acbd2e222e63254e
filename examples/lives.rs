//! Lives many seeded lives, or one again.
//!
//!     cargo run --release --example lives -- --seeds 10000 --days 14 [--from 0]
//!     cargo run --release --example lives -- --seed 4711 --days 14
//!
//! Stops at the first life that breaks a promise, and prints the command that replays it. Exit 0 when
//! all promises held, 1 when one did not.

#![recursion_limit = "256"]
#![allow(
    dead_code,
    unused_imports,
    clippy::unwrap_used,
    reason = "the tests' own harness, of which this uses a part"
)]

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/lives/mod.rs"]
mod lives;

use std::process::ExitCode;

use lives::life::{Lived, live};

struct Asked {
    seeds: std::ops::Range<u64>,
    days: u64,
}

fn asked() -> Option<Asked> {
    let mut arguments = std::env::args().skip(1);
    let (mut from, mut count, mut days) = (0, 100, 14);
    while let Some(name) = arguments.next() {
        let value: u64 = arguments.next()?.parse().ok()?;
        match name.as_str() {
            "--seed" => (from, count) = (value, 1),
            "--from" => from = value,
            "--seeds" => count = value,
            "--days" => days = value,
            _ => return None,
        }
    }
    let seeds = from..from + count;
    Some(Asked { seeds, days })
}

#[expect(clippy::disallowed_methods, reason = "it says how long it took")]
fn main() -> ExitCode {
    let Some(Asked { seeds, days }) = asked() else {
        eprintln!("lives [--seed N | --seeds COUNT --from N] [--days N]");
        return ExitCode::from(2);
    };
    let began = std::time::Instant::now();
    let (mut all, count) = (Lived::default(), seeds.end - seeds.start);
    for seed in seeds {
        let lived = std::panic::catch_unwind(|| common::paused(|| live(seed, days)));
        let Ok(lived) = lived else {
            println!("seed {seed} broke a promise; replay it:");
            println!("    cargo run --release --example lives -- --seed {seed} --days {days}");
            return ExitCode::FAILURE;
        };
        all.passes += lived.passes;
        all.kills += lived.kills;
        all.images += lived.images;
        all.calls += lived.calls;
    }
    let took = began.elapsed().as_secs_f64();
    let Lived {
        passes,
        kills,
        images,
        calls,
    } = all;
    let years = count as f64 * days as f64 / 365.0;
    println!(
        "{count} lives of {days} days: {years:.1} simulated years, {passes} passes, {calls} calls, \
         {images} images, {kills} kills; every promise held ({took:.1} s, {:.2} lives a second)",
        count as f64 / took
    );
    ExitCode::SUCCESS
}
