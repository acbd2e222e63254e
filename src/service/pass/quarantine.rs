//! Keeps the tag of a quarantine on images of ours as the store says it: people and policies go by tags,
//! and one call may be lost, so every pass puts it until it is seen, and takes it off when nobody holds
//! the image any more. What is quarantined is the store's; here it is only marked.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::look::LookedWatch;
use super::raised::RaisedVersion;
use crate::model::hold::{HeldThing, Hold};
use crate::model::ids::{ImageId, Installation};
use crate::model::image::Image;
use crate::model::rollout_memory::RolloutMemory;
use crate::model::tags;
use crate::service::Service;
use crate::store::moves;
use crate::store::{Batch, Lease, Op, StoreError, records};

/// What becomes of the images whose mark is not as it shall be.
#[derive(Debug, PartialEq, Eq, Default)]
struct Marking {
    /// The state to be written now, and looked at again by the next pass.
    tag: Vec<(ImageId, &'static str)>,
    /// Seen tagged.
    seen: BTreeSet<ImageId>,
    /// Not held any more and seen without the mark, gone, or not made by this installation.
    done: BTreeSet<ImageId>,
}

/// Marks what the watch has quarantined, and says which version of its rollout that raised. AWS's troubles are
/// logged and left to the next pass.
///
/// # Errors
/// When the store fails.
pub(super) async fn mark_quarantined(
    service: &Service<'_>,
    lease: Lease,
    looked: &LookedWatch<'_>,
) -> Result<Option<RaisedVersion>, StoreError> {
    let Some(place) = &looked.place else {
        return Ok(None);
    };
    let name = &looked.watch.name;
    let mut memory = moves::rollout(service.store, &place.scope, name).await?;
    if memory.value.to_mark.is_empty() && memory.value.marked.is_empty() {
        return Ok(None);
    }
    let us = service.settings.installation.as_ref();
    let holds = records::remembered_holds(service.store, us, name)
        .await?
        .value;
    let held = held_images(&holds, service.clock.now());
    let ids = not_as_it_shall_be(&memory.value, &held);
    if ids.is_empty() {
        return Ok(None);
    }
    let images = match place.cloud.images(&ids).await {
        Ok(images) => images,
        Err(error) => {
            tracing::warn!(watch = name.as_str(), %error, "a quarantined image cannot be marked now");
            return Ok(None);
        }
    };
    let marking = marking(&ids, &images, &held, us);
    for (id, state) in &marking.tag {
        let mark = BTreeMap::from([(tags::STATE.to_owned(), (*state).to_owned())]);
        if let Err(error) = place.cloud.tag(&[id.as_str()], &mark).await {
            tracing::warn!(image = id.as_str(), %error, "a quarantined image cannot be marked now");
        }
    }
    if marking.seen.is_empty() && marking.done.is_empty() {
        return Ok(None);
    }
    marking
        .seen
        .iter()
        .for_each(|id| memory.value.seen_marked(id));
    marking
        .done
        .iter()
        .for_each(|id| memory.value.forget_mark(id));
    let ops = vec![
        Op::CheckLease { epoch: lease.epoch },
        moves::put_rollout(&place.scope, name, &memory),
    ];
    match service.store.commit(Batch::of_ops(ops)).await {
        // A move ended meanwhile: the next pass reads what it left.
        Err(StoreError::Conflict { .. }) => Ok(None),
        other => other.map(|()| Some(RaisedVersion::over(memory.version))),
    }
}

fn held_images(holds: &[Hold], now: DateTime<Utc>) -> BTreeSet<ImageId> {
    let in_force = holds.iter().filter(|hold| hold.in_force(now));
    let images = in_force.filter_map(|hold| match &hold.on {
        HeldThing::Image(image) => Some(image.clone()),
        HeldThing::Watch | HeldThing::Release(_) => None,
    });
    images.collect()
}

/// Those whose mark waits to be seen, and those whose hold is over.
fn not_as_it_shall_be(memory: &RolloutMemory, held: &BTreeSet<ImageId>) -> Vec<ImageId> {
    let over = memory.marked.difference(held);
    let ids: BTreeSet<&ImageId> = memory.to_mark.iter().chain(over).collect();
    ids.into_iter().cloned().collect()
}

fn marking(
    wanted: &[ImageId],
    images: &BTreeMap<ImageId, Image>,
    held: &BTreeSet<ImageId>,
    installation: Option<&Installation>,
) -> Marking {
    let mut marking = Marking::default();
    for id in wanted {
        let tag = |name: &str| images.get(id)?.tags.get(name).map(String::as_str);
        let ours = installation.is_some_and(|us| tag(tags::INSTALLATION) == Some(us.as_str()));
        let marked = tag(tags::STATE) == Some(tags::state::QUARANTINED);
        match (ours, held.contains(id), marked) {
            (true, true, false) => marking.tag.push((id.clone(), tags::state::QUARANTINED)),
            (true, false, true) => marking.tag.push((id.clone(), tags::state::VERIFIED)),
            (true, true, true) => drop(marking.seen.insert(id.clone())),
            (true, false, false) | (false, _, _) => drop(marking.done.insert(id.clone())),
        }
    }
    marking
}
