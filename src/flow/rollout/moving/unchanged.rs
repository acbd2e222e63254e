//! The step before the update: the environment is as it was when the move was planned. Changes nothing.

use super::hands::Move;
use super::steps::{MoveKind, MoveOutput};
use super::trouble::{failed, first_look_error, gone};
use crate::flow::rollout::seen::MoveSeen;
use crate::model::environment::EnvironmentStatus;
use crate::model::rollout::{MoveFault, MoveOrder};
use crate::workflow::{At, StepError, StepLook};

pub(super) async fn check_unchanged(
    hands: &Move<'_>,
    at: &At<'_, MoveKind>,
) -> Result<StepLook<MoveOutput>, StepError> {
    let order = at.run.input();
    let seen = hands.look(order, at.since).await;
    let Some(seen) = seen.map_err(|error| first_look_error(&error))? else {
        return Err(gone());
    };
    if busy(&seen.now.status) {
        let status = seen.now.status.as_str();
        return Ok(StepLook::pending(format!("the environment is {status}")));
    }
    match changed(order, &seen) {
        None => Ok(StepLook::Done(MoveOutput::Unchanged)),
        Some(what) => Err(failed(
            MoveFault::Inconclusive,
            format!("the environment is not as it was planned for: {what}; plan again"),
        )),
    }
}

/// What somebody changed since the move was planned. What is taken back is taken back from wherever it
/// got to.
fn changed(order: &MoveOrder, seen: &MoveSeen) -> Option<String> {
    if order.direction.is_back() || seen.deployed_is(&order.to) {
        return None;
    }
    if !seen.deployed_as_before(&order.before) {
        let image = seen.sets.deployed.as_ref().and_then(|set| set.image());
        let image = image.map_or("no image".to_owned(), |image| image.to_string());
        return Some(format!("it is set to {image} now"));
    }
    seen.changed_by_others(&order.before)
}

/// Whether an environment does something of its own that has to end first.
fn busy(status: &EnvironmentStatus) -> bool {
    !matches!(status, EnvironmentStatus::Ready) && !status.gone()
}
