//! A person's order for a whole watch, done here or followed where a daemon does it; and a watch whose
//! environments are other hands'.

use std::cell::RefCell;
use std::time::Duration;

use amiwatch::flow::exit_code::Exit;
use amiwatch::service::desk::moving::{MoveMeanwhile, MoveTeller};
use amiwatch::service::desk::once::Once;
use amiwatch::service::desk::opening::leave_lease;
use amiwatch::service::desk::whole_driving::order_whole;
use amiwatch::service::desk::whole_rollout::{WholeEnd, WholeOrder, plan_whole};
use amiwatch::store::{Batch, Op, Store as _};
use amiwatch::workflow::observer::Unobserved;
use tokio::sync::Notify;

use super::world::{ALL, CANARY, UNASKED, town};
use crate::common::life::Life;
use crate::common::paused;
use crate::common::watching::{Manner, Watching};

/// `rollout shop`, in a process of its own.
async fn ordered(life: &Life, now: bool) -> WholeEnd {
    let order = WholeOrder {
        watch: "shop".into(),
        now,
        by: "jo".to_owned(),
    };
    let ended = life.process(async |service, lease| {
        leave_lease(service.store, lease).await;
        let plan = plan_whole(&service, &order).await.unwrap();
        let teller = MoveTeller {
            meanwhile: &|_| {},
            observers: &|_| Box::new(Unobserved),
        };
        order_whole(&service, &order, &plan.image, &teller).await
    });
    ended
        .await
        .expect("nothing is armed")
        .expect("the desk answers")
}

/// Nobody drives the store: the command does all waves, and asks nobody for approval.
#[test]
fn a_person_s_order_goes_through_every_wave() {
    paused(async || {
        let life = town("approval = \"each\"");
        let image = life.bakes_first().await;
        life.passes(1).await;
        let end = ordered(&life, false).await;
        assert_eq!(end.exit(), Exit::Done);
        assert_eq!(life.all_on(&image).len(), ALL.len());
        assert_eq!(life.updated()[0], CANARY);
        assert_eq!(life.told("rolled_out").len(), 2);
        life.passes(1).await;
        assert_eq!(
            life.told("approval_needed").len(),
            1,
            "asked before, and no more"
        );
    });
}

/// Windows bind it unless the person says now.
#[test]
fn windows_bind_an_order_unless_it_is_for_now() {
    paused(async || {
        let window = r#"windows = [{ cron = "0 2 * * 6", duration = "1h", timezone = "UTC" }]"#;
        let life = town(&format!("{UNASKED}\n{window}"));
        let image = life.bakes_first().await;
        let end = ordered(&life, false).await;
        assert!(end.ended.is_empty() && !end.waits.is_empty());
        assert_eq!((end.exit(), life.updated().len()), (Exit::Done, 0));
        assert_eq!(ordered(&life, true).await.exit(), Exit::Done);
        assert_eq!(life.all_on(&image).len(), ALL.len());
    });
}

/// The canary fails: the command says so, and nothing goes further.
#[test]
fn an_order_whose_canary_fails_is_1_and_goes_no_further() {
    paused(async || {
        let life = town(UNASKED);
        let image = life.bakes_first().await;
        life.is_ill(&image, Duration::from_secs(90));
        assert_eq!(ordered(&life, false).await.exit(), Exit::Failed);
        assert_eq!(life.updated(), [CANARY, CANARY]);
    });
}

/// An order in a process beside the one that drives the store; with what its person was told meanwhile.
async fn ordered_beside(life: &Life) -> (WholeEnd, Vec<MoveMeanwhile>) {
    let order = WholeOrder {
        watch: "shop".into(),
        now: false,
        by: "jo".to_owned(),
    };
    let said = RefCell::new(Vec::new());
    let end = life.command(async |service| {
        let teller = MoveTeller {
            meanwhile: &|what| said.borrow_mut().push(what),
            observers: &|_| Box::new(Unobserved),
        };
        let image = life.newest().as_str().into();
        order_whole(&service, &order, &image, &teller).await
    });
    let end = end.await.expect("the desk answers");
    (end, said.into_inner())
}

fn asks(one: &Watching<'_>) -> bool {
    !one.life.told("approval_needed").is_empty()
}

/// Beside a daemon the order is the daemon's to do, and the command says how each of it ended.
#[test]
fn a_daemon_does_what_is_ordered_and_is_followed_to_its_end() {
    paused(async || {
        let life = town("approval = \"each\"");
        life.daemon(async |watching| {
            watching.until("a question", asks).await;
            let (end, said) = ordered_beside(&life).await;
            assert_eq!(life.all_on(&life.newest()).len(), ALL.len(), "it waited");
            let ended = end.ended.iter();
            let ended: Vec<&str> = ended.map(|one| one.environment.as_str()).collect();
            assert_eq!(ended.len(), ALL.len(), "{ended:?}");
            assert_eq!(ended[0], "shop/shop-canary");
            assert_eq!((end.exit(), end.waits), (Exit::Done, Vec::new()));
            assert_eq!(said, [MoveMeanwhile::Waiting]);
            watching.rolled_out().await;
        })
        .await;
        assert_eq!(life.updated().len(), ALL.len());
    });
}

/// The canary is taken back: so the command ends, and not in success.
#[test]
fn what_a_daemon_takes_back_of_an_order_is_1() {
    paused(async || {
        let life = town("approval = \"each\"");
        life.daemon(async |watching| {
            watching.until("a question", asks).await;
            life.is_ill(&life.newest(), Duration::from_secs(90));
            let (end, _) = ordered_beside(&life).await;
            let ended: Vec<_> = end
                .ended
                .iter()
                .map(|one| (one.back, one.is_well()))
                .collect();
            assert_eq!(ended, [(false, false), (true, true)], "there, and back");
            assert_eq!(end.exit(), Exit::Failed);
        })
        .await;
        assert_eq!(life.updated(), [CANARY, CANARY]);
    });
}

/// The daemon goes away in the middle: whoever gave the order goes on with it.
#[test]
fn an_order_outlives_the_daemon_that_worked_on_it() {
    paused(async || {
        let life = town("approval = \"each\"");
        let asked = Notify::new();
        let daemon = life.beside(Manner::default(), async |watching: &Watching<'_>| {
            watching.until("a question", asks).await;
            asked.notify_one();
            watching
                .until("an update", |one| !one.life.updated().is_empty())
                .await;
        });
        let command = async {
            asked.notified().await;
            ordered_beside(&life).await
        };
        let (_, (end, said)) = tokio::join!(Box::pin(daemon), Box::pin(command));
        assert_eq!((end.exit(), end.ended.len()), (Exit::Done, ALL.len()));
        assert_eq!(said.last(), Some(&MoveMeanwhile::GoingOn));
        assert_eq!(life.updated().len(), ALL.len(), "each once");
    });
}

/// Whoever drives the store makes no passes: it is waited for, and then the order is done here.
#[test]
fn an_order_beside_a_driver_that_is_no_daemon_is_done_when_that_has_ended() {
    paused(async || {
        let life = town("approval = \"each\"");
        life.bakes_first().await;
        let driver = life.process(async |service, lease| {
            life.wait(Duration::from_secs(600)).await;
            assert_eq!(life.updated(), [""; 0]);
            leave_lease(service.store, lease).await;
        });
        let command = async {
            life.wait(Duration::from_secs(1)).await;
            ordered_beside(&life).await
        };
        let (_, (end, said)) = tokio::join!(Box::pin(driver), Box::pin(command));
        assert_eq!((end.exit(), end.ended.len()), (Exit::Done, ALL.len()));
        assert_eq!(said[0], MoveMeanwhile::Waiting);
        assert_eq!(life.all_on(&life.newest()).len(), ALL.len());
    });
}

/// What another watch's move that was left comes to is not this order's.
#[test]
fn an_order_counts_no_other_watch_s_moves() {
    paused(async || {
        let life = town(UNASKED);
        life.bakes_first().await;
        let lost = Op::PutIfAbsent {
            key: "open/move/lost/0001".to_owned(),
            value: serde_json::Value::Null,
        };
        let batch = Batch::of_ops(vec![lost]);
        life.store().commit(batch).await.unwrap();
        let end = ordered(&life, false).await;
        assert_eq!((end.exit(), end.ended.len()), (Exit::Done, ALL.len()));
        // A pass that is made once tells it, and is not well.
        let once = Once::of_passed(life.pass().await);
        assert_eq!(once.exit(), Exit::Failed);
        assert_eq!(once.moves.len(), 1);
        assert_eq!(once.moves[0].environment, "move/lost/0001");
        assert!(once.moves[0].why.is_some());
    });
}

/// Other hands: told once what to do, and nothing is touched.
#[test]
fn what_is_for_other_hands_is_told_once_and_not_touched() {
    paused(async || {
        let life = town(&format!("{UNASKED}\nhands = \"print\""));
        let image = life.bakes_first().await;
        life.passes(3).await;
        assert_eq!(life.updated(), [""; 0]);
        let heard = life.heard_of("attention");
        assert!(heard.subject.contains("waits for your hands"), "{heard:?}");
        for name in ALL {
            assert!(heard.body.contains(name), "{name}: {}", heard.body);
        }
        assert!(heard.body.contains(&image), "{}", heard.body);
        assert!(
            heard
                .body
                .contains("aws elasticbeanstalk update-environment")
        );
        life.each_notice_came_once();
        assert_eq!(life.told("attention").len(), 1);
    });
}
