//! What belongs to one watch: the newest release of its base, and the images it has of its own.

use std::collections::BTreeMap;

use super::earlier::{Earlier, earlier};
use super::images;
use super::release::{AnnouncedRelease, announced, untold};
use crate::cloud::Cloud;
use crate::flow::compare::own::youngest;
use crate::model::base::{Base, Release};
use crate::model::history::Memory;
use crate::model::ids::{ImageId, Installation, Region};
use crate::model::image::Image;
use crate::model::made::Made;
use crate::model::sighting::{Seen, Sighting, WatchSighting};
use crate::model::tags;
use crate::model::watch::Watch;

/// Looks at what one watch follows and owns; images that it learns of are added to the sighting.
///
/// A `beanstalk` base on the recommended version needs no further call for its release, the others one
/// or a few; our own images are one call, and the images behind both at most one more. While the newest
/// release soaks or is held, the earlier ones are read as well.
pub async fn watch_sighting(
    cloud: &Cloud,
    installation: &Installation,
    watch: &Watch,
    memory: &Memory,
    sighting: &mut Sighting,
) -> WatchSighting {
    let (found, ours) = tokio::join!(
        announced(cloud, installation, watch, sighting),
        ours(cloud, installation, watch),
    );
    let made = ours
        .known()
        .and_then(|ours| youngest(ours, watch, memory, sighting.at));
    let newest = found.newest.known().map(|newest| newest.image.clone());
    let made = made.map(|made| {
        let region = region_of_base(&made, &ours).unwrap_or_else(|| cloud.region().clone());
        (made.base_image, region)
    });
    let behind: BTreeMap<ImageId, Region> = newest
        .map(|newest| (newest, cloud.region().clone()))
        .into_iter()
        .chain(made)
        .collect();
    images::read_more_of(cloud, behind, sighting).await;
    let release = release(found.newest, &watch.base, sighting);
    let before = match release.known() {
        Some(newest) if memory.passes_over(newest, watch.soak, sighting.at) => {
            earlier(cloud, watch, memory, newest, &found.others, sighting).await
        }
        Some(_) | None => Earlier::default(),
    };
    WatchSighting {
        release,
        earlier: before.releases,
        earlier_untold: before.untold,
        lines: found.lines,
        ours,
    }
}

/// Where the base lies that an image's tags name: a copy carries the tags of what it was copied from.
fn region_of_base(made: &Made, ours: &Seen<Vec<Image>>) -> Option<Region> {
    let mut images = ours.known()?.iter();
    let image = images.find(|image| image.id == made.image)?;
    Some(image.region_of_source().clone())
}

/// The announcement with what EC2 says of the image. An architecture that differs from the watch's is
/// a mistake in the config, and it is told before anything is baked from it.
fn release(announced: Seen<AnnouncedRelease>, base: &Base, sighting: &Sighting) -> Seen<Release> {
    let announced = match announced {
        Seen::Known(announced) => announced,
        Seen::Absent => return Seen::Absent,
        Seen::Unreachable(trouble) => return Seen::Unreachable(trouble),
    };
    let facts = sighting
        .images
        .get(&announced.image)
        .and_then(|seen| seen.image.known());
    let told = facts.and_then(|image| image.architecture);
    if let Some(found) = told.filter(|found| *found != base.architecture) {
        return untold(
            format!("release of {base}"),
            &format!(
                "{} is an {found} image, the watch wants {}; correct the base or the architecture \
                 in the config",
                announced.image, base.architecture
            ),
        );
    }
    Seen::Known(announced.with_facts(base.architecture, facts))
}

/// Ours by tags: they outlive the store. Newest generation first, then newest image.
async fn ours(cloud: &Cloud, installation: &Installation, watch: &Watch) -> Seen<Vec<Image>> {
    let wanted = [
        (tags::INSTALLATION, installation.as_str()),
        (tags::WATCH, watch.name.as_str()),
        (tags::ROLE, tags::role::IMAGE),
    ];
    match cloud.own_images(&wanted).await {
        Ok(mut images) => {
            images.sort_by_key(|image| {
                let generation = Made::read_tags(image).map(|made| made.generation);
                std::cmp::Reverse((generation, image.created, image.id.clone()))
            });
            Seen::Known(images)
        }
        Err(error) => Seen::Unreachable(error.trouble(format!("images of watch {}", watch.name))),
    }
}
