//! How everything stands, told by a daemon: a digest at its time, once, in the zone of the schedule, and reminders
//! of what is still out of step.

use std::time::Duration;

use amiwatch::service::daemon::Rhythm;
use sim::EnvironmentChange;

use crate::common::life::Life;
use crate::common::paused;
use crate::common::watching::{Ended, Manner, Watching};
use crate::common::world::{CONFIG, REGION};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

async fn daemon_for(life: &Life, long: Duration) {
    told_while(life, async |_| life.wait(long).await).await;
}

/// A daemon that looks for people's requests seldom: nobody asks for anything here, and it lives for days.
async fn told_while(life: &Life, story: impl AsyncFnOnce(&Watching<'_>)) {
    let manner = Manner {
        rhythm: Rhythm {
            requests: 5 * MINUTE,
            ..Rhythm::default()
        },
        alive_every: None,
    };
    let ended = life.daemon_to_its_end(manner, story).await;
    assert!(matches!(ended, Ended::Told((), Ok(()))), "{ended:?}");
}

/// A watch that only tells, of an environment that is out of step from the first look on.
fn told_daily() -> Life {
    let schedule =
        "[schedule]\ncron = \"0 */6 * * *\"\njitter = \"0s\"\ntimezone = \"Europe/Zurich\"\n";
    let asks = "digest = \"daily 08:00\"\nremind = \"2d\"\n";
    Life::with_config(&format!("{CONFIG}{asks}{schedule}"))
}

fn of(life: &Life, event: &str) -> Vec<crate::common::notices::Heard> {
    let heard = life.heard().into_iter();
    heard.filter(|one| one.event == event).collect()
}

#[test]
fn a_daemon_tells_each_morning_how_everything_stands_and_each_time_once() {
    paused(async || {
        let life = told_daily();
        daemon_for(&life, 5 * DAY).await;
        let digests = of(&life, "digest");
        assert_eq!(digests.len(), 5, "{digests:#?}");
        for one in &digests {
            assert!(one.body.contains(" 08:00 CET"), "{}", one.body);
            assert!(one.body.contains("shop-blue"), "{}", one.body);
        }
        // Another process, at another hour of the same day, has none to tell; three days off make up for one.
        daemon_for(&life, MINUTE).await;
        assert_eq!(of(&life, "digest").len(), 5);
        life.wait(3 * DAY).await;
        daemon_for(&life, 10 * MINUTE).await;
        assert_eq!(of(&life, "digest").len(), 6);
        life.each_notice_came_once();
    });
}

#[test]
fn what_stays_out_of_step_is_told_again_until_it_is_in_step() {
    paused(async || {
        let life = told_daily();
        told_while(&life, async |watching| {
            let reminded = || of(&life, "reminder").len();
            // It is out of step since the first look; it is looked for once an hour, and told within minutes.
            life.wait(2 * DAY - 10 * MINUTE).await;
            assert_eq!(reminded(), 0, "not yet two days");
            life.wait(15 * MINUTE).await;
            assert_eq!(reminded(), 1, "after two days");
            life.wait(3 * DAY - 5 * MINUTE).await;
            assert_eq!(reminded(), 2, "after two days, and after four");
            let image = life.verified().pop().map(|image| image.id);
            let image = image.expect("an image was baked");
            let here = life.account.at(REGION);
            here.change_environment("shop-blue", EnvironmentChange::Image(image))
                .unwrap();
            life.wait(DAY).await;
            let told = reminded();
            life.wait(6 * DAY).await;
            assert_eq!(reminded(), told, "it is in step");
            assert!(watching.passes() > 20);
        })
        .await;
        life.each_notice_came_once();
    });
}
