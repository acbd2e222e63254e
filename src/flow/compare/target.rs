//! What applies to an environment because a watch names it, on top of what applies to it anyway.
//!
//! A target of another branch or architecture is blocked with a word; nothing is guessed about it, and
//! the watch's image does not wait for it.

use super::standing::EnvironmentStanding;
use super::watch::{against_recipe, too_old};
use super::{Case, environment, holds, in_order};
use crate::model::base::BaseSource;
use crate::model::ids::ImageId;
use crate::model::image::{Image, ImageKind};
use crate::model::made::Made;
use crate::model::reason::{About, Reason, ReasonCode};
use crate::model::sighting::{Seen, Sighting};
use crate::model::tags;

/// How far sources are followed: copies of copies are two or three long.
const SOURCES_MAX: usize = 8;

/// Every code that applies to a target, in the order of the table.
pub(super) fn target_reasons(case: &Case<'_>, standing: &EnvironmentStanding<'_>) -> Vec<Reason> {
    let mut reasons = environment::environment_reasons(case.sighting, standing, case.now);
    if standing.environment.unsupported().is_some() {
        return reasons;
    }
    if case.watch.base.source.recommended_of().is_none() {
        let base = made_from(case, standing);
        reasons.retain(|reason| applies(case, reason.code, base.as_ref()));
        reasons.extend(release_newer(case, standing, base.as_ref()));
    }
    let mismatch: Vec<Reason> = [architecture(case, standing), branch(case, standing)]
        .into_iter()
        .flatten()
        .collect();
    if mismatch.is_empty() && known_to_fit(case, standing) {
        reasons.extend(not_on_newest(case, standing));
    }
    reasons.extend(mismatch);
    let stock = stock(case, standing);
    if stock.is_some() {
        // The watch's image takes its place, and is then outrun.
        reasons.extend(environment::managed_updates_reason(standing));
    }
    reasons.extend(stock);
    reasons.extend(holds::of_target(case, standing.image));
    reasons.extend(outdated(case, standing));
    in_order(reasons)
}

/// Branch and architecture were told. Where EC2 does not list the image any more, its architecture is
/// not to be had; the environment needs another image all the more.
fn known_to_fit(case: &Case<'_>, standing: &EnvironmentStanding<'_>) -> bool {
    let branch_matters = case.watch.base.source.branch().is_some();
    let branch_told = standing.platform.is_some() || !branch_matters;
    branch_told && (standing.architecture.is_some() || standing.kind == ImageKind::Gone)
}

/// Whether a code that applies to the environment by itself does so under a watch that follows
/// something else than the branch's recommended version. What the branch recommends is not this
/// watch's base; what the platform version lists matters as long as the base is of the branch.
fn applies(case: &Case<'_>, code: ReasonCode, base: Option<&ImageId>) -> bool {
    match code {
        ReasonCode::BaseNewer | ReasonCode::BaseWithdrawn => false,
        ReasonCode::PlatformSkew => case.watch.base.source.branch().is_some(),
        ReasonCode::LineageUnknown => base.is_none(),
        _ => true,
    }
}

/// What the environment's image was made from, as the watch counts: the watch's own images say it
/// themselves; another one's sources are followed up to an image of the owners that an `images` base
/// names, which need not be Amazon.
fn made_from(case: &Case<'_>, standing: &EnvironmentStanding<'_>) -> Option<ImageId> {
    let BaseSource::Images { owners, .. } = &case.watch.base.source else {
        return standing.made_from.cloned();
    };
    let image = standing.image_facts?;
    let base = match made_here(case, standing) {
        Some(made) => case.base_here(made.base_image),
        None => source_of(case.sighting, image, owners).unwrap_or(standing.made_from.cloned()),
    };
    let release = case.release().map(|release| &release.image);
    case.sighting.at_home(&base?, release).ok()
}

/// The nearest source of an image that is of one of these owners; a source that is gone may be one. What
/// it was copied from in another region is the same image, and no source.
/// `Some(None)`: a source could not be read, so it is not known. `None`: there is no such source.
fn source_of(sighting: &Sighting, image: &Image, owners: &[String]) -> Option<Option<ImageId>> {
    let mut at = image;
    for _ in 0..SOURCES_MAX {
        let source = at.source_image.as_ref()?;
        at = match &sighting.images.get(source)?.image {
            Seen::Known(image) if at.copied_across() => image,
            Seen::Absent if at.copied_across() => return None,
            Seen::Known(image) if image.is_of(owners) => return Some(Some(source.clone())),
            Seen::Known(image) => image,
            Seen::Absent => return Some(Some(source.clone())),
            Seen::Unreachable(_) => return Some(None),
        };
    }
    None
}

fn release_newer(
    case: &Case<'_>,
    standing: &EnvironmentStanding<'_>,
    base: Option<&ImageId>,
) -> Option<Reason> {
    let (release, image) = (case.release()?, standing.image?);
    let made_from = base.filter(|made_from| **made_from != release.image)?;
    Some(Reason::from_about(About::ReleaseNewer {
        image: image.clone(),
        made_from: made_from.clone(),
        base: case.watch.base.to_string(),
        newest: release.image.clone(),
        version: release.version.clone(),
        created: None,
    }))
}

fn architecture(case: &Case<'_>, standing: &EnvironmentStanding<'_>) -> Option<Reason> {
    let (wanted, found) = (case.watch.base.architecture, standing.architecture?);
    (wanted != found).then(|| Reason::from_about(About::ArchMismatch { found, wanted }))
}

fn branch(case: &Case<'_>, standing: &EnvironmentStanding<'_>) -> Option<Reason> {
    let branch = case.watch.base.source.branch()?;
    let platform = standing
        .platform
        .filter(|platform| platform.branch != branch)?;
    let found = match platform.branch.as_str() {
        "" => "no platform branch (a custom platform)",
        found => found,
    };
    Some(Reason::from_about(About::BranchMismatch {
        found: found.to_owned(),
        wanted: branch.to_owned(),
    }))
}

/// A watch without a recipe makes no image that could take the stock one's place.
fn stock(case: &Case<'_>, standing: &EnvironmentStanding<'_>) -> Option<Reason> {
    case.wanted.recipe_digest.as_ref()?;
    if standing.not_set {
        return Some(Reason::from_about(About::ImageNotSet));
    }
    let image = standing.image.filter(|_| standing.stock)?;
    Some(Reason::from_about(About::Stock {
        image: image.clone(),
    }))
}

fn not_on_newest(case: &Case<'_>, standing: &EnvironmentStanding<'_>) -> Option<Reason> {
    let (current, image) = (case.own.current.as_ref()?, standing.image?);
    (current.image != *image).then(|| {
        Reason::from_about(About::NotOnNewest {
            image: image.clone(),
            newest: current.image.clone(),
        })
    })
}

/// The recipe and the age of an image that this watch made, where the target runs one.
fn outdated(case: &Case<'_>, standing: &EnvironmentStanding<'_>) -> Vec<Reason> {
    let Some(made) = made_here(case, standing) else {
        return Vec::new();
    };
    let recipe = case.wanted.recipe_digest.as_ref();
    recipe
        .and_then(|recipe| against_recipe(&made, recipe))
        .into_iter()
        .chain(too_old(case, &made))
        .collect()
}

fn made_here(case: &Case<'_>, standing: &EnvironmentStanding<'_>) -> Option<Made> {
    let image = standing.image_facts?;
    let tagged = |name: &str, value: &str| image.tags.get(name).is_some_and(|tag| tag == value);
    let here = tagged(tags::INSTALLATION, case.wanted.installation.as_str())
        && tagged(tags::WATCH, case.watch.name.as_str());
    here.then(|| Made::read_tags(image)).flatten()
}
