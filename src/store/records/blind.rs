//! What could not be read in the last pass: one record for each place and each base.
//!
//! Keys: `blind/<installation>/<digest of its name>` holds a [`BlindSpot`], and is gone when it can be
//! read again. A record that makes no sense is none; the next write replaces it.

use std::collections::BTreeMap;

use serde_json::json;

use super::{all_records, decode_record};
use crate::model::bake::digest;
use crate::model::blind::{BlindSpot, BlindSpots};
use crate::model::ids::Installation;
use crate::store::{Op, Store, StoreError};

const BLIND: &str = "blind/";

/// What the store holds of what cannot be read, with the versions that it was read under.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredBlind {
    prefix: String,
    spots: BlindSpots,
    versions: BTreeMap<String, u64>,
}

/// Reads it.
///
/// # Errors
/// When the store cannot be read.
pub async fn load_blind(
    store: &dyn Store,
    installation: Option<&Installation>,
) -> Result<StoredBlind, StoreError> {
    let prefix = format!("{BLIND}{}/", Installation::or_nobody(installation));
    let (mut spots, mut versions) = (BlindSpots::new(), BTreeMap::new());
    for record in all_records(store, &prefix).await? {
        versions.insert(record.key.clone(), record.version);
        if let Ok(spot) = decode_record::<BlindSpot>(record) {
            spots.insert(spot.of.name(), spot);
        }
    }
    Ok(StoredBlind {
        prefix,
        spots,
        versions,
    })
}

impl StoredBlind {
    /// What cannot be read, by name.
    pub fn spots(&self) -> &BlindSpots {
        &self.spots
    }

    /// The write that remembers this, unless somebody else wrote meanwhile.
    pub fn put(&self, spot: &BlindSpot) -> Op {
        let key = self.key(spot);
        let expected = self.versions.get(&key).copied().unwrap_or(0);
        Op::CompareAndSet {
            key,
            expected,
            value: json!(spot),
        }
    }

    /// The write that forgets it; none where nothing is stored.
    pub fn forget(&self, spot: &BlindSpot) -> Option<Op> {
        let key = self.key(spot);
        let expected = self.versions.get(&key).copied()?;
        Some(Op::Delete { key, expected })
    }

    fn key(&self, spot: &BlindSpot) -> String {
        let name = digest(&["amiwatch blind 1", &spot.of.name()]);
        format!("{}{name:.16}", self.prefix)
    }
}
