//! What people hold of a watch, by installation: holds know no account, since a person who says no has a config
//! in hand, and needs no credentials for it.
//!
//! Keys: `hold/<installation>/<watch>` holds a list of [`Hold`].

use serde_json::json;

use super::{Versioned, read_or_empty};
use crate::model::hold::Hold;
use crate::model::ids::{Installation, WatchName};
use crate::store::{Op, Store, StoreError};

const HOLD: &str = "hold/";

fn hold_key(installation: Option<&Installation>, watch: &WatchName) -> String {
    let installation = Installation::or_nobody(installation);
    format!("{HOLD}{installation}/{watch}")
}

/// What people hold of a watch, ended ones too; empty when nothing is.
///
/// # Errors
/// When the store cannot be read.
pub async fn remembered_holds(
    store: &dyn Store,
    installation: Option<&Installation>,
    watch: &WatchName,
) -> Result<Versioned<Vec<Hold>>, StoreError> {
    read_or_empty(store, &hold_key(installation, watch)).await
}

/// The write that replaces what people hold of a watch, unless somebody else did meanwhile; none when
/// there is nothing to write. A list without a hold stays: its version goes on, so that who decided from an
/// older one hears of a hold that is placed after the last one was ended.
pub fn put_holds(
    installation: Option<&Installation>,
    watch: &WatchName,
    holds: &Versioned<Vec<Hold>>,
) -> Option<Op> {
    let key = hold_key(installation, watch);
    match (holds.version, holds.value.is_empty()) {
        (0, true) => None,
        (expected, _) => Some(Op::CompareAndSet {
            key,
            expected,
            value: json!(holds.value),
        }),
    }
}

/// The read-only part of a batch that was decided from this version of a watch's holds.
pub fn expect_holds(installation: Option<&Installation>, watch: &WatchName, version: u64) -> Op {
    let key = hold_key(installation, watch);
    Op::Expect { key, version }
}
