//! Deliberate bugs of retiring, made at the seams of a process: what it takes for its config, what it hears. Each
//! must be caught by what the account knows of an image's users, or by what a move has left in the store.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use amiwatch::model::ids::{Scope, TargetId};
use amiwatch::model::retiring::RungStep;
use amiwatch::model::rollout::{MoveEnded, TargetMoves};
use amiwatch::store::records::Versioned;
use amiwatch::store::{Batch, Store as _, moves};
use chrono::TimeDelta;
use sim::{Action, SavedConfiguration};

use super::world::superseded;
use crate::common::life::Life;
use crate::common::mutant::Mutant;
use crate::common::paused;
use crate::common::world::REGION;

const LAUNCH: &str = "aws:autoscaling:launchconfiguration";

/// Without anything that keeps it, it is due: what keeps it in the others is theirs.
#[test]
fn what_nobody_uses_is_due() {
    paused(async || {
        let (life, older) = superseded(None).await;
        assert_eq!(life.due().await, [(older, RungStep::Disable)]);
        life.nothing_in_use_is_due().await;
    });
}

/// A saved configuration of the application names it: an environment that is made from that starts there.
fn is_saved(life: &Life, image: String) {
    let launch = BTreeMap::from([("ImageId".to_owned(), image)]);
    let saved = SavedConfiguration {
        application: "shop".to_owned(),
        name: "blessed".to_owned(),
        options: BTreeMap::from([(LAUNCH.to_owned(), launch)]),
        ..SavedConfiguration::default()
    };
    let here = life.account.at(REGION);
    here.act(Action::SavedConfiguration(saved)).unwrap();
}

fn a_saved_configuration(mutant: Option<Mutant>) {
    paused(async || {
        let (life, older) = superseded(mutant).await;
        is_saved(&life, older);
        life.nothing_in_use_is_due().await;
    });
}

/// A saved configuration names it, and nobody may read those.
fn what_may_not_be_asked(mutant: Option<Mutant>) {
    paused(async || {
        let (life, older) = superseded(mutant).await;
        is_saved(&life, older);
        life.account.deny("elasticbeanstalk:DescribeApplications");
        life.nothing_in_use_is_due().await;
    });
}

/// An environment was moved from it two days ago, and may have to go back for thirty.
fn the_horizon(mutant: Option<Mutant>) {
    paused(async || {
        let (life, older) = superseded(mutant).await;
        let target = TargetId {
            scope: Scope {
                partition: "aws".into(),
                account: sim::ACCOUNT_ID.into(),
                region: REGION.into(),
            },
            application: "shop".to_owned(),
            environment: "shop-blue".to_owned(),
        };
        let moved = TargetMoves {
            ordered: 1,
            last: Some(MoveEnded {
                journal: "move/1".to_owned(),
                at: life.clock.now() - TimeDelta::days(2),
                back: false,
                from: Some(older.as_str().into()),
                to: None,
                fault: None,
                why: None,
            }),
            ..TargetMoves::default()
        };
        let first = Versioned {
            version: 0,
            value: moved,
        };
        let put = moves::put_target_moves(&target, &first);
        life.store().commit(Batch::of_ops(vec![put])).await.unwrap();
        let due = life.due().await;
        assert!(
            due.is_empty(),
            "within the horizon, and it would go: {due:?}"
        );
    });
}

/// All of them; whichever the bug is in says so.
fn every_reference(mutant: Option<Mutant>) {
    a_saved_configuration(mutant);
    what_may_not_be_asked(mutant);
    the_horizon(mutant);
}

#[test]
fn each_deliberate_bug_of_retiring_is_caught_and_nothing_without_it() {
    every_reference(None);
    println!("| deliberate bug | which said |");
    println!("|---|---|");
    for mutant in Mutant::OF_REFERENCES {
        let caught = catch_unwind(AssertUnwindSafe(|| every_reference(Some(mutant)))).err();
        let caught = caught.unwrap_or_else(|| panic!("{mutant:?} was not caught"));
        let said = caught.downcast_ref::<String>().cloned().unwrap_or_default();
        let first: Vec<&str> = said.lines().take(1).collect();
        println!("| {mutant:?} | {} |", first.join(" "));
    }
}
