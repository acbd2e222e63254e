//! What people ask of the daemon: another config, a bake, and requests that nobody waits for any more.

use std::time::Duration;

use amiwatch::model::ids::WatchName;
use amiwatch::model::request::{Request, RequestAnswer, RequestedAct};
use amiwatch::service::daemon::{Condition, Signal};
use amiwatch::service::desk::look::look_now;
use amiwatch::service::vitals::BakeResult;
use amiwatch::store::requests;
use chrono::TimeDelta;
use sim::{FaultKind, FaultRule};

use super::watching::{HOUR, bakes, verified, with_schedule};
use crate::common::life::Life;
use crate::common::paused;
use crate::common::seam::Arm;
use crate::common::watching::Watching;
use crate::common::world::CONFIG;

#[test]
fn a_good_new_config_is_taken_up_and_a_bad_one_is_not() {
    paused(async || {
        let life = Life::brisk();
        life.daemon(async |watching| {
            verified(watching).await;
            let passes = watching.passes();

            watching.edit(Err("amiwatch.toml:3:1: unknown key".to_owned()));
            let answer = watching.ask(RequestedAct::Reload).await;
            let RequestAnswer::KeptOld { why } = answer else {
                panic!("{answer:?}");
            };
            assert!(why.contains("unknown key"), "{why}");
            assert_eq!(watching.passes(), passes);

            let elsewhere = format!("{CONFIG}\n[store]\nurl = \"sqlite:///elsewhere.db\"\n");
            watching.edit(Ok(elsewhere));
            let answer = watching.ask(RequestedAct::Reload).await;
            assert!(
                matches!(&answer, RequestAnswer::KeptOld { why } if why.contains("restart")),
                "{answer:?}"
            );

            let hourly = with_schedule("cron = \"0 3 * * *\"\njitter = \"0s\"");
            watching.edit(Ok(hourly));
            watching.signal(Signal::Reload);
            // A new config is looked at at once, and its schedule holds from then on.
            watching
                .until("a pass", |one| one.passes() == passes + 1)
                .await;
            let next = watching.pulse().next_pass_at.unwrap();
            assert_eq!(next.format("%H:%M").to_string(), "03:00");
            let told = watching.told();
            let reloading = told.iter().filter(|one| **one == Condition::Reloading);
            let ready = told.iter().filter(|one| **one == Condition::Ready);
            assert_eq!((reloading.count(), ready.count()), (3, 4), "{told:?}");
        })
        .await;
    });
}

#[test]
fn a_person_asks_for_a_bake_and_gets_its_journal() {
    paused(async || {
        let life = Life::brisk();
        life.daemon(async |watching| {
            let watch = WatchName::new("shop");
            let bake = |force| RequestedAct::Bake {
                watch: watch.clone(),
                force,
            };
            watching
                .until("a builder", |_| life.effects_of("RunInstances") == 1)
                .await;
            // One is under way: it is joined.
            let joined = watching.ask(bake(false)).await;
            let RequestAnswer::Driving { journal } = &joined else {
                panic!("{joined:?}");
            };
            assert_eq!(&life.open_bakes().await, std::slice::from_ref(journal));
            verified(watching).await;

            let nothing = watching.ask(bake(false)).await;
            assert!(
                matches!(&nothing, RequestAnswer::NothingToDo { why } if why.contains("in step")),
                "{nothing:?}"
            );

            let forced = watching.ask(bake(true)).await;
            assert!(
                matches!(&forced, RequestAnswer::Driving { journal: second } if second != journal),
                "{forced:?}"
            );
            let two = |one: &Watching<'_>| bakes(one, BakeResult::Verified) == 2;
            watching.until("the next generation", two).await;

            let unknown = RequestedAct::Bake {
                watch: WatchName::new("nowhere"),
                force: false,
            };
            let refused = watching.ask(unknown).await;
            assert!(
                matches!(&refused, RequestAnswer::Refused { why, .. } if why[0].contains("nowhere")),
                "{refused:?}"
            );
        })
        .await;
        assert_eq!(life.effects_of("RunInstances"), 4);
        life.each_notice_came_once();
    });
}

#[test]
fn a_request_that_nobody_waits_for_is_removed() {
    paused(async || {
        let life = Life::brisk();
        let store = life.store();
        let long_ago = life.clock.now() - Request::WORTH - TimeDelta::seconds(1);
        let ask = RequestedAct::Bake {
            watch: WatchName::new("shop"),
            force: true,
        };
        let request = Request::new(ask, "a ghost".to_owned(), long_ago);
        requests::leave_request(&store, &request).await.unwrap();
        drop(store);
        life.daemon(async |watching| verified(watching).await).await;
        assert_eq!(requests::all_requests(&life.store()).await.unwrap(), []);
        assert_eq!(
            life.effects_of("RunInstances"),
            2,
            "what the ghost forced was not begun"
        );
    });
}

/// Regions with a watch of their own.
const ELSEWHERE: [&str; 15] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];
const WATCHED: &str = "base = { beanstalk = \"ECS running on 64bit Amazon Linux 2023\" }\n\
                       on_drift = \"notify\"\n";

/// A pass may take longer than a request is worth that nobody has taken in hand.
#[test]
fn a_look_that_takes_long_is_answered_all_the_same() {
    paused(async || {
        let mut life = Life::brisk();
        let mut config = with_schedule("cron = \"0 3 * * *\"\njitter = \"0s\"");
        // One after another, and each waits for answers that do not come.
        config += "\n[aws]\nplaces_at_once = 1\n";
        for region in ELSEWHERE {
            config += &format!("\n[watch.{region}]\nregion = \"{region}\"\n{WATCHED}");
        }
        life.set_config(&config);
        life.daemon(async |watching| {
            verified(watching).await;
            life.account
                .fault(FaultRule::new(FaultKind::TimeoutBeforeEffect).on("elasticbeanstalk:*"));
            let asked_at = life.clock.now();
            let looked = life.command(async |service| look_now(service.desk()).await);
            let looked = Box::pin(looked).await.expect("it is answered");
            assert!(looked.at - asked_at > Request::WORTH, "{looked:?}");
            life.account.clear_faults();
        })
        .await;
    });
}

/// A request that nobody waits for cannot be removed from a store that takes nothing more: that is no
/// reason to stop watching.
#[test]
fn a_full_store_ends_no_daemon() {
    paused(async || {
        let life = Life::brisk();
        life.daemon(async |watching| {
            verified(watching).await;
            let request =
                Request::new(RequestedAct::Reload, "a ghost".to_owned(), life.clock.now());
            requests::leave_request(&life.store(), &request)
                .await
                .unwrap();
            life.seam.arm(Arm::RefuseFrom(0));
            let passes = watching.passes();
            life.wait(2 * HOUR).await;
            assert!(watching.passes() > passes, "it goes on looking");
            assert_eq!(
                requests::all_requests(&life.store()).await.unwrap().len(),
                1
            );
            life.seam.arm(Arm::Nowhere);
            life.wait(HOUR).await;
            assert_eq!(requests::all_requests(&life.store()).await.unwrap(), []);
        })
        .await;
    });
}

#[test]
fn what_was_decided_under_an_old_config_is_not_begun_under_a_new_one() {
    paused(async || {
        let life = Life::brisk();
        // The first look takes a minute; meanwhile the config becomes one that only tells.
        let slow = FaultKind::Slow { seconds: 8.0 };
        life.account
            .fault(FaultRule::new(slow).on("ec2:DescribeImages"));
        life.daemon(async |watching| {
            life.wait(Duration::from_secs(2)).await;
            assert_eq!(watching.passes(), 0, "the first look is under way");
            watching.edit(Ok(CONFIG.replace("\"bake\"", "\"notify\"")));
            let answer = watching.ask(RequestedAct::Reload).await;
            assert!(
                matches!(answer, RequestAnswer::Reloaded { .. }),
                "{answer:?}"
            );
            watching
                .until("a pass under the new config", |one| one.passes() == 2)
                .await;
            life.wait(HOUR).await;
        })
        .await;
        assert_eq!(life.effects_of("RunInstances"), 0);
    });
}
