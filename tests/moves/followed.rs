//! A person's command that waits for a move, and the process that makes it: stopped at every distinct
//! point, alone and beside each other. Whoever goes on, the move is made once, and the command that is
//! still there ends with what came of it.

use std::time::Duration;

use amiwatch::flow::exit_code::Exit;
use amiwatch::flow::rollout::moving::kind::MoveKind;
use amiwatch::model::request::WishedWay;
use amiwatch::service::Service;
use amiwatch::service::desk::moving::{MoveEnd, MoveTeller, move_environment};
use amiwatch::service::desk::opening::leave_lease;
use amiwatch::service::runs::under_way;
use amiwatch::workflow::observer::Unobserved;
use tokio::sync::Notify;

use super::ordered::{brisk, forward, wish};
use super::world::{NEW, OLD, serves};
use crate::common::life::{Life, Stopped};
use crate::common::paused;
use crate::common::seam::Arm;
use crate::common::watching::{Ended, Manner};
use crate::crash::points::Points;

/// What happens to the process that makes the move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is stopped, and nobody starts another one: the command that waits goes on.
    Stopped,
    /// It is stopped, and another one starts at once.
    Restarted,
    /// A request of its is never answered.
    Unanswered,
    /// Its store takes nothing more, until it is started again.
    StoreFull,
}

impl Fate {
    fn applies(self, point: &str) -> bool {
        match self {
            Self::Stopped | Self::Restarted => true,
            Self::Unanswered => point.ends_with(", answer lost"),
            Self::StoreFull => point.starts_with("before commit"),
        }
    }

    fn arm(self, at: usize) -> Arm {
        match self {
            Self::Stopped | Self::Restarted => Arm::StopAt(at),
            Self::Unanswered => Arm::HangAt(at),
            Self::StoreFull => Arm::RefuseFrom(at),
        }
    }
}

/// A move, and how it must end whatever happens to whoever makes it.
#[derive(Clone, Copy)]
struct Told {
    begin: fn() -> Life,
    exit: Exit,
    runs: &'static str,
    updates: usize,
}

const GOOD: Told = Told {
    begin: brisk,
    exit: Exit::Done,
    runs: NEW,
    updates: 1,
};

/// The image grows ill while it settles: there, and back.
const TAKEN_BACK: Told = Told {
    begin: || {
        let life = brisk();
        serves(&life, NEW, "Severe", 120.0);
        life
    },
    exit: Exit::Failed,
    runs: OLD,
    updates: 2,
};

async fn commanded(service: &Service<'_>, way: WishedWay) -> MoveEnd {
    let teller = MoveTeller {
        meanwhile: &|_| {},
        observers: &|_| Box::new(Unobserved),
    };
    let ended = Box::pin(move_environment(service, &wish(way), &teller)).await;
    ended.expect("the command is answered")
}

/// A daemon, and a command that waits for it. What the command ended with, and the points that the daemon
/// passed once it was asked.
async fn followed(life: &Life, arm: Arm, fate: Option<Fate>) -> (MoveEnd, Vec<String>) {
    let (armed, answered) = (Notify::new(), Notify::new());
    let command = async {
        armed.notified().await;
        let end = life
            .command(async |service| commanded(&service, forward()).await)
            .await;
        answered.notify_one();
        end
    };
    let daemons = async {
        let first = life
            .daemon_to_its_end(Manner::default(), async |watching| {
                watching
                    .until("its first pass", |one| one.passes() > 0)
                    .await;
                life.seam.arm(arm);
                armed.notify_one();
                match fate {
                    // What its store does not take, it cannot answer: a person starts it again.
                    Some(Fate::StoreFull) => life.wait(Duration::from_secs(120)).await,
                    _ => answered.notified().await,
                }
            })
            .await;
        let passed = life.seam.passed();
        life.seam.arm_quietly(Arm::Nowhere);
        match fate {
            Some(Fate::Restarted | Fate::StoreFull) => {
                life.daemon(async |_| answered.notified().await).await
            }
            Some(Fate::Stopped) => assert!(matches!(first, Ended::Killed), "{first:?}"),
            Some(Fate::Unanswered) | None => {
                assert!(matches!(first, Ended::Told((), Ok(()))), "{first:?}");
            }
        }
        passed
    };
    futures_util::future::join(command, daemons).await
}

/// What must hold at the end.
async fn holds(life: &Life, told: Told, end: &MoveEnd) {
    life.pass().await;
    assert_eq!(end.exit(), told.exit);
    let MoveEnd::Ended(results) = end else {
        panic!("the command did not hear how it ended");
    };
    assert_eq!(results.len(), told.updates, "{results:?}");
    assert_eq!(Vec::from_iter(life.runs()), [told.runs]);
    assert_eq!(life.updates(), told.updates);
    assert_eq!(life.shop_blue().failed_draft, None);
    life.each_key_has_one_text();
    life.no_move_is_open().await;
}

/// The points that an undisturbed daemon passes once it is asked.
fn points(told: Told) -> Vec<String> {
    paused(async || {
        let life = (told.begin)();
        let (end, passed) = followed(&life, Arm::Nowhere, None).await;
        holds(&life, told, &end).await;
        passed
    })
}

/// One life for every `nth` of the distinct points that the fate applies to; how many those were.
fn everywhere(told: Told, fate: Fate, nth: usize) -> usize {
    let points = points(told);
    let chosen = Points::Distinct.chosen(&points).into_iter();
    let fitting = chosen.filter(|at| fate.applies(&points[at - 1]));
    let stops: Vec<usize> = fitting.step_by(nth).collect();
    for stop in &stops {
        let said = format!("{fate:?} at {stop}/{}: {}", points.len(), points[stop - 1]);
        let _context = InLife(&said);
        paused(async || {
            let life = (told.begin)();
            let (end, _) = followed(&life, fate.arm(*stop), Some(fate)).await;
            holds(&life, told, &end).await;
        });
    }
    stops.len()
}

fn in_fates(name: &str, told: Told, fates: &[(Fate, usize)]) {
    std::thread::scope(|scope| {
        for (fate, nth) in fates {
            scope.spawn(move || {
                let lives = everywhere(told, *fate, *nth);
                assert!(lives > 2, "{name}, {fate:?}: only {lives} lives");
                println!("{name}: {fate:?} at {lives} points");
            });
        }
    });
}

/// Prints its text when it is dropped by a panic.
struct InLife<'a>(&'a str);

impl Drop for InLife<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("in the life {}", self.0);
        }
    }
}

#[test]
fn a_command_that_follows_hears_the_end_whatever_becomes_of_the_daemon() {
    let fates = [
        (Fate::Stopped, 5),
        (Fate::Restarted, 6),
        (Fate::Unanswered, 7),
        (Fate::StoreFull, 4),
    ];
    in_fates("followed", GOOD, &fates);
}

#[test]
fn a_command_that_follows_hears_of_the_way_back_too() {
    let fates = [(Fate::Stopped, 9), (Fate::Restarted, 11)];
    in_fates("followed, taken back", TAKEN_BACK, &fates);
}

/// `cargo test --test main moves::followed -- --ignored --nocapture`
#[test]
#[ignore = "takes minutes: every distinct point of each"]
fn at_every_distinct_point_of_each() {
    let all = [
        (Fate::Stopped, 1),
        (Fate::Restarted, 1),
        (Fate::Unanswered, 1),
        (Fate::StoreFull, 1),
    ];
    in_fates("followed", GOOD, &all);
    in_fates("followed, taken back", TAKEN_BACK, &all);
    let (good, taken_back) = (given_again(GOOD, 1), given_again(TAKEN_BACK, 1));
    println!("a command alone, stopped: at {good} points, taken back at {taken_back}");
}

/// The command itself makes the move, since nobody else drives, and is stopped; given again, it goes on
/// and says what came of it. How many points those were.
fn given_again(told: Told, nth: usize) -> usize {
    let passed = paused(async || {
        let life = (told.begin)();
        alone(&life, Arm::Nowhere).await.expect("nothing is armed");
        life.seam.passed()
    });
    let stops: Vec<usize> = Points::Distinct.chosen(&passed);
    let stops: Vec<usize> = stops.into_iter().step_by(nth).collect();
    for stop in &stops {
        let said = format!("stopped at {stop}: {}", passed[stop - 1]);
        let _context = InLife(&said);
        paused(async || {
            let life = (told.begin)();
            let stopped = alone(&life, Arm::StopAt(*stop)).await;
            assert!(stopped.is_err(), "the point was not reached");
            life.wait(Duration::from_secs(10)).await;
            let open = under_way::<MoveKind>(&life.store()).await.unwrap();
            let over = open.is_empty() && life.updates() > 0;
            let end = alone(&life, Arm::Nowhere).await.expect("nothing is armed");
            // What was over before it was stopped is not made again, and is no part of a new wish.
            assert!(over || end.exit() == told.exit);
            assert_eq!(Vec::from_iter(life.runs()), [told.runs]);
            assert_eq!(life.updates(), told.updates);
            life.pass().await;
            life.each_key_has_one_text();
            life.no_move_is_open().await;
        });
    }
    stops.len()
}

#[test]
fn a_command_that_is_stopped_anywhere_goes_on_when_it_is_given_again() {
    let (good, taken_back) = (given_again(GOOD, 3), given_again(TAKEN_BACK, 7));
    println!("a command alone, stopped: at {good} points, taken back at {taken_back}");
}

async fn alone(life: &Life, arm: Arm) -> Result<MoveEnd, Stopped> {
    life.seam.arm(arm);
    let ended = life
        .process(async |service, lease| {
            leave_lease(service.store, lease).await;
            commanded(&service, forward()).await
        })
        .await;
    if ended.is_err() {
        life.seam.arm_quietly(Arm::Nowhere);
    }
    ended
}
