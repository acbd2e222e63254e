//! Reading back what earlier processes wrote: a journal into a run, and the list of open journals.
//!
//! Replays through the function that records, so that there is no second code path.

use super::journal::{EventOf, Run};
use super::{RunError, WorkflowKind};
use crate::store::{Store, StoreError};

/// The journals that are not closed are named under this prefix.
pub const OPEN_PREFIX: &str = "open/";

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

/// The journals that were opened and not closed.
///
/// # Errors
/// When the store cannot be read.
pub async fn open_journals(store: &dyn Store, kind: &str) -> Result<Vec<String>, StoreError> {
    let prefix = format!("{OPEN_PREFIX}{kind}");
    let mut names = Vec::new();
    loop {
        let after = names.last().map(|name| format!("{OPEN_PREFIX}{name}"));
        let page = store.query(&prefix, after.as_deref(), 100).await?;
        if page.is_empty() {
            return Ok(names);
        }
        names.extend(
            page.iter()
                .map(|record| record.key[OPEN_PREFIX.len()..].to_owned()),
        );
    }
}
