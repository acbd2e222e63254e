//! Deliveries that were given up, made alive again because a person asked.

use chrono::{DateTime, Utc};

use super::render;
use crate::store::records::Delivery;
use crate::store::records::lines::{self, OutboxRow};
use crate::store::{Batch, Store, StoreError};

/// One delivery that is tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revived {
    pub notifier: String,
    /// The notice's own key.
    pub key: String,
    pub subject: String,
    /// Why it was given up.
    pub why: String,
}

/// What was made due, and the keys of what was given up and makes no sense.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct RevivedDeliveries {
    pub revived: Vec<Revived>,
    pub unreadable: Vec<String>,
}

/// Makes every delivery that was given up due at `now`, with all its tries before it, at its old place
/// in its line. Needs no driver's place: rows are changed one by one, unless somebody else does so
/// first.
///
/// # Errors
/// When the store cannot be read or written.
pub async fn revive_dead(
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<RevivedDeliveries, StoreError> {
    let mut done = RevivedDeliveries::default();
    let mut after: Option<String> = None;
    loop {
        let page = lines::dead(store, after.as_deref()).await?;
        for row in page.rows {
            done.revived.extend(revive_one(store, row, now).await?);
        }
        done.unreadable.extend(page.unreadable);
        after = page.after;
        if after.is_none() {
            return Ok(done);
        }
    }
}

async fn revive_one(
    store: &dyn Store,
    mut row: OutboxRow,
    now: DateTime<Utc>,
) -> Result<Vec<Revived>, StoreError> {
    let notice = row.1.value.notice.clone();
    let mut revived = Vec::new();
    for (notifier, delivery) in &mut row.1.value.to {
        revived.push(Revived {
            notifier: notifier.clone(),
            key: notice.key.clone(),
            subject: render::notice_subject(&notice),
            why: delivery.last_why.clone().unwrap_or_default(),
        });
        let begun = delivery.begun;
        *delivery = Delivery::due(now);
        delivery.begun = begun;
    }
    match store.commit(Batch::of_ops(lines::revive_ops(&row))).await {
        // Somebody else asked at the same moment.
        Err(StoreError::Conflict { .. }) => Ok(Vec::new()),
        other => other.map(|()| revived),
    }
}
