//! Which Amazon image an image comes from. Plain functions of what was read.
//!
//! EC2 is believed before our own tags: first `SourceImageId`, image by image, to one that Amazon
//! publishes; then `GetImageAncestry`, which remembers images that are gone; then the tag that every
//! image of ours carries from birth, which is also what is left when ancestry could not be asked.

use std::collections::{BTreeMap, BTreeSet};

use crate::cloud::Ancestor;
use crate::model::ids::ImageId;
use crate::model::image::Image;
use crate::model::sighting::{Lineage, LineageSource, Seen, Trouble};
use crate::model::tags;

/// What EC2 answered about images.
pub(super) type Images = BTreeMap<ImageId, Seen<Image>>;

/// Where following `SourceImageId` ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Chain {
    /// The image is Amazon's own.
    Here,
    /// At this Amazon image.
    Base(ImageId),
    /// At an image that was not read yet.
    Unread(ImageId),
    /// At an image without a source, or one that is gone.
    Nowhere,
    /// At an image that could not be read.
    Unreachable(Trouble),
}

/// Follows `SourceImageId` through the images that were read.
pub(super) fn chain(start: &ImageId, images: &Images) -> Chain {
    let mut seen = BTreeSet::new();
    let mut at = start;
    loop {
        let image = match images.get(at) {
            None => return Chain::Unread(at.clone()),
            Some(Seen::Absent) => return Chain::Nowhere,
            Some(Seen::Unreachable(trouble)) => return Chain::Unreachable(trouble.clone()),
            Some(Seen::Known(image)) => image,
        };
        match &image.source_image {
            _ if image.by_amazon() && at == start => return Chain::Here,
            _ if image.by_amazon() => return Chain::Base(at.clone()),
            Some(source) if seen.insert(at) => at = source,
            Some(_) | None => return Chain::Nowhere,
        }
    }
}

/// The sources that chains end at because nobody read them yet.
pub(super) fn missing_sources(images: &Images) -> BTreeSet<ImageId> {
    images
        .keys()
        .filter_map(|id| match chain(id, images) {
            Chain::Unread(source) => Some(source),
            _ => None,
        })
        .collect()
}

/// The verdict on one image; `asked` is its ancestry, where that was asked for.
pub(super) fn settle(
    id: &ImageId,
    images: &Images,
    asked: Option<&Result<Vec<Ancestor>, Trouble>>,
) -> Lineage {
    match chain(id, images) {
        Chain::Here => Lineage::IsBase,
        Chain::Base(base) => from(base, LineageSource::SourceImage),
        Chain::Unreachable(trouble) => Lineage::Unreachable(trouble),
        Chain::Unread(_) | Chain::Nowhere => remembered(id, images, asked),
    }
}

fn remembered(
    id: &ImageId,
    images: &Images,
    asked: Option<&Result<Vec<Ancestor>, Trouble>>,
) -> Lineage {
    let ancestor = asked
        .and_then(|answer| answer.as_ref().ok())
        .into_iter()
        .flatten()
        .find(|ancestor| ancestor.image != *id && is_amazon(ancestor));
    let tagged = images
        .get(id)
        .and_then(Seen::known)
        .and_then(|image| image.tags.get(tags::BASE_IMAGE));
    match (ancestor, tagged, asked) {
        (Some(ancestor), _, _) => from(ancestor.image.clone(), LineageSource::Ancestry),
        (None, Some(base), _) => from(base.as_str().into(), LineageSource::Tag),
        (None, None, Some(Err(trouble))) => Lineage::Unreachable(trouble.clone()),
        (None, None, Some(Ok(_)) | None) => Lineage::NotKnown,
    }
}

fn is_amazon(ancestor: &Ancestor) -> bool {
    ancestor.owner_alias.as_deref() == Some("amazon")
}

fn from(base: ImageId, told_by: LineageSource) -> Lineage {
    Lineage::From { base, told_by }
}

/// The trouble, when the lineage could not be asked.
pub(super) fn trouble(lineage: &Lineage) -> Option<&Trouble> {
    match lineage {
        Lineage::Unreachable(trouble) => Some(trouble),
        Lineage::IsBase | Lineage::From { .. } | Lineage::NotKnown => None,
    }
}
