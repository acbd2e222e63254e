//! Words for what uses images: environments, and the instance types that launches name.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// An environment.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EnvironmentSpec {
    /// Application; made when it is not there.
    pub application: String,
    /// Environment name, unique in the region.
    pub name: String,
    /// `WebServer`, `Worker` or `Cluster`.
    pub tier: String,
    /// Branch; its version is `version`.
    pub branch: String,
    /// Platform version; empty: the recommended one.
    pub version: String,
    /// Platform ARN, instead of branch and version.
    pub platform_arn: String,
    /// `x86_64` or `arm64`.
    pub architecture: String,
    /// The image set by hand; none: the platform version's own.
    pub image_id: Option<String>,
    /// `Ready`, `Updating`, ...
    pub status: String,
    /// `Green`, `Yellow`, `Red`, `Grey`.
    pub health: String,
    /// When it was made, if not now.
    pub created: Option<DateTime<Utc>>,
    /// When it was last updated, if not when it was made.
    pub updated: Option<DateTime<Utc>>,
    /// Image of a configuration set that is being deployed.
    pub pending_image_id: Option<String>,
    /// Image of a draft that failed and was left behind.
    pub failed_image_id: Option<String>,
    /// How many instances run in it.
    pub instances: u32,
    /// More option settings, `namespace` to `option` to value.
    pub options: BTreeMap<String, BTreeMap<String, String>>,
    /// Options as the application's `.ebextensions` set them: they show where no call set them.
    pub extensions: BTreeMap<String, BTreeMap<String, String>>,
    /// The saved configuration that it was launched with; its options show where no call set them.
    pub template: String,
    /// The deployed application version; made where the application has none of that name.
    pub version_label: String,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

impl Default for EnvironmentSpec {
    fn default() -> Self {
        Self {
            application: String::new(),
            name: String::new(),
            tier: "WebServer".to_owned(),
            branch: String::new(),
            version: String::new(),
            platform_arn: String::new(),
            architecture: "x86_64".to_owned(),
            image_id: None,
            status: "Ready".to_owned(),
            health: "Green".to_owned(),
            created: None,
            updated: None,
            pending_image_id: None,
            failed_image_id: None,
            instances: 0,
            options: BTreeMap::new(),
            extensions: BTreeMap::new(),
            template: String::new(),
            version_label: "Sample Application".to_owned(),
            tags: BTreeMap::new(),
        }
    }
}

impl EnvironmentSpec {
    /// A web server environment on the branch's recommended version, with the stock image.
    pub fn new(application: &str, name: &str, branch: &str) -> Self {
        Self {
            application: application.to_owned(),
            name: name.to_owned(),
            branch: branch.to_owned(),
            ..Self::default()
        }
    }

    /// On this version.
    pub fn version(mut self, version: &str) -> Self {
        self.version = version.to_owned();
        self
    }

    /// With this image set by hand.
    pub fn image(mut self, image_id: &str) -> Self {
        self.image_id = Some(image_id.to_owned());
        self
    }

    /// With so many instances.
    pub fn instances(mut self, count: u32) -> Self {
        self.instances = count;
        self
    }

    /// With this option.
    pub fn option(mut self, namespace: &str, name: &str, value: &str) -> Self {
        let of = self.options.entry(namespace.to_owned()).or_default();
        of.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Whose configuration updates replace instances immutably.
    pub fn immutable(self) -> Self {
        self.updates_by("Immutable")
    }

    /// Whose configuration updates replace instances in batches, each awaited until it is healthy.
    pub fn rolling_by_health(self) -> Self {
        self.updates_by("Health")
    }

    /// Whose configuration updates replace instances in batches, with a pause between them.
    pub fn rolling_by_time(self) -> Self {
        self.updates_by("Time")
    }

    fn updates_by(self, kind: &str) -> Self {
        const POLICY: &str = "aws:autoscaling:updatepolicy:rollingupdate";
        self.option(POLICY, "RollingUpdateEnabled", "true").option(
            POLICY,
            "RollingUpdateType",
            kind,
        )
    }

    /// Between so many and so many instances.
    pub fn between(self, least: u32, most: u32) -> Self {
        const GROUP: &str = "aws:autoscaling:asg";
        self.option(GROUP, "MinSize", &least.to_string()).option(
            GROUP,
            "MaxSize",
            &most.to_string(),
        )
    }

    /// Of one instance, without a load balancer.
    pub fn single_instance(self) -> Self {
        self.option(
            "aws:elasticbeanstalk:environment",
            "EnvironmentType",
            "SingleInstance",
        )
        .between(1, 1)
        .instances(1)
    }

    /// With basic health: a colour, and no causes.
    pub fn basic_health(self) -> Self {
        self.option(
            "aws:elasticbeanstalk:healthreporting:system",
            "SystemType",
            "basic",
        )
    }

    /// With managed actions on.
    pub fn managed_actions(self) -> Self {
        self.option(
            "aws:elasticbeanstalk:managedactions",
            "ManagedActionsEnabled",
            "true",
        )
    }

    /// Of this tier.
    pub fn tier(mut self, tier: &str) -> Self {
        self.tier = tier.to_owned();
        self
    }
}

/// A saved configuration.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SavedConfiguration {
    /// Application; made when it is not there.
    pub application: String,
    /// Its name.
    pub name: String,
    /// Platform ARN.
    pub platform_arn: String,
    /// Option settings, `namespace` to `option` to value.
    pub options: BTreeMap<String, BTreeMap<String, String>>,
}

/// An instance type.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InstanceTypeSpec {
    /// `t3.small`
    pub name: String,
    /// `nitro` or `xen`.
    pub hypervisor: String,
    /// `x86_64` or `arm64`.
    pub architecture: String,
    /// vCPUs.
    pub vcpus: u32,
    /// Zone letters in which it is offered; empty: all.
    pub zones: Vec<String>,
}

impl Default for InstanceTypeSpec {
    fn default() -> Self {
        Self {
            name: String::new(),
            hypervisor: "nitro".to_owned(),
            architecture: "x86_64".to_owned(),
            vcpus: 2,
            zones: Vec::new(),
        }
    }
}
