//! The daemon by itself: its schedule, bakes beside its passes, stops and restarts.

use std::time::Duration;

use amiwatch::service::daemon::Condition;
use amiwatch::service::vitals::{BakeResult, PassResult};
use amiwatch::store::{Store as _, StoreError};
use chrono::TimeDelta;
use sim::{FaultKind, FaultRule};

use crate::common::life::Life;
use crate::common::paused;
use crate::common::watching::{Ended, Manner, Watching};
use crate::common::world::{CONFIG, brisk};

pub(super) const HOUR: Duration = Duration::from_secs(60 * 60);

pub(super) fn with_schedule(schedule: &str) -> String {
    format!("{CONFIG}\n[schedule]\n{schedule}\n")
}

pub(super) fn bakes(watching: &Watching<'_>, result: BakeResult) -> u64 {
    let bakes = watching.pulse().bakes;
    bakes.get(&result).copied().unwrap_or_default()
}

pub(super) async fn verified(watching: &Watching<'_>) {
    let one = |watching: &Watching<'_>| bakes(watching, BakeResult::Verified) == 1;
    watching.until("a verified bake", one).await;
}

#[test]
fn it_looks_at_once_and_then_when_the_schedule_says() {
    paused(async || {
        let mut life = Life::brisk();
        life.set_config(&with_schedule("cron = \"0 * * * *\"\njitter = \"0s\""));
        life.daemon(async |watching| {
            watching
                .until("the first pass", |one| one.passes() == 1)
                .await;
            let begun = watching.pulse().last_pass_at.unwrap();
            assert!((begun - watching.pulse().started_at) < TimeDelta::minutes(1));
            life.wait(5 * HOUR).await;
            assert_eq!(watching.passes(), 6, "one at the start, one an hour");
            let last = watching.pulse().last_pass_at.unwrap();
            assert_eq!(last.timestamp() % 3600 / 60, 0, "{last}");
            let next = watching.pulse().next_pass_at.unwrap();
            assert_eq!(next.timestamp() % 3600, 0, "{next}");
        })
        .await;
        life.promises_hold();
    });
}

#[test]
fn ticks_are_late_by_their_jitter() {
    paused(async || {
        let mut life = Life::brisk();
        life.set_config(&with_schedule("cron = \"0 * * * *\"\njitter = \"10m\""));
        let mut seen = std::collections::BTreeSet::new();
        life.daemon(async |watching| {
            for pass in 1..6 {
                watching.until("a pass", |one| one.passes() == pass).await;
                let next = watching.pulse().next_pass_at.unwrap();
                let late = next.timestamp() % 3600;
                assert!((0..=600).contains(&late), "{next}");
                seen.insert(late);
            }
        })
        .await;
        assert!(seen.len() > 2, "late by the same every time: {seen:?}");
    });
}

#[test]
fn a_bake_that_takes_its_time_holds_no_pass_up() {
    paused(async || {
        let life = Life::begin();
        let slow = sim::Timing {
            image: HOUR,
            ..brisk()
        };
        life.account.set_timing(slow);
        life.daemon(async |watching| {
            life.wait(Duration::from_secs(50 * 60)).await;
            assert!(watching.passes() >= 4, "{} passes", watching.passes());
            assert_eq!(watching.pulse().bakes_under_way, 1);
            verified(watching).await;
        })
        .await;
        life.promises_hold();
        assert_eq!(
            life.effects_of("RunInstances"),
            2,
            "one builder and one boot test"
        );
    });
}

#[test]
fn stopped_in_the_middle_of_a_bake_the_next_start_goes_on_with_it() {
    paused(async || {
        let life = Life::begin();
        life.daemon(async |watching| {
            let launched = |_: &Watching<'_>| life.effects_of("RunInstances") == 1;
            watching.until("a builder", launched).await;
        })
        .await;
        assert_eq!(life.open_bakes().await.len(), 1);
        life.daemon(async |watching| verified(watching).await).await;
        assert_eq!(
            life.effects_of("RunInstances"),
            2,
            "one builder and one boot test"
        );
        assert_eq!(life.open_bakes().await, [""; 0]);
        life.promises_hold();
        life.each_notice_came_once();
    });
}

#[test]
fn a_pass_that_hangs_is_cut_and_told_once_and_ticks_are_not_made_up_for() {
    paused(async || {
        let mut life = Life::brisk();
        life.set_config(&with_schedule(
            "cron = \"*/10 * * * * *\"\njitter = \"0s\"\npass_timeout = \"1m\"",
        ));
        life.account
            .fault(FaultRule::new(FaultKind::TimeoutBeforeEffect).on("elasticbeanstalk:*"));
        life.daemon(async |watching| {
            let cut = |watching: &Watching<'_>| {
                let passes = watching.pulse().passes;
                passes.get(&PassResult::Cut).copied().unwrap_or_default()
            };
            watching
                .until("two passes that are cut", |one| cut(one) == 2)
                .await;
            life.account.clear_faults();
            let (before, at) = (watching.passes(), life.clock.now());
            watching
                .until("a good pass", |one| one.pulse().last_good_pass_at.is_some())
                .await;
            // Six ticks and more went by during each of the others.
            assert!(watching.passes() - before <= 2, "late ticks were bunched");
            assert!(life.clock.now() - at < TimeDelta::minutes(2));
            verified(watching).await;
        })
        .await;
        let attention = life.heard_events();
        let attention = attention.iter().filter(|event| *event == "attention");
        assert_eq!(attention.count(), 1, "{:?}", life.heard());
        let told = life.heard_of("attention");
        assert!(
            told.body.contains("did not end within 60 s"),
            "{}",
            told.body
        );
    });
}

#[test]
fn what_supervises_it_is_told() {
    paused(async || {
        let life = Life::brisk();
        let minute = Some(Duration::from_secs(60));
        let story = async |watching: &Watching<'_>| {
            life.wait(HOUR).await;
            assert_eq!(watching.told()[0], Condition::Ready);
            let told = watching.told();
            let alive = told.iter().filter(|one| **one == Condition::Alive).count();
            assert!((58..=62).contains(&alive), "alive {alive} times in an hour");
            let status = |one: &Condition| matches!(one, Condition::Status(line) if line.contains("next pass 2026-"));
            assert!(told.iter().any(status), "{told:?}");
        };
        let manner = Manner {
            alive_every: minute,
            ..Manner::default()
        };
        let ended = life.daemon_to_its_end(manner, story).await;
        assert!(matches!(ended, Ended::Told((), Ok(()))), "{ended:?}");
    });
}

#[test]
fn a_daemon_that_was_replaced_stops_and_changes_nothing_more() {
    paused(async || {
        let life = Life::begin();
        let story = async |watching: &Watching<'_>| {
            watching
                .until("a builder", |_| life.effects_of("RunInstances") == 1)
                .await;
            life.usurp().await;
            life.wait(4 * HOUR).await;
        };
        let ended = life.daemon_to_its_end(Manner::default(), story).await;
        let replaced = matches!(ended, Ended::Itself(Err(StoreError::LeaseLost)));
        assert!(replaced, "{ended:?}");
        let before = life
            .store()
            .journal(&life.open_bakes().await[0])
            .await
            .unwrap();
        assert_eq!(life.effects_of("RunInstances"), 1);
        assert!(!before.is_empty());
    });
}

#[test]
fn what_nothing_claims_is_told_first_and_removed_the_next_day() {
    paused(async || {
        let life = Life::begin();
        life.daemon(async |watching| {
            let launched = |_: &Watching<'_>| life.effects_of("RunInstances") == 1;
            watching.until("a builder", launched).await;
        })
        .await;
        // The builder stays behind, and nothing remembers it.
        life.lose_the_store();
        life.release("4.5.1");
        life.wait(3 * HOUR).await;
        assert!(!life.leaked().is_empty());
        life.daemon(async |watching| {
            verified(watching).await;
            life.wait(HOUR).await;
            assert!(
                !life.leaked().is_empty(),
                "it was removed before anybody could look"
            );
            assert!(life.heard_events().contains(&"attention".to_owned()));
            life.wait(25 * HOUR).await;
        })
        .await;
        life.nothing_leaks();
        life.nothing_foreign_touched();
    });
}

#[test]
fn a_bake_that_ends_while_a_pass_looks_is_counted_once_and_not_begun_again() {
    paused(async || {
        let mut life = Life::brisk();
        life.set_config(&with_schedule("cron = \"* * * * * *\"\njitter = \"0s\""));
        // A look takes longer than the gap to the next tick: some pass is always under way.
        let slow = FaultKind::Slow { seconds: 8.0 };
        life.account
            .fault(FaultRule::new(slow).on("elasticbeanstalk:DescribeEnvironments"));
        life.daemon(async |watching| {
            let looking = |one: &Watching<'_>| {
                // From the second pass on, the bake was under way when the look began.
                one.passes() > 0 && one.pulse().pass_since.is_some()
            };
            let ended = |one: &Watching<'_>| bakes(one, BakeResult::Verified) > 0;
            watching.until("a bake's end", ended).await;
            assert!(
                looking(watching),
                "no pass was under way when the bake ended"
            );
            life.wait(Duration::from_secs(5 * 60)).await;
            assert_eq!(bakes(watching, BakeResult::Verified), 1);
        })
        .await;
        assert_eq!(
            life.effects_of("RunInstances"),
            2,
            "one builder and one boot test"
        );
        life.promises_hold();
    });
}
