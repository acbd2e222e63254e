//! The town of these stories: a canary and two more environments on the stock image of 4.5.0, a watch that
//! bakes and rolls out in two waves.

use std::collections::BTreeSet;
use std::time::Duration;

use amiwatch::model::ids::{Scope, WatchName};
use amiwatch::model::rollout_memory::RolloutMemory;
use amiwatch::store::moves;
use sim::{Branch, EnvironmentSpec, EnvironmentView, ImageChange, Serves};

use crate::common::guest::{Cast, Day};
use crate::common::life::Life;
use crate::common::watching::Watching;
use crate::common::world::{self, BRANCH, QUEUE, REGION, TOPIC, release};

pub(crate) const CANARY: &str = "shop-canary";
pub(crate) const BLUE: &str = "shop-blue";
pub(crate) const GREEN: &str = "shop-green";
pub(crate) const ALL: [&str; 3] = [CANARY, BLUE, GREEN];
const HEALTH: &str = "aws:elasticbeanstalk:healthreporting:system";
const GROUP: &str = "aws:autoscaling:asg";

/// A config whose `[watch.shop.rollout]` has these lines beside waves and settling.
pub(crate) fn config(rollout: &str) -> String {
    format!(
        r#"
installation = "acme"

[schedule]
cron = "*/15 * * * *"
jitter = "0s"

[watch.shop]
region = "eu-west-1"
base = {{ beanstalk = "ECS running on 64bit Amazon Linux 2023" }}
recipe = "logging"
on_drift = "rollout"

[[watch.shop.target]]
beanstalk = {{ application = "shop", environment = "shop-*" }}

[watch.shop.rollout]
waves = ["shop-canary", "shop-*"]
settle = {{ first = "4m", later = "2m" }}
{rollout}

[recipe.logging]
user_data = "logging.yaml"
checks = [{{ name = "splunk is allowed", run = "grep -q 'splunk' /etc/ecs/ecs.config" }}]

[notify.ops]
sns = {{ topic_arn = "arn:aws:sns:eu-west-1:000000000000:amiwatch" }}
"#
    )
}

/// Nobody is asked.
pub(crate) const UNASKED: &str = "approval = \"none\"";

/// The town, where everything takes seconds.
pub(crate) fn town(rollout: &str) -> Life {
    town_of(&ALL, rollout)
}

/// The same with these environments.
pub(crate) fn town_of(names: &[&str], rollout: &str) -> Life {
    let life = Life::empty(&config(rollout));
    build_town(&life, names);
    life
}

/// Releases, environments and whoever hears, in an account where nothing is yet.
pub(crate) fn build_town(life: &Life, names: &[&str]) {
    let here = life.account.at(REGION);
    here.branch(Branch::new(BRANCH)).unwrap();
    here.release(release("4.5.0")).unwrap();
    for name in names {
        here.environment(environment(name)).unwrap();
    }
    here.topic(TOPIC).unwrap();
    here.queue(QUEUE).unwrap();
    here.subscribe(TOPIC, QUEUE).unwrap();
    for account in life.account.everyone() {
        account.set_timing(sim::Timing {
            update_stage: Duration::from_secs(5),
            health: Duration::from_secs(20),
            ..world::brisk()
        });
    }
    life.guests(Cast::both(Day::Quick));
}

/// An environment of two instances that replaces them immutably.
pub(crate) fn environment(name: &str) -> EnvironmentSpec {
    EnvironmentSpec::new("shop", name, BRANCH)
        .version("4.5.0")
        .instances(2)
        .immutable()
        .option(HEALTH, "SystemType", "enhanced")
        .option(GROUP, "MinSize", "2")
        .option(GROUP, "MaxSize", "4")
}

/// Where the watch works.
pub(crate) fn scope() -> Scope {
    Scope {
        partition: "aws".into(),
        account: sim::ACCOUNT_ID.into(),
        region: REGION.into(),
    }
}

impl Life {
    /// The newest verified image.
    pub(crate) fn newest(&self) -> String {
        let newest = self
            .verified()
            .into_iter()
            .max_by_key(|image| image.id.clone());
        newest.expect("one is baked").id
    }

    /// An environment as the account has it.
    pub(crate) fn environment(&self, name: &str) -> EnvironmentView {
        self.account.environment(name).expect("it is there")
    }

    /// Every instance of the environment runs this image, and nothing is under way.
    pub(crate) fn is_on(&self, name: &str, image: &str) -> bool {
        let is = self.environment(name);
        let runs: BTreeSet<&str> = is.instances.values().map(String::as_str).collect();
        is.status == "Ready" && is.image_id == image && runs == BTreeSet::from([image])
    }

    /// The environments that are on it.
    pub(crate) fn all_on(&self, image: &str) -> Vec<&'static str> {
        ALL.into_iter()
            .filter(|name| self.is_on(name, image))
            .collect()
    }

    /// The application does not work on an image, a while after it was started.
    pub(crate) fn is_ill(&self, image: &str, after: Duration) {
        let serves = Serves {
            status: "Severe".to_owned(),
            after_s: after.as_secs_f64(),
            causes: vec!["100 % of requests fail with HTTP 5xx.".to_owned()],
        };
        let here = self.account.at(REGION);
        here.change_image(image, ImageChange::Serves(serves))
            .unwrap();
    }

    /// What is remembered of the watch's rollout.
    pub(crate) async fn remembered(&self) -> RolloutMemory {
        let watch = WatchName::new("shop");
        let memory = moves::rollout(&self.store(), &scope(), &watch).await;
        memory.unwrap().value
    }

    /// The environments that were updated, in turn.
    pub(crate) fn updated(&self) -> Vec<String> {
        let environments = self.account.environments();
        let name = |id: &String| {
            let named = environments.iter().find(|one| one.id == *id);
            named.map_or_else(|| id.clone(), |one| one.name.clone())
        };
        let ledger = self.account.ledger().into_iter();
        let updates = ledger.filter(|call| {
            call.operation == "UpdateEnvironment" && call.took_effect && call.outcome == "ok"
        });
        updates
            .map(|call| name(&call.params["EnvironmentId"]))
            .collect()
    }

    /// A pass that bakes, and before it the one that only looks.
    pub(crate) async fn bakes_first(&self) -> String {
        self.pass().await;
        if self.verified().is_empty() {
            self.pass().await;
        }
        self.newest()
    }

    /// So many passes, a minute apart.
    pub(crate) async fn passes(&self, count: usize) {
        for _ in 0..count {
            self.wait(Duration::from_secs(60)).await;
            self.pass().await;
        }
    }

    /// The subjects of what was told of this event.
    pub(crate) fn told(&self, event: &str) -> Vec<String> {
        let heard = self.heard().into_iter().filter(|one| one.event == event);
        heard.map(|one| one.subject).collect()
    }
}

impl Watching<'_> {
    /// Lets time pass until the newest image has gone through every wave, and people were told.
    pub(crate) async fn rolled_out(&self) -> String {
        let told = |one: &Watching<'_>| {
            let newest = one.life.verified().into_iter().map(|image| image.id).max();
            newest.is_some_and(|newest| {
                let said = one.life.told("rolled_out");
                let last = format!("{newest} is rolled out");
                said.iter().any(|one| one.contains(&last))
            })
        };
        self.until("every wave through", told).await;
        let newest = self.life.newest();
        assert_eq!(self.life.all_on(&newest).len(), ALL.len());
        newest
    }
}
