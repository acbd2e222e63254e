//! What one look saw. It may be partial, and says so: an answer that did not come is never a value.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::base::{PlatformVersion, Release};
use super::ids::{ImageId, InstanceId, PlatformArn, Scope, SnapshotId, TargetId};
use super::image::Image;

/// The answer to one question put to AWS. `Unreachable` stays `Unreachable` to the very end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen<T> {
    /// AWS answered with this.
    Known(T),
    /// AWS answered that there is no such thing.
    Absent,
    /// AWS did not answer, or not believably.
    Unreachable(Trouble),
}

impl<T> Seen<T> {
    /// The value, when there is one.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Absent | Self::Unreachable(_) => None,
        }
    }

    /// The same answer, borrowed.
    pub fn as_ref(&self) -> Seen<&T> {
        match self {
            Self::Known(value) => Seen::Known(value),
            Self::Absent => Seen::Absent,
            Self::Unreachable(trouble) => Seen::Unreachable(trouble.clone()),
        }
    }

    /// The same answer with its value turned into another.
    pub fn map<U>(self, turn: impl FnOnce(T) -> U) -> Seen<U> {
        match self {
            Self::Known(value) => Seen::Known(turn(value)),
            Self::Absent => Seen::Absent,
            Self::Unreachable(trouble) => Seen::Unreachable(trouble),
        }
    }

    /// The trouble, when the answer did not come.
    pub fn trouble(&self) -> Option<&Trouble> {
        match self {
            Self::Unreachable(trouble) => Some(trouble),
            Self::Known(_) | Self::Absent => None,
        }
    }
}

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Trouble {
    /// What was asked, in words: `settings of shop/shop-blue`.
    pub what: String,
    /// What went wrong and what to do about it, one line.
    pub why: String,
    /// Credentials may not ask this: a person is needed, asking again does not help.
    pub denied: bool,
}

/// An Elastic Beanstalk environment as `DescribeEnvironments` and its settings tell it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    pub target: TargetId,
    /// `e-abcdefghij`. A name can be given again to another environment; this cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Absent where AWS did not name one (older custom platforms).
    pub platform: Option<PlatformArn>,
    /// `64bit Amazon Linux 2023 v4.5.0 running ECS`
    pub solution_stack: Option<String>,
    pub tier: Tier,
    /// `Ready`, `Updating`, `Launching`, ... as AWS writes it.
    pub status: String,
    /// When AWS says the environment last changed.
    pub updated: Option<DateTime<Utc>>,
    /// The colour that the list shows; grey where it shows none.
    #[serde(default)]
    pub color: HealthColor,
}

impl Environment {
    /// Why amiwatch has nothing to do with it, when that is so.
    pub fn unsupported(&self) -> Option<&'static str> {
        let stack = self.solution_stack.as_deref().unwrap_or_default();
        let platform = self.platform.as_ref().map_or("", PlatformArn::as_str);
        match self.tier {
            Tier::Cluster => Some("a Cluster-tier (EKS) environment has no AMI"),
            _ if stack.contains("Windows") || platform.contains("Windows") => {
                Some("Windows images need Sysprep, which a cloud-init recipe cannot give")
            }
            Tier::WebServer | Tier::Worker | Tier::Other => None,
        }
    }
}

/// The colour that every environment has, with basic health the only thing known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum HealthColor {
    Green,
    Yellow,
    Red,
    /// Not known, or not yet.
    #[default]
    Grey,
}

impl HealthColor {
    /// As AWS writes it; an unknown word is as good as no word.
    pub fn from_word(word: &str) -> Self {
        match word {
            "Green" => Self::Green,
            "Yellow" => Self::Yellow,
            "Red" => Self::Red,
            _ => Self::Grey,
        }
    }
}

/// The tier of an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tier {
    WebServer,
    Worker,
    /// On EKS: no AMI.
    Cluster,
    /// One that this version does not know.
    Other,
}

/// What the deployed configuration set of an environment says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeployedSettings {
    /// `aws:autoscaling:launchconfiguration` / `ImageId`: mostly resolved even when nothing was set by
    /// hand.
    pub image: Option<ImageId>,
    /// A set is deployed and names no image: it is the platform version's own.
    #[serde(default)]
    pub not_set: bool,
    /// A draft left behind, or a change in progress, lies beside the deployed set.
    pub draft: Option<DraftStatus>,
    /// Elastic Beanstalk updates the platform version by itself.
    #[serde(default)]
    pub managed_updates: bool,
}

/// What one instance of an environment runs, as EC2 says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunningImage {
    pub instance: InstanceId,
    pub image: ImageId,
    /// It shuts down, is stopped, or is gone: what it ran does not matter any more.
    pub ends: bool,
}

/// A configuration set beside the deployed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DraftStatus {
    Pending,
    Failed,
}

/// One environment with the answers that belong to it alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvironmentSighting {
    pub environment: Environment,
    pub settings: Seen<DeployedSettings>,
    /// What its instances run; absent where nobody asked, which costs calls of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running: Option<Seen<Vec<RunningImage>>>,
    /// The settings were not read: their image is what Auto Scaling launches and what runs, and the
    /// stored options are not known.
    #[serde(default, skip_serializing_if = "is_false")]
    pub by_pages: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde gives it a reference"
)]
fn is_false(value: &bool) -> bool {
    !value
}

/// What is known of an image and of what it was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageSighting {
    /// `Absent`: EC2 does not list it (deregistered, or made private).
    pub image: Seen<Image>,
    pub lineage: Lineage,
}

/// Which Amazon base an image comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lineage {
    /// It is an Amazon image itself.
    IsBase,
    /// EC2 (or, failing that, our own tags) names the base.
    From {
        base: ImageId,
        told_by: LineageSource,
    },
    /// EC2 does not know: registered rather than created, or too old.
    NotKnown,
    /// Could not be asked.
    Unreachable(Trouble),
}

impl Lineage {
    /// The base's image id, when there is one to name.
    pub fn base(&self) -> Option<&ImageId> {
        match self {
            Self::From { base, .. } => Some(base),
            Self::IsBase | Self::NotKnown | Self::Unreachable(_) => None,
        }
    }
}

/// Who told where an image comes from, in the order in which they are believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineageSource {
    /// `SourceImageId` leads to an Amazon image.
    SourceImage,
    /// `GetImageAncestry`.
    Ancestry,
    /// The tag `amiwatch:base-image`.
    Tag,
    /// A person, who adopted the image.
    Person,
}

/// One look at one account and region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sighting {
    pub at: DateTime<Utc>,
    /// Account and region. The account is known from the environments' ARNs or from STS.
    pub scope: Seen<Scope>,
    /// Those that the look was for. `Unreachable` when the list itself could not be had.
    pub environments: Seen<Vec<EnvironmentSighting>>,
    /// How many more the list named: not read further, but they show that the list was not empty.
    pub others: usize,
    /// Those others by application, for whoever looks for a name that is nearly right.
    #[serde(default)]
    pub elsewhere: BTreeMap<String, OtherEnvironments>,
    /// By ARN: every platform version that an environment runs.
    pub platforms: BTreeMap<PlatformArn, Seen<PlatformVersion>>,
    /// By branch name: its recommended version. `Absent`: the branch recommends none (retired).
    pub recommended: BTreeMap<String, Seen<PlatformVersion>>,
    /// Every image that an environment, a platform version, a lineage or a watch names.
    pub images: BTreeMap<ImageId, ImageSighting>,
    /// By the id of an Amazon image of another region: the image of the same name in this one.
    #[serde(default)]
    pub counterparts: BTreeMap<ImageId, ImageId>,
    /// Every question that got no answer, in the order of asking.
    pub troubles: Vec<Trouble>,
    /// Pages that got none, in whose place settings were read: nothing is missing because of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pages_unread: Vec<Trouble>,
}

/// Environments of one application that a look was not for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OtherEnvironments {
    pub count: usize,
    /// The first names, in order.
    pub first: Vec<String>,
}

impl OtherEnvironments {
    /// Names that are kept of each application.
    pub const NAMES_MAX: usize = 3;

    /// Counts one more.
    pub fn add(&mut self, name: &str) {
        self.count += 1;
        self.first.push(name.to_owned());
        self.first.sort_unstable();
        self.first.truncate(Self::NAMES_MAX);
    }
}

impl Sighting {
    /// The image of this region that is the same as one of another region: Amazon's of the same name,
    /// else a copy of it, `wanted` before any other. The image itself where there is none.
    ///
    /// # Errors
    /// When it is of another region and `wanted`, which may be its copy, could not be read.
    pub fn at_home(&self, image: &ImageId, wanted: Option<&ImageId>) -> Result<ImageId, Trouble> {
        if let Some(counterpart) = self.counterparts.get(image) {
            return Ok(counterpart.clone());
        }
        let unread = wanted.and_then(|id| self.images.get(id)?.image.trouble());
        if let Some(trouble) = unread
            && self.is_elsewhere(image)
        {
            return Err(trouble.clone());
        }
        let is_copy = |seen: &ImageSighting| {
            let known = seen.image.known();
            known.is_some_and(|copy| {
                copy.copied_across() && copy.source_image.as_ref() == Some(image)
            })
        };
        let wanted = wanted.filter(|id| self.images.get(*id).is_some_and(is_copy));
        let copy = wanted.or_else(|| {
            let mut images = self.images.iter();
            images.find(|(_, seen)| is_copy(seen)).map(|(id, _)| id)
        });
        Ok(copy.unwrap_or(image).clone())
    }

    fn is_elsewhere(&self, image: &ImageId) -> bool {
        let known = self.images.get(image).and_then(|seen| seen.image.known());
        let here = self.scope.known().map(|scope| &scope.region);
        known.is_some_and(|image| Some(&image.region) != here)
    }
}

/// What one look saw for one watch: the shared sighting of its region plus the base it follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchSighting {
    /// The base's newest release.
    pub release: Seen<Release>,
    /// Releases of the base before that one, newest first, that could be launched. Only read while the
    /// newest soaks or is held.
    pub earlier: Vec<Release>,
    /// Earlier releases that could not be read. What lies behind one is not in `earlier` either.
    pub earlier_untold: Vec<Trouble>,
    /// Of an `images` base: the lines that the names of its images are of. One is as it should be.
    pub lines: Vec<NameLine>,
    /// Ours, newest generation first: images that carry this installation's and watch's tags.
    pub ours: Seen<Vec<Image>>,
}

impl WatchSighting {
    /// The snapshots of an image of ours; absent where it is not known.
    pub fn snapshots(&self, image: &ImageId) -> Option<&[SnapshotId]> {
        let mut ours = self.ours.known()?.iter();
        let image = ours.find(|one| one.id == *image)?;
        Some(&image.snapshots)
    }
}

/// Images whose names differ only in what changes from build to build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameLine {
    /// A name without dates, versions and build numbers: `al2023-ami-2023.#-kernel-6.12-arm64`.
    pub shape: String,
    pub images: usize,
    pub example: String,
}
