//! What is told of moves: an environment moved, taken back, or neither.

use chrono::{DateTime, Utc};

use super::FirstOf;
use crate::flow::move_commands::{events_command, rollout_command};
use crate::model::environment::EnvironmentHealth;
use crate::model::notice::{Link, MoveTold, NextByItself, Notice, PastedCommand, What};
use crate::model::rollout::{Direction, MoveFault, MoveOrder};

/// A move, or taking one back, succeeded: every instance runs the image, and it stayed well. One notice a
/// move.
pub fn environment_moved(
    order: &MoveOrder,
    journal: &str,
    instances: usize,
    image_alone: bool,
    at: DateTime<Utc>,
) -> Notice {
    let moved = told(order, journal);
    let (target, what) = match &order.direction {
        Direction::Forward => (
            &order.target,
            What::Moved {
                moved,
                instances,
                weak_proof: weak_proof(order),
            },
        ),
        Direction::Back { why, .. } => (
            &order.target,
            What::TakenBack {
                moved,
                why: why.clone(),
                image_alone,
            },
        ),
        Direction::Proof => (
            &order.target,
            What::Proved {
                moved,
                instances,
                weak_proof: weak_proof(order),
            },
        ),
    };
    let mut commands = vec![PastedCommand::new(
        "amiwatch status",
        "every watch and its image",
    )];
    if order.direction == Direction::Forward {
        let name = target.name();
        commands.push(PastedCommand::new(
            format!("amiwatch rollback {name}"),
            "takes it back to what it was",
        ));
    }
    of_a_move(
        order,
        format!("moved:{journal}"),
        at,
        what,
        NextByItself::Nothing,
        commands,
    )
}

/// Nothing but a colour spoke for it.
fn weak_proof(order: &MoveOrder) -> bool {
    let basic = matches!(order.before.health, EnvironmentHealth::Basic { .. });
    basic && order.proof.probe.is_none()
}

/// How a move failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedMove<'a> {
    pub fault: MoveFault,
    /// `step: why`
    pub why: &'a str,
    /// What could not be cleaned up and what to do about it.
    pub left: Vec<String>,
    pub quarantined: bool,
    /// It is being taken back.
    pub goes_back: bool,
    /// The environment is as it was before, whoever saw to that.
    pub as_before: bool,
    pub next_at: Option<DateTime<Utc>>,
    /// What a person does by hand where nothing goes on by itself.
    pub by_hand: Vec<PastedCommand>,
}

/// A move, or taking one back, failed. One notice a move.
pub fn move_failed(
    order: &MoveOrder,
    journal: &str,
    failed: &FailedMove<'_>,
    at: DateTime<Utc>,
) -> Notice {
    if order.direction.is_proof() {
        return unproved(order, journal, failed.why, at);
    }
    let what = What::MoveFailed {
        moved: told(order, journal),
        back: order.direction.is_back(),
        fault: failed.fault,
        why: failed.why.to_owned(),
        left: FirstOf::all_of(failed.left.iter().cloned()),
        quarantined: failed.quarantined,
        goes_back: failed.goes_back,
        as_before: failed.as_before,
    };
    let next = match (failed.goes_back, failed.next_at) {
        (true, _) => NextByItself::Look,
        (false, Some(not_before)) => NextByItself::Again { not_before },
        (false, None) => NextByItself::Person,
    };
    let mut commands = vec![PastedCommand::new(
        format!("amiwatch history {}", order.watch),
        "what happened, step by step",
    )];
    if failed.as_before && !failed.quarantined {
        let name = &order.target.environment;
        commands.push(PastedCommand::new(
            format!("amiwatch rollout {} --environment {name}", order.watch),
            "tries again",
        ));
    }
    if !failed.goes_back && !failed.as_before {
        commands.extend(failed.by_hand.iter().cloned());
    }
    of_a_move(
        order,
        format!("move-failed:{journal}"),
        at,
        what,
        next,
        commands,
    )
}

/// What an environment runs did not prove well: whose fault that is nobody knows, so nothing is done to it.
fn unproved(order: &MoveOrder, journal: &str, why: &str, at: DateTime<Utc>) -> Notice {
    let what = What::Unproved {
        moved: told(order, journal),
        why: why.to_owned(),
    };
    let name = &order.target.environment;
    let commands = vec![
        PastedCommand::new(
            events_command(&order.target).to_string(),
            "what Beanstalk says of it",
        ),
        PastedCommand::new(rollout_command(&order.watch, name), "proves it once more"),
    ];
    let key = format!("unproved:{journal}");
    of_a_move(order, key, at, what, NextByItself::Person, commands)
}

fn of_a_move(
    order: &MoveOrder,
    key: String,
    at: DateTime<Utc>,
    what: What,
    next: NextByItself,
    commands: Vec<PastedCommand>,
) -> Notice {
    // A move and what takes it back are one story: that of the image's release, or of the forward move.
    let story = match (&order.story, &order.direction) {
        (Some(story), _) => story.clone(),
        (None, Direction::Back { of: Some(of), .. }) => format!("move:{of}"),
        (None, Direction::Back { of: None, .. } | Direction::Forward | Direction::Proof) => {
            let begun = key.split_once(':').map_or(&*key, |(_, journal)| journal);
            format!("move:{begun}")
        }
    };
    Notice {
        key,
        story,
        at,
        installation: Some(order.installation.clone()),
        watch: Some(order.watch.clone()),
        scope: Some(order.scope.clone()),
        what,
        next,
        commands,
        links: links(order),
    }
}

/// What it runs now, or was to run, and what is in another platform version.
fn links(order: &MoveOrder) -> Vec<Link> {
    let region = &order.target.scope.region;
    let image = order.to.image.image();
    let image = image.map(|image| Link::to_image(region, image));
    let platform = order.to.platform.as_ref();
    let platform = platform.filter(|to| Some(*to) != order.before.platform.as_ref());
    let notes = platform.map(|platform| Link::on_platform(region, platform));
    image
        .into_iter()
        .chain(notes.into_iter().flatten())
        .collect()
}

fn told(order: &MoveOrder, journal: &str) -> MoveTold {
    let (from, to) = order.from_to();
    MoveTold {
        target: order.target.clone(),
        journal: journal.to_owned(),
        from: from.cloned(),
        to: to.cloned(),
        from_platform: order.before.platform.clone(),
        to_platform: order.to.platform.clone(),
        by: order.by.clone(),
    }
}
