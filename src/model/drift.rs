//! Verdicts: reasons for a watch and for each of its targets.

use serde::{Deserialize, Serialize};

use super::base::Release;
use super::environment::HealthColor;
use super::hold::Hold;
use super::ids::{ImageId, PlatformArn, TargetId, WatchName};
use super::image::ImageKind;
use super::platform_choice::MoveTo;
use super::reason::{Class, Reason};
use super::watch::name_in_waves;

/// The verdict on one watch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Drift {
    pub watch: WatchName,
    /// The newest release, when it could be told.
    pub release: Option<Release>,
    /// The release that may be baked now: the newest, or, while that soaks or is held, an earlier one
    /// that is newer than what there is. Absent while there is none.
    #[serde(default)]
    pub eligible: Option<Release>,
    /// The verified image that the watch has now, when there is one.
    pub current: Option<ImageId>,
    /// What applies to the watch itself (its base, its recipe, its image).
    pub reasons: Vec<Reason>,
    pub targets: Vec<TargetDrift>,
    /// What is allowed and probably not meant, or worth knowing beside the verdict. Changes nothing.
    #[serde(default)]
    pub notes: Vec<Note>,
    /// What people hold of this watch, whether or not it matters now.
    #[serde(default)]
    pub holds: Vec<Hold>,
}

/// A remark beside a verdict. Its code is stable; it is no reason, and no exit code hangs on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    pub code: NoteCode,
    /// One or two sentences that read alone.
    pub message: String,
}

/// What a note is about. The words are stable, snake_case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteCode {
    /// The names that fit an `images` base differ in more than their date.
    PatternMixed,
    /// `soak` is longer than the pause between releases: the newest one is always too young.
    SoakLongerThanCadence,
    /// An earlier release takes the place of the newest, which soaks or is held.
    EarlierRelease,
    /// An earlier release could not be read, and so was not taken.
    EarlierUntold,
    /// An image's tags say that it is this watch's, and EC2 does not bear them out.
    TagsNotBorneOut,
    /// Saved configurations could not all be read: one of them may name an older image.
    SavedUntold,
    /// Which processes of Auto Scaling are suspended could not be read.
    ScalingUntold,
    /// Whether the role by which instances are launched may use the image's key is not known.
    KeyUntold,
}

impl NoteCode {
    /// The word used in tables and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PatternMixed => "pattern_mixed",
            Self::SoakLongerThanCadence => "soak_longer_than_cadence",
            Self::EarlierRelease => "earlier_release",
            Self::EarlierUntold => "earlier_untold",
            Self::TagsNotBorneOut => "tags_not_borne_out",
            Self::SavedUntold => "saved_untold",
            Self::ScalingUntold => "scaling_untold",
            Self::KeyUntold => "key_untold",
        }
    }
}

impl Drift {
    /// Every reason, the watch's own first.
    pub fn all_reasons(&self) -> impl Iterator<Item = &Reason> {
        self.reasons
            .iter()
            .chain(self.targets.iter().flat_map(|target| &target.reasons))
    }

    /// The same without the targets that others move.
    #[must_use]
    pub fn without_others(&self) -> Self {
        let mut ours = self.clone();
        ours.targets.retain(|target| !target.moved_by_others);
        ours
    }

    /// True when some reason is of this class.
    pub fn has(&self, class: Class) -> bool {
        self.all_reasons()
            .any(|reason| reason.code.class() == class)
    }
}

impl TargetDrift {
    /// What people call it: `shop/shop-blue`, and in another account `prod:shop/shop-blue`.
    pub fn name(&self) -> String {
        match &self.elsewhere {
            Some(account) => format!("{account}:{}", self.target.name()),
            None => self.target.name(),
        }
    }

    /// The same without its application, as waves name it: `shop-blue`, and in another account `prod:shop-blue`.
    pub fn wave_name(&self) -> String {
        name_in_waves(self.elsewhere.as_deref(), &self.target.environment)
    }
}

/// The verdict on one environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TargetDrift {
    pub target: TargetId,
    /// What the config calls the account that it is in, where that is not the watch's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elsewhere: Option<String>,
    /// It is told of, and amiwatch may not change it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub moved_by_others: bool,
    /// Which environment it is, whatever had its name before.
    #[serde(skip)]
    pub environment_id: Option<String>,
    pub platform: Option<PlatformArn>,
    pub image: Option<ImageId>,
    pub kind: ImageKind,
    /// The Amazon image that the environment's image comes from (its own id for a stock one).
    pub base_image: Option<ImageId>,
    /// What it is to be moved to, where it is out of step with an image of the watch that is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub move_to: Option<MoveTo>,
    /// The colour that the list of environments shows; of use to a rollout alone.
    #[serde(skip)]
    pub color: HealthColor,
    pub reasons: Vec<Reason>,
}
