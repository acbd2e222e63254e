//! What a rollout is decided from, and what is decided: values alone. Nothing is decided here.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::before::EnvironmentReading;
use super::image_choice::ChosenImage;
use crate::model::drift::{Drift, Note};
use crate::model::ids::{ImageId, Installation, Scope, TargetId};
use crate::model::key_access::KeysRead;
use crate::model::platform_choice::PlatformChoice;
use crate::model::reason::Reason;
use crate::model::rollout::{MoveOrder, MovingClaim, TargetMoves};
use crate::model::rollout_memory::{ApprovalQuestion, ImageRollout, RolloutMemory};
use crate::model::scaling::GroupsRead;
use crate::model::watch::Watch;

/// One watch that rolls out, as it is known now.
#[derive(Debug, Clone, Copy)]
pub struct RolloutCase<'a> {
    pub watch: &'a Watch,
    pub installation: &'a Installation,
    /// Where the watch works. Its environments may be in other accounts too.
    pub home: &'a Scope,
    pub drift: &'a Drift,
    /// The image that its environments are to run; absent where there is none.
    pub chosen: Option<&'a ChosenImage>,
    pub memory: &'a RolloutMemory,
    /// What is known of each target beside the verdict; of one that is not in it, nothing.
    pub known: &'a BTreeMap<TargetId, TargetKnown>,
    /// Other watches that roll out, in the same account and region or from there.
    pub rivals: &'a [&'a Watch],
    pub now: DateTime<Utc>,
}

/// What is known of a target beside the verdict. The default: nothing is remembered, nobody looked.
#[derive(Debug, Clone, Default)]
pub struct TargetKnown {
    pub moves: TargetMoves,
    /// What is remembered under its name was of another environment, and is not in `moves`.
    pub made_anew: bool,
    /// Who has it in hand.
    pub claim: Option<MovingClaim>,
    pub look: TargetLook,
}

/// What a closer look at an environment gave.
#[derive(Debug, Clone, Default)]
pub enum TargetLook {
    /// Nobody looked.
    #[default]
    NotRead,
    Read(Box<TargetRead>),
    /// It was listed, and is not there any more.
    Gone,
    /// A question was not answered: nothing is known, which is never "fine".
    Untold {
        denied: bool,
        what: String,
        why: String,
    },
}

/// Everything that an order is made from.
#[derive(Debug, Clone)]
pub struct TargetRead {
    pub reading: EnvironmentReading,
    /// The platform version that goes with the chosen image.
    pub platform: PlatformChoice,
}

/// What is to be done now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolloutDecision {
    /// In the verdict's order.
    pub targets: Vec<TargetDecision>,
    /// Look at these and decide again; empty once everything is decided.
    pub read_next: Vec<TargetId>,
    /// What is to be remembered from now on; absent where nothing changes.
    pub memory: Option<RolloutMemory>,
    /// To be told in the batch that remembers it.
    pub tell: Vec<RolloutTelling>,
    /// What could not be read, and stands in nobody's way.
    pub notes: Vec<Note>,
}

/// What is to be done about one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetDecision {
    pub target: TargetId,
    /// Counted from 0; absent for what belongs to no wave.
    pub wave: Option<usize>,
    pub stand: TargetStand,
    /// What stands in its way, beside the reasons of the verdict.
    pub gates: Vec<Reason>,
}

/// How a target stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetStand {
    /// There is nothing to do by itself.
    InStep,
    /// It is told of, and moved by others.
    Tell,
    /// It is moved now; or proved on the image that it runs already, as the order's direction says.
    Move(Box<MoveOrder>),
    /// Gates stand. `until` where the last of them opens by itself.
    Waits { until: Option<DateTime<Utc>> },
    /// A person is needed.
    Blocked,
    /// Not everything is known.
    CannotTell,
    /// Nothing that is known stands against it: it is to be looked at.
    Unread,
    /// A move has it in hand.
    UnderWay { journal: String },
}

/// What people are to hear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RolloutTelling {
    ApprovalNeeded {
        question: ApprovalQuestion,
        moves: Vec<PlannedStep>,
    },
    ApprovalLapsed {
        question: ApprovalQuestion,
    },
    /// A newer image takes the place of one that had not gone through every wave.
    Superseded {
        old: ImageRollout,
        new: ImageId,
        /// The question about the old one, where nobody had answered.
        question: Option<ApprovalQuestion>,
    },
    WaveThrough {
        image: ImageId,
        /// Counted from 1.
        wave: usize,
        of: usize,
        pattern: String,
        environments: Vec<TargetId>,
        last: bool,
        /// Whose turn it is now.
        next: Vec<String>,
    },
    /// Each sort once for each image and environment.
    Blocked {
        target: TargetId,
        reasons: Vec<Reason>,
    },
}

/// One of the moves that an image's rollout is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedStep {
    pub target: TargetId,
    /// Counted from 1; absent where no wave names it.
    pub wave: Option<usize>,
    pub from: Option<ImageId>,
    pub to: ImageId,
}

impl TargetRead {
    /// Something is still to be asked before it may be moved: what costs a call and is asked last.
    pub fn asks_more(&self) -> bool {
        let EnvironmentReading { groups, keys, .. } = &self.reading;
        *groups == GroupsRead::NotAsked || *keys == KeysRead::NotAsked
    }
}

static NOT_READ: TargetLook = TargetLook::NotRead;

impl<'a> RolloutCase<'a> {
    /// What is remembered of its moves.
    pub fn moves(&self, target: &TargetId) -> Option<&'a TargetMoves> {
        self.known.get(target).map(|known| &known.moves)
    }

    /// What is remembered under its name was of another environment.
    pub fn made_anew(&self, target: &TargetId) -> bool {
        self.known.get(target).is_some_and(|known| known.made_anew)
    }

    /// Who has it in hand.
    pub fn claim(&self, target: &TargetId) -> Option<&'a MovingClaim> {
        self.known.get(target)?.claim.as_ref()
    }

    /// What a closer look gave.
    pub fn look(&self, target: &TargetId) -> &'a TargetLook {
        self.known
            .get(target)
            .map_or(&NOT_READ, |known| &known.look)
    }
}
