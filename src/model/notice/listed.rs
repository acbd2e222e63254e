//! A list that is bounded and says how much it left out.

use serde::{Deserialize, Serialize};

/// The first of a list, and how many more there were.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstOf<T> {
    pub first: Vec<T>,
    /// Left out.
    pub more: usize,
}

impl<T> FirstOf<T> {
    /// How many are kept: a fleet of hundreds would bury the message, and `check` lists them all.
    pub const MAX: usize = 40;

    /// Keeps the first of them.
    pub fn all_of(all: impl IntoIterator<Item = T>) -> Self {
        let mut all = all.into_iter();
        let first = all.by_ref().take(Self::MAX).collect();
        let more = all.count();
        Self { first, more }
    }

    /// Nothing, and nothing left out.
    pub fn empty() -> Self {
        Self {
            first: Vec::new(),
            more: 0,
        }
    }

    /// True when there was nothing to list.
    pub fn is_empty(&self) -> bool {
        self.first.is_empty()
    }
}
