//! The usual watch, which publishes what it bakes, and its release feed; who else writes to its parameter.

use std::time::Duration;

use amiwatch::model::hold::{HeldThing, Hold};
use amiwatch::model::ids::{Installation, Scope, WatchName};
use amiwatch::model::publish::DestinationLedger;
use amiwatch::model::publish_rules::{Destination, DestinationKind};
use amiwatch::store::records::{self, Versioned};
use amiwatch::store::{Batch, Store as _, publications};
use sim::ParameterView;

use crate::common::guest::{Cast, Day};
use crate::common::life::Life;
use crate::common::world::{self, CONFIG, INSTALLATION, REGION};

pub(crate) const NAME: &str = "/amis/shop/x86_64";

const PUBLISH: &str = r#"
[watch.shop.publish]
ssm = "/amis/shop/{architecture}"
"#;

/// The usual config, which publishes.
pub(crate) fn config() -> String {
    format!("{CONFIG}{PUBLISH}")
}

/// A life with this config, in which a bake takes seconds.
pub(crate) fn brisk_life(config: &str) -> Life {
    let life = Life::with_config(config);
    life.account.set_timing(world::brisk());
    life.guests(Cast::both(Day::Quick));
    life
}

/// The usual watch, which publishes what it bakes.
pub(crate) fn shop() -> Life {
    brisk_life(&config())
}

/// The same without its recipe: what it publishes is the base.
pub(crate) fn feed() -> Life {
    let config = config()
        .replace("recipe = \"logging\"\n", "")
        .replace("on_drift = \"bake\"\n", "");
    assert!(!config.contains("recipe = "), "{config}");
    brisk_life(&config)
}

/// Where the watch's parameter is.
pub(crate) fn destination() -> Destination {
    Destination {
        kind: DestinationKind::Parameter,
        region: REGION.into(),
    }
}

fn watch() -> WatchName {
    WatchName::new("shop")
}

fn scope() -> Scope {
    Scope {
        partition: "aws".into(),
        account: sim::ACCOUNT_ID.into(),
        region: REGION.into(),
    }
}

impl Life {
    /// The watch's parameter, where it has ever come to a version.
    pub(crate) fn parameter(&self) -> Option<ParameterView> {
        self.parameter_in(REGION)
    }

    /// The parameter of that name in a region.
    pub(crate) fn parameter_in(&self, region: &str) -> Option<ParameterView> {
        let mut all = self.account.parameters().into_iter();
        all.find(|one| one.region == region && one.name == NAME && !one.versions.is_empty())
    }

    /// The values of its versions, oldest first.
    pub(crate) fn values(&self) -> Vec<String> {
        self.values_in(REGION)
    }

    /// The same in a region.
    pub(crate) fn values_in(&self, region: &str) -> Vec<String> {
        let versions = self.parameter_in(region).map(|one| one.versions);
        let versions = versions.unwrap_or_default().into_iter();
        versions.map(|(_, value)| value).collect()
    }

    /// Somebody else in the account, at its parameters.
    pub(crate) fn somebody(&self) -> aws_sdk_ssm::Client {
        let credentials =
            aws_sdk_ssm::config::Credentials::new("STRANGER", "stranger", None, None, "test");
        let config = aws_sdk_ssm::Config::builder()
            .behavior_version(aws_sdk_ssm::config::BehaviorVersion::latest())
            .region(aws_sdk_ssm::config::Region::new(REGION))
            .credentials_provider(credentials)
            .http_client(self.account.connector_on_tokio())
            .stalled_stream_protection(
                aws_sdk_ssm::config::StalledStreamProtectionConfig::disabled(),
            )
            .retry_config(aws_sdk_ssm::config::retry::RetryConfig::disabled())
            .build();
        aws_sdk_ssm::Client::from_conf(config)
    }

    /// Somebody else has the parameter name this image.
    pub(crate) async fn somebody_writes(&self, image: &str) {
        let written = self.somebody().put_parameter();
        let written = written
            .name(NAME)
            .value(image)
            .r#type(aws_sdk_ssm::types::ParameterType::String)
            .data_type("aws:ec2:image")
            .overwrite(self.parameter().is_some());
        written.send().await.unwrap();
        self.wait(Duration::from_secs(30)).await;
        assert_eq!(self.values().last().map(String::as_str), Some(image));
    }

    /// What `amiwatch hold` writes.
    pub(crate) async fn withhold(&self, on: HeldThing) {
        let since = self.clock.now();
        self.say(|holds| {
            holds.push(Hold {
                on,
                reason: "it eats memory".to_owned(),
                by: "ann".to_owned(),
                since,
                until: None,
            });
        })
        .await;
    }

    /// What `amiwatch unhold` writes.
    pub(crate) async fn release_everything(&self) {
        self.say(Vec::clear).await;
    }

    async fn say(&self, change: impl FnOnce(&mut Vec<Hold>)) {
        let store = self.store();
        let installation = Installation::new(INSTALLATION);
        let before = records::remembered_holds(&store, Some(&installation), &watch()).await;
        let Versioned { version, mut value } = before.unwrap();
        change(&mut value);
        let after = Versioned { version, value };
        let op = records::put_holds(Some(&installation), &watch(), &after);
        let batch = Batch::of_ops(op.into_iter().collect());
        store.commit(batch).await.unwrap();
    }

    /// What is remembered of the watch's parameter.
    pub(crate) async fn ledger(&self) -> DestinationLedger {
        let (store, scope, watch, to) = (self.store(), scope(), watch(), destination());
        let ledger = publications::destination_ledger(&store, &scope, &watch, &to);
        ledger.await.unwrap().value
    }

    /// The newest verified image.
    pub(crate) fn newest_verified(&self) -> String {
        let newest = self.verified().into_iter().max_by_key(|one| one.created);
        newest.expect("one is baked").id
    }

    /// What was told of publishing, in order.
    pub(crate) fn heard_of_publishing(&self) -> Vec<(String, String)> {
        let heard = self.heard().into_iter();
        let heard = heard.filter(|one| one.subject.contains("ssm:"));
        heard.map(|one| (one.event, one.subject)).collect()
    }
}
