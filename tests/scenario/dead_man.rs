//! The watchdog: what it hears of passes, and that it holds nothing up.

use std::time::Duration;

use sim::{FaultKind, FaultRule};

use crate::common::life::Life;
use crate::common::paused;
use crate::common::slack::Mood;
use crate::common::world::CONFIG;

const HOUR: Duration = Duration::from_secs(60 * 60);

fn watched(timeout: &str) -> Life {
    let schedule = format!("[schedule]\ncron = \"0 * * * *\"\njitter = \"0s\"\n{timeout}");
    let watchdog = "[watchdog]\nping_url = { env = \"WATCHDOG_URL\" }\n";
    let mut life = Life::brisk();
    life.set_config(&format!("{CONFIG}\n{schedule}\n{watchdog}"));
    life
}

#[test]
fn each_pass_is_told_when_it_begins_and_when_it_has_ended() {
    paused(async || {
        let life = watched("");
        life.daemon(async |watching| {
            watching
                .until("three passes", |one| one.passes() == 3)
                .await;
            life.wait(Duration::from_secs(60)).await;
            assert_eq!(
                life.slack.pings(),
                ["/start", "", "/start", "", "/start", ""]
            );
        })
        .await;
    });
}

#[test]
fn a_pass_that_is_cut_is_told_as_failed() {
    paused(async || {
        let life = watched("pass_timeout = \"1m\"\n");
        let silent = FaultRule::new(FaultKind::TimeoutBeforeEffect);
        life.account.fault(silent.on("elasticbeanstalk:*"));
        life.daemon(async |watching| {
            watching.until("a cut pass", |one| one.passes() == 1).await;
            life.wait(Duration::from_secs(60)).await;
            assert_eq!(life.slack.pings(), ["/start", "/fail"]);
        })
        .await;
    });
}

#[test]
fn a_watchdog_that_does_not_answer_well_holds_nothing_up() {
    paused(async || {
        let life = watched("");
        life.slack.always(Some(Mood::Says(500, "")));
        life.daemon(async |watching| {
            life.wait(3 * HOUR).await;
            assert_eq!(watching.passes(), 4, "one at the start, one an hour");
            assert_eq!(life.slack.pings().len(), 8, "each is told all the same");
        })
        .await;
    });
}
