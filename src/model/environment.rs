//! One environment as a move reads it: its state, its configuration sets, its health, its events, what
//! its instances run; and the change that is sent to it. Values as AWS gave them, in our words; nothing
//! is concluded here.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::aws_command::AwsCommand;
use super::ids::{ImageId, PlatformArn, Region, TargetId};
use super::sighting::Tier;

pub use super::sighting::{HealthColor, RunningImage};

/// The namespace of the option that names an environment's image.
pub const LAUNCH_CONFIGURATION: &str = "aws:autoscaling:launchconfiguration";
/// The option that names an environment's image.
pub const IMAGE_ID: &str = "ImageId";
/// The namespace of the option that lets Elastic Beanstalk update platform versions by itself.
pub const MANAGED_ACTIONS: &str = "aws:elasticbeanstalk:managedactions";
/// The option that lets it.
pub const MANAGED_ACTIONS_ENABLED: &str = "ManagedActionsEnabled";

/// The command that turns an environment's managed platform updates off; its instances stay.
pub fn managed_updates_off(environment: &str, region: &Region) -> AwsCommand {
    let setting =
        format!("Namespace={MANAGED_ACTIONS},OptionName={MANAGED_ACTIONS_ENABLED},Value=false");
    AwsCommand::new("elasticbeanstalk update-environment", region)
        .with("--environment-name", environment)
        .with("--option-settings", setting)
}

/// Whether the value of [`MANAGED_ACTIONS_ENABLED`] says that they are on. An option that is not shown is
/// off.
pub fn managed_updates_on(said: Option<&str>) -> bool {
    said.is_some_and(|said| said.eq_ignore_ascii_case("true"))
}

/// What `DescribeEnvironments` says of one environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentNow {
    pub target: TargetId,
    /// `e-abcdefghij`. A name can be given again to another environment; this cannot.
    pub id: String,
    pub status: EnvironmentStatus,
    /// `Green`, `Yellow`, `Red`, `Grey`.
    pub color: HealthColor,
    /// AWS would still take an `AbortEnvironmentUpdate`.
    pub abortable: bool,
    pub platform: Option<PlatformArn>,
    pub version_label: Option<String>,
    pub cname: Option<String>,
    /// The saved configuration that it was launched with.
    pub template: Option<String>,
    pub updated: Option<DateTime<Utc>>,
    pub tier: Tier,
}

/// An environment's operational status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnvironmentStatus {
    Ready,
    Updating,
    Aborting,
    Launching,
    Terminating,
    Terminated,
    /// One that this version does not know (`LinkingFrom`, `LinkingTo`).
    Other(String),
}

impl EnvironmentStatus {
    /// As AWS writes it.
    pub fn from_word(word: &str) -> Self {
        match word {
            "Ready" => Self::Ready,
            "Updating" => Self::Updating,
            "Aborting" => Self::Aborting,
            "Launching" => Self::Launching,
            "Terminating" => Self::Terminating,
            "Terminated" => Self::Terminated,
            other => Self::Other(other.to_owned()),
        }
    }

    /// As AWS writes it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Ready => "Ready",
            Self::Updating => "Updating",
            Self::Aborting => "Aborting",
            Self::Launching => "Launching",
            Self::Terminating => "Terminating",
            Self::Terminated => "Terminated",
            Self::Other(word) => word,
        }
    }

    /// It is gone, or going.
    pub fn gone(&self) -> bool {
        matches!(self, Self::Terminating | Self::Terminated)
    }
}

/// How well an environment is, as far as its health system tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "system")]
pub enum EnvironmentHealth {
    /// Basic health: the colour alone.
    Basic { color: HealthColor },
    /// Enhanced health: a status, and why, in Beanstalk's own words.
    Enhanced {
        status: EnhancedStatus,
        causes: Vec<String>,
    },
}

/// A status of enhanced health, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnhancedStatus {
    Ok,
    Info,
    Warning,
    Degraded,
    Severe,
    /// `NoData`, `Unknown`, `Pending`, `Suspended`, or a word that this version does not know.
    NotTold,
}

impl EnhancedStatus {
    /// As AWS writes it.
    pub fn from_word(word: &str) -> Self {
        match word {
            "Ok" => Self::Ok,
            "Info" => Self::Info,
            "Warning" => Self::Warning,
            "Degraded" => Self::Degraded,
            "Severe" => Self::Severe,
            _ => Self::NotTold,
        }
    }
}

/// An environment's configuration sets: the deployed one and what lies beside it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OptionSets {
    pub deployed: Option<OptionSet>,
    /// An update that is under way.
    pub pending: Option<OptionSet>,
    /// A draft that an update left behind. It stays until somebody deletes it.
    pub failed: Option<OptionSet>,
}

/// One configuration set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OptionSet {
    pub platform: Option<PlatformArn>,
    pub updated: Option<DateTime<Utc>>,
    /// By namespace and name; options that are there without a value are not in it.
    pub values: BTreeMap<(String, String), String>,
}

impl OptionSet {
    /// The value of an option, when it has one.
    pub fn value(&self, namespace: &str, name: &str) -> Option<&str> {
        let key = (namespace.to_owned(), name.to_owned());
        self.values.get(&key).map(String::as_str)
    }

    /// Beanstalk updates the platform version by itself.
    pub fn updates_itself(&self) -> bool {
        managed_updates_on(self.value(MANAGED_ACTIONS, MANAGED_ACTIONS_ENABLED))
    }

    /// The image that the set names.
    pub fn image(&self) -> Option<ImageId> {
        self.value(LAUNCH_CONFIGURATION, IMAGE_ID)
            .filter(|value| !value.is_empty())
            .map(ImageId::from)
    }
}

/// One event of an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentEvent {
    pub at: DateTime<Utc>,
    pub severity: EventSeverity,
    pub message: String,
    /// The request that it belongs to; events of Beanstalk's own have none.
    pub request_id: Option<String>,
    pub platform: Option<PlatformArn>,
    pub version_label: Option<String>,
}

/// How bad an event is, mildest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventSeverity {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
    Fatal,
}

/// A managed action of an environment that is scheduled, pending or running.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagedAction {
    pub id: String,
    /// `PlatformUpdate`, `InstanceRefresh`.
    pub kind: String,
    /// `Scheduled`, `Pending`, `Running`.
    pub status: String,
    pub description: String,
    /// When its window begins, for a scheduled one.
    pub at: Option<DateTime<Utc>>,
}

/// What is known of an environment's managed actions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ManagedActions {
    /// All of them.
    Told(Vec<ManagedAction>),
    /// Nothing is known of them, and why.
    Untold(String),
}

impl ManagedActions {
    /// Those that are known. AWS shows no difference between none and none to be seen, so what is not told
    /// holds nobody up: the plan says so.
    pub fn told(&self) -> &[ManagedAction] {
        match self {
            Self::Told(actions) => actions,
            Self::Untold(_) => &[],
        }
    }
}

/// What an environment's image is set to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageSetting {
    /// This image.
    Image(ImageId),
    /// None of its own: the platform version's image. Set by removing the option, never by naming the
    /// image, which would pin it.
    PlatformOwn(Option<ImageId>),
}

impl ImageSetting {
    /// The image that its instances run; absent where only the platform version would tell.
    pub fn image(&self) -> Option<&ImageId> {
        match self {
            Self::Image(image) => Some(image),
            Self::PlatformOwn(image) => image.as_ref(),
        }
    }
}

/// What one `UpdateEnvironment` call changes. Nothing else is ever in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvironmentChange {
    pub image: ImageSetting,
    /// Absent where the platform version stays.
    pub platform: Option<PlatformArn>,
}

/// What `ValidateConfigurationSettings` says of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidationMessage {
    /// An error refuses the change, a warning does not.
    pub error: bool,
    pub message: String,
}
