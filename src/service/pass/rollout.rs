//! What a pass does about a watch's rollout: writes down what was decided and tells it, in one batch, and
//! hands back the moves that are to be begun. Begins none: whoever made the pass does, where the config is
//! still the one that was decided under.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::look::LookedWatch;
use super::printed::print_change;
use super::raised::RaisedVersion;
use super::rollout_look::LookedRollout;
use crate::flow::notify::{
    self, RolloutStory, WaveRun, approval_lapsed, approval_needed, hands_needed, rollout_blocked,
    rollout_superseded, story_of_image, wave_through,
};
use crate::flow::rollout::case::{PlannedStep, RolloutTelling, TargetStand};
use crate::model::ids::{ImageId, TargetId, WatchName};
use crate::model::notice::{BlockedTold, Notice, PrintedChange, RolledImage, TargetFrom};
use crate::model::rollout::MoveOrder;
use crate::model::rollout_rules::RolloutHands;
use crate::model::told::ToldDrift;
use crate::service::Service;
use crate::service::place::WatchPlace;
use crate::service::runs::moving::DecidedFrom;
use crate::store::records::{self, Versioned, remembered_told};
use crate::store::{BATCH_MAX, Batch, Lease, Op, StoreError, moves};

/// A move that is to be begun, whole, and what it was decided from.
pub struct MoveStart {
    pub order: MoveOrder,
    pub from: DecidedFrom,
}

/// What a pass leaves of its rollouts.
#[derive(Default)]
pub struct RolloutPass {
    pub starts: Vec<MoveStart>,
    /// The watches of which something changed under it: they are worth deciding again at once.
    pub again: BTreeSet<WatchName>,
    /// When the first thing that holds a move ends by itself, where that is known.
    pub look_at: Option<DateTime<Utc>>,
}

impl RolloutPass {
    /// Of several watches.
    pub(super) fn merge(&mut self, other: Self) {
        self.starts.extend(other.starts);
        self.again.extend(other.again);
        self.look_at = self.look_at.into_iter().chain(other.look_at).min();
    }

    /// The same pass has written what its moves were decided from.
    pub(super) fn carry_on(&mut self, raised: RaisedVersion) {
        for MoveStart { from, .. } in &mut self.starts {
            from.rollout_version = raised.carry(from.rollout_version);
        }
    }
}

/// Keeps what was decided, and tells it.
///
/// # Errors
/// When the store fails.
pub async fn keep_rollout(
    service: &Service<'_>,
    lease: Lease,
    looked: &LookedWatch<'_>,
) -> Result<RolloutPass, StoreError> {
    let (Some(rollout), Some(place)) = (&looked.rollout, &looked.place) else {
        return Ok(RolloutPass::default());
    };
    let told = remembered_told(service.store, &place.scope, &looked.watch.name).await?;
    let told = told.as_ref().map(|told| &told.value);
    let notices = notices(service, looked, place, (rollout, told)).await?;
    let version = match commit(service, lease, looked, place, rollout, &notices).await {
        Ok(version) => version,
        Err(StoreError::Conflict { .. }) => {
            let name = &looked.watch.name;
            tracing::info!(
                watch = name.as_str(),
                "a rollout changed while it was decided: decided again"
            );
            return Ok(RolloutPass {
                again: [name.clone()].into(),
                ..RolloutPass::default()
            });
        }
        Err(error) => return Err(error),
    };
    Ok(RolloutPass {
        starts: starts(looked, place, (rollout, told), version),
        again: BTreeSet::new(),
        look_at: first_end(rollout),
    })
}

/// The moves that were decided on.
fn starts(
    looked: &LookedWatch<'_>,
    place: &WatchPlace,
    (rollout, told): (&LookedRollout, Option<&ToldDrift>),
    version: u64,
) -> Vec<MoveStart> {
    let current = place.history.value.current.as_ref();
    let start = |order: &MoveOrder| {
        let image = order.to.image.image();
        let baked = current.filter(|baked| Some(&baked.image) == image);
        MoveStart {
            from: rollout.decided_from(&order.target, version, looked.holds_version),
            order: MoveOrder {
                story: baked.map(|baked| story_of_image(baked, told)),
                ..order.clone()
            },
        }
    };
    let stands = rollout.decision.targets.iter();
    let moves = stands.filter_map(|one| match &one.stand {
        TargetStand::Move(order) => Some(start(order)),
        _ => None,
    });
    moves.collect()
}

/// When the first thing that holds a move ends by itself.
fn first_end(rollout: &LookedRollout) -> Option<DateTime<Utc>> {
    let stands = rollout.decision.targets.iter();
    let untils = stands.filter_map(|one| match &one.stand {
        TargetStand::Waits { until } => *until,
        _ => None,
    });
    untils.min()
}

/// Writes what is to be remembered with the notices of it; gives the version that moves are begun from. A
/// batch holds so much: notices that it has no room for go before it, each by itself, and are told once
/// however often.
async fn commit(
    service: &Service<'_>,
    lease: Lease,
    looked: &LookedWatch<'_>,
    place: &WatchPlace,
    rollout: &LookedRollout,
    notices: &[Notice],
) -> Result<u64, StoreError> {
    let version = rollout.memory.version;
    let guard = || Op::CheckLease { epoch: lease.epoch };
    let mut ops = vec![guard()];
    let remembered = rollout.decision.memory.as_ref().map(|value| Versioned {
        version,
        value: value.clone(),
    });
    let (scope, watch) = (&place.scope, &looked.watch.name);
    ops.push(match &remembered {
        Some(memory) => moves::put_rollout(scope, watch, memory),
        None => moves::expect_rollout(scope, watch, version),
    });
    let anew = rollout.made_anew();
    ops.extend(anew.map(|(target, moves)| moves::put_target_moves(target, &moves)));
    let who = service.told();
    for notice in notices {
        let told = records::notice_ops(service.store, notice, &who).await?;
        match ops.len() + told.len() <= BATCH_MAX {
            true => ops.extend(told),
            false => {
                let alone = [guard()].into_iter().chain(told).collect();
                service.store.commit(Batch::of_ops(alone)).await?;
            }
        }
    }
    if remembered.is_some() || ops.len() > 2 {
        service.store.commit(Batch::of_ops(ops)).await?;
    }
    Ok(version + u64::from(remembered.is_some()))
}

/// What people are to be told.
async fn notices(
    service: &Service<'_>,
    looked: &LookedWatch<'_>,
    place: &WatchPlace,
    (rollout, told): (&LookedRollout, Option<&ToldDrift>),
) -> Result<Vec<Notice>, StoreError> {
    let Some(installation) = &service.settings.installation else {
        return Ok(Vec::new());
    };
    let remembered = rollout.decision.memory.as_ref();
    let memory = remembered.unwrap_or(&rollout.memory.value);
    let now = service.clock.now();
    let story = |image| RolloutStory {
        installation,
        scope: &place.scope,
        watch: &looked.watch.name,
        image,
        baked: place.history.value.current.as_ref(),
        told,
        began_at: memory
            .image
            .as_ref()
            .filter(|one| one.image == *image)
            .map_or(DateTime::UNIX_EPOCH, |one| one.began_at),
        at: now,
    };
    let teller = Teller {
        looked,
        rollout,
        story: &story,
    };
    let mut notices: Vec<Notice> = Vec::new();
    for telling in &rollout.decision.tell {
        notices.extend(teller.notices(telling));
    }
    notices.extend(hands(service, looked, place, rollout, &story).await?);
    Ok(notices)
}

/// Makes notices of what was decided to be told.
struct Teller<'a, 'w, S> {
    looked: &'a LookedWatch<'w>,
    rollout: &'a LookedRollout,
    story: &'a S,
}

impl<'a, S: Fn(&'a ImageId) -> RolloutStory<'a>> Teller<'a, '_, S> {
    fn notices(&self, telling: &'a RolloutTelling) -> Vec<Notice> {
        match telling {
            RolloutTelling::ApprovalNeeded { question, moves } => {
                let waiting = moves.iter().map(|step: &PlannedStep| TargetFrom {
                    target: step.target.clone(),
                    from: step.from.clone(),
                });
                let story = (self.story)(&question.image);
                let replaced = self.replaced(&question.image);
                vec![approval_needed(
                    &story,
                    question,
                    waiting.collect(),
                    replaced,
                )]
            }
            RolloutTelling::ApprovalLapsed { question } => {
                vec![approval_lapsed(&(self.story)(&question.image), question)]
            }
            RolloutTelling::Superseded { old, new, .. } => {
                let moved = old.moved.keys().map(|key| name_in_key(key)).collect();
                vec![rollout_superseded(&(self.story)(new), &old.image, moved)]
            }
            RolloutTelling::WaveThrough {
                image,
                wave,
                of,
                pattern,
                environments,
                last,
                next,
            } => {
                let run = WaveRun {
                    number: *wave,
                    of: *of,
                    pattern: pattern.clone(),
                    environments: self.ran_before(environments),
                    last: *last,
                    next: next.clone(),
                };
                vec![wave_through(&(self.story)(image), run)]
            }
            RolloutTelling::Blocked { target, reasons } => {
                let Some(chosen) = &self.rollout.chosen else {
                    return Vec::new();
                };
                let story = (self.story)(&chosen.image);
                let told = |reason: &crate::model::reason::Reason| BlockedTold {
                    of: RolledImage {
                        image: chosen.image.clone(),
                        base_version: chosen.base_version.clone(),
                    },
                    target: target.clone(),
                    from: self.image_of(target),
                    reason: reason.about.clone(),
                };
                let (reasons, nth) = (reasons.iter(), self.rollout.memory.version);
                reasons
                    .map(|one| rollout_blocked(&story, told(one), nth))
                    .collect()
            }
        }
    }

    /// The older image whose place this one takes, by the same decision.
    fn replaced(&self, image: &ImageId) -> Option<&'a ImageId> {
        let mut tell = self.rollout.decision.tell.iter();
        tell.find_map(|one| match one {
            RolloutTelling::Superseded { old, new, .. } if new == image => Some(&old.image),
            _ => None,
        })
    }

    /// What environments that run the image now ran before their move.
    fn ran_before(&self, targets: &[TargetId]) -> Vec<TargetFrom> {
        let before = targets.iter().filter_map(|target| {
            let undo = self.rollout.known.get(target)?.moves.undo.as_ref();
            Some(TargetFrom {
                target: target.clone(),
                from: undo.and_then(|undo| undo.before.image.image().cloned()),
            })
        });
        before.collect()
    }

    fn image_of(&self, target: &TargetId) -> Option<ImageId> {
        let mut targets = self.looked.item.drift.targets.iter();
        targets.find(|one| one.target == *target)?.image.clone()
    }
}

/// What people call an environment, of its key.
fn name_in_key(key: &str) -> String {
    match key.rsplitn(3, '/').collect::<Vec<_>>().as_slice() {
        [environment, application, ..] => format!("{application}/{environment}"),
        _ => key.to_owned(),
    }
}

/// What other hands are to change, once an image: nothing where that was told.
async fn hands<'a>(
    service: &Service<'_>,
    looked: &LookedWatch<'_>,
    place: &WatchPlace,
    rollout: &'a LookedRollout,
    story: &impl Fn(&'a ImageId) -> RolloutStory<'a>,
) -> Result<Option<Notice>, StoreError> {
    let RolloutHands::Print(form) = looked.watch.rollout_rules().hands else {
        return Ok(None);
    };
    let Some(chosen) = &rollout.chosen else {
        return Ok(None);
    };
    let told = hands_needed(&(story)(&chosen.image), Vec::new()).key;
    if records::was_told(service.store, &told).await? {
        return Ok(None);
    }
    let stands = rollout.decision.targets.iter();
    let theirs = stands.filter(|one| matches!(one.stand, TargetStand::Tell));
    let mut changes = Vec::new();
    for one in theirs {
        let mut judged = looked.item.drift.targets.iter();
        let Some(judged) = judged.find(|judged| judged.target == one.target) else {
            continue;
        };
        let Some(change) = judged.move_to.as_ref().and_then(|to| to.change()) else {
            continue;
        };
        match print_change(&place.cloud, form, &judged.target, &change).await {
            Ok(printed) => changes.push(PrintedChange {
                target: judged.target.clone(),
                from: judged.image.clone(),
                printed,
            }),
            Err(error) => {
                let watch = looked.watch.name.as_str();
                tracing::warn!(watch, %error, "a change for other hands cannot be said now");
                return Ok(None);
            }
        }
    }
    let some = !changes.is_empty();
    Ok(some.then(|| notify::hands_needed(&(story)(&chosen.image), changes)))
}
