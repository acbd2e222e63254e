//! Every bad day that an environment can have, at every stage of a move that a person ordered and of the
//! one that takes it back: the end is one of those that are promised, whatever it was.
//!
//! Promised is: the environment runs one image whole, the proved one or the one from before, or a person
//! was told; one update for one intent; and no draft of ours stays.

use std::panic::catch_unwind;
use std::sync::Mutex;
use std::time::Duration;

use amiwatch::model::request::{RequestAnswer, WishedWay};
use sim::{BadDay, EnvironmentSpec};

use super::ordered::{forward, is_ours, proved_with};
use super::world::{NEW, OLD, environment, immutable};
use crate::common::life::Life;
use crate::common::paused;
use crate::common::watching::{Ended, Manner, Watching};
use crate::common::world::REGION;

/// When the bad day comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Before anything is ordered.
    Before,
    /// The update is under way.
    Replacing,
    /// Every instance is replaced, and it is looked whether it stays well.
    Settling,
}

const STAGES: [Stage; 3] = [Stage::Before, Stage::Replacing, Stage::Settling];

/// A way in which instances are replaced.
type Way = (&'static str, fn() -> EnvironmentSpec);

const WAYS: [Way; 4] = [
    ("immutable", immutable),
    ("rolling", || environment().rolling_by_health()),
    ("all at once", environment),
    ("single", || environment().immutable().single_instance()),
];

/// One bad day of one move.
#[derive(Debug, Clone, Copy)]
struct Case {
    way: Way,
    day: BadDay,
    stage: Stage,
    /// It befalls the move back, not the one forward.
    back: bool,
}

impl Case {
    /// Every one there is.
    fn every() -> Vec<Self> {
        let mut all = Vec::new();
        for day in BadDay::ALL {
            for stage in STAGES {
                for way in WAYS {
                    for back in [false, true] {
                        all.push(Self {
                            way,
                            day,
                            stage,
                            back,
                        });
                    }
                }
            }
        }
        all
    }

    /// Every bad day once, with stages, ways and directions dealt out in turn.
    fn dealt() -> Vec<Self> {
        let days = BadDay::ALL.into_iter().enumerate();
        let dealt = days.map(|(nth, day)| Self {
            way: WAYS[nth % WAYS.len()],
            day,
            stage: STAGES[nth % STAGES.len()],
            back: nth % 5 == 1,
        });
        dealt.collect()
    }

    fn words(&self) -> String {
        let Self {
            way,
            day,
            stage,
            back,
        } = self;
        let direction = if *back { "back" } else { "forward" };
        format!("{day:?}, {stage:?}, {direction}, {}", way.0)
    }

    fn aims_at(&self) -> &'static str {
        match self.back {
            true => OLD,
            false => NEW,
        }
    }
}

/// Lives it, and says how it ended.
async fn ended(case: Case) -> String {
    let life = proved_with((case.way.1)());
    let lived = life
        .daemon_to_its_end(Manner::default(), async |watching| {
            if case.back {
                moves_well(watching).await;
            }
            befallen(watching, case).await;
            watching.until_moved().await;
            // Whatever others began as ours ended comes to its end as well.
            life.wait(Duration::from_secs(3 * 3600)).await;
            watching.until_moved().await;
        })
        .await;
    assert!(matches!(lived, Ended::Told((), Ok(()))), "{lived:?}");
    life.pass().await;
    holds(&life, case);
    let events = life.heard_events().join(", ");
    let on = match life.account.environment("shop-blue") {
        None => "gone".to_owned(),
        Some(is) => format!("{} {}", named(is.set_image_id.as_deref()), is.status),
    };
    format!("{on} | {events}")
}

fn named(image: Option<&str>) -> &str {
    match image {
        Some(OLD) => "old",
        Some(NEW) => "new",
        Some(_) => "theirs",
        None => "stock",
    }
}

async fn moves_well(watching: &Watching<'_>) {
    let begun = watching.orders(forward()).await;
    assert!(matches!(begun, RequestAnswer::Driving { .. }), "{begun:?}");
    watching.until_moved().await;
    assert_eq!(Vec::from_iter(watching.life.runs()), [NEW]);
}

/// Orders the move, and lets the bad day come at its stage.
async fn befallen(watching: &Watching<'_>, case: Case) {
    let life = watching.life;
    let strikes = || {
        let here = life.account.at(REGION);
        here.befalls("shop-blue", case.aims_at(), case.day).unwrap();
    };
    if case.stage == Stage::Before {
        strikes();
    }
    let way = match case.back {
        true => WishedWay::Back,
        false => forward(),
    };
    let begun = watching.orders(way).await;
    if case.stage == Stage::Before {
        return;
    }
    assert!(matches!(begun, RequestAnswer::Driving { .. }), "{begun:?}");
    let replaced = case.stage == Stage::Settling;
    watching
        .until("its stage", |watching| {
            let is = watching.life.shop_blue();
            match replaced {
                false => is.status == "Updating",
                true => is.status == "Ready" && is.image_id == case.aims_at(),
            }
        })
        .await;
    strikes();
}

/// What is promised, read from the account.
#[track_caller]
fn holds(life: &Life, case: Case) {
    let told = life.was_told_of_trouble();
    let before = usize::from(case.back);
    let towards = (life.ours_towards(NEW), life.ours_towards(OLD));
    // Forward once, and back at most twice.
    assert!(
        (before..=1).contains(&towards.0) && towards.1 <= 2,
        "{case:?}: {towards:?} updates"
    );
    life.each_notice_came_once();
    let Some(is) = life.account.environment("shop-blue") else {
        assert_eq!(case.day, BadDay::SomebodyTerminates, "{case:?}");
        return;
    };
    let whole = is.status == "Ready"
        && is.pending_image_id.is_none()
        && !is.is_broken
        && is.instances.values().all(|image| *image == is.image_id);
    let where_it_was = [Some(OLD), Some(NEW)].contains(&is.set_image_id.as_deref());
    assert!(
        (whole && where_it_was) || told,
        "{case:?}: nobody was told: {is:#?}"
    );
    let well = matches!(is.health.as_str(), "Ok" | "Info");
    let newest = is.set_image_id.as_deref() == Some(case.aims_at());
    // What shows half an hour later is beyond this watch's proof.
    let shows = case.day.blames_image() && case.day != BadDay::HealthFailsLater;
    let ill_on_ours = newest && !well && shows;
    assert!(!ill_on_ours || told, "{case:?}: ill, and nobody was told");
    let theirs = case.day == BadDay::DraftIsLeftBehind;
    if let Some(draft) = is.failed_draft.as_ref().filter(|_| !theirs) {
        let updates = life.account.updates("shop-blue");
        let left = updates.iter().find(|one| {
            let ended = one.ended.unwrap_or(draft.at);
            is_ours(one)
                && one.image_id == draft.image_id
                && one.began <= draft.at
                && draft.at <= ended
        });
        assert!(
            left.is_none() || told,
            "{case:?}: left {draft:?} of {left:?}"
        );
    }
}

/// Lives each, and says which did not end as promised.
fn each(cases: Vec<Case>) {
    let half = cases.len() / 2;
    let broken = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for part in [&cases[..half], &cases[half..]] {
            let broken = &broken;
            scope.spawn(move || {
                for case in part {
                    let told = case.words();
                    match catch_unwind(|| paused(async || ended(*case).await)) {
                        Ok(end) => println!("{told}: {end}"),
                        Err(_) => broken.lock().unwrap().push(told),
                    }
                }
            });
        }
    });
    let broken = broken.into_inner().unwrap();
    assert!(broken.is_empty(), "broke a promise: {broken:#?}");
}

#[test]
fn every_bad_day_ends_as_promised() {
    each(Case::dealt());
}

/// `cargo test --test main moves::bad_days -- --ignored --nocapture`
#[test]
#[ignore = "takes minutes: every bad day at every stage, both ways, for each way of replacing"]
fn every_bad_day_of_every_way_ends_as_promised() {
    each(Case::every());
}
