//! A person's order for a whole watch: its image goes to every environment, wave by wave, without asking
//! for an answer first, and outside of windows too where the person says `now`. Health, settling and holds
//! bind it as they bind a daemon's own rollout, because it is one: the order is written into what is
//! remembered of the watch's rollout, and passes do the rest. Where nobody drives the store, this process
//! makes them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use futures_util::StreamExt as _;
use futures_util::stream;
use serde::Serialize;

use super::moving::MoveTeller;
use super::opening::{driver, leave_lease, take_lease};
use super::requests::LeftRequest;
use super::rollout::MoveError;
use crate::flow::exit_code::Exit;
use crate::flow::rollout::case::{TargetDecision, TargetStand};
use crate::model::chronicle::{DidEntry, Entry, EntryWhat};
use crate::model::ids::{ImageId, TargetId, WatchName};
use crate::model::reason::{Reason, ReasonCode};
use crate::model::request::RequestedAct;
use crate::model::rollout_memory::{ApprovalAnswer, ApprovalSaid, ImageRollout, PersonsOrder};
use crate::outbox;
use crate::service::Service;
use crate::service::pass::TELL_MAX;
use crate::service::pass::look::{LookedWatch, Patience, look_afresh};
use crate::service::pass::rollout::{MoveStart, RolloutPass, keep_rollout};
use crate::service::place::WatchPlace;
use crate::service::runs::moving::{
    MOVES_MAX, MoveBegun, MoveResult, begin_move, drive_move, resume_moves,
};
use crate::store::records::chronicle;
use crate::store::{Batch, Lease, StoreError, moves};

/// Somebody else changes what it is decided from, again and again: then a person is told.
const DECIDE_MAX: usize = 5;

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

/// What became of an order for a whole watch.
pub enum WholeEnd {
    /// The process that drives the store does it; what it does is in `explain` and the notices.
    LeftToDriver,
    /// It was done here as far as it goes now. `waits`: what stands against the rest.
    Ended {
        results: Vec<MoveResult>,
        waits: Vec<Reason>,
    },
}

impl WholeEnd {
    /// How the command ends: what only waits is no failure.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Ended { results, .. } if results.iter().any(|one| one.failure().is_some()) => {
                Exit::Failed
            }
            Self::Ended { .. } | Self::LeftToDriver => Exit::Done,
        }
    }
}

/// Plans the order.
///
/// # Errors
/// When the watch moves nothing by itself, has no image, or not everything could be read.
pub async fn plan_whole(service: &Service<'_>, order: &WholeOrder) -> Result<WholePlan, MoveError> {
    let looked = look_at(service, &order.watch).await?;
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

/// Gives the order; does it here where nobody drives the store.
///
/// # Errors
/// When the store fails, or not everything could be read.
pub async fn order_whole(
    service: &Service<'_>,
    order: &WholeOrder,
    image: &ImageId,
    teller: &MoveTeller<'_>,
) -> Result<WholeEnd, MoveError> {
    let looked = look_at(service, &order.watch).await?;
    let place = looked.place.as_ref().ok_or_else(|| untold(&looked))?;
    give(service, place, order, image).await?;
    loop {
        if let Some(lease) = take_lease(service.store).await? {
            let ended = roll_here(service, lease, &order.watch, teller).await;
            let senders = service.senders()?;
            let told = outbox::drain(service.store, &senders, service.clock, TELL_MAX).await;
            leave_lease(service.store, lease).await;
            told?;
            return ended;
        }
        if driver(service.store).await?.is_some() {
            LeftRequest::leave(service.desk(), RequestedAct::Look).await?;
            return Ok(WholeEnd::LeftToDriver);
        }
    }
}

/// Writes the order into what is remembered of the watch's rollout, and into the history.
async fn give(
    service: &Service<'_>,
    place: &WatchPlace,
    order: &WholeOrder,
    image: &ImageId,
) -> Result<(), StoreError> {
    let (scope, watch, at) = (&place.scope, &order.watch, service.clock.now());
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

/// Goes on with what is open, then decides, begins and drives, until nothing can be begun.
async fn roll_here(
    service: &Service<'_>,
    lease: Lease,
    watch: &WatchName,
    teller: &MoveTeller<'_>,
) -> Result<WholeEnd, MoveError> {
    let mut results: Vec<MoveResult> = Vec::new();
    for resumed in resume_moves(service, lease, teller.observers).await? {
        results.extend(resumed.ended?);
    }
    let mut left = DECIDE_MAX;
    loop {
        let looked = look_at(service, watch).await?;
        let RolloutPass { starts, again, .. } = keep_rollout(service, lease, &looked).await?;
        let driven = drive_all(service, lease, starts, teller).await?;
        let again = again || driven.iter().any(Vec::is_empty);
        let moved = driven.iter().any(|one| !one.is_empty());
        results.extend(driven.into_iter().flatten());
        left = if moved {
            DECIDE_MAX
        } else {
            left.saturating_sub(1)
        };
        if !moved && (!again || left == 0) {
            let waits = waits(&looked);
            return Ok(WholeEnd::Ended { results, waits });
        }
    }
}

/// What came of each start; empty where what it was decided from had changed.
async fn drive_all(
    service: &Service<'_>,
    lease: Lease,
    starts: Vec<MoveStart>,
    teller: &MoveTeller<'_>,
) -> Result<Vec<Vec<MoveResult>>, MoveError> {
    let driven = starts
        .into_iter()
        .map(|MoveStart { order, from }| async move {
            match begin_move(service, lease, &order, &from).await? {
                MoveBegun::DecideAgain => Ok(Vec::new()),
                MoveBegun::Begun { journal } => {
                    Ok(drive_move(service, lease, &journal, teller.observers).await?)
                }
            }
        });
    let ended: Vec<Result<Vec<MoveResult>, MoveError>> = stream::iter(driven)
        .buffer_unordered(MOVES_MAX)
        .collect()
        .await;
    ended.into_iter().collect()
}

/// What stands against what was not moved.
fn waits(looked: &LookedWatch<'_>) -> Vec<Reason> {
    let decided = looked.rollout.iter().flat_map(|one| &one.decision.targets);
    decided.flat_map(|one| one.gates.iter().cloned()).collect()
}

async fn look_at<'a>(
    service: &Service<'a>,
    watch: &WatchName,
) -> Result<LookedWatch<'a>, MoveError> {
    let looked = look_afresh(service, Some(watch), Patience::Waits).await?;
    let Some(one) = looked.into_iter().next() else {
        let why = format!("the config has no watch {watch} any more");
        return Err(MoveError::Refused(vec![why]));
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
