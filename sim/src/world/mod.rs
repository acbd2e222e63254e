//! The vocabulary in which a world is described: the same from Rust and from a JSON file.
//!
//! Plain data with defaults; `actions` carries it out. Unknown keys are errors, so that a misspelt
//! word in a world file is not silently nothing.

mod changes;
mod environments;
mod keeping;
mod launches;
mod moves;
mod platforms;
mod scaling;
mod timing;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::fault::FaultRule;
use crate::realm::AccountSpec;
use crate::roles::RoleSpec;
use crate::throttle::Throttling;

pub use self::changes::{Edit, EnvironmentChange, ManagedUpdate, Moment};
pub use self::environments::{EnvironmentSpec, InstanceTypeSpec, SavedConfiguration};
pub use self::keeping::{DisabledById, Keeping, ParameterNumber};
pub use self::launches::{Launches, OwnImage, Updated};
pub use self::moves::{
    AbortedDraft, CallerRights, ImageChecked, ImageWithPlatform, Moves, OldImageGone, PolicyInCall,
    Superseded,
};
pub use self::platforms::{Branch, ImageChange, ImageSpec, Release, Serves};
pub use self::scaling::{GroupSpec, LaunchConfigurationSpec, LaunchTemplateSpec};
pub use self::timing::{ConsoleEnd, LatestRefused, Timing};

/// What is wrong with a world or one of its steps.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// The JSON does not parse or has a key that nothing reads.
    #[error("the world file cannot be read; compare it with the fields documented for `World`")]
    Json(#[from] serde_json::Error),
    /// A step names something that is not there.
    #[error("there is no {kind} `{name}` in {region}; add it in an earlier step")]
    Missing {
        /// What kind of thing.
        kind: &'static str,
        /// Its name.
        name: String,
        /// Where it was looked for.
        region: String,
    },
    /// A step contradicts what is there.
    #[error("{0}")]
    Contradiction(String),
}

/// A whole account: settings, then steps in order.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct World {
    /// How long things take and how consistent reads are.
    pub timing: Timing,
    /// Token buckets.
    pub throttling: Throttling,
    /// What AWS does not document of environment updates.
    pub moves: Moves,
    /// What AWS does not document of keeping images.
    pub keeping: Keeping,
    /// What AWS does not document of what environments launch from.
    pub launches: Launches,
    /// Denied actions, with `*` and `?`.
    pub deny: Vec<String>,
    /// Faults at the door.
    pub faults: Vec<FaultRule>,
    /// Accounts beside the first.
    pub accounts: Vec<AccountSpec>,
    /// What is made, in order; a step with a time happens then.
    pub steps: Vec<Step>,
}

impl World {
    /// Reads a world file.
    ///
    /// # Errors
    /// When the text is not JSON, or has unknown or badly shaped fields.
    pub fn parse(json: &str) -> Result<Self, WorldError> {
        Ok(serde_json::from_str(json)?)
    }
}

/// One action in one region, now or at a time.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The account's id; without one it is the first, and what AWS does (branches, releases, withdrawals,
    /// lifecycles, images and parameters of its own) it does in every account.
    #[serde(default)]
    pub account: Option<String>,
    /// Region, `eu-west-1`.
    pub region: String,
    /// When; with neither `at` nor `after_s`: now.
    #[serde(default)]
    pub at: Option<DateTime<Utc>>,
    /// Seconds from the loading of the world.
    #[serde(default)]
    pub after_s: Option<f64>,
    /// What.
    #[serde(rename = "do")]
    pub action: Action,
}

/// Everything that can be done to a world from behind the scenes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A platform branch, without versions.
    Branch(Branch),
    /// A new platform version of a branch.
    Release(Release),
    /// The recommended version of a branch is taken back; the one before it is recommended again.
    Withdraw {
        /// The branch.
        branch: String,
    },
    /// A version is superseded, and this account never ran it: it is listed and not described any more.
    HideVersion {
        /// The branch.
        branch: String,
        /// `4.5.0`
        version: String,
    },
    /// A platform that the account made itself, with an image of its own: it is of no branch.
    CustomPlatform {
        /// Its name.
        name: String,
        /// `1.0.0`
        version: String,
        /// Id of its x86_64 image.
        image_id: String,
    },
    /// The branch's lifecycle changes (`retired`, `deprecated`, `supported`, `beta`).
    Lifecycle {
        /// The branch.
        branch: String,
        /// What it becomes.
        lifecycle: String,
        /// Makes all its images private too, as has happened to retired branches.
        #[serde(default)]
        images_private: bool,
    },
    /// An image, of anyone.
    Image(ImageSpec),
    /// Something happens to an image.
    ChangeImage {
        /// Its id.
        image_id: String,
        /// What.
        change: ImageChange,
    },
    /// An environment.
    Environment(EnvironmentSpec),
    /// Something happens to an environment. `DateUpdated` moves.
    ChangeEnvironment {
        /// Its name.
        environment: String,
        /// What.
        change: EnvironmentChange,
    },
    /// Something happens when an environment's update comes to a moment; once.
    OnMoment {
        /// The environment's name.
        environment: String,
        /// When.
        moment: Moment,
        /// What.
        action: Box<Action>,
    },
    /// A saved configuration of an application.
    SavedConfiguration(SavedConfiguration),
    /// An SSM parameter, or its next version.
    Parameter {
        /// Full name.
        name: String,
        /// Value.
        value: String,
    },
    /// A launch template of somebody.
    LaunchTemplate(LaunchTemplateSpec),
    /// An Auto Scaling group that is of no environment.
    Group(GroupSpec),
    /// It is gone.
    GroupGone {
        /// Its name.
        name: String,
    },
    /// A launch configuration.
    LaunchConfiguration(LaunchConfigurationSpec),
    /// From now on no value of an image's parameter is found to be an image (or, with false, those that
    /// are).
    ParameterChecksFail {
        /// They fail.
        failing: bool,
    },
    /// A role that can be assumed.
    Role(RoleSpec),
    /// An SNS topic.
    Topic {
        /// Its name.
        name: String,
    },
    /// An SQS queue.
    Queue {
        /// Its name.
        name: String,
    },
    /// Messages of a topic go to a queue.
    Subscription {
        /// Topic name.
        topic: String,
        /// Queue name.
        queue: String,
    },
    /// An instance type, or another form of one that is there.
    InstanceType(InstanceTypeSpec),
    /// Whether there is capacity for a type in a zone (`*` for all types or zones).
    Capacity {
        /// `t3.small` or `*`.
        instance_type: String,
        /// `eu-west-1a` or `*`.
        zone: String,
        /// False: InsufficientInstanceCapacity.
        available: bool,
    },
    /// EC2 ends what is launched from now on before it runs, and says why; without a code launches work
    /// again.
    LaunchesEnd {
        /// `Client.InvalidKMSKey.InvalidState`.
        code: Option<String>,
        /// What follows the code.
        #[serde(default)]
        message: String,
    },
    /// Copies of images that begin from now on fail in the end, and say why; without a code they work
    /// again.
    CopiesFail {
        /// `Client.InternalError`.
        code: Option<String>,
        /// Message.
        #[serde(default)]
        message: String,
    },
    /// Whether images may be made public; as in every new account they may not, until this says so.
    PublicImages {
        /// They may.
        allowed: bool,
    },
    /// A KMS key that EC2 may not use for copies, or may again.
    KeyDenied {
        /// Its ARN.
        key: String,
        /// It may not.
        denied: bool,
    },
    /// The account's vCPU quota for running instances.
    VcpuQuota {
        /// vCPUs.
        vcpus: u32,
    },
    /// The default VPC and its subnets vanish.
    DropDefaultVpc,
    /// A subnet, in the default VPC or in one of its own.
    Subnet {
        /// Availability zone.
        zone: String,
        /// VPC id; made when it is not there.
        vpc_id: Option<String>,
    },
    /// A security group in the default VPC.
    SecurityGroup {
        /// Its name.
        name: String,
    },
}
