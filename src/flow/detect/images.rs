//! Images by the batch: those in use, those that platform versions name, and what they came from, in
//! whatever region that is.
//!
//! Amazon publishes one release under an id of its own in every region, and under one name. So the base
//! of an image that was copied from another region is put in the terms of this one, by its name.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::stream::{self, StreamExt};

use super::lineage::{self, Chain, ImagePlace, Images};
use super::{IN_FLIGHT_MAX, LookScope};
use crate::cloud::{Ancestor, Cloud, ErrorKind};
use crate::model::ids::{ImageId, Region};
use crate::model::image::Image;
use crate::model::sighting::{ImageSighting, Lineage, Seen, Sighting, Trouble};

/// How many images a chain of `SourceImageId` may have. Copies of copies are two or three long; a
/// longer one is a loop or a mistake, and ancestry is asked instead.
const CHAIN_MAX: usize = 8;

/// Images in one question: EC2 takes at most 200 values in one filter.
const BATCH_MAX: usize = 200;

/// Puts every image that matters into the sighting, with its lineage.
pub(super) async fn read_images(cloud: &Cloud, look: &LookScope, sighting: &mut Sighting) {
    let used: BTreeSet<ImageId> = in_use(sighting)
        .chain(look.images.iter().cloned())
        .collect();
    let named = sighting
        .platforms
        .values()
        .chain(sighting.recommended.values())
        .filter_map(Seen::known)
        .flat_map(|platform| platform.images.iter().map(|(_, image)| image.clone()));
    let first = used.iter().cloned().chain(named);
    let mut images = Images::new();
    fetch(cloud, here(cloud, first), &mut images).await;
    follow(cloud, &mut images).await;
    let ancestries = ancestries(cloud, &used, &images).await;
    add(cloud, sighting, images, &ancestries).await;
}

/// Adds images that were learnt of after the first look, unless the sighting has them.
pub(super) async fn read_more(cloud: &Cloud, wanted: BTreeSet<ImageId>, sighting: &mut Sighting) {
    read_more_of(cloud, here(cloud, wanted), sighting).await;
}

/// The same, of images that may be in other regions.
pub(super) async fn read_more_of(
    cloud: &Cloud,
    mut missing: BTreeMap<ImageId, Region>,
    sighting: &mut Sighting,
) {
    missing.retain(|image, _| !sighting.images.contains_key(image));
    let mut images = Images::new();
    fetch(cloud, missing, &mut images).await;
    add(cloud, sighting, images, &BTreeMap::new()).await;
}

/// These, as images of the look's own region.
fn here(cloud: &Cloud, images: impl IntoIterator<Item = ImageId>) -> BTreeMap<ImageId, Region> {
    let images = images.into_iter();
    images.map(|id| (id, cloud.region().clone())).collect()
}

/// Reads sources, one step of every chain at a time; each place once.
async fn follow(cloud: &Cloud, images: &mut Images) {
    let mut asked: BTreeSet<ImagePlace> = BTreeSet::new();
    for _ in 0..CHAIN_MAX {
        let missing = lineage::missing_sources(images);
        let sources: Vec<ImagePlace> = missing.difference(&asked).cloned().collect();
        if sources.is_empty() {
            break;
        }
        asked.extend(sources.iter().cloned());
        let wanted = sources.into_iter().map(|one| (one.image, one.region));
        fetch(cloud, wanted.collect(), images).await;
    }
}

fn in_use(sighting: &Sighting) -> impl Iterator<Item = ImageId> {
    let environments = sighting.environments.known().into_iter().flatten();
    environments.filter_map(|seen| seen.settings.known()?.image.clone())
}

/// Looks at many, batch by batch: what EC2 leaves out of an answer is not there, and a batch without
/// an answer leaves the others alone.
async fn fetch(cloud: &Cloud, wanted: BTreeMap<ImageId, Region>, images: &mut Images) {
    let mut by_region: BTreeMap<Region, Vec<ImageId>> = BTreeMap::new();
    for (id, region) in wanted {
        by_region.entry(region).or_default().push(id);
    }
    let batches: Vec<(Cloud, &[ImageId])> = by_region
        .iter()
        .flat_map(|(region, ids)| {
            let batches = ids.chunks(BATCH_MAX);
            batches.map(move |batch| (cloud.in_region(region), batch))
        })
        .collect();
    let answers: Vec<Images> = stream::iter(batches)
        .map(|(cloud, batch)| async move { fetch_batch(&cloud, batch).await })
        .buffered(IN_FLIGHT_MAX)
        .collect()
        .await;
    images.extend(answers.into_iter().flatten());
}

async fn fetch_batch(cloud: &Cloud, batch: &[ImageId]) -> Images {
    let ids = batch.iter().cloned();
    match cloud.images(batch).await {
        Ok(mut found) => ids
            .map(|id| {
                let seen = found.remove(&id).map_or(Seen::Absent, Seen::Known);
                (id, seen)
            })
            .collect(),
        Err(error) => {
            let trouble = error.trouble(of_batch(batch));
            ids.map(|id| (id, Seen::Unreachable(trouble.clone())))
                .collect()
        }
    }
}

fn of_batch(batch: &[ImageId]) -> String {
    match batch {
        [one] => format!("image {one}"),
        [first, ..] => format!("{} images from {first} on", batch.len()),
        [] => "no image".to_owned(),
    }
}

type Ancestries = BTreeMap<ImageId, Result<Vec<Ancestor>, Trouble>>;

/// Asks for the ancestry of images in use whose `SourceImageId` leads nowhere.
async fn ancestries(cloud: &Cloud, used: &BTreeSet<ImageId>, images: &Images) -> Ancestries {
    let lost: Vec<&ImageId> = used
        .iter()
        .filter(|id| matches!(images.get(*id), Some(Seen::Known(_))))
        .filter(|id| matches!(lineage::lineage_chain(id, images), Chain::Nowhere(_)))
        .collect();
    stream::iter(lost)
        .map(|id| async move { (id.clone(), ancestry(cloud, id).await) })
        .buffered(IN_FLIGHT_MAX)
        .collect()
        .await
}

async fn ancestry(cloud: &Cloud, id: &ImageId) -> Result<Vec<Ancestor>, Trouble> {
    match cloud.ancestry(id).await {
        Ok(ancestors) => Ok(ancestors),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error.trouble(format!("ancestry of {id}"))),
    }
}

/// Settles every lineage, reads the bases that only ancestry or a tag named, and files it all.
async fn add(cloud: &Cloud, sighting: &mut Sighting, mut images: Images, asked: &Ancestries) {
    let settled: Vec<(ImageId, (Lineage, Option<Region>))> = images
        .keys()
        .map(|id| {
            (
                id.clone(),
                lineage::settle_lineage(id, &images, asked.get(id)),
            )
        })
        .collect();
    let unread = settled.iter().filter_map(|(_, (lineage, region))| {
        let base = lineage.base()?;
        let read = images.contains_key(base) || sighting.images.contains_key(base);
        let region = region.as_ref().unwrap_or(cloud.region());
        (!read).then(|| (base.clone(), region.clone()))
    });
    fetch(cloud, unread.collect(), &mut images).await;
    let untold = counterparts(cloud, &mut images, sighting).await;
    let mut lineages: BTreeMap<ImageId, Lineage> = settled
        .into_iter()
        .map(|(id, (lineage, _))| (id, lineage))
        .collect();
    for lineage in lineages.values_mut() {
        in_our_terms(lineage, &sighting.counterparts, &untold);
    }
    for (id, image) in images {
        let lineage = match lineages.get(&id) {
            Some(lineage) => lineage.clone(),
            None => of_a_base(&image),
        };
        sighting.images.insert(id, ImageSighting { image, lineage });
    }
}

/// Finds this region's image of the same name for each Amazon image of another region, and reads it
/// with the others. Gives those of which that could not be asked.
async fn counterparts(
    cloud: &Cloud,
    images: &mut Images,
    sighting: &mut Sighting,
) -> BTreeMap<ImageId, Trouble> {
    let elsewhere: Vec<Image> = images
        .values()
        .filter_map(Seen::known)
        .filter(|image| image.by_amazon() && image.region != *cloud.region())
        .cloned()
        .collect();
    if elsewhere.is_empty() {
        return BTreeMap::new();
    }
    let names: BTreeSet<String> = elsewhere.iter().map(|image| image.name.clone()).collect();
    let names: Vec<String> = names.into_iter().collect();
    let found = match cloud.amazon_images_named(&names).await {
        Ok(found) => found,
        Err(error) => {
            let trouble = error.trouble("this region's images of the bases of copied images");
            let untold = elsewhere.into_iter();
            return untold.map(|image| (image.id, trouble.clone())).collect();
        }
    };
    for image in elsewhere {
        let same = |own: &&Image| own.name == image.name && own.architecture == image.architecture;
        if let Some(own) = found.iter().find(same) {
            sighting.counterparts.insert(image.id, own.id.clone());
            images
                .entry(own.id.clone())
                .or_insert_with(|| Seen::Known(own.clone()));
        }
    }
    BTreeMap::new()
}

/// A base of another region as this region's. Without a counterpart it stays what it is: an image that
/// this region does not have.
fn in_our_terms(
    lineage: &mut Lineage,
    counterparts: &BTreeMap<ImageId, ImageId>,
    untold: &BTreeMap<ImageId, Trouble>,
) {
    let Lineage::From { base, .. } = lineage else {
        return;
    };
    if let Some(own) = counterparts.get(base) {
        *base = own.clone();
    } else if let Some(trouble) = untold.get(base) {
        *lineage = Lineage::Unreachable(trouble.clone());
    }
}

fn of_a_base(image: &Seen<Image>) -> Lineage {
    match image {
        Seen::Known(image) if image.by_amazon() => Lineage::IsBase,
        Seen::Known(_) | Seen::Absent => Lineage::NotKnown,
        Seen::Unreachable(trouble) => Lineage::Unreachable(trouble.clone()),
    }
}
