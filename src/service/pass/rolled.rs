//! The moves that a pass decided on, for whoever waits for them: all begun first, what changed meanwhile decided
//! once more, and then driven side by side. The daemon begins its own, and drives them in its lanes.

use std::collections::BTreeSet;

use futures_util::StreamExt as _;
use futures_util::stream;

use super::decide::{Decided, decide_pass};
use super::rollout::MoveStart;
use crate::model::ids::WatchName;
use crate::model::plan::PlanItem;
use crate::model::rollout::MoveOrder;
use crate::service::Service;
use crate::service::runs::DriveError;
use crate::service::runs::moving::{
    MOVES_MAX, MoveBegun, MoveObservers, MoveResult, begin_move, drive_move, ended_well,
};
use crate::store::{Lease, StoreError};

/// Somebody else changes what it is decided from, again and again: then the next pass decides.
const DECIDE_MAX: usize = 3;

/// An environment that a pass began to move, and how that ended.
pub struct RolledTarget {
    pub order: MoveOrder,
    /// With what took it back, where something did.
    pub ended: Result<Vec<MoveResult>, DriveError>,
}

impl RolledTarget {
    /// Nothing of it failed.
    pub fn succeeded(&self) -> bool {
        ended_well(&self.ended)
    }
}

/// Moves that were begun, and what could not be.
#[derive(Default)]
pub struct BegunMoves {
    open: Vec<OpenMove>,
    failed: Vec<RolledTarget>,
    /// What the moves of these watches were decided from changed before they could be begun.
    pub again: BTreeSet<WatchName>,
}

struct OpenMove {
    order: MoveOrder,
    journal: String,
}

impl BegunMoves {
    /// Whether anything was begun, or could not be.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty() && self.failed.is_empty()
    }

    /// Begins these, and drives nothing yet.
    pub async fn begin(&mut self, service: &Service<'_>, lease: Lease, starts: Vec<MoveStart>) {
        for MoveStart { order, from } in starts {
            match begin_move(service, lease, &order, &from).await {
                Ok(MoveBegun::Begun { journal }) => self.open.push(OpenMove { order, journal }),
                Ok(MoveBegun::DecideAgain) => drop(self.again.insert(order.watch)),
                Err(error) => {
                    let ended = Err(error);
                    self.failed.push(RolledTarget { order, ended });
                }
            }
        }
    }

    /// Drives what was begun to its end, side by side. One that fails stops no other.
    pub async fn drive(
        self,
        service: &Service<'_>,
        lease: Lease,
        observers: &MoveObservers<'_>,
    ) -> Vec<RolledTarget> {
        let driven = self
            .open
            .into_iter()
            .map(|OpenMove { order, journal }| async move {
                let ended = drive_move(service, lease, &journal, observers).await;
                RolledTarget { order, ended }
            });
        let driven = stream::iter(driven).buffer_unordered(MOVES_MAX);
        let mut ended: Vec<RolledTarget> = driven.collect().await;
        ended.extend(self.failed);
        ended.sort_by(|a, b| a.order.target.cmp(&b.order.target));
        ended
    }
}

/// Begins what a pass decided on. What changed meanwhile is decided again, by a look of its own: of those
/// watches alone, so that what follows from a move stays another pass'. What is left in `again` changed again
/// and again.
///
/// # Errors
/// When the store fails.
pub(super) async fn begin_decided(
    service: &Service<'_>,
    lease: Lease,
    busy: &[WatchName],
    decided: &mut Decided,
) -> Result<BegunMoves, StoreError> {
    let mut begun = BegunMoves::default();
    let starts = std::mem::take(&mut decided.rollout.starts);
    begun.again = std::mem::take(&mut decided.rollout.again);
    begun.begin(service, lease, starts).await;
    for _ in 1..DECIDE_MAX {
        if begun.again.is_empty() {
            break;
        }
        let changed = std::mem::take(&mut begun.again);
        let Decided { items, rollout, .. } = decide_pass(service, lease, busy).await?;
        show_anew(&mut decided.items, items, &changed);
        begun.again = &rollout.again & &changed;
        let starts = rollout.starts.into_iter();
        let starts = starts.filter(|start| changed.contains(&start.order.watch));
        begun.begin(service, lease, starts.collect()).await;
    }
    Ok(begun)
}

/// What was decided last of these watches is what is shown of them.
fn show_anew(shown: &mut [PlanItem], decided: Vec<PlanItem>, changed: &BTreeSet<WatchName>) {
    for item in decided {
        let mut shown = shown.iter_mut();
        if changed.contains(&item.watch)
            && let Some(before) = shown.find(|before| before.watch == item.watch)
        {
            *before = item;
        }
    }
}
