//! Good days: two waves to the end; and bad ones: the canary fails, and nothing goes further.

use std::time::Duration;

use amiwatch::flow::exit_code::Exit;
use amiwatch::model::request::RequestedAct;

use super::world::{ALL, BLUE, CANARY, GREEN, UNASKED, town};
use crate::common::life::Life;
use crate::common::paused;

const HOUR: Duration = Duration::from_secs(60 * 60);

/// A release comes out, an image is baked of it, the canary gets it, then the others, and what was told as
/// drift is over.
#[test]
fn a_release_goes_through_two_waves_to_resolved() {
    paused(async || {
        let life = town(UNASKED);
        life.daemon(async |watching| {
            let first = watching.rolled_out().await;
            life.release("4.5.1");
            watching.ask(RequestedAct::Look).await;
            watching
                .until("another image", |one| one.life.newest() != first)
                .await;
            watching.rolled_out().await;
            let over = |one: &crate::common::watching::Watching<'_>| {
                one.life.heard_events().contains(&"resolved".to_owned())
            };
            watching.until("the drift is over", over).await;
        })
        .await;
        // Each once, the canary first, whichever of the others followed.
        let updated = life.updated();
        assert_eq!(updated.len(), 6, "{updated:?}");
        assert_eq!(
            (&*updated[0], &*updated[3]),
            (CANARY, CANARY),
            "{updated:?}"
        );
        let said = life.told("rolled_out");
        assert_eq!(said.len(), 4, "two waves of two images: {said:?}");
        assert!(said[0].contains("wave 1 of 2 runs"), "{said:?}");
        assert!(said[1].contains("is rolled out"), "{said:?}");
        for name in ALL {
            let version = life.environment(name).platform_arn;
            assert!(
                version.ends_with("/4.5.1"),
                "the platform moves along: {version}"
            );
        }
        life.each_notice_came_once();
        life.nothing_leaks();
        assert!(life.remembered().await.has_succeeded);
    });
}

/// The second wave begins when the first is through, and not at the next tick of the timetable.
#[test]
fn what_follows_from_a_move_s_end_waits_for_no_tick() {
    paused(async || {
        let life = town(UNASKED);
        life.daemon(async |watching| {
            let begun = life.clock.now();
            watching.rolled_out().await;
            // Three moves, one after another, settle for eight minutes; the timetable alone would take an
            // hour.
            let took = life.clock.now() - begun;
            assert!(took.num_minutes() < 40, "{took}");
        })
        .await;
    });
}

/// The canary does not stay well: it is taken back, its image is quarantined, and the others never see it;
/// not after a restart, and not by another process.
#[test]
fn a_canary_that_fails_is_taken_back_and_stops_the_rollout() {
    paused(async || {
        let life = town(UNASKED);
        let image = life.bakes_first().await;
        life.is_ill(&image, Duration::from_secs(90));
        life.passes(1).await;
        let after = life.environment(CANARY);
        assert_ne!(after.image_id, image, "{after:?}");
        assert_eq!(life.updated(), [CANARY, CANARY], "there and back");
        assert_eq!(life.told("rolled_back").len(), 1);
        life.passes(3).await;
        life.daemon(async |_| life.wait(6 * HOUR).await).await;
        life.passes(1).await;
        assert_eq!(life.updated(), [CANARY, CANARY], "nobody is moved to it");
        assert_eq!(life.all_on(&image), [""; 0]);
        let image = life.account.image(&image).expect("it is kept");
        let state = image.tags.get(amiwatch::model::tags::STATE);
        assert_eq!(state.map(String::as_str), Some("quarantined"));
        life.each_notice_came_once();

        // Another release heals it all.
        life.release("4.5.1");
        life.daemon(async |watching| watching.rolled_out().await)
            .await;
        assert_eq!(life.environment(GREEN).status, "Ready");
    });
}

/// With an empty store the first look moves nothing, whatever it sees.
#[test]
fn an_empty_store_moves_nothing_before_a_whole_look() {
    paused(async || {
        let life = town(UNASKED);
        life.bakes_first().await;
        life.lose_the_store();
        life.pass().await;
        assert_eq!(life.updated(), [""; 0]);
        life.passes(1).await;
        assert_eq!(life.updated(), [CANARY]);
    });
}

/// `run --once` decides once: the second wave is the next one's. A move that fails is 1, a gate that waits
/// is 0.
#[test]
fn once_decides_once_and_says_how_it_went() {
    paused(async || {
        let life = town(UNASKED);
        let image = life.bakes_first().await;
        let first = life.pass().await;
        assert_eq!(life.all_on(&image), [CANARY]);
        assert_eq!(first.rolled.len(), 1);
        life.passes(1).await;
        assert_eq!(life.all_on(&image).len(), 2, "one at once");
        life.passes(1).await;
        assert_eq!(life.all_on(&image).len(), 3);
        let last = life.pass().await;
        assert_eq!((last.rolled.len(), last.exit()), (0, Exit::Done));

        life.release("4.5.1");
        life.passes(1).await;
        let newer = life.newest();
        life.is_ill(&newer, Duration::from_secs(90));
        let failed = life.pass().await;
        assert_eq!(failed.exit(), Exit::Failed);
        assert!(life.is_on(CANARY, &image));
    });
}

/// What may be under way at once, is.
#[test]
fn as_many_move_at_once_as_the_watch_says() {
    paused(async || {
        let life = town(&format!("{UNASKED}\nat_once = 2"));
        let image = life.bakes_first().await;
        life.passes(1).await;
        let second = life.pass().await;
        assert_eq!(second.rolled.len(), 2);
        assert_eq!(life.all_on(&image).len(), 3);
    });
}

/// The daemon is stopped while an environment moves: the next one goes on with it, and the gates hold.
#[test]
fn a_restart_goes_on_with_the_move_and_keeps_the_gates() {
    paused(async || {
        let life = town(UNASKED);
        life.daemon(async |watching| {
            watching
                .until("an update", |one| !one.life.updated().is_empty())
                .await;
        })
        .await;
        life.wait(HOUR).await;
        assert_eq!(life.updated(), [CANARY]);
        life.daemon(async |watching| watching.rolled_out().await)
            .await;
        assert_eq!(life.updated().len(), 3, "each once");
        life.each_notice_came_once();
    });
}

/// Somebody holds the watch while the canary settles: the move ends, and the others do not begin.
#[test]
fn a_hold_stops_what_has_not_begun() {
    paused(async || {
        let life = town(UNASKED);
        life.daemon(async |watching| {
            watching
                .until("an update", |one| !one.life.updated().is_empty())
                .await;
            hold(&life).await;
            life.wait(3 * HOUR).await;
            let newest = life.newest();
            assert_eq!(life.all_on(&newest), [CANARY]);
        })
        .await;
        assert_eq!(life.updated(), [CANARY]);
    });
}

async fn hold(life: &Life) {
    use amiwatch::model::hold::{HeldThing, Hold};
    use amiwatch::service::desk::{Desk, hold::hold_watch};
    let store = life.store();
    let desk = Desk {
        settings: &life.settings,
        store: &store,
        clock: &life.clock,
    };
    let hold = Hold {
        on: HeldThing::Watch,
        reason: "the audit is on".to_owned(),
        by: "ann".to_owned(),
        since: life.clock.now(),
        until: None,
    };
    hold_watch(&desk, &"shop".into(), &hold).await.unwrap();
}

/// One of the second wave goes away before its turn, another one comes: ids and names as they are.
#[test]
fn environments_come_and_go_meanwhile() {
    paused(async || {
        let life = town(UNASKED);
        let here = life.account.at(crate::common::world::REGION);
        let image = life.bakes_first().await;
        life.passes(1).await;
        assert_eq!(life.all_on(&image), [CANARY]);
        let gone = sim::EnvironmentChange::Terminated;
        here.change_environment(GREEN, gone).unwrap();
        here.environment(super::world::environment("shop-red"))
            .unwrap();
        life.passes(4).await;
        assert!(life.is_on(BLUE, &image) && life.is_on("shop-red", &image));
        let last = life.pass().await;
        assert_eq!((last.rolled.len(), last.exit()), (0, Exit::Done));
        assert!(
            life.told("rolled_out")
                .last()
                .unwrap()
                .contains("is rolled out")
        );
    });
}

/// A name is given to another environment while the first one moves: what became of that move cannot be told,
/// so a person hears of it; the new one is a newcomer, whatever is remembered under its name.
#[test]
fn a_name_that_is_given_anew_is_another_environment() {
    paused(async || {
        let life = town(UNASKED);
        let here = life.account.at(crate::common::world::REGION);
        let first = life.environment(CANARY).id;
        life.daemon(async |watching| {
            watching
                .until("an update", |one| !one.life.updated().is_empty())
                .await;
            here.change_environment(CANARY, sim::EnvironmentChange::Terminated)
                .unwrap();
            here.environment(super::world::environment(CANARY)).unwrap();
            watching.rolled_out().await;
        })
        .await;
        assert_ne!(life.environment(CANARY).id, first);
        let told = life.told("attention");
        assert!(told.iter().any(|one| one.contains(CANARY)), "{told:?}");
        assert_eq!(life.updated().len(), 1 + ALL.len(), "{:?}", life.updated());
        life.each_notice_came_once();
    });
}

/// The canary was through, and is made again under its name, on the image that it had at first: it goes first
/// once more, and is not taken for one that somebody set back.
#[test]
fn one_that_is_made_again_after_its_move_is_not_taken_for_set_back() {
    paused(async || {
        let life = town(UNASKED);
        let here = life.account.at(crate::common::world::REGION);
        let image = life.bakes_first().await;
        life.passes(1).await;
        assert_eq!(life.all_on(&image), [CANARY]);
        here.change_environment(CANARY, sim::EnvironmentChange::Terminated)
            .unwrap();
        here.environment(super::world::environment(CANARY)).unwrap();
        life.passes(1).await;
        assert_eq!(
            life.all_on(&image),
            [CANARY],
            "first again, before the others"
        );
        life.passes(3).await;
        assert_eq!(life.all_on(&image).len(), ALL.len());
        assert_eq!(life.told("attention"), [""; 0]);
    });
}

/// The config says otherwise in the middle: what is under way ends, nothing more begins.
#[test]
fn a_reload_in_the_middle_lets_the_move_end_and_begins_no_other() {
    paused(async || {
        let life = town(UNASKED);
        life.daemon(async |watching| {
            watching
                .until("an update", |one| !one.life.updated().is_empty())
                .await;
            let tells = super::world::config(UNASKED).replace("\"rollout\"", "\"notify\"");
            watching.edit(Ok(tells));
            watching.signal(amiwatch::service::daemon::Signal::Reload);
            life.wait(3 * HOUR).await;
        })
        .await;
        let newest = life.newest();
        assert_eq!(life.all_on(&newest), [CANARY]);
        assert_eq!(life.updated(), [CANARY]);
    });
}
