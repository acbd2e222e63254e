//! Which environments of a rollout a pass looks at next, and what it asks of them last. What is decided
//! from that is `flow::rollout::decide`'s.

use std::collections::BTreeMap;

use crate::cloud::{Cloud, CloudError};
use crate::flow::rollout::case::{RolloutDecision, TargetKnown, TargetLook, TargetStand};
use crate::flow::rollout::read::EnvironmentReading;
use crate::flow::rollout::read_last::{LaunchedImage, read_last};
use crate::model::ids::{Scope, TargetId};
use crate::model::reason::{Reason, ReasonCode};

/// Environments that are read side by side: each takes some six calls.
pub(super) const READ_AT_ONCE: usize = 8;

/// Which environments are looked at next.
#[derive(Default)]
pub(super) struct NextLooks {
    /// Those that nobody looked at.
    pub(super) read: Vec<TargetId>,
    /// Those of which it is asked what is asked last.
    pub(super) ask: Vec<TargetId>,
}

impl NextLooks {
    pub(super) fn is_empty(&self) -> bool {
        self.read.is_empty() && self.ask.is_empty()
    }
}

/// Tells which. What is decided on after a look often stands against a move, of one environment after
/// another: then those whose turn would come are looked at beside, as many as may be at once; not where
/// that look shows nothing, and the rest is asked.
pub(super) fn next_looks(
    decision: &RolloutDecision,
    known: &BTreeMap<TargetId, TargetKnown>,
    rounds: usize,
) -> NextLooks {
    let look = |target: &TargetId| known.get(target).map(|known| &known.look);
    let unread = |target: &TargetId| matches!(look(target), None | Some(TargetLook::NotRead));
    let asks = |target: &TargetId| match look(target) {
        Some(TargetLook::Read(read)) => read.asks_more(),
        _ => false,
    };
    let wanted = |which: &dyn Fn(&TargetId) -> bool| {
        let next = decision.read_next.iter();
        next.filter(|target| which(target)).cloned().collect()
    };
    let mut next = NextLooks {
        read: wanted(&unread),
        ask: wanted(&asks),
    };
    if next.read.is_empty() || rounds == 0 {
        return next;
    }
    let waits = decision.targets.iter().filter(|one| {
        let turn = |reason: &Reason| reason.code == ReasonCode::Settling;
        matches!(one.stand, TargetStand::Waits { .. }) && one.gates.iter().all(turn)
    });
    let waits = waits.map(|one| &one.target);
    let beside = waits.filter(|target| unread(target) && !decision.read_next.contains(target));
    let room = READ_AT_ONCE.saturating_sub(next.read.len());
    let beside: Vec<TargetId> = beside.take(room).cloned().collect();
    next.read.extend(beside);
    next
}

/// Asks of these environments what is asked last, through the roles that would move them: of those of one account all
/// at once.
pub(super) async fn ask_last(
    mover: &impl Fn(&Scope) -> Result<Cloud, CloudError>,
    image: LaunchedImage<'_>,
    known: &mut BTreeMap<TargetId, TargetKnown>,
    targets: &[TargetId],
) {
    let asked = known
        .iter_mut()
        .filter(|(target, _)| targets.contains(target));
    let readings = asked.filter_map(|(target, known)| match &mut known.look {
        TargetLook::Read(read) => Some((&target.scope, &mut read.reading)),
        _ => None,
    });
    let mut by_place: BTreeMap<&Scope, Vec<&mut EnvironmentReading>> = BTreeMap::new();
    for (there, reading) in readings {
        by_place.entry(there).or_default().push(reading);
    }
    for (there, mut readings) in by_place {
        let mover = mover(there);
        read_last(mover.as_ref(), image, &mut readings).await;
    }
}
