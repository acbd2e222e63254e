//! Deliberate bugs of a rollout, made at the seams of a process: what it takes for its config, what its
//! store remembers. Each must be caught by what the account shows, and nothing is caught without one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use amiwatch::service::desk::Desk;
use amiwatch::service::desk::approval::{PersonsWord, answer_question};
use chrono::{DateTime, TimeDelta, TimeZone as _, Utc};

use super::world::{ALL, CANARY, UNASKED, town};
use crate::common::life::Life;
use crate::common::mutant::Mutant;
use crate::common::paused;

const HOUR: Duration = Duration::from_secs(60 * 60);
const WINDOW: &str =
    r#"windows = [{ cron = "0 2 * * 2-4", duration = "3h", timezone = "America/New_York" }]"#;
/// What the town's first wave has to settle.
const SETTLES: TimeDelta = TimeDelta::minutes(4);

fn town_with(mutant: Option<Mutant>, rollout: &str) -> Life {
    let mut life = town(rollout);
    life.mutant = mutant;
    life
}

/// When each update of an environment began, and when it ended.
fn begun_and_ended(life: &Life, name: &str) -> Vec<(DateTime<Utc>, Option<DateTime<Utc>>)> {
    let updates = life.account.updates(name).into_iter();
    updates.map(|one| (one.began, one.ended)).collect()
}

/// The second wave begins when the first has been well for as long as the config asks for.
fn the_waves(mutant: Option<Mutant>) {
    paused(async || {
        let life = town_with(mutant, UNASKED);
        life.daemon(async |watching| watching.rolled_out().await)
            .await;
        let first = begun_and_ended(&life, CANARY)[0].1.expect("it ended");
        for name in ALL.into_iter().filter(|name| *name != CANARY) {
            let (began, _) = begun_and_ended(&life, name)[0];
            let waited = began - first;
            assert!(waited >= SETTLES, "{name} began {waited} after the canary");
        }
    });
}

/// An image that made the canary ill goes nowhere, by the next process either.
fn the_quarantine(mutant: Option<Mutant>) {
    paused(async || {
        let life = town_with(mutant, UNASKED);
        let image = life.bakes_first().await;
        life.is_ill(&image, Duration::from_secs(30));
        life.daemon(async |watching| {
            let failed = |one: &crate::common::watching::Watching<'_>| {
                one.life.heard_events().contains(&"failed".to_owned())
            };
            watching.until("its failure", failed).await;
            life.wait(HOUR).await;
        })
        .await;
        let before = life.account.updates(CANARY).len();
        life.wait(Duration::from_secs(60)).await;
        life.daemon(async |_| life.wait(26 * HOUR).await).await;
        for name in ALL {
            let skip = if name == CANARY { before } else { 0 };
            let updates = life.account.updates(name).into_iter().skip(skip);
            let again: Vec<_> = updates
                .filter(|one| one.image_id.as_deref() == Some(image.as_str()))
                .collect();
            assert!(again.is_empty(), "moved to what is quarantined: {again:#?}");
        }
    });
}

/// Moves begin between two and five in New York.
fn the_window(mutant: Option<Mutant>) {
    paused(async || {
        let life = town_with(mutant, &format!("{UNASKED}\n{WINDOW}"));
        life.daemon(async |watching| {
            life.wait(22 * HOUR).await;
            watching.rolled_out().await;
        })
        .await;
        let opens = Utc.with_ymd_and_hms(2026, 11, 3, 7, 0, 0).unwrap();
        let closes = opens + TimeDelta::hours(3);
        for name in ALL {
            let (began, _) = begun_and_ended(&life, name)[0];
            assert!((opens..closes).contains(&began), "{name} began at {began}");
        }
    });
}

/// What was said of one image is nothing said of the next.
fn the_approval(mutant: Option<Mutant>) {
    paused(async || {
        let life = town_with(mutant, "approval = \"each\"");
        let first = life.bakes_first().await;
        life.passes(2).await;
        let question = life.remembered().await.approval.expect("it is asked");
        let store = life.store();
        let desk = Desk {
            settings: &life.settings,
            store: &store,
            clock: &life.clock,
        };
        let said = answer_question(&desk, &question.id, PersonsWord::Approve, "ann").await;
        said.expect("it is open");
        drop(store);
        life.daemon(async |watching| {
            watching.rolled_out().await;
            life.release("4.5.1");
            life.wait(6 * HOUR).await;
        })
        .await;
        assert_ne!(life.newest(), first, "another one was baked");
        assert_eq!(life.all_on(&first).len(), ALL.len(), "nobody approved it");
    });
}

type Net = (&'static str, fn(Option<Mutant>));

/// The net in which a bug shows.
fn net_for(mutant: Mutant) -> Net {
    match mutant {
        Mutant::WaveDoesNotWait => ("the waves", the_waves),
        Mutant::QuarantineForgotten => ("the quarantine", the_quarantine),
        Mutant::WindowInAnotherZone => ("the window", the_window),
        _ => ("the approval", the_approval),
    }
}

#[test]
fn each_deliberate_bug_of_a_rollout_is_caught_and_nothing_without_it() {
    println!("| deliberate bug | caught by | which said |");
    println!("|---|---|---|");
    for mutant in Mutant::OF_ROLLOUTS {
        let (name, net) = net_for(mutant);
        net(None);
        let caught = catch_unwind(AssertUnwindSafe(|| net(Some(mutant)))).err();
        let caught = caught.unwrap_or_else(|| panic!("{mutant:?} was not caught by {name}"));
        let said = caught.downcast_ref::<String>().cloned().unwrap_or_default();
        let first: String = said
            .lines()
            .next()
            .unwrap_or_default()
            .chars()
            .take(100)
            .collect();
        println!("| {mutant:?} | {name} | {first} |");
    }
}
