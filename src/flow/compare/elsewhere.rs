//! Targets in other accounts and regions than the watch's own: what their account sees of the watch's images decides
//! what is known of them. An image that it cannot see is not shared with it, which is something else than gone; and in
//! another region it is a copy that counts, under an id of its own.
//!
//! Plain. A place that does not answer makes its own targets unknown, and neither the watch nor the targets
//! elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use super::copies::{CopiesThere, as_copy, seen_there};
use super::standing::EnvironmentStanding;
use super::{Case, doubt, in_order, judge, matching};
use crate::model::drift::TargetDrift;
use crate::model::ids::{ImageId, SnapshotId};
use crate::model::image::{Image, ImageState};
use crate::model::made::Made;
use crate::model::reason::{About, Reason};
use crate::model::sighting::{Lineage, LineageSource, Seen, Sighting};
use crate::model::watch::{TargetPattern, TargetPlace, place_name};

/// What was seen at another place.
#[derive(Debug, Clone)]
pub struct SeenElsewhere {
    pub place: TargetPlace,
    /// What the config calls its account; absent for the watch's own.
    pub account_name: Option<String>,
    pub sighting: Sighting,
    /// What it has of the watches' images; absent in their own region, where they are themselves.
    pub copies: Option<CopiesThere>,
}

impl SeenElsewhere {
    /// What people call the place: by its account, by its region where that is not the watches' own, or by both.
    pub fn name(&self) -> String {
        let region = self.copies.as_ref().map(|_| &self.place.region);
        let name = place_name(self.account_name.as_deref(), region);
        name.unwrap_or_else(|| self.place.region.to_string())
    }

    /// The same as it stands before what is said of it: `[account.prod]`, `[account.prod in eu-central-1]`.
    fn label(&self) -> String {
        let region = &self.place.region;
        match (&self.account_name, &self.copies) {
            (Some(name), None) => format!("[account.{name}]"),
            (Some(name), Some(_)) => format!("[account.{name} in {region}]"),
            (None, _) => format!("[{region}]"),
        }
    }
}

/// The verdicts on the targets of one other place, and what is not to be believed about them.
pub(super) struct JudgedElsewhere {
    pub(super) targets: Vec<TargetDrift>,
    pub(super) reasons: Vec<Reason>,
}

/// Judges the targets that `patterns` name there. `case` is the watch's own.
pub(super) fn judge_elsewhere(
    case: &Case<'_>,
    patterns: &[TargetPattern],
    there: &SeenElsewhere,
) -> JudgedElsewhere {
    let (sighting, unshared) = with_our_images(case, there);
    let copies = there.copies.as_ref();
    let own = copies.map(|copies| case.own.as_copied(copies));
    let seen = copies.map(|copies| seen_there(case.seen, copies));
    let far = Case {
        sighting: &sighting,
        own: own.as_ref().unwrap_or(case.own),
        seen: seen.as_ref().unwrap_or(case.seen),
        copies,
        ..*case
    };
    let environments = matching::targets(patterns, &sighting);
    let targets = environments.map(|environment| {
        let standing = EnvironmentStanding::of_environment(&sighting, environment);
        let mut judged = judge(&far, environment);
        judged.elsewhere = Some(there.name());
        let mut naming = patterns
            .iter()
            .filter(|one| one.names_in_place(&judged.target));
        judged.moved_by_others = !naming.any(|one| one.movable);
        not_copied(case, there, &mut judged);
        not_shared(&far, &standing, &unshared, &mut judged);
        judged
    });
    let targets: Vec<TargetDrift> = targets.collect();
    let faults = matching::faults(patterns, &sighting).into_iter();
    let untold = copies.into_iter().flat_map(CopiesThere::troubles);
    let untold = untold.map(|trouble| doubt(trouble).about);
    let reasons = faults.chain(untold);
    JudgedElsewhere {
        reasons: reasons.map(|about| of_place(about, there)).collect(),
        targets,
    }
}

/// One of the watch's images as it is called there.
struct OurImage {
    image: Image,
    /// What it was made from, in the ids of that region.
    lineage: Lineage,
}

/// The sighting with what is known of the watch's own images, whose tags their owner alone sees; and those of
/// them that are not seen there.
fn with_our_images(case: &Case<'_>, there: &SeenElsewhere) -> (Sighting, BTreeSet<ImageId>) {
    let (mut sighting, mut unshared) = (there.sighting.clone(), BTreeSet::new());
    let ours = our_images(case, there);
    for (id, seen) in &mut sighting.images {
        let Some(ours) = ours.get(id) else { continue };
        match &seen.image {
            Seen::Unreachable(_) => continue,
            Seen::Absent => drop(unshared.insert(id.clone())),
            Seen::Known(_) => {}
        }
        seen.lineage = ours.lineage.clone();
        seen.image = Seen::Known(ours.image.clone());
    }
    if let Some(bases) = there
        .copies
        .as_ref()
        .and_then(|copies| copies.bases.known())
    {
        let bases = bases.iter();
        let bases = bases.map(|(home, there)| (home.clone(), there.clone()));
        sighting.counterparts.extend(bases);
    }
    (sighting, unshared)
}

/// By what they are called there.
fn our_images(case: &Case<'_>, there: &SeenElsewhere) -> BTreeMap<ImageId, OurImage> {
    let ours = case.seen.ours.known().into_iter().flatten();
    let named = ours.filter_map(|image| {
        let lineage = match case
            .sighting
            .images
            .get(&image.id)
            .map(|home| &home.lineage)
        {
            Some(known @ (Lineage::From { .. } | Lineage::IsBase)) => known.clone(),
            _ => by_tag(image),
        };
        let Some(copies) = &there.copies else {
            let image = image.clone();
            return Some((image.id.clone(), OurImage { image, lineage }));
        };
        let copy = copies.copies.known()?.get(&image.id)?;
        let image = as_copy(image, copy);
        let lineage = lineage_there(lineage, copies);
        Some((image.id.clone(), OurImage { image, lineage }))
    });
    named.collect()
}

/// A base that the region has no image of is not known there.
fn lineage_there(lineage: Lineage, copies: &CopiesThere) -> Lineage {
    match lineage {
        Lineage::From { base, told_by } => match (copies.base(&base), copies.bases.trouble()) {
            (Some(base), _) => Lineage::From {
                base: base.clone(),
                told_by,
            },
            (None, Some(trouble)) => Lineage::Unreachable(trouble.clone()),
            (None, None) => Lineage::NotKnown,
        },
        other => other,
    }
}

/// The image that it would go to has no copy in its region yet.
fn not_copied(case: &Case<'_>, there: &SeenElsewhere, judged: &mut TargetDrift) {
    let (Some(copies), Some(newest)) = (&there.copies, &case.own.current) else {
        return;
    };
    let newest = &newest.image;
    let goes_to = judged.move_to.as_ref().map(|to| &to.image);
    if goes_to != Some(newest) {
        return;
    }
    let copy = copies.copies.known().and_then(|all| all.get(newest));
    let mut ours = case.seen.ours.known().into_iter().flatten();
    let image = ours.find(|one| one.id == *newest);
    judged
        .reasons
        .push(Reason::from_about(About::ImageNotCopied {
            watch: case.watch.name.clone(),
            image: newest.clone(),
            name: image.map(|one| one.name.clone()),
            from: image.map(|one| one.region.clone()),
            region: there.place.region.clone(),
            pending: copy.is_some_and(|copy| copy.state == ImageState::Pending),
        }));
    judged.reasons = in_order(std::mem::take(&mut judged.reasons));
    judged.move_to = None;
}

fn by_tag(image: &Image) -> Lineage {
    match Made::read_tags(image) {
        Some(made) => Lineage::From {
            base: made.base_image,
            told_by: LineageSource::Tag,
        },
        None => Lineage::NotKnown,
    }
}

/// The image that it runs, and the one that it would go to, where its account may not launch them. `far` is in the
/// place's own terms.
fn not_shared(
    far: &Case<'_>,
    standing: &EnvironmentStanding<'_>,
    unshared: &BTreeSet<ImageId>,
    judged: &mut TargetDrift,
) {
    let newest = far.own.current.as_ref().map(|made| &made.image);
    let waits = judged.move_to.is_some();
    let needed = standing.image.into_iter().chain(newest.filter(|_| waits));
    let missing: BTreeSet<&ImageId> = needed.filter(|id| unshared.contains(*id)).collect();
    if missing.is_empty() {
        return;
    }
    let scope = &judged.target.scope;
    let reasons = missing.into_iter().map(|image| {
        Reason::from_about(About::ImageNotShared {
            image: image.clone(),
            snapshots: snapshots(far.sighting, image),
            account: scope.account.clone(),
            region: scope.region.clone(),
        })
    });
    let mut all: Vec<Reason> = std::mem::take(&mut judged.reasons);
    all.extend(reasons);
    judged.reasons = in_order(all);
    judged.move_to = None;
}

fn snapshots(sighting: &Sighting, image: &ImageId) -> Vec<SnapshotId> {
    let seen = sighting.images.get(image);
    let found = seen.and_then(|seen| seen.image.known());
    found.map(|one| one.snapshots.clone()).unwrap_or_default()
}

/// The same, said of its place. What could not be told there keeps nothing else from being told.
fn of_place(fault: About, there: &SeenElsewhere) -> Reason {
    let label = there.label();
    let named = |what: String| format!("{label} {what}");
    Reason::from_about(match fault {
        About::Untold {
            denied, what, why, ..
        } => About::Untold {
            denied,
            subject: None,
            elsewhere: Some(there.name()),
            what: named(what),
            why,
        },
        About::NoTarget {
            application,
            environment,
            near,
            ..
        } => About::NoTarget {
            application: named(application),
            environment,
            // What is missing there does not stand before the others.
            exact: false,
            near,
        },
        other => other,
    })
}
