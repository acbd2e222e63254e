//! One environment's move over the door, on the simulated account: what each question answers before,
//! during and after it.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sim::{
    Account, At, EnvironmentChange as Happens, EnvironmentSpec, ImageChange, ImageSpec,
    ManagedUpdate, Release,
};

use super::canned::connection_to;
use super::{Cloud, ErrorKind, Identity};
use crate::clock::Clock;
use crate::model::environment::{
    EnhancedStatus, EnvironmentChange, EnvironmentHealth, EnvironmentNow, EnvironmentStatus,
    ImageSetting, OptionSets,
};
use crate::model::ids::{ImageId, PlatformArn, Scope, TargetId};

const BRANCH: &str = "ECS running on 64bit Amazon Linux 2023";
const REGION: &str = "eu-west-1";
const NAME: &str = "shop-blue";

/// An account with an environment of two instances on 4.5.0, of which 4.5.1 is out.
struct Town {
    account: Account,
    cloud: Cloud,
    clock: Clock,
    newest: PlatformArn,
    image: ImageId,
}

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap()
}

impl Town {
    fn new(spec: impl FnOnce(EnvironmentSpec) -> EnvironmentSpec) -> Self {
        let clock = Clock::virtual_from(start());
        let told = clock.clone();
        let account = Account::new(sim::SimClock::new(move || told.now()));
        let at = account.at(REGION);
        at.release(Release::new(BRANCH, "4.5.0")).unwrap();
        let shop = EnvironmentSpec::new("shop", NAME, BRANCH).instances(2);
        at.environment(spec(shop)).unwrap();
        let newest = at.release(Release::new(BRANCH, "4.5.1")).unwrap();
        let image = at.image(ImageSpec::mine("ours")).unwrap();
        let connection = connection_to(&account, REGION, &clock);
        Self {
            cloud: connection.cloud(&Identity::Own, None).unwrap(),
            newest: PlatformArn::new(newest),
            image: ImageId::new(image),
            account,
            clock,
        }
    }

    fn at(&self) -> At {
        self.account.at(REGION)
    }

    async fn now(&self) -> EnvironmentNow {
        let found = self.cloud.environment_now(&target()).await.unwrap();
        found.expect("it is there")
    }

    async fn sets(&self) -> OptionSets {
        self.cloud.option_sets("shop", NAME).await.unwrap()
    }

    fn moved(&self) -> EnvironmentChange {
        EnvironmentChange {
            image: ImageSetting::Image(self.image.clone()),
            platform: Some(self.newest.clone()),
        }
    }

    async fn send(&self, change: &EnvironmentChange) -> String {
        let id = self.now().await.id;
        let sent = self.cloud.update_environment(&id, NAME, change).await;
        sent.unwrap().expect("the request has an id")
    }

    async fn minutes(&self, minutes: u64) {
        self.clock.sleep(Duration::from_secs(60 * minutes)).await;
    }

    /// How many of the environment's instances run the image and do not end.
    async fn on(&self, image: &ImageId) -> usize {
        let id = self.now().await.id;
        let ids = self.cloud.environment_instances(&id).await.unwrap();
        let running = self.cloud.running_images(&ids).await.unwrap();
        let on = running
            .iter()
            .filter(|one| !one.ends && one.image == *image);
        on.count()
    }
}

fn target() -> TargetId {
    TargetId {
        scope: Scope {
            partition: "aws".into(),
            account: "000000000000".into(),
            region: REGION.into(),
        },
        application: "shop".to_owned(),
        environment: NAME.to_owned(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_move_is_seen_from_its_first_call_to_its_last_instance() {
    let town = Town::new(EnvironmentSpec::immutable);
    let before = town.now().await;
    assert_eq!(before.status, EnvironmentStatus::Ready);
    let change = town.moved();
    let said = town.cloud.validate_change(&target(), &change).await;
    assert_eq!(said.unwrap(), []);
    let request = town.send(&change).await;

    let during = town.now().await;
    assert_eq!(
        (&during.status, during.abortable),
        (&EnvironmentStatus::Updating, true)
    );
    let pending = town.sets().await.pending.expect("a draft is pending");
    assert_eq!(
        (pending.image(), pending.platform),
        (Some(town.image.clone()), Some(town.newest.clone()))
    );
    let error = town
        .cloud
        .update_environment(&before.id, NAME, &change)
        .await
        .unwrap_err();
    assert!(error.busy(), "{error}");

    town.minutes(60).await;
    let after = town.now().await;
    assert_eq!(after.status, EnvironmentStatus::Ready);
    assert_eq!(after.platform, Some(town.newest.clone()));
    let sets = town.sets().await;
    assert_eq!(
        sets.deployed.and_then(|set| set.image()),
        Some(town.image.clone())
    );
    assert_eq!((sets.pending, sets.failed), (None, None));
    assert_eq!(town.on(&town.image).await, 2);
    let health = town.cloud.environment_health(&after).await.unwrap();
    assert!(
        matches!(
            health,
            EnvironmentHealth::Enhanced {
                status: EnhancedStatus::Ok,
                ..
            }
        ),
        "{health:?}"
    );
    let since = start() - TimeDelta::minutes(1);
    let events = town
        .cloud
        .environment_events(&after.id, since)
        .await
        .unwrap();
    let ours = events
        .iter()
        .filter(|event| event.request_id.as_ref() == Some(&request));
    let said: Vec<_> = ours.map(|event| event.message.as_str()).collect();
    assert_eq!(
        said.first(),
        Some(&"Environment update completed successfully."),
        "{said:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_failed_move_leaves_a_draft_that_can_be_deleted() {
    let town = Town::new(EnvironmentSpec::immutable);
    let stock = town.sets().await.deployed.and_then(|set| set.image());
    let serves = sim::Serves {
        status: "Severe".to_owned(),
        ..sim::Serves::default()
    };
    let bad = town.at().image(ImageSpec::mine("bad")).unwrap();
    town.at()
        .change_image(&bad, ImageChange::Serves(serves))
        .unwrap();
    let bad = ImageId::new(bad);
    let change = EnvironmentChange {
        image: ImageSetting::Image(bad.clone()),
        platform: None,
    };
    town.send(&change).await;
    town.minutes(120).await;
    let sets = town.sets().await;
    assert_eq!(town.now().await.status, EnvironmentStatus::Ready);
    assert_eq!(sets.deployed.and_then(|set| set.image()), stock);
    assert_eq!(sets.failed.and_then(|set| set.image()), Some(bad));
    town.cloud.delete_draft("shop", NAME).await.unwrap();
    assert_eq!(town.sets().await.failed, None);
    town.cloud.delete_draft("shop", NAME).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_update_is_aborted_once_and_an_image_of_its_own_is_unset() {
    let town = Town::new(EnvironmentSpec::immutable);
    let stock = town
        .sets()
        .await
        .deployed
        .and_then(|set| set.image())
        .unwrap();
    let id = town.now().await.id;
    let error = town.cloud.abort_environment_update(&id).await.unwrap_err();
    assert_eq!(
        (error.kind, error.busy()),
        (ErrorKind::Conflict, false),
        "{error}"
    );
    town.send(&town.moved()).await;
    town.minutes(1).await;
    town.cloud.abort_environment_update(&id).await.unwrap();
    assert_eq!(town.now().await.status, EnvironmentStatus::Aborting);
    town.minutes(60).await;
    assert_eq!(town.on(&stock).await, 2);

    town.send(&town.moved()).await;
    town.minutes(60).await;
    assert_eq!(town.on(&town.image).await, 2);
    let back = EnvironmentChange {
        image: ImageSetting::PlatformOwn(None),
        platform: None,
    };
    town.send(&back).await;
    town.minutes(60).await;
    assert_eq!(town.on(&town.image).await, 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_is_told_from_what_may_not_be_seen() {
    let town = Town::new(|spec| spec);
    let id = town.now().await.id;
    let elsewhere = TargetId {
        environment: "shop-none".to_owned(),
        ..target()
    };
    let found = town.cloud.environment_now(&elsewhere).await.unwrap();
    assert_eq!(found, None);
    town.at()
        .change_environment(NAME, Happens::Terminated)
        .unwrap();
    assert_eq!(town.cloud.environment_now(&target()).await.unwrap(), None);
    let seen = town.cloud.environment_by_id(&id).await.unwrap().unwrap();
    assert_eq!(seen.status, EnvironmentStatus::Terminated);

    town.account.deny("elasticbeanstalk:DescribeEnvironments");
    let error = town.cloud.environment_by_id(&id).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Empty, "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_denied_update_says_what_to_allow() {
    let town = Town::new(EnvironmentSpec::immutable);
    let id = town.now().await.id;
    town.account.deny("elasticbeanstalk:UpdateEnvironment");
    let error = town
        .cloud
        .update_environment(&id, NAME, &town.moved())
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Denied);
    let line = error.to_string();
    assert!(
        line.contains("allow elasticbeanstalk:UpdateEnvironment"),
        "{line}"
    );
}

#[tokio::test(start_paused = true)]
async fn basic_health_is_a_colour_and_managed_actions_are_announced() {
    const HEALTH: &str = "aws:elasticbeanstalk:healthreporting:system";
    let town = Town::new(|spec| spec.option(HEALTH, "SystemType", "basic"));
    let now = town.now().await;
    let health = town.cloud.environment_health(&now).await.unwrap();
    assert_eq!(health, EnvironmentHealth::Basic { color: now.color });
    let later = ManagedUpdate {
        after_s: 600.0,
        version: "4.5.1".to_owned(),
    };
    let scheduled = Happens::ManagedUpdate(later);
    town.at().change_environment(NAME, scheduled).unwrap();
    let actions = town.cloud.managed_actions(&now.id).await.unwrap();
    let [action] = actions.as_slice() else {
        panic!("{actions:?}");
    };
    assert_eq!(
        (action.kind.as_str(), action.status.as_str()),
        ("PlatformUpdate", "Scheduled")
    );
    assert_eq!(action.at, Some(start() + TimeDelta::minutes(10)));
}
