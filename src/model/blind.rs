//! What could not be read, since when, and whether anybody was told: the memory that decides when it is
//! news, and when it is over.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::ids::{AccountId, Region, WatchName};

/// Everything that cannot be read now, by [`BlindOf::name`].
pub type BlindSpots = BTreeMap<String, BlindSpot>;

/// What cannot be read, or not wholly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlindSpot {
    pub of: BlindOf,
    pub since: DateTime<Utc>,
    /// In how many passes on end, as far as it matters ([`BlindSpot::PASSES_MIN`]).
    pub passes: u32,
    /// What tells one cause from another: codes, with whom they are about.
    pub causes: BTreeSet<String>,
    /// The first cause, as people read it.
    pub why: String,
    /// AWS refused: asking again does not help.
    pub denied: bool,
    /// The watches that look there, the first of them.
    pub watches: BTreeSet<WatchName>,
    /// The key of the notice that told so; absent while nobody was told.
    pub notice: Option<String>,
}

impl BlindSpot {
    /// In fewer passes it may have been a moment.
    pub const PASSES_MIN: u32 = 3;
    /// Causes that are remembered: a place may have hundreds of environments.
    pub const CAUSES_MAX: usize = 20;
    /// Watches that are remembered.
    pub const WATCHES_MAX: usize = 40;
}

/// A place, or a base there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlindOf {
    /// Absent where no region is named anywhere.
    pub region: Option<Region>,
    /// Absent while nobody ever told whose account it is.
    pub account: Option<AccountId>,
    /// What the config calls the account, where it is not the credentials' own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_name: Option<String>,
    /// Absent where it is the place itself.
    pub base: Option<String>,
}

impl BlindOf {
    /// What it is remembered by. The account is not part of it unless the config names it: one that cannot
    /// be told is still the same place.
    pub fn name(&self) -> String {
        let region = self.region.as_ref().map_or("-", Region::as_str);
        if let Some(account) = &self.account_name {
            return format!("{account}: {region}");
        }
        match &self.base {
            Some(base) => format!("{region} {base}"),
            None => region.to_owned(),
        }
    }

    /// `<account>/<region>`, as far as it is known.
    pub fn place(&self) -> String {
        let region = self.region.as_ref().map_or("-", Region::as_str);
        match (&self.account, &self.account_name) {
            (Some(account), Some(name)) => format!("{account}/{region} ([account.{name}])"),
            (Some(account), None) => format!("{account}/{region}"),
            (None, _) => region.to_owned(),
        }
    }
}

impl fmt::Display for BlindOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.base {
            Some(base) => write!(f, "{base} in {}", self.place()),
            None => f.write_str(&self.place()),
        }
    }
}
