//! The vocabulary in which a world is described: the same from Rust and from a JSON file.
//!
//! Plain data with defaults; `actions` carries it out. Unknown keys are errors, so that a misspelt
//! word in a world file is not silently nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::fault::FaultRule;
use crate::guest::Disk;
use crate::throttle::Throttling;

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
    /// Denied actions, with `*` and `?`.
    pub deny: Vec<String>,
    /// Faults at the door.
    pub faults: Vec<FaultRule>,
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
    /// An SSM parameter, or its next version.
    Parameter {
        /// Full name.
        name: String,
        /// Value.
        value: String,
    },
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

/// A platform branch.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Branch {
    /// `ECS running on 64bit Amazon Linux 2023`
    pub name: String,
    /// Platform name in ARNs; empty: the branch's name.
    pub platform: String,
    /// `supported`, `beta`, `deprecated` or `retired`.
    pub lifecycle: String,
    /// Supported tiers, as `WebServer/Standard`.
    pub tiers: Vec<String>,
    /// `Amazon Linux`, `Windows Server`
    pub os: String,
    /// `2023`
    pub os_version: String,
    /// The part of image names that says which platform; empty: made from the name.
    pub image_slug: String,
}

impl Default for Branch {
    fn default() -> Self {
        Self {
            name: String::new(),
            platform: String::new(),
            lifecycle: "supported".to_owned(),
            tiers: vec![
                "WebServer/Standard".to_owned(),
                "Worker/SQS/HTTP".to_owned(),
            ],
            os: "Amazon Linux".to_owned(),
            os_version: "2023".to_owned(),
            image_slug: String::new(),
        }
    }
}

impl Branch {
    /// A supported branch on Amazon Linux 2023.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }
}

/// A new platform version.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Release {
    /// The branch; made with defaults when it is not there.
    pub branch: String,
    /// `4.5.1`
    pub version: String,
    /// Architecture to image id. An empty id is given a number; an id that exists is shared (several
    /// versions can have one image). Default: `x86_64`, new.
    pub images: BTreeMap<String, String>,
    /// What the images' disks hold.
    pub disk: Disk,
    /// Becomes the branch's recommended version.
    pub recommended: bool,
    /// Answers `DefaultAmiList` too; not every region does.
    pub default_ami_list: bool,
    /// When it was made, if not now.
    pub created: Option<DateTime<Utc>>,
}

impl Default for Release {
    fn default() -> Self {
        Self {
            branch: String::new(),
            version: String::new(),
            images: BTreeMap::from([("x86_64".to_owned(), String::new())]),
            disk: Disk::new(),
            recommended: true,
            default_ami_list: true,
            created: None,
        }
    }
}

impl Release {
    /// The next recommended version, with a new x86_64 image.
    pub fn new(branch: &str, version: &str) -> Self {
        Self {
            branch: branch.to_owned(),
            version: version.to_owned(),
            ..Self::default()
        }
    }

    /// With this image for this architecture; an empty id is given a number.
    pub fn image(mut self, architecture: &str, image_id: &str) -> Self {
        self.images
            .insert(architecture.to_owned(), image_id.to_owned());
        self
    }

    /// With a new arm64 image beside the x86_64 one.
    pub fn with_arm64(self) -> Self {
        self.image("arm64", "")
    }

    /// Without `DefaultAmiList` in its description.
    pub fn without_default_ami_list(mut self) -> Self {
        self.default_ami_list = false;
        self
    }

    /// Made at another time than now.
    pub fn created(mut self, at: DateTime<Utc>) -> Self {
        self.created = Some(at);
        self
    }

    /// With these files on its images' disks.
    pub fn disk(mut self, disk: Disk) -> Self {
        self.disk = disk;
        self
    }
}

/// An image.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ImageSpec {
    /// Empty: given a number.
    pub id: String,
    /// Name; empty: the id.
    pub name: String,
    /// `self`, `amazon`, `aws-marketplace`, or an account id.
    pub owner: String,
    /// `x86_64` or `arm64`.
    pub architecture: String,
    /// The image that it was made of, when EC2 knows.
    pub source_image_id: Option<String>,
    /// The instance that it was made of, when EC2 knows.
    pub source_instance_id: Option<String>,
    /// When it was made, if not now.
    pub created: Option<DateTime<Utc>>,
    /// `available`, `pending`, `failed`...
    pub state: String,
    /// Others may launch it. Private images of others are not seen.
    pub public: bool,
    /// Shared with this account although not public.
    pub shared: bool,
    /// EC2 deprecation time.
    pub deprecated_at: Option<DateTime<Utc>>,
    /// Tags (seen by the owner only).
    pub tags: BTreeMap<String, String>,
    /// What its disk holds.
    pub disk: Disk,
}

impl Default for ImageSpec {
    fn default() -> Self {
        Self {
            id: String::new(),
            name: String::new(),
            owner: "self".to_owned(),
            architecture: "x86_64".to_owned(),
            source_image_id: None,
            source_instance_id: None,
            created: None,
            state: "available".to_owned(),
            public: false,
            shared: false,
            deprecated_at: None,
            tags: BTreeMap::new(),
            disk: Disk::new(),
        }
    }
}

impl ImageSpec {
    /// An image of this account.
    pub fn mine(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    /// A public image of Amazon.
    pub fn amazon(name: &str) -> Self {
        Self {
            owner: "amazon".to_owned(),
            public: true,
            ..Self::mine(name)
        }
    }

    /// Made of this image, as EC2 records it.
    pub fn source(mut self, image_id: &str) -> Self {
        self.source_image_id = Some(image_id.to_owned());
        self
    }

    /// With an id of its own.
    pub fn id(mut self, id: &str) -> Self {
        self.id = id.to_owned();
        self
    }
}

/// What can happen to an image behind its users' backs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageChange {
    /// Its owner takes the launch permission back: not seen any more, unless it is this account's.
    Private,
    /// Public again.
    Public,
    /// Gone. Its snapshots stay.
    Deregistered,
    /// Deprecated from this time on.
    Deprecated(DateTime<Utc>),
    /// Disabled: hidden, cannot be launched.
    Disabled,
    /// Available again.
    Enabled,
    /// The making of it failed; only from `pending`.
    Failed(String),
}

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

    /// Of this tier.
    pub fn tier(mut self, tier: &str) -> Self {
        self.tier = tier.to_owned();
        self
    }
}

/// What can happen to an environment.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnvironmentChange {
    /// Its image is set.
    Image(String),
    /// It runs the platform version's own image again.
    StockImage,
    /// It moves to this version of its branch.
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

/// How long things take, and how consistent and how large reads are. Durations are seconds in JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Timing {
    /// Instance: pending to running.
    #[serde(with = "seconds")]
    pub start: Duration,
    /// Instance: stopping to stopped, shutting-down to terminated.
    #[serde(with = "seconds")]
    pub stop: Duration,
    /// Instance: terminated to invisible.
    #[serde(with = "seconds")]
    pub forget: Duration,
    /// Image: pending to available.
    #[serde(with = "seconds")]
    pub image: Duration,
    /// Snapshot: pending to completed. Never later than its image.
    #[serde(with = "seconds")]
    pub snapshot: Duration,
    /// Console output to being readable with `Latest`, while the instance runs.
    #[serde(with = "seconds")]
    pub console: Duration,
    /// Start, reboot, stop to the posting of the console: what is read without `Latest`, and how
    /// late the last lines before a stop show up.
    #[serde(with = "seconds")]
    pub console_post: Duration,
    /// A stopped or terminated instance's last posting to its console being gone.
    #[serde(with = "seconds")]
    pub console_expires: Duration,
    /// A created instance or image is not found for this long.
    #[serde(with = "seconds")]
    pub hidden_for: Duration,
    /// A created instance or image is not found by this many looks.
    pub hidden_looks: u32,
    /// The largest page of any list, whatever was asked for; 0: each service's own maximum.
    pub page: usize,
    /// Every call takes this long.
    #[serde(with = "seconds")]
    pub latency: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        let secs = Duration::from_secs;
        Self {
            start: secs(8),
            stop: secs(20),
            forget: secs(3600),
            image: secs(120),
            snapshot: secs(100),
            console: secs(2),
            console_post: secs(60),
            console_expires: secs(3600),
            hidden_for: Duration::ZERO,
            hidden_looks: 0,
            page: 0,
            latency: Duration::ZERO,
        }
    }
}

impl Timing {
    /// Everything at once: for tests that are about something else.
    pub fn instant() -> Self {
        Self {
            start: Duration::ZERO,
            stop: Duration::ZERO,
            image: Duration::ZERO,
            snapshot: Duration::ZERO,
            console: Duration::ZERO,
            console_post: Duration::ZERO,
            ..Self::default()
        }
    }
}

mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(d: &Duration, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_f64(d.as_secs_f64())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Duration, D::Error> {
        let seconds = f64::deserialize(d)?;
        Duration::try_from_secs_f64(seconds)
            .map_err(|_| D::Error::custom("a duration is a number of seconds, zero or more"))
    }
}
