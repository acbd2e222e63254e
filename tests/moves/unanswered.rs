//! Whoever asks a driver that keeps its place and says nothing: no command waits for ever, each says what to
//! type next, and what was asked is taken back.

use std::time::Duration;

use amiwatch::flow::exit_code::Exit;
use amiwatch::model::ids::ImageId;
use amiwatch::model::request::{PublishWish, WishedWay};
use amiwatch::service::Service;
use amiwatch::service::desk::bake::{AskedBakeEnd, BakeTeller, bake_and_deliver};
use amiwatch::service::desk::moving::{MoveEnd, MoveTeller, move_environment};
use amiwatch::service::desk::publish::{PublishEnd, publish_now};
use amiwatch::service::desk::rollout::MoveError;
use amiwatch::service::desk::whole_driving::order_whole;
use amiwatch::service::desk::whole_rollout::WholeOrder;
use amiwatch::store::requests;
use amiwatch::workflow::observer::Unobserved;

use super::ordered::{brisk, forward, wish};
use super::world::NEW;
use crate::common::life::Life;
use crate::common::paused;

/// Longer than five commands wait for an answer, one after another.
const LONG: Duration = Duration::from_hours(8);

/// A command beside a process that has the driver's place and does nothing with it.
async fn beside_a_silent_driver<T>(life: &Life, work: impl AsyncFnOnce(Service<'_>) -> T) -> T {
    let silent = life.process(async |_, _lease| {
        let command = Box::pin(life.command(work));
        let ended = life.clock.timeout(LONG, command).await;
        ended.expect("the command waits for ever")
    });
    silent.await.expect("nothing is armed")
}

fn teller() -> MoveTeller<'static> {
    MoveTeller {
        meanwhile: &|_| {},
        observers: &|_| Box::new(Unobserved),
    }
}

async fn moved(service: &Service<'_>, way: WishedWay) -> (Vec<String>, Exit) {
    let end = move_environment(service, &wish(way), &teller()).await;
    match end.expect("it is answered") {
        MoveEnd::Refused { why, exit } => (why, exit),
        _ => panic!("nobody has moved anything"),
    }
}

async fn baked(service: &Service<'_>) -> (Vec<String>, Exit) {
    let teller = BakeTeller {
        meanwhile: &|_| {},
        observers: &|_| Box::new(Unobserved),
    };
    let end = bake_and_deliver(service, &"shop".into(), true, &teller).await;
    match end.expect("it is answered") {
        AskedBakeEnd::Refused { why, exit } => (why, exit),
        _ => panic!("nobody has baked anything"),
    }
}

async fn published(service: &Service<'_>) -> (Vec<String>, Exit) {
    let wish = PublishWish {
        watch: "shop".into(),
        destination: "ssm:eu-west-1".parse().expect("a destination"),
        by: "jo".to_owned(),
    };
    let end = publish_now(service, &wish, || {}, &|_| Box::new(Unobserved)).await;
    match end.expect("it is answered") {
        PublishEnd::Refused { why, exit } => (why, exit),
        _ => panic!("nobody has published anything"),
    }
}

async fn ordered(service: &Service<'_>) -> (Vec<String>, Exit) {
    let order = WholeOrder {
        watch: "shop".into(),
        now: false,
        by: "jo".to_owned(),
    };
    match order_whole(service, &order, &ImageId::from(NEW), &teller()).await {
        Err(MoveError::Untold(why)) => (why, Exit::CannotTell),
        other => panic!("nobody has rolled anything: {other:?}"),
    }
}

#[test]
fn whoever_gets_no_answer_is_told_what_to_type_next() {
    paused(async || {
        let life = brisk();
        let told = beside_a_silent_driver(&life, async |service| {
            [
                (
                    moved(&service, forward()).await,
                    "amiwatch rollout shop --environment shop/shop-blue",
                ),
                (
                    moved(&service, WishedWay::Back).await,
                    "amiwatch rollback shop/shop-blue --watch shop",
                ),
                (baked(&service).await, "amiwatch bake shop --force"),
                (
                    published(&service).await,
                    "amiwatch publish shop --to ssm:eu-west-1",
                ),
                (ordered(&service).await, "amiwatch rollout shop"),
            ]
        });
        for ((why, exit), again) in Box::pin(told).await {
            assert_eq!(exit, Exit::CannotTell, "{why:?}");
            let [why] = why.as_slice() else {
                panic!("{why:?}")
            };
            assert!(why.ends_with(&format!("`{again}` asks again")), "{why}");
            assert!(why.contains("has not answered for 60 minutes"), "{why}");
        }
        let left = requests::all_requests(&life.store()).await.unwrap();
        assert_eq!(left, [], "what nobody waits for is taken back");
    });
}

/// A daemon that came late took the request for one that nobody waits for.
#[test]
fn a_request_that_was_removed_under_its_asker_is_left_anew() {
    paused(async || {
        let life = brisk();
        let (asked, again) = beside_a_silent_driver(&life, async |service| {
            let store = life.store();
            let all = async || requests::all_requests(&store).await.unwrap();
            let late = async {
                life.wait(Duration::from_mins(15)).await;
                let asked = all().await.remove(0);
                requests::remove_request(&store, &asked).await.unwrap();
                life.wait(Duration::from_secs(5)).await;
                (asked, all().await.remove(0))
            };
            let way = forward();
            let command = Box::pin(moved(&service, way));
            let (_, seen) = futures_util::future::join(command, Box::pin(late)).await;
            seen
        })
        .await;
        assert_eq!(asked.request.value.ask, again.request.value.ask);
        assert!(asked.request.value.asked_at < again.request.value.asked_at);
    });
}
