//! A store as a whole: what is carried from one to another, and how two are compared.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Record;

/// All that a store keeps.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Contents {
    /// By key.
    pub records: BTreeMap<String, Record>,
    /// By name.
    pub journals: BTreeMap<String, Vec<Value>>,
}

impl Contents {
    /// How many events all journals have.
    pub fn events(&self) -> usize {
        self.journals.values().map(Vec::len).sum()
    }

    /// The names of records and journals that are not the same in both, up to a few.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let records = self.records.keys().chain(other.records.keys());
        let records = records.filter(|key| self.records.get(*key) != other.records.get(*key));
        let journals = self.journals.keys().chain(other.journals.keys());
        let journals =
            journals.filter(|name| self.journals.get(*name) != other.journals.get(*name));
        let names: BTreeSet<&String> = records.chain(journals).collect();
        names.into_iter().take(DIFFERENCES_MAX).cloned().collect()
    }
}

/// How many differences are named.
const DIFFERENCES_MAX: usize = 5;
