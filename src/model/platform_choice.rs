//! What becomes of an environment's platform version when it moves to an image. A custom image stays when
//! the platform version changes, and the version when the image does: so both are moved in one call, or
//! the environment runs new platform scripts on an old system.

use serde::{Deserialize, Serialize};

use super::environment::{EnvironmentChange, ImageSetting};
use super::ids::{ImageId, PlatformArn};

/// What becomes of the platform version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "choice")]
pub enum PlatformChoice {
    /// It moves to this one, the newest whose own image is exactly the image's base.
    Moves { to: PlatformArn, version: String },
    /// It stays: it is that one already, or the image's base is no platform version's.
    Stays,
    /// No version of the branch that may be used has exactly the image's base.
    Unavailable { base: ImageId },
    /// The environment runs a newer version than any that has the image's base: moving it would take its
    /// platform back.
    Ahead {
        runs: String,
        /// The newest that is known to have the base.
        newest: String,
    },
    /// What was seen does not tell.
    Untold { why: String },
}

/// What an environment that is behind is to be moved to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoveTo {
    pub image: ImageId,
    pub platform: PlatformChoice,
}

impl MoveTo {
    /// The call's contents; absent where the environment is not to be moved as things stand.
    pub fn change(&self) -> Option<EnvironmentChange> {
        let platform = match &self.platform {
            PlatformChoice::Moves { to, .. } => Some(to.clone()),
            PlatformChoice::Stays => None,
            PlatformChoice::Unavailable { .. }
            | PlatformChoice::Ahead { .. }
            | PlatformChoice::Untold { .. } => return None,
        };
        Some(EnvironmentChange {
            image: ImageSetting::Image(self.image.clone()),
            platform,
        })
    }

    /// Whether asking for it is of use: where only the version could not be told, who asks AWS for all of
    /// them may know.
    pub fn may_be_moved(&self) -> bool {
        !matches!(
            self.platform,
            PlatformChoice::Ahead { .. } | PlatformChoice::Unavailable { .. }
        )
    }

    /// Why it is not to be moved as things stand, and what will help; absent where it can be.
    pub fn refusal(&self) -> Option<String> {
        let image = &self.image;
        Some(match &self.platform {
            PlatformChoice::Moves { .. } | PlatformChoice::Stays => return None,
            PlatformChoice::Unavailable { base } => format!(
                "no platform version of its branch that this account may use has {base}, the base of \
                 {image}; the next bake makes an image of one that it may use"
            ),
            PlatformChoice::Ahead { runs, newest } => format!(
                "it runs platform version {runs}, and the newest one with the base of {image} is \
                 {newest}: its platform is not taken back; an image of the newer version is to be baked"
            ),
            PlatformChoice::Untold { why } => format!(
                "the platform version that goes with {image} cannot be told: {why}; {image} alone would \
                 leave it on another version's scripts"
            ),
        })
    }
}
