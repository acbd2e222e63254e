//! What applies to a watch itself: its base, its recipe, and the image it has. A code of class drift
//! here is what makes plan bake.

use chrono::{DateTime, TimeDelta, Utc};

use super::newer::{VersionedImage, newer};
use super::{Case, doubt_about, holds, image, in_order, matching, release};
use crate::model::bake::{KeyInputs, RecipeDigest};
use crate::model::base::Release;
use crate::model::image::ImageState;
use crate::model::made::Made;
use crate::model::reason::{About, Class, DoubtSubject, HeldOn, Reason};
use crate::model::sighting::{Seen, Sighting};
use crate::model::watch::Watch;

/// Every code that applies to the watch itself, in the order of the table.
pub(super) fn watch_reasons(case: &Case<'_>) -> Vec<Reason> {
    let mut reasons = doubts(case);
    if let (Some(recipe), None) = (&case.wanted.recipe_digest, &case.own.trouble) {
        let drifted = drifted(case, recipe);
        if drifted.iter().any(|r| r.code.class() == Class::Drift) {
            reasons.extend(soaking(case));
            reasons.extend(holds::of_release(case));
            reasons.extend(failed_too_often(case, recipe));
        }
        reasons.extend(drifted);
        reasons.extend(holds::of_images(case, recipe));
    }
    reasons.extend(holds::of_watch(case));
    reasons.extend(redundant(case));
    if let Some(release) = case.release() {
        reasons.extend(ends(case, release));
    }
    in_order(reasons)
}

fn doubts(case: &Case<'_>) -> Vec<Reason> {
    let faults = matching::faults(&case.watch.targets, case.sighting);
    let ours = case.own.trouble.iter();
    release::release_doubts(case)
        .into_iter()
        .chain(ours.map(|trouble| doubt_about(trouble, DoubtSubject::Images)))
        .chain(faults.into_iter().map(Reason::from_about))
        .collect()
}

/// The watch's image against its base, its recipe and its age. An image that is lost is still told
/// from what it was made from: there may be more than one reason to bake.
fn drifted(case: &Case<'_>, recipe: &RecipeDigest) -> Vec<Reason> {
    match (&case.own.current, &case.own.lost) {
        (Some(current), _) => against_base(case, current)
            .into_iter()
            .chain(against_recipe(current, recipe))
            .chain(too_old(case, current))
            .collect(),
        (None, Some(lost)) => [lost_image(lost, case.sighting)]
            .into_iter()
            .chain(against_base(case, lost))
            .chain(against_recipe(lost, recipe))
            .collect(),
        (None, None) => case
            .release()
            .map(|release| nothing_baked(case, release))
            .into_iter()
            .collect(),
    }
}

/// Gone, or there and of no use.
fn lost_image(lost: &Made, sighting: &Sighting) -> Reason {
    match lost.state {
        ImageState::Disabled => image::disabled(&lost.image, sighting),
        _ => image::image_gone(&lost.image),
    }
}

fn against_base(case: &Case<'_>, made: &Made) -> Vec<Reason> {
    let newer = case
        .release()
        .filter(|release| release.image != made.base_image)
        .map(|release| base_newer(case, made, release));
    newer
        .into_iter()
        .chain(withdrawn(case, made))
        .chain(base_gone(case, made))
        .collect()
}

fn base_newer(case: &Case<'_>, current: &Made, release: &Release) -> Reason {
    Reason::from_about(About::ReleaseNewer {
        image: current.image.clone(),
        made_from: current.base_image.clone(),
        base: case.watch.base.to_string(),
        newest: release.image.clone(),
        version: release.version.clone(),
        created: release.created,
    })
}

fn nothing_baked(case: &Case<'_>, release: &Release) -> Reason {
    Reason::from_about(About::NothingBaked {
        base: case.watch.base.to_string(),
        newest: release.image.clone(),
        version: release.version.clone(),
        created: release.created,
        quarantined: !case.own.quarantined.is_empty(),
    })
}

fn withdrawn(case: &Case<'_>, current: &Made) -> Option<Reason> {
    let release = case.release()?;
    let source = &case.watch.base.source;
    if source.branch() != source.recommended_of() {
        return None; // what was recommended is not what is followed
    }
    let branch = source.branch();
    let from = VersionedImage {
        image: &current.base_image,
        version: current.base_version.as_deref(),
    };
    let to = VersionedImage {
        image: &release.image,
        version: Some(&release.version),
    };
    newer(case.sighting, branch, from, to)
        .then(|| image::withdrawn(from.image, to.image, &case.watch.base.to_string()))
}

/// The recipe that the image was baked with against the one wanted now.
pub(super) fn against_recipe(made: &Made, wanted: &RecipeDigest) -> Option<Reason> {
    (made.recipe_digest != *wanted).then(|| {
        Reason::from_about(About::RecipeChanged {
            image: made.image.clone(),
            baked: made.recipe_digest.clone(),
            wanted: wanted.clone(),
        })
    })
}

/// The image is older than the watch allows.
pub(super) fn too_old(case: &Case<'_>, made: &Made) -> Option<Reason> {
    too_old_at(case.watch, made, case.now)
}

/// The same as a function of values.
pub(super) fn too_old_at(watch: &Watch, made: &Made, now: DateTime<Utc>) -> Option<Reason> {
    let (created, max_age) = (made.created?, watch.max_age?);
    let limit = TimeDelta::from_std(max_age).unwrap_or(TimeDelta::MAX);
    (now - created >= limit).then(|| {
        Reason::from_about(About::TooOld {
            image: made.image.clone(),
            created,
            age_days: (now - created).num_days(),
            max_age_s: max_age.as_secs(),
        })
    })
}

fn base_gone(case: &Case<'_>, current: &Made) -> Option<Reason> {
    let base = case.sighting.images.get(&current.base_image)?;
    (base.image == Seen::Absent).then(|| image::base_gone(&current.image, &current.base_image))
}

fn soaking(case: &Case<'_>) -> Option<Reason> {
    let (release, until) = (case.release()?, case.choice.soaks_until?);
    Some(Reason::from_about(About::Soaking {
        newest: release.image.clone(),
        version: release.version.clone(),
        until,
    }))
}

/// Too many failures; one that is only waiting for its next try is not held.
fn failed_too_often(case: &Case<'_>, recipe: &RecipeDigest) -> Option<Reason> {
    let inputs = KeyInputs {
        installation: &case.wanted.installation,
        watch: &case.watch.name,
        release_image: &case.choice.eligible.or(case.release())?.image,
        recipe_digest: recipe,
        architecture: case.watch.base.architecture,
        generation: case.own.generation,
    };
    let failing = case.memory.history.failing_for(&inputs)?;
    failing.next_at.is_none().then(|| {
        let on = HeldOn::Bake {
            key: failing.key.clone(),
            attempts: failing.attempts,
            last_at: failing.last_at,
            last_why: failing.last_why.clone(),
        };
        Reason::from_about(About::Held {
            watch: case.watch.name.clone(),
            on,
            until: None,
        })
    })
}

fn redundant(case: &Case<'_>) -> Option<Reason> {
    let current = case.memory.history.current.as_ref()?;
    let recipe = case.wanted.recipe_digest.as_ref()?;
    (current.redundant && current.recipe_digest == *recipe).then(|| {
        Reason::from_about(About::RecipeRedundant {
            base_image: current.base_image.clone(),
        })
    })
}

fn ends(case: &Case<'_>, release: &Release) -> Vec<Reason> {
    let branch = case.watch.base.source.branch().unwrap_or_default();
    let deprecated = release
        .deprecated_from
        .and_then(|from| image::deprecated_from(&release.image, from, case.now));
    deprecated
        .into_iter()
        .chain(image::branch_ends(branch, release.branch_lifecycle))
        .collect()
}
