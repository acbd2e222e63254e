//! One look: what the config names, region by region, with the verdict and the plan for each watch.
//!
//! Reads AWS and the store; writes neither.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};

pub use super::looked_watch::LookedWatch;
use super::looked_watch::unreached;
use super::publish::look_at_publishing;
use super::recall::Learnt;
use super::rollout_look::{RolloutScene, look_at_rollout};
use super::saved_look::{SavedScene, look_at_saved};
use crate::cloud::{Cloud, CloudError, Identity};
use crate::flow::detect::{self, LookDepth, sight, watch_sighting};
use crate::flow::rollout::applied::apply_decision;
use crate::flow::{compare, plan};
use crate::model::bake::RecipeDigest;
use crate::model::history::{Memory, WatchHistory};
use crate::model::hold::Hold;
use crate::model::ids::{Installation, Region, Scope, WatchName};
use crate::model::watch::{OnDrift, Wanted, Watch};
use crate::service::Service;
use crate::service::place::WatchPlace;
use crate::store::StoreError;
use crate::store::records::{self, Versioned};

/// Whether the pause after a failed bake is waited out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    Waits,
    /// A person asked now. A bake that is held after too many failures stays held.
    AskedNow,
}

/// Looks at every watch, or at one, afresh: for whoever does something by the verdict.
///
/// # Errors
/// When the store cannot be read. What AWS does not answer is in the verdicts.
pub async fn look_afresh<'a>(
    service: &Service<'a>,
    only: Option<&WatchName>,
    patience: Patience,
) -> Result<Vec<LookedWatch<'a>>, StoreError> {
    let (looked, _) = look_by(service, only, patience, Reading::Afresh).await?;
    Ok(looked)
}

/// The same for a person who reads the verdict, as deep as they asked for: with what saved configurations say
/// beside it.
///
/// # Errors
/// The same.
pub async fn look_for_reader<'a>(
    service: &Service<'a>,
    only: Option<&WatchName>,
    depth: LookDepth,
) -> Result<Vec<LookedWatch<'a>>, StoreError> {
    let (looked, _) = look_by(service, only, Patience::Waits, Reading::Shown(depth)).await?;
    Ok(looked)
}

/// A pass's look: at every watch, believing what earlier passes read where it can be believed. What
/// this one read is given back, to be kept.
///
/// # Errors
/// When the store cannot be read. What AWS does not answer is in the verdicts.
pub async fn look_in_pass<'a>(
    service: &Service<'a>,
) -> Result<(Vec<LookedWatch<'a>>, Vec<Learnt>), StoreError> {
    look_by(service, None, Patience::Waits, Reading::Recalled).await
}

/// Whether earlier looks are believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    Afresh,
    /// To be shown, with what nothing hangs on.
    Shown(LookDepth),
    Recalled,
}

/// What one look is like, wherever it goes.
#[derive(Debug, Clone, Copy)]
struct LookManner {
    patience: Patience,
    reading: Reading,
    /// By the steady clock: how long environments are looked at closer; absent where somebody waits for all.
    until: Option<Duration>,
}

async fn look_by<'a>(
    service: &Service<'a>,
    only: Option<&WatchName>,
    patience: Patience,
    reading: Reading,
) -> Result<(Vec<LookedWatch<'a>>, Vec<Learnt>), StoreError> {
    // A pass is cut at its limit, and then nothing of it is kept: half of it is for looking closer.
    let half = service.clock.steady() + service.settings.schedule.pass_timeout / 2;
    let manner = LookManner {
        patience,
        reading,
        until: (reading == Reading::Recalled).then_some(half),
    };
    let wanted = service.settings.watches.values();
    // A watch that names the default region shares its look with those that name none.
    let default = service.connection.region();
    let mut by_region: BTreeMap<Option<&Region>, Vec<&Watch>> = BTreeMap::new();
    for watch in wanted.filter(|watch| only.is_none_or(|name| *name == watch.name)) {
        by_region
            .entry(watch.region.as_ref().or(default.as_ref()))
            .or_default()
            .push(watch);
    }
    let (mut looked, mut learnt) = (Vec::new(), Vec::new());
    for (region, watches) in by_region {
        let (here, read) = look_at_region(service, region, watches, manner).await?;
        looked.extend(here);
        learnt.extend(read);
    }
    looked.sort_by(|a, b| a.watch.name.cmp(&b.watch.name));
    Ok((looked, learnt))
}

async fn look_at_region<'a>(
    service: &Service<'a>,
    region: Option<&Region>,
    watches: Vec<&'a Watch>,
    manner: LookManner,
) -> Result<(Vec<LookedWatch<'a>>, Option<Learnt>), StoreError> {
    let LookManner {
        patience,
        reading,
        until,
    } = manner;
    // Who asks for one thing now has it decided by itself: a bake, or a move of one environment.
    let decides = patience == Patience::Waits;
    let (cloud, scope) = match reach(service, region).await {
        Ok(reached) => reached,
        Err(error) => {
            let watches = watches.into_iter();
            let unreached = watches.map(|watch| unreached(watch, region, &error));
            return Ok((unreached.collect(), None));
        }
    };
    let mut learnt = match reading {
        Reading::Afresh | Reading::Shown(_) => None,
        Reading::Recalled => Some(Learnt::before(service, &scope).await?),
    };
    let (mut looked, mut remembered) = (Vec::new(), Vec::new());
    for watch in watches {
        match memory_of(service, &scope, watch).await {
            Ok(known) => remembered.push((watch, known)),
            Err(error) if error.is_about_one_record() => {
                looked.push(LookedWatch::unremembered(watch, region, &error));
            }
            Err(error) => return Err(error),
        }
    }
    let pairs = remembered
        .iter()
        .map(|(watch, (history, _))| (*watch, &history.value));
    let mut what = detect::LookScope::of_watches(pairs);
    match reading {
        Reading::Afresh => what.depth = LookDepth::Settings,
        Reading::Shown(depth) => what.depth = depth,
        Reading::Recalled => {}
    }
    what.recall = learnt
        .as_ref()
        .map(Learnt::recall)
        .cloned()
        .unwrap_or_default();
    let mut sighting = Box::pin(sight(&cloud, service.clock, &what)).await;
    if let Some(learnt) = &mut learnt {
        learnt.take(&sighting);
    }
    for (watch, (history, holds)) in remembered {
        let wanted = wanted(service, watch);
        let now = service.clock.now();
        let holds_version = holds.version;
        let believed = Memory {
            history: believed(&history.value, patience, now),
            holds: holds.value,
        };
        let installation = &wanted.installation;
        let seen = watch_sighting(&cloud, installation, watch, &believed, &mut sighting).await;
        let drift = compare::compare(watch, &wanted, &sighting, &seen, &believed, now);
        let item = plan::plan_watch(watch, &wanted, drift, &seen, &believed, now);
        let place = WatchPlace {
            cloud: cloud.clone(),
            scope: scope.clone(),
            history,
        };
        let one = LookedWatch {
            watch,
            item,
            seen: Some(seen),
            place: Some(place),
            region: region.cloned(),
            holds_version,
            rollout: None,
            untold_by_store: false,
        };
        looked.push(match (decides, reading) {
            (false, _) => one,
            (true, Reading::Recalled | Reading::Afresh) => {
                with_rollout(service, one, until).await?
            }
            (true, Reading::Shown(_)) => {
                let one = with_rollout(service, one, until).await?;
                let one = with_publishing(service, one).await?;
                with_saved(service, one).await?
            }
        });
    }
    Ok((looked, learnt))
}

/// Has it decided which environments move now, and what holds the others.
async fn with_rollout<'a>(
    service: &Service<'a>,
    mut one: LookedWatch<'a>,
    until: Option<Duration>,
) -> Result<LookedWatch<'a>, StoreError> {
    let (Some(seen), Some(place)) = (&one.seen, &one.place) else {
        return Ok(one);
    };
    if one.watch.on_drift != OnDrift::Rollout {
        return Ok(one);
    }
    let scene = RolloutScene {
        service,
        watch: one.watch,
        installation: &wanted(service, one.watch).installation,
        cloud: &place.cloud,
        scope: &place.scope,
        drift: &one.item.drift,
        seen,
        history: &place.history.value,
        until,
    };
    match Box::pin(look_at_rollout(&scene)).await {
        Ok(rollout) => {
            apply_decision(&mut one.item, &rollout.decision);
            one.rollout = Some(rollout);
            Ok(one)
        }
        Err(error) if error.is_about_one_record() => {
            let region = one.region.take();
            Ok(LookedWatch::unremembered(
                one.watch,
                region.as_ref(),
                &error,
            ))
        }
        Err(error) => Err(error),
    }
}

/// Adds what would be done at each destination.
async fn with_publishing<'a>(
    service: &Service<'a>,
    mut one: LookedWatch<'a>,
) -> Result<LookedWatch<'a>, StoreError> {
    let Some(watch) = one.publishing() else {
        return Ok(one);
    };
    match look_at_publishing(service, &watch).await {
        Ok(looked) => {
            let planned = looked.map(|looked| looked.planned(&looked.decide(false)));
            one.item.publications = planned.unwrap_or_default();
            Ok(one)
        }
        Err(error) if error.is_about_one_record() => {
            let region = one.region.take();
            let (watch, region) = (one.watch, region.as_ref());
            Ok(LookedWatch::unremembered(watch, region, &error))
        }
        Err(error) => Err(error),
    }
}

/// Adds what saved configurations say beside the verdict.
async fn with_saved<'a>(
    service: &Service<'a>,
    mut one: LookedWatch<'a>,
) -> Result<LookedWatch<'a>, StoreError> {
    let mut scene = SavedScene {
        watch: one.watch,
        seen: one.seen.as_ref(),
        rollout: one.rollout.as_ref(),
        drift: &mut one.item.drift,
    };
    match Box::pin(look_at_saved(service, &mut scene)).await {
        Ok(()) => Ok(one),
        Err(error) if error.is_about_one_record() => {
            let region = one.region.take();
            let (watch, region) = (one.watch, region.as_ref());
            Ok(LookedWatch::unremembered(watch, region, &error))
        }
        Err(error) => Err(error),
    }
}

/// What the store remembers of a watch here, and what people hold of it.
async fn memory_of(
    service: &Service<'_>,
    scope: &Scope,
    watch: &Watch,
) -> Result<(Versioned<WatchHistory>, Versioned<Vec<Hold>>), StoreError> {
    let installation = service.settings.installation.as_ref();
    let history = records::remembered_watch(service.store, scope, &watch.name).await?;
    let holds = records::remembered_holds(service.store, installation, &watch.name).await?;
    Ok((history, holds))
}

/// The memory that the verdict goes by: for a person who asked now, the pause is over.
fn believed(history: &WatchHistory, patience: Patience, now: DateTime<Utc>) -> WatchHistory {
    let mut believed = history.clone();
    believed.put_right(now);
    if let (Patience::AskedNow, Some(failing)) = (patience, &mut believed.failing) {
        failing.next_at = failing.next_at.map(|next| next.min(now));
    }
    believed
}

async fn reach(
    service: &Service<'_>,
    region: Option<&Region>,
) -> Result<(Cloud, Scope), CloudError> {
    let cloud = service.connection.cloud(&Identity::Own, region)?;
    let scope = cloud.caller().await?;
    Ok((cloud, scope))
}

/// What the watch should be made of. A config without an installation makes nothing, and no image of
/// anybody's carries the name that stands for none.
pub fn wanted(service: &Service<'_>, watch: &Watch) -> Wanted {
    Wanted {
        installation: Installation::or_nobody(service.settings.installation.as_ref()),
        recipe_digest: watch
            .recipe
            .as_ref()
            .map(|recipe| RecipeDigest::of_user_data(&recipe.user_data, recipe.template)),
    }
}
