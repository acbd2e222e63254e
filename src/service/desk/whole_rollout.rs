//! A person's order for a whole watch: its image goes to every environment, wave by wave, without asking
//! for an answer first, and outside of windows too where the person says `now`. Health, settling and holds
//! bind it as they bind a daemon's own rollout, because it is one: the order is written into what is
//! remembered of the watch's rollout, and passes do the rest (`whole_driving`).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::moved::MovedEnvironment;
use super::rollout::MoveError;
use crate::flow::exit_code::Exit;
use crate::flow::rollout::case::{TargetDecision, TargetStand};
use crate::model::chronicle::{DidEntry, Entry, EntryWhat};
use crate::model::ids::{ImageId, Scope, TargetId, WatchName};
use crate::model::reason::{Reason, ReasonCode};
use crate::model::rollout_memory::{ApprovalAnswer, ApprovalSaid, ImageRollout, PersonsOrder};
use crate::service::Service;
use crate::service::pass::look::{LookedWatch, Patience, look_afresh};
use crate::store::records::chronicle;
use crate::store::{Batch, StoreError, moves};

/// What a person orders for a whole watch.
#[derive(Debug, Clone)]
pub struct WholeOrder {
    pub watch: WatchName,
    /// Windows do not bind it either.
    pub now: bool,
    pub by: String,
}

/// What an order for a whole watch would do, before it is given.
#[derive(Debug, Serialize)]
pub struct WholePlan {
    pub watch: WatchName,
    pub image: ImageId,
    pub targets: Vec<WholeTarget>,
}

/// One environment of it.
#[derive(Debug, Serialize)]
pub struct WholeTarget {
    pub target: TargetId,
    /// Counted from 1; absent where no wave names it.
    pub wave: Option<usize>,
    pub from: Option<ImageId>,
    /// `in_step`, `move`, `prove`, `wait`, `blocked`, `cannot_tell`, `moving`, `print`
    pub stand: &'static str,
    /// What stands against moving it now, and is not the person's to override.
    pub gates: Vec<Reason>,
}

/// What became of an order for a whole watch, here or elsewhere, as far as it goes now.
#[derive(Debug, Serialize)]
pub struct WholeEnd {
    /// How each move of it ended, with what took it back.
    pub ended: Vec<MovedEnvironment>,
    /// What stands against the rest.
    pub waits: Vec<Reason>,
}

impl WholeEnd {
    /// How the command ends: what only waits is no failure, and what is not known is no success.
    pub fn exit(&self) -> Exit {
        let failed = self.ended.iter().any(|one| !one.is_well());
        let untold = self.waits.iter().any(Reason::is_doubt);
        match (failed, untold) {
            (true, _) => Exit::Failed,
            (false, true) => Exit::CannotTell,
            (false, false) => Exit::Done,
        }
    }
}

/// Plans the order.
///
/// # Errors
/// When the watch moves nothing by itself, has no image, or not everything could be read.
pub async fn plan_whole(service: &Service<'_>, order: &WholeOrder) -> Result<WholePlan, MoveError> {
    let looked = look_at_rolling(service, &order.watch).await?;
    let (rollout, image) = (looked.rollout.as_ref(), image_of(&looked)?);
    let froms: BTreeMap<&TargetId, Option<&ImageId>> = looked
        .item
        .drift
        .targets
        .iter()
        .map(|one| (&one.target, one.image.as_ref()))
        .collect();
    let decided = rollout.iter().flat_map(|rollout| &rollout.decision.targets);
    let targets = decided.map(|one| WholeTarget {
        target: one.target.clone(),
        wave: one.wave.map(|wave| wave + 1),
        from: froms.get(&one.target).copied().flatten().cloned(),
        stand: stand(one, order.now),
        gates: binding(one, order.now),
    });
    Ok(WholePlan {
        watch: order.watch.clone(),
        image,
        targets: targets.collect(),
    })
}

/// The gates that a person's order does not open.
fn binding(one: &TargetDecision, now: bool) -> Vec<Reason> {
    let opened = |reason: &&Reason| {
        reason.code == ReasonCode::AwaitsApproval || (now && reason.code == ReasonCode::OutOfWindow)
    };
    one.gates
        .iter()
        .filter(|reason| !opened(reason))
        .cloned()
        .collect()
}

fn stand(one: &TargetDecision, now: bool) -> &'static str {
    match &one.stand {
        TargetStand::InStep => "in_step",
        TargetStand::Move(order) if order.direction.is_proof() => "prove",
        TargetStand::Move(_) => "move",
        TargetStand::Waits { .. } if binding(one, now).is_empty() => "move",
        TargetStand::Waits { .. } | TargetStand::Unread => "wait",
        TargetStand::Blocked => "blocked",
        TargetStand::CannotTell => "cannot_tell",
        TargetStand::UnderWay { .. } => "moving",
        TargetStand::Tell => "print",
    }
}

/// Writes the order into what is remembered of the watch's rollout, and into the history.
///
/// # Errors
/// When the store fails.
pub(super) async fn give_whole(
    service: &Service<'_>,
    scope: &Scope,
    order: &WholeOrder,
    image: &ImageId,
) -> Result<(), StoreError> {
    let (watch, at) = (&order.watch, service.clock.now());
    loop {
        let mut memory = moves::rollout(service.store, scope, watch).await?;
        let value = &mut memory.value;
        // One that was through before begins anew: its waves are told again.
        let goes_on = |known: &ImageRollout| known.image == *image && known.finished_at.is_none();
        let known = value.image.take().filter(goes_on);
        let mut known = known.unwrap_or_else(|| ImageRollout::begun(image.clone(), at));
        known.ordered = Some(PersonsOrder {
            by: order.by.clone(),
            at,
            now: order.now,
        });
        value.image = Some(known);
        if let Some(question) = &mut value.approval
            && question.image == *image
            && question.answer.is_none()
        {
            question.answer = Some(ApprovalAnswer {
                said: ApprovalSaid::Approved,
                by: order.by.clone(),
                at,
            });
        }
        let entry = did(order, image, at);
        let mut ops = vec![moves::put_rollout(scope, watch, &memory)];
        ops.extend(chronicle::append_entries(service.store, scope, watch, &entry).await?);
        match service.store.commit(Batch::of_ops(ops)).await {
            Err(StoreError::Conflict { .. }) => {}
            other => return other,
        }
    }
}

fn did(order: &WholeOrder, image: &ImageId, at: DateTime<Utc>) -> Entry {
    let when = if order.now { ", windows or not" } else { "" };
    let facts = BTreeMap::from([("image".to_owned(), image.to_string())]);
    Entry {
        at,
        what: EntryWhat::Did(DidEntry {
            verb: "rollout".to_owned(),
            sentence: format!("ordered the rollout of {image}{when}"),
            by: Some(order.by.clone()),
            facts,
        }),
    }
}

/// A look at a watch that moves environments by itself.
///
/// # Errors
/// When it does not, or not everything could be read.
pub(super) async fn look_at_rolling<'a>(
    service: &Service<'a>,
    watch: &WatchName,
) -> Result<LookedWatch<'a>, MoveError> {
    let looked = look_afresh(service, Some(watch), Patience::Waits).await?;
    let Some(one) = looked.into_iter().next() else {
        return Err(no_watch(watch));
    };
    match one.rollout {
        Some(_) => Ok(one),
        None if one.place.is_none() => Err(untold(&one)),
        None => Err(MoveError::Refused(vec![format!(
            "the watch {watch} moves no environment by itself; name those that you mean (`amiwatch rollout \
             {watch} --environment NAME`), or set on_drift = \"rollout\" and its `waves`"
        )])),
    }
}

pub(super) fn no_watch(watch: &WatchName) -> MoveError {
    MoveError::Refused(vec![format!("the config has no watch {watch} any more")])
}

fn image_of(looked: &LookedWatch<'_>) -> Result<ImageId, MoveError> {
    let rollout = looked.rollout.as_ref();
    let chosen = rollout.and_then(|rollout| rollout.chosen.as_ref());
    chosen.map(|chosen| chosen.image.clone()).ok_or_else(|| {
        let watch = &looked.watch.name;
        MoveError::Refused(vec![format!(
            "the watch {watch} has no verified image to move to that could be read; `amiwatch explain \
             {watch}` says what there is, `amiwatch bake {watch}` makes one"
        )])
    })
}

fn untold(looked: &LookedWatch<'_>) -> MoveError {
    MoveError::Untold(looked.item.because.clone())
}
