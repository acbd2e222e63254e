//! What the daemon logs of its bakes, moves and publications: a line for each step that ended, with fields to search by.

use crate::flow::bake::steps::{BakeOutput, BakeStep};
use crate::flow::publish::steps::{PublicationOutput, PublicationStep};
use crate::flow::rollout::moving::steps::{MoveOutput, MoveStep};
use crate::model::bake::BakeOrder;
use crate::model::publish::PublishOrder;
use crate::model::rollout::MoveOrder;
use crate::service::desk::progress::{MoveObserver, PublicationObserver};
use crate::service::runs::bake::BakeObserver;
use crate::workflow::kind::step_word;
use crate::workflow::observer::Observer;
use crate::workflow::{JournalEvent, RunOutcome};

/// An observer that logs one bake.
pub(super) fn log_observer(order: &BakeOrder) -> Box<BakeObserver> {
    Box::new(Log {
        watch: order.watch.to_string(),
        key: format!("{}-{}", order.key.short(), order.generation),
    })
}

struct Log {
    watch: String,
    key: String,
}

impl Observer<BakeOrder, BakeStep, BakeOutput> for Log {
    fn recorded(&self, event: &JournalEvent<BakeOrder, BakeStep, BakeOutput>) {
        let (watch, key) = (&self.watch, &self.key);
        match event {
            JournalEvent::Opened { input, .. } => tracing::info!(
                watch, bake.key = key, image.name = input.image_name,
                release.image = %input.release.image, attempt = input.attempt,
                "a bake begins"
            ),
            JournalEvent::Started { step, choice, .. } => {
                let step = step_word(step);
                tracing::debug!(watch, bake.key = key, step, choice, "a step starts");
            }
            JournalEvent::Kept { step, .. } => {
                let step = step_word(step);
                tracing::debug!(watch, bake.key = key, step, "a step keeps what it has seen");
            }
            JournalEvent::Done { step, .. } => {
                let step = step_word(step);
                tracing::info!(watch, bake.key = key, step, "a step is done");
            }
            JournalEvent::Failed { step, failure, .. } => {
                let step = step_word(step);
                let why = failure.why.as_str();
                tracing::warn!(watch, bake.key = key, step, why, "a step failed");
            }
            JournalEvent::UndoStarted { step, .. } | JournalEvent::Undone { step, .. } => {
                let step = step_word(step);
                tracing::debug!(watch, bake.key = key, step, "undoing");
            }
            JournalEvent::Left { left, .. } => {
                let (why, by_hand) = (left.why.as_str(), left.by_hand.as_str());
                tracing::error!(
                    watch,
                    bake.key = key,
                    why,
                    by_hand,
                    "something was left behind"
                );
            }
            JournalEvent::Closed { outcome, .. } => match outcome {
                RunOutcome::Succeeded { .. } => tracing::info!(watch, bake.key = key, "verified"),
                RunOutcome::Failed { step, .. } => {
                    tracing::warn!(watch, bake.key = key, step, "the bake failed");
                }
            },
        }
    }

    fn waiting(&self, step: BakeStep, so_far: &str) {
        let step = step_word(&step);
        tracing::debug!(watch = self.watch, step, so_far, "waiting");
    }
}

/// An observer that logs one move.
pub(super) fn move_log_observer(order: &MoveOrder) -> Box<MoveObserver> {
    Box::new(MoveLog {
        watch: order.watch.to_string(),
        target: order.target.to_string(),
    })
}

struct MoveLog {
    watch: String,
    target: String,
}

impl Observer<MoveOrder, MoveStep, MoveOutput> for MoveLog {
    fn recorded(&self, event: &JournalEvent<MoveOrder, MoveStep, MoveOutput>) {
        let (watch, target) = (&self.watch, &self.target);
        match event {
            JournalEvent::Opened { input, .. } => {
                let (back, by) = (input.direction.is_back(), input.by.as_str());
                tracing::info!(watch, target, back, by, "a move begins");
            }
            JournalEvent::Done { step, .. } => {
                let step = step_word(step);
                tracing::info!(watch, target, step, "a step is done");
            }
            JournalEvent::Failed { step, failure, .. } => {
                let (step, why) = (step_word(step), failure.why.as_str());
                tracing::warn!(watch, target, step, why, "a step failed");
            }
            JournalEvent::Left { left, .. } => {
                let (why, by_hand) = (left.why.as_str(), left.by_hand.as_str());
                tracing::error!(watch, target, why, by_hand, "a person is needed");
            }
            JournalEvent::Closed { outcome, .. } => {
                let succeeded = matches!(outcome, RunOutcome::Succeeded { .. });
                tracing::info!(watch, target, succeeded, "a move is closed");
            }
            JournalEvent::Started { step, .. }
            | JournalEvent::Kept { step, .. }
            | JournalEvent::UndoStarted { step, .. }
            | JournalEvent::Undone { step, .. } => {
                let step = step_word(step);
                tracing::debug!(watch, target, step, "a step goes on");
            }
        }
    }

    fn waiting(&self, step: MoveStep, so_far: &str) {
        let (watch, target, step) = (&self.watch, &self.target, step_word(&step));
        tracing::debug!(watch, target, step, so_far, "a step is under way");
    }
}

/// An observer that logs one publication.
pub(super) fn publish_log_observer(order: &PublishOrder) -> Box<PublicationObserver> {
    Box::new(PublishLog {
        watch: order.watch.to_string(),
        destination: order.destination.to_string(),
    })
}

struct PublishLog {
    watch: String,
    destination: String,
}

impl Observer<PublishOrder, PublicationStep, PublicationOutput> for PublishLog {
    fn recorded(&self, event: &JournalEvent<PublishOrder, PublicationStep, PublicationOutput>) {
        let (watch, destination) = (&self.watch, &self.destination);
        match event {
            JournalEvent::Opened { input, .. } => {
                let (image, back) = (input.image.as_str(), input.back.is_some());
                let by = input.by.as_str();
                tracing::info!(watch, destination, image, back, by, "an image is published");
            }
            JournalEvent::Failed { step, failure, .. } => {
                let (step, why) = (step_word(step), failure.why.as_str());
                tracing::warn!(watch, destination, step, why, "a step failed");
            }
            JournalEvent::Left { left, .. } => {
                let (why, by_hand) = (left.why.as_str(), left.by_hand.as_str());
                tracing::error!(watch, destination, why, by_hand, "a person is needed");
            }
            JournalEvent::Closed { outcome, .. } => {
                let succeeded = matches!(outcome, RunOutcome::Succeeded { .. });
                tracing::info!(watch, destination, succeeded, "a publication is closed");
            }
            JournalEvent::Started { step, .. }
            | JournalEvent::Kept { step, .. }
            | JournalEvent::Done { step, .. }
            | JournalEvent::UndoStarted { step, .. }
            | JournalEvent::Undone { step, .. } => {
                let step = step_word(step);
                tracing::debug!(watch, destination, step, "a step goes on");
            }
        }
    }

    fn waiting(&self, step: PublicationStep, so_far: &str) {
        let (watch, destination, step) = (&self.watch, &self.destination, step_word(&step));
        tracing::debug!(watch, destination, step, so_far, "a step is under way");
    }
}
