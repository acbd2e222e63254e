//! What the store forgets: entries of chronicles that are past their bounds, and with the end of a run its
//! journal and what its image reported of itself.
//!
//! A run's journal is named first, in the batch that forgets its entry, and goes after that, newest events
//! first. So nobody who reads the history meets half a journal, and whoever is stopped in the middle goes
//! on from the names. A journal that is open is never touched, nor the report of an image that a watch has.
//!
//! Everything goes in small batches, each under the driver's lease. Asks nobody but the store, and must not
//! know what a run is about.

use chrono::{DateTime, TimeDelta, Utc};

use super::Service;
use crate::model::chronicle::{Entry, EntryWhat};
use crate::store::records::chronicle::{
    ENTRIES_MAX, HistoryBounds, PastEntry, chronicled, oldest_past,
};
use crate::store::records::consoles::forget_consoles;
use crate::store::records::pruned::{forget_report, name_pruned, pruned_journals};
use crate::store::records::watch_named;
use crate::store::{BATCH_MAX, Batch, Lease, Op, Store, StoreError};
use crate::workflow::open::{expect_closed, is_open};

/// Events that one batch takes off a journal, with room for the name and the lease.
const EVENTS_AT_ONCE: u64 = BATCH_MAX as u64 - 5;

/// What went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pruned {
    pub entries: usize,
    pub journals: usize,
    /// There was no room for all of it: the next time goes on.
    pub more: bool,
}

/// Batches at one time: below a second, and a year's history in two.
const BATCHES: usize = 100;

/// The same at the end of a pass, which a store that is full or broken does not fail: the old history stays.
///
/// # Errors
/// When another process has taken the driver's place, or the store is gone.
pub async fn prune_after_pass(service: &Service<'_>, lease: Lease) -> Result<(), StoreError> {
    match prune_by_config(service, lease).await {
        Err(error) if error.must_stop() => Err(error),
        Err(error) => {
            tracing::warn!(
                why = error.to_string(),
                "old history stays in the store for now"
            );
            Ok(())
        }
        Ok(_) => Ok(()),
    }
}

/// Removes what is past what the config keeps, as much as goes at one time.
///
/// # Errors
/// As [`prune_history`].
pub async fn prune_by_config(service: &Service<'_>, lease: Lease) -> Result<Pruned, StoreError> {
    let age = TimeDelta::from_std(service.settings.keep_history).unwrap_or(TimeDelta::MAX);
    let bounds = HistoryBounds {
        age,
        entries: ENTRIES_MAX,
    };
    let now = service.clock.now();
    prune_history(service.store, lease.epoch, bounds, now, BATCHES).await
}

/// Removes what is past the bounds, in at most so many batches.
///
/// # Errors
/// When the store cannot be read or written; what went is gone, and the next time goes on.
pub async fn prune_history(
    store: &dyn Store,
    epoch: u64,
    bounds: HistoryBounds,
    now: DateTime<Utc>,
    batches: usize,
) -> Result<Pruned, StoreError> {
    let mut pruning = Pruning {
        store,
        epoch,
        left: batches,
        pruned: Pruned::default(),
    };
    pruning.journals().await?;
    for name in chronicled(store).await? {
        match pruning.entries(&name, bounds, now).await {
            // What makes no sense costs that watch its pruning, and nobody else.
            Err(error) if error.is_about_one_record() => {
                let why = error.to_string();
                tracing::warn!(name, why, "its old history stays");
            }
            ended => ended?,
        }
    }
    pruning.journals().await?;
    Ok(pruning.pruned)
}

struct Pruning<'a> {
    store: &'a dyn Store,
    epoch: u64,
    /// Batches that may still be written.
    left: usize,
    pruned: Pruned,
}

impl Pruning<'_> {
    /// Forgets a watch's entries that are past the bounds.
    async fn entries(
        &mut self,
        name: &str,
        bounds: HistoryBounds,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        while let Some(PastEntry { entry, mut ops }) =
            oldest_past(self.store, name, bounds, now).await?
        {
            if let Some(entry) = &entry {
                ops.extend(self.of_run(name, entry).await?);
            }
            if !self.committed(ops).await? {
                break;
            }
            self.pruned.entries += 1;
        }
        Ok(())
    }

    /// What goes with an entry: its run's journal is named, and the report of an image that the watch has
    /// no more is forgotten.
    async fn of_run(&self, name: &str, entry: &Entry) -> Result<Vec<Op>, StoreError> {
        let Some(journal) = entry.what.journal() else {
            return Ok(Vec::new());
        };
        let mut ops = vec![name_pruned(journal, entry.at)];
        if let EntryWhat::Baked(baked) = &entry.what
            && let Some(image) = &baked.image
            && let Some((place, _)) = name.rsplit_once('/')
        {
            let history = watch_named(self.store, name).await;
            // A record that makes no sense may be of any image.
            let gone = history.is_ok_and(|history| {
                let current = history.and_then(|history| history.current);
                current.is_none_or(|current| current.image != *image)
            });
            if gone {
                ops.extend(forget_report(self.store, place, image).await?);
            }
        }
        Ok(ops)
    }

    /// Takes off the journals that are named.
    async fn journals(&mut self) -> Result<(), StoreError> {
        for named in pruned_journals(self.store).await? {
            let journal = &named.journal;
            if is_open(self.store, journal).await? {
                // Opened again under its old name: it is somebody's.
                self.committed(vec![named.forget()]).await?;
                continue;
            }
            let whole = match self.store.journal(journal).await {
                Ok(events) => u64::try_from(events.len()).unwrap_or(u64::MAX),
                // What makes no sense stays, for whoever is to find out why.
                Err(StoreError::Unreadable { .. }) => continue,
                Err(error) => return Err(error),
            };
            self.journal(journal, whole, named.forget()).await?;
        }
        Ok(())
    }

    async fn journal(&mut self, journal: &str, whole: u64, forget: Op) -> Result<(), StoreError> {
        let mut expected = whole;
        loop {
            let left = expected.saturating_sub(EVENTS_AT_ONCE);
            let mut ops = vec![expect_closed(journal)];
            ops.extend(forget_consoles(self.store, journal).await?);
            if expected > 0 {
                ops.push(Op::Shorten {
                    journal: journal.to_owned(),
                    expected,
                    left,
                });
            }
            if left == 0 {
                ops.push(forget.clone());
            }
            if !self.committed(ops).await? {
                return Ok(());
            }
            if left == 0 {
                self.pruned.journals += 1;
                return Ok(());
            }
            expected = left;
        }
    }

    /// One batch; false where there is no room for another, or somebody wrote meanwhile: the next time
    /// goes on.
    async fn committed(&mut self, mut ops: Vec<Op>) -> Result<bool, StoreError> {
        if self.left == 0 {
            self.pruned.more = true;
            return Ok(false);
        }
        self.left -= 1;
        ops.push(Op::CheckLease { epoch: self.epoch });
        match self.store.commit(Batch::of_ops(ops)).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict { .. }) => {
                self.pruned.more = true;
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests;
