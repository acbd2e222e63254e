//! What bakes could not remove: remembered until a sweep sees that it is gone, so that `status` shows
//! that a person is needed for as long as one is.
//!
//! Keys: `left/<account>/<region>/<bake key>/<attempt>`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::records::{Versioned, all_records, decode_record};
use super::{Op, Store, StoreError};
use crate::model::bake::BakeOrder;
use crate::model::ids::Scope;

/// The prefix of these records.
const LEFT: &str = "left/";

/// What one attempt of a bake left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftBehind {
    pub watch: String,
    /// The bake's key, which is the tag on what it left.
    pub key: String,
    pub at: DateTime<Utc>,
    pub what: Vec<LeftThing>,
}

/// What an attempt left, and its record's key.
pub type LeftRow = (String, Versioned<LeftBehind>);

/// One thing that was left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftThing {
    pub why: String,
    /// What a person should do about it.
    pub by_hand: String,
}

fn of_key(order: &BakeOrder) -> String {
    format!("{LEFT}{}/{}/", order.scope, order.key)
}

fn key(order: &BakeOrder) -> String {
    format!("{}{:04}", of_key(order), order.attempt)
}

/// How many records one batch forgets; more attempts than that never left something.
const FORGET_MAX: usize = 8;

/// The writes that forget what all attempts of this key left: it succeeded, and its clean-up found
/// nothing any more.
///
/// # Errors
/// When the store cannot be read.
pub async fn settled(store: &dyn Store, order: &BakeOrder) -> Result<Vec<Op>, StoreError> {
    let records = store.query(&of_key(order), None, FORGET_MAX).await?;
    Ok(records
        .iter()
        .map(|record| forget_left(&record.key, record.version))
        .collect())
}

/// The writes that remember what an attempt left; what it had left before is replaced, and forgotten
/// when there is nothing any more.
///
/// # Errors
/// When the store cannot be read.
pub async fn leave_behind(
    store: &dyn Store,
    order: &BakeOrder,
    what: Vec<LeftThing>,
    at: DateTime<Utc>,
) -> Result<Vec<Op>, StoreError> {
    let key = key(order);
    let version = store.get(&key).await?.map_or(0, |record| record.version);
    Ok(match (what.is_empty(), version) {
        (true, 0) => Vec::new(),
        (true, expected) => vec![Op::Delete { key, expected }],
        (false, expected) => {
            let left = LeftBehind {
                watch: order.watch.to_string(),
                key: order.key.to_string(),
                at,
                what,
            };
            let value = json!(left);
            vec![Op::CompareAndSet {
                key,
                expected,
                value,
            }]
        }
    })
}

/// Everything that was left, with its record's key; of one account and region, or of all.
///
/// # Errors
/// When the store cannot be read.
pub async fn left_behind(
    store: &dyn Store,
    scope: Option<&Scope>,
) -> Result<Vec<LeftRow>, StoreError> {
    each_left(store, scope).await?.into_iter().collect()
}

/// The same, each by itself: one that makes no sense is an error of its own.
///
/// # Errors
/// When the store cannot be read.
pub async fn each_left(
    store: &dyn Store,
    scope: Option<&Scope>,
) -> Result<Vec<Result<LeftRow, StoreError>>, StoreError> {
    let prefix = match scope {
        Some(scope) => format!("{LEFT}{scope}/"),
        None => LEFT.to_owned(),
    };
    let records = all_records(store, &prefix).await?.into_iter();
    let left = records.map(|record| {
        let (key, version) = (record.key.clone(), record.version);
        let value = decode_record(record)?;
        Ok((key, Versioned { version, value }))
    });
    Ok(left.collect())
}

/// The write that forgets what is gone.
pub fn forget_left(key: &str, version: u64) -> Op {
    Op::Delete {
        key: key.to_owned(),
        expected: version,
    }
}
