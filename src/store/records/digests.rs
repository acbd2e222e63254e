//! Up to when each receiver that asked for a digest was told: `digest/<receiver>`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Versioned;
use crate::store::{Op, Store, StoreError};

#[derive(Debug, Serialize, Deserialize)]
struct DigestRecord {
    told_until: DateTime<Utc>,
}

fn digest_key(receiver: &str) -> String {
    format!("digest/{receiver}")
}

/// Up to when it was told; absent where it never was, or where the record makes no sense.
///
/// # Errors
/// When the store cannot be read.
pub async fn digested_until(
    store: &dyn Store,
    receiver: &str,
) -> Result<Versioned<Option<DateTime<Utc>>>, StoreError> {
    let record = store.get(&digest_key(receiver)).await?;
    let version = record.as_ref().map_or(0, |record| record.version);
    let known = record.and_then(|record| serde_json::from_value(record.value).ok());
    let value = known.map(|known: DigestRecord| known.told_until);
    Ok(Versioned { version, value })
}

/// The write that remembers it, over the version that was read (0 for none).
pub fn digested_until_op(receiver: &str, version: u64, told_until: DateTime<Utc>) -> Op {
    Op::CompareAndSet {
        key: digest_key(receiver),
        expected: version,
        value: json!(DigestRecord { told_until }),
    }
}
