//! What is past its time in the store goes, once a day, and sooner while there is more of it. What that is,
//! is `service::pruning`'s to say.

use std::rc::Rc;

use chrono::{DateTime, TimeDelta, Utc};

use super::acts::unless_replaced;
use super::{Daemon, Host, lanes};
use crate::service::pruning::Pruned;
use crate::store::StoreError;

/// The pause before the next batches, while there is more: a store has other writers.
const MORE_AFTER: TimeDelta = TimeDelta::minutes(1);

impl<H: Host> Daemon<'_, H> {
    pub(super) fn begin_pruning(&mut self, now: DateTime<Utc>) {
        self.prune.restart(now);
        let live = Rc::clone(&self.live);
        self.pruning = Some(lanes::prune_lane(self.ground, live));
    }

    pub(super) fn has_pruned(
        &mut self,
        end: Result<Pruned, StoreError>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        match end {
            Ok(pruned) => {
                if pruned.more {
                    self.prune.set(now + MORE_AFTER, now);
                }
                let Pruned {
                    entries, journals, ..
                } = pruned;
                if entries + journals > 0 {
                    tracing::info!(entries, journals, "what was past keep_history went");
                }
                Ok(())
            }
            Err(error) => unless_replaced(error, "old history stays in the store for now"),
        }
    }
}
