//! What each receiver was sent last: `sent/<receiver>`. For people who ask whether anybody is told at all.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::decode_record;
use crate::model::notice::NoticeEvent;
use crate::store::{Op, Store, StoreError};

/// The last notice that a receiver took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastSent {
    pub at: DateTime<Utc>,
    pub key: String,
    pub event: NoticeEvent,
}

fn sent_key(receiver: &str) -> String {
    format!("sent/{receiver}")
}

/// What this receiver was sent last; absent when it never was.
///
/// # Errors
/// When the store cannot be read, or the record makes no sense.
pub async fn last_sent(store: &dyn Store, receiver: &str) -> Result<Option<LastSent>, StoreError> {
    let record = store.get(&sent_key(receiver)).await?;
    record.map(decode_record).transpose()
}

/// The write that remembers it. One that another process wrote meanwhile is a conflict.
///
/// # Errors
/// When the store cannot be read.
pub async fn last_sent_op(
    store: &dyn Store,
    receiver: &str,
    sent: &LastSent,
) -> Result<Op, StoreError> {
    let key = sent_key(receiver);
    let expected = store.get(&key).await?.map_or(0, |record| record.version);
    Ok(Op::CompareAndSet {
        key,
        expected,
        value: json!(sent),
    })
}
