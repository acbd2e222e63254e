//! The step that waits until every instance runs the image. Looks, and changes nothing.

use std::time::Duration;

use super::aim::SentUpdate;
use super::hands::Move;
use super::steps::{MoveKind, MoveOutput};
use super::trouble::{failed, gone, look_error};
use crate::flow::rollout::progress::{MoveProgress, progress};
use crate::workflow::{At, StepError, StepLook};

/// Instances take minutes.
const LOOK_EVERY: Duration = Duration::from_secs(30);

pub(super) async fn check_replaced(
    hands: &Move<'_>,
    at: &At<'_, MoveKind>,
) -> Result<StepLook<MoveOutput>, StepError> {
    let sent = SentUpdate::of(at.run);
    let seen = hands.look(&sent.order, sent.began).await;
    let Some(seen) = seen.map_err(|error| look_error(&error))? else {
        return Err(gone());
    };
    match progress(&sent.order, &sent.update(), &seen) {
        MoveProgress::Replaced { instances } => {
            Ok(StepLook::Done(MoveOutput::Replaced { instances }))
        }
        MoveProgress::Failed { fault, why } => Err(failed(fault, why)),
        MoveProgress::Unmoved { fault, why } => {
            // Soon after the call Beanstalk may not show what it has begun.
            match hands.agreement.borrow_mut().look(&why, at.now) {
                true => Err(failed(fault, why)),
                false => Ok(pending(why)),
            }
        }
        MoveProgress::NotYet { so_far } => {
            hands.agreement.borrow_mut().broken();
            Ok(pending(so_far))
        }
    }
}

pub(super) fn pending(so_far: String) -> StepLook<MoveOutput> {
    StepLook::Pending {
        so_far,
        again_in: Some(LOOK_EVERY),
    }
}
