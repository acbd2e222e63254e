//! The net catches fish: each deliberate bug must be caught by the sweeps or the lives.
//!
//!     cargo test --test main mutants:: -- --nocapture
//!
//! prints, for each bug, the first net that caught it and what the net said.

mod tables;

use std::panic::{AssertUnwindSafe, catch_unwind};

use amiwatch::model::tags;
use sim::{Action, FaultKind, FaultRule, When};

use crate::common::guest::{Cast, Day};
use crate::common::life::Life;
use crate::common::mutant::Mutant;
use crate::common::paused;
use crate::common::seam::Arm;
use crate::common::world::REGION;
use crate::lives::life::live_with;
use crate::lives::tests::{HANDFUL, HANDFUL_DAYS};

/// A net: what it is called, and what it does; it panics when it catches something.
type Net = (&'static str, fn(Option<Mutant>));

/// The cheapest first.
const NETS: [Net; 6] = [
    ("a good day", a_good_day),
    ("a boot test that fails", a_bad_day),
    ("a launch without an answer", an_unanswered_launch),
    ("no room in the first zone", no_room),
    ("crash sweep of the bake", crash_sweep),
    ("seeded lives", lives),
];

fn life(mutant: Option<Mutant>) -> Life {
    let mut life = Life::brisk();
    life.mutant = mutant;
    life
}

fn holds(life: &Life) {
    assert_eq!(life.verified().len(), 1, "not one verified image");
    let told = format!("baked:{}", life.verified()[0].tags[tags::KEY]);
    assert!(life.heard_keys().contains(&told), "nobody was told");
    life.promises_hold();
}

fn a_good_day(mutant: Option<Mutant>) {
    paused(async || {
        let life = life(mutant);
        life.until_settled().await;
        holds(&life);
    });
}

fn a_bad_day(mutant: Option<Mutant>) {
    paused(async || {
        let life = life(mutant);
        life.guests(Cast {
            builder: Day::Quick,
            boot_test: Day::FailsChecks,
        });
        life.pass().await;
        assert_eq!(life.verified().len(), 0, "verified without a proof");
        life.promises_hold();
        life.guests(Cast::both(Day::Quick));
        life.until_settled().await;
        holds(&life);
    });
}

fn an_unanswered_launch(mutant: Option<Mutant>) {
    paused(async || {
        let life = life(mutant);
        let lost = FaultRule::new(FaultKind::TimeoutAfterEffect)
            .on("ec2:RunInstances")
            .when(When::Nth(1));
        life.account.fault(lost);
        life.until_settled().await;
        life.no_launch_was_doubled();
        holds(&life);
    });
}

fn no_room(mutant: Option<Mutant>) {
    paused(async || {
        let life = life(mutant);
        let here = life.account.at(REGION);
        here.act(Action::Capacity {
            instance_type: "*".to_owned(),
            zone: "eu-west-1a".to_owned(),
            available: false,
        })
        .unwrap();
        life.until_settled().await;
        holds(&life);
    });
}

/// Every third point of the bake.
fn crash_sweep(mutant: Option<Mutant>) {
    for stop in (1..160).step_by(3) {
        paused(async || {
            let life = life(mutant);
            life.seam.arm(Arm::StopAt(stop));
            let stopped = life.try_pass().await.is_err();
            life.seam.arm(Arm::Nowhere);
            life.wait(std::time::Duration::from_secs(10)).await;
            life.until_settled().await;
            assert!(stopped || stop > 140, "the point {stop} was not reached");
            assert_eq!(life.heard_kinds(), ["baked", "drift"], "stopped at {stop}");
            holds(&life);
        });
    }
}

fn lives(mutant: Option<Mutant>) {
    for seed in HANDFUL {
        paused(|| live_with(mutant, seed, HANDFUL_DAYS));
    }
}

/// The first net that catches it, and what it said.
fn caught(mutant: Mutant) -> Option<(&'static str, String)> {
    NETS.iter().find_map(|(name, net)| {
        let panic = catch_unwind(AssertUnwindSafe(|| net(Some(mutant)))).err()?;
        let said = panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(|said| (*said).to_owned()));
        let said = said.unwrap_or_default();
        let first = said.lines().next().unwrap_or_default();
        Some((*name, first.chars().take(100).collect()))
    })
}

/// The nets are quiet where there is no bug: what they catch is the bug. That the lives are is
/// `lives::tests::seeded_lives_keep_every_promise`, which lives the same ones.
#[test]
fn the_nets_catch_nothing_without_a_bug() {
    for (_, net) in &NETS[..NETS.len() - 1] {
        net(None);
    }
}

#[test]
fn every_deliberate_bug_is_caught() {
    let nets = Mutant::ALL.map(|mutant| (mutant, caught(mutant)));
    println!("| deliberate bug | caught by | which said |");
    println!("|---|---|---|");
    for (mutant, caught) in &nets {
        let (by, said) = caught.clone().unwrap_or(("NOTHING", String::new()));
        println!("| {mutant:?} | {by} | {said} |");
    }
    let missed: Vec<_> = nets.iter().filter(|(_, caught)| caught.is_none()).collect();
    assert!(missed.is_empty(), "not caught: {missed:?}");
}
