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
    /// What comes of an update when the image that is deployed now is gone.
    pub old_image_gone: OldImageGone,
    /// Which policy governs an update that changes the policy itself.
    pub policy_in_call: PolicyInCall,
    /// What becomes of the draft of an update that was aborted.
    pub aborted_draft: AbortedDraft,
    /// A failed draft stays beside the next one, and after it.
    pub failed_draft_stays: bool,
    /// Whose rights an update needs on CloudFormation, Auto Scaling, EC2 and S3.
    pub caller_rights: CallerRights,
}

impl Moves {
    /// Every combination of the switches, in a fixed order that begins with the default: for lives that
    /// draw one by number.
    pub fn every() -> impl Iterator<Item = Self> {
        (0..Self::COUNT).map(Self::nth)
    }

    /// How many combinations there are.
    pub const COUNT: usize = 3 * 2 * 3 * 2 * 2 * 2 * 2 * 2 * 2;

    /// The combination of this number; beyond the last it begins anew.
    pub fn nth(number: usize) -> Self {
        let mut left = number;
        let mut draw = |of: usize| {
            let drawn = left % of;
            left /= of;
            drawn
        };
        Self {
            image_with_platform: match draw(3) {
                0 => ImageWithPlatform::OneReplacement,
                1 => ImageWithPlatform::TwoReplacements,
                _ => ImageWithPlatform::Refused,
            },
            immutable_alone: draw(2) == 1,
            superseded: match draw(3) {
                0 => Superseded::OnlyIfRun,
                1 => Superseded::All,
                _ => Superseded::Unseen,
            },
            image_checked: if draw(2) == 0 {
                ImageChecked::AtCall
            } else {
                ImageChecked::AtLaunch
            },
            old_image_gone: if draw(2) == 0 {
                OldImageGone::Fails
            } else {
                OldImageGone::Ignored
            },
            policy_in_call: if draw(2) == 0 {
                PolicyInCall::Before
            } else {
                PolicyInCall::Same
            },
            aborted_draft: if draw(2) == 0 {
                AbortedDraft::Gone
            } else {
                AbortedDraft::Failed
            },
            failed_draft_stays: draw(2) == 1,
            caller_rights: if draw(2) == 0 {
                CallerRights::Needed
            } else {
                CallerRights::NotNeeded
            },
        }
    }
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
    /// As the first, and the others are not even described.
    Unseen,
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

/// What comes of an update when the image that is deployed now is gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OldImageGone {
    /// It fails before anything is replaced, whatever image it brings.
    #[default]
    Fails,
    /// Nobody notices, unless it must be taken back.
    Ignored,
}

/// Which policy governs an update that changes the policy itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyInCall {
    /// The one that was deployed before.
    #[default]
    Before,
    /// The one that it brings.
    Same,
}

/// What becomes of the draft of an update that was aborted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AbortedDraft {
    /// It is gone.
    #[default]
    Gone,
    /// It is left behind as one that failed.
    Failed,
}

/// Whose rights an update needs on what it changes elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallerRights {
    /// The caller's: without them the update begins, and fails.
    #[default]
    Needed,
    /// The environment's service role's alone.
    NotNeeded,
}
