//! Saved configurations that still name an older image of the watch: told when a person looks, and where they
//! cannot be read, said.

use amiwatch::model::drift::NoteCode;
use amiwatch::model::reason::ReasonCode;
use sim::{FaultKind, FaultRule};

use super::world::{ALL, UNASKED, town};
use crate::common::life::Life;
use crate::common::paused;
use crate::common::world::REGION;

fn save(life: &Life, name: &str, image: &str) {
    let option = ("ImageId".to_owned(), image.to_owned());
    let launch = "aws:autoscaling:launchconfiguration".to_owned();
    let saved = sim::SavedConfiguration {
        application: "shop".to_owned(),
        name: name.to_owned(),
        options: [(launch, [option].into())].into(),
        ..sim::SavedConfiguration::default()
    };
    let saved = sim::Action::SavedConfiguration(saved);
    life.account.perform(REGION, saved).unwrap();
}

/// What `check` says of saved configurations: the environment and the configuration; and the notes.
async fn said(life: &Life) -> (Vec<(String, String)>, Vec<NoteCode>) {
    let (items, _) = life.check().await;
    let drift = &items[0].drift;
    let named = drift.targets.iter().flat_map(|one| {
        let reasons = one.reasons.iter();
        let named = reasons.filter(|reason| reason.code == ReasonCode::NamedElsewhere);
        named.map(|reason| {
            let configuration = reason.facts()["configuration"].clone();
            (one.target.environment.clone(), configuration)
        })
    });
    let notes = drift.notes.iter().map(|note| note.code).collect();
    (named.collect(), notes)
}

fn asked(life: &Life) -> usize {
    let ledger = life.account.ledger().into_iter();
    ledger
        .filter(|call| call.operation == "DescribeApplications")
        .count()
}

#[test]
fn an_older_image_in_a_saved_configuration_is_told_when_somebody_looks() {
    paused(async || {
        let life = town(UNASKED);
        let old = life.bakes_first().await;
        life.passes(3).await;
        assert_eq!(life.all_on(&old).len(), ALL.len());
        save(&life, "spring", &old);
        save(&life, "theirs", &life.base_image());
        assert_eq!(
            said(&life).await,
            (Vec::new(), Vec::new()),
            "it is the newest"
        );
        life.release("4.5.1");
        life.passes(5).await;
        let new = life.newest();
        assert_eq!(life.all_on(&new).len(), ALL.len(), "{:?}", life.updated());
        let asked_by_passes = asked(&life);
        let (named, notes) = said(&life).await;
        let [(environment, configuration)] = &named[..] else {
            panic!("once: {named:?}");
        };
        assert!(ALL.contains(&environment.as_str()));
        assert_eq!((configuration.as_str(), notes), ("spring", Vec::new()));
        assert_eq!(asked(&life) - asked_by_passes, 1, "once for an application");

        // Saved anew, it is out of the world.
        save(&life, "spring", &new);
        assert_eq!(said(&life).await, (Vec::new(), Vec::new()));
    });
}

/// Beanstalk leaves out what it denies: that is not "none".
#[test]
fn saved_configurations_that_are_denied_are_not_taken_for_absent() {
    paused(async || {
        let life = town(UNASKED);
        let old = life.bakes_first().await;
        life.passes(3).await;
        save(&life, "spring", &old);
        life.release("4.5.1");
        life.passes(5).await;
        let denied = FaultRule::new(FaultKind::Denied);
        life.account
            .fault(denied.on("elasticbeanstalk:DescribeApplications"));
        let (named, notes) = said(&life).await;
        assert_eq!((named, notes), (Vec::new(), vec![NoteCode::SavedUntold]));
        assert_eq!(
            life.all_on(&life.newest()).len(),
            ALL.len(),
            "nobody is kept"
        );
    });
}

/// Nobody is moved, and none was: nobody asks.
#[test]
fn a_watch_that_moves_nobody_asks_for_no_saved_configuration() {
    paused(async || {
        let life = town(UNASKED);
        let image = life.bakes_first().await;
        save(&life, "spring", &image);
        let held = town("approval = \"each\"");
        held.bakes_first().await;
        held.passes(2).await;
        let (named, notes) = said(&held).await;
        assert_eq!((named, notes, asked(&held)), (Vec::new(), Vec::new(), 0));
    });
}
