//! One look in one region: at the watches that are there, and at their targets in other accounts and regions.
//!
//! Reads AWS and the store; writes neither.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::elsewhere::{ElsewhereManner, WatchElsewhere, look_elsewhere};
use super::looked_watch::{LookedWatch, unreached};
use super::publish::look_at_publishing;
use super::recall::Learnt;
use super::rollout_look::{RolloutScene, look_at_rollout};
use super::saved_look::{SavedScene, look_at_saved};
use crate::cloud::{Cloud, CloudError, Identity};
use crate::flow::compare::compare_everywhere;
use crate::flow::compare::elsewhere::SeenElsewhere;
use crate::flow::detect::{self, LookDepth, sight, watch_sighting};
use crate::flow::plan;
use crate::flow::rollout::applied::apply_decision;
use crate::model::bake::RecipeDigest;
use crate::model::history::{Memory, WatchHistory};
use crate::model::hold::Hold;
use crate::model::ids::{Installation, Region, Scope};
use crate::model::sighting::{Sighting, WatchSighting};
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

/// Whether earlier looks are believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    Afresh,
    /// To be shown, with what nothing hangs on.
    Shown(LookDepth),
    Recalled,
}

impl Reading {
    fn depth(self) -> LookDepth {
        match self {
            Self::Shown(depth) => depth,
            Self::Afresh | Self::Recalled => LookDepth::Settings,
        }
    }
}

/// What one look is like, wherever it goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct LookManner {
    pub(super) patience: Patience,
    pub(super) reading: Reading,
    /// By the steady clock: how long environments are looked at closer; absent where somebody waits for all.
    pub(super) until: Option<Duration>,
}

/// The verdict and the plan for each of these watches, which are of one region, and what was read there and in the
/// other accounts in which they have targets.
///
/// # Errors
/// When the store cannot be read. What AWS does not answer is in the verdicts.
pub(super) async fn look_at_region<'a>(
    service: &Service<'a>,
    region: Option<&Region>,
    watches: Vec<&'a Watch>,
    manner: LookManner,
) -> Result<(Vec<LookedWatch<'a>>, Vec<Learnt>), StoreError> {
    let (cloud, scope) = match reach(service, region).await {
        Ok(reached) => reached,
        Err(error) => {
            let watches = watches.into_iter();
            let unreached = watches.map(|watch| unreached(watch, region, &error));
            return Ok((unreached.collect(), Vec::new()));
        }
    };
    let there = LookedRegion {
        service,
        region,
        cloud,
        scope,
        manner,
    };
    let mut learnt = match manner.reading {
        Reading::Afresh | Reading::Shown(_) => None,
        Reading::Recalled => Some(Learnt::before(service, &there.scope).await?),
    };
    let (mut looked, remembered) = there.remembered(watches).await?;
    let (sighting, seen) = there.see(remembered, learnt.as_mut()).await;
    let with_targets = seen.iter().map(|one| WatchElsewhere {
        watch: one.remembered.watch,
        seen: &one.sees,
        remembered: one.remembered.history.value.current.as_ref(),
    });
    let elsewhere = ElsewhereManner {
        depth: manner.reading.depth(),
        recalls: manner.reading == Reading::Recalled,
    };
    let (elsewhere, learnt_there) =
        look_elsewhere(service, &there.scope, &sighting, with_targets, elsewhere).await?;
    for one in seen {
        let judged = there.judge(one, &sighting, &elsewhere);
        looked.push(there.with_what_hangs_on_it(judged).await?);
    }
    Ok((looked, learnt.into_iter().chain(learnt_there).collect()))
}

/// One look in one region.
struct LookedRegion<'s, 'a> {
    service: &'s Service<'a>,
    region: Option<&'s Region>,
    cloud: Cloud,
    scope: Scope,
    manner: LookManner,
}

impl<'a> LookedRegion<'_, 'a> {
    /// What is remembered of each watch. One whose own records make no sense is not looked at.
    async fn remembered(
        &self,
        watches: Vec<&'a Watch>,
    ) -> Result<(Vec<LookedWatch<'a>>, Vec<Remembered<'a>>), StoreError> {
        let (mut unremembered, mut remembered) = (Vec::new(), Vec::new());
        for watch in watches {
            match memory_of(self.service, &self.scope, watch).await {
                Ok((history, holds)) => remembered.push(Remembered {
                    watch,
                    at_home: watch.at_home(&self.scope),
                    history,
                    holds,
                }),
                Err(error) if error.is_about_one_record() => {
                    unremembered.push(LookedWatch::unremembered(watch, self.region, &error));
                }
                Err(error) => return Err(error),
            }
        }
        Ok((unremembered, remembered))
    }

    /// What is there, for all of them, and for each.
    async fn see(
        &self,
        remembered: Vec<Remembered<'a>>,
        mut learnt: Option<&mut Learnt>,
    ) -> (Sighting, Vec<SeenWatch<'a>>) {
        let pairs = remembered.iter();
        let pairs = pairs.map(|one| (&one.at_home, &one.history.value));
        let mut what = detect::LookScope::of_watches(pairs);
        what.depth = self.manner.reading.depth();
        let recall = learnt.as_deref().map(Learnt::recall).cloned();
        what.recall = recall.unwrap_or_default();
        let mut sighting = Box::pin(sight(&self.cloud, self.service.clock, &what)).await;
        if let Some(learnt) = &mut learnt {
            learnt.take(&sighting);
        }
        let mut seen = Vec::new();
        for one in remembered {
            let wanted = wanted(self.service, one.watch);
            let believed = one.believed(self.manner.patience, self.service.clock.now());
            let (by, watch) = (&wanted.installation, &one.at_home);
            let sees = watch_sighting(&self.cloud, by, watch, &believed, &mut sighting).await;
            seen.push(SeenWatch {
                remembered: one,
                wanted,
                believed,
                sees,
            });
        }
        (sighting, seen)
    }

    fn judge(
        &self,
        one: SeenWatch<'a>,
        sighting: &Sighting,
        elsewhere: &[SeenElsewhere],
    ) -> LookedWatch<'a> {
        let SeenWatch {
            remembered,
            wanted,
            believed,
            sees,
        } = one;
        let (watch, at_home) = (remembered.watch, &remembered.at_home);
        let now = self.service.clock.now();
        let mut far = watch.elsewhere(&self.scope);
        let far: Vec<_> = elsewhere
            .iter()
            .filter_map(|there| Some((far.remove(&there.place)?, there)))
            .collect();
        let drift = compare_everywhere(at_home, &wanted, sighting, &sees, &believed, now, &far);
        LookedWatch {
            watch,
            item: plan::plan_watch(at_home, &wanted, drift, &sees, &believed, now),
            seen: Some(sees),
            place: Some(WatchPlace {
                cloud: self.cloud.clone(),
                scope: self.scope.clone(),
                history: remembered.history,
            }),
            region: self.region.cloned(),
            holds_version: remembered.holds.version,
            rollout: None,
            untold_by_store: false,
        }
    }

    /// Who asks for one thing now has it decided by itself: a bake, or a move of one environment.
    async fn with_what_hangs_on_it(
        &self,
        one: LookedWatch<'a>,
    ) -> Result<LookedWatch<'a>, StoreError> {
        let (service, until) = (self.service, self.manner.until);
        if self.manner.patience != Patience::Waits {
            return Ok(one);
        }
        let one = with_rollout(service, one, until).await?;
        match self.manner.reading {
            Reading::Recalled | Reading::Afresh => Ok(one),
            Reading::Shown(_) => with_saved(service, with_publishing(service, one).await?).await,
        }
    }
}

/// A watch, and what was seen for it.
struct SeenWatch<'a> {
    remembered: Remembered<'a>,
    wanted: Wanted,
    believed: Memory,
    sees: WatchSighting,
}

/// A watch, and what is remembered of it.
struct Remembered<'a> {
    watch: &'a Watch,
    /// With the targets in its own account alone.
    at_home: Watch,
    history: Versioned<WatchHistory>,
    holds: Versioned<Vec<Hold>>,
}

impl Remembered<'_> {
    fn believed(&self, patience: Patience, now: DateTime<Utc>) -> Memory {
        Memory {
            history: believed(&self.history.value, patience, now),
            holds: self.holds.value.clone(),
        }
    }
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
    let drift = one.item.drift.without_others();
    let scene = RolloutScene {
        service,
        watch: one.watch,
        installation: &wanted(service, one.watch).installation,
        cloud: &place.cloud,
        scope: &place.scope,
        drift: &drift,
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
    let Some(place) = &one.place else {
        return Ok(one);
    };
    let mut scene = SavedScene {
        home: &place.scope,
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
