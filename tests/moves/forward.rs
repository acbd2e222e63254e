//! One environment is moved, proved, and taken back, on good days.

use std::collections::BTreeSet;

use super::orders::{Moved, Wish, begin};
use super::world::{NEW, OLD, environment, immutable, new_image_is_ill, serves, usual, with};
use crate::common::paused;
use crate::common::world::{INSTALLATION, REGION};
use amiwatch::flow::rollout::moving::kind::MoveKind;
use amiwatch::flow::rollout::order::MoveRefusal;
use amiwatch::model::rollout::{MoveFault, MoveOrder};
use amiwatch::model::rollout_rules::Probe;
use amiwatch::service::runs::moving::drive_move;
use amiwatch::workflow::observer::{ObserverOf, Unobserved};
use sim::{FaultKind, FaultRule, ImageSpec, When};

const NEWER: &str = "ami-0000000000000000c";

fn only(image: &str) -> BTreeSet<String> {
    BTreeSet::from([image.to_owned()])
}

#[test]
fn a_move_ends_with_every_instance_on_the_image_and_is_told() {
    paused(async || {
        let life = usual();
        assert_eq!(life.runs(), only(OLD));
        let moved = life.moves(Wish::Forward).await;
        assert!(moved.succeeded(), "{moved:?}");
        assert_eq!((life.runs(), life.updates()), (only(NEW), 1));
        let told = life.heard_of("rolled_out");
        assert!(
            told.body.contains(&format!(
                "{OLD} (platform version 4.5.0) -> {NEW} (platform version 4.5.1)"
            )),
            "{}",
            told.body
        );
        life.no_move_is_open().await;
        // Ordered again, nothing is done.
        let again = life.moves(Wish::Forward).await;
        assert!(
            matches!(&again, Moved::Refused(why) if why[0].code() == "IN_STEP"),
            "{again:?}"
        );
        assert_eq!(life.updates(), 1);
    });
}

#[test]
fn what_was_moved_is_taken_back_by_a_person_s_word() {
    paused(async || {
        let life = usual();
        assert!(life.moves(Wish::Forward).await.succeeded());
        let back = life.moves(Wish::Back).await;
        assert!(back.succeeded(), "{back:?}");
        assert_eq!((life.runs(), life.updates()), (only(OLD), 2));
        assert!(
            life.heard_of("rolled_back")
                .body
                .contains("ops@host ordered it")
        );
        let again = life.moves(Wish::Back).await;
        assert!(
            matches!(&again, Moved::Refused(why) if why[0].code() == "NOTHING_BEFORE"),
            "{again:?}"
        );
    });
}

#[test]
fn an_image_that_makes_the_application_ill_is_taken_back_and_quarantined() {
    // An immutable update is taken back by Beanstalk itself, all at once only by us.
    for (name, spec, moves) in [
        ("immutable", environment().immutable(), 1),
        ("all at once", environment(), 2),
    ] {
        paused(async || {
            let life = with(spec.clone());
            new_image_is_ill(&life);
            let moved = life.moves(Wish::Forward).await;
            let Moved::Ended(results) = &moved else {
                panic!("{name}: {moved:?}")
            };
            assert_eq!(results.len(), moves, "{name}: {results:?}");
            assert_eq!(life.runs(), only(OLD), "{name}");
            let heard = life.heard_events();
            assert_eq!(
                heard.contains(&"rolled_back".to_owned()),
                moves == 2,
                "{name}"
            );
            assert!(
                life.heard_of("failed").body.contains("quarantined"),
                "{name}"
            );
            life.no_move_is_open().await;
            let again = life.moves(Wish::Forward).await;
            assert!(
                matches!(&again, Moved::Refused(why) if why.iter().any(|one| one.code() == "QUARANTINED")),
                "{name}: {again:?}"
            );
        });
    }
}

#[test]
fn an_image_that_grows_ill_while_it_settles_is_taken_back() {
    paused(async || {
        let life = usual();
        serves(&life, NEW, "Severe", 300.0);
        let moved = life.moves(Wish::Forward).await;
        let Moved::Ended(results) = &moved else {
            panic!("{moved:?}")
        };
        assert_eq!(results.len(), 2, "{results:?}");
        assert_eq!((life.runs(), life.updates()), (only(OLD), 2));
    });
}

/// People and policies go by tags: an image of ours is marked by the passes, until the mark is seen.
#[test]
fn a_quarantined_image_of_ours_carries_the_mark() {
    paused(async || {
        let life = usual();
        let ours = ImageSpec {
            tags: [
                ("amiwatch:installation", INSTALLATION),
                ("amiwatch:state", "verified"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
            ..ImageSpec::mine("newer").id(NEWER)
        };
        life.account.at(REGION).image(ours).unwrap();
        let marked = || life.account.image(NEWER).unwrap().tags["amiwatch:state"].clone();
        life.quarantine(NEWER).await;
        life.account
            .fault(FaultRule::new(FaultKind::Denied).on("ec2:CreateTags"));
        life.pass().await;
        assert_eq!(marked(), "verified");
        life.account.clear_faults();
        life.pass().await;
        assert_eq!(marked(), "quarantined");
        assert_eq!(life.to_mark().await, [NEWER]);
        life.pass().await;
        assert_eq!(life.to_mark().await, [""; 0]);
        // A person ends it: the tag must not go on saying what nobody holds any more.
        life.unquarantine(NEWER).await;
        for _ in 0..3 {
            life.pass().await;
            assert_eq!(marked(), "verified");
        }
        let ledger = life.account.ledger();
        let tagged = |one: &&sim::Entry| one.operation == "CreateTags" && one.took_effect;
        assert_eq!(ledger.iter().filter(tagged).count(), 2, "each once");
    });
}

/// A right that is taken away for a while, in the middle of a move, breaks nothing off.
#[test]
fn a_move_outlives_a_look_that_is_denied_for_a_while() {
    paused(async || {
        let life = usual();
        for (action, nth) in [
            ("DescribeConfigurationSettings", 5..9),
            ("DescribeEnvironmentHealth", 3..5),
        ] {
            for nth in nth {
                let denied = FaultRule::new(FaultKind::Denied);
                let denied = denied.on(&format!("elasticbeanstalk:{action}"));
                life.account.fault(denied.when(When::Nth(nth)));
            }
        }
        let moved = life.moves(Wish::Forward).await;
        assert!(moved.succeeded(), "{moved:?}");
        assert_eq!((life.runs(), life.updates()), (only(NEW), 1));
    });
}

/// Where nothing serves, nothing would ever prove a move: it is not begun.
#[test]
fn an_environment_without_instances_is_not_moved() {
    paused(async || {
        let life = with(immutable().instances(0));
        let moved = life.moves(Wish::Forward).await;
        let refused = |why: &MoveRefusal| why.why().contains("no instance of it serves");
        assert!(
            matches!(&moved, Moved::Refused(why) if why.iter().any(refused)),
            "{moved:?}"
        );
        assert_eq!(life.updates(), 0);
    });
}

/// Whoever uses the page sees what the probe sees: an answer other than the wanted one is ill.
#[test]
fn a_page_that_must_answer_decides_with_the_health() {
    // Every page but the hook is answered with 404 here.
    for (wanted, moves) in [(404, 1), (200, 2)] {
        paused(async || {
            let life = usual();
            let driven = life.process(async |service, lease| {
                let journal = begin(&service, lease, Wish::Forward, |order| {
                    order.proof.probe = Some(Probe {
                        url: "https://shop.example.test/health".to_owned(),
                        status: wanted,
                    });
                });
                let silent = |_: &MoveOrder| -> Box<ObserverOf<MoveKind>> { Box::new(Unobserved) };
                drive_move(&service, lease, &journal.await.unwrap(), &silent).await
            });
            let results = driven.await.expect("nothing is armed").unwrap();
            assert_eq!(results.len(), moves, "{results:?}");
            assert!(!life.slack.requests().is_empty());
            if let Some((fault, why)) = results[0].failure() {
                assert_eq!(fault, MoveFault::Image);
                assert!(why.contains("the probe answered 404 and not 200"), "{why}");
            }
        });
    }
}
