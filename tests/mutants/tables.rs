//! Deliberate bugs of processes that share a table, each caught by a net of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use amiwatch::store::{Batch, DRIVER, Op, Store as _};
use serde_json::json;

use crate::common::kept::Keeper;
use crate::common::life::Life;
use crate::common::mutant::Mutant;
use crate::common::paused;
use crate::crash::frozen::{FrozenAt, Line, Successor, before_a_bake, points, thaws};

/// Of these points the first that has each of the words in it: that nothing happens at any other without the bug is what
/// `crash::frozen` shows.
fn chosen<const N: usize>(points: &[FrozenAt], words: [&str; N]) -> [FrozenAt; N] {
    words.map(|word| {
        let found = points.iter().find(|(_, point)| point.contains(word));
        found
            .unwrap_or_else(|| panic!("no {word} in {points:#?}"))
            .clone()
    })
}

/// Frozen for longer than the lease lasts, after the commits before a launch and before an image is made.
fn frozen_after_a_commit(mutant: Option<Mutant>) {
    let (line, before) = (Line::AfterCommit, before_a_bake());
    let points = points(&before, line);
    for point in chosen(&points, ["started launch_builder", "started create_image"]) {
        thaws(&before, line, &point, Successor::Absent, mutant);
    }
}

/// Frozen with what a step left on its way, which lands when somebody else has led; and with the next step's start.
fn frozen_with_a_transaction(mutant: Option<Mutant>) {
    let (line, before) = (Line::Transaction, before_a_bake());
    let points = points(&before, line);
    for point in chosen(&points, ["done launch_builder", "started report"]) {
        thaws(&before, line, &point, Successor::Leads, mutant);
    }
}

/// A record is made, removed and made again within a minute.
fn the_same_twice(mutant: Option<Mutant>) {
    paused(async || {
        let mut life = Life::brisk().in_table();
        life.makes_its_table().await;
        life.mutant = mutant;
        let (store, key) = (life.store(), || "hold/a".to_owned());
        for nth in 1..=2 {
            let made = Op::CompareAndSet {
                key: key(),
                expected: 0,
                value: json!("the same"),
            };
            store.commit(Batch::of_ops(vec![made])).await.unwrap();
            let there = store.get("hold/a").await.unwrap();
            assert!(
                there.is_some(),
                "what was committed is not there, time {nth}"
            );
            let gone = Op::Delete {
                key: key(),
                expected: 1,
            };
            store.commit(Batch::of_ops(vec![gone])).await.unwrap();
        }
    });
}

/// In the middle of a leader's bake another machine asks for the lease.
fn one_leads(mutant: Option<Mutant>) {
    paused(async || {
        let life = Life::brisk().in_table();
        life.makes_its_table().await;
        let asked = Arc::new(Mutex::new(None));
        let (machine, answers) = (Keeper::of(&life), Arc::clone(&asked));
        life.seam.watch(move |passed| {
            if passed == 40 {
                let now = machine.now();
                let taken = paused(async || {
                    let mut standby = machine.another_machine();
                    standby.mutant = mutant;
                    standby.catches_up(now).await;
                    standby.store().take(DRIVER, "a standby").await.unwrap()
                });
                *answers.lock().unwrap() = Some(taken.mine());
            }
        });
        life.try_pass().await.expect("nothing is armed").ok();
        let taken = asked.lock().unwrap().expect("the leader was at work");
        assert_eq!(taken, None, "two lead");
    });
}

/// A bug, the net that catches it, and what that says.
type Caught = (Mutant, fn(Option<Mutant>), &'static str);

const NETS: [Caught; 4] = [
    (
        Mutant::RenewalTrustedForEver,
        frozen_after_a_commit,
        "it changes",
    ),
    (
        Mutant::EpochUnchecked,
        frozen_with_a_transaction,
        "it changes",
    ),
    (Mutant::TokenByContent, the_same_twice, "is not there"),
    (Mutant::StandbyActs, one_leads, "two lead"),
];

#[test]
fn every_deliberate_bug_of_those_who_share_a_table_is_caught() {
    for (mutant, net, says) in NETS {
        net(None);
        let panic = catch_unwind(AssertUnwindSafe(|| net(Some(mutant))));
        let panic = panic.expect_err(&format!("{mutant:?} is not caught"));
        let said = panic.downcast_ref::<String>().cloned().unwrap_or_default();
        assert!(
            said.contains(says),
            "{mutant:?} is caught by something else: {said}"
        );
        println!("{mutant:?}: {}", said.lines().next().unwrap_or_default());
    }
}
