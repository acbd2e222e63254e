//! What a look at images teaches: what is due, of each watch, and what of it people were not told yet. Plain.

use std::collections::{BTreeMap, BTreeSet};

use super::line::watch_of;
use super::standing::{ImagesSeen, RetireConfig};
use crate::model::ids::{ImageId, WatchName};
use crate::model::notice::DueTold;
use crate::model::owned_image::OwnedImage;
use crate::model::retire_record::{RetireAct, RetireLook};
use crate::model::retire_rules::RetireMode;
use crate::model::retiring::{LadderVerdict, RungWhy};
use crate::model::tags;

/// Images of a watch of which it is remembered that people were told: a record of the store holds no more. Of what
/// is beyond that, the notice's own key says whether it was told.
const TOLD_MAX: usize = 400;

/// What a look leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaughtLook {
    /// What is remembered from now on.
    pub look: RetireLook,
    /// What people are told to be due, by watch: nothing where everything was told.
    pub due: BTreeMap<WatchName, Vec<DueTold>>,
    /// Images that nothing but a protection keeps, whose time has come.
    pub protected: Vec<OwnedImage>,
}

/// What this look teaches, beside what was remembered.
pub fn taught(seen: &ImagesSeen, before: &RetireLook, config: RetireConfig<'_>) -> TaughtLook {
    let mut taught = TaughtLook {
        look: before.clone(),
        due: BTreeMap::new(),
        protected: Vec::new(),
    };
    let there: BTreeSet<&ImageId> = seen.images.iter().map(|one| &one.image.id).collect();
    for watch in taught.look.watches.values_mut() {
        watch.due.clear();
        watch.told.retain(|image, _| there.contains(image));
    }
    for one in &seen.images {
        let verdict = seen.verdict(one, config);
        let name = WatchName::from(watch_of(&one.image));
        let Some(rules) = config.rules.get(&name) else {
            continue;
        };
        let applies = rules.mode == RetireMode::Apply;
        if applies && kept_by_protection(&verdict) {
            taught.protected.push(one.clone());
        }
        let Some(step) = verdict.due else {
            continue;
        };
        let (image, act) = (&one.image.id, RetireAct::from(step));
        let known = taught.look.watches.entry(name.clone()).or_default();
        *known.due.entry(act).or_default() += 1;
        // What is done is told when it is done.
        let before = known.told.get(image);
        if !applies && before != Some(&act) {
            if known.told.len() < TOLD_MAX {
                known.told.insert(image.clone(), act);
            }
            let due = taught.due.entry(name).or_default();
            due.push(told_of(one, act, &verdict));
        }
    }
    taught.look.watches.retain(|name, watch| {
        let known = !(watch.due.is_empty() && watch.told.is_empty() && watch.failing.is_empty());
        known && config.rules.contains_key(name)
    });
    taught
}

fn told_of(one: &OwnedImage, act: RetireAct, verdict: &LadderVerdict) -> DueTold {
    let by = verdict.why.iter().find_map(|why| match why {
        RungWhy::Superseded { by, .. } => Some(by.clone()),
        _ => None,
    });
    DueTold {
        image: one.image.id.clone(),
        act,
        base_version: one.image.tags.get(tags::BASE_VERSION).cloned(),
        by,
    }
}

fn kept_by_protection(verdict: &LadderVerdict) -> bool {
    let mut kept = verdict.why.iter().filter(|why| why.keeps());
    let protected = |why: &RungWhy| matches!(why, RungWhy::Protected { .. });
    kept.next().is_some_and(protected) && kept.next().is_none()
}

#[cfg(test)]
#[path = "tell_tests.rs"]
mod tests;
