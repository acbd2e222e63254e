//! What sweeps remember: when a thing that nothing claims was first seen. EC2 does not date every
//! kind of thing, so that this is its age.
//!
//! Keys: `stray/<account>/<region>/<id>`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::memory::{all, decode};
use super::{Op, Store, StoreError};
use crate::model::ids::Scope;

/// When it was first seen, and the version of the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stray {
    pub first_seen: DateTime<Utc>,
    pub version: u64,
}

#[derive(Serialize, Deserialize)]
struct Remembered {
    first_seen: DateTime<Utc>,
}

fn prefix(scope: &Scope) -> String {
    format!("stray/{scope}/")
}

/// Everything that is remembered of one account and region, by id.
///
/// # Errors
/// When the store cannot be read.
pub async fn strays(
    store: &dyn Store,
    scope: &Scope,
) -> Result<BTreeMap<String, Stray>, StoreError> {
    let prefix = prefix(scope);
    let records = all(store, &prefix).await?.into_iter();
    records
        .map(|record| {
            let (id, version) = (record.key[prefix.len()..].to_owned(), record.version);
            let Remembered { first_seen } = decode(record)?;
            let stray = Stray {
                first_seen,
                version,
            };
            Ok((id, stray))
        })
        .collect()
}

/// The write that remembers a thing, unless it is remembered already.
pub fn remember(scope: &Scope, id: &str, first_seen: DateTime<Utc>) -> Op {
    Op::PutIfAbsent {
        key: format!("{}{id}", prefix(scope)),
        value: json!(Remembered { first_seen }),
    }
}

/// The write that forgets a thing that is gone.
pub fn forget(scope: &Scope, id: &str, stray: &Stray) -> Op {
    Op::Delete {
        key: format!("{}{id}", prefix(scope)),
        expected: stray.version,
    }
}
