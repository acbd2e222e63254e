//! What a reason is about, as data: ids, versions, times, and who said what. Holds no sentence.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::ReasonCode;
use super::gate::RolloutGate;
use super::held::{HeldOn, HoldSaid};
use crate::model::bake::RecipeDigest;
use crate::model::hold::Hold;
use crate::model::ids::{
    AccountId, Architecture, ImageId, InstanceId, Region, SnapshotId, TargetId, WatchName,
};

/// What one reason is about. Each sort belongs to one code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "about")]
pub enum About {
    /// An environment's branch recommends another image than the one that its image was made from.
    BranchNewer {
        image: ImageId,
        made_from: ImageId,
        branch: String,
        newest: ImageId,
        version: String,
    },
    /// A watch's base has another release than the one that an image was made from.
    ReleaseNewer {
        image: ImageId,
        made_from: ImageId,
        base: String,
        newest: ImageId,
        version: String,
        /// When the release was made; told of a watch's own image.
        created: Option<DateTime<Utc>>,
    },
    /// Nothing was baked from the base yet, or nothing that is for use.
    NothingBaked {
        base: String,
        newest: ImageId,
        version: String,
        created: Option<DateTime<Utc>>,
        quarantined: bool,
    },
    RecipeChanged {
        image: ImageId,
        baked: RecipeDigest,
        wanted: RecipeDigest,
    },
    TooOld {
        image: ImageId,
        created: DateTime<Utc>,
        age_days: i64,
        max_age_s: u64,
    },
    BaseGone {
        image: ImageId,
        made_from: ImageId,
    },
    BaseWithdrawn {
        made_from: ImageId,
        newest: ImageId,
        /// The branch, or the base.
        line: String,
    },
    ImageGone {
        image: ImageId,
    },
    /// Listed still, and as good as gone.
    ImageEnded {
        image: ImageId,
        /// `deregistered` or `failed`.
        state: String,
    },
    ImageDisabled {
        image: ImageId,
        /// Absent in what earlier versions stored, and where the place is not known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        region: Option<Region>,
    },
    PlatformSkew {
        image: ImageId,
        made_from: ImageId,
        platform_image: ImageId,
        platform_version: String,
    },
    /// An Amazon image of the platform's line that somebody set, of another release than its version's.
    PinnedSkew {
        image: ImageId,
        platform_image: ImageId,
        platform_version: String,
    },
    NotOnNewest {
        image: ImageId,
        newest: ImageId,
    },
    Stock {
        image: ImageId,
    },
    /// The settings name no image, which means the platform version's own.
    ImageNotSet,
    /// Instances that run another image than the settings name.
    InstancesBehind {
        image: ImageId,
        behind: usize,
        /// How many serve, behind or not.
        instances: usize,
        /// One of those behind, and what it runs.
        first: InstanceId,
        runs: ImageId,
    },
    Soaking {
        newest: ImageId,
        version: String,
        until: DateTime<Utc>,
    },
    /// A no to a watch, or to what it would bake.
    Held {
        watch: WatchName,
        #[serde(flatten)]
        on: HeldOn,
        until: Option<DateTime<Utc>>,
    },
    /// An image that is not for use.
    Quarantined {
        watch: WatchName,
        image: ImageId,
        place: Quarantine,
        said: HoldSaid,
        until: Option<DateTime<Utc>>,
    },
    NotReady {
        status: String,
    },
    /// Of an environment in another account than the image.
    ImageNotShared {
        image: ImageId,
        snapshots: Vec<SnapshotId>,
        account: AccountId,
        region: Region,
    },
    /// Of an environment in another region than the watch's image.
    ImageNotCopied {
        watch: WatchName,
        image: ImageId,
        /// What a copy would be called.
        name: Option<String>,
        from: Option<Region>,
        region: Region,
        /// EC2 is at it.
        pending: bool,
    },
    ArchMismatch {
        found: Architecture,
        wanted: Architecture,
    },
    BranchMismatch {
        found: String,
        wanted: String,
    },
    LineageUnknown {
        image: ImageId,
    },
    Unsupported {
        why: String,
    },
    PlatformBehind {
        branch: String,
        version: String,
        recommended: String,
    },
    StockPinned {
        image: ImageId,
        /// Empty where it could not be told.
        platform_version: String,
        platform_image: Option<ImageId>,
    },
    /// Elastic Beanstalk updates the platform version by itself.
    ManagedUpdatesOn {
        environment: String,
        region: Region,
    },
    BaseDeprecated {
        image: ImageId,
        from: DateTime<Utc>,
    },
    BranchDeprecated {
        branch: String,
    },
    BranchRetired {
        branch: String,
    },
    RecipeRedundant {
        base_image: ImageId,
    },
    /// What stands between an environment and the watch's image.
    Gate {
        watch: WatchName,
        target: TargetId,
        gate: RolloutGate,
    },
    /// A pattern of the watch matches nothing in a list that is not empty.
    NoTarget {
        application: String,
        environment: String,
        /// Without a wildcard.
        exact: bool,
        near: Near,
    },
    /// The newest release is announced, but EC2 does not list its image: made private, or not
    /// visible yet.
    ReleaseNotListed {
        image: ImageId,
        base: String,
    },
    /// A question without an answer, or (`denied`) one that AWS refused.
    Untold {
        denied: bool,
        /// The part of a watch that it keeps from being told; absent on an environment.
        subject: Option<DoubtSubject>,
        /// What the config calls the account that was asked, where it is not the watch's own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        elsewhere: Option<String>,
        what: String,
        why: String,
    },
    /// Nothing could be asked at all: not even whose account it is.
    Unasked {
        denied: bool,
        what: String,
        why: String,
    },
}

/// The part of a watch that a doubt is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DoubtSubject {
    Release,
    /// The watch's own images.
    Images,
    Targets,
}

/// What AWS lists instead of what a pattern names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Near {
    /// The application has environments of other names.
    Environments {
        application: String,
        count: usize,
        first: Vec<String>,
    },
    /// An application is called nearly so.
    Application { application: String, count: usize },
    /// Neither; some of the applications that are listed.
    Nothing { applications: Vec<String> },
}

/// Where a quarantined image matters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quarantine {
    /// An environment runs it.
    Runs,
    /// An environment would be moved to it.
    MovesTo,
    /// It was made of what would be baked now.
    MadeOf {
        base_image: ImageId,
        version: String,
    },
    /// The same, and only the image's mark says that it is quarantined: nobody here remembers why.
    MarkedMadeOf {
        base_image: ImageId,
        version: String,
    },
}

impl DoubtSubject {
    /// The contract word: the fact `about`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Images => "images",
            Self::Targets => "targets",
        }
    }
}

impl About {
    /// The code that it belongs to.
    pub fn code(&self) -> ReasonCode {
        match self {
            Self::BranchNewer { .. } | Self::ReleaseNewer { .. } | Self::NothingBaked { .. } => {
                ReasonCode::BaseNewer
            }
            Self::RecipeChanged { .. } => ReasonCode::RecipeChanged,
            Self::TooOld { .. } => ReasonCode::TooOld,
            Self::BaseGone { .. } => ReasonCode::BaseGone,
            Self::BaseWithdrawn { .. } => ReasonCode::BaseWithdrawn,
            Self::ImageGone { .. } | Self::ImageEnded { .. } => ReasonCode::ImageGone,
            Self::ImageDisabled { .. } => ReasonCode::ImageDisabled,
            Self::PlatformSkew { .. } | Self::PinnedSkew { .. } => ReasonCode::PlatformSkew,
            Self::NotOnNewest { .. } => ReasonCode::NotOnNewest,
            Self::InstancesBehind { .. } => ReasonCode::InstancesBehind,
            Self::Stock { .. } | Self::ImageNotSet => ReasonCode::Stock,
            Self::Soaking { .. } => ReasonCode::Soaking,
            Self::Held { .. } => ReasonCode::Held,
            Self::Quarantined { .. } => ReasonCode::Quarantined,
            Self::NotReady { .. } => ReasonCode::NotReady,
            Self::ImageNotShared { .. } => ReasonCode::ImageNotShared,
            Self::ImageNotCopied { .. } => ReasonCode::ImageNotCopied,
            Self::ArchMismatch { .. } => ReasonCode::ArchMismatch,
            Self::BranchMismatch { .. } => ReasonCode::BranchMismatch,
            Self::LineageUnknown { .. } => ReasonCode::LineageUnknown,
            Self::Unsupported { .. } => ReasonCode::Unsupported,
            Self::PlatformBehind { .. } => ReasonCode::PlatformBehind,
            Self::StockPinned { .. } => ReasonCode::StockPinned,
            Self::ManagedUpdatesOn { .. } => ReasonCode::ManagedUpdatesOn,
            Self::BaseDeprecated { .. } => ReasonCode::BaseDeprecated,
            Self::BranchDeprecated { .. } => ReasonCode::BranchDeprecated,
            Self::BranchRetired { .. } => ReasonCode::BranchRetired,
            Self::RecipeRedundant { .. } => ReasonCode::RecipeRedundant,
            Self::Gate { gate, .. } => gate.code(),
            Self::NoTarget { .. } => ReasonCode::NoTarget,
            Self::ReleaseNotListed { .. } => ReasonCode::Unreachable,
            Self::Untold { denied, .. } | Self::Unasked { denied, .. } => match denied {
                true => ReasonCode::Denied,
                false => ReasonCode::Unreachable,
            },
        }
    }

    /// When what holds ends by itself, where that is known.
    pub fn until(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Soaking { until, .. } => Some(*until),
            Self::Held { until, .. } | Self::Quarantined { until, .. } => *until,
            Self::Gate { gate, .. } => gate.until(),
            _ => None,
        }
    }

    /// Since when it is so, where that is known.
    pub fn since(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Held { on, .. } => on.since(),
            Self::Quarantined { said, .. } => Some(said.since),
            Self::Gate { gate, .. } => gate.since(),
            _ => None,
        }
    }

    /// Whether it tells of this person's hold.
    pub fn tells_of(&self, hold: &Hold) -> bool {
        let said = match self {
            Self::Held { on, .. } => on.said(),
            Self::Quarantined { said, .. } => Some(said),
            _ => None,
        };
        said.is_some_and(|said| said.since == hold.since)
    }

    /// The same doubt, said of a part of the watch. Anything else stays as it is.
    #[must_use]
    pub fn about_the(mut self, part: DoubtSubject) -> Self {
        if let Self::Untold { subject, .. } = &mut self {
            *subject = Some(part);
        }
        self
    }
}
