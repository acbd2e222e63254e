//! Lives many seeded lives, or one again.
//!
//!     cargo run --profile lives --example lives -- --seeds 10000 --days 14 [--from 0] [--jobs 2]
//!     cargo run --profile lives --example lives -- --seed 4711 --days 14
//!     cargo run --profile lives --example lives -- --quiet --seeds 4 --days 91
//!     cargo run --profile lives --example lives -- --bugs --seeds 40 --days 7
//!     cargo run --profile lives --example lives -- --fleets --seeds 2000 --days 14 --jobs 2
//!     cargo run --profile lives --example lives -- --owning --seeds 2000 --days 14 --jobs 2
//!     cargo run --profile lives --example lives -- --replicas 3 --seeds 100 --days 1 --jobs 2
//!     cargo run --profile lives --example lives -- --quiet --seeds 1 --days 365 --keep 30d
//!
//! A life that breaks a promise is named with the command that replays it, and no further one is begun
//! (with `--keep-going`: all are). With RUST_LOG set, such as `RUST_LOG=amiwatch=info`, the daemons' log is shown. With `--quiet` nothing happens in them but releases. With `--bugs` amiwatch has a
//! deliberate bug in them, one after the other, and each must be caught. With `--fleets` environments are moved in them,
//! with `--owning` images are published, retired and used by people, with `--replicas` so many daemons share a table (and
//! `--minutes` is how long, instead of `--days`). `--keep` is `[store] keep_history`, whatever else the
//! config says. Exit 0 when all promises held, 1 when one did not.

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
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use common::mutant::Mutant;
use lives::fleets::life::live_fleet;
use lives::life::{Lived, live_beside, live_quietly, live_with};
use lives::replicas::life::{live_shared, live_shared_with};
use lives::wanted::Beside;

/// A life is little else than small allocations.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// After so many lives a line says how far it is.
const PROGRESS_EVERY: u64 = 500;

struct Asked {
    from: u64,
    count: u64,
    days: u64,
    /// How long daemons that share a table live, where it is not so many days.
    minutes: Option<u64>,
    /// 0: one daemon, with a store of its own.
    replicas: usize,
    jobs: u64,
    keep_going: bool,
    quiet: bool,
    bugs: bool,
    fleets: bool,
    beside: Beside,
}

fn asked() -> Option<Asked> {
    let mut arguments = std::env::args().skip(1);
    let mut asked = Asked {
        from: 0,
        count: 100,
        days: 14,
        minutes: None,
        replicas: 0,
        jobs: 1,
        keep_going: false,
        quiet: false,
        bugs: false,
        fleets: false,
        beside: Beside::default(),
    };
    while let Some(name) = arguments.next() {
        match name.as_str() {
            "--keep-going" => asked.keep_going = true,
            "--quiet" => asked.quiet = true,
            "--bugs" => asked.bugs = true,
            "--fleets" => asked.fleets = true,
            "--owning" => (asked.beside.owns, asked.beside.retires) = (true, true),
            "--keep" => asked.beside.keeps = Some(arguments.next()?.leak()),
            _ => {
                let value = arguments.next()?.parse().ok()?;
                asked.number(&name, value)?;
            }
        }
    }
    Some(asked)
}

impl Asked {
    fn number(&mut self, name: &str, value: u64) -> Option<()> {
        match name {
            "--seed" => (self.from, self.count) = (value, 1),
            "--from" => self.from = value,
            "--seeds" => self.count = value,
            "--days" => self.days = value,
            "--minutes" => self.minutes = Some(value),
            "--replicas" => self.replicas = usize::try_from(value).ok()?,
            "--jobs" => self.jobs = value.max(1),
            _ => return None,
        }
        Some(())
    }

    fn minutes(&self) -> u64 {
        self.minutes.unwrap_or(self.days * 24 * 60)
    }

    fn live(&self, seed: u64) -> Lived {
        if self.replicas > 0 {
            return common::paused(|| live_shared(self.replicas, seed, self.minutes()));
        }
        match (self.quiet, self.fleets) {
            (true, _) => common::paused(|| live_quietly(self.beside, seed, self.days)),
            (false, true) => common::paused(|| live_fleet(seed, self.days)),
            (false, false) => common::paused(|| live_beside(None, self.beside, seed, self.days)),
        }
    }

    fn replay(&self, seed: u64) -> String {
        if self.replicas > 0 {
            let (replicas, minutes) = (self.replicas, self.minutes());
            return format!(
                "cargo run --profile lives --example lives -- --replicas {replicas} --seed {seed} --minutes {minutes}"
            );
        }
        let fleets = match (self.fleets, self.beside.owns) {
            (true, _) => "--fleets ",
            (false, true) => "--owning ",
            (false, false) => "",
        };
        let days = self.days;
        format!("cargo run --profile lives --example lives -- {fleets}--seed {seed} --days {days}")
    }
}

/// What all lives together were like.
#[derive(Default)]
struct Sum {
    lives: u64,
    lived: Lived,
    broken: Vec<u64>,
}

impl Sum {
    fn add(&mut self, one: &Lived) {
        self.lives += 1;
        self.lived.passes += one.passes;
        self.lived.daemons += one.daemons;
        self.lived.kills += one.kills;
        self.lived.images += one.images;
        self.lived.calls += one.calls;
        self.lived.acts += one.acts;
        self.lived.strays += one.strays;
        self.lived.retired += one.retired;
        self.lived.frozen += one.frozen;
        self.lived.leads += one.leads;
        self.lived.followed += one.followed;
        self.lived.slowest_ms = self.lived.slowest_ms.max(one.slowest_ms);
        self.lived.slowest_clean_ms = self.lived.slowest_clean_ms.max(one.slowest_clean_ms);
        self.lived.store_file += one.store_file;
        self.lived.store_holds += one.store_holds;
    }
}

/// With RUST_LOG set, what the daemons log goes to stderr: without times, which are not this machine's.
fn log_if_asked() {
    if std::env::var_os("RUST_LOG").is_some() {
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
            .with_writer(std::io::stderr)
            .with_ansi(false)
            .without_time();
        subscriber.init();
    }
}

/// Lives one after the other, until none is left or one broke a promise.
fn work(asked: &Asked, next: &AtomicU64, sum: &Mutex<Sum>) {
    loop {
        let at = next.fetch_add(1, Ordering::Relaxed);
        let over = !asked.keep_going && !sum.lock().unwrap().broken.is_empty();
        if at >= asked.count || over {
            return;
        }
        let seed = asked.from + at;
        let lived = std::panic::catch_unwind(|| asked.live(seed));
        let mut sum = sum.lock().unwrap();
        match lived {
            Ok(lived) => sum.add(&lived),
            Err(_) => {
                println!("seed {seed} broke a promise; replay it:");
                println!("    {}", asked.replay(seed));
                sum.broken.push(seed);
            }
        }
        if (at + 1).is_multiple_of(PROGRESS_EVERY) {
            eprintln!("{} of {} lives", at + 1, asked.count);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "it says how long it took")]
fn main() -> ExitCode {
    let Some(asked) = asked() else {
        eprintln!(
            "lives [--seed N | --seeds COUNT --from N] [--days N] [--jobs N] [--quiet | --bugs | --fleets] [--owning] [--replicas N --minutes N] [--keep 30d] [--keep-going]"
        );
        return ExitCode::from(2);
    };
    log_if_asked();
    if asked.bugs {
        return bugs(&asked);
    }
    let began = std::time::Instant::now();
    let (next, sum) = (AtomicU64::new(0), Mutex::new(Sum::default()));
    std::thread::scope(|scope| {
        for _ in 0..asked.jobs {
            scope.spawn(|| work(&asked, &next, &sum));
        }
    });
    let took = began.elapsed().as_secs_f64();
    let sum = sum.into_inner().unwrap();
    tell(&asked, &sum, took);
    match sum.broken.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// Which seed catches which deliberate bug first.
fn bugs(asked: &Asked) -> ExitCode {
    let mut missed = 0;
    let bugs: &[Mutant] = match asked.replicas {
        0 => &Mutant::ALL,
        _ => &Mutant::OF_LEASES,
    };
    for bug in bugs.iter().copied() {
        let caught = (asked.from..asked.from + asked.count).find(|seed| {
            let alone = || common::paused(|| live_with(Some(bug), *seed, asked.days));
            let minutes = asked.minutes();
            let shared =
                || common::paused(|| live_shared_with(Some(bug), asked.replicas, *seed, minutes));
            match asked.replicas {
                0 => std::panic::catch_unwind(alone).is_err(),
                _ => std::panic::catch_unwind(shared).is_err(),
            }
        });
        match caught {
            Some(seed) => println!("{bug:?}: caught by seed {seed}"),
            None => {
                println!("{bug:?}: NOT caught by {} lives", asked.count);
                missed += 1;
            }
        }
    }
    match missed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn tell(asked: &Asked, sum: &Sum, took: f64) {
    let Sum {
        lives,
        lived,
        broken,
    } = sum;
    let (days, span) = match asked.replicas {
        0 => (asked.days as f64, format!("{} days", asked.days)),
        _ => {
            let minutes = asked.minutes();
            (minutes as f64 / 24.0 / 60.0, format!("{minutes} minutes"))
        }
    };
    let years = *lives as f64 * days / 365.0;
    let held = match broken.len() {
        0 => "every promise held".to_owned(),
        some => format!("{some} lives broke a promise: {broken:?}"),
    };
    println!(
        "{lives} lives of {span}: {years:.1} simulated years, {} passes, {} calls, {} images, \
         {} daemons, {} of them killed, {} acts of people, {} strays, {} images disabled or removed; {held}",
        lived.passes,
        lived.calls,
        lived.images,
        lived.daemons,
        lived.kills,
        lived.acts,
        lived.strays,
        lived.retired
    );
    if asked.replicas > 0 {
        println!(
            "{} replicas: the lease was taken {} times, machines were frozen {} times; {} times somebody could follow all \
             the while and did, at most {:.1} s after the leader was gone and {:.1} s after it had stopped cleanly",
            asked.replicas,
            lived.leads,
            lived.frozen,
            lived.followed,
            lived.slowest_ms as f64 / 1000.0,
            lived.slowest_clean_ms as f64 / 1000.0
        );
    } else {
        let each = |bytes: u64| bytes / 1024 / (*lives).max(1);
        println!(
            "the store at the end: {} kB of a file that holds {} kB, on average",
            each(lived.store_file),
            each(lived.store_holds)
        );
    }
    println!(
        "{took:.1} s on {} threads: {:.2} lives a second, {:.2} s for a simulated year on one thread",
        asked.jobs,
        *lives as f64 / took,
        took * asked.jobs as f64 / years
    );
}
