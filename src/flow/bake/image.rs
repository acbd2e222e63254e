//! Making the image, waiting for it, marking it, and removing one that was not proved.
//!
//! CreateImage has no client token: the deterministic name is its idempotency key. A name that is
//! taken by an image of another key, of another source or of an instance that no attempt of this bake
//! launched is somebody else's, whatever its tags say, and never touched.

use std::collections::BTreeMap;

use super::earlier::{launched, made_image, missing};
use super::hands::BakeHands;
use super::image_found::{ImageFound, is_verified, made, state_of, stripped};
use super::limits::{LATE_S, SETTLE_S};
use super::site::of_this_key;
use super::steps::{BakeKind, BakeOutput, BakeStep};
use super::trouble::{step_error, undo_error};
use crate::cloud::{CloudError, CreateImage, ErrorKind};
use crate::model::bake::BakeOrder;
use crate::model::genuine::contradiction;
use crate::model::ids::{ImageId, SnapshotId};
use crate::model::image::{Image, ImageState};
use crate::model::stray::StrayKind;
use crate::model::tags;
use crate::workflow::{At, StepError, StepFailure, StepLook, Undo};

pub(super) async fn find_image(
    bake: &BakeHands<'_>,
    at: &At<'_, BakeKind>,
) -> Result<Option<BakeOutput>, StepError> {
    let order = at.run.input();
    match made(bake, at.run, step_error).await? {
        ImageFound::Ours(image) => Ok(Some(BakeOutput::Image { id: image.id })),
        ImageFound::Nothing => Ok(None),
        ImageFound::Stripped(id) => {
            let why = stripped(&id, order);
            Err(StepError::Failed(StepFailure::new("image_changed", why)))
        }
        ImageFound::NameTaken(id) => {
            let why = format!(
                "the name {} is taken by {id}, which was not made of this bake's builder; the next \
                 attempt takes another name; find out who made it, or deregister it: {}",
                order.image_name,
                StrayKind::Image.by_hand(id.as_str(), &order.scope.region)
            );
            Err(StepError::Failed(StepFailure::new("name_taken", why)))
        }
    }
}

/// The verified image of this very order, by its name; absent when there is none, and when EC2 cannot
/// be asked.
pub(super) async fn verified(bake: &BakeHands<'_>, order: &BakeOrder) -> Option<Image> {
    let found = bake.cloud.own_image_by_name(&order.image_name).await;
    let image = found.ok().flatten()?;
    let borne_out = of_this_key(&image, order) && contradiction(&image).is_none();
    (borne_out && is_verified(&image)).then_some(image)
}

pub(super) async fn start_image(
    bake: &BakeHands<'_>,
    at: &At<'_, BakeKind>,
) -> Result<StepLook<BakeOutput>, StepError> {
    let order = at.run.input();
    let instance = launched(at.run, BakeStep::LaunchBuilder)?;
    let born = born_with(order).map(|(name, value)| (name.clone(), value.clone()));
    let mut tags: BTreeMap<String, String> = born.collect();
    tags.insert(tags::ROLE.to_owned(), tags::role::IMAGE.to_owned());
    tags.insert(tags::STATE.to_owned(), tags::state::CANDIDATE.to_owned());
    let request = CreateImage {
        instance: instance.clone(),
        name: order.image_name.clone(),
        description: description(order),
        tags,
    };
    let created = bake.cloud.create_image(&request).await;
    let id = created.map_err(|error| step_error(&error))?;
    Ok(StepLook::Done(BakeOutput::Image { id }))
}

/// The tags of its order that an image is made with: for how long a guest is needed is a guest's matter.
fn born_with(order: &BakeOrder) -> impl Iterator<Item = (&String, &String)> {
    let all = order.tags.iter();
    all.filter(|(name, _)| name.as_str() != tags::DEADLINE)
}

/// EC2 takes at most 255 characters here.
fn description(order: &BakeOrder) -> String {
    let text = format!(
        "{} on {} ({}), recipe {}",
        order.watch, order.release.image, order.release.version, order.recipe_name
    );
    text.chars()
        .filter(|c| c.is_ascii() && !c.is_ascii_control())
        .take(255)
        .collect()
}

/// One look at the image. Available once is not believed for long: the boot test that follows
/// launches it, and that is the proof.
pub(super) async fn available(
    bake: &BakeHands<'_>,
    at: &At<'_, BakeKind>,
) -> Result<StepLook<BakeOutput>, StepError> {
    let id = made_image(at.run)?;
    let found = bake.cloud.images(std::slice::from_ref(&id)).await;
    let mut found = found.map_err(|error| step_error(&error))?;
    let Some(image) = found.remove(&id) else {
        if (at.now - at.since).num_seconds() < SETTLE_S {
            return Ok(StepLook::pending(format!("{id} does not show yet")));
        }
        let why = format!("{id} is not listed any more: somebody deregistered it; bake again");
        return Err(StepError::Failed(StepFailure::new("image_gone", why)));
    };
    match image.state {
        ImageState::Available => Ok(StepLook::Done(BakeOutput::Available {
            snapshots: image.snapshots,
        })),
        ImageState::Failed | ImageState::Deregistered | ImageState::Disabled => {
            let reason = image
                .state_reason
                .as_deref()
                .unwrap_or("EC2 gives no reason");
            let why = format!("EC2 could not make {id}: {reason}");
            Err(StepError::Failed(StepFailure::new("image_failed", why)))
        }
        ImageState::Pending | ImageState::Other => {
            Ok(StepLook::pending(format!("{id} is being made")))
        }
    }
}

/// The last word: from here on the image may be used. What happened to it while its boot test ran is
/// looked at first: a proof of an image that was taken out of use since is not one.
pub(super) async fn mark_verified(
    bake: &BakeHands<'_>,
    at: &At<'_, BakeKind>,
) -> Result<StepLook<BakeOutput>, StepError> {
    let id = made_image(at.run)?;
    let found = bake.cloud.images(std::slice::from_ref(&id)).await;
    let found = found.map_err(|error| step_error(&error))?;
    if let Some(why) = spoiled(found.get(&id), &id, at.run.input()) {
        return Err(StepError::Failed(StepFailure::new("image_changed", why)));
    }
    let snapshots = match at.run.output(BakeStep::Available) {
        Some(BakeOutput::Available { snapshots }) => snapshots.as_slice(),
        _ => return Err(missing("the image's snapshots")),
    };
    // The image last: whoever sees it verified sees nothing of it that says otherwise.
    let ids: Vec<&str> = snapshots.iter().map(SnapshotId::as_str).collect();
    let verified = tags::state::VERIFIED;
    if !ids.is_empty() {
        let marked = mark(bake, &ids, verified).await;
        marked.map_err(|error| step_error(&error))?;
    }
    let marked = mark(bake, &[id.as_str()], verified).await;
    marked.map_err(|error| step_error(&error))?;
    Ok(StepLook::Done(BakeOutput::Verified))
}

/// Why an image that passed its boot test is not to be used all the same.
fn spoiled(image: Option<&Image>, id: &ImageId, order: &BakeOrder) -> Option<String> {
    let Some(image) = image else {
        return Some(format!(
            "{id} was deregistered during its boot test; bake again"
        ));
    };
    if image.state != ImageState::Available {
        let state = match image.state {
            ImageState::Disabled => "disabled",
            _ => "taken out of use",
        };
        return Some(format!(
            "{id} was {state} during its boot test: no instance starts from it; bake again"
        ));
    }
    let born = born_with(order);
    let lost = born
        .filter(|(name, value)| image.tags.get(*name) != Some(value))
        .map(|(name, _)| name.as_str());
    let lost: Vec<&str> = lost.collect();
    let of_a_candidate = matches!(
        state_of(image),
        Some(tags::state::CANDIDATE | tags::state::VERIFIED)
    );
    match (lost.as_slice(), of_a_candidate) {
        ([], true) => None,
        ([], false) => Some(format!(
            "{id} is no candidate any more: somebody changed {} during its boot test",
            tags::STATE
        )),
        (lost, _) => Some(format!(
            "{id} does not carry the tags any more that it was made with ({}): somebody changed them \
             during its boot test",
            lost.join(", ")
        )),
    }
}

/// The image carries the mark already: an answer was lost, or another holder was first.
pub(super) async fn find_verified(
    bake: &BakeHands<'_>,
    at: &At<'_, BakeKind>,
) -> Result<Option<BakeOutput>, StepError> {
    let id = made_image(at.run)?;
    let found = bake.cloud.images(std::slice::from_ref(&id)).await;
    let found = found.map_err(|error| step_error(&error))?;
    let marked = found.get(&id).is_some_and(is_verified);
    Ok(marked.then_some(BakeOutput::Verified))
}

/// Removes an image that was not proved, and its snapshots. One that is verified was proved, by
/// whomever, and stays; one that EC2 is still making is left: waiting for it was given up, and that
/// is no reason to throw it away.
pub(super) async fn undo_image(
    bake: &BakeHands<'_>,
    at: &At<'_, BakeKind>,
) -> Result<Undo, StepError> {
    let order = at.run.input();
    let image = match made(bake, at.run, undo_error).await? {
        ImageFound::Ours(image) => image,
        ImageFound::Stripped(id) => {
            return Ok(Undo::Left {
                why: format!("{id} does not carry this bake's tags any more"),
                by_hand: StrayKind::Image.by_hand(id.as_str(), &order.scope.region),
            });
        }
        ImageFound::NameTaken(_) | ImageFound::Nothing => return not_listed(bake, at).await,
    };
    let id = &image.id;
    match state_of(&image) {
        Some(tags::state::CANDIDATE | tags::state::REJECTED) => {}
        Some(tags::state::VERIFIED) => {
            return Ok(Undo::Left {
                why: format!("{id} is not a candidate: it was verified meanwhile"),
                by_hand: format!("nothing; the next pass adopts {id}"),
            });
        }
        other => {
            let other = other.unwrap_or("nothing");
            return Ok(Undo::Left {
                why: format!("{id} is not a candidate: its state was changed to `{other}`"),
                by_hand: StrayKind::Image.by_hand(id.as_str(), &order.scope.region),
            });
        }
    }
    if image.state == ImageState::Pending {
        return Ok(Undo::Left {
            why: format!("{id} is still being made by EC2"),
            by_hand: format!(
                "wait for {id}; bake again to have it proved, or remove it: {}",
                StrayKind::Image.by_hand(id.as_str(), &order.scope.region)
            ),
        });
    }
    // The mark is for whoever sees the image before it is gone; who may not tag may still remove.
    match mark(bake, &[id.as_str()], tags::state::REJECTED).await {
        Err(error) if error.kind != ErrorKind::Denied => return Err(undo_error(&error)),
        _ => {}
    }
    let removed = bake.cloud.deregister(id, &[]).await;
    removed.map_err(|error| undo_error(&error))?;
    remove_snapshots(bake, order).await?;
    Ok(Undo::Gone)
}

/// No such image: gone, or a creation whose answer was lost and that may show late. What an
/// interrupted removal left of its snapshots goes too.
async fn not_listed(bake: &BakeHands<'_>, at: &At<'_, BakeKind>) -> Result<Undo, StepError> {
    let step = BakeStep::CreateImage;
    let maybe = at.run.output(step).is_some()
        || at.run.failure().is_some_and(|(failed, _)| *failed == step);
    if !maybe {
        return Ok(Undo::Gone);
    }
    if (at.now - at.since).num_seconds() < LATE_S {
        let so_far = "looking for an image that may show late".to_owned();
        return Ok(Undo::Pending { so_far });
    }
    remove_snapshots(bake, at.run.input()).await?;
    Ok(Undo::Gone)
}

/// Removes the snapshots that carry this key. One that an image still uses is refused by EC2.
async fn remove_snapshots(bake: &BakeHands<'_>, order: &BakeOrder) -> Result<(), StepError> {
    let ours = [
        (tags::INSTALLATION, order.installation.as_str()),
        (tags::KEY, order.key.as_str()),
    ];
    let found = bake.cloud.snapshots_tagged(&ours).await;
    for snapshot in found.map_err(|error| undo_error(&error))? {
        match bake.cloud.delete_snapshot(&snapshot.id).await {
            Err(error) if error.kind == ErrorKind::Conflict => {}
            removed => removed.map_err(|error| undo_error(&error))?,
        }
    }
    Ok(())
}

async fn mark(bake: &BakeHands<'_>, ids: &[&str], state: &str) -> Result<(), CloudError> {
    let tags = [(tags::STATE.to_owned(), state.to_owned())].into();
    bake.cloud.tag(ids, &tags).await
}
