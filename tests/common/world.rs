//! The account and the config that most tests begin with: one branch, one environment, one watch,
//! one topic with a queue behind it.

use sim::{Account, Branch, Disk, EnvironmentSpec, Release, Timing};

pub(crate) const REGION: &str = "eu-west-1";
pub(crate) const BRANCH: &str = "ECS running on 64bit Amazon Linux 2023";
pub(crate) const INSTALLATION: &str = "acme";
pub(crate) const TOPIC: &str = "amiwatch";
pub(crate) const QUEUE: &str = "inbox";

/// One watch that bakes, with soak and age left out.
pub(crate) const CONFIG: &str = r#"
installation = "acme"

[watch.shop]
region = "eu-west-1"
base = { beanstalk = "ECS running on 64bit Amazon Linux 2023" }
recipe = "logging"
on_drift = "bake"

[[watch.shop.target]]
beanstalk = { application = "shop", environment = "*" }

[recipe.logging]
user_data = "logging.yaml"
checks = [{ name = "splunk is allowed", run = "grep -q 'splunk' /etc/ecs/ecs.config" }]

[notify.ops]
sns = { topic_arn = "arn:aws:sns:eu-west-1:000000000000:amiwatch" }
"#;

/// Whoever is told by Slack as well.
pub(crate) const TEAM: &str = r#"
[notify.team]
slack = { webhook_url = { env = "SLACK_WEBHOOK_URL" } }
"#;

/// Reports are asked for over SSM.
pub(crate) const OVER_SSM: &str = r#"
[builder]
instance_profile = "amiwatch-builder"
proof = "ssm"
"#;

/// What the model of a guest understands; its words are looked for where they must not appear.
pub(crate) const RECIPE: &str = "#cloud-config
runcmd:
  - echo 'ECS_AVAILABLE_LOGGING_DRIVERS=[\"splunk\"] # hush-hush' >> /etc/ecs/ecs.config
";
/// A word of the recipe that no message may carry.
pub(crate) const RECIPE_WORD: &str = "hush-hush";

/// Where a base says which version it is; guests report it as a package.
pub(crate) const BASE_VERSION: &str = "/etc/base-version";

/// What a base's disk holds.
pub(crate) fn base_disk() -> Disk {
    let text = "ECS_CLUSTER=shop\n".to_owned();
    Disk::from([("/etc/ecs/ecs.config".to_owned(), text)])
}

/// A platform version with a new image.
pub(crate) fn release(version: &str) -> Release {
    let mut disk = base_disk();
    disk.insert(BASE_VERSION.to_owned(), version.to_owned());
    Release::new(BRANCH, version).disk(disk)
}

/// Fills an account.
pub(crate) fn fill(account: &Account) {
    let here = account.at(REGION);
    here.branch(Branch::new(BRANCH)).unwrap();
    here.release(release("4.5.0")).unwrap();
    here.environment(EnvironmentSpec::new("shop", "shop-blue", BRANCH))
        .unwrap();
    here.topic(TOPIC).unwrap();
    here.queue(QUEUE).unwrap();
    here.subscribe(TOPIC, QUEUE).unwrap();
}

/// State changes that take a few seconds each: a bake of few looks, for sweeps over all of them.
pub(crate) fn brisk() -> Timing {
    use std::time::Duration;
    Timing {
        start: Duration::from_secs(1),
        stop: Duration::from_secs(1),
        image: Duration::from_secs(2),
        snapshot: Duration::from_secs(2),
        console: Duration::ZERO,
        console_post: Duration::ZERO,
        ..Timing::default()
    }
}
