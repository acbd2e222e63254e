//! Where a watch works: what a pass finds out and a run needs.

use crate::cloud::Cloud;
use crate::model::history::WatchHistory;
use crate::model::ids::Scope;
use crate::store::records::Versioned;

/// Where a watch works, and what is remembered of it there.
pub struct WatchPlace {
    pub cloud: Cloud,
    pub scope: Scope,
    pub history: Versioned<WatchHistory>,
}
