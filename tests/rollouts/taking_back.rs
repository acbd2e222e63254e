//! A whole watch that a person takes back: each environment for itself, as many at once as the watch says, here or
//! by a daemon.

use std::time::Duration;

use amiwatch::flow::exit_code::Exit;
use amiwatch::flow::rollout::moving::kind::MoveKind;
use amiwatch::service::Service;
use amiwatch::service::desk::back_all::{move_each, plan_each, wishes_back};
use amiwatch::service::desk::moving::MoveTeller;
use amiwatch::service::desk::opening::leave_lease;
use amiwatch::service::runs::under_way;
use amiwatch::store::{Batch, Op, Store as _};
use amiwatch::workflow::observer::Unobserved;
use tokio::sync::Notify;

use super::world::{ALL, BLUE, CANARY, GREEN, UNASKED, scope, town};
use crate::common::life::Life;
use crate::common::paused;
use crate::common::watching::{Manner, Watching};
use crate::common::world::REGION;

/// Nobody is asked, and all may move together.
const SIDE_BY_SIDE: &str = "approval = \"none\"\nat_once = 3";

fn silent() -> MoveTeller<'static> {
    MoveTeller {
        meanwhile: &|_| {},
        observers: &|_| Box::new(Unobserved),
    }
}

/// Takes everything back, and says how each ended.
async fn taken_back(service: &Service<'_>) -> Vec<(String, Exit)> {
    let back = wishes_back(service, &"shop".into(), "jo").await.unwrap();
    let moved = move_each(service, &back.wishes, &silent()).await.unwrap();
    let moved = moved.into_iter();
    let mut ended: Vec<_> = moved
        .map(|(wish, end)| (wish.environment, end.unwrap().exit()))
        .collect();
    ended.sort_by(|(a, _), (b, _)| a.cmp(b));
    ended
}

fn all_done() -> Vec<(String, Exit)> {
    let mut all: Vec<_> = ALL.map(|name| (name.to_owned(), Exit::Done)).into();
    all.sort_by(|(a, _), (b, _)| a.cmp(b));
    all
}

/// How many moves were open at most while this went on, and what it came to.
async fn most_at_once<T>(life: &Life, work: impl Future<Output = T>) -> (usize, T) {
    let (store, ended) = (life.store(), Notify::new());
    let work = async {
        let done = work.await;
        ended.notify_one();
        done
    };
    let watch = async {
        let mut most = 0;
        loop {
            let open = under_way::<MoveKind>(&store).await.unwrap();
            most = most.max(open.len());
            tokio::select! {
                biased;
                () = ended.notified() => return most,
                () = life.wait(Duration::from_secs(1)) => {}
            }
        }
    };
    futures_util::future::join(Box::pin(watch), Box::pin(work)).await
}

/// What all fear is an outage of everything at once.
#[test]
fn no_more_go_back_at_once_than_the_watch_says() {
    for (rules, most) in [("", 1), ("at_once = 2", 2)] {
        paused(async || {
            let life = town(&format!("{UNASKED}\n{rules}"));
            life.bakes_first().await;
            life.daemon(async |watching| watching.rolled_out().await)
                .await;
            let here = life.process(async |service, lease| {
                leave_lease(service.store, lease).await;
                assert_eq!(taken_back(&service).await, all_done());
            });
            let (seen, ended) = most_at_once(&life, here).await;
            ended.expect("nothing is armed");
            assert_eq!(seen, most, "by the command: {rules}");
        });
        paused(async || {
            let life = town(&format!("{UNASKED}\n{rules}"));
            life.daemon(async |watching| {
                watching.rolled_out().await;
                let command = life.command(async |service| taken_back(&service).await);
                let (seen, ended) = most_at_once(&life, command).await;
                assert_eq!((seen, ended), (most, all_done()), "by a daemon: {rules}");
            })
            .await;
        });
    }
}

/// Everything is taken back, side by side, and passes do not fight that.
#[test]
fn a_whole_watch_is_taken_back_and_stays_there() {
    paused(async || {
        let life = town(SIDE_BY_SIDE);
        let image = life.bakes_first().await;
        life.daemon(async |watching| watching.rolled_out().await)
            .await;
        let began = life.clock.now();
        let back = life.process(async |service, lease| {
            leave_lease(service.store, lease).await;
            assert_eq!(taken_back(&service).await, all_done());
        });
        back.await.expect("nothing is armed");
        let took = life.clock.now() - began;
        assert!(took.num_minutes() < 6, "side by side: {took}");
        assert_eq!(life.all_on(&image), [""; 0]);
        let updates = life.updated().len();
        life.daemon(async |_| life.wait(Duration::from_secs(6 * 60 * 60)).await)
            .await;
        assert_eq!(life.updated().len(), updates, "nobody fights it");
        let told = life.told("attention");
        assert!(told.iter().any(|one| one.contains("CONTESTED")), "{told:?}");
    });
}

#[test]
fn a_whole_watch_is_taken_back_by_a_daemon_side_by_side() {
    paused(async || {
        let life = town(SIDE_BY_SIDE);
        life.daemon(async |watching| {
            let image = watching.rolled_out().await;
            let began = life.clock.now();
            let ended = life
                .command(async |service| taken_back(&service).await)
                .await;
            assert_eq!(ended, all_done());
            let took = life.clock.now() - began;
            assert!(took.num_minutes() < 6, "side by side: {took}");
            assert_eq!(life.all_on(&image), [""; 0]);
        })
        .await;
    });
}

/// The driver goes away in the middle: one place for all that wait for it.
#[test]
fn taking_all_back_outlives_the_daemon_that_was_asked() {
    paused(async || {
        let life = town(SIDE_BY_SIDE);
        let rolled = Notify::new();
        let daemon = life.beside(Manner::default(), async |watching: &Watching<'_>| {
            watching.rolled_out().await;
            rolled.notify_one();
            watching
                .until("a way back", |one| one.life.updated().len() > ALL.len())
                .await;
        });
        let command = async {
            rolled.notified().await;
            life.command(async |service| taken_back(&service).await)
                .await
        };
        let (_, ended) = tokio::join!(Box::pin(daemon), Box::pin(command));
        assert_eq!(ended, all_done());
        assert_eq!(life.updated().len(), 2 * ALL.len(), "each once");
    });
}

/// One of which nothing can be read, and one that is not there any more, stop no other.
#[test]
fn one_that_cannot_be_taken_back_stops_no_other() {
    paused(async || {
        let life = town(UNASKED);
        let image = life.bakes_first().await;
        life.daemon(async |watching| watching.rolled_out().await)
            .await;
        let (store, key) = (life.store(), format!("moves/{}/shop/{GREEN}", scope()));
        let read = store.get(&key).await.unwrap().expect("it was moved");
        let spoilt = Op::CompareAndSet {
            key: key.clone(),
            expected: read.version,
            value: serde_json::json!("what is this"),
        };
        store.commit(Batch::of_ops(vec![spoilt])).await.unwrap();
        let here = life.account.at(REGION);
        here.change_environment(BLUE, sim::EnvironmentChange::Terminated)
            .unwrap();
        let back = life.process(async |service, lease| {
            leave_lease(service.store, lease).await;
            let back = wishes_back(&service, &"shop".into(), "jo").await.unwrap();
            assert_eq!(back.unreadable, std::slice::from_ref(&key));
            let planned = plan_each(&service, &back.wishes).await;
            let planned = planned.iter();
            let refused: Vec<&str> = planned
                .filter(|(_, plan)| plan.is_err())
                .map(|(wish, _)| wish.environment.as_str())
                .collect();
            assert_eq!(refused, [BLUE]);
            move_each(&service, &back.wishes, &silent()).await.unwrap()
        });
        let ended = back.await.expect("nothing is armed");
        let mut ended: Vec<(&str, Exit)> = ended
            .iter()
            .map(|(wish, end)| (wish.environment.as_str(), end.as_ref().unwrap().exit()))
            .collect();
        ended.sort_by_key(|(name, _)| *name);
        assert_eq!(ended, [(BLUE, Exit::Failed), (CANARY, Exit::Done)]);
        assert!(!life.is_on(CANARY, &image));
    });
}
