//! What a pass read, kept for the next one, so that a fleet in which nothing changed costs a pass a
//! dozen calls. Only passes believe it and only passes write it: whoever asks by hand is told what
//! AWS says now.

use crate::model::ids::Scope;
use crate::model::recall::Recall;
use crate::model::sighting::Sighting;
use crate::service::Service;
use crate::store::recall::{StoredRecall, load_recall};
use crate::store::{BATCH_MAX, Batch, Lease, Op, StoreError};

/// What may be believed in one region, before and after a look.
pub struct Learnt {
    scope: Scope,
    before: StoredRecall,
    after: Recall,
}

impl Learnt {
    /// What the store holds before a look.
    ///
    /// # Errors
    /// When the store cannot be read. Records that make no sense are left out.
    pub(super) async fn before(service: &Service<'_>, scope: &Scope) -> Result<Self, StoreError> {
        let before = load_recall(service.store, scope).await?;
        Ok(Self {
            scope: scope.clone(),
            after: before.recall.clone(),
            before,
        })
    }

    /// What the look may believe.
    pub(super) fn recall(&self) -> &Recall {
        &self.before.recall
    }

    /// Adds what other looks of the same pass taught: one of the same place may have been for other watches, whose
    /// region it is not.
    pub(super) fn add_all(all: &mut Vec<Self>, others: Vec<Self>) {
        for other in others {
            match all.iter_mut().find(|one| one.scope == other.scope) {
                Some(one) => {
                    one.after.settings.extend(other.after.settings);
                    one.after.platforms.extend(other.after.platforms);
                }
                None => all.push(other),
            }
        }
    }

    /// Takes in what the look saw.
    pub(super) fn take(&mut self, sighting: &Sighting) {
        self.after = self.before.recall.after(sighting);
    }
}

/// Stores what the looks of a pass taught; writes nothing where they taught nothing.
///
/// # Errors
/// When the store fails or this process is not the driver any more. Another writer's record is left
/// as it is: it is read again anyway.
pub async fn keep(
    service: &Service<'_>,
    lease: Lease,
    learnt: &[Learnt],
) -> Result<(), StoreError> {
    for one in learnt {
        let ops = one.before.replaced_by(&one.scope, &one.after);
        for ops in ops.chunks(BATCH_MAX - 1) {
            let mut batch = vec![Op::CheckLease { epoch: lease.epoch }];
            batch.extend_from_slice(ops);
            match service.store.commit(Batch::of_ops(batch)).await {
                Err(StoreError::Conflict { key }) => {
                    tracing::debug!(key, "what was read is not kept: somebody else wrote");
                }
                other => other?,
            }
        }
    }
    Ok(())
}
