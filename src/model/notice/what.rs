//! What a notice tells, as data. Words from outside (a person's reason, the step that failed, the end
//! of a console) are kept as they came; sentences of ours are not: they are made where it is sent.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    ApprovalTold, BlockedTold, DigestTold, DriftStep, DueTold, FirstOf, HandsTold, MoveAhead,
    NoticeEvent, Prose, PublishTold, ReminderTold, RetiredTold, RolledImage, Severity,
    SnapshotsTold, SupersededTold, WaveTold, WithheldTold,
};
use crate::model::bake::BakeKey;
use crate::model::blind::BlindOf;
use crate::model::changes::ChangesInShort;
use crate::model::chronicle::ReleasePoint;
use crate::model::hold::Hold;
use crate::model::ids::{Architecture, ImageId, PlatformArn, TargetId, WatchName};
use crate::model::image::ImageKind;
use crate::model::kept::KeptBuilder;
use crate::model::publish_rules::Destination;
use crate::model::reason::{About, ReasonCode};
use crate::model::rollout::MoveFault;
use crate::model::stray::StrayKind;
use crate::model::watch::OnDrift;

/// Characters of a guest's console: the end of a failure fits, and SNS's 256 KiB are far away.
const CONSOLE_CHARS_MAX: usize = 4000;

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "happened")]
pub enum What {
    /// Something is out of step that was not.
    Drift(DriftTold),
    /// Nothing is left of a drift that was told.
    Resolved {
        release: Option<ReleasePoint>,
        current: Option<ImageId>,
        /// The key of the notice that it ends.
        ends: String,
        /// The watch's other stories, which are over with this one.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        also: Vec<String>,
    },
    /// An image is verified.
    Baked {
        bake: BakeTold,
        image: ImageId,
        because: FirstOf<String>,
        changes: Option<ChangesInShort>,
    },
    /// One attempt of a bake failed.
    Failed {
        bake: BakeTold,
        /// `step: why`
        why: String,
        /// The end of what the guest printed, as it came.
        console: Option<String>,
        /// The builder, where it was to be kept for people to look inside.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kept: Option<KeptBuilder>,
    },
    /// A bake failed too often.
    GaveUp {
        bake: BakeTold,
        attempts: u32,
        why: String,
    },
    /// Something that a bake made could not be removed.
    LeftBehind {
        bake: BakeTold,
        step: String,
        /// What it is and what to do about it, one each.
        left: FirstOf<String>,
    },
    /// The untouched base passes every check of the recipe.
    Redundant { bake: BakeTold, image: ImageId },
    /// A person said no.
    HeldByPerson { hold: Hold },
    /// A thing carries our tag, and no bake claims it.
    Stray {
        kind: StrayKind,
        id: String,
        why: String,
        since: Option<DateTime<Utc>>,
    },
    /// Passes do not end in time.
    PassCut { began: DateTime<Utc>, limit_s: u64 },
    /// A base that no recipe of ours follows has another release.
    Released(ReleasedTold),
    /// A branch or a base comes to its end, or went back.
    Lifecycle { base: String, ends: FirstOf<About> },
    /// An environment was moved to an image, and proved on it.
    Moved {
        moved: MoveTold,
        instances: usize,
        /// By the colour of basic health alone: neither enhanced health nor a probe was there.
        weak_proof: bool,
    },
    /// An environment was taken back to what it was before a move, and proved on that.
    TakenBack {
        moved: MoveTold,
        why: String,
        /// The image alone: its platform version could not be used any more.
        image_alone: bool,
    },
    /// An environment was found on an image that nobody remembers moving it to, and proved on it.
    Proved {
        moved: MoveTold,
        instances: usize,
        /// As above.
        weak_proof: bool,
    },
    /// The same, and it did not prove well. Nothing was done to it.
    Unproved { moved: MoveTold, why: String },
    /// A move, or taking one back, did not succeed.
    MoveFailed {
        moved: MoveTold,
        back: bool,
        fault: MoveFault,
        why: String,
        /// What could not be cleaned up and what to do about it, one each.
        left: FirstOf<String>,
        quarantined: bool,
        /// It is being taken back.
        goes_back: bool,
        /// The environment is as it was before, whoever saw to that.
        as_before: bool,
    },
    /// An image waits for a person's word before any environment is moved to it.
    ApprovalNeeded(ApprovalTold),
    /// Nobody answered a question in time.
    ApprovalLapsed {
        id: String,
        of: RolledImage,
        asked_at: DateTime<Utc>,
    },
    /// A newer image takes the place of one that is asked about, or on its way.
    RolloutSuperseded(SupersededTold),
    /// The environments of one wave run an image, and stayed well on it.
    WaveThrough(WaveTold),
    /// Something keeps an environment from an image until a person does something.
    RolloutBlocked(BlockedTold),
    /// An image waits for hands that are not ours.
    HandsNeeded(HandsTold),
    /// A destination names an image: a new one, or, where one was taken back, an older one.
    Published {
        published: PublishTold,
        /// The parameter's version.
        version: Option<i64>,
    },
    /// A destination could not be made to name an image.
    PublishFailed {
        published: PublishTold,
        /// The failure's stable word.
        fault: String,
        why: String,
        /// It goes on by itself.
        tried_again: bool,
    },
    /// An image that is not for use stays at a destination: nothing good is remembered that stood there.
    BadImageStays {
        destination: Destination,
        /// `parameter /amis/shop`
        published: String,
        image: ImageId,
        why: String,
    },
    /// Older images may go a rung down, and the config says that people are told.
    RetireDue { due: FirstOf<DueTold> },
    /// An older image went a rung down, or a person brought one back.
    Retired {
        retired: RetiredTold,
        /// Of one that is gone.
        snapshots: SnapshotsTold,
    },
    /// That did not succeed, or must not be done as long as something stands against it.
    RetireFailed {
        retired: RetiredTold,
        /// The failure's stable word.
        fault: String,
        why: String,
    },
    /// A place or a base could not be read for a while.
    Blind(BlindTold),
    /// The end of that.
    BlindOver {
        of: BlindOf,
        since: DateTime<Utc>,
        /// It was read; otherwise no watch looks there any more.
        read: bool,
        /// The key of the notice that it ends.
        ends: String,
    },
    /// A receiver's limit kept others from it.
    Withheld(WithheldTold),
    /// How everything stands, at a time that the config names.
    Digest(DigestTold),
    /// Something is still as it was told.
    Reminder(ReminderTold),
    /// A sample that somebody asked for.
    Sample { receiver: String },
    /// What was stored before notices were typed. Nothing makes one.
    Prose(Prose),
}

/// What is out of step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DriftTold {
    /// The newest release, when it could be told.
    pub release: Option<ReleasePoint>,
    pub current: Option<ImageId>,
    /// Of the watch itself.
    pub watch: FirstOf<About>,
    /// One line each.
    pub environments: FirstOf<EnvironmentTold>,
    /// How many environments are out of step.
    pub behind: usize,
    /// Environments that could not be read this time.
    pub unread: FirstOf<TargetId>,
    /// Every code that says so.
    pub codes: BTreeSet<ReasonCode>,
    /// The key of the notice before it, where this is more of the same drift.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<String>,
    /// What moved, from what.
    #[serde(default)]
    pub step: DriftStep,
    /// Environments for which an image is there, with what they run and what waits for them.
    #[serde(default = "FirstOf::empty")]
    pub moves: FirstOf<MoveAhead>,
    /// How far the watch goes by itself; absent where an earlier version of amiwatch told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goes: Option<OnDrift>,
    /// The story that this one takes the place of: a newer release has one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<String>,
}

/// Another release of a base, and what environments run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleasedTold {
    pub base: String,
    /// The release before it. Its version is absent where an earlier version of amiwatch saw it.
    pub from: ImageId,
    pub from_version: Option<String>,
    pub to: ReleasePoint,
    /// When the new release was made.
    pub created: Option<DateTime<Utc>>,
    /// Environments of the watch with the lineage of what they run.
    pub runs: FirstOf<RunTold>,
}

/// What could not be read, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlindTold {
    pub of: BlindOf,
    pub since: DateTime<Utc>,
    pub why: String,
    /// AWS refused: asking again does not help.
    pub denied: bool,
    /// The watches that look there.
    pub watches: FirstOf<WatchName>,
}

/// What one environment runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunTold {
    pub target: TargetId,
    pub image: Option<ImageId>,
    pub kind: ImageKind,
    /// The Amazon image that it comes from; its own id for a stock one.
    pub base_image: Option<ImageId>,
}

/// The move that a notice is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoveTold {
    pub target: TargetId,
    pub journal: String,
    pub from: Option<ImageId>,
    pub to: Option<ImageId>,
    /// Absent where the platform version stays, or is not known.
    pub from_platform: Option<PlatformArn>,
    pub to_platform: Option<PlatformArn>,
    /// Who ordered it.
    pub by: String,
}

/// One reason of one environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvironmentTold {
    pub target: TargetId,
    pub reason: About,
}

/// The bake that a notice is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BakeTold {
    pub key: BakeKey,
    pub generation: u32,
    pub attempt: u32,
    pub release: ReleasePoint,
    pub recipe: String,
    pub architecture: Architecture,
}

impl What {
    /// What sort of event it is.
    pub fn event(&self) -> NoticeEvent {
        match self {
            Self::Drift(_) => NoticeEvent::Drift,
            Self::Resolved { .. } | Self::BlindOver { .. } => NoticeEvent::Resolved,
            Self::Baked { .. } => NoticeEvent::Baked,
            Self::Failed { .. } => NoticeEvent::Failed,
            Self::GaveUp { .. } | Self::HeldByPerson { .. } => NoticeEvent::Held,
            Self::LeftBehind { .. }
            | Self::Stray { .. }
            | Self::PassCut { .. }
            | Self::ApprovalLapsed { .. }
            | Self::RolloutBlocked(_)
            | Self::HandsNeeded(_)
            | Self::PublishFailed {
                tried_again: false, ..
            }
            | Self::BadImageStays { .. } => NoticeEvent::Attention,
            Self::PublishFailed { .. } => NoticeEvent::Failed,
            Self::Published { .. } => NoticeEvent::Published,
            Self::RetireDue { .. } | Self::Retired { .. } => NoticeEvent::Retired,
            Self::RetireFailed { .. } => NoticeEvent::Attention,
            Self::ApprovalNeeded(_) => NoticeEvent::ApprovalNeeded,
            Self::Redundant { .. } => NoticeEvent::Redundant,
            Self::Moved { .. }
            | Self::Proved { .. }
            | Self::WaveThrough(_)
            | Self::RolloutSuperseded(_) => NoticeEvent::RolledOut,
            Self::TakenBack { .. } => NoticeEvent::RolledBack,
            Self::MoveFailed {
                goes_back: true, ..
            }
            | Self::MoveFailed {
                as_before: true, ..
            } => NoticeEvent::Failed,
            Self::MoveFailed { .. } | Self::Unproved { .. } => NoticeEvent::Attention,
            Self::Released(_) => NoticeEvent::Released,
            Self::Lifecycle { .. } => NoticeEvent::Lifecycle,
            Self::Blind(_) => NoticeEvent::Blind,
            Self::Withheld(_) => NoticeEvent::Withheld,
            Self::Digest(_) => NoticeEvent::Digest,
            Self::Reminder(_) => NoticeEvent::Reminder,
            Self::Sample { .. } => NoticeEvent::Test,
            Self::Prose(prose) => prose.event(),
        }
    }

    /// How much it matters: what needs a person is critical, what goes on by itself a warning.
    pub fn severity(&self) -> Severity {
        match self {
            Self::Resolved { .. }
            | Self::BlindOver { .. }
            | Self::Baked { .. }
            | Self::Redundant { .. }
            | Self::HeldByPerson { .. }
            | Self::Released(_)
            | Self::Moved { .. }
            | Self::Proved { .. }
            | Self::WaveThrough(_)
            | Self::RolloutSuperseded(_)
            | Self::RetireDue { .. }
            | Self::Retired { .. }
            | Self::Withheld(_)
            | Self::Digest(_)
            | Self::Sample { .. } => Severity::Info,
            Self::Published { published, .. } => match &published.back {
                Some(_) => Severity::Warning,
                None => Severity::Info,
            },
            Self::PublishFailed {
                tried_again: true, ..
            } => Severity::Warning,
            Self::Drift(_)
            | Self::Failed { .. }
            | Self::Stray { .. }
            | Self::ApprovalNeeded(_)
            | Self::ApprovalLapsed { .. }
            | Self::HandsNeeded(_)
            | Self::RetireFailed { .. }
            | Self::Reminder(_)
            | Self::Lifecycle { .. } => Severity::Warning,
            Self::GaveUp { .. }
            | Self::LeftBehind { .. }
            | Self::TakenBack { .. }
            | Self::MoveFailed { .. }
            | Self::Unproved { .. }
            | Self::RolloutBlocked(_)
            | Self::PassCut { .. }
            | Self::PublishFailed { .. }
            | Self::BadImageStays { .. }
            | Self::Blind(_) => Severity::Critical,
            Self::Prose(prose) => of_event(prose.event()),
        }
    }
}

/// Where nothing but the event is known.
fn of_event(event: NoticeEvent) -> Severity {
    match event {
        NoticeEvent::Drift
        | NoticeEvent::Failed
        | NoticeEvent::ApprovalNeeded
        | NoticeEvent::Reminder
        | NoticeEvent::Lifecycle => Severity::Warning,
        NoticeEvent::Held
        | NoticeEvent::RolledBack
        | NoticeEvent::Attention
        | NoticeEvent::Blind => Severity::Critical,
        NoticeEvent::Baked
        | NoticeEvent::Redundant
        | NoticeEvent::RolledOut
        | NoticeEvent::Resolved
        | NoticeEvent::Released
        | NoticeEvent::Published
        | NoticeEvent::Retired
        | NoticeEvent::Withheld
        | NoticeEvent::Digest
        | NoticeEvent::Test => Severity::Info,
    }
}

/// The end of a console, as much as a notice keeps; absent when there is nothing to read.
pub fn console_end(text: Option<&str>) -> Option<String> {
    let text = text.filter(|text| !text.trim().is_empty())?;
    let skip = text.chars().count().saturating_sub(CONSOLE_CHARS_MAX);
    Some(text.chars().skip(skip).collect())
}
