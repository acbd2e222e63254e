//! What is remembered of the places where watches' images are made known: one record a destination.
//!
//! Keys: `publish/<account>/<region>/<watch>/<destination>` holds a [`DestinationLedger`]. Account and region
//! are the watch's own; the destination's name says where it is.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::records::{Versioned, all_records, decode_record};
use super::{Op, Store, StoreError};
use crate::model::ids::{AccountId, Region, Scope, WatchName};
use crate::model::publish::DestinationLedger;
use crate::model::publish_rules::{Destination, DestinationKind};

const PUBLISH: &str = "publish/";

/// What is remembered of a watch's destinations, those that the config names no more among them.
pub type WatchLedger = BTreeMap<Destination, Versioned<DestinationLedger>>;

/// One destination of one watch, as it is remembered.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedLedger {
    /// `<account>/<region>/<watch>`; without the account where that was asked for.
    pub watch: String,
    pub destination: Destination,
    pub ledger: DestinationLedger,
}

fn ledger_key(scope: &Scope, watch: &WatchName, destination: &Destination) -> String {
    format!("{PUBLISH}{scope}/{watch}/{destination}")
}

/// What is remembered of a watch's destinations.
///
/// # Errors
/// When the store cannot be read, or a record of the watch.
pub async fn watch_ledger(
    store: &dyn Store,
    scope: &Scope,
    watch: &WatchName,
) -> Result<WatchLedger, StoreError> {
    let prefix = format!("{PUBLISH}{scope}/{watch}/");
    let mut ledger = WatchLedger::new();
    for record in all_records(store, &prefix).await? {
        // A sort of destination that this version does not know is left as it is.
        let Ok(destination) = record.key[prefix.len()..].parse() else {
            continue;
        };
        let version = record.version;
        let value = decode_record(record)?;
        ledger.insert(destination, Versioned { version, value });
    }
    Ok(ledger)
}

/// What is remembered of one destination; empty when nothing is.
///
/// # Errors
/// When the store cannot be read.
pub async fn destination_ledger(
    store: &dyn Store,
    scope: &Scope,
    watch: &WatchName,
    destination: &Destination,
) -> Result<Versioned<DestinationLedger>, StoreError> {
    match store.get(&ledger_key(scope, watch, destination)).await? {
        None => Ok(Versioned {
            version: 0,
            value: DestinationLedger::default(),
        }),
        Some(record) => {
            let version = record.version;
            let value = decode_record(record)?;
            Ok(Versioned { version, value })
        }
    }
}

/// The write that replaces what is remembered of a destination, unless somebody else did.
pub fn put_ledger(
    scope: &Scope,
    watch: &WatchName,
    destination: &Destination,
    ledger: &Versioned<DestinationLedger>,
) -> Op {
    Op::CompareAndSet {
        key: ledger_key(scope, watch, destination),
        expected: ledger.version,
        value: json!(ledger.value),
    }
}

/// What is remembered of every destination of an account's watches, those of a sort that this version does not
/// know among them, each by itself: one that makes no sense is an error of its own. `watch` is
/// `<region>/<watch>`.
///
/// # Errors
/// When the store cannot be read.
pub async fn each_ledger_of_account(
    store: &dyn Store,
    account: &AccountId,
) -> Result<Vec<Result<NamedLedger, StoreError>>, StoreError> {
    let prefix = format!("{PUBLISH}{account}/");
    let records = all_records(store, &prefix).await?.into_iter();
    let named = records.map(|record| {
        let name = &record.key[prefix.len()..];
        let (watch, destination) = name.rsplit_once('/').unwrap_or((name, ""));
        let (watch, word) = (watch.to_owned(), json!(destination));
        let destination = serde_json::from_value(word).map_err(|source| {
            let key = record.key.clone();
            StoreError::Unreadable { key, source }
        })?;
        let ledger = decode_record(record)?;
        Ok(NamedLedger {
            watch,
            destination,
            ledger,
        })
    });
    Ok(named.collect())
}

/// Every destination of every watch, each by itself: one that makes no sense is an error of its own.
///
/// # Errors
/// When the store cannot be read.
pub async fn each_ledger(
    store: &dyn Store,
) -> Result<Vec<Result<NamedLedger, StoreError>>, StoreError> {
    let records = all_records(store, PUBLISH).await?.into_iter();
    let named = records.filter_map(|record| {
        let (watch, destination) = record.key[PUBLISH.len()..].rsplit_once('/')?;
        let (watch, destination) = (watch.to_owned(), destination.parse().ok()?);
        Some(decode_record(record).map(|ledger| NamedLedger {
            watch,
            destination,
            ledger,
        }))
    });
    Ok(named.collect())
}

/// The regions that images were copied to, as far as that is remembered.
///
/// # Errors
/// When the store cannot be read.
pub async fn copied_to(store: &dyn Store) -> Result<BTreeSet<Region>, StoreError> {
    let keys = all_records(store, PUBLISH).await?.into_iter();
    let destinations = keys.filter_map(|record| {
        let (_, destination) = record.key.rsplit_once('/')?;
        destination.parse::<Destination>().ok()
    });
    let copies = destinations.filter(|one| one.kind == DestinationKind::Copy);
    Ok(copies.map(|one| one.region).collect())
}
