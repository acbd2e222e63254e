//! A move's nouns: its order (which leaves nothing to choose), what was before it, how its instances are
//! replaced, and what is remembered of an environment's moves. Values; nothing is decided here.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::environment::{EnvironmentHealth, ImageSetting};
use super::ids::{ImageId, Installation, PlatformArn, Scope, TargetId, WatchName};
use super::rollout_rules::{HealthBar, OnFailure, Probe};

/// Everything that a move will use, decided beforehand. It goes into the journal as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoveOrder {
    pub installation: Installation,
    /// Where the environment is: a restart goes on in this account and region, whatever the config says.
    pub scope: Scope,
    /// Where the watch works, whose rollout it is; absent where that is where the environment is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<Scope>,
    pub watch: WatchName,
    pub target: TargetId,
    /// A name can be given to another environment meanwhile; the id cannot.
    pub environment_id: String,
    /// Counted for each environment, so that each move has a journal of its own.
    pub number: u32,
    pub direction: Direction,
    pub before: BeforeMove,
    pub to: Aim,
    pub replacement: Replacement,
    pub proof: MoveProof,
    /// From the update's start until every instance runs the image.
    pub update_max_s: u64,
    /// What comes of a failure that the image is to blame for.
    pub on_failure: OnFailure,
    /// Who ordered it, for people.
    pub by: String,
    /// Why, in one line each.
    pub because: Vec<String>,
    /// The story that its notices go on with, where it is known: that of the bake of the image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub story: Option<String>,
    /// It is one of a watch's rollout: that it succeeded is told with its wave.
    #[serde(default)]
    pub told_with_wave: bool,
}

impl MoveOrder {
    /// Where the watch works: its rollout and its history are remembered there.
    pub fn home(&self) -> &Scope {
        self.home.as_ref().unwrap_or(&self.scope)
    }

    /// What the environment runs now, and what it shall run.
    pub fn from_to(&self) -> (Option<&ImageId>, Option<&ImageId>) {
        (self.before.image.image(), self.to.image.image())
    }
}

/// Which way a move goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "way")]
pub enum Direction {
    /// To an image of the watch.
    Forward,
    /// Back to what was before.
    Back {
        /// The journal of the move that it takes back, where one is remembered.
        of: Option<String>,
        /// 1 for the first try; a second one is the last.
        attempt: u32,
        why: String,
    },
    /// Neither way: an environment is proved on the image that it runs, where nobody remembers how it came
    /// to that. Nothing is sent, and nothing is taken back.
    Proof,
}

impl Direction {
    /// It takes another move back.
    pub fn is_back(&self) -> bool {
        matches!(self, Self::Back { .. })
    }

    /// It changes nothing, and only proves what is there.
    pub fn is_proof(&self) -> bool {
        *self == Self::Proof
    }
}

/// What an environment was before a move: what a roll-back restores, and what others may not have
/// changed meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BeforeMove {
    pub image: ImageSetting,
    pub platform: Option<PlatformArn>,
    pub version_label: Option<String>,
    pub cname: Option<String>,
    pub health: EnvironmentHealth,
    pub instances: usize,
    /// When AWS says that it was last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated: Option<DateTime<Utc>>,
    /// When it was read.
    pub at: DateTime<Utc>,
    /// What was there of a failed update's draft; absent where nobody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<DraftBefore>,
}

/// A failed update's draft as it was before a move, by which one of the move's own is told from it: by AWS's dates
/// alone, since the clock that a step began by may have been wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftBefore {
    /// Absent where there was none.
    pub updated: Option<DateTime<Utc>>,
}

/// What an environment shall run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aim {
    pub image: ImageSetting,
    pub platform: Option<PlatformArn>,
}

/// How Beanstalk will replace an environment's instances, as it decides that from the environment's own
/// settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replacement {
    pub method: ReplacementMethod,
    /// How many groups of instances are replaced one after another.
    pub batches: u32,
    /// What Beanstalk allows a batch before it gives up.
    pub batch_timeout_s: u64,
    /// Nothing serves while it lasts.
    pub downtime: bool,
}

/// A way to replace instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplacementMethod {
    /// New ones in a temporary group first; the old ones go when the new ones are healthy.
    Immutable,
    /// Batch by batch; each must become healthy.
    RollingByHealth,
    /// Batch by batch, by the clock: nobody looks whether a batch is healthy.
    RollingByTime,
    /// All of them together.
    AllAtOnce,
}

impl fmt::Display for ReplacementMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Immutable => "immutable",
            Self::RollingByHealth => "rolling by health",
            Self::RollingByTime => "rolling by time",
            Self::AllAtOnce => "all at once",
        })
    }
}

/// What must be seen before a move counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoveProof {
    /// The worst health that passes.
    pub bar: HealthBar,
    /// Healthy for so long.
    pub settle_s: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<Probe>,
}

impl MoveProof {
    /// Healthy for so long.
    pub fn settle(&self) -> Duration {
        Duration::from_secs(self.settle_s)
    }
}

/// Whose fault a failed move is: what is done about it hangs on that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MoveFault {
    /// Health, probe or checks after our change: taken back, and the image is quarantined.
    Image,
    /// Capacity, quota, keys, permissions, a refusal: no word against the image.
    Environment,
    /// Somebody changed the environment meanwhile: nobody knows whose it is.
    Inconclusive,
}

impl MoveFault {
    /// The word in journals and notices; a failure's kind.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Environment => "environment",
            Self::Inconclusive => "inconclusive",
        }
    }

    /// Reads a failure's kind; what is not one of these was the environment's.
    pub fn of_kind(kind: &str) -> Self {
        match kind {
            "image" => Self::Image,
            "inconclusive" => Self::Inconclusive,
            _ => Self::Environment,
        }
    }
}

/// What is remembered of one environment's moves.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TargetMoves {
    /// Which environment they were of: its name may be another one's by now. Absent in what earlier versions
    /// wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment_id: Option<String>,
    /// How many moves were ordered so far.
    pub ordered: u32,
    /// The last one that came to its end.
    pub last: Option<MoveEnded>,
    /// What the last move that was not taken back can be taken back to.
    pub undo: Option<UndoTo>,
    /// Moves that failed one after another, and when the next may start.
    pub failing: Option<MoveFailing>,
}

impl TargetMoves {
    /// These are known to be of another environment than the one that has the name now.
    pub fn are_of_another(&self, id: Option<&str>) -> bool {
        let of = self.environment_id.as_deref();
        matches!((of, id), (Some(of), Some(id)) if of != id)
    }

    /// What is remembered of the environment that has the name now. Only the count goes on: it numbers the
    /// name's journals.
    pub fn of_environment(self, id: Option<&str>) -> Self {
        match self.are_of_another(id) {
            true => Self {
                environment_id: id.map(str::to_owned),
                ordered: self.ordered,
                ..Self::default()
            },
            false => self,
        }
    }
}

/// How a move ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoveEnded {
    pub journal: String,
    pub at: DateTime<Utc>,
    pub back: bool,
    pub from: Option<ImageId>,
    pub to: Option<ImageId>,
    /// Absent when it succeeded.
    pub fault: Option<MoveFault>,
    pub why: Option<String>,
}

/// What an environment can be taken back to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndoTo {
    pub journal: String,
    pub before: BeforeMove,
    /// The image that would be left.
    pub from: ImageSetting,
}

/// Moves that failed without the image being to blame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoveFailing {
    pub attempts: u32,
    pub next_at: Option<DateTime<Utc>>,
    pub why: String,
    /// Absent in what earlier versions wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<MoveFault>,
    /// The image that it was to be moved to; failures of another one do not count against it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<ImageId>,
}

/// Who has an environment in hand: one move at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovingClaim {
    pub journal: String,
    pub watch: WatchName,
}
