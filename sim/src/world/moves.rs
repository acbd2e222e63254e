//! What AWS does not document of environment updates: each answer can be chosen, so that whoever
//! relies on one of them is found out.
//!
//! Set for the whole account, never per call: an update behaves by its environment and by time.

use serde::{Deserialize, Serialize};

/// How environment updates behave where the documentation is silent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Moves {
    /// One call that changes the image and the platform version.
    pub image_with_platform: ImageWithPlatform,
    /// An immutable update of the image together with other settings is refused at the call.
    pub immutable_alone: bool,
    /// Which superseded platform versions an account may still use.
    pub superseded: Superseded,
    /// When it is noticed that an image cannot be launched.
    pub image_checked: ImageChecked,
}

/// What comes of one call that changes the image and the platform version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageWithPlatform {
    /// The instances are replaced once.
    #[default]
    OneReplacement,
    /// They are replaced for the platform version, and then again for the image.
    TwoReplacements,
    /// The call is refused.
    Refused,
}

/// Which superseded platform versions an account may still use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Superseded {
    /// Those that an environment of the account ran when they were superseded.
    #[default]
    OnlyIfRun,
    /// All of them.
    All,
}

/// When it is noticed that an image cannot be launched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageChecked {
    /// The call is refused.
    #[default]
    AtCall,
    /// The update starts, and fails when the first instance is launched.
    AtLaunch,
}
