//! What a verdict and a plan amount to, as a typed cause, and what is said of it: before a pass, after
//! it, and in its history, with the command that helps. Plain functions of values.
//!
//! Sentences follow from the cause and from nothing else: not from an action alone, which is "nothing"
//! also where environments are behind, and not from a hope about what a bake will come to.

#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};

use crate::model::drift::Drift;
use crate::model::ids::ImageId;
use crate::model::plan::{Action, BakeDecision, PlanItem, TargetAction};
use crate::model::reason::{Class, ReasonCode};

/// Said of environments that no image of the watch would help by itself.
const DRIFT: &str = "environments are out of step, and moving them is yours";

/// What a verdict amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WatchStanding {
    InStep,
    /// The image is there; so many environments are behind it.
    Behind(usize),
    Drift,
    /// A target of the watch matches no environment.
    Unmatched,
    /// Something could not be read, or AWS refused it.
    Unread,
}

/// What a pass does or did about a watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    InStep,
    Behind(usize),
    /// The watch's own image is as it should be, what environments run is not.
    EnvironmentsDrift,
    /// Nothing is to be baked; so many environments are moved, and so many wait.
    RollsOut {
        moves: usize,
        waits: usize,
    },
    /// Out of step, and the watch bakes nothing by itself.
    OnlyTold,
    Bakes {
        bake: BakeDecision,
        ended: BakeSoFar,
    },
    Adopts {
        image: ImageId,
    },
    Waits {
        until: DateTime<Utc>,
    },
    HeldForPerson,
    Blocked,
    Unmatched,
    Unread,
}

/// How far a planned bake is known to have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BakeSoFar {
    /// Nothing is known of its end.
    NotYet,
    Verified,
    Failed,
}

impl WatchStanding {
    /// From the watch's own codes and those of each environment.
    pub fn from_codes(own: &[ReasonCode], targets: &[&[ReasonCode]]) -> Self {
        let all = || own.iter().chain(targets.iter().copied().flatten()).copied();
        let class = |code: ReasonCode| code.class();
        let behind = |codes: &&&[ReasonCode]| codes.iter().any(|one| class(*one) == Class::Behind);
        if all().any(unread) {
            Self::Unread
        } else if all().any(|code| code == ReasonCode::NoTarget) {
            Self::Unmatched
        } else if all().any(|code| class(code) == Class::Drift) {
            Self::Drift
        } else {
            match targets.iter().filter(behind).count() {
                0 => Self::InStep,
                count => Self::Behind(count),
            }
        }
    }

    /// Of a verdict.
    pub fn of_drift(drift: &Drift) -> Self {
        let codes = |reasons: &[crate::model::reason::Reason]| -> Vec<ReasonCode> {
            reasons.iter().map(|reason| reason.code).collect()
        };
        let targets: Vec<Vec<ReasonCode>> = drift
            .targets
            .iter()
            .map(|target| codes(&target.reasons))
            .collect();
        let targets: Vec<&[ReasonCode]> = targets.iter().map(Vec::as_slice).collect();
        Self::from_codes(&codes(&drift.reasons), &targets)
    }
}

fn unread(code: ReasonCode) -> bool {
    let doubt = code.class() == Class::Unknown || code == ReasonCode::Denied;
    doubt && code != ReasonCode::NoTarget
}

impl Cause {
    /// One of every sort, for tables: of this bake, at this time.
    pub fn samples(bake: &BakeDecision, at: DateTime<Utc>) -> Vec<Self> {
        let bakes = |ended| Self::Bakes {
            bake: bake.clone(),
            ended,
        };
        vec![
            Self::InStep,
            Self::Behind(1),
            Self::Behind(2),
            Self::EnvironmentsDrift,
            Self::RollsOut { moves: 1, waits: 2 },
            Self::OnlyTold,
            bakes(BakeSoFar::NotYet),
            bakes(BakeSoFar::Verified),
            bakes(BakeSoFar::Failed),
            Self::Adopts {
                image: "ami-1".into(),
            },
            Self::Waits { until: at },
            Self::HeldForPerson,
            Self::Blocked,
            Self::Unmatched,
            Self::Unread,
        ]
    }

    /// Of an action that follows from a verdict. An action to do nothing is told by what stands.
    pub fn of_action(action: &Action, standing: WatchStanding) -> Self {
        match (action, standing) {
            (Action::Nothing, WatchStanding::Behind(count)) => Self::Behind(count),
            (Action::Nothing, WatchStanding::Drift) => Self::EnvironmentsDrift,
            (Action::Nothing | Action::CannotTell, WatchStanding::Unmatched) => Self::Unmatched,
            (Action::Nothing, WatchStanding::Unread) | (Action::CannotTell, _) => Self::Unread,
            (Action::Nothing, WatchStanding::InStep) => Self::InStep,
            (Action::Tell, _) => Self::OnlyTold,
            (Action::Bake(bake), _) => Self::Bakes {
                bake: bake.clone(),
                ended: BakeSoFar::NotYet,
            },
            (Action::Adopt { image, .. }, _) => Self::Adopts {
                image: image.clone(),
            },
            (Action::Hold { until: Some(until) }, _) => Self::Waits { until: *until },
            (Action::Hold { until: None }, _) => Self::HeldForPerson,
            (Action::Blocked, _) => Self::Blocked,
        }
    }

    /// Of a plan.
    pub fn of_plan(item: &PlanItem) -> Self {
        let count = |which: fn(&TargetAction) -> bool| {
            let targets = item.targets.iter();
            targets.filter(|target| which(&target.action)).count()
        };
        let moves =
            count(|action| matches!(action, TargetAction::Move | TargetAction::Moving { .. }));
        // A proof moves nothing: the others wait for it.
        let waits =
            count(|action| matches!(action, TargetAction::Wait { .. } | TargetAction::Prove));
        Self::of_action(&item.action, WatchStanding::of_drift(&item.drift)).rolls(moves, waits)
    }

    /// The same, of a watch of whose environments so many are moved, and so many wait.
    #[must_use]
    pub fn rolls(self, moves: usize, waits: usize) -> Self {
        match self {
            Self::Behind(_) | Self::EnvironmentsDrift | Self::InStep if moves + waits > 0 => {
                Self::RollsOut { moves, waits }
            }
            other => other,
        }
    }

    /// The same, now that the end of its bake is known.
    #[must_use]
    pub fn ended(self, end: BakeSoFar) -> Self {
        match self {
            Self::Bakes { bake, .. } => Self::Bakes { bake, ended: end },
            other => other,
        }
    }

    /// What `run` would do now.
    pub fn would(&self) -> String {
        match self {
            Self::InStep => "would do nothing: in step".to_owned(),
            Self::Behind(count) => format!("would bake nothing: {}", behind(*count)),
            Self::EnvironmentsDrift => format!("would bake nothing: {DRIFT}"),
            Self::RollsOut { moves, waits } => {
                format!("would bake nothing: {}", rolls(*moves, *waits))
            }
            Self::OnlyTold => "would tell, and nothing else (on_drift = \"notify\")".to_owned(),
            Self::Bakes { bake, .. } => format!("would bake {}", said(bake)),
            Self::Adopts { image } => format!("would adopt the verified {image}"),
            Self::Waits { until } => format!("would wait until {}", minute(*until)),
            Self::HeldForPerson => "is held until a person decides".to_owned(),
            Self::Blocked => "would do nothing: a person is needed".to_owned(),
            Self::Unmatched => "would do nothing: a target matches no environment".to_owned(),
            Self::Unread => "would do nothing: not everything could be read".to_owned(),
        }
    }

    /// What a pass did that has just ended.
    pub fn did(&self) -> String {
        match self {
            Self::InStep => "in step, nothing to bake".to_owned(),
            Self::Behind(count) => format!("nothing to bake: {}", behind(*count)),
            Self::EnvironmentsDrift => format!("nothing to bake: {DRIFT}"),
            Self::RollsOut { moves, waits } => {
                format!("nothing to bake: {}", rolls(*moves, *waits))
            }
            Self::OnlyTold => "out of step; the watch bakes nothing by itself".to_owned(),
            Self::Bakes { bake, ended } => match ended {
                BakeSoFar::NotYet => format!("a bake is under way: {}", said(bake)),
                BakeSoFar::Verified => format!("baked on {}", said(bake)),
                BakeSoFar::Failed => format!("the bake failed: {}", said(bake)),
            },
            Self::Adopts { image } => format!("adopted the verified {image}"),
            Self::Waits { until } => format!("waits until {}", minute(*until)),
            Self::HeldForPerson => "is held until a person decides".to_owned(),
            Self::Blocked => "nothing was done: a person is needed".to_owned(),
            Self::Unmatched => "nothing was done: a target matches no environment".to_owned(),
            Self::Unread => "nothing was done: not everything could be read".to_owned(),
        }
    }

    /// What a pass decided, as its history tells it. How a bake ended is an entry of its own.
    pub fn decided(&self) -> String {
        match self {
            Self::InStep => "in step, nothing to bake".to_owned(),
            Self::Behind(count) => format!("nothing to bake: {}", behind(*count)),
            Self::EnvironmentsDrift => format!("nothing to bake: {DRIFT}"),
            Self::RollsOut { moves, waits } => {
                format!("nothing to bake: {}", rolls(*moves, *waits))
            }
            Self::OnlyTold => "out of step; bakes nothing by itself".to_owned(),
            Self::Bakes { bake, .. } => format!(
                "bakes {} ({}), generation {}, attempt {}",
                bake.release.version, bake.release.image, bake.generation, bake.attempt
            ),
            Self::Adopts { image } => format!("adopts the verified {image}"),
            Self::Waits { until } => format!("waits until {}", minute(*until)),
            Self::HeldForPerson => "held until a person decides".to_owned(),
            Self::Blocked => "blocked: a person is needed".to_owned(),
            Self::Unmatched => "could not tell: a target matches no environment".to_owned(),
            Self::Unread => "could not tell: not everything was read".to_owned(),
        }
    }

    /// The command that helps next, where one does.
    pub fn command(&self, watch: &str) -> Option<String> {
        match self {
            Self::InStep | Self::Adopts { .. } => None,
            Self::Behind(_) | Self::EnvironmentsDrift | Self::RollsOut { .. } => {
                Some(format!("amiwatch explain {watch}"))
            }
            Self::OnlyTold | Self::Waits { .. } => Some(format!("amiwatch bake {watch}")),
            Self::Bakes { ended, .. } => match ended {
                BakeSoFar::NotYet => Some("amiwatch status".to_owned()),
                BakeSoFar::Verified => Some(format!("amiwatch check --watch {watch}")),
                BakeSoFar::Failed => Some(format!("amiwatch history {watch}")),
            },
            Self::HeldForPerson => Some("amiwatch hold".to_owned()),
            Self::Blocked | Self::Unread => Some(format!("amiwatch check --watch {watch}")),
            Self::Unmatched => Some("amiwatch survey".to_owned()),
        }
    }
}

fn said(bake: &BakeDecision) -> String {
    let BakeDecision {
        release,
        generation,
        attempt,
    } = bake;
    format!(
        "{} ({}), generation {generation}, attempt {attempt}",
        release.image, release.version
    )
}

fn behind(count: usize) -> String {
    match count {
        1 => "1 environment is behind the image that is there".to_owned(),
        many => format!("{many} environments are behind the image that is there"),
    }
}

fn rolls(moves: usize, waits: usize) -> String {
    let environments = |count: usize| match count {
        1 => "1 environment".to_owned(),
        many => format!("{many} environments"),
    };
    match (moves, waits) {
        (0, waits) => format!("{} behind a gate", environments(waits)),
        (moves, 0) => format!("{} on the move", environments(moves)),
        (moves, waits) => format!("{} on the move, {waits} behind a gate", environments(moves)),
    }
}

fn minute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}
