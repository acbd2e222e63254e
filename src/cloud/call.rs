//! The one call point.

use super::error::CloudError;
use super::meter::Calls;
use crate::clock::Clock;
use crate::model::ids::{Region, Scope};

/// The door to one region. Cheap to clone; clones and other regions of the same [`super::Connection`]
/// share its HTTP client, its limit on calls under way and its counters.
#[derive(Debug, Clone)]
pub struct Cloud {}

impl Cloud {
    /// The region that this door leads to.
    pub fn region(&self) -> &Region {
        todo!()
    }

    /// The same connection, another region.
    pub fn in_region(&self, region: &Region) -> Self {
        todo!()
    }

    /// The connection's clock.
    pub fn clock(&self) -> &Clock {
        todo!()
    }

    /// What was sent so far over this connection, all regions and clones together.
    pub fn calls(&self) -> Calls {
        todo!()
    }
}
