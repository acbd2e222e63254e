//! Whether people can be told, and what they were not told yet. Both work beside a running daemon: a
//! sample is no business of the store's, and what was given up is made due again row by row.

use serde::Serialize;

use super::opening::{leave_lease, take_lease};
use crate::cloud::CloudError;
use crate::flow::exit_code::Exit;
use crate::flow::notify::{event_sample, sample};
use crate::model::notice::NoticeEvent;
use crate::outbox::{self, Revived, Sender};
use crate::service::Service;
use crate::service::pass::TELL_MAX;
use crate::store::records::{self, UnreadableRows};
use crate::store::{StoreError, UnderLease};

/// `notify test --format json`
#[derive(Debug, Serialize)]
pub struct Tested {
    pub schema: &'static str,
    pub notifiers: Vec<TestedNotifier>,
}

/// What came of one sample.
#[derive(Debug, Serialize)]
pub struct TestedNotifier {
    pub name: String,
    /// `sns`, `slack`, ...: the key of the config
    pub kind: &'static str,
    pub sent: bool,
    /// Why not, and what to do about it.
    pub why: Option<String>,
}

/// `notify retry --format json`
#[derive(Debug, Serialize)]
pub struct Retried {
    pub schema: &'static str,
    /// Another amiwatch process delivers; what is below was made due and left to it.
    pub left_to_driver: bool,
    pub notices: Vec<RetriedNotice>,
    /// Rows that were given up and make no sense: they stay as they are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<String>,
}

/// What came of one notice that had been given up.
#[derive(Debug, Serialize)]
pub struct RetriedNotice {
    pub notifier: String,
    pub key: String,
    pub subject: String,
    /// Absent when it was left to the process that drives.
    pub delivered: Option<bool>,
    /// Why it was not delivered: now, or else before.
    pub why: Option<String>,
}

/// Why nobody was told.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    #[error(transparent)]
    Cloud(#[from] CloudError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Tested {
    /// How `notify test` ends.
    pub fn exit(&self) -> Exit {
        well(self.notifiers.iter().all(|one| one.sent))
    }
}

impl Retried {
    /// How `notify retry` ends.
    pub fn exit(&self) -> Exit {
        let mut notices = self.notices.iter();
        well(self.unreadable.is_empty() && notices.all(|one| one.delivered != Some(false)))
    }
}

fn well(well: bool) -> Exit {
    match well {
        true => Exit::Done,
        false => Exit::Failed,
    }
}

/// Sends a sample to each receiver that is named: of an event, or one that says nothing else.
///
/// # Errors
/// When there is no region to reach AWS in. What a receiver refused is in the document.
pub async fn test(
    service: &Service<'_>,
    wanted: &[String],
    event: Option<NoticeEvent>,
) -> Result<Tested, CloudError> {
    let senders = service.senders()?;
    let mut notifiers = Vec::new();
    for (name, sender) in senders.iter().filter(|(name, _)| wanted.contains(*name)) {
        notifiers.push(test_one(service, name, sender, event).await);
    }
    Ok(Tested {
        schema: "amiwatch.notify-test/1",
        notifiers,
    })
}

async fn test_one(
    service: &Service<'_>,
    name: &str,
    sender: &Sender,
    event: Option<NoticeEvent>,
) -> TestedNotifier {
    let installation = service.settings.installation.as_ref();
    let now = service.clock.now();
    let notice = match event {
        Some(event) => event_sample(event, installation, name, now),
        None => sample(installation, name, now),
    };
    let sent = sender.send(&notice, false).await;
    TestedNotifier {
        name: name.to_owned(),
        kind: sender.kind(),
        sent: sent.is_ok(),
        why: sent.err().map(|error| error.to_string()),
    }
}

/// Makes due again what was given up, and sends it unless another process does.
///
/// # Errors
/// [`NotifyError`]
pub async fn retry(service: &Service<'_>) -> Result<Retried, NotifyError> {
    let store = service.store;
    let done = outbox::revive_dead(store, service.clock.now()).await?;
    let revived = done.revived;
    let lease = match revived.is_empty() {
        true => None,
        false => take_lease(store).await?,
    };
    let drives = lease.is_some();
    if let Some(lease) = lease {
        let held = UnderLease::new(store, lease);
        outbox::drain(&held, &service.senders()?, service.clock, TELL_MAX).await?;
        leave_lease(store, lease).await;
    }
    let mut notices = Vec::new();
    for one in revived {
        notices.push(retried(service, one, drives).await?);
    }
    Ok(Retried {
        schema: "amiwatch.notify-retry/1",
        left_to_driver: !drives && !notices.is_empty(),
        notices,
        unreadable: done.unreadable,
    })
}

/// How a delivery that was tried again stands now.
async fn retried(
    service: &Service<'_>,
    one: Revived,
    tried: bool,
) -> Result<RetriedNotice, StoreError> {
    let passed_over = &mut UnreadableRows::default();
    let waiting = records::readable_outbox(service.store, passed_over).await?;
    let row = waiting.iter().find(|row| row.notice.key == one.key);
    let left = row.and_then(|row| row.to.get(&one.notifier));
    let why = match (tried, left) {
        (true, None) => None,
        (true, Some(left)) => left.last_why.clone(),
        (false, _) => Some(one.why),
    };
    Ok(RetriedNotice {
        notifier: one.notifier,
        key: one.key,
        subject: one.subject,
        delivered: tried.then_some(left.is_none()),
        why,
    })
}
