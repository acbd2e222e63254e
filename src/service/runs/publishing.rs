//! What is a publication's own about being driven: how one is begun, its end, and what is told when its undo
//! is stuck.

use chrono::{DateTime, Utc};

use super::observe::ObserversOf;
use super::{DriveError, Driven, Service, Stuck, runner};
use crate::cloud::{Cloud, CloudError, Identity};
use crate::flow::notify::{self, FailedPublication};
use crate::flow::publish::hands::Publication;
use crate::flow::publish::kind::{PublishKind, journal_of, look_command};
use crate::model::notice::ToldBy;
use crate::model::publish::{DestinationLedger, PublishOrder};
use crate::store::publications::put_ledger;
use crate::store::records::Versioned;
use crate::store::{Lease, Op, StoreError, records};
use crate::workflow::observer::Unobserved;
use crate::workflow::{Opening, Run, RunOutcome};

/// What a publication's progress is told to.
pub type PublicationObservers<'a> = ObserversOf<'a, PublishKind>;

/// A run that is to be begun, whole, and what it was decided from.
#[derive(Debug, Clone)]
pub struct PublicationStart {
    pub order: PublishOrder,
    pub ledger: Versioned<DestinationLedger>,
    /// A person who says no meanwhile is heard.
    pub holds_version: u64,
}

/// One publication that came to its end.
#[derive(Debug, Clone)]
pub struct PublicationResult {
    pub order: PublishOrder,
    pub outcome: RunOutcome,
}

impl PublicationResult {
    /// Why it failed, when it did.
    pub fn failure(&self) -> Option<String> {
        match &self.outcome {
            RunOutcome::Succeeded { .. } => None,
            RunOutcome::Failed { step, failure, .. } => Some(format!("{step}: {}", failure.why)),
        }
    }
}

/// Opens a publication's journal and takes the destination in hand, in one batch. Drives nothing yet. Its
/// journal; nothing where what it was decided from has changed: look and decide again.
///
/// # Errors
/// When the store fails, or there is no way to the destination.
pub async fn begin_publication(
    service: &Service<'_>,
    lease: Lease,
    start: &PublicationStart,
) -> Result<Option<String>, DriveError> {
    let order = &start.order;
    let journal = journal_of(order);
    let mut taken = Versioned {
        version: start.ledger.version,
        value: start.ledger.value.clone(),
    };
    taken.value.under_way = Some(journal.clone());
    taken.value.ordered = order.number;
    let with = vec![
        put_ledger(&order.home, &order.watch, &order.destination, &taken),
        records::expect_holds(Some(&order.installation), &order.watch, start.holds_version),
    ];
    let told = service.told();
    let cloud = PublishKind::cloud(service, order);
    let cloud = cloud.map_err(DriveError::driving(&journal))?;
    let hands = PublishKind::hands(service, cloud, &told);
    let runner = runner::<PublishKind>(service, lease, &hands, &Unobserved);
    Ok(match runner.begin(&journal, order, with).await? {
        Opening::New => Some(journal),
        Opening::Already | Opening::Conflict { .. } => None,
    })
}

impl Driven for PublishKind {
    type Hands<'a> = Publication<'a>;
    type Ended = PublicationResult;

    fn journal(order: &PublishOrder) -> String {
        journal_of(order)
    }

    fn cloud(service: &Service<'_>, order: &PublishOrder) -> Result<Cloud, CloudError> {
        let region = Some(&order.scope.region);
        service.connection.cloud(&Identity::Own, region)
    }

    fn hands<'a>(service: &Service<'a>, cloud: Cloud, told: &'a ToldBy) -> Publication<'a> {
        Publication {
            cloud,
            store: service.store,
            told,
        }
    }

    fn conclude(outcome: RunOutcome, run: &Run<Self>) -> PublicationResult {
        PublicationResult {
            order: run.input().clone(),
            outcome,
        }
    }

    async fn stuck(
        service: &Service<'_>,
        order: &PublishOrder,
        stuck: &Stuck<'_>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Op>, StoreError> {
        let why = format!("undoing `{}` cannot go on: {}", stuck.step, stuck.why);
        let failed = FailedPublication {
            why: &why,
            fault: "stuck",
            next_at: None,
            goes_on: false,
            look: look_command(order).to_string(),
        };
        let journal = format!("{}/stuck", journal_of(order));
        let notice = notify::publication_failed(order, &journal, &failed, now);
        let told = service.told();
        records::notice_ops(service.store, &notice, &told).await
    }
}
