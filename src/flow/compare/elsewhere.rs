//! Targets in other accounts than the watch's own: what their account sees of the watch's images decides what is
//! known of them. An image that it cannot see is not shared with it, which is something else than gone.
//!
//! Plain. A place that does not answer makes its own targets unknown, and neither the watch nor the targets
//! elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use super::standing::EnvironmentStanding;
use super::{Case, in_order, judge, matching};
use crate::model::drift::TargetDrift;
use crate::model::ids::{AccountId, ImageId, SnapshotId};
use crate::model::image::Image;
use crate::model::made::Made;
use crate::model::reason::{About, Reason};
use crate::model::sighting::{Lineage, LineageSource, Seen, Sighting};
use crate::model::watch::TargetPattern;

/// What was seen in another account, in the watch's own region.
#[derive(Debug, Clone)]
pub struct SeenElsewhere {
    pub account: AccountId,
    /// As people call it: the config's name for it.
    pub name: String,
    pub sighting: Sighting,
}

/// The verdicts on the targets of one other account, and what is not to be believed about them.
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
    let (sighting, unshared) = with_our_images(case, &there.sighting);
    let far = Case {
        sighting: &sighting,
        ..*case
    };
    let environments = matching::targets(patterns, &sighting);
    let targets = environments.map(|environment| {
        let standing = EnvironmentStanding::of_environment(&sighting, environment);
        let mut judged = judge(&far, environment);
        judged.elsewhere = Some(there.name.clone());
        let mut naming = patterns
            .iter()
            .filter(|one| one.names_in_place(&judged.target));
        judged.moved_by_others = !naming.any(|one| one.movable);
        not_shared(case, &standing, &unshared, &mut judged);
        judged
    });
    let faults = matching::faults(patterns, &sighting).into_iter();
    JudgedElsewhere {
        targets: targets.collect(),
        reasons: faults.map(|fault| of_place(fault, there)).collect(),
    }
}

/// The sighting with what is known of the watch's own images, whose tags their owner alone sees; and those of
/// them that are not seen there.
fn with_our_images(case: &Case<'_>, there: &Sighting) -> (Sighting, BTreeSet<ImageId>) {
    let (mut sighting, mut unshared) = (there.clone(), BTreeSet::new());
    let ours = case.seen.ours.known().into_iter().flatten();
    let ours: BTreeMap<&ImageId, &Image> = ours.map(|image| (&image.id, image)).collect();
    for (id, seen) in &mut sighting.images {
        let Some(image) = ours.get(id) else { continue };
        match &seen.image {
            Seen::Unreachable(_) => continue,
            Seen::Absent => drop(unshared.insert(id.clone())),
            Seen::Known(_) => {}
        }
        let home = case.sighting.images.get(id).map(|home| &home.lineage);
        seen.lineage = match home {
            Some(known @ (Lineage::From { .. } | Lineage::IsBase)) => known.clone(),
            _ => by_tag(image),
        };
        seen.image = Seen::Known((*image).clone());
    }
    (sighting, unshared)
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

/// The image that it runs, and the one that it would go to, where its account may not launch them.
fn not_shared(
    case: &Case<'_>,
    standing: &EnvironmentStanding<'_>,
    unshared: &BTreeSet<ImageId>,
    judged: &mut TargetDrift,
) {
    let newest = case.own.current.as_ref().map(|made| &made.image);
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
            snapshots: snapshots(case, image),
            account: scope.account.clone(),
            region: scope.region.clone(),
        })
    });
    let mut all: Vec<Reason> = std::mem::take(&mut judged.reasons);
    all.extend(reasons);
    judged.reasons = in_order(all);
    judged.move_to = None;
}

fn snapshots(case: &Case<'_>, image: &ImageId) -> Vec<SnapshotId> {
    let mut ours = case.seen.ours.known().into_iter().flatten();
    let found = ours.find(|one| one.id == *image);
    found.map(|one| one.snapshots.clone()).unwrap_or_default()
}

/// The same, said of its place. What could not be told there keeps nothing else from being told.
fn of_place(fault: About, there: &SeenElsewhere) -> Reason {
    let named = |what: String| format!("[account.{}] {what}", there.name);
    Reason::from_about(match fault {
        About::Untold {
            denied, what, why, ..
        } => About::Untold {
            denied,
            subject: None,
            elsewhere: Some(there.name.clone()),
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
