//! Puts the tag of a quarantine on images of ours, by every pass until it is seen: people and policies go
//! by tags, and one call may be lost. What is quarantined is the store's; here it is only marked.

use std::collections::{BTreeMap, BTreeSet};

use super::look::LookedWatch;
use crate::model::ids::{ImageId, Installation};
use crate::model::image::Image;
use crate::model::tags;
use crate::service::Service;
use crate::store::moves;
use crate::store::{Batch, Lease, Op, StoreError};

/// What becomes of the images that wait for their mark.
#[derive(Debug, PartialEq, Eq, Default)]
struct Marking {
    /// To be tagged now, and looked at again by the next pass.
    tag: Vec<ImageId>,
    /// Seen tagged, gone, or not made by this installation: nothing is left to do.
    done: BTreeSet<ImageId>,
}

/// Marks what the watch has quarantined. AWS's troubles are logged and left to the next pass.
///
/// # Errors
/// When the store fails.
pub(super) async fn mark_quarantined(
    service: &Service<'_>,
    lease: Lease,
    looked: &LookedWatch<'_>,
) -> Result<(), StoreError> {
    let Some(place) = &looked.place else {
        return Ok(());
    };
    let name = &looked.watch.name;
    let mut memory = moves::rollout(service.store, &place.scope, name).await?;
    if memory.value.to_mark.is_empty() {
        return Ok(());
    }
    let ids: Vec<ImageId> = memory.value.to_mark.iter().cloned().collect();
    let images = match place.cloud.images(&ids).await {
        Ok(images) => images,
        Err(error) => {
            tracing::warn!(watch = name.as_str(), %error, "a quarantined image cannot be marked now");
            return Ok(());
        }
    };
    let marking = marking(&ids, &images, service.settings.installation.as_ref());
    let mark = BTreeMap::from([(tags::STATE.to_owned(), tags::state::QUARANTINED.to_owned())]);
    for id in &marking.tag {
        if let Err(error) = place.cloud.tag(&[id.as_str()], &mark).await {
            tracing::warn!(image = id.as_str(), %error, "a quarantined image cannot be marked now");
        }
    }
    if marking.done.is_empty() {
        return Ok(());
    }
    memory.value.to_mark.retain(|id| !marking.done.contains(id));
    let ops = vec![
        Op::CheckLease { epoch: lease.epoch },
        moves::put_rollout(&place.scope, name, &memory),
    ];
    match service.store.commit(Batch::of_ops(ops)).await {
        // A move ended meanwhile: the next pass reads what it left.
        Err(StoreError::Conflict { .. }) => Ok(()),
        other => other,
    }
}

fn marking(
    wanted: &[ImageId],
    images: &BTreeMap<ImageId, Image>,
    installation: Option<&Installation>,
) -> Marking {
    let mut marking = Marking::default();
    for id in wanted {
        let tag = |name: &str| images.get(id)?.tags.get(name).map(String::as_str);
        let ours = installation.is_some_and(|us| tag(tags::INSTALLATION) == Some(us.as_str()));
        match ours && tag(tags::STATE) != Some(tags::state::QUARANTINED) {
            true => marking.tag.push(id.clone()),
            false => {
                marking.done.insert(id.clone());
            }
        }
    }
    marking
}
