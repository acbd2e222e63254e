//! Who was told what: for each receiver what waits, what was given up, and what it was sent last.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::Desk;
use crate::store::StoreError;
use crate::store::records::sent::{LastSent, last_sent};
use crate::store::records::{self, UnreadableRows, Waiting};

/// `notify list --format json`
#[derive(Debug, Serialize)]
pub struct HeardList {
    pub schema: &'static str,
    pub receivers: Vec<HeardReceiver>,
    /// Rows that make no sense: they stay as they are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<String>,
}

/// How one receiver stands.
#[derive(Debug, Serialize)]
pub struct HeardReceiver {
    pub name: String,
    /// `sns`, `slack`, ...: the key of the config
    pub kind: &'static str,
    pub waiting: usize,
    /// Since when the oldest of those waits.
    pub oldest_at: Option<DateTime<Utc>>,
    /// When the next try is.
    pub next_at: Option<DateTime<Utc>>,
    /// Given up: `notify retry` tries again.
    pub dead: usize,
    /// Why the last try of what waits, or was given up, failed.
    pub last_why: Option<String>,
    pub last_sent: Option<LastSent>,
}

/// Reads it, for every receiver of the config.
///
/// # Errors
/// When the store cannot be read.
pub async fn heard_receivers(desk: &Desk<'_>) -> Result<HeardList, StoreError> {
    let mut unreadable = UnreadableRows::default();
    let waiting = records::readable_outbox(desk.store, &mut unreadable).await?;
    let mut receivers = Vec::new();
    for (name, notifier) in &desk.settings.notifiers {
        let last = unreadable.pass_over(last_sent(desk.store, name).await)?;
        receivers.push(one_receiver(
            name,
            notifier.kind.word(),
            &waiting,
            last.flatten(),
        ));
    }
    Ok(HeardList {
        schema: "amiwatch.notify-list/1",
        receivers,
        unreadable: unreadable.names(),
    })
}

fn one_receiver(
    name: &str,
    kind: &'static str,
    waiting: &[Waiting],
    last_sent: Option<LastSent>,
) -> HeardReceiver {
    let theirs = waiting
        .iter()
        .filter_map(|one| Some((one, one.to.get(name)?)));
    let (dead, alive): (Vec<_>, Vec<_>) = theirs.partition(|(_, delivery)| delivery.dead);
    let mut tried = alive.iter().chain(&dead);
    HeardReceiver {
        name: name.to_owned(),
        kind,
        waiting: alive.len(),
        oldest_at: alive.first().map(|(one, _)| one.notice.at),
        next_at: alive.iter().map(|(_, delivery)| delivery.next_at).min(),
        dead: dead.len(),
        last_why: tried.find_map(|(_, delivery)| delivery.last_why.clone()),
        last_sent,
    }
}
