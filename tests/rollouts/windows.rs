//! Windows: a move starts only inside, in the window's own zone, on the days when its clock changes too.

use std::time::Duration;

use chrono::{DateTime, TimeZone as _, Utc};

use super::world::{UNASKED, town};
use crate::common::life::Life;
use crate::common::paused;

const HOUR: Duration = Duration::from_secs(60 * 60);

/// When each environment's update was sent.
fn begun(life: &Life) -> Vec<DateTime<Utc>> {
    let ledger = life.account.ledger().into_iter();
    let updates = ledger.filter(|call| {
        call.operation == "UpdateEnvironment" && call.took_effect && call.outcome == "ok"
    });
    updates.map(|call| call.at).collect()
}

/// A week in November, in Zurich's winter: Tuesday to Thursday from two to five in the morning there.
#[test]
fn a_move_starts_only_inside_of_a_window_and_soon_after_it_opens() {
    paused(async || {
        let window =
            r#"windows = [{ cron = "0 2 * * 2-4", duration = "3h", timezone = "Europe/Zurich" }]"#;
        let life = town(&format!("{UNASKED}\n{window}"));
        life.daemon(async |watching| {
            life.wait(14 * HOUR).await;
            assert_eq!(
                begun(&life).len(),
                0,
                "baked on Monday, and nothing is moved before Tuesday"
            );
            watching.rolled_out().await;
        })
        .await;
        let begun = begun(&life);
        let opens = Utc.with_ymd_and_hms(2026, 11, 3, 1, 0, 0).unwrap();
        let closes = opens + chrono::TimeDelta::hours(3);
        assert!(
            begun.iter().all(|at| (opens..closes).contains(at)),
            "{begun:?}"
        );
        let late = begun[0] - opens;
        assert!(late.num_seconds() < 120, "{late} after it opened");
    });
}

/// The night in which Zurich's clocks go forward: half past two does not exist there.
#[test]
fn a_window_opens_on_the_night_when_clocks_change() {
    paused(async || {
        let window =
            r#"windows = [{ cron = "30 2 * * *", duration = "1h", timezone = "Europe/Zurich" }]"#;
        let life = town(&format!("{UNASKED}\n{window}"));
        // 28 March 2027, 01:00 UTC: 02:00 becomes 03:00.
        let change = Utc.with_ymd_and_hms(2027, 3, 28, 1, 0, 0).unwrap();
        let eve = change - chrono::TimeDelta::hours(2);
        life.clock.sleep_until(eve).await;
        life.daemon(async |watching| {
            watching
                .until("an update", |one| !one.life.updated().is_empty())
                .await;
        })
        .await;
        let first = begun(&life)[0];
        let late = first - change;
        // What the night leaves out begins when the clocks have changed, as the schedule's rule says.
        assert!((0..3700).contains(&late.num_seconds()), "{first}");
    });
}
