//! Reading back what earlier processes wrote: a journal into a run.
//!
//! Replays through the function that records, so that there is no second code path.

use serde_json::Value;

use super::journal::{EventOf, Run};
use super::{RunError, WorkflowKind};
use crate::store::Store;

/// Reads a journal back into a run.
///
/// # Errors
/// When there is none, or it does not make sense.
pub async fn replay<K: WorkflowKind>(store: &dyn Store, journal: &str) -> Result<Run<K>, RunError> {
    run_of(journal, &events::<K>(store, journal).await?)
}

/// The run that a journal's events tell.
///
/// # Errors
/// When there are none, or they do not make sense.
pub fn run_of<K: WorkflowKind>(journal: &str, events: &[EventOf<K>]) -> Result<Run<K>, RunError> {
    let name = || journal.to_owned();
    let (first, events) = events
        .split_first()
        .ok_or_else(|| RunError::Missing { journal: name() })?;
    let mut run = Run::<K>::open(first.clone()).map_err(|source| RunError::Illegal {
        journal: name(),
        source,
    })?;
    for event in events {
        run.record(event).map_err(|source| RunError::Illegal {
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
    events_of::<K>(journal, store.journal(journal).await?)
}

/// A journal's entries, read.
///
/// # Errors
/// When one is of a later version.
pub fn events_of<K: WorkflowKind>(
    journal: &str,
    entries: Vec<Value>,
) -> Result<Vec<EventOf<K>>, RunError> {
    let read = |event| {
        serde_json::from_value::<EventOf<K>>(event).map_err(|source| RunError::Unreadable {
            journal: journal.to_owned(),
            source,
        })
    };
    entries.into_iter().map(read).collect()
}
