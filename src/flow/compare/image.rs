//! Reasons about images and branches that environments and watches share.

use chrono::{DateTime, Utc};

use crate::model::base::BranchLifecycle;
use crate::model::ids::ImageId;
use crate::model::image::{Image, ImageState};
use crate::model::reason::{About, Reason};
use crate::model::sighting::Sighting;

/// An image in use, or last baked, that EC2 does not list.
pub(super) fn image_gone(image: &ImageId) -> Reason {
    Reason::from_about(About::ImageGone {
        image: image.clone(),
    })
}

/// An image that EC2 lists and that starts no instance; absent for one that does, or may yet.
pub(super) fn starts_nothing(
    image: &ImageId,
    state: ImageState,
    sighting: &Sighting,
) -> Option<Reason> {
    match state {
        ImageState::Disabled => Some(disabled(image, sighting)),
        ImageState::Failed | ImageState::Deregistered => Some(unusable(image, state)),
        ImageState::Pending | ImageState::Available | ImageState::Other => None,
    }
}

/// One that somebody disabled.
pub(super) fn disabled(image: &ImageId, sighting: &Sighting) -> Reason {
    let place = sighting.scope.known();
    Reason::from_about(About::ImageDisabled {
        image: image.clone(),
        region: place.map(|place| place.region.clone()),
    })
}

/// Listed for a while after its end, or never finished: as good as gone.
fn unusable(image: &ImageId, state: ImageState) -> Reason {
    let word = match state {
        ImageState::Deregistered => "deregistered",
        _ => "failed",
    };
    Reason::from_about(About::ImageEnded {
        image: image.clone(),
        state: word.to_owned(),
    })
}

/// The base of an image that EC2 does not list.
pub(super) fn base_gone(image: &ImageId, base: &ImageId) -> Reason {
    Reason::from_about(About::BaseGone {
        image: image.clone(),
        made_from: base.clone(),
    })
}

/// The recommendation moved back to an older image of the line.
pub(super) fn withdrawn(made_from: &ImageId, recommended: &ImageId, line: &str) -> Reason {
    Reason::from_about(About::BaseWithdrawn {
        made_from: made_from.clone(),
        newest: recommended.clone(),
        line: line.to_owned(),
    })
}

/// A base image whose EC2 deprecation date has passed.
pub(super) fn deprecated(base: &Image, now: DateTime<Utc>) -> Option<Reason> {
    deprecated_from(&base.id, base.deprecated_from?, now)
}

/// The same, where only the date is known.
pub(super) fn deprecated_from(
    base: &ImageId,
    from: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Option<Reason> {
    (from <= now).then(|| {
        Reason::from_about(About::BaseDeprecated {
            image: base.clone(),
            from,
        })
    })
}

/// A platform branch that comes to its end.
pub(super) fn branch_ends(branch: &str, lifecycle: BranchLifecycle) -> Option<Reason> {
    let branch = branch.to_owned();
    match lifecycle {
        BranchLifecycle::Deprecated => Some(Reason::from_about(About::BranchDeprecated { branch })),
        BranchLifecycle::Retired => Some(Reason::from_about(About::BranchRetired { branch })),
        BranchLifecycle::NotSaid | BranchLifecycle::Beta | BranchLifecycle::Supported => None,
    }
}
