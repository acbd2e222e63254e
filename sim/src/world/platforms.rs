//! Words for what is released: platform branches, versions, and images of anyone.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::guest::Disk;

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
    /// The region of that image, where it is another one: this image is a copy of it.
    pub source_region: Option<String>,
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
    /// The key of its snapshot by ARN, alias or id; `default`: the one that EBS has for the account; empty: it
    /// is not encrypted.
    pub kms_key: String,
    /// The snapshot of another image, which it shares; empty: one of its own.
    pub snapshot_id: String,
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
            source_region: None,
            source_instance_id: None,
            created: None,
            state: "available".to_owned(),
            public: false,
            shared: false,
            deprecated_at: None,
            kms_key: String::new(),
            snapshot_id: String::new(),
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

    /// Copied from this image of another region.
    pub fn copied_from(mut self, region: &str, image_id: &str) -> Self {
        self.source_region = Some(region.to_owned());
        self.source(image_id)
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
    /// Its owner shares it and not its snapshots: others can launch it and not copy it.
    StorageKept,
    /// How the application fares on it in environments.
    Serves(Serves),
    /// Its snapshot's key has no grant for the role of Auto Scaling: instances of an environment
    /// come up and are terminated at once.
    KeyUnusable,
}

/// How an environment's instances fare with an image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Serves {
    /// `Ok`, `Info`, `Warning`, `Degraded`, `Severe`.
    pub status: String,
    /// Seconds from an instance's launch until this shows; before, it is `Ok`.
    pub after_s: f64,
    /// Causes, as DescribeInstancesHealth gives them.
    pub causes: Vec<String>,
}

impl Serves {
    pub(crate) fn after(&self) -> std::time::Duration {
        std::time::Duration::try_from_secs_f64(self.after_s).unwrap_or_default()
    }
}

impl Default for Serves {
    fn default() -> Self {
        Self {
            status: "Ok".to_owned(),
            after_s: 0.0,
            causes: Vec::new(),
        }
    }
}
