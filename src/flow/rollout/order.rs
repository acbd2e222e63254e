//! May this environment be moved to this image, and if so, by which order? Plain functions of what was
//! read: the order leaves nothing to choose, a refusal says what helps.

use std::fmt;

use chrono::{DateTime, Utc};

use super::replacement::{replacement, update_max_s};
use crate::model::environment::{
    EnvironmentHealth, EnvironmentNow, EnvironmentStatus, ImageSetting, ManagedAction, OptionSets,
    RunningImage,
};
use crate::model::hold::Hold;
use crate::model::ids::{ImageId, Installation, Scope, WatchName};
use crate::model::platform_choice::{MoveTo, PlatformChoice};
use crate::model::reason::ReasonCode;
use crate::model::rollout::{
    Aim, BeforeMove, Direction, MoveOrder, MoveProof, Replacement, ReplacementMethod, UndoTo,
};
use crate::model::rollout_rules::OnFailure;

/// What was read of an environment that may be moved.
#[derive(Debug, Clone, Copy)]
pub struct EnvironmentRead<'a> {
    pub scope: &'a Scope,
    pub now: &'a EnvironmentNow,
    pub sets: &'a OptionSets,
    pub health: &'a EnvironmentHealth,
    pub running: &'a [RunningImage],
    /// The image that the environment's platform version starts by itself, where that is known.
    pub platform_own: Option<&'a ImageId>,
    /// Managed actions that are scheduled, pending or running.
    pub managed: &'a [ManagedAction],
    pub at: DateTime<Utc>,
}

/// What the watch asks for of its moves.
#[derive(Debug, Clone)]
pub struct MoveRules {
    pub proof: MoveProof,
    pub on_failure: OnFailure,
    /// The watch lets this environment go down.
    pub allow_downtime: bool,
}

/// Who orders, and for which watch.
#[derive(Debug, Clone, Copy)]
pub struct Ordering<'a> {
    pub installation: &'a Installation,
    pub watch: &'a WatchName,
    /// The number that the environment's next move gets.
    pub number: u32,
    pub by: &'a str,
    pub because: &'a [String],
}

/// Why an environment is not moved. The code is stable, the sentence says what helps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoveRefusal {
    pub code: RefusalCode,
    pub why: String,
}

/// What stands against a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RefusalCode {
    /// It runs the image on the right platform version already.
    InStep,
    NotReady,
    UnhealthyBefore,
    ManagedUpdates,
    Held,
    Quarantined,
    Downtime,
    Unguarded,
    PlatformUnavailable,
    PlatformAhead,
    PlatformUntold,
    /// Nothing is remembered that it could be taken back to.
    NothingBefore,
}

impl RefusalCode {
    /// The contract word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InStep => "IN_STEP",
            Self::NotReady => ReasonCode::NotReady.as_str(),
            Self::UnhealthyBefore => "UNHEALTHY_BEFORE",
            Self::ManagedUpdates => ReasonCode::ManagedUpdates.as_str(),
            Self::Held => ReasonCode::Held.as_str(),
            Self::Quarantined => ReasonCode::Quarantined.as_str(),
            Self::Downtime => "DOWNTIME",
            Self::Unguarded => "UNGUARDED",
            Self::PlatformUnavailable => "PLATFORM_UNAVAILABLE",
            Self::PlatformAhead => "PLATFORM_AHEAD",
            Self::PlatformUntold => "PLATFORM_UNTOLD",
            Self::NothingBefore => "NOTHING_BEFORE",
        }
    }
}

impl fmt::Display for MoveRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.why)
    }
}

/// The order for a move to an image of the watch.
///
/// # Errors
/// Everything that stands against it, not only the first.
pub fn forward_order(
    read: &EnvironmentRead<'_>,
    to: &MoveTo,
    rules: &MoveRules,
    holds: &[Hold],
    ordering: &Ordering<'_>,
) -> Result<MoveOrder, Vec<MoveRefusal>> {
    let before = before(read);
    let aim = aim(read, to);
    if let Some(refusal) = in_step(read, &before, aim.as_ref().ok()) {
        return Err(vec![refusal]);
    }
    let replacement = replacing(read);
    let mut refusals = Vec::new();
    refusals.extend(held(&to.image, holds));
    refusals.extend(not_ready(read));
    refusals.extend(managed(read));
    refusals.extend(ill(read, rules));
    refusals.extend(unsafe_replacement(&replacement, rules));
    let aim = match (aim, refusals.is_empty()) {
        (Ok(aim), true) => aim,
        (aim, _) => {
            refusals.extend(aim.err());
            return Err(refusals);
        }
    };
    Ok(filled_order(
        read,
        Direction::Forward,
        before,
        aim,
        replacement,
        rules,
        ordering,
    ))
}

/// The order that takes an environment back to what its last move found.
///
/// # Errors
/// Everything that stands against it.
pub fn back_order(
    read: &EnvironmentRead<'_>,
    undo: Option<&UndoTo>,
    rules: &MoveRules,
    ordering: &Ordering<'_>,
) -> Result<MoveOrder, Vec<MoveRefusal>> {
    let name = &read.now.target.environment;
    let Some(undo) = undo else {
        return Err(vec![refusal(
            RefusalCode::NothingBefore,
            format!("no move of {name} is remembered that was not taken back"),
        )]);
    };
    let before = before(read);
    let aim = Aim {
        image: undo.before.image.clone(),
        platform: undo.before.platform.clone(),
    };
    let refused: Vec<MoveRefusal> = in_step(read, &before, Some(&aim))
        .into_iter()
        .chain(not_ready(read))
        .collect();
    if !refused.is_empty() {
        return Err(refused);
    }
    let direction = Direction::Back {
        of: Some(undo.journal.clone()),
        attempt: 1,
        why: format!("{} ordered it", ordering.by),
    };
    // Going back may take what going there took: the person has seen how.
    let replacement = replacing(read);
    Ok(filled_order(
        read,
        direction,
        before,
        aim,
        replacement,
        rules,
        ordering,
    ))
}

pub(super) fn filled_order(
    read: &EnvironmentRead<'_>,
    direction: Direction,
    before: BeforeMove,
    to: Aim,
    replacement: Replacement,
    rules: &MoveRules,
    ordering: &Ordering<'_>,
) -> MoveOrder {
    MoveOrder {
        installation: ordering.installation.clone(),
        scope: read.scope.clone(),
        watch: ordering.watch.clone(),
        target: read.now.target.clone(),
        environment_id: read.now.id.clone(),
        number: ordering.number,
        direction,
        before,
        to,
        update_max_s: update_max_s(&replacement),
        replacement,
        proof: rules.proof.clone(),
        on_failure: rules.on_failure,
        by: ordering.by.to_owned(),
        because: ordering.because.to_vec(),
    }
}

/// What is recorded before: an image that is the platform version's own is no choice of anybody's.
pub fn before(read: &EnvironmentRead<'_>) -> BeforeMove {
    let deployed = read.sets.deployed.as_ref();
    let image = deployed.and_then(|set| set.image());
    let image = match (image, read.platform_own) {
        (Some(image), Some(own)) if image == *own => ImageSetting::PlatformOwn(Some(image)),
        (Some(image), _) => ImageSetting::Image(image),
        (None, own) => ImageSetting::PlatformOwn(own.cloned()),
    };
    BeforeMove {
        image,
        platform: read.now.platform.clone(),
        version_label: read.now.version_label.clone(),
        cname: read.now.cname.clone(),
        health: read.health.clone(),
        instances: serving(read),
        updated: read.now.updated,
        at: read.at,
    }
}

/// How its instances will be replaced.
pub fn replacing(read: &EnvironmentRead<'_>) -> Replacement {
    let deployed = read.sets.deployed.clone().unwrap_or_default();
    replacement(&deployed, serving(read))
}

pub(super) fn serving(read: &EnvironmentRead<'_>) -> usize {
    read.running.iter().filter(|one| !one.ends).count()
}

fn aim(read: &EnvironmentRead<'_>, to: &MoveTo) -> Result<Aim, MoveRefusal> {
    let image = ImageSetting::Image(to.image.clone());
    let (code, platform) = match &to.platform {
        PlatformChoice::Moves { to: arn, .. } => (None, Some(arn.clone())),
        PlatformChoice::Stays => (None, read.now.platform.clone()),
        PlatformChoice::Unavailable { .. } => (Some(RefusalCode::PlatformUnavailable), None),
        PlatformChoice::Ahead { .. } => (Some(RefusalCode::PlatformAhead), None),
        PlatformChoice::Untold { .. } => (Some(RefusalCode::PlatformUntold), None),
    };
    match code {
        None => Ok(Aim { image, platform }),
        Some(code) => Err(refusal(code, to.refusal().unwrap_or_default())),
    }
}

/// Nothing is to be done: settings and instances are as they shall be.
fn in_step(
    read: &EnvironmentRead<'_>,
    before: &BeforeMove,
    aim: Option<&Aim>,
) -> Option<MoveRefusal> {
    let aim = aim?;
    let same_image = before.image.image() == aim.image.image();
    let same_platform = aim.platform.is_none() || before.platform == aim.platform;
    let wanted = aim.image.image();
    let all_run = read
        .running
        .iter()
        .filter(|one| !one.ends)
        .all(|one| Some(&one.image) == wanted);
    let done = same_image && same_platform && all_run;
    done.then(|| {
        let name = &read.now.target.environment;
        let image = wanted.map_or("its platform's own image", ImageId::as_str);
        refusal(RefusalCode::InStep, format!("{name} runs {image} already"))
    })
}

fn held(image: &ImageId, holds: &[Hold]) -> Option<MoveRefusal> {
    use crate::model::hold::HeldThing::{Image, Release, Watch};
    holds.iter().find_map(|hold| match &hold.on {
        Image(held) if held == image => Some(refusal(
            RefusalCode::Quarantined,
            format!("{} holds {image}: {}", hold.by, hold.reason),
        )),
        Watch => Some(refusal(
            RefusalCode::Held,
            format!("{} holds the watch: {}", hold.by, hold.reason),
        )),
        Image(_) | Release(_) => None,
    })
}

pub(super) fn not_ready(read: &EnvironmentRead<'_>) -> Option<MoveRefusal> {
    let (name, status) = (&read.now.target.environment, &read.now.status);
    if *status != EnvironmentStatus::Ready {
        let why = format!("{name} is {}: wait until it is Ready", status.as_str());
        return Some(refusal(RefusalCode::NotReady, why));
    }
    let pending = read.sets.pending.is_some();
    pending.then(|| {
        let why = format!("an update of {name} is about to begin: wait until it has ended");
        refusal(RefusalCode::NotReady, why)
    })
}

/// An action of Beanstalk's own that is about to run would be met in the middle.
fn managed(read: &EnvironmentRead<'_>) -> Option<MoveRefusal> {
    let near = |one: &&ManagedAction| matches!(one.status.as_str(), "Pending" | "Running");
    let action = read.managed.iter().find(near)?;
    let why = format!(
        "a managed action is {}: {}; wait until it has ended",
        action.status.to_ascii_lowercase(),
        action.description
    );
    Some(refusal(RefusalCode::ManagedUpdates, why))
}

/// Who is ill before cannot be proved well after, and where nothing serves nothing can be proved at all.
fn ill(read: &EnvironmentRead<'_>, rules: &MoveRules) -> Option<MoveRefusal> {
    use super::settling::{HealthWeight, weigh_health};
    if serving(read) == 0 {
        let name = &read.now.target.environment;
        let why = format!("no instance of {name} serves: nothing would prove the move");
        return Some(refusal(RefusalCode::UnhealthyBefore, why));
    }
    let why = match weigh_health(read.health, rules.proof.bar) {
        HealthWeight::Passes => return None,
        HealthWeight::Below { why, .. } | HealthWeight::Scaling { why } => why,
        HealthWeight::NotTold => "its health is not known".to_owned(),
    };
    let name = &read.now.target.environment;
    let why = format!("{name} is not well before the move: {why}");
    Some(refusal(RefusalCode::UnhealthyBefore, why))
}

fn unsafe_replacement(replacement: &Replacement, rules: &MoveRules) -> Option<MoveRefusal> {
    let method = replacement.method;
    if method == ReplacementMethod::RollingByTime && !rules.allow_downtime {
        return Some(refusal(
            RefusalCode::Unguarded,
            "its instances are replaced by the clock, and nobody looks whether a batch is healthy: set \
             RollingUpdateType to Health or Immutable in aws:autoscaling:updatepolicy:rollingupdate"
                .to_owned(),
        ));
    }
    (replacement.downtime && !rules.allow_downtime).then(|| {
        refusal(
            RefusalCode::Downtime,
            format!(
                "its instances are replaced {method}, and nothing serves meanwhile: turn on rolling or \
                 immutable updates (aws:autoscaling:updatepolicy:rollingupdate), or name it in \
                 `allow_downtime` of the watch's [rollout]"
            ),
        )
    })
}

pub(super) fn refusal(code: RefusalCode, why: String) -> MoveRefusal {
    MoveRefusal { code, why }
}
