//! Which Amazon image an image comes from. Plain functions of what was read.
//!
//! EC2 is believed before our own tags: first `SourceImageId`, image by image, to one that Amazon
//! publishes; then `GetImageAncestry`, which remembers images that are gone; then the tag that every
//! image of ours carries from birth, which is also what is left when ancestry could not be asked; and
//! last the source that is gone itself. Where none of them knows, the word of whoever adopted it.

use std::collections::{BTreeMap, BTreeSet};

use crate::cloud::Ancestor;
use crate::model::ids::ImageId;
use crate::model::image::Image;
use crate::model::sighting::{ImageSighting, Lineage, LineageSource, Seen, Trouble};
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
    /// At an image that EC2 does not list any more (named), or at one without a source.
    Nowhere(Option<ImageId>),
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
            Some(Seen::Absent) => return Chain::Nowhere((at != start).then(|| at.clone())),
            Some(Seen::Unreachable(trouble)) => return Chain::Unreachable(trouble.clone()),
            Some(Seen::Known(image)) => image,
        };
        match &image.source_image {
            _ if image.by_amazon() && at == start => return Chain::Here,
            _ if image.by_amazon() => return Chain::Base(at.clone()),
            Some(source) if seen.insert(at) => at = source,
            Some(_) | None => return Chain::Nowhere(None),
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
        Chain::Unread(_) => remembered(id, images, asked, None),
        Chain::Nowhere(gone) => remembered(id, images, asked, gone),
    }
}

/// Beyond what `SourceImageId` leads to. A source that is gone, and of which ancestry knows no more,
/// is the base: what EC2 does not list is not what is recommended now, whoever owned it.
fn remembered(
    id: &ImageId,
    images: &Images,
    asked: Option<&Result<Vec<Ancestor>, Trouble>>,
    gone: Option<ImageId>,
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
    match (ancestor, tagged, asked, gone) {
        (Some(ancestor), ..) => from(ancestor.image.clone(), LineageSource::Ancestry),
        (None, Some(base), ..) => from(base.as_str().into(), LineageSource::Tag),
        (None, None, Some(Err(trouble)), _) => Lineage::Unreachable(trouble.clone()),
        (None, None, Some(Ok(_)), Some(gone)) => from(gone, LineageSource::SourceImage),
        (None, None, Some(Ok(_)), None) | (None, None, None, _) => Lineage::NotKnown,
    }
}

/// Where nobody knows what an image was made from, the word of the person who adopted it counts.
pub(super) fn believe(
    by_word: &BTreeMap<ImageId, ImageId>,
    images: &mut BTreeMap<ImageId, ImageSighting>,
) {
    for (image, base) in by_word {
        if let Some(seen) = images.get_mut(image)
            && seen.lineage == Lineage::NotKnown
            && seen.image.known().is_some()
        {
            seen.lineage = from(base.clone(), LineageSource::Person);
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::test_world::{World, trouble};

    /// Images made one from the other: `ami-copy` from `ami-mid` from `ami-base`, Amazon's.
    fn images() -> Images {
        let mut world = World::new();
        world.amazon("ami-base", 9);
        for (id, source) in [("ami-mid", "ami-base"), ("ami-copy", "ami-mid")] {
            world.custom(id, source);
            world.image_facts(id).source_image = Some(source.into());
        }
        let seen = world.sighting.images.into_iter();
        seen.map(|(id, seen)| (id, seen.image)).collect()
    }

    fn ancestor(id: &str, alias: Option<&str>) -> Ancestor {
        Ancestor {
            image: id.into(),
            owner_alias: alias.map(str::to_owned),
            source: None,
            created: None,
        }
    }

    fn copy(images: &Images, asked: Option<&Result<Vec<Ancestor>, Trouble>>) -> Lineage {
        settle(&"ami-copy".into(), images, asked)
    }

    fn source(base: &str) -> Lineage {
        from(base.into(), LineageSource::SourceImage)
    }

    #[test]
    fn the_chain_leads_to_amazon() {
        let images = images();
        assert_eq!(settle(&"ami-base".into(), &images, None), Lineage::IsBase);
        assert_eq!(copy(&images, None), source("ami-base"));
    }

    #[test]
    fn what_was_not_read_is_named_to_be_read() {
        let mut images = images();
        images.remove(&ImageId::from("ami-mid"));
        assert_eq!(missing_sources(&images), BTreeSet::from(["ami-mid".into()]));
    }

    #[test]
    fn beyond_a_gone_image_ancestry_is_asked_then_the_tag_then_the_gone_one_is_the_base() {
        let mut images = images();
        images.insert("ami-mid".into(), Seen::Absent);
        assert_eq!(
            chain(&"ami-copy".into(), &images),
            Chain::Nowhere(Some("ami-mid".into()))
        );
        let line = vec![
            ancestor("ami-copy", Some("self")),
            ancestor("ami-mid", None),
            ancestor("ami-base", Some("amazon")),
        ];
        let told = from("ami-base".into(), LineageSource::Ancestry);
        assert_eq!(copy(&images, Some(&Ok(line))), told);
        assert_eq!(copy(&images, Some(&Ok(Vec::new()))), source("ami-mid"));
        let silent = Err(trouble("ancestry"));
        let untold = Lineage::Unreachable(trouble("ancestry"));
        assert_eq!(copy(&images, Some(&silent)), untold);

        let Some(Seen::Known(image)) = images.get_mut(&ImageId::from("ami-copy")) else {
            panic!("ami-copy is known");
        };
        let tag = tags::BASE_IMAGE.to_owned();
        image.tags.insert(tag, "ami-tagged".to_owned());
        let told = from("ami-tagged".into(), LineageSource::Tag);
        assert_eq!(copy(&images, Some(&silent)), told);
    }

    #[test]
    fn an_image_that_cannot_be_read_leaves_the_lineage_open() {
        let mut images = images();
        images.insert("ami-mid".into(), Seen::Unreachable(trouble("image")));
        assert_eq!(copy(&images, None), Lineage::Unreachable(trouble("image")));
    }

    #[test]
    fn a_persons_word_counts_only_where_nobody_knows() {
        let mut world = World::new();
        world.custom("ami-known", "ami-base");
        world.custom("ami-unknown", "ami-base");
        world.image("ami-unknown").lineage = Lineage::NotKnown;
        world.gone("ami-gone");
        let images = ["ami-known", "ami-unknown", "ami-gone"];
        let by_word = images.map(|image| (image.into(), "ami-word".into())).into();
        believe(&by_word, &mut world.sighting.images);
        let lineage = |id: &str| world.sighting.images[&ImageId::from(id)].lineage.clone();
        assert_eq!(lineage("ami-known"), source("ami-base"));
        assert_eq!(
            lineage("ami-unknown"),
            from("ami-word".into(), LineageSource::Person)
        );
        assert_eq!(lineage("ami-gone"), Lineage::NotKnown);
    }

    #[test]
    fn a_loop_ends() {
        let mut images = images();
        if let Some(Seen::Known(image)) = images.get_mut(&ImageId::from("ami-mid")) {
            image.source_image = Some("ami-copy".into());
        }
        assert_eq!(chain(&"ami-copy".into(), &images), Chain::Nowhere(None));
    }
}
