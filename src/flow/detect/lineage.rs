//! Which Amazon image an image comes from. Plain functions of what was read.
//!
//! EC2 is believed before our own tags: first `SourceImageId`, image by image, to one that Amazon
//! publishes; then `GetImageAncestry`, which remembers images that are gone; then the tag that every
//! image of ours carries from birth, which is also what is left when ancestry could not be asked; and
//! last the source that is gone itself. Where none of them knows, the word of whoever adopted it.
//!
//! An image can be a copy of one of another region. Sources are followed there, and what is found is
//! named by its own id; [`super::images`] then puts Amazon's image of the look's region in its place.

use std::collections::{BTreeMap, BTreeSet};

use crate::cloud::Ancestor;
use crate::model::ids::{ImageId, Region};
use crate::model::image::Image;
use crate::model::sighting::{ImageSighting, Lineage, LineageSource, Seen, Trouble};
use crate::model::tags;

/// What EC2 answered about images.
pub(super) type Images = BTreeMap<ImageId, Seen<Image>>;

/// An image, and the region that it is in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ImagePlace {
    pub image: ImageId,
    pub region: Region,
    /// The image that names it is of another region: a copy of it, the same image.
    pub across: bool,
}

impl ImagePlace {
    fn of_source(image: &Image, source: &ImageId) -> Self {
        Self {
            image: source.clone(),
            region: image.region_of_source().clone(),
            across: image.copied_across(),
        }
    }
}

/// Where following `SourceImageId` ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Chain {
    /// The image is Amazon's own.
    Here,
    /// At this Amazon image.
    Base(ImageId),
    /// At an image that was not read yet.
    Unread(ImagePlace),
    /// At an image that EC2 does not list any more (named), or at one without a source.
    Nowhere(Option<ImagePlace>),
    /// At an image that could not be read.
    Unreachable(Trouble),
}

/// Follows `SourceImageId` through the images that were read.
pub(super) fn lineage_chain(start: &ImageId, images: &Images) -> Chain {
    let mut seen = BTreeSet::new();
    let mut at = start;
    let mut named: Option<ImagePlace> = None;
    loop {
        let image = match images.get(at) {
            None => return named.map_or(Chain::Nowhere(None), Chain::Unread),
            Some(Seen::Absent) => return Chain::Nowhere(named),
            Some(Seen::Unreachable(trouble)) => return Chain::Unreachable(trouble.clone()),
            Some(Seen::Known(image)) => image,
        };
        match &image.source_image {
            _ if image.by_amazon() && at == start => return Chain::Here,
            _ if image.by_amazon() => return Chain::Base(at.clone()),
            Some(source) if seen.insert(at) => {
                named = Some(ImagePlace::of_source(image, source));
                at = source;
            }
            Some(_) | None => return Chain::Nowhere(None),
        }
    }
}

/// The sources that chains end at because nobody read them yet, or not where they are: one that was
/// asked for in the look's region is not listed there when it is of another.
pub(super) fn missing_sources(images: &Images) -> BTreeSet<ImagePlace> {
    images
        .keys()
        .filter_map(|id| match lineage_chain(id, images) {
            Chain::Unread(source) => Some(source),
            Chain::Nowhere(Some(source)) if source.across => Some(source),
            _ => None,
        })
        .collect()
}

/// The verdict on one image, and the region of its base where that was not read yet; `asked` is its
/// ancestry, where that was asked for.
pub(super) fn settle_lineage(
    id: &ImageId,
    images: &Images,
    asked: Option<&Result<Vec<Ancestor>, Trouble>>,
) -> (Lineage, Option<Region>) {
    match lineage_chain(id, images) {
        Chain::Here => (Lineage::IsBase, None),
        Chain::Base(base) => (from(base, LineageSource::SourceImage), None),
        Chain::Unreachable(trouble) => (Lineage::Unreachable(trouble), None),
        Chain::Unread(_) => remembered(id, images, asked, None),
        Chain::Nowhere(gone) => remembered(id, images, asked, gone),
    }
}

/// Beyond what `SourceImageId` leads to. A source that is gone, and of which ancestry knows no more,
/// is the base: what EC2 does not list is not what is recommended now, whoever owned it. One that was
/// only copied from region to region is no base, gone or not.
fn remembered(
    id: &ImageId,
    images: &Images,
    asked: Option<&Result<Vec<Ancestor>, Trouble>>,
    gone: Option<ImagePlace>,
) -> (Lineage, Option<Region>) {
    let gone = gone.filter(|place| !place.across);
    let ancestor = asked
        .and_then(|answer| answer.as_ref().ok())
        .into_iter()
        .flatten()
        .find(|ancestor| ancestor.image != *id && is_amazon(ancestor));
    let image = images.get(id).and_then(Seen::known);
    let tagged = image.and_then(|image| {
        // A copy's tags are those of the image that it was copied from.
        let base = image.tags.get(tags::BASE_IMAGE)?;
        Some((base, image.region_of_source().clone()))
    });
    match (ancestor, tagged, asked, gone) {
        (Some(ancestor), ..) => (
            from(ancestor.image.clone(), LineageSource::Ancestry),
            Some(ancestor.region.clone()),
        ),
        (None, Some((base, region)), ..) => {
            (from(base.as_str().into(), LineageSource::Tag), Some(region))
        }
        (None, None, Some(Err(trouble)), _) => (Lineage::Unreachable(trouble.clone()), None),
        (None, None, Some(Ok(_)), Some(gone)) => (
            from(gone.image, LineageSource::SourceImage),
            Some(gone.region),
        ),
        (None, None, Some(Ok(_)), None) | (None, None, None, _) => (Lineage::NotKnown, None),
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
pub(super) fn lineage_trouble(lineage: &Lineage) -> Option<&Trouble> {
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
            region: "eu-west-1".into(),
            owner_alias: alias.map(str::to_owned),
            source: None,
            created: None,
        }
    }

    fn copy(images: &Images, asked: Option<&Result<Vec<Ancestor>, Trouble>>) -> Lineage {
        settle_lineage(&"ami-copy".into(), images, asked).0
    }

    fn source(base: &str) -> Lineage {
        from(base.into(), LineageSource::SourceImage)
    }

    fn place(image: &str, across: bool) -> ImagePlace {
        let region = match across {
            true => "us-east-1",
            false => "eu-west-1",
        };
        ImagePlace {
            image: image.into(),
            region: region.into(),
            across,
        }
    }

    /// `ami-copy` was copied from `ami-mid` of another region.
    fn copied() -> Images {
        let mut images = images();
        for (id, seen) in &mut images {
            if let Seen::Known(image) = seen {
                match id.as_str() {
                    "ami-copy" => image.source_region = Some("us-east-1".into()),
                    _ => image.region = "us-east-1".into(),
                }
            }
        }
        images
    }

    #[test]
    fn a_source_of_another_region_is_looked_for_there() {
        let mut images = copied();
        assert_eq!(copy(&images, None), source("ami-base"));
        images.remove(&ImageId::from("ami-base"));
        let base = ImagePlace {
            across: false,
            ..place("ami-base", true)
        };
        assert_eq!(missing_sources(&images), [base].into());
        images.remove(&ImageId::from("ami-mid"));
        assert_eq!(missing_sources(&images), [place("ami-mid", true)].into());
        images.insert("ami-mid".into(), Seen::Absent);
        assert_eq!(
            missing_sources(&images),
            [place("ami-mid", true)].into(),
            "it is not listed here because it is there"
        );
    }

    #[test]
    fn what_an_image_was_copied_from_is_no_base_even_when_it_is_gone() {
        let mut images = copied();
        images.insert("ami-mid".into(), Seen::Absent);
        assert_eq!(copy(&images, Some(&Ok(Vec::new()))), Lineage::NotKnown);
        let mut there = ancestor("ami-base", Some("amazon"));
        there.region = "us-east-1".into();
        let told = settle_lineage(&"ami-copy".into(), &images, Some(&Ok(vec![there])));
        let base = from("ami-base".into(), LineageSource::Ancestry);
        assert_eq!(told, (base, Some("us-east-1".into())));
    }

    #[test]
    fn the_chain_leads_to_amazon() {
        let images = images();
        assert_eq!(
            settle_lineage(&"ami-base".into(), &images, None).0,
            Lineage::IsBase
        );
        assert_eq!(copy(&images, None), source("ami-base"));
    }

    #[test]
    fn what_was_not_read_is_named_to_be_read() {
        let mut images = images();
        images.remove(&ImageId::from("ami-mid"));
        assert_eq!(missing_sources(&images), [place("ami-mid", false)].into());
    }

    #[test]
    fn beyond_a_gone_image_ancestry_is_asked_then_the_tag_then_the_gone_one_is_the_base() {
        let mut images = images();
        images.insert("ami-mid".into(), Seen::Absent);
        assert_eq!(
            lineage_chain(&"ami-copy".into(), &images),
            Chain::Nowhere(Some(place("ami-mid", false)))
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
        assert_eq!(
            lineage_chain(&"ami-copy".into(), &images),
            Chain::Nowhere(None)
        );
    }
}
