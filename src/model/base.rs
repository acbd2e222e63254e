//! Bases (lines of upstream images) and releases (one concrete image of a base).

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::ids::{Architecture, ImageId, PlatformArn};
use super::version::VersionWish;

/// A line of upstream images to follow.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Base {
    pub source: BaseSource,
    pub architecture: Architecture,
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            BaseSource::Beanstalk { branch, version } => {
                f.write_str(branch)?;
                match version {
                    VersionWish::Recommended => {}
                    VersionWish::Environment => f.write_str(" as the targets run it")?,
                    VersionWish::Matching(pattern) => write!(f, " {pattern}")?,
                }
                write!(f, " ({})", self.architecture)
            }
            BaseSource::Ssm { parameter } => f.write_str(parameter),
            BaseSource::Images { owners, name } => {
                write!(f, "{name} of {} ({})", owners.join(", "), self.architecture)
            }
        }
    }
}

/// Where a base's releases are announced.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BaseSource {
    /// A platform branch; which version of it is the newest release, the wish says.
    Beanstalk {
        branch: String,
        version: VersionWish,
    },
    /// A public SSM parameter: an image id, or JSON with an `image_id`.
    Ssm { parameter: String },
    /// The images of these owners whose name fits; the one made last is the newest release.
    Images {
        /// Never empty: `self`, an alias (`amazon`), or twelve digits.
        owners: Vec<String>,
        /// `*` stands for any text, `?` for one character.
        name: String,
    },
}

impl BaseSource {
    /// The branch whose recommended version is followed, when the base does that.
    pub fn recommended_of(&self) -> Option<&str> {
        match self {
            Self::Beanstalk {
                branch,
                version: VersionWish::Recommended,
            } => Some(branch),
            Self::Beanstalk { .. } | Self::Ssm { .. } | Self::Images { .. } => None,
        }
    }

    /// The platform branch that the base is one of.
    pub fn branch(&self) -> Option<&str> {
        match self {
            Self::Beanstalk { branch, .. } => Some(branch),
            Self::Ssm { .. } | Self::Images { .. } => None,
        }
    }
}

/// One concrete image of a base, in one region, for one architecture.
///
/// Releases are compared by image, never by version: several platform versions can share one AMI.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    pub image: ImageId,
    /// The image's name; absent where EC2 does not (or no longer) list the image.
    pub image_name: Option<String>,
    /// The platform version (`4.5.0`), the parameter's release version, or the image's name.
    pub version: String,
    pub architecture: Architecture,
    /// When the image was made.
    pub created: Option<DateTime<Utc>>,
    /// When EC2 calls the image deprecated.
    pub deprecated_from: Option<DateTime<Utc>>,
    /// Only for the `beanstalk` base.
    pub platform: Option<PlatformArn>,
    pub branch_lifecycle: BranchLifecycle,
}

/// A platform branch's lifecycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum BranchLifecycle {
    /// Not a platform branch, or AWS did not say.
    #[default]
    NotSaid,
    Beta,
    Supported,
    Deprecated,
    Retired,
}

impl BranchLifecycle {
    /// Reads AWS's word; the case differs between its operations.
    pub fn parse(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "beta" => Self::Beta,
            "supported" => Self::Supported,
            "deprecated" => Self::Deprecated,
            "retired" => Self::Retired,
            _ => Self::NotSaid,
        }
    }
}

/// One platform version, as `DescribePlatformVersion` tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlatformVersion {
    pub arn: PlatformArn,
    pub branch: String,
    /// `X.Y.Z`
    pub version: String,
    pub solution_stack: Option<String>,
    /// True when AWS recommends it (the newest of its branch).
    pub recommended: bool,
    pub branch_lifecycle: BranchLifecycle,
    pub operating_system: Option<String>,
    pub created: Option<DateTime<Utc>>,
    /// Architecture and default image, as far as AWS said. Never more than one per architecture.
    pub images: Vec<(Architecture, ImageId)>,
}

impl PlatformVersion {
    /// The version's default image for an architecture.
    pub fn image(&self, architecture: Architecture) -> Option<&ImageId> {
        self.images
            .iter()
            .find(|(of, _)| *of == architecture)
            .map(|(_, image)| image)
    }
}
