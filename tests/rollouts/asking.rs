//! A person's order for a whole watch, and the way back for all of it; and a watch whose environments are
//! other hands'.

use std::time::Duration;

use amiwatch::flow::exit_code::Exit;
use amiwatch::service::desk::moving::{MoveEnd, MoveTeller, move_environment};
use amiwatch::service::desk::opening::leave_lease;
use amiwatch::service::desk::rollout::wishes_back;
use amiwatch::service::desk::whole_rollout::{WholeEnd, WholeOrder, order_whole, plan_whole};
use amiwatch::workflow::observer::Unobserved;

use super::world::{ALL, CANARY, UNASKED, town};
use crate::common::life::Life;
use crate::common::paused;

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
        let WholeEnd::Ended { results, waits } = &end else {
            panic!("nobody drives the store");
        };
        assert!(results.is_empty() && !waits.is_empty());
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

/// Beside a daemon the order is the daemon's to do.
#[test]
fn a_daemon_does_what_is_ordered() {
    paused(async || {
        let life = town("approval = \"each\"");
        life.daemon(async |watching| {
            let asks = |one: &crate::common::watching::Watching<'_>| {
                !one.life.told("approval_needed").is_empty()
            };
            watching.until("a question", asks).await;
            let store = life.store();
            let connection = life.connection(&life.clock);
            let outside = life.outside();
            let service = amiwatch::service::Service {
                settings: &life.settings,
                connection: &connection,
                store: &store,
                clock: &life.clock,
                outside: &outside,
            };
            let order = WholeOrder {
                watch: "shop".into(),
                now: false,
                by: "jo".to_owned(),
            };
            let teller = MoveTeller {
                meanwhile: &|_| {},
                observers: &|_| Box::new(Unobserved),
            };
            let image = life.newest().as_str().into();
            let end = order_whole(&service, &order, &image, &teller)
                .await
                .unwrap();
            assert!(matches!(end, WholeEnd::LeftToDriver));
            watching.rolled_out().await;
        })
        .await;
        assert_eq!(life.updated().len(), ALL.len());
    });
}

/// Everything is taken back, and passes do not fight that.
#[test]
fn a_whole_watch_is_taken_back_and_stays_there() {
    paused(async || {
        let life = town(UNASKED);
        let image = life.bakes_first().await;
        life.daemon(async |watching| watching.rolled_out().await)
            .await;
        let back = life.process(async |service, lease| {
            leave_lease(service.store, lease).await;
            let wishes = wishes_back(&service, &"shop".into(), "jo").await.unwrap();
            assert_eq!(wishes.len(), ALL.len());
            let teller = MoveTeller {
                meanwhile: &|_| {},
                observers: &|_| Box::new(Unobserved),
            };
            for wish in &wishes {
                let end = move_environment(&service, wish, &teller).await.unwrap();
                assert!(matches!(end, MoveEnd::Ended(_)));
                assert_eq!(end.exit(), Exit::Done);
            }
        });
        back.await.expect("nothing is armed");
        assert_eq!(life.all_on(&image), [""; 0]);
        let updates = life.updated().len();
        life.daemon(async |_| life.wait(Duration::from_secs(6 * 60 * 60)).await)
            .await;
        assert_eq!(life.updated().len(), updates, "nobody fights it");
        let told = life.told("attention");
        assert!(told.iter().any(|one| one.contains("CONTESTED")), "{told:?}");
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
