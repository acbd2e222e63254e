//! Reading back what earlier processes wrote: a journal into a run.
//!
//! Replays through the function that records, so that there is no second code path.

use super::journal::{EventOf, Run};
use super::{RunError, WorkflowKind};
use crate::store::Store;

/// Reads a journal back into a run.
///
/// # Errors
/// When there is none, or it does not make sense.
pub async fn replay<K: WorkflowKind>(store: &dyn Store, journal: &str) -> Result<Run<K>, RunError> {
    let name = || journal.to_owned();
    let mut events = events::<K>(store, journal).await?.into_iter();
    let first = events
        .next()
        .ok_or_else(|| RunError::Missing { journal: name() })?;
    let mut run = Run::<K>::open(first).map_err(|source| RunError::Illegal {
        journal: name(),
        source,
    })?;
    for event in events {
        run.record(&event).map_err(|source| RunError::Illegal {
            journal: name(),
            source,
        })?;
    }
    Ok(run)
}

/// A journal's entries as they were written, with their times; none where there is no such journal.
///
/// # Errors
/// When the store cannot be read, or an entry is of a later version.
pub async fn events<K: WorkflowKind>(
    store: &dyn Store,
    journal: &str,
) -> Result<Vec<EventOf<K>>, RunError> {
    let read = |event| {
        serde_json::from_value::<EventOf<K>>(event).map_err(|source| RunError::Unreadable {
            journal: journal.to_owned(),
            source,
        })
    };
    store
        .journal(journal)
        .await?
        .into_iter()
        .map(read)
        .collect()
}
