//! Where a watch works: what a pass finds out and a run needs.

use super::Service;
use crate::cloud::{Cloud, CloudError, Identity};
use crate::model::history::WatchHistory;
use crate::model::ids::Scope;
use crate::model::watch::Watch;
use crate::store::records::Versioned;

/// Where a watch works, and what is remembered of it there.
pub struct WatchPlace {
    pub cloud: Cloud,
    pub scope: Scope,
    pub history: Versioned<WatchHistory>,
}

impl Service<'_> {
    /// The way of whoever may change the watch's environments.
    ///
    /// # Errors
    /// When there is no region to reach AWS in.
    pub fn mover(&self, watch: &Watch) -> Result<Cloud, CloudError> {
        let default = self.connection.region();
        let region = watch.region.as_ref().or(default.as_ref());
        self.connection
            .cloud(&self.settings.rollout_identity(), region)
    }

    /// The account and region that a watch is remembered under, as whoever looks at it sees them.
    ///
    /// # Errors
    /// When there is no region to reach AWS in, or AWS does not say who asks.
    pub async fn scope_of(&self, watch: &Watch) -> Result<Scope, CloudError> {
        let default = self.connection.region();
        let region = watch.region.as_ref().or(default.as_ref());
        let cloud = self.connection.cloud(&Identity::Own, region)?;
        cloud.caller().await
    }
}
