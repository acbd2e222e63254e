//! What one publication works with: the account in the destination's region, and the store. Does nothing by
//! itself.

use crate::cloud::Cloud;
use crate::model::notice::ToldBy;
use crate::store::Store;

/// One publication's hands.
pub struct Publication<'a> {
    pub cloud: Cloud,
    pub store: &'a dyn Store,
    /// Who is told of which events; each stored notice waits for all of them.
    pub told: &'a ToldBy,
}
