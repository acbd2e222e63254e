//! Starts a run and drives it to its end.

use super::ended::{DriveError, end};
use super::observe::ObserversOf;
use super::{Driven, Service, runner};
use crate::store::Lease;

/// Opens the journal of this input (or meets it) and drives it to its end.
///
/// # Errors
/// When the store fails or what was made cannot be removed now; the journal stays open and is
/// resumed.
pub async fn start_run<K: Driven>(
    service: &Service<'_>,
    lease: Lease,
    input: &K::Input,
    observers: &ObserversOf<'_, K>,
) -> Result<K::Ended, DriveError> {
    let told = service.told();
    let journal = K::journal(input);
    let cloud = K::cloud(service, input).map_err(DriveError::driving(&journal))?;
    let hands = K::hands(service, cloud, &told);
    let observer = observers(input);
    let runner = runner::<K>(service, lease, &hands, observer.as_ref());
    // Boxed: many steps of calls make a future that is large to lay out and to keep on a stack.
    let ended = Box::pin(runner.open(&journal, input)).await;
    end::<K>(service, lease, input, ended).await
}
