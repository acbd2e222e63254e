//! arm64 images of platform versions, where AWS's description names the x86_64 one alone: found by
//! their name, and only where an arm64 image in use, or a watch, must be compared with them.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::stream::{self, StreamExt};

use super::{IN_FLIGHT_MAX, LookScope};
use crate::cloud::{Cloud, CloudError};
use crate::model::base::{Base, PlatformVersion};
use crate::model::ids::{Architecture, PlatformArn};
use crate::model::image::Image;
use crate::model::sighting::{
    EnvironmentSighting, ImageSighting, Lineage, Seen, Sighting, Trouble,
};

/// Completes the platform versions in the sighting; gives the questions that had no answer.
pub(super) async fn read_arm(
    cloud: &Cloud,
    look: &LookScope,
    sighting: &mut Sighting,
) -> Vec<Trouble> {
    let wanted = x86_names(sighting, &needed(look, sighting));
    let answers: Vec<_> = stream::iter(wanted)
        .map(|(arn, name)| async move { (arn, cloud.stock_image_by_name(&name).await) })
        .buffered(IN_FLIGHT_MAX)
        .collect()
        .await;
    answers
        .into_iter()
        .filter_map(|(arn, answer)| take(sighting, &arn, answer))
        .collect()
}

/// The platform versions whose arm64 image matters.
fn needed(look: &LookScope, sighting: &Sighting) -> BTreeSet<PlatformArn> {
    let environments = sighting.environments.known().into_iter().flatten();
    let run: BTreeSet<&PlatformArn> = environments
        .filter(|seen| runs_arm(sighting, seen))
        .filter_map(|seen| seen.environment.platform.as_ref())
        .collect();
    let branches_run = run
        .iter()
        .filter_map(|arn| sighting.platforms.get(*arn)?.known())
        .map(|platform| platform.branch.as_str());
    let of_arm = |base: &&Base| base.architecture == Architecture::Arm64;
    let bases = look.bases.iter().filter(of_arm);
    let branches_followed = bases.filter_map(|base| base.source.recommended_of());
    let recommended = branches_run
        .chain(branches_followed)
        .filter_map(|branch| sighting.recommended.get(branch)?.known())
        .map(|platform| &platform.arn);
    run.iter().copied().chain(recommended).cloned().collect()
}

fn runs_arm(sighting: &Sighting, seen: &EnvironmentSighting) -> bool {
    let image = seen.settings.known().and_then(|set| set.image.as_ref());
    image
        .and_then(|image| sighting.images.get(image)?.image.known())
        .is_some_and(|image| image.architecture == Some(Architecture::Arm64))
}

/// The x86_64 image's name of each version that does not name its arm64 image.
fn x86_names(sighting: &Sighting, needed: &BTreeSet<PlatformArn>) -> BTreeMap<PlatformArn, String> {
    let versions = sighting.platforms.values();
    versions
        .chain(sighting.recommended.values())
        .filter_map(Seen::known)
        .filter(|platform| needed.contains(&platform.arn))
        .filter(|platform| platform.image(Architecture::Arm64).is_none())
        .filter_map(|platform| Some((platform.arn.clone(), x86_name(sighting, platform)?)))
        .collect()
}

fn x86_name(sighting: &Sighting, platform: &PlatformVersion) -> Option<String> {
    let image = platform.image(Architecture::X86_64)?;
    Some(sighting.images.get(image)?.image.known()?.name.clone())
}

/// Files what was found under the version, wherever the sighting holds it.
fn take(
    sighting: &mut Sighting,
    arn: &PlatformArn,
    answer: Result<Option<Image>, CloudError>,
) -> Option<Trouble> {
    let image = match answer {
        Ok(found) => found?,
        Err(error) => return Some(error.trouble(format!("arm64 image of {arn}"))),
    };
    let versions = sighting.platforms.values_mut();
    for seen in versions.chain(sighting.recommended.values_mut()) {
        if let Seen::Known(platform) = seen
            && platform.arn == *arn
        {
            platform
                .images
                .push((Architecture::Arm64, image.id.clone()));
        }
    }
    sighting.images.insert(
        image.id.clone(),
        ImageSighting {
            image: Seen::Known(image),
            lineage: Lineage::IsBase,
        },
    );
    None
}
