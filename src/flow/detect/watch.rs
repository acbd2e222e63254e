//! What belongs to one watch: the newest release of its base, and the images it has of its own.

use std::collections::BTreeSet;

use super::images;
use crate::cloud::{Cloud, release_from_parameter};
use crate::model::base::{Base, BaseSource, BranchLifecycle, PlatformVersion, Release};
use crate::model::ids::{Architecture, ImageId, Installation};
use crate::model::image::Image;
use crate::model::made::Made;
use crate::model::sighting::{Seen, Sighting, Trouble, WatchSighting};
use crate::model::tags;
use crate::model::watch::Watch;

/// Looks at what one watch follows and owns; images that it learns of are added to the sighting.
///
/// A `beanstalk` base needs no further call for its release, an `ssm` base one; our own images are
/// one call, and the images behind both at most one more.
pub async fn watch_sighting(
    cloud: &Cloud,
    installation: &Installation,
    watch: &Watch,
    sighting: &mut Sighting,
) -> WatchSighting {
    let (announced, ours) = tokio::join!(
        announced(cloud, &watch.base, sighting),
        ours(cloud, installation, watch),
    );
    let bases = ours.known().into_iter().flatten().filter_map(Made::read);
    let behind: BTreeSet<ImageId> = bases
        .map(|made| made.base_image)
        .chain(announced.known().map(|announced| announced.image.clone()))
        .collect();
    images::read_more(cloud, behind, sighting).await;
    WatchSighting {
        release: release(announced, &watch.base, sighting),
        ours,
    }
}

/// A release as its source announces it, before EC2 is asked about the image.
struct Announced {
    image: ImageId,
    version: String,
    image_name: Option<String>,
    platform: Option<PlatformVersion>,
}

async fn announced(cloud: &Cloud, base: &Base, sighting: &Sighting) -> Seen<Announced> {
    match &base.source {
        BaseSource::Beanstalk { branch } => recommended(sighting, branch, base.architecture),
        BaseSource::Ssm { parameter } => by_parameter(cloud, parameter).await,
    }
}

fn recommended(sighting: &Sighting, branch: &str, architecture: Architecture) -> Seen<Announced> {
    let platform = match sighting.recommended.get(branch).map(Seen::as_ref) {
        Some(Seen::Known(platform)) => platform,
        Some(Seen::Absent) => return Seen::Absent,
        Some(Seen::Unreachable(trouble)) => return Seen::Unreachable(trouble),
        None => {
            return untold(
                format!("recommended version of {branch}"),
                "it was not looked at; look again",
            );
        }
    };
    match platform.image(architecture) {
        Some(image) => Seen::Known(Announced {
            image: image.clone(),
            version: platform.version.clone(),
            image_name: None,
            platform: Some(platform.clone()),
        }),
        None => untold(
            format!("{architecture} image of {}", platform.arn),
            "AWS names none, and none was found by name; check the architecture in the config and \
             the permission ec2:DescribeImages",
        ),
    }
}

fn untold<T>(what: String, why: &str) -> Seen<T> {
    Seen::Unreachable(Trouble {
        what,
        why: why.to_owned(),
        denied: false,
    })
}

async fn by_parameter(cloud: &Cloud, name: &str) -> Seen<Announced> {
    let what = format!("parameter {name}");
    let parameter = match cloud.parameter(name).await {
        Ok(Some(parameter)) => parameter,
        Ok(None) => return Seen::Absent,
        Err(error) => return Seen::Unreachable(error.trouble(what)),
    };
    match release_from_parameter(&parameter.value) {
        Ok(release) => Seen::Known(Announced {
            image: release.image,
            version: release
                .version
                .unwrap_or_else(|| parameter.version.to_string()),
            image_name: release.image_name,
            platform: None,
        }),
        Err(why) => untold(what, &why),
    }
}

/// The announcement with what EC2 says of the image. An architecture that differs from the watch's is
/// a mistake in the config, and it is told before anything is baked from it.
fn release(announced: Seen<Announced>, base: &Base, sighting: &Sighting) -> Seen<Release> {
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
    Seen::Known(put_together(announced, base.architecture, facts))
}

fn put_together(
    announced: Announced,
    architecture: Architecture,
    facts: Option<&Image>,
) -> Release {
    let platform = announced.platform.as_ref();
    Release {
        image_name: facts
            .map(|image| image.name.clone())
            .or(announced.image_name),
        version: announced.version,
        architecture,
        created: facts.and_then(|image| image.created),
        deprecated_from: facts.and_then(|image| image.deprecated_from),
        platform: platform.map(|platform| platform.arn.clone()),
        branch_lifecycle: platform.map_or(BranchLifecycle::NotSaid, |platform| {
            platform.branch_lifecycle
        }),
        image: announced.image,
    }
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
                let generation = Made::read(image).map(|made| made.generation);
                std::cmp::Reverse((generation, image.created, image.id.clone()))
            });
            Seen::Known(images)
        }
        Err(error) => Seen::Unreachable(error.trouble(format!("images of watch {}", watch.name))),
    }
}
