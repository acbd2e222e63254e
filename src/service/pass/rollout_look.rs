//! What a look finds out of a watch's rollout: what is remembered, and of the environments that may be
//! moved now what AWS says, through the role that would move them. `flow::rollout::decide` decides, and
//! says what it must read for that; it is asked again until it needs nothing more.
//!
//! Reads AWS and the store; writes neither.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;

use super::next_looks::{NextLooks, READ_AT_ONCE, ask_last, next_looks};
use crate::cloud::{Cloud, CloudError};
use crate::flow::rollout::case::{
    RolloutCase, RolloutDecision, TargetKnown, TargetLook, TargetRead,
};
use crate::flow::rollout::decide::decide_rollout;
use crate::flow::rollout::image_choice::{ChosenImage, image_to_move_to};
use crate::flow::rollout::read::read_environment;
use crate::flow::rollout::read_last::LaunchedImage;
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
    /// The versions under which the environments' moves were read.
    versions: BTreeMap<TargetId, u64>,
}

impl LookedRollout {
    /// Environments that were made anew under a remembered name, and what is remembered of them from now on;
    /// as many as one batch takes, the others by the next pass.
    pub(super) fn made_anew(&self) -> impl Iterator<Item = (&TargetId, Versioned<TargetMoves>)> {
        let memory = self.decision.memory.as_ref();
        let image = memory.unwrap_or(&self.memory.value).image.as_ref();
        // Where the decision could not forget that the name was through, the next one does.
        let counts = move |target: &TargetId| {
            image.is_some_and(|image| image.moved.contains_key(&target.key()))
        };
        let anew = self.known.iter().filter(|(_, known)| known.made_anew);
        let anew = anew.filter(move |(target, _)| !counts(target));
        anew.take(ANEW_MAX).map(|(target, known)| {
            let version = self.versions.get(target).copied().unwrap_or_default();
            let moves = Versioned {
                version,
                value: known.moves.clone(),
            };
            (target, moves)
        })
    }

    /// What an order for this environment was decided from: with the versions of what is remembered of the
    /// watch's rollout and of what people hold, as it was decided from or written by the same pass.
    pub(super) fn decided_from(
        &self,
        target: &TargetId,
        rollout_version: u64,
        holds_version: u64,
    ) -> DecidedFrom {
        let known = self.known.get(target);
        let moves = known.map(|known| known.moves.clone()).unwrap_or_default();
        let version = self.versions.get(target).copied().unwrap_or_default();
        let rewritten = self.made_anew().any(|(anew, _)| anew == target);
        DecidedFrom {
            moves: Versioned {
                version: version + u64::from(rewritten),
                value: moves,
            },
            rollout_version,
            holds_version,
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
    /// By the steady clock: later than this nothing more is looked at closer, and what was not is not known.
    /// Absent where somebody waits for all of it.
    pub(super) until: Option<Duration>,
}

impl RolloutScene<'_> {
    /// The way of whoever would move an environment there.
    fn mover(&self, there: &Scope) -> Result<Cloud, CloudError> {
        self.service.mover_there(self.scope, there)
    }

    /// The way of whoever looks there, and moves nothing.
    fn looker(&self, there: &Scope) -> Result<Cloud, CloudError> {
        match there == self.scope {
            true => Ok(self.cloud.clone()),
            false => self.service.looker_there(self.scope, there),
        }
    }

    fn may_look_on(&self) -> bool {
        let may = self
            .until
            .is_none_or(|until| self.service.clock.steady() < until);
        if !may {
            let watch = self.watch.name.as_str();
            tracing::warn!(
                watch,
                "not every environment was looked at closer within half of [schedule] pass_timeout"
            );
        }
        may
    }
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
    let mut rounds = 0;
    loop {
        let decision = decide_rollout(&RolloutCase {
            watch,
            installation: scene.installation,
            home: scene.scope,
            drift: scene.drift,
            chosen: chosen.as_ref(),
            memory: &memory.value,
            known: &known,
            rivals: &rivals,
            now: scene.service.clock.now(),
        });
        let mut next = match scene.may_look_on() {
            true => next_looks(&decision, &known, rounds),
            false => NextLooks::default(),
        };
        if chosen.is_none() {
            // Without an image there is no key to ask about, and no move either.
            next.ask.clear();
        }
        if next.is_empty() {
            return Ok(LookedRollout {
                decision,
                known,
                memory,
                chosen,
                versions,
            });
        }
        for (target, look) in read_targets(scene, chosen.as_ref(), &next.read).await {
            known.entry(target).or_default().look = look;
        }
        if let Some(chosen) = &chosen {
            let image = LaunchedImage {
                id: &chosen.image,
                snapshots: scene.seen.snapshots(&chosen.image),
            };
            ask_last(&|there| scene.mover(there), image, &mut known, &next.ask).await;
        }
        rounds += 1;
    }
}

/// What is remembered of each environment, and under which versions.
async fn remembered(
    scene: &RolloutScene<'_>,
) -> Result<(BTreeMap<TargetId, TargetKnown>, BTreeMap<TargetId, u64>), StoreError> {
    let (mut known, mut versions) = (BTreeMap::new(), BTreeMap::new());
    for TargetDrift {
        target,
        environment_id,
        ..
    } in &scene.drift.targets
    {
        let moves = moves::target_moves(scene.service.store, target).await?;
        let claim = moves::moving(scene.service.store, target).await?;
        versions.insert(target.clone(), moves.version);
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

/// The other watches that move environments by themselves in the same region. All work in one account.
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
    let reads = targets.iter().map(|target| async move {
        let look = read_target(scene, chosen, target).await;
        (target.clone(), look)
    });
    stream::iter(reads)
        .buffer_unordered(READ_AT_ONCE)
        .collect()
        .await
}

async fn read_target(
    scene: &RolloutScene<'_>,
    chosen: Option<&ChosenImage>,
    target: &TargetId,
) -> TargetLook {
    let name = format!("the environment {}", target.name());
    let (mover, looker) = match (scene.mover(&target.scope), scene.looker(&target.scope)) {
        (Ok(mover), Ok(looker)) => (mover, looker),
        (Err(error), _) | (_, Err(error)) => return untold(&error, &name),
    };
    let read = read_environment(&mover, target).await;
    let reading = match read {
        Ok(Some(reading)) => reading,
        Ok(None) => return TargetLook::Gone,
        Err(error) => return untold(&error, &name),
    };
    let judged = scene.drift.targets.iter().find(|one| one.target == *target);
    let platform = match chosen {
        Some(chosen) => platform_of_move(&looker, scene.watch, &reading, chosen, judged).await,
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
