//! Words for what happens to environments behind their callers' backs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What can happen to an environment.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnvironmentChange {
    /// Its image is set, as by magic: no instance is replaced. What somebody does by a call is `Edit`.
    Image(String),
    /// It has the platform version's own image again, as by magic.
    StockImage,
    /// It is of this version of its branch, as by magic.
    Version(String),
    /// Its status changes.
    Status(String),
    /// Its health colour changes.
    Health(String),
    /// A draft with this image is being deployed.
    PendingImage(String),
    /// A draft with this image failed and was left behind.
    FailedImage(String),
    /// Drafts are gone.
    NoDrafts,
    /// One option is set.
    Option {
        /// `aws:elasticbeanstalk:command`
        namespace: String,
        /// `DeploymentPolicy`
        name: String,
        /// Value.
        value: String,
    },
    /// It is terminated; it stays visible to those who include deleted ones.
    Terminated,
    /// It goes: Terminating now, Terminated a while later.
    Terminating,
    /// Somebody rebuilds it, who terminated it at most 42 days ago: it launches the image that it had.
    Rebuilt,
    /// Somebody deploys another application version, as soon as the environment is Ready.
    Deploy(String),
    /// Somebody changes settings by an update of his own, as soon as the environment is Ready.
    Edit(Edit),
    /// Auto Scaling scales it to so many instances. While it scales out, the environment is Degraded.
    Scale(u32),
    /// Somebody gives its group another image by hand, by a new version of its launch template or a new
    /// launch configuration: Elastic Beanstalk does not know, and no instance is replaced.
    GroupImage(String),
    /// The processes of Auto Scaling that are suspended from now on (`Launch`); none: all run.
    Suspended(Vec<String>),
    /// Its CNAME and that of another environment change places.
    SwapCname(String),
    /// Enhanced health as Elastic Beanstalk gives it, whatever the instances do; no status ends it.
    HealthStatus {
        /// `Degraded`; none: what the instances say.
        status: Option<String>,
        /// Causes.
        causes: Vec<String>,
    },
    /// From now on updates, and what takes them back, go on for ever (or, with false, come on).
    Stuck(bool),
    /// From now on taking an update back fails (or, with false, succeeds): the fleet stays mixed.
    RollbackFails(bool),
    /// A managed action is scheduled; it runs at its time when the environment is Ready then.
    ManagedUpdate(ManagedUpdate),
}

/// Somebody else's update of an environment's settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Edit {
    /// The image that he sets.
    pub image: Option<String>,
    /// He removes the image's setting.
    pub stock_image: bool,
    /// The version of its branch that he moves to; empty: none.
    pub version: String,
    /// Options that he sets, `namespace` to `option` to value.
    pub options: BTreeMap<String, BTreeMap<String, String>>,
}

/// A point in the course of an environment's update, whenever it comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// Before anything is replaced.
    Started,
    /// The first new instances have been launched.
    FirstBatch,
    /// At least half of the new instances have been launched.
    Halfway,
    /// All are replaced, the old ones are about to go: too late to abort.
    CleaningUp,
    /// It has failed or was aborted, and is on its way back.
    RollingBack,
    /// It has ended, in whichever way.
    Ready,
}

/// A managed action that is scheduled.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ManagedUpdate {
    /// Seconds from now.
    pub after_s: f64,
    /// The version of its branch that it moves to; empty: an instance refresh.
    pub version: String,
}

impl Default for ManagedUpdate {
    fn default() -> Self {
        Self {
            after_s: 3600.0,
            version: String::new(),
        }
    }
}
