//! Deliveries that were given up, made alive again because a person asked.

use chrono::{DateTime, Utc};

use super::render;
use crate::store::memory::{self, Delivery};
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

/// Makes every delivery that was given up due at `now`, with all its tries before it. Needs no
/// driver's place: rows are changed one by one, unless somebody else changes them first, and then
/// they are looked at again.
///
/// # Errors
/// When the store cannot be read or written.
pub async fn revive(store: &dyn Store, now: DateTime<Utc>) -> Result<Vec<Revived>, StoreError> {
    let mut revived = Vec::new();
    for (key, _) in memory::outbox(store).await? {
        revived.extend(revive_one(store, &key, now).await?);
    }
    Ok(revived)
}

async fn revive_one(
    store: &dyn Store,
    key: &str,
    now: DateTime<Utc>,
) -> Result<Vec<Revived>, StoreError> {
    while let Some(mut entry) = memory::waiting(store, key).await? {
        let mut revived = Vec::new();
        for (notifier, delivery) in &mut entry.value.to {
            if !delivery.dead {
                continue;
            }
            revived.push(Revived {
                notifier: notifier.clone(),
                key: entry.value.notice.key.clone(),
                subject: render::subject(&entry.value.notice),
                why: delivery.last_why.clone().unwrap_or_default(),
            });
            let begun = delivery.begun;
            *delivery = Delivery::due(now);
            delivery.begun = begun;
        }
        if revived.is_empty() {
            break;
        }
        let op = memory::put_waiting(key, &entry);
        match store.commit(Batch::of(vec![op])).await {
            Err(StoreError::Conflict { .. }) => {}
            other => return other.map(|()| revived),
        }
    }
    Ok(Vec::new())
}
