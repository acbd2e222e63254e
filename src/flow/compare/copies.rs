//! A watch's images and bases as another region has them: its own images by their copies there, Amazon's by the image
//! of the same name. Plain.
//!
//! An image has one id in each region. What is judged there is judged in the ids of that region; what has none there
//! is not known there, and no drift.

use std::collections::BTreeMap;

use super::own::Own;
use crate::model::base::Release;
use crate::model::ids::{ImageId, Region};
use crate::model::image::{Image, ImageState};
use crate::model::made::Made;
use crate::model::sighting::{Seen, Trouble, WatchSighting};

/// What another region has of a watch's images and bases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopiesThere {
    /// By the watch's image: its copy, in whatever state that is.
    pub copies: Seen<BTreeMap<ImageId, Image>>,
    /// By Amazon's image of the watch's region: the one of the same name.
    pub bases: Seen<BTreeMap<ImageId, ImageId>>,
}

impl CopiesThere {
    /// The copy of one of the watch's images that can be launched.
    pub(super) fn copy_of(&self, image: &ImageId) -> Option<&Image> {
        let copy = self.copies.known()?.get(image)?;
        (copy.state == ImageState::Available).then_some(copy)
    }

    /// What a copy is a copy of; another image is itself.
    pub(super) fn source_of<'a>(&'a self, image: &'a ImageId) -> &'a ImageId {
        let mut copies = self.copies.known().into_iter().flatten();
        let found = copies.find(|(_, copy)| copy.id == *image);
        found.map_or(image, |(source, _)| source)
    }

    /// A base of the watch's region as this one has it.
    pub(super) fn base(&self, base: &ImageId) -> Option<&ImageId> {
        self.bases.known()?.get(base)
    }

    /// The region's own id of a base of the watch.
    pub(super) fn has_base(&self, there: &ImageId) -> bool {
        let mut bases = self.bases.known().into_iter().flatten();
        bases.any(|(_, base)| base == there)
    }

    /// What could not be told of them.
    pub(super) fn troubles(&self) -> impl Iterator<Item = &Trouble> {
        let copies = self.copies.trouble().into_iter();
        copies.chain(self.bases.trouble())
    }
}

/// Of what was found under the names of the watch's images, which are copies of them out of its region. Of several of
/// one image, the one that can be launched; else the youngest.
pub fn copies_among(
    found: Vec<Image>,
    ours: &[ImageId],
    home: &Region,
) -> BTreeMap<ImageId, Image> {
    let mut copies: BTreeMap<ImageId, Image> = BTreeMap::new();
    for copy in found {
        let Some(source) = copy.source_image.clone() else {
            continue;
        };
        let ours = ours.contains(&source) && copy.copied_across();
        if !ours || copy.region_of_source() != home {
            continue;
        }
        let better = copies
            .get(&source)
            .is_none_or(|other| worth(other) < worth(&copy));
        if better {
            copies.insert(source, copy);
        }
    }
    copies
}

fn worth(copy: &Image) -> (bool, Option<chrono::DateTime<chrono::Utc>>, &ImageId) {
    let launchable = copy.state == ImageState::Available;
    (launchable, copy.created, &copy.id)
}

impl Own {
    /// The watch's current image in the ids of another region. Without a copy there it keeps its own; where that could
    /// not be told, there is none to be held against.
    pub(super) fn as_copied(&self, there: &CopiesThere) -> Self {
        let current = self.current.as_ref();
        let current = current.filter(|_| there.copies.trouble().is_none());
        Self {
            current: current.map(|made| made_there(made, there)),
            lost: None,
            quarantined: Vec::new(),
            not_borne_out: Vec::new(),
            trouble: None,
            generation: self.generation,
        }
    }
}

fn made_there(made: &Made, there: &CopiesThere) -> Made {
    let copy = there.copy_of(&made.image);
    let base = there.base(&made.base_image);
    Made {
        image: copy.map_or(&made.image, |copy| &copy.id).clone(),
        base_image: base.unwrap_or(&made.base_image).clone(),
        ..made.clone()
    }
}

/// What was seen for the watch, with the newest release in the ids of another region: not known where that region has
/// none of its name.
pub(super) fn seen_there(seen: &WatchSighting, there: &CopiesThere) -> WatchSighting {
    let release = match &seen.release {
        Seen::Known(release) => match there.base(&release.image) {
            Some(image) => Seen::Known(Release {
                image: image.clone(),
                ..release.clone()
            }),
            None => Seen::Absent,
        },
        unknown => unknown.clone(),
    };
    WatchSighting {
        release,
        ..seen.clone()
    }
}

/// One of the watch's images as its copy: what its tags say is known by the image, whose owner sees them.
pub(super) fn as_copy(image: &Image, copy: &Image) -> Image {
    Image {
        id: copy.id.clone(),
        region: copy.region.clone(),
        state: copy.state,
        state_reason: copy.state_reason.clone(),
        source_image: copy.source_image.clone(),
        source_region: copy.source_region.clone(),
        snapshots: copy.snapshots.clone(),
        ..image.clone()
    }
}
