//! May this environment be moved to this image, and if so, by which order? Plain functions of what was
//! read: the order leaves nothing to choose, a refusal says what helps.

use std::fmt;

use super::before::{EnvironmentRead, MoveRules, before, replacing};
use super::gates::{
    barred_key, held_gate, managed_action, not_ready, platform_gate, suspended_scaling,
    unhealthy_before, unsafe_replacement,
};
use super::replacement::update_max_s;
use crate::model::environment::ImageSetting;
use crate::model::hold::Hold;
use crate::model::ids::{ImageId, Installation, Scope, WatchName};
use crate::model::platform_choice::MoveTo;
use crate::model::reason::{About, Reason};
use crate::model::rollout::{Aim, BeforeMove, Direction, MoveOrder, Replacement, UndoTo};

/// The word for "there is nothing to do".
pub const IN_STEP: &str = "IN_STEP";

/// Who orders, and for which watch.
#[derive(Debug, Clone, Copy)]
pub struct Ordering<'a> {
    pub installation: &'a Installation,
    pub watch: &'a WatchName,
    /// Where the watch works, whose rollout it is.
    pub home: &'a Scope,
    /// The number that the environment's next move gets.
    pub number: u32,
    pub by: &'a str,
    pub because: &'a [String],
}

/// Why an environment is not moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MoveRefusal {
    /// It runs the image on the right platform version already: there is nothing to do.
    InStep { why: String },
    /// Nothing is remembered that it could be taken back to.
    NothingBefore { why: String },
    /// A gate stands.
    Stands(Box<Reason>),
}

impl MoveRefusal {
    /// A gate stands.
    pub(super) fn of_about(about: About) -> Self {
        Self::Stands(Box::new(Reason::from_about(about)))
    }

    /// The contract word.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InStep { .. } => IN_STEP,
            Self::NothingBefore { .. } => "NOTHING_BEFORE",
            Self::Stands(reason) => reason.code.as_str(),
        }
    }

    /// One sentence: what stands, and what helps.
    pub fn why(&self) -> &str {
        match self {
            Self::InStep { why } | Self::NothingBefore { why } => why,
            Self::Stands(reason) => &reason.message,
        }
    }

    /// The gate, where one stands.
    pub fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Stands(reason) => Some(reason),
            Self::InStep { .. } | Self::NothingBefore { .. } => None,
        }
    }
}

impl fmt::Display for MoveRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code(), self.why())
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
    let aim = aim(ordering.watch, read, to);
    if let Some(refusal) = in_step(read, &before, aim.as_ref().ok()) {
        return Err(vec![refusal]);
    }
    let replacement = replacing(read);
    let mut stands = standing(read, to, rules, &replacement, holds, ordering.watch);
    match (aim, stands.is_empty()) {
        (Ok(aim), true) => Ok(filled_order(
            read,
            Direction::Forward,
            before,
            aim,
            replacement,
            rules,
            ordering,
        )),
        (aim, _) => {
            stands.extend(aim.err().map(|gate| *gate));
            let stands = stands.into_iter();
            Err(stands.map(MoveRefusal::of_about).collect())
        }
    }
}

/// Every gate but the platform's.
fn standing(
    read: &EnvironmentRead<'_>,
    to: &MoveTo,
    rules: &MoveRules,
    replacement: &Replacement,
    holds: &[Hold],
    watch: &WatchName,
) -> Vec<About> {
    let gates = [
        managed_action(read),
        suspended_scaling(read),
        unhealthy_before(read, rules),
        unsafe_replacement(replacement, rules),
        barred_key(read, &to.image),
    ];
    let gates = gates.into_iter().flatten().map(|gate| About::Gate {
        watch: watch.clone(),
        target: read.now.target.clone(),
        gate,
    });
    let first = [held_gate(watch, &to.image, holds), not_ready(read)];
    first.into_iter().flatten().chain(gates).collect()
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
        let why = format!("no move of {name} is remembered that was not taken back");
        return Err(vec![MoveRefusal::NothingBefore { why }]);
    };
    let before = before(read);
    let aim = Aim {
        image: undo.before.image.clone(),
        platform: undo.before.platform.clone(),
    };
    let refused: Vec<MoveRefusal> = in_step(read, &before, Some(&aim))
        .into_iter()
        .chain(not_ready(read).map(MoveRefusal::of_about))
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
        home: (ordering.home != read.scope).then(|| ordering.home.clone()),
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
        story: None,
        told_with_wave: false,
    }
}

fn aim(watch: &WatchName, read: &EnvironmentRead<'_>, to: &MoveTo) -> Result<Aim, Box<About>> {
    if let Some(gate) = platform_gate(watch, &read.now.target, to) {
        return Err(Box::new(gate));
    }
    let moves = to.change().and_then(|change| change.platform);
    Ok(Aim {
        image: ImageSetting::Image(to.image.clone()),
        platform: moves.or(read.now.platform.clone()),
    })
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
        let why = format!("{name} runs {image} already");
        MoveRefusal::InStep { why }
    })
}
