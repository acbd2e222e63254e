//! What one move works with: the account as the role that may change environments, the store, the way
//! to a probe, and what it remembers between two looks. Does nothing by itself.

use std::cell::RefCell;

use crate::cloud::{Cloud, CloudError};
use crate::flow::rollout::attribution::Agreement;
use crate::flow::rollout::seen::{MoveSeen, since};
use crate::flow::rollout::settling::Settling;
use crate::http_send::HttpSend;
use crate::model::notice::ToldBy;
use crate::model::rollout::MoveOrder;
use crate::store::Store;
use chrono::{DateTime, Utc};

/// One move's hands.
pub struct Move<'a> {
    pub cloud: Cloud,
    pub store: &'a dyn Store,
    /// Who is told of which events; each stored notice waits for all of them.
    pub told: &'a ToldBy,
    /// The way to the page that must answer.
    pub http: HttpSend,
    /// Looks that must agree. A restart begins anew, and only waits longer for it.
    pub(super) agreement: RefCell<Agreement>,
    /// What settling has seen. A restart begins anew: what nobody saw does not count.
    pub(super) settling: RefCell<Settling>,
}

impl<'a> Move<'a> {
    /// A move in one account and region.
    pub fn new(cloud: Cloud, store: &'a dyn Store, told: &'a ToldBy, http: HttpSend) -> Self {
        Self {
            cloud,
            store,
            told,
            http,
            agreement: RefCell::default(),
            settling: RefCell::default(),
        }
    }

    /// Everything that one look at the environment shows; `None` when there is no such environment.
    pub(super) async fn look(
        &self,
        order: &MoveOrder,
        began: DateTime<Utc>,
    ) -> Result<Option<MoveSeen>, CloudError> {
        let id = &order.environment_id;
        let Some(now) = self.cloud.environment_by_id(id).await? else {
            return Ok(None);
        };
        if now.status.gone() {
            return Ok(None);
        }
        let target = &order.target;
        let sets = self
            .cloud
            .option_sets(&target.application, &target.environment)
            .await?;
        let events = self.cloud.environment_events(id, since(began)).await?;
        let instances = self.cloud.environment_instances(id).await?;
        let running = self.cloud.running_images(&instances).await?;
        Ok(Some(MoveSeen {
            now,
            sets,
            events,
            running,
        }))
    }
}
