//! A town: a canary and two more environments on the stock image of 4.5.0, a watch that bakes and rolls out in two
//! waves.

use std::collections::BTreeSet;
use std::time::Duration;

use amiwatch::model::ids::Scope;
use sim::{Branch, EnvironmentSpec, EnvironmentView};

use super::guest::{Cast, Day};
use super::life::Life;
use super::world::{self, BRANCH, QUEUE, REGION, TOPIC, release};

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
}
