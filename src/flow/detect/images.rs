//! Images by the batch: those in use, those that platform versions name, and what they came from.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::stream::{self, StreamExt};

use super::lineage::{self, Chain, Images};
use super::{IN_FLIGHT_MAX, Look};
use crate::cloud::{Ancestor, Cloud, ErrorKind};
use crate::model::ids::ImageId;
use crate::model::image::Image;
use crate::model::sighting::{ImageSighting, Lineage, Seen, Sighting, Trouble};

/// How many images a chain of `SourceImageId` may have. Copies of copies are two or three long; a
/// longer one is a loop or a mistake, and ancestry is asked instead.
const CHAIN_MAX: usize = 8;

/// Images in one question: EC2 takes at most 200 values in one filter.
const BATCH_MAX: usize = 200;

/// Puts every image that matters into the sighting, with its lineage.
pub(super) async fn read(cloud: &Cloud, look: &Look, sighting: &mut Sighting) {
    let used: BTreeSet<ImageId> = in_use(sighting)
        .chain(look.images.iter().cloned())
        .collect();
    let named = sighting
        .platforms
        .values()
        .chain(sighting.recommended.values())
        .filter_map(Seen::known)
        .flat_map(|platform| platform.images.iter().map(|(_, image)| image.clone()));
    let first = used.iter().cloned().chain(named).collect();
    let mut images = Images::new();
    fetch(cloud, first, &mut images).await;
    for _ in 0..CHAIN_MAX {
        let sources = lineage::missing_sources(&images);
        if sources.is_empty() {
            break;
        }
        fetch(cloud, sources, &mut images).await;
    }
    let ancestries = ancestries(cloud, &used, &images).await;
    add(cloud, sighting, images, &ancestries).await;
}

/// Adds images that were learnt of after the first look, unless the sighting has them.
pub(super) async fn read_more(cloud: &Cloud, wanted: BTreeSet<ImageId>, sighting: &mut Sighting) {
    let missing = wanted
        .into_iter()
        .filter(|image| !sighting.images.contains_key(image))
        .collect();
    let mut images = Images::new();
    fetch(cloud, missing, &mut images).await;
    add(cloud, sighting, images, &BTreeMap::new()).await;
}

fn in_use(sighting: &Sighting) -> impl Iterator<Item = ImageId> {
    let environments = sighting.environments.known().into_iter().flatten();
    environments.filter_map(|seen| seen.settings.known()?.image.clone())
}

/// Looks at many, batch by batch: what EC2 leaves out of an answer is not there, and a batch without
/// an answer leaves the others alone.
async fn fetch(cloud: &Cloud, wanted: BTreeSet<ImageId>, images: &mut Images) {
    let ids: Vec<ImageId> = wanted.into_iter().collect();
    let answers: Vec<Images> = stream::iter(ids.chunks(BATCH_MAX))
        .map(|batch| fetch_batch(cloud, batch))
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
        .filter(|id| matches!(lineage::chain(id, images), Chain::Nowhere(_)))
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
    let lineages: BTreeMap<ImageId, Lineage> = images
        .keys()
        .map(|id| (id.clone(), lineage::settle(id, &images, asked.get(id))))
        .collect();
    let bases = lineages.values().filter_map(Lineage::base).cloned();
    let unread = bases
        .filter(|base| !images.contains_key(base) && !sighting.images.contains_key(base))
        .collect();
    fetch(cloud, unread, &mut images).await;
    for (id, image) in images {
        let lineage = match lineages.get(&id) {
            Some(lineage) => lineage.clone(),
            None => of_a_base(&image),
        };
        sighting.images.insert(id, ImageSighting { image, lineage });
    }
}

fn of_a_base(image: &Seen<Image>) -> Lineage {
    match image {
        Seen::Known(image) if image.by_amazon() => Lineage::IsBase,
        Seen::Known(_) | Seen::Absent => Lineage::NotKnown,
        Seen::Unreachable(trouble) => Lineage::Unreachable(trouble.clone()),
    }
}
