//! What is remembered of retiring images: one record for each image that something was begun with, one for
//! each account and region that was looked at.
//!
//! Keys: `retired/<account>/<region>/<image>` holds an [`ImageRecord`], `retire/<account>/<region>` a
//! [`RetireLook`].

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::json;

use super::records::{Versioned, all_records, decode_record};
use super::{Op, Store, StoreError};
use crate::model::ids::{ImageId, Scope};
use crate::model::retire_record::{ImageRecord, RetireLook};

const LOOK: &str = "retire/";
const IMAGE: &str = "retired/";

/// What is remembered of the images of an account and region.
#[derive(Debug, Clone, Default)]
pub struct ImageRecords {
    pub known: BTreeMap<ImageId, Versioned<ImageRecord>>,
    /// Those whose records make no sense: nobody knows what was begun with them.
    pub unreadable: BTreeSet<ImageId>,
}

/// One image's record, and where the image is.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacedRecord {
    /// `<account>/<region>`
    pub place: String,
    pub record: ImageRecord,
}

/// Where an image's record is, for whoever expects it to be unchanged.
pub fn image_record_key(scope: &Scope, image: &ImageId) -> String {
    format!("{IMAGE}{scope}/{image}")
}

/// What is remembered of every image of an account and region.
///
/// # Errors
/// When the store cannot be read.
pub async fn image_records(store: &dyn Store, scope: &Scope) -> Result<ImageRecords, StoreError> {
    let prefix = format!("{IMAGE}{scope}/");
    let mut records = ImageRecords::default();
    for record in all_records(store, &prefix).await? {
        let image = ImageId::from(&record.key[prefix.len()..]);
        let version = record.version;
        match decode_record(record) {
            Ok(value) => drop(records.known.insert(image, Versioned { version, value })),
            Err(error) if error.is_about_one_record() => {
                records.unreadable.insert(image);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(records)
}

/// What is remembered of one image.
///
/// # Errors
/// When the store cannot be read, or the record makes no sense.
pub async fn image_record(
    store: &dyn Store,
    scope: &Scope,
    image: &ImageId,
) -> Result<Option<Versioned<ImageRecord>>, StoreError> {
    let Some(record) = store.get(&image_record_key(scope, image)).await? else {
        return Ok(None);
    };
    let version = record.version;
    let value = decode_record(record)?;
    Ok(Some(Versioned { version, value }))
}

/// What is remembered of every image wherever it is, each by itself: one that makes no sense is an error of its own.
///
/// # Errors
/// When the store cannot be read.
pub async fn each_image_record(
    store: &dyn Store,
) -> Result<Vec<Result<(ImageId, PlacedRecord), StoreError>>, StoreError> {
    let records = all_records(store, IMAGE).await?.into_iter();
    let placed = records.map(|record| {
        let name = &record.key[IMAGE.len()..];
        let (place, id) = name.rsplit_once('/').unwrap_or(("", name));
        let (place, id) = (place.to_owned(), ImageId::from(id));
        let record = decode_record(record)?;
        Ok((id, PlacedRecord { place, record }))
    });
    Ok(placed.collect())
}

/// The write that replaces what is remembered of an image, unless somebody else did.
pub fn put_image_record(scope: &Scope, image: &ImageId, record: &Versioned<ImageRecord>) -> Op {
    Op::CompareAndSet {
        key: image_record_key(scope, image),
        expected: record.version,
        value: json!(record.value),
    }
}

/// The write that forgets an image that is gone.
pub fn forget_image_record(scope: &Scope, image: &ImageId, version: u64) -> Op {
    Op::Delete {
        key: image_record_key(scope, image),
        expected: version,
    }
}

/// The accounts and regions in which something was begun and not seen through, or failed, and from when on that is
/// worth another look; absent: at once.
///
/// # Errors
/// When the store cannot be read.
pub async fn unfinished_acts(
    store: &dyn Store,
) -> Result<BTreeMap<String, Option<DateTime<Utc>>>, StoreError> {
    let mut places: BTreeMap<String, Option<_>> = BTreeMap::new();
    for record in all_records(store, IMAGE).await? {
        let place = record.key[IMAGE.len()..].rsplit_once('/');
        let place = place.map(|(place, _)| place.to_owned());
        let Ok(record) = decode_record::<ImageRecord>(record) else {
            // It keeps its image, whoever looks.
            continue;
        };
        let at = match (&record.under_way, &record.failing) {
            (Some(_), None) => None,
            (_, Some(failing)) => Some(failing.next_at),
            (None, None) => continue,
        };
        if let Some(place) = place {
            let known = places.entry(place).or_insert(at);
            *known = (*known).min(at);
        }
    }
    Ok(places)
}

/// The last look at an account and region; empty when there was none.
///
/// # Errors
/// When the store cannot be read, or the record makes no sense.
pub async fn retire_look(
    store: &dyn Store,
    scope: &Scope,
) -> Result<Versioned<RetireLook>, StoreError> {
    match store.get(&format!("{LOOK}{scope}")).await? {
        None => Ok(Versioned {
            version: 0,
            value: RetireLook::default(),
        }),
        Some(record) => {
            let version = record.version;
            let value = decode_record(record)?;
            Ok(Versioned { version, value })
        }
    }
}

/// The write that replaces it, unless somebody else did.
pub fn put_retire_look(scope: &Scope, look: &Versioned<RetireLook>) -> Op {
    Op::CompareAndSet {
        key: format!("{LOOK}{scope}"),
        expected: look.version,
        value: json!(look.value),
    }
}

/// Every last look, by `<account>/<region>`, each by itself: one that makes no sense is an error of its own.
///
/// # Errors
/// When the store cannot be read.
pub async fn each_retire_look(
    store: &dyn Store,
) -> Result<Vec<Result<(String, RetireLook), StoreError>>, StoreError> {
    let records = all_records(store, LOOK).await?.into_iter();
    let looks = records.map(|record| {
        let place = record.key[LOOK.len()..].to_owned();
        Ok((place, decode_record(record)?))
    });
    Ok(looks.collect())
}
