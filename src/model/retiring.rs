//! The nouns of retiring an image: the rungs of the ladder, and why an image stays or goes. Values;
//! nothing is decided here.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::ids::ImageId;
use super::image_uses::{ImageUse, ReferenceKind};
use super::sighting::Trouble;

/// Where an image stands, from the top of the ladder to its foot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rung {
    /// Nothing has been done to it.
    InForce,
    /// Others do not see it in listings any more; it can be launched as before.
    Deprecated,
    /// Nobody can launch it, and it is shared with nobody; it can be enabled again.
    Disabled,
    /// Gone, with its snapshots.
    Deregistered,
}

impl Rung {
    /// The word in tables and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InForce => "in force",
            Self::Deprecated => "deprecated",
            Self::Disabled => "disabled",
            Self::Deregistered => "deregistered",
        }
    }

    /// The rung below; none below the foot.
    pub const fn below(self) -> Option<RungStep> {
        match self {
            Self::InForce => Some(RungStep::Deprecate),
            Self::Deprecated => Some(RungStep::Disable),
            Self::Disabled => Some(RungStep::Deregister),
            Self::Deregistered => None,
        }
    }
}

/// One step down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RungStep {
    Deprecate,
    Disable,
    Deregister,
}

impl RungStep {
    /// The word in tables and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deprecate => "deprecate",
            Self::Disable => "disable",
            Self::Deregister => "deregister",
        }
    }
}

/// What the ladder says of one image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LadderVerdict {
    /// Where it stands now.
    pub rung: Rung,
    /// What is due now; absent where it stays.
    pub due: Option<RungStep>,
    /// What comes next and not before when; absent while something keeps it that has no end of its own.
    pub next: Option<NextStep>,
    /// At least one: first what names it, then what could not be asked, then the rules.
    pub why: Vec<RungWhy>,
}

/// A step that is not due yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NextStep {
    pub step: RungStep,
    pub at: DateTime<Utc>,
}

/// Why an image stays on its rung, or leaves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "because", rename_all = "snake_case")]
pub enum RungWhy {
    /// It does not carry this installation's tag as an image of a bake.
    NotOurs,
    /// Its state's tag is another one: a bake's, a sweep's or a person's to decide about.
    NotVerified { state: String },
    /// EC2 is still making it, or it never became usable.
    Unsettled,
    /// The config has no watch of this name, or says nothing about retiring its images.
    NoRules { watch: String },
    /// EC2 does not say when it was made.
    Undated,
    /// No newer image took its place.
    NotSuperseded,
    /// It is among the newest: 1 is the newest of all.
    AmongNewest { place: usize, kept: usize },
    /// It was made not long ago.
    Young { until: DateTime<Utc> },
    /// A person brought it back not long ago.
    Restored { until: DateTime<Utc> },
    /// Something names it.
    InUse {
        kind: ReferenceKind,
        uses: Vec<ImageUse>,
    },
    /// Whether something of this kind names it could not be asked.
    Unreachable {
        kind: ReferenceKind,
        trouble: Trouble,
    },
    /// Somebody beyond our own accounts may launch it.
    Shared { with: Vec<String> },
    /// With whom it is shared could not be asked.
    SharesUnreachable { trouble: Trouble },
    /// EC2 protects it from being deregistered; the command takes that off.
    Protected { lift: String },
    /// It was disabled, and not by amiwatch as far as that is remembered.
    DisabledByOthers,
    /// It has not been on its rung for long enough.
    OnRung { until: DateTime<Utc> },
    /// A newer image took its place.
    Superseded { by: ImageId, at: DateTime<Utc> },
}

impl RungWhy {
    /// It keeps an image where it is.
    pub fn keeps(&self) -> bool {
        !matches!(self, Self::Superseded { .. })
    }

    /// When it keeps nothing any more, where it has an end of its own.
    pub fn until(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Young { until } | Self::OnRung { until } | Self::Restored { until } => {
                Some(*until)
            }
            Self::InUse { uses, .. } => {
                let ends: Option<Vec<_>> = uses.iter().map(|one| one.until).collect();
                ends?.into_iter().max()
            }
            _ => None,
        }
    }
}
