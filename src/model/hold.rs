//! Holds: a person's no, to a watch, a release or an image, with a reason and perhaps an end.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::base::Release;
use super::ids::ImageId;

/// A person's no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    #[serde(flatten)]
    pub on: HeldThing,
    /// Why, in the person's words.
    pub reason: String,
    /// Who said it.
    pub by: String,
    pub since: DateTime<Utc>,
    /// Absent: until somebody ends it.
    pub until: Option<DateTime<Utc>>,
}

/// What a hold is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "on", content = "what")]
pub enum HeldThing {
    /// Nothing of the watch starts.
    Watch,
    /// Nothing is baked from this release: an image id, or a version as the base writes it.
    Release(String),
    /// An image of ours is not for use, and nothing is baked again from what it was made of.
    Image(ImageId),
}

impl Hold {
    /// Whether it still counts. One that has ended has no effect.
    pub fn in_force(&self, now: DateTime<Utc>) -> bool {
        self.until.is_none_or(|until| until > now)
    }

    /// Whether it is about this release, by its image or by its version.
    pub fn is_about(&self, release: &Release) -> bool {
        match &self.on {
            HeldThing::Release(what) => *what == release.version || *what == release.image.as_str(),
            HeldThing::Watch | HeldThing::Image(_) => false,
        }
    }
}

impl fmt::Display for HeldThing {
    /// `the watch`, `release 4.5.1`, `image ami-...`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Watch => f.write_str("the watch"),
            Self::Release(release) => write!(f, "release {release}"),
            Self::Image(image) => write!(f, "image {image}"),
        }
    }
}
