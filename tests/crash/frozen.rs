//! A leader that is frozen, all of it, for longer than its lease lasts: it changes nothing any more when it thaws.
//!
//! The frozen one's thread stands still in the middle of its process, so that nothing of that runs meanwhile, its
//! renewals included. Its successor lives on a thread of its own, in the same account and on the same table.

use std::collections::BTreeSet;
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
use crate::common::seam::Seam;

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

/// A point at which the bake can be frozen: the how-manyth it is, and what is or was committed there.
pub(crate) type FrozenAt = (usize, String);

/// The points at which the bake can be frozen. The first transaction takes the lease: whoever is late with that leads
/// later.
pub(crate) fn points(before: &Kept, line: Line) -> Vec<FrozenAt> {
    let passed = paused(async || {
        let life = before.goes_on();
        let log = Arc::new(Mutex::new(Vec::new()));
        for of in [Line::AfterCommit, Line::Transaction] {
            let log = Arc::clone(&log);
            of.seam(&life)
                .watch(move |at| log.lock().unwrap().push((of, at)));
        }
        passes(&life).await;
        let names = |of: Line| of.seam(&life).passed();
        let (commits, requests) = (names(Line::AfterCommit), names(Line::Transaction));
        let log = log.lock().unwrap().clone();
        let named = log.into_iter().map(|(of, at)| match of {
            Line::AfterCommit => (of, at, commits[at - 1].clone()),
            Line::Transaction => (of, at, requests[at - 1].clone()),
        });
        named.collect::<Vec<_>>()
    });
    match line {
        Line::AfterCommit => {
            let here = passed
                .into_iter()
                .filter(|(of, _, point)| *of == line && line.is_here(point));
            here.map(|(_, at, point)| (at, point)).collect()
        }
        Line::Transaction => transactions(passed).into_iter().skip(1).collect(),
    }
}

/// Each transaction, and what it commits; what commits nothing is about the lease.
fn transactions(passed: Vec<(Line, usize, String)>) -> Vec<FrozenAt> {
    let (mut committing, mut all) = (None, Vec::new());
    for (of, at, point) in passed {
        match of {
            Line::AfterCommit => {
                committing = point.strip_prefix("before commit ").map(str::to_owned);
            }
            Line::Transaction if of.is_here(&point) => {
                let what = committing.take();
                all.push((at, what.unwrap_or_else(|| "a renewal".to_owned())));
            }
            Line::Transaction => {}
        }
    }
    all
}

/// What is alike about points: which sorts of records the batch is about, and what of a journal. Of a step that is
/// started it is told which: what comes next is its call. After anything else it is a read, or another commit.
fn kind_of(point: &str) -> String {
    let of_op = |op: &str| {
        let parts = op
            .split(' ')
            .map(|word| word.split('/').next().unwrap_or_default());
        let counts = |word: &str| word.chars().all(|c| c.is_ascii_digit());
        let mut words: Vec<&str> = parts.filter(|word| !counts(word)).collect();
        let event = words.iter().position(|word| *word == "append");
        let told = event.map(|at| at + if op.contains(" started ") { 3 } else { 2 });
        words.truncate(told.unwrap_or(words.len()));
        words.join(" ")
    };
    let ops: Vec<String> = point.split(", ").map(of_op).collect();
    ops.join(", ")
}

/// One point of each kind, the first.
fn one_of_each_kind(points: Vec<FrozenAt>) -> Vec<FrozenAt> {
    let mut seen = BTreeSet::new();
    let first = points
        .into_iter()
        .filter(|(_, point)| seen.insert(kind_of(point)));
    first.collect()
}

/// Those after which the next thing would be the call of a step.
fn starts(points: Vec<FrozenAt>) -> Vec<FrozenAt> {
    let starts = points
        .into_iter()
        .filter(|(_, point)| point.contains(" started "));
    starts.collect()
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
    (at, point): &FrozenAt,
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

/// Each of these lives, on two threads; says how many they were.
fn everywhere(line: Line, successor: Successor, chosen: fn(Vec<FrozenAt>) -> Vec<FrozenAt>) {
    let before = &before_a_bake();
    let all = points(before, line);
    let (count, points) = (all.len(), chosen(all));
    assert!(points.len() > 4, "only {points:?}");
    std::thread::scope(|scope| {
        for some in points.chunks(points.len().div_ceil(2)) {
            scope.spawn(move || {
                for point in some {
                    thaws(before, line, point, successor, None);
                }
            });
        }
    });
    let lives = points.len();
    println!("frozen {line:?}, successor {successor:?}: {lives} lives of {count} points");
}

/// Alone one of each kind. Beside a successor that has done everything by then only what is sent next can go wrong.
#[test]
fn a_leader_that_was_frozen_between_its_commit_and_its_call_sends_no_change() {
    everywhere(Line::AfterCommit, Successor::Absent, one_of_each_kind);
    everywhere(Line::AfterCommit, Successor::DoesEverything, starts);
}

/// One batch of each kind, each of which might lack the epoch; of those beside a successor that has done everything by
/// then, whose journals are longer than the batch expects, every third.
#[test]
fn what_a_frozen_leader_had_sent_to_the_table_is_refused_when_somebody_else_has_led() {
    everywhere(Line::Transaction, Successor::Leads, one_of_each_kind);
    everywhere(Line::Transaction, Successor::DoesEverything, |points| {
        let kinds = one_of_each_kind(points).into_iter();
        kinds.step_by(3).collect()
    });
}

#[test]
#[ignore = "every point of all of them: two minutes"]
fn a_leader_that_was_frozen_anywhere_changes_nothing() {
    everywhere(Line::AfterCommit, Successor::Absent, |points| points);
    everywhere(Line::AfterCommit, Successor::DoesEverything, |points| {
        points
    });
    everywhere(Line::Transaction, Successor::Leads, |points| points);
    everywhere(Line::Transaction, Successor::DoesEverything, |points| {
        points
    });
}
