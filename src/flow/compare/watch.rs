//! What applies to a watch itself: its base, its recipe, and the image it has. A code of class drift
//! here is what makes plan bake.

use chrono::{DateTime, TimeDelta, Utc};

use super::newer::{Point, newer};
use super::release::{self, about};
use super::{Case, doubt, holds, image, in_order, matching};
use crate::model::bake::{KeyInputs, RecipeDigest};
use crate::model::base::Release;
use crate::model::made::Made;
use crate::model::reason::{Class, Reason, ReasonCode};
use crate::model::sighting::Seen;
use crate::model::watch::Watch;

/// Every code that applies to the watch itself, in the order of the table.
pub(super) fn reasons(case: &Case<'_>) -> Vec<Reason> {
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
    let ours = case.own.trouble.iter().map(doubt);
    release::doubts(case)
        .into_iter()
        .map(|reason| about(reason, "release"))
        .chain(ours.map(|reason| about(reason, "images")))
        .chain(faults.iter().map(|fault| about(doubt(fault), "targets")))
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
        (None, Some(lost)) => [image::gone(&lost.image)]
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
    let Made {
        image, base_image, ..
    } = current;
    let reason = Reason::new(
        ReasonCode::BaseNewer,
        format!(
            "{} has release {} ({}); {image} was made from {base_image}.",
            case.watch.base, release.version, release.image
        ),
    )
    .fact("image", image)
    .fact("base_image", base_image);
    released(reason, release)
}

fn nothing_baked(case: &Case<'_>, release: &Release) -> Reason {
    let what = match case.own.quarantined.as_slice() {
        [] => "Nothing has been baked yet from",
        _ => "Nothing but quarantined images has been baked from",
    };
    let reason = Reason::new(
        ReasonCode::BaseNewer,
        format!(
            "{what} {}: release {} ({}) waits.",
            case.watch.base, release.version, release.image
        ),
    )
    .fact("image", "none");
    released(reason, release)
}

fn released(reason: Reason, release: &Release) -> Reason {
    let reason = reason
        .fact("recommended_image", &release.image)
        .fact("recommended_version", &release.version);
    match release.created {
        Some(created) => reason.fact("recommended_created", created.to_rfc3339()),
        None => reason,
    }
}

fn withdrawn(case: &Case<'_>, current: &Made) -> Option<Reason> {
    let release = case.release()?;
    let source = &case.watch.base.source;
    if source.branch() != source.recommended_of() {
        return None; // what was recommended is not what is followed
    }
    let branch = source.branch();
    let from = Point {
        image: &current.base_image,
        version: current.base_version.as_deref(),
    };
    let to = Point {
        image: &release.image,
        version: Some(&release.version),
    };
    newer(case.sighting, branch, from, to)
        .then(|| image::withdrawn(from.image, to.image, &case.watch.base.to_string()))
}

/// The recipe that the image was baked with against the one wanted now.
pub(super) fn against_recipe(made: &Made, wanted: &RecipeDigest) -> Option<Reason> {
    (made.recipe_digest != *wanted).then(|| {
        Reason::new(
            ReasonCode::RecipeChanged,
            format!("The recipe changed since {} was baked.", made.image),
        )
        .fact("image", &made.image)
        .fact("baked_digest", made.recipe_digest.as_str())
        .fact("wanted_digest", wanted.as_str())
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
        let age_days = (now - created).num_days();
        Reason::new(
            ReasonCode::TooOld,
            format!(
                "{} is {age_days} days old; max_age is {} days.",
                made.image,
                limit.num_days()
            ),
        )
        .fact("image", &made.image)
        .fact("created", created.to_rfc3339())
        .fact("max_age_s", max_age.as_secs())
    })
}

fn base_gone(case: &Case<'_>, current: &Made) -> Option<Reason> {
    let base = case.sighting.images.get(&current.base_image)?;
    (base.image == Seen::Absent).then(|| image::base_gone(&current.image, &current.base_image))
}

fn soaking(case: &Case<'_>) -> Option<Reason> {
    let (release, until) = (case.release()?, case.choice.soaks_until?);
    Some(
        Reason::new(
            ReasonCode::Soaking,
            format!(
                "Release {} soaks until {}.",
                release.version,
                until.format("%Y-%m-%d %H:%M UTC")
            ),
        )
        .fact("recommended_image", &release.image)
        .fact("until", until.to_rfc3339()),
    )
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
        Reason::new(
            ReasonCode::Held,
            format!(
                "The bake failed {} times, last because: {} `amiwatch bake {} --force` tries \
                 again.",
                failing.attempts,
                sentence(&failing.last_why),
                case.watch.name
            ),
        )
        .fact(holds::HELD, "bake")
        .fact("since", failing.last_at.to_rfc3339())
        .fact("attempts", failing.attempts)
        .fact("key", &failing.key)
    })
}

fn sentence(text: &str) -> String {
    format!("{}.", text.trim_end_matches('.'))
}

fn redundant(case: &Case<'_>) -> Option<Reason> {
    let current = case.memory.history.current.as_ref()?;
    let recipe = case.wanted.recipe_digest.as_ref()?;
    (current.redundant && current.recipe_digest == *recipe).then(|| {
        Reason::new(
            ReasonCode::RecipeRedundant,
            format!(
                "Every check passed on the untouched base {}: the recipe may not be needed any \
                 more.",
                current.base_image
            ),
        )
        .fact("base_image", &current.base_image)
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
