//! A leader that is frozen, all of it, for longer than its lease lasts: it changes nothing any more when it thaws.
//!
//! The frozen one's thread stands still in the middle of its process, so that nothing of that runs meanwhile, its
//! renewals included. Its successor lives on a thread of its own, in the same account and on the same table.

use std::sync::{Arc, Mutex};

use amiwatch::service::pass::pass_once;
use amiwatch::store::DRIVER;
use amiwatch::workflow::observer::Unobserved;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt as _;
use sim::Entry;

use crate::common::kept::{Keeper, Kept};
use crate::common::life::Life;
use crate::common::mutant::Mutant;
use crate::common::paused;
use crate::common::seam::{Arm, Seam};

const FROZEN: TimeDelta = TimeDelta::seconds(60);

/// What another machine does meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Successor {
    /// There is none: nobody but the clock says that the lease is over.
    Absent,
    /// It takes the lease, and gives it back.
    Leads,
    /// It goes on with what was under way, to its end.
    DoesEverything,
}

/// Where the process is frozen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line {
    /// Between a commit and whatever it does next.
    AfterCommit,
    /// With a transaction on its way to the table, which lands when everything is over.
    Transaction,
}

impl Line {
    fn seam(self, life: &Life) -> &Arc<Seam> {
        match self {
            Self::AfterCommit => &life.seam,
            Self::Transaction => &life.table_seam,
        }
    }

    fn is_here(self, point: &str) -> bool {
        match self {
            Self::AfterCommit => point.starts_with("after commit"),
            Self::Transaction => point == "TransactWriteItems, never sent",
        }
    }
}

/// A bake that is about to begin, its store in a table.
pub(crate) fn before_a_bake() -> Kept {
    paused(async || {
        let life = Life::brisk().in_table();
        life.makes_its_table().await;
        Keeper::of(&life).keep()
    })
}

/// The points at which the bake can be frozen, by number. The first transaction takes the lease: whoever is late
/// with that leads later.
pub(crate) fn points(before: &Kept, line: Line) -> Vec<(usize, String)> {
    let passed = paused(async || {
        let life = before.goes_on();
        line.seam(&life).arm(Arm::Nowhere);
        passes(&life).await;
        line.seam(&life).passed()
    });
    let here = (1..).zip(passed).filter(|(_, point)| line.is_here(point));
    let here = here.skip(usize::from(line == Line::Transaction));
    here.collect()
}

/// A pass, which is dropped when the lease is lost.
async fn passes(life: &Life) {
    let passed = life.process(async |service, lease| {
        tokio::select! {
            biased;
            () = service.store.lost(DRIVER, lease) => {}
            _ = pass_once(&service, lease, &|_| Box::new(Unobserved)) => {}
        }
    });
    passed.await.expect("nothing is armed");
}

/// Until when everything of this process stands still.
fn meanwhile(machine: &Keeper, successor: Successor) -> DateTime<Utc> {
    let now = machine.now();
    let late = paused(async || {
        let other = machine.another_machine();
        other.catches_up(now).await;
        match successor {
            Successor::Absent => {}
            Successor::Leads => other
                .process(async |_, _| {})
                .await
                .expect("nothing is armed"),
            Successor::DoesEverything => other.until_settled().await,
        }
        other.clock.now()
    });
    late.max(now + FROZEN)
}

/// Time goes by, and nothing of this thread notices before it goes on.
fn stand_still(until: DateTime<Utc>, now: DateTime<Utc>) {
    let long = (until - now).to_std().expect("time goes on");
    let noticed = tokio::time::advance(long).now_or_never();
    assert!(noticed.is_none(), "others were let run");
}

/// What was sent since then that changes something and was not refused; of the table's rows, those that a leader alone
/// writes. What was told is written by whoever told it, and a lease is given back by whoever had it.
fn changes(life: &Life, since: usize) -> Vec<String> {
    let changes = |call: &Entry| match call.service.as_str() {
        "dynamodb" => call.outcome == "ok" && is_leaders(call),
        _ => !["Describe", "Get", "List"]
            .iter()
            .any(|verb| call.operation.starts_with(verb)),
    };
    let sent = life.account.ledger().split_off(since).into_iter();
    let sent = sent.filter(changes);
    sent.map(|call| format!("{}:{}", call.service, call.operation))
        .collect()
}

fn is_leaders(call: &Entry) -> bool {
    call.operation == "TransactWriteItems"
        && call.params.iter().any(|(name, value)| {
            value.starts_with("journal/")
                || (name.contains("ConditionCheck") && value == "lease/driver")
        })
}

/// Freezes the bake's process at this point, thaws it, and lets others bring it to its end.
pub(crate) fn thaws(
    before: &Kept,
    line: Line,
    (at, point): &(usize, String),
    successor: Successor,
    mutant: Option<Mutant>,
) {
    let at = *at;
    paused(async || {
        let mut life = before.goes_on();
        life.mutant = mutant;
        let thawed = Arc::new(Mutex::new(None));
        let (machine, told, account) =
            (Keeper::of(&life), Arc::clone(&thawed), life.account.clone());
        line.seam(&life).watch(move |passed| {
            if passed == at {
                stand_still(meanwhile(&machine, successor), machine.now());
                *told.lock().unwrap() = Some(account.ledger().len());
            }
        });
        passes(&life).await;
        line.seam(&life).watch(|_| {});
        let since = thawed.lock().unwrap().expect("the point was reached");
        let changes = changes(&life, since);
        assert!(
            changes.is_empty(),
            "frozen {point} with a successor {successor:?}, it changes: {changes:?}"
        );
        life.until_settled().await;
        assert_eq!(life.verified().len(), 1, "frozen {point}");
        life.no_launch_was_doubled();
        life.promises_hold();
    });
}

/// Each of these lives, on two threads; how many they were.
fn everywhere(line: Line, successor: Successor, nth: usize) -> usize {
    let before = &before_a_bake();
    let points: Vec<_> = points(before, line).into_iter().step_by(nth).collect();
    assert!(points.len() > 8, "only {points:?}");
    std::thread::scope(|scope| {
        for some in points.chunks(points.len().div_ceil(2)) {
            scope.spawn(move || {
                for point in some {
                    thaws(before, line, point, successor, None);
                }
            });
        }
    });
    points.len()
}

#[test]
fn a_leader_that_was_frozen_between_its_commit_and_its_call_sends_no_change() {
    for successor in [Successor::Absent, Successor::DoesEverything] {
        let lives = everywhere(Line::AfterCommit, successor, 1);
        println!("frozen after a commit, successor {successor:?}: {lives} lives");
    }
}

#[test]
fn what_a_frozen_leader_had_sent_to_the_table_is_refused_when_somebody_else_has_led() {
    for (successor, nth) in [(Successor::Leads, 1), (Successor::DoesEverything, 3)] {
        let lives = everywhere(Line::Transaction, successor, nth);
        println!("frozen with a transaction on its way, successor {successor:?}: {lives} lives");
    }
}
