//! What carries our tag, and what becomes of it; removes nothing unless told to.

use std::time::Duration;

use serde::Serialize;

use super::opening::{NoPlace, drive, leave_lease};
use crate::cloud::CloudError;
use crate::outbox;
use crate::service::Service;
use crate::service::pass::TELL_MAX;
use crate::service::sweep::{SweepError, Swept, look_only, sweep_older};
use crate::store::{StoreError, UnderLease};

/// `sweep --format json`
#[derive(Debug, Serialize)]
pub struct SweptByHand {
    pub schema: &'static str,
    pub applied: bool,
    #[serde(flatten)]
    pub swept: Swept,
}

/// Why nothing was swept.
#[derive(Debug, thiserror::Error)]
pub enum NotSwept {
    #[error(transparent)]
    Place(#[from] NoPlace),
    #[error(transparent)]
    Sweep(#[from] SweepError),
    #[error(transparent)]
    Cloud(#[from] CloudError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Lists; with `apply` removes what nothing claims, under the driver's lease, and tells it.
///
/// # Errors
/// [`NotSwept`]
pub async fn sweep_regions(
    service: &Service<'_>,
    older_than: Duration,
    apply: bool,
) -> Result<SweptByHand, NotSwept> {
    let swept = match apply {
        true => removed(service, older_than).await?,
        false => look_only(service, older_than).await?,
    };
    Ok(SweptByHand {
        schema: "amiwatch.sweep/1",
        applied: apply,
        swept,
    })
}

async fn removed(service: &Service<'_>, older_than: Duration) -> Result<Swept, NotSwept> {
    let lease = drive(&service.desk()).await?;
    let swept = sweep_older(service, lease, true, older_than).await?;
    let held = UnderLease::new(service.store, lease);
    outbox::drain(&held, &service.senders()?, service.clock, TELL_MAX).await?;
    leave_lease(service.store, lease).await;
    Ok(swept)
}
