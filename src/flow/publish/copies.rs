//! The destination that is a copy of the image in another region: ordered, waited for, and marked as not for
//! use when the image is not.
//!
//! CopyImage has a token, and a token answers with the same copy for ever, also when that has failed: it is
//! one for each run and for what it wishes, since a store that was lost numbers its runs from the start and EC2
//! refuses a token that comes again with another wish. What is there already is found by its name, which is the image's own and unique in account
//! and region, and taken for ours only where EC2 says that it is a copy of this image.

use std::collections::BTreeMap;

use super::hands::Publication;
use super::kind::journal_of;
use super::looking::fit_image;
use super::steps::{PublicationOutput, PublicationStep, PublishKind};
use super::trouble::{PublishFault, change_error, look_error, step_failed};
use crate::cloud::{CloudError, CopyImage, ErrorKind};
use crate::model::bake::digest;
use crate::model::ids::{ImageId, SnapshotId};
use crate::model::image::{Image, ImageState};
use crate::model::publish::PublishOrder;
use crate::model::stray::StrayKind;
use crate::model::tags;
use crate::workflow::{At, StepError, StepLook, Undo};

/// How long EC2 may take to list what it has just been told to copy, in seconds.
const SETTLE_S: i64 = 600;

/// The tags that say what is in an image, wherever it is.
const CARRIED: [&str; 4] = [
    tags::GENERATION,
    tags::BASE_IMAGE,
    tags::BASE_VERSION,
    tags::RECIPE_DIGEST,
];

/// The image is fit for it where it is. One that is taken back need not be there any more.
pub(super) async fn look_at_source(
    hands: &Publication<'_>,
    at: &At<'_, PublishKind>,
) -> Result<StepLook<PublicationOutput>, StepError> {
    let order = at.run.input();
    if order.back.is_some() {
        return Ok(StepLook::Done(PublicationOutput::LookedAt {
            image: order.copy.clone(),
            version: None,
        }));
    }
    let home = hands.cloud.in_region(&order.home.region);
    let source = fit_image(&home, &order.image, order).await?;
    let carried = source.tags.into_iter();
    Ok(StepLook::Done(PublicationOutput::Source {
        name: source.name,
        tags: carried
            .filter(|(name, _)| CARRIED.contains(&name.as_str()))
            .collect(),
    }))
}

/// What is copied, as the first step found it.
fn source<'a>(
    at: &'a At<'_, PublishKind>,
) -> Result<(&'a str, &'a BTreeMap<String, String>), StepError> {
    match at.run.output(PublicationStep::LookAtIt) {
        Some(PublicationOutput::Source { name, tags }) => Ok((name, tags)),
        _ => {
            let why = "the journal does not say what is copied";
            Err(step_failed(PublishFault::Misfit, why))
        }
    }
}

/// The copy that is there, by its name. A name that something else has is somebody else's.
async fn copy_by_name(
    hands: &Publication<'_>,
    order: &PublishOrder,
    name: &str,
) -> Result<Option<Image>, StepError> {
    let found = hands.cloud.own_image_by_name(name).await;
    let found = found.map_err(|error| look_error(&error))?;
    let Some(image) = found.filter(|image| image.state != ImageState::Deregistered) else {
        return Ok(None);
    };
    if is_copy(&image, order) {
        return Ok(Some(image));
    }
    let why = format!(
        "the name {name} is taken in {} by {}, which is no copy of {} that amiwatch made; find out who made \
         it, or deregister it: {}",
        order.scope.region,
        image.id,
        order.image,
        by_hand(&image.id, order)
    );
    Err(step_failed(PublishFault::Misfit, why))
}

fn by_hand(id: &ImageId, order: &PublishOrder) -> String {
    StrayKind::Image.by_hand(id.as_str(), &order.scope.region)
}

/// Its tags say so, and EC2, which nobody can make say it, does as well.
fn is_copy(image: &Image, order: &PublishOrder) -> bool {
    let tag = |name: &str| image.tags.get(name).map(String::as_str);
    image.source_image.as_ref() == Some(&order.image)
        && image.source_region.as_ref() == Some(&order.home.region)
        && tag(tags::INSTALLATION) == Some(order.installation.as_str())
        && tag(tags::ROLE) == Some(tags::role::COPY)
        && tag(tags::COPY_OF) == Some(order.copied_from().as_str())
}

fn state_of(image: &Image) -> Option<&str> {
    image.tags.get(tags::STATE).map(String::as_str)
}

/// Every copy of the image in the destination's region, whatever it is called.
async fn copies_by_tag(
    hands: &Publication<'_>,
    order: &PublishOrder,
) -> Result<Vec<Image>, StepError> {
    let from = order.copied_from();
    let ours = [
        (tags::INSTALLATION, order.installation.as_str()),
        (tags::ROLE, tags::role::COPY),
        (tags::COPY_OF, from.as_str()),
    ];
    let found = hands.cloud.own_images(&ours).await;
    let mut found = found.map_err(|error| look_error(&error))?;
    found.retain(|image| image.state != ImageState::Deregistered && is_copy(image, order));
    Ok(found)
}

fn is_withdrawn(image: &Image) -> bool {
    state_of(image) == Some(tags::state::QUARANTINED)
}

/// The copy is there, whoever ordered it, or, where it is taken back, marked.
pub(super) async fn find_copy(
    hands: &Publication<'_>,
    at: &At<'_, PublishKind>,
) -> Result<Option<PublicationOutput>, StepError> {
    let order = at.run.input();
    if order.back.is_some() {
        let copies = copies_by_tag(hands, order).await?;
        let done = copies.iter().all(is_withdrawn);
        return Ok(done.then_some(PublicationOutput::Written {
            version: None,
            already: true,
        }));
    }
    let (name, _) = source(at)?;
    let found = copy_by_name(hands, order, name).await?;
    let for_use = found.filter(|image| state_of(image) == Some(tags::state::VERIFIED));
    Ok(for_use.map(|image| PublicationOutput::Copied { image: image.id }))
}

/// Orders the copy. One that was marked as not for use is for use again.
pub(super) async fn start_copy(
    hands: &Publication<'_>,
    at: &At<'_, PublishKind>,
    key: Option<&str>,
) -> Result<StepLook<PublicationOutput>, StepError> {
    let order = at.run.input();
    if order.back.is_some() {
        for image in copies_by_tag(hands, order).await? {
            let marked = mark(hands, &image, tags::state::QUARANTINED).await;
            marked.map_err(|error| change_error(&error))?;
        }
        return Ok(StepLook::Done(PublicationOutput::Written {
            version: None,
            already: false,
        }));
    }
    let (name, carried) = source(at)?;
    if let Some(image) = copy_by_name(hands, order, name).await? {
        let marked = mark(hands, &image, tags::state::VERIFIED).await;
        marked.map_err(|error| change_error(&error))?;
        return Ok(StepLook::Done(PublicationOutput::Copied {
            image: image.id,
        }));
    }
    let wish = wish(order, name, carried, key);
    match hands.cloud.copy_image(&wish).await {
        Ok(image) => Ok(StepLook::Done(PublicationOutput::Copied { image })),
        Err(error) => Err(change_error(&error)),
    }
}

pub(super) fn wish(
    order: &PublishOrder,
    name: &str,
    carried: &BTreeMap<String, String>,
    key: Option<&str>,
) -> CopyImage {
    let mut tags = carried.clone();
    let ours = [
        (tags::INSTALLATION, order.installation.to_string()),
        (tags::WATCH, order.watch.to_string()),
        (tags::ROLE, tags::role::COPY.to_owned()),
        (tags::STATE, tags::state::VERIFIED.to_owned()),
        (tags::COPY_OF, order.copied_from()),
    ];
    tags.extend(ours.map(|(name, value)| (name.to_owned(), value)));
    let region = &order.home.region;
    CopyImage {
        source: order.image.clone(),
        source_region: region.clone(),
        name: name.to_owned(),
        description: format!("{}, copied from {} in {region}", order.watch, order.image),
        token: digest(&[
            "amiwatch copy 2",
            &journal_of(order),
            order.image.as_str(),
            key.unwrap_or_default(),
        ]),
        key: key.map(str::to_owned),
        tags,
    }
}

/// The image last: whoever sees its mark sees nothing of it that says otherwise.
async fn mark(hands: &Publication<'_>, image: &Image, state: &str) -> Result<(), CloudError> {
    let mark = BTreeMap::from([(tags::STATE.to_owned(), state.to_owned())]);
    let snapshots: Vec<&str> = image.snapshots.iter().map(SnapshotId::as_str).collect();
    if !snapshots.is_empty() {
        match hands.cloud.tag(&snapshots, &mark).await {
            // What is gone is for nobody's use.
            Err(error) if error.kind == ErrorKind::NotFound => {}
            marked => marked?,
        }
    }
    match hands.cloud.tag(&[image.id.as_str()], &mark).await {
        Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
        marked => marked,
    }
}

/// One look at the copy: it can be launched, or is marked.
pub(super) async fn read_back(
    hands: &Publication<'_>,
    at: &At<'_, PublishKind>,
) -> Result<StepLook<PublicationOutput>, StepError> {
    let order = at.run.input();
    if order.back.is_some() {
        let copies = copies_by_tag(hands, order).await?;
        return Ok(match copies.iter().all(is_withdrawn) {
            true => StepLook::Done(PublicationOutput::Stands { version: None }),
            false => StepLook::pending("EC2 does not show the mark yet"),
        });
    }
    let Some(PublicationOutput::Copied { image: id }) = at.run.output(PublicationStep::Write)
    else {
        let why = "the journal does not say which copy was made";
        return Err(step_failed(PublishFault::Misfit, why));
    };
    let found = hands.cloud.images(std::slice::from_ref(id)).await;
    let found = found.map_err(|error| look_error(&error))?;
    let Some(image) = found.get(id) else {
        if (at.now - at.since).num_seconds() < SETTLE_S {
            return Ok(StepLook::pending(format!("{id} does not show yet")));
        }
        let why = format!("{id} is not listed any more: somebody deregistered it");
        return Err(step_failed(PublishFault::CopyFailed, why));
    };
    copied_so_far(image)
}

fn copied_so_far(image: &Image) -> Result<StepLook<PublicationOutput>, StepError> {
    let id = &image.id;
    match image.state {
        ImageState::Available => Ok(StepLook::Done(PublicationOutput::Stands { version: None })),
        ImageState::Failed | ImageState::Deregistered => {
            let reason = image.state_reason.as_deref();
            let reason = reason.unwrap_or("EC2 gives no reason");
            let why = format!("EC2 could not make the copy {id}: {reason}");
            Err(step_failed(PublishFault::CopyFailed, why))
        }
        ImageState::Disabled => {
            let why = format!("somebody disabled the copy {id}: no instance starts from it");
            Err(step_failed(PublishFault::Misfit, why))
        }
        ImageState::Pending | ImageState::Other => {
            Ok(StepLook::pending(format!("{id} is being copied")))
        }
    }
}

/// Removes a copy that EC2 could not make, and its snapshots: it keeps the name from the next one. Any other is
/// what should be there, and the next run goes on with it.
pub(super) async fn undo_copy(
    hands: &Publication<'_>,
    at: &At<'_, PublishKind>,
) -> Result<Undo, StepError> {
    let order = at.run.input();
    if order.back.is_some() {
        return Ok(Undo::Gone);
    }
    for image in copies_by_tag(hands, order).await? {
        if image.state == ImageState::Failed {
            let removed = hands.cloud.deregister(&image.id, &image.snapshots).await;
            removed.map_err(|error| change_error(&error))?;
        }
    }
    Ok(Undo::Gone)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(state: ImageState) -> Image {
        Image {
            id: "ami-copy".into(),
            region: "eu-central-1".into(),
            name: "one".to_owned(),
            owner: "000000000000".into(),
            ours: true,
            owner_alias: None,
            public: false,
            architecture: None,
            state,
            state_reason: Some("Client.InternalError: no".to_owned()),
            created: None,
            deprecated_from: None,
            source_image: Some("ami-1".into()),
            source_region: Some("eu-west-1".into()),
            source_instance: None,
            snapshots: Vec::new(),
            tags: BTreeMap::new(),
        }
    }

    /// The word of the failure, where it is one.
    fn fault(state: ImageState) -> Option<String> {
        match copied_so_far(&image(state)) {
            Err(StepError::Failed(failure)) => Some(failure.kind),
            _ => None,
        }
    }

    #[test]
    fn only_what_can_be_launched_is_copied_and_what_never_will_be_fails() {
        let available = copied_so_far(&image(ImageState::Available));
        assert!(matches!(available, Ok(StepLook::Done(_))));
        for state in [ImageState::Pending, ImageState::Other] {
            let look = copied_so_far(&image(state));
            assert!(matches!(look, Ok(StepLook::Pending { .. })), "{state:?}");
        }
        for state in [ImageState::Failed, ImageState::Deregistered] {
            assert_eq!(fault(state).as_deref(), Some("copy_failed"));
        }
        // Another order would not help: it is there, and somebody took it out of use.
        assert_eq!(fault(ImageState::Disabled).as_deref(), Some("misfit"));
    }
}
