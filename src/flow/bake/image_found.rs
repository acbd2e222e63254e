//! Which image is a bake's: what is there under its name or its key, held against EC2's own record of
//! source and instance. Looks; makes and removes nothing.

use std::collections::BTreeSet;

use super::earlier::launched;
use super::hands::BakeHands;
use super::site::of_this_key;
use super::steps::{BakeKind, BakeStep, journal_name};
use crate::cloud::CloudError;
use crate::model::bake::BakeOrder;
use crate::model::ids::{ImageId, InstanceId};
use crate::model::image::{Image, ImageState};
use crate::model::stray::StrayKind;
use crate::model::tags;
use crate::workflow::recovery::replay;
use crate::workflow::{Run, RunError, StepError};

/// What is there under this bake's name or key.
pub(super) enum ImageFound {
    Ours(Box<Image>),
    /// This bake made it, and somebody took its tags off.
    Stripped(ImageId),
    /// By an image that this bake did not make.
    NameTaken(ImageId),
    Nothing,
}

/// Looks by name, which is known at once, and by key: the name carries the base's version, and two
/// versions can share an image and so a key. What a failed look means hangs on who looks.
pub(super) async fn made(
    bake: &BakeHands<'_>,
    run: &Run<BakeKind>,
    failed: fn(&CloudError) -> StepError,
) -> Result<ImageFound, StepError> {
    let (order, builders) = (run.input(), builders(bake, run).await?);
    let by_name = bake.cloud.own_image_by_name(&order.image_name).await;
    if let Some(image) = by_name.map_err(|error| failed(&error))? {
        return Ok(
            match (
                of_builder(&image, order, &builders),
                of_this_key(&image, order),
            ) {
                (true, true) => ImageFound::Ours(Box::new(image)),
                (true, false) => ImageFound::Stripped(image.id),
                (false, _) => ImageFound::NameTaken(image.id),
            },
        );
    }
    let ours = [
        (tags::INSTALLATION, order.installation.as_str()),
        (tags::KEY, order.key.as_str()),
        (tags::ROLE, tags::role::IMAGE),
    ];
    let by_key = bake.cloud.own_images(&ours).await;
    let mut by_key = by_key.map_err(|error| failed(&error))?;
    by_key.retain(|image| {
        image.state != ImageState::Deregistered && of_builder(image, order, &builders)
    });
    // A verified one first: there is never to be a second.
    by_key.sort_by_key(|image| !is_verified(image));
    Ok(by_key
        .into_iter()
        .next()
        .map_or(ImageFound::Nothing, |image| {
            ImageFound::Ours(Box::new(image))
        }))
}

/// What is said of an image of this bake that lost its tags.
pub(super) fn stripped(id: &ImageId, order: &BakeOrder) -> String {
    format!(
        "{id} was made by this bake and does not carry its tags any more: somebody took them off, and \
         amiwatch touches nothing that does not carry them; find out who, and remove it: {}",
        StrayKind::Image.by_hand(id.as_str(), &order.scope.region)
    )
}

/// The builders of this attempt and of the ones before it, as their journals tell: an image that an
/// earlier attempt left to be made is gone on with.
async fn builders(
    bake: &BakeHands<'_>,
    run: &Run<BakeKind>,
) -> Result<BTreeSet<InstanceId>, StepError> {
    let order = run.input();
    let mut builders: BTreeSet<InstanceId> = builder_of(run).into_iter().collect();
    for attempt in 1..order.attempt {
        let journal = journal_name(&order.key, attempt);
        match replay::<BakeKind>(bake.store, &journal).await {
            Ok(earlier) => builders.extend(builder_of(&earlier)),
            // Not kept any more: then what it left is nobody's.
            Err(RunError::Missing { .. }) => {}
            Err(error) => {
                return Err(StepError::Again {
                    why: format!("the journal of attempt {attempt} cannot be read: {error}"),
                });
            }
        }
    }
    Ok(builders)
}

fn builder_of(run: &Run<BakeKind>) -> Option<InstanceId> {
    launched(run, BakeStep::LaunchBuilder).ok().cloned()
}

/// EC2's record of source and instance says that this bake made it, whatever its tags say.
fn of_builder(image: &Image, order: &BakeOrder, builders: &BTreeSet<InstanceId>) -> bool {
    let instance = image.source_instance.as_ref();
    instance.is_some_and(|instance| builders.contains(instance))
        && image.source_image.as_ref() == Some(&order.release.image)
}

pub(super) fn is_verified(image: &Image) -> bool {
    state_of(image) == Some(tags::state::VERIFIED)
}

pub(super) fn state_of(image: &Image) -> Option<&str> {
    image.tags.get(tags::STATE).map(String::as_str)
}
