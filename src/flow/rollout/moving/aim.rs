//! What a run aims at by the choice that it has come to, and which update it watches. Plain functions.

use chrono::{DateTime, Utc};

use super::steps::{MoveKind, MoveOutput, MoveStep};
use crate::flow::rollout::progress::Update;
use crate::model::environment::ImageSetting;
use crate::model::rollout::{Aim, MoveOrder};
use crate::workflow::Run;

/// The choice of an update that takes back the image alone: the old platform version is not usable any
/// more, and an image of ours is better off where it was.
pub(super) const IMAGE_ALONE: u32 = 1;

/// The order as this choice of its update carries it out.
pub(super) fn order_by_choice(order: &MoveOrder, choice: u32) -> MoveOrder {
    let mut order = order.clone();
    if choice == IMAGE_ALONE {
        order.to = Aim {
            platform: None,
            ..order.to
        };
    }
    order
}

/// Whether the image may be restored without its platform version: one that the platform version itself
/// would give cannot.
pub(super) fn may_go_alone(order: &MoveOrder) -> bool {
    order.direction.is_back() && matches!(order.to.image, ImageSetting::Image(_))
}

/// The update that a run has sent, with the order as it was carried out.
pub(super) struct SentUpdate {
    pub(super) order: MoveOrder,
    pub(super) began: DateTime<Utc>,
    pub(super) request_id: Option<String>,
    pub(super) already: bool,
}

impl SentUpdate {
    /// Of a run whose update is done; what the journal does not hold is as careful as it can be.
    pub(super) fn of(run: &Run<MoveKind>) -> Self {
        match run.output(MoveStep::Update) {
            Some(MoveOutput::Updated {
                request_id,
                already,
                began,
                image_alone,
            }) => Self {
                order: order_by_choice(run.input(), u32::from(*image_alone)),
                began: *began,
                request_id: request_id.clone(),
                already: *already,
            },
            _ => Self {
                order: run.input().clone(),
                began: run.opened_at(),
                request_id: None,
                already: false,
            },
        }
    }

    pub(super) fn update(&self) -> Update<'_> {
        Update {
            began: self.began,
            request_id: self.request_id.as_deref(),
            already: self.already,
        }
    }
}
