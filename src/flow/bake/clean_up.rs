//! After the image is verified: everything else that the bake made goes. The image stands whatever
//! happens here, so every failed call is tried again until the step's time is over.

use super::hands::BakeHands;
use super::keep::is_marked;
use super::launch::{guest_gone, guests};
use super::network;
use super::steps::{BakeKind, BakeOutput};
use super::trouble::undo_error;
use crate::flow::verify::GuestRole;
use crate::workflow::{At, StepError, StepFailure, StepLook, Undo};

/// One move: ends what still runs, then removes the security group.
pub(super) async fn check_clean_up(
    bake: &BakeHands<'_>,
    at: &At<'_, BakeKind>,
) -> Result<StepLook<BakeOutput>, StepError> {
    let mut ending = 0_usize;
    for role in [GuestRole::Builder, GuestRole::BootTest] {
        let found = guests(bake, at.run.input(), role).await;
        for guest in found.map_err(|error| undo_error(&error))? {
            // One of a failed attempt that is kept goes when its time is over.
            if is_marked(&guest) {
                continue;
            }
            if !guest.state.ended() {
                let ended = bake.cloud.terminate(&guest.id).await;
                ended.map_err(|error| undo_error(&error))?;
            }
            ending += usize::from(!guest_gone(&guest));
        }
    }
    if ending > 0 {
        return Ok(StepLook::pending(format!("{ending} instances are ending")));
    }
    match network::undo_network(bake, at).await? {
        Undo::Gone => Ok(StepLook::Done(BakeOutput::Clean)),
        Undo::Pending { so_far } => Ok(StepLook::pending(so_far)),
        Undo::Left { why, by_hand } => Err(StepError::Failed(StepFailure::new(
            "left",
            format!("{why}; {by_hand}"),
        ))),
    }
}
