//! What a look finds out of a watch's rollout: what is remembered, and of the environments that may be
//! moved now what AWS says, through the role that would move them. `flow::rollout::decide` decides, and
//! says what it must read for that; it is asked again until it needs nothing more.
//!
//! Reads AWS and the store; writes neither.

use std::collections::BTreeMap;

use futures_util::StreamExt as _;
use futures_util::stream;

use crate::cloud::{Cloud, CloudError};
use crate::flow::rollout::case::{
    RolloutCase, RolloutDecision, TargetKnown, TargetLook, TargetRead,
};
use crate::flow::rollout::decide::decide_rollout;
use crate::flow::rollout::image_choice::{ChosenImage, image_to_move_to};
use crate::flow::rollout::read::read_environment;
use crate::flow::rollout::versions::platform_of_move;
use crate::model::drift::{Drift, TargetDrift};
use crate::model::history::WatchHistory;
use crate::model::ids::{Installation, Scope, TargetId};
use crate::model::platform_choice::PlatformChoice;
use crate::model::rollout::TargetMoves;
use crate::model::rollout_memory::RolloutMemory;
use crate::model::sighting::{Trouble, WatchSighting};
use crate::model::watch::{OnDrift, Watch};
use crate::service::Service;
use crate::service::runs::moving::DecidedFrom;
use crate::store::records::Versioned;
use crate::store::{StoreError, moves};

/// Environments that are read side by side: each takes some six calls.
const READ_AT_ONCE: usize = 8;
/// Environments whose moves are forgotten in one batch.
const ANEW_MAX: usize = 8;

/// What was looked at of one watch's rollout.
pub struct LookedRollout {
    pub decision: RolloutDecision,
    /// What is remembered and was read of each environment of the watch.
    pub known: BTreeMap<TargetId, TargetKnown>,
    pub memory: Versioned<RolloutMemory>,
    /// The image that it is about.
    pub chosen: Option<ChosenImage>,
    versions: BTreeMap<TargetId, TargetVersions>,
    holds_version: u64,
}

/// The versions under which an environment's records were read.
#[derive(Debug, Clone, Copy, Default)]
struct TargetVersions {
    moves: u64,
    claim: u64,
}

impl LookedRollout {
    /// Environments that were made anew under a remembered name, and what is remembered of them from now on;
    /// as many as one batch takes, the others by the next pass.
    pub(super) fn made_anew(&self) -> impl Iterator<Item = (&TargetId, Versioned<TargetMoves>)> {
        let memory = self.decision.memory.as_ref();
        let image = memory.unwrap_or(&self.memory.value).image.as_ref();
        // Where the decision could not forget that the name was through, the next one does.
        let counts = move |target: &TargetId| {
            image.is_some_and(|image| image.moved.contains_key(&target.name()))
        };
        let anew = self.known.iter().filter(|(_, known)| known.made_anew);
        let anew = anew.filter(move |(target, _)| !counts(target));
        anew.take(ANEW_MAX).map(|(target, known)| {
            let versions = self.versions.get(target).copied().unwrap_or_default();
            let moves = Versioned {
                version: versions.moves,
                value: known.moves.clone(),
            };
            (target, moves)
        })
    }

    /// What an order for this environment was decided from. `rollout_version`: of what is remembered of
    /// the watch's rollout, as it was decided from or written by the same pass.
    pub(super) fn decided_from(&self, target: &TargetId, rollout_version: u64) -> DecidedFrom {
        let known = self.known.get(target).cloned().unwrap_or_default();
        let versions = self.versions.get(target).copied().unwrap_or_default();
        let rewritten = self.made_anew().any(|(anew, _)| anew == target);
        DecidedFrom {
            moves: Versioned {
                version: versions.moves + u64::from(rewritten),
                value: known.moves,
            },
            moving: known.claim.map(|value| Versioned {
                version: versions.claim,
                value,
            }),
            rollout_version,
            holds_version: self.holds_version,
        }
    }
}

/// Where and of what a rollout is looked at.
pub(super) struct RolloutScene<'a> {
    pub(super) service: &'a Service<'a>,
    pub(super) watch: &'a Watch,
    pub(super) installation: &'a Installation,
    /// The way of whoever looks, which moves nothing.
    pub(super) cloud: &'a Cloud,
    pub(super) scope: &'a Scope,
    pub(super) drift: &'a Drift,
    pub(super) seen: &'a WatchSighting,
    pub(super) history: &'a WatchHistory,
    pub(super) holds_version: u64,
}

/// Looks, and has it decided.
///
/// # Errors
/// When the store cannot be read. What AWS does not answer is in the decision.
pub(super) async fn look_at_rollout(scene: &RolloutScene<'_>) -> Result<LookedRollout, StoreError> {
    let (store, watch) = (scene.service.store, scene.watch);
    let memory = moves::rollout(store, scene.scope, &watch.name).await?;
    let chosen = image_to_move_to(
        None,
        scene.drift,
        scene.seen,
        scene.history,
        &scene.scope.region,
    )
    .ok();
    let (mut known, versions) = remembered(scene).await?;
    let rivals = rivals(scene.service, watch);
    loop {
        let decision = decide_rollout(&RolloutCase {
            watch,
            installation: scene.installation,
            drift: scene.drift,
            chosen: chosen.as_ref(),
            memory: &memory.value,
            known: &known,
            rivals: &rivals,
            now: scene.service.clock.now(),
        });
        let unread = |target: &&TargetId| {
            let look = known.get(*target).map(|known| &known.look);
            matches!(look, None | Some(TargetLook::NotRead))
        };
        let next: Vec<TargetId> = decision.read_next.iter().filter(unread).cloned().collect();
        if next.is_empty() {
            return Ok(LookedRollout {
                decision,
                known,
                memory,
                chosen,
                versions,
                holds_version: scene.holds_version,
            });
        }
        for (target, look) in read_targets(scene, chosen.as_ref(), &next).await {
            known.entry(target).or_default().look = look;
        }
    }
}

/// What is remembered of each environment, and under which versions.
async fn remembered(
    scene: &RolloutScene<'_>,
) -> Result<
    (
        BTreeMap<TargetId, TargetKnown>,
        BTreeMap<TargetId, TargetVersions>,
    ),
    StoreError,
> {
    let (mut known, mut versions) = (BTreeMap::new(), BTreeMap::new());
    for TargetDrift {
        target,
        environment_id,
        ..
    } in &scene.drift.targets
    {
        let moves = moves::target_moves(scene.service.store, target).await?;
        let claim = moves::moving(scene.service.store, target).await?;
        let at = TargetVersions {
            moves: moves.version,
            claim: claim.as_ref().map_or(0, |claim| claim.version),
        };
        versions.insert(target.clone(), at);
        let is = environment_id.as_deref();
        // A move that is under way ends first: it finds out by itself that its environment is gone.
        let made_anew = claim.is_none() && moves.value.are_of_another(is);
        let remembered = TargetKnown {
            moves: match made_anew {
                true => moves.value.of_environment(is),
                false => moves.value,
            },
            made_anew,
            claim: claim.map(|claim| claim.value),
            ..TargetKnown::default()
        };
        known.insert(target.clone(), remembered);
    }
    Ok((known, versions))
}

/// The other watches that move environments by themselves in the same region.
fn rivals<'a>(service: &Service<'a>, watch: &Watch) -> Vec<&'a Watch> {
    let default = service.connection.region();
    let region = |one: &Watch| one.region.clone().or(default.clone());
    let (here, others) = (region(watch), service.settings.watches.values());
    let rivals = others.filter(|one| {
        one.name != watch.name && one.on_drift == OnDrift::Rollout && region(one) == here
    });
    rivals.collect()
}

async fn read_targets(
    scene: &RolloutScene<'_>,
    chosen: Option<&ChosenImage>,
    targets: &[TargetId],
) -> Vec<(TargetId, TargetLook)> {
    let mover = scene.service.mover(scene.watch);
    let reads = targets.iter().map(|target| {
        let mover = mover.as_ref();
        async move {
            (
                target.clone(),
                read_target(scene, chosen, mover, target).await,
            )
        }
    });
    stream::iter(reads)
        .buffer_unordered(READ_AT_ONCE)
        .collect()
        .await
}

async fn read_target(
    scene: &RolloutScene<'_>,
    chosen: Option<&ChosenImage>,
    mover: Result<&Cloud, &CloudError>,
    target: &TargetId,
) -> TargetLook {
    let name = format!("the environment {}", target.name());
    let read = match mover {
        Ok(mover) => read_environment(mover, target).await,
        Err(error) => return untold(error, &name),
    };
    let reading = match read {
        Ok(Some(reading)) => reading,
        Ok(None) => return TargetLook::Gone,
        Err(error) => return untold(&error, &name),
    };
    let judged = scene.drift.targets.iter().find(|one| one.target == *target);
    let platform = match chosen {
        Some(chosen) => platform_of_move(scene.cloud, scene.watch, &reading, chosen, judged).await,
        None => Ok(PlatformChoice::Stays),
    };
    match platform {
        Ok(platform) => TargetLook::Read(Box::new(TargetRead { reading, platform })),
        Err(error) => untold(&error, &format!("the platform versions for {name}")),
    }
}

fn untold(error: &CloudError, what: &str) -> TargetLook {
    let Trouble { what, why, denied } = error.trouble(what);
    TargetLook::Untold { denied, what, why }
}
