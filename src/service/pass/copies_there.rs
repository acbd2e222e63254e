//! What another region has of the images of watches: their copies, found by the name that a copy has as well, and
//! Amazon's images under the name of the bases. Reads AWS and no store; `flow::compare::copies` says what it means.

use std::collections::{BTreeMap, BTreeSet};

use crate::cloud::{Cloud, CloudError, Identity};
use crate::flow::compare::copies::{CopiesThere, copies_among};
use crate::model::bake::BakedImage;
use crate::model::ids::{Architecture, ImageId, Scope};
use crate::model::image::Image;
use crate::model::made::Made;
use crate::model::sighting::{Seen, Sighting, WatchSighting};
use crate::service::Service;

/// The images of watches, and what they were made of or would be.
#[derive(Default)]
pub(super) struct OurImages {
    /// By id: the name.
    images: BTreeMap<ImageId, String>,
    /// Amazon's, by id: name and architecture, by which another region has them too.
    bases: BTreeMap<ImageId, (String, Option<Architecture>)>,
}

impl OurImages {
    /// Adds those of one watch. `here` is what was seen in its region.
    pub(super) fn add(
        &mut self,
        seen: &WatchSighting,
        remembered: Option<&BakedImage>,
        here: &Sighting,
    ) {
        for image in seen.ours.known().into_iter().flatten() {
            self.images.insert(image.id.clone(), image.name.clone());
            if let Some(made) = Made::read_tags(image) {
                self.add_base(&made.base_image, here);
            }
        }
        if let Some(release) = seen.release.known() {
            self.add_base(&release.image, here);
        }
        if let Some(baked) = remembered {
            let image = here.images.get(&baked.image);
            if let Some(image) = image.and_then(|seen| seen.image.known()) {
                self.images.insert(image.id.clone(), image.name.clone());
            }
            self.add_base(&baked.base_image, here);
        }
    }

    fn add_base(&mut self, base: &ImageId, here: &Sighting) {
        let seen = here.images.get(base).and_then(|seen| seen.image.known());
        if let Some(image) = seen.filter(|image| image.by_amazon()) {
            let named = (image.name.clone(), image.architecture);
            self.bases.insert(base.clone(), named);
        }
    }

    /// What is to be looked at under its id: the images themselves in their own region, else what stands for them.
    pub(super) fn called_there(&self, copies: Option<&CopiesThere>) -> BTreeSet<ImageId> {
        let Some(there) = copies else {
            return self.images.keys().cloned().collect();
        };
        let copies = there.copies.known().into_iter().flatten();
        let copies = copies.map(|(_, copy)| copy.id.clone());
        let bases = there.bases.known().into_iter().flatten();
        copies.chain(bases.map(|(_, base)| base.clone())).collect()
    }
}

/// Asks for the copies as whoever owns them, and for Amazon's images as whoever looks there.
pub(super) async fn look_for_copies(
    service: &Service<'_>,
    looker: &Cloud,
    home: &Scope,
    ours: &OurImages,
) -> CopiesThere {
    let region = looker.region();
    let names: BTreeSet<String> = ours.images.values().cloned().collect();
    let ids: Vec<ImageId> = ours.images.keys().cloned().collect();
    let copies = match service.connection.cloud(&Identity::Own, Some(region)) {
        Ok(owner) => own_images_named(&owner, names).await,
        Err(error) => Err(error),
    };
    let copies = match copies {
        Ok(found) => Seen::Known(copies_among(found, &ids, &home.region)),
        Err(error) => untold(&error, format!("copies of the watch's images in {region}")),
    };
    let bases = match bases_there(looker, ours).await {
        Ok(bases) => Seen::Known(bases),
        Err(error) => untold(&error, format!("Amazon's images by name in {region}")),
    };
    CopiesThere { copies, bases }
}

async fn own_images_named(
    owner: &Cloud,
    names: BTreeSet<String>,
) -> Result<Vec<Image>, CloudError> {
    match names.is_empty() {
        true => Ok(Vec::new()),
        false => owner.own_images_named(&Vec::from_iter(names)).await,
    }
}

async fn bases_there(
    looker: &Cloud,
    ours: &OurImages,
) -> Result<BTreeMap<ImageId, ImageId>, CloudError> {
    let names: BTreeSet<String> = ours.bases.values().map(|(name, _)| name.clone()).collect();
    if names.is_empty() {
        return Ok(BTreeMap::new());
    }
    let found = looker.amazon_images_named(&Vec::from_iter(names)).await?;
    let named = ours.bases.iter().filter_map(|(id, (name, architecture))| {
        let mut found = found.iter();
        let same = found.find(|one| one.name == *name && one.architecture == *architecture)?;
        Some((id.clone(), same.id.clone()))
    });
    Ok(named.collect())
}

fn untold<T>(error: &CloudError, what: String) -> Seen<T> {
    Seen::Unreachable(error.trouble(what))
}
