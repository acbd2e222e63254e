//! What is wrong with the store or the clock, and whom it may cost what: one watch's record, the whole
//! file, an old backup, a machine in a wrong year.

use std::time::Duration;

use amiwatch::flow::exit_code::Exit;
use amiwatch::model::hold::{HeldThing, Hold};
use amiwatch::model::ids::{Installation, Scope, WatchName};
use amiwatch::model::plan::Action;
use amiwatch::store::records::{self, Versioned};
use amiwatch::store::{Batch, Op, Store as _, StoreError};
use chrono::TimeDelta;
use sim::FaultRule;

use crate::common::life::Life;
use crate::common::paused;
use crate::common::watching::{Ended, Manner, Watching};
use crate::common::world::{CONFIG, INSTALLATION, REGION};

const HOUR: Duration = Duration::from_secs(3600);

/// The usual watch, and one more that only tells.
fn two_watches() -> Life {
    let second = "[watch.blog]\nregion = \"eu-west-1\"\nrecipe = \"logging\"\n\
                  base = { beanstalk = \"ECS running on 64bit Amazon Linux 2023\" }\n";
    Life::with_config(&CONFIG.replace("[watch.shop]", &format!("{second}\n[watch.shop]")))
}

async fn hold_images(life: &Life, watch: &WatchName, count: usize) {
    let installation = Installation::new(INSTALLATION);
    let holds = (0..count).map(|n| Hold {
        on: HeldThing::Image(format!("ami-{n:017}").as_str().into()),
        reason: "it breaks logging".to_owned(),
        by: "ann".to_owned(),
        since: life.clock.now(),
        until: None,
    });
    let value: Vec<Hold> = holds.collect();
    let version = 0;
    let op = records::put_holds(Some(&installation), watch, &Versioned { version, value });
    let batch = Batch::of_ops(op.into_iter().collect());
    life.store().commit(batch).await.unwrap();
}

#[test]
fn as_many_holds_as_there_may_be_are_told_and_stop_nothing() {
    paused(async || {
        let life = two_watches();
        hold_images(&life, &WatchName::new("blog"), 30).await;
        let passed = life.pass().await;
        assert_eq!(passed.bakes.len(), 1, "{:?}", passed.items);
        // A batch has room for some of them: the others are told by the passes that follow.
        for _ in 0..4 {
            life.pass().await;
        }
        life.until_settled().await;
        let held = life.heard_events();
        let held = held.iter().filter(|event| *event == "held").count();
        assert_eq!(held, 30);
        life.each_notice_came_once();
    });
}

/// Writes nonsense over a record, or beside nothing.
async fn spoil(life: &Life, key: String) {
    let store = life.store();
    let there = store.get(&key).await.unwrap();
    let spoilt = Op::CompareAndSet {
        key,
        expected: there.map_or(0, |record| record.version),
        value: serde_json::json!(["nonsense"]),
    };
    store.commit(Batch::of_ops(vec![spoilt])).await.unwrap();
}

#[test]
fn a_record_of_one_watch_that_cannot_be_read_costs_the_others_nothing() {
    let scope = Scope {
        partition: "aws".into(),
        account: sim::ACCOUNT_ID.into(),
        region: REGION.into(),
    };
    for key in [
        format!("watch/{scope}/blog"),
        format!("told/{scope}/blog"),
        format!("chronicled/{scope}/blog"),
        format!("hold/{INSTALLATION}/blog"),
    ] {
        paused(async || {
            let life = two_watches();
            life.until_settled().await;
            spoil(&life, key.clone()).await;
            life.release("4.5.1");
            let passed = life.pass().await;
            assert_eq!(passed.bakes.len(), 1, "{key}: {:?}", passed.items);
            assert!(passed.bakes[0].1.as_ref().unwrap().image.is_some(), "{key}");
            let blog = &passed.items[0];
            assert_eq!(blog.action, Action::CannotTell, "{key}");
            assert!(blog.because[0].contains(&key), "{key}: {:?}", blog.because);
            assert_eq!(passed.exit(), Exit::CannotTell, "{key}");
        });
    }
}

/// Nobody waits for ever because of a row of the outbox that makes no sense.
#[test]
fn a_notice_that_cannot_be_read_holds_up_no_other() {
    paused(async || {
        let life = Life::brisk();
        spoil(&life, "outbox/nonsense".to_owned()).await;
        spoil(&life, "line/ops/shop/0/nonsense".to_owned()).await;
        life.until_settled().await;
        assert_eq!(life.heard_events(), ["baked", "drift"]);
    });
}

#[test]
fn a_store_that_is_lost_under_a_daemon_stops_it() {
    paused(async || {
        let life = Life::brisk();
        let story = async |watching: &Watching<'_>| {
            watching.until("a pass", |one| one.passes() > 0).await;
            life.lose_the_store();
            life.wait(HOUR).await;
        };
        let ended = life.daemon_to_its_end(Manner::default(), story).await;
        let gone = matches!(&ended, Ended::Itself(Err(StoreError::Gone { .. })));
        assert!(gone, "{ended:?}");
    });
}

#[test]
fn a_backup_from_the_middle_of_a_bake_leaves_no_false_failure() {
    paused(async || {
        let life = Life::begin();
        let backup = life
            .daemon(async |watching| {
                let builder = |_: &Watching<'_>| life.effects_of("RunInstances") == 1;
                watching.until("a builder", builder).await;
                let backup = life.back_up();
                let verified = |_: &Watching<'_>| life.verified().len() == 1;
                watching.until("an image", verified).await;
                life.wait(HOUR).await;
                backup
            })
            .await;
        let heard = life.heard_events();
        life.put_back(&backup);
        life.until_settled().await;
        // The drift of then is told again, since the backup does not know that it was.
        let again = life.heard_events().split_off(heard.len());
        assert!(!again.contains(&"failed".to_owned()), "{again:?}");
        assert!(!again.contains(&"baked".to_owned()), "{again:?}");
        let watches = records::remembered_watches(&life.store()).await.unwrap();
        let history = &watches[0].1;
        assert_eq!(history.failing, None);
        let current = history.current.as_ref().map(|one| one.image.to_string());
        assert_eq!(current, Some(life.verified()[0].id.clone()));
        assert_eq!(life.verified().len(), 1);
        life.promises_hold();
    });
}

#[test]
fn a_machine_that_starts_in_a_wrong_year_begins_when_its_clock_is_right() {
    for years in [-60, -30, 80] {
        paused(async || {
            let life = Life::brisk();
            let off = TimeDelta::days(years * 365);
            life.skew.set(off);
            life.daemon(async |watching| {
                life.wait(HOUR).await;
                assert_eq!((watching.passes(), life.account.counters().calls), (0, 0));
                assert!(ailment(watching).unwrap().contains("clock"), "{years}");
                watching.clock.step(-off);
                life.wait(HOUR).await;
                assert!(watching.passes() >= 4, "{years}: {}", watching.passes());
                assert_eq!(ailment(watching), None, "{years}");
                assert_eq!(life.verified().len(), 1, "{years}");
            })
            .await;
        });
    }
}

/// A year that is possible, and not this one.
#[test]
fn what_a_clock_that_was_ahead_wrote_puts_nothing_off_for_years() {
    paused(async || {
        let life = Life::with_config(&CONFIG.replace("\"bake\"", "\"bake\"\nsoak = \"2h\""));
        let off = TimeDelta::days(40 * 365);
        life.skew.set(off);
        let down = FaultRule::new(sim::FaultKind::Http5xx).on("sns:Publish");
        life.account.fault(down);
        life.daemon(async |watching| {
            life.wait(HOUR).await;
            assert!(watching.passes() >= 4);
            life.account.clear_faults();
            watching.clock.step(-off);
            life.wait(8 * HOUR).await;
            assert_eq!(life.verified().len(), 1);
            assert!(!life.heard_events().is_empty());
        })
        .await;
    });
}

fn ailment(watching: &Watching<'_>) -> Option<String> {
    let clock = &watching.clock;
    watching.pulse().ailment(clock.now(), clock.steady())
}
