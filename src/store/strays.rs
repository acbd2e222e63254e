//! What sweeps remember: when a thing that nothing claims was first seen. EC2 does not date every
//! kind of thing, so that this is its age.
//!
//! Keys: `stray/<account>/<region>/<id>`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::records::{all_records, decode_record};
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
    let records = all_records(store, &prefix).await?.into_iter();
    records
        .map(|record| {
            let (id, version) = (record.key[prefix.len()..].to_owned(), record.version);
            let Remembered { first_seen } = decode_record(record)?;
            let stray = Stray {
                first_seen,
                version,
            };
            Ok((id, stray))
        })
        .collect()
}

/// The write that remembers since when a thing has been seen; none where that is known. A first sight
/// that lies ahead was written under a clock that was wrong, and would keep the thing young for years.
pub fn remember_stray(
    scope: &Scope,
    id: &str,
    known: Option<&Stray>,
    now: DateTime<Utc>,
) -> Option<Op> {
    let expected = match known {
        Some(stray) if stray.first_seen <= now => return None,
        Some(stray) => stray.version,
        None => 0,
    };
    Some(Op::CompareAndSet {
        key: format!("{}{id}", prefix(scope)),
        expected,
        value: json!(Remembered { first_seen: now }),
    })
}

/// The write that forgets a thing that is gone.
pub fn forget_stray(scope: &Scope, id: &str, stray: &Stray) -> Op {
    Op::Delete {
        key: format!("{}{id}", prefix(scope)),
        expected: stray.version,
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::store::Batch;
    use crate::store::sqlite::SqliteStore;

    #[tokio::test]
    async fn a_first_sight_stays_unless_it_lies_ahead() {
        let store = SqliteStore::in_memory().unwrap();
        let scope = Scope {
            partition: "aws".into(),
            account: "111122223333".into(),
            region: "eu-west-1".into(),
        };
        let at = |day| DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(day);
        // The clock is ahead, is set right, and goes on.
        for (day, since) in [(30_000, 30_000), (100, 100), (101, 100)] {
            let known = strays(&store, &scope).await.unwrap();
            if let Some(op) = remember_stray(&scope, "sg-1", known.get("sg-1"), at(day)) {
                store.commit(Batch::of_ops(vec![op])).await.unwrap();
            }
            let known = strays(&store, &scope).await.unwrap();
            assert_eq!(known["sg-1"].first_seen, at(since));
        }
    }
}
