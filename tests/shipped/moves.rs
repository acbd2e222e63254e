//! A move's calls under the shipped policies, on the simulated account, which looks at actions only:
//! rollout.json has all that they need, and every other policy together has none that changes anything.

use std::time::Duration;

use amiwatch::clock::Clock;
use amiwatch::cloud::{ByHand, Cloud, Connection, ErrorKind};
use amiwatch::model::environment::{EnvironmentChange, ImageSetting};
use amiwatch::model::ids::{PlatformArn, Scope, TargetId};
use amiwatch::settings::{Settings, parse_config};
use chrono::{DateTime, Utc};
use sim::{Account, EnvironmentSpec, ImageSpec, Release, SimClock};

use super::policies::{names_but, together};
use crate::common::paused;
use crate::common::world::{BRANCH, REGION};
use crate::moves::orders::{Moved, Wish};
use crate::moves::world::{OLD, new_image_is_ill, usual};

const NAME: &str = "shop-blue";
const MOVES: &str = "rollout.json";

/// An account with an environment, an image to move it to, and a clock.
fn town() -> (Account, Clock, EnvironmentChange) {
    let start = DateTime::<Utc>::from_timestamp(1_790_000_000, 0).unwrap();
    let clock = Clock::virtual_from(start);
    let read = clock.clone();
    let account = Account::new(SimClock::new(move || read.now()));
    let at = account.at(REGION);
    at.release(Release::new(BRANCH, "4.5.0")).unwrap();
    let shop = EnvironmentSpec::new("shop", NAME, BRANCH).instances(2);
    at.environment(shop.immutable()).unwrap();
    let newest = at.release(Release::new(BRANCH, "4.5.1")).unwrap();
    let image = at.image(ImageSpec::mine("ours")).unwrap();
    let change = EnvironmentChange {
        image: ImageSetting::Image(image.as_str().into()),
        platform: Some(PlatformArn::new(newest)),
    };
    (account, clock, change)
}

/// The door by which moves go, as a config says.
fn door(account: &Account, clock: &Clock, settings: &Settings) -> Cloud {
    let parts = ByHand {
        http: account.connector_on_tokio(),
        region: REGION.into(),
        access_key_id: "AKIDSIM".to_owned(),
        secret_access_key: "secret".to_owned(),
        endpoint: None,
        in_flight_max: None,
    };
    let connection = Connection::by_hand(parts, clock);
    let identity = settings.rollout_identity();
    connection.cloud(&identity, None).unwrap()
}

fn settings(config: &str) -> Settings {
    let no_recipe = |_: &std::path::Path| Err(std::io::ErrorKind::NotFound.into());
    parse_config(config, "amiwatch.toml".as_ref(), &no_recipe).unwrap()
}

fn target() -> TargetId {
    TargetId {
        scope: Scope {
            partition: "aws".into(),
            account: sim::ACCOUNT_ID.into(),
            region: REGION.into(),
        },
        application: "shop".to_owned(),
        environment: NAME.to_owned(),
    }
}

#[test]
fn a_move_needs_no_more_than_is_granted() {
    paused(async || {
        let (account, clock, change) = town();
        account.set_policy(Some(&together(&[MOVES]))).unwrap();
        let cloud = door(&account, &clock, &settings(""));
        let now = cloud.environment_now(&target()).await.unwrap().unwrap();
        let versions = cloud.versions(BRANCH).await.unwrap();
        let newest = cloud.platform_version(&versions[0].1).await.unwrap();
        assert_eq!(newest.map(|version| version.arn), change.platform);
        assert_eq!(cloud.validate_change(&target(), &change).await.unwrap(), []);
        assert_eq!(cloud.managed_actions(&now.id).await.unwrap(), []);
        let sent = cloud.update_environment(&now.id, NAME, &change).await;
        let request = sent.unwrap().expect("the request has an id");
        clock.sleep(Duration::from_secs(3600)).await;
        let ids = cloud.environment_instances(&now.id).await.unwrap();
        let running = cloud.running_images(&ids).await.unwrap();
        assert!(
            running
                .iter()
                .all(|one| Some(&one.image) == change.image.image())
        );
        assert_eq!(running.len(), 2);
        let events = cloud.environment_events(&now.id, clock.now() - chrono::TimeDelta::hours(2));
        let mut events = events.await.unwrap().into_iter();
        assert!(events.any(|event| event.request_id.as_deref() == Some(&request)));
        cloud.environment_health(&now).await.unwrap();
        cloud.option_sets("shop", NAME).await.unwrap();
        let back = EnvironmentChange {
            image: ImageSetting::PlatformOwn(None),
            platform: None,
        };
        cloud
            .update_environment(&now.id, NAME, &back)
            .await
            .unwrap();
        clock.sleep(Duration::from_secs(60)).await;
        cloud.abort_environment_update(&now.id).await.unwrap();
        clock.sleep(Duration::from_secs(3600)).await;
        cloud.delete_draft("shop", NAME).await.unwrap();
    });
}

#[test]
fn who_has_every_other_policy_changes_no_environment() {
    paused(async || {
        let (account, clock, change) = town();
        let others = names_but(MOVES);
        let others: Vec<&str> = others.iter().map(String::as_str).collect();
        account.set_policy(Some(&together(&others))).unwrap();
        let cloud = door(&account, &clock, &settings(""));
        let now = cloud.environment_now(&target()).await.unwrap().unwrap();
        let refused = [
            cloud.update_environment(&now.id, NAME, &change).await.err(),
            cloud.abort_environment_update(&now.id).await.err(),
            cloud.delete_draft("shop", NAME).await.err(),
        ];
        for error in refused {
            assert_eq!(error.expect("it is refused").kind, ErrorKind::Denied);
        }
    });
}

/// Begun, driven and taken back, each in a process of its own.
#[test]
fn a_whole_move_and_its_way_back_need_no_more_than_is_granted() {
    paused(async || {
        let life = usual();
        life.account.set_policy(Some(&together(&[MOVES]))).unwrap();
        for wish in [Wish::Forward, Wish::Back] {
            let moved = life.try_move(wish).await.expect("nothing is armed");
            assert!(moved.succeeded(), "{moved:?}");
        }
        assert_eq!(life.updates(), 2);
    });
}

/// An image that does not serve is taken back by Beanstalk or by us, and the draft is deleted.
#[test]
fn a_move_that_fails_needs_no_more_than_is_granted() {
    paused(async || {
        let life = usual();
        new_image_is_ill(&life);
        life.account.set_policy(Some(&together(&[MOVES]))).unwrap();
        let moved = life
            .try_move(Wish::Forward)
            .await
            .expect("nothing is armed");
        assert!(
            matches!(&moved, Moved::Ended(ended) if !ended.is_empty()),
            "{moved:?}"
        );
        assert!(!moved.succeeded(), "{moved:?}");
        life.no_move_is_open().await;
        assert_eq!(life.runs(), [OLD.to_owned()].into());
    });
}

/// The role of moves is assumed first, and what is refused is that.
#[test]
fn a_role_of_its_own_is_assumed_for_moves_alone() {
    paused(async || {
        let (account, clock, change) = town();
        let role = account.role("amiwatch-rollout", None);
        let settings = settings(&format!("[aws.rollout]\nrole_arn = \"{role}\""));
        let policies = together(&[MOVES, "assume-rollout.json"]);
        account.set_policy(Some(&policies)).unwrap();
        let cloud = door(&account, &clock, &settings);
        let now = cloud.environment_now(&target()).await.unwrap().unwrap();
        let sent = cloud.update_environment(&now.id, NAME, &change).await;
        assert!(sent.unwrap().is_some());
        let assumed = account.counters().by_operation["sts:AssumeRole"];
        assert_eq!(assumed, 1, "once for all that is done with it");

        account.set_policy(Some(&together(&[MOVES]))).unwrap();
        let cloud = door(&account, &clock, &settings);
        let error = cloud.environment_now(&target()).await.unwrap_err();
        assert_eq!(
            (error.kind, error.operation),
            (ErrorKind::NoCredentials, "sts:AssumeRole")
        );
    });
}
