//! Journals that are to go: their entries in the chronicle are gone already.
//!
//! Keys: `pruned/<journal>`. What the journals hold, and how they go, is not this file's.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::{REPORT, all_records};
use crate::model::ids::ImageId;
use crate::store::{Op, Store, StoreError};

const PRUNED: &str = "pruned/";

/// A journal that is to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrunedJournal {
    pub journal: String,
    version: u64,
}

impl PrunedJournal {
    /// The write that forgets its name: it is gone.
    pub fn forget(&self) -> Op {
        Op::Delete {
            key: format!("{PRUNED}{}", self.journal),
            expected: self.version,
        }
    }
}

/// The journals that are to go.
///
/// # Errors
/// When the store cannot be read.
pub async fn pruned_journals(store: &dyn Store) -> Result<Vec<PrunedJournal>, StoreError> {
    let records = all_records(store, PRUNED).await?.into_iter();
    let named = records.map(|record| PrunedJournal {
        journal: record.key[PRUNED.len()..].to_owned(),
        version: record.version,
    });
    Ok(named.collect())
}

/// The write that says of a journal that it is to go; its run ended at `ended`.
pub fn name_pruned(journal: &str, ended: DateTime<Utc>) -> Op {
    Op::PutIfAbsent {
        key: format!("{PRUNED}{journal}"),
        value: json!({ "ended": ended }),
    }
}

/// The write that forgets what an image reported; `place` is `<account>/<region>`. None where nothing is
/// stored.
///
/// # Errors
/// When the store cannot be read.
pub async fn forget_report(
    store: &dyn Store,
    place: &str,
    image: &ImageId,
) -> Result<Option<Op>, StoreError> {
    let record = store.get(&format!("{REPORT}{place}/{image}")).await?;
    Ok(record.map(|record| Op::Delete {
        key: record.key,
        expected: record.version,
    }))
}
