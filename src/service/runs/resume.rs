//! What is under way, and going on with it: journals that an earlier process, or an earlier pass, left
//! open.

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use super::ended::{DriveError, end};
use super::observe::ObserversOf;
use super::{Driven, Service, runner};
use crate::store::{Lease, Store, StoreError};
use crate::workflow::WorkflowKind;
use crate::workflow::open::open_runs;
use crate::workflow::recovery::replay;

/// A journal that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunUnderWay {
    pub journal: String,
    /// What it is about, in the kind's own words; absent where that cannot be read.
    pub subject: Option<String>,
}

/// The journals of a kind that are open, with what each is about.
///
/// # Errors
/// When the store cannot be read. A journal that makes no sense is in the list.
pub async fn under_way<K: WorkflowKind>(store: &dyn Store) -> Result<Vec<RunUnderWay>, StoreError> {
    let open = open_runs::<K>(store).await?.into_iter();
    let open = open.map(|one| RunUnderWay {
        subject: one.header.map(|header| header.subject),
        journal: one.journal,
    });
    Ok(open.collect())
}

/// A journal that was open, and how driving it ended.
pub struct Resumed<E> {
    pub journal: String,
    /// As [`RunUnderWay::subject`].
    pub subject: Option<String>,
    pub ended: Result<E, DriveError>,
}

/// Drives these journals to their ends, all at once. One that cannot be driven does not stop the
/// others.
pub async fn resume_all<K: Driven>(
    service: &Service<'_>,
    lease: Lease,
    open: Vec<RunUnderWay>,
    observers: &ObserversOf<'_, K>,
) -> Vec<Resumed<K::Ended>> {
    let mut driven: FuturesUnordered<_> = open
        .into_iter()
        .map(|RunUnderWay { journal, subject }| async move {
            let ended = resume_one::<K>(service, lease, &journal, observers).await;
            Resumed {
                journal,
                subject,
                ended,
            }
        })
        .collect();
    let mut all = Vec::new();
    while let Some(one) = driven.next().await {
        all.push(one);
    }
    all.sort_by(|a, b| a.journal.cmp(&b.journal));
    all
}

/// Drives one journal to its end.
///
/// # Errors
/// When it cannot be read, is of another account, or cannot be driven on now.
pub async fn resume_one<K: Driven>(
    service: &Service<'_>,
    lease: Lease,
    journal: &str,
    observers: &ObserversOf<'_, K>,
) -> Result<K::Ended, DriveError> {
    let run = replay::<K>(service.store, journal).await?;
    let input = run.input();
    let cloud = K::cloud(service, input).map_err(DriveError::driving(journal))?;
    // Elsewhere nothing of this run would be found, and it would be closed as cleaned up.
    let here = cloud.caller().await;
    let here = here.map_err(DriveError::driving(journal))?;
    let begun = K::scope(input);
    if here != *begun {
        return Err(DriveError::OtherAccount {
            kind: K::NAME,
            journal: journal.to_owned(),
            begun: begun.to_string(),
            here: here.to_string(),
        });
    }
    let told = service.told();
    let hands = K::hands(service, cloud, &told);
    let observer = observers(input);
    let runner = runner::<K>(service, lease, &hands, observer.as_ref());
    let ended = Box::pin(runner.resume(journal)).await;
    end::<K>(service, lease, input, ended).await
}
