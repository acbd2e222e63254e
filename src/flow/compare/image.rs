//! Sentences about images and branches that environments and watches share: one wording, one set of
//! fact names.

use chrono::{DateTime, Utc};

use crate::model::base::BranchLifecycle;
use crate::model::ids::ImageId;
use crate::model::image::Image;
use crate::model::reason::{Reason, ReasonCode};

/// An image in use, or last baked, that EC2 does not list.
pub(super) fn gone(image: &ImageId) -> Reason {
    Reason::new(
        ReasonCode::ImageGone,
        format!("EC2 does not list {image} any more: new instances cannot start from it."),
    )
    .fact("image", image)
}

/// The base of an image that EC2 does not list.
pub(super) fn base_gone(image: &ImageId, base: &ImageId) -> Reason {
    Reason::new(
        ReasonCode::BaseGone,
        format!("EC2 does not list {base} any more, the base that {image} was made from."),
    )
    .fact("image", image)
    .fact("base_image", base)
}

/// The recommendation moved back to an older image of the line.
pub(super) fn withdrawn(made_from: &ImageId, recommended: &ImageId, line: &str) -> Reason {
    Reason::new(
        ReasonCode::BaseWithdrawn,
        format!(
            "{line} went back to the older {recommended}: {made_from} was recommended and is not \
             any more."
        ),
    )
    .fact("base_image", made_from)
    .fact("recommended_image", recommended)
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
        let day = from.format("%Y-%m-%d");
        Reason::new(
            ReasonCode::BaseDeprecated,
            format!("The base {base} is deprecated in EC2 since {day}."),
        )
        .fact("base_image", base)
        .fact("deprecated_from", from.to_rfc3339())
    })
}

/// A platform branch that comes to its end.
pub(super) fn branch_ends(branch: &str, lifecycle: BranchLifecycle) -> Option<Reason> {
    let (code, end) = match lifecycle {
        BranchLifecycle::Deprecated => (
            ReasonCode::BranchDeprecated,
            "is deprecated: plan the move to a newer branch",
        ),
        BranchLifecycle::Retired => (
            ReasonCode::BranchRetired,
            "is retired: its images may be made private, and then no instance starts from them",
        ),
        BranchLifecycle::NotSaid | BranchLifecycle::Beta | BranchLifecycle::Supported => {
            return None;
        }
    };
    Some(Reason::new(code, format!("The platform branch {branch} {end}.")).fact("branch", branch))
}
