//! What applies to an environment whatever anybody wants of it. survey shows just these codes; check
//! adds what a watch wants ([`super::target`]).
//!
//! The base that an environment should be on is its own branch's recommended version's image for the
//! image's own architecture.

use chrono::{DateTime, Utc};

use super::image;
use super::newer::{VersionedImage, newer, of_one_line};
use super::standing::EnvironmentStanding;
use super::{doubt, in_order};
use crate::model::base::PlatformVersion;
use crate::model::ids::ImageId;
use crate::model::image::ImageKind;
use crate::model::reason::{About, Reason};
use crate::model::sighting::Sighting;

/// Every code that applies to the environment by itself, in the order of the table.
pub fn environment_reasons(
    sighting: &Sighting,
    standing: &EnvironmentStanding<'_>,
    now: DateTime<Utc>,
) -> Vec<Reason> {
    if let Some(why) = standing.environment.unsupported() {
        return vec![unsupported(why)];
    }
    let mut reasons = drifted(sighting, standing);
    reasons.extend(instances_behind(standing));
    reasons.extend(not_ready(standing));
    reasons.extend(lineage_unknown(standing));
    reasons.extend(platform_behind(standing));
    reasons.extend(stock_pinned(standing));
    if !standing.stock {
        reasons.extend(managed_updates_reason(standing));
    }
    reasons.extend(
        standing
            .base_facts
            .and_then(|base| image::deprecated(base, now)),
    );
    reasons.extend(
        standing
            .platform
            .and_then(|platform| image::branch_ends(&platform.branch, platform.branch_lifecycle)),
    );
    reasons.extend(standing.troubles.iter().map(doubt));
    in_order(reasons)
}

/// The drift of the image itself: what it was made from against what there is now.
fn drifted(sighting: &Sighting, standing: &EnvironmentStanding<'_>) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let Some(current) = standing.image else {
        return reasons;
    };
    if standing.kind == ImageKind::Gone {
        reasons.push(image::image_gone(current));
    }
    reasons.extend(
        standing
            .image_facts
            .and_then(|facts| image::starts_nothing(current, facts.state, sighting)),
    );
    let Some(made_from) = standing.made_from else {
        reasons.extend(pinned_skew(sighting, standing, current));
        return reasons;
    };
    if standing.base_gone {
        reasons.push(image::base_gone(current, made_from));
    }
    if let (Some(platform), Some(own)) = (standing.platform, own_image(standing)) {
        reasons.extend((own != made_from).then(|| skew(current, made_from, platform, own)));
    }
    if let Some((recommended, newest)) = newest(standing).filter(|(_, newest)| *newest != made_from)
    {
        reasons.push(base_newer(current, made_from, recommended, newest));
        let from = VersionedImage {
            image: made_from,
            version: version_of(sighting, made_from, &recommended.branch),
        };
        let to = VersionedImage {
            image: newest,
            version: Some(&recommended.version),
        };
        if newer(sighting, Some(&recommended.branch), from, to) {
            reasons.push(image::withdrawn(made_from, newest, &recommended.branch));
        }
    }
    reasons
}

/// The platform version's own image for the architecture that the environment runs.
fn own_image<'a>(standing: &EnvironmentStanding<'a>) -> Option<&'a ImageId> {
    standing.platform?.image(standing.architecture?)
}

fn newest<'a>(standing: &EnvironmentStanding<'a>) -> Option<(&'a PlatformVersion, &'a ImageId)> {
    let recommended = standing.recommended?;
    Some((recommended, recommended.image(standing.architecture?)?))
}

/// The newest version of the branch, among those seen, that lists the image.
fn version_of<'a>(sighting: &'a Sighting, image: &ImageId, branch: &str) -> Option<&'a str> {
    sighting
        .platforms
        .values()
        .filter_map(|seen| seen.known())
        .filter(|platform| platform.branch == branch)
        .find(|platform| platform.images.iter().any(|(_, own)| own == image))
        .map(|platform| platform.version.as_str())
}

fn base_newer(
    current: &ImageId,
    made_from: &ImageId,
    recommended: &PlatformVersion,
    newest: &ImageId,
) -> Reason {
    Reason::from_about(About::BranchNewer {
        image: current.clone(),
        made_from: made_from.clone(),
        branch: recommended.branch.clone(),
        newest: newest.clone(),
        version: recommended.version.clone(),
    })
}

fn skew(
    current: &ImageId,
    made_from: &ImageId,
    platform: &PlatformVersion,
    own: &ImageId,
) -> Reason {
    Reason::from_about(About::PlatformSkew {
        image: current.clone(),
        made_from: made_from.clone(),
        platform_image: own.clone(),
        platform_version: platform.version.clone(),
    })
}

/// An Amazon image that somebody set is of the platform's line, and of another release than the one
/// that the environment's version has: the platform moved on under it, or it was set too early.
fn pinned_skew(
    sighting: &Sighting,
    standing: &EnvironmentStanding<'_>,
    pinned: &ImageId,
) -> Option<Reason> {
    let (platform, own) = (standing.platform?, own_image(standing)?);
    let one_line = standing.kind == ImageKind::StockPinned
        && own != pinned
        && of_one_line(sighting, Some(&platform.branch), pinned, own);
    one_line.then(|| {
        Reason::from_about(About::PinnedSkew {
            image: pinned.clone(),
            platform_image: own.clone(),
            platform_version: platform.version.clone(),
        })
    })
}

/// Instances that were launched before the image was set, while nothing replaces them.
fn instances_behind(standing: &EnvironmentStanding<'_>) -> Option<Reason> {
    let own = standing.base.filter(|_| standing.not_set);
    let named = standing.image.or(own)?;
    let serving = || standing.running.iter().filter(|one| !one.ends);
    let behind: Vec<_> = serving().filter(|one| one.image != *named).collect();
    let first = behind.first()?;
    (standing.environment.status == "Ready").then(|| {
        Reason::from_about(About::InstancesBehind {
            image: named.clone(),
            behind: behind.len(),
            instances: serving().count(),
            first: first.instance.clone(),
            runs: first.image.clone(),
        })
    })
}

/// Platform updates by themselves, under an image that they leave as it is.
pub(super) fn managed_updates_reason(standing: &EnvironmentStanding<'_>) -> Option<Reason> {
    let target = &standing.environment.target;
    standing.managed_updates.then(|| {
        Reason::from_about(About::ManagedUpdatesOn {
            environment: target.environment.clone(),
            region: target.scope.region.clone(),
        })
    })
}

fn not_ready(standing: &EnvironmentStanding<'_>) -> Option<Reason> {
    let status = &standing.environment.status;
    (status != "Ready").then(|| {
        Reason::from_about(About::NotReady {
            status: status.clone(),
        })
    })
}

fn lineage_unknown(standing: &EnvironmentStanding<'_>) -> Option<Reason> {
    let image = standing.image.filter(|_| standing.lineage_unknown)?;
    Some(Reason::from_about(About::LineageUnknown {
        image: image.clone(),
    }))
}

fn platform_behind(standing: &EnvironmentStanding<'_>) -> Option<Reason> {
    let (platform, recommended) = (standing.platform?, standing.recommended?);
    (platform.arn != recommended.arn).then(|| {
        Reason::from_about(About::PlatformBehind {
            branch: platform.branch.clone(),
            version: platform.version.clone(),
            recommended: recommended.version.clone(),
        })
    })
}

fn stock_pinned(standing: &EnvironmentStanding<'_>) -> Option<Reason> {
    let image = standing
        .image
        .filter(|_| standing.kind == ImageKind::StockPinned)?;
    let version = standing.platform.map_or("", |platform| &platform.version);
    Some(Reason::from_about(About::StockPinned {
        image: image.clone(),
        platform_version: version.to_owned(),
        platform_image: own_image(standing).cloned(),
    }))
}

fn unsupported(why: &str) -> Reason {
    Reason::from_about(About::Unsupported {
        why: why.to_owned(),
    })
}
