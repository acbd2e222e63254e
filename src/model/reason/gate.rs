//! What stands between an environment and a move, as data: each gate with what it is about, and since
//! and until when, where that is known. Holds no sentence and decides nothing.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::ReasonCode;
use crate::model::ids::{ImageId, WatchName};
use crate::model::key_access::KeyBar;
use crate::model::rollout::ReplacementMethod;
use crate::model::scaling::SuspendedProcess;

/// Names that a gate lists; more are counted.
const GATE_NAMES_MAX: usize = 3;

/// What stands against moving one environment now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "gate")]
pub enum RolloutGate {
    /// No window is open; without `until` none opens any more.
    OutOfWindow {
        since: Option<DateTime<Utc>>,
        until: Option<DateTime<Utc>>,
    },
    /// An earlier wave is not through.
    EarlierWave {
        image: ImageId,
        /// Counted from 1.
        wave: usize,
        earlier: usize,
        pattern: String,
        /// Those of it that are not through. Empty: it names no environment that is there.
        waits_for: NamedFew,
        since: Option<DateTime<Utc>>,
    },
    /// Others are being moved, or settle.
    Settling {
        others: NamedFew,
        /// How many of a wave may be under way; absent where those others are of another wave.
        at_once: Option<u32>,
    },
    /// Others of its wave run the image and are not known to be well on it: ill, not read, or never proved.
    IllOnIt {
        image: ImageId,
        others: NamedFew,
    },
    AwaitsApproval {
        id: String,
        image: ImageId,
        since: DateTime<Utc>,
        answer: AwaitedAnswer,
    },
    /// Who is ill before cannot be proved well after.
    UnhealthyBefore {
        why: String,
    },
    /// Elastic Beanstalk is about to change it by itself.
    ManagedUpdates {
        near: ManagedNear,
    },
    /// Auto Scaling would not start the new instances, or not end the old ones.
    ScalingSuspended {
        why: String,
        /// Those that a replacement needs; empty where the environment's health alone tells of it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        processes: Vec<SuspendedProcess>,
    },
    PlatformAhead {
        image: ImageId,
        runs: String,
        /// The newest version that is known to have the image's base.
        newest: String,
    },
    /// Nothing would serve while its instances are replaced.
    Downtime {
        method: ReplacementMethod,
    },
    /// Replaced by the clock: nobody looks whether a batch is well.
    Unguarded,
    Contested {
        image: ImageId,
        how: ContestedHow,
        since: Option<DateTime<Utc>>,
    },
    /// It failed too often, and the image is not to blame.
    Refused {
        image: ImageId,
        attempts: u32,
        last_why: String,
        since: Option<DateTime<Utc>>,
    },
    /// The image's key cannot be used by the environment's Auto Scaling group.
    KeyUnusable {
        image: ImageId,
        /// The key's ARN, where AWS named it.
        key: Option<String>,
        last_why: String,
        since: Option<DateTime<Utc>>,
        until: Option<DateTime<Utc>>,
        /// What is known of it before anything is moved; absent where a move failed for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        known: Option<BarredRole>,
    },
    PlatformUnavailable {
        image: ImageId,
        base: ImageId,
    },
    /// No pattern of `waves` names it.
    NoWave,
    /// A saved configuration still names an older image of ours.
    NamedElsewhere {
        configuration: String,
        image: ImageId,
    },
}

/// A few of many, by name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NamedFew {
    pub first: Vec<String>,
    pub count: usize,
}

impl NamedFew {
    /// The first of these, and how many they are.
    pub fn of(names: impl IntoIterator<Item = String>) -> Self {
        let mut few = Self::default();
        for name in names {
            few.count += 1;
            if few.first.len() < GATE_NAMES_MAX {
                few.first.push(name);
            }
        }
        few
    }
}

/// What became of a question to people so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "answer")]
pub enum AwaitedAnswer {
    None { lapses_at: DateTime<Utc> },
    Denied { by: String, at: DateTime<Utc> },
    Lapsed { at: DateTime<Utc> },
}

/// What Elastic Beanstalk is about to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "near")]
pub enum ManagedNear {
    /// An action is pending or runs.
    Action { status: String, what: String },
    /// Its weekly window would begin before a move has settled.
    Window {
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    },
}

/// Who wants something else with an environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "how")]
pub enum ContestedHow {
    /// Somebody set it to something else after our move.
    SetBack { runs: Option<ImageId> },
    /// A person took our move back.
    TakenBack,
    /// Another watch rolls out to it too.
    OtherWatch { watch: WatchName },
}

/// Whom a key is barred to, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BarredRole {
    pub role: String,
    #[serde(flatten)]
    pub bar: KeyBar,
}

impl RolloutGate {
    /// The code that it belongs to.
    pub fn code(&self) -> ReasonCode {
        match self {
            Self::OutOfWindow { .. } => ReasonCode::OutOfWindow,
            Self::EarlierWave { .. } => ReasonCode::EarlierWave,
            Self::Settling { .. } | Self::IllOnIt { .. } => ReasonCode::Settling,
            Self::AwaitsApproval { .. } => ReasonCode::AwaitsApproval,
            Self::UnhealthyBefore { .. } => ReasonCode::UnhealthyBefore,
            Self::ManagedUpdates { .. } => ReasonCode::ManagedUpdates,
            Self::ScalingSuspended { .. } => ReasonCode::ScalingSuspended,
            Self::PlatformAhead { .. } => ReasonCode::PlatformAhead,
            Self::Downtime { .. } => ReasonCode::Downtime,
            Self::Unguarded => ReasonCode::Unguarded,
            Self::Contested { .. } => ReasonCode::Contested,
            Self::Refused { .. } => ReasonCode::Refused,
            Self::KeyUnusable { .. } => ReasonCode::KeyUnusable,
            Self::PlatformUnavailable { .. } => ReasonCode::PlatformUnavailable,
            Self::NoWave => ReasonCode::NoWave,
            Self::NamedElsewhere { .. } => ReasonCode::NamedElsewhere,
        }
    }

    /// Since when it stands, where that is known.
    pub fn since(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::OutOfWindow { since, .. }
            | Self::EarlierWave { since, .. }
            | Self::Contested { since, .. }
            | Self::Refused { since, .. }
            | Self::KeyUnusable { since, .. } => *since,
            Self::AwaitsApproval { since, .. } => Some(*since),
            Self::ScalingSuspended { processes, .. } => {
                processes.iter().filter_map(|one| one.since).min()
            }
            _ => None,
        }
    }

    /// When it opens by itself, where that is known.
    pub fn until(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::OutOfWindow { until, .. } | Self::KeyUnusable { until, .. } => *until,
            Self::ManagedUpdates {
                near: ManagedNear::Window { until, .. },
            } => Some(*until),
            _ => None,
        }
    }
}
