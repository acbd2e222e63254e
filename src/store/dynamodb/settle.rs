//! One transaction, driven to an end that is known: done, or refused for a reason.
//!
//! Its token is who sends it, under which epoch, and the how-manyth it is: never a digest of what is in it, since
//! the same may rightly be written twice within the ten minutes in which DynamoDB knows a token. An answer that was
//! lost is asked for again under the same token: what was done is not done twice. A throttle, and a transaction of
//! somebody else about the same row, are tried again; a condition that does not hold is an answer.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{Shared, locked};
use crate::cloud::{CloudError, ErrorKind, Obstacle, RowWrite, Transacted};
use crate::store::{DRIVER, StoreError};

/// How long one attempt may take.
const ATTEMPT_MAX: Duration = Duration::from_secs(5);
/// How long a transaction is tried: far below the ten minutes in which its token is known.
const SETTLE_MAX: Duration = Duration::from_secs(30);
const PAUSE_FIRST: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// What one attempt came to.
enum Attempt {
    Done,
    /// The condition of this part does not hold.
    Refused(usize),
    Again(Again),
    Failed(StoreError),
}

/// Why it is worth trying again.
enum Again {
    /// Somebody else's transaction, or a throttle within ours.
    Obstacles(&'static str),
    /// No answer, or one that says nothing of the end.
    Cloud(CloudError),
}

impl Shared {
    /// Sends these until it is known how it ended. Gives the part whose condition did not hold, if one did not.
    /// Under an epoch it is not sent once the lease's term is over.
    pub(super) async fn settle(
        &self,
        doing: &'static str,
        epoch: Option<u64>,
        writes: &[RowWrite],
    ) -> Result<Option<usize>, StoreError> {
        let token = self.next_token(epoch.unwrap_or_default());
        let (began, mut pause) = (self.clock.steady(), PAUSE_FIRST);
        loop {
            if epoch.is_some_and(|epoch| self.is_over(DRIVER, epoch)) {
                return Err(StoreError::LeaseLost);
            }
            let again = match self.attempt(doing, &token, writes).await {
                Attempt::Done => return Ok(None),
                Attempt::Refused(at) => return Ok(Some(at)),
                Attempt::Failed(error) => return Err(error),
                Attempt::Again(why) => why,
            };
            if self.clock.steady() - began + pause > SETTLE_MAX {
                return Err(self.given_up(doing, again));
            }
            self.clock.sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    async fn attempt(&self, doing: &'static str, token: &str, writes: &[RowWrite]) -> Attempt {
        let sent = self.table.transact(token, writes);
        let Ok(answer) = self.clock.timeout(ATTEMPT_MAX, sent).await else {
            return Attempt::Again(Again::Obstacles("AWS did not answer in time"));
        };
        match answer {
            Ok(Transacted::Done) => Attempt::Done,
            Ok(Transacted::Cancelled(obstacles)) => self.cancelled(doing, &obstacles),
            Err(error) if is_worth_another(&error) => Attempt::Again(Again::Cloud(error)),
            Err(error) => Attempt::Failed(self.failed(doing, error)),
        }
    }

    /// A condition that does not hold is the answer, whatever else stood in the way.
    fn cancelled(&self, doing: &'static str, obstacles: &[Obstacle]) -> Attempt {
        if let Some(at) = obstacles.iter().position(|one| *one == Obstacle::Condition) {
            return Attempt::Refused(at);
        }
        let other = obstacles.iter().find_map(|one| match one {
            Obstacle::Other(code) => Some(code),
            _ => None,
        });
        match other {
            Some(code) => Attempt::Failed(self.refused(doing, code)),
            None if obstacles.contains(&Obstacle::TooOften) => {
                Attempt::Again(Again::Obstacles("DynamoDB throttles the table"))
            }
            None => Attempt::Again(Again::Obstacles(
                "other processes write the same rows all the time",
            )),
        }
    }

    fn given_up(&self, doing: &'static str, again: Again) -> StoreError {
        match again {
            Again::Obstacles(why) => self.refused(doing, why),
            Again::Cloud(error) => self.failed(doing, error),
        }
    }

    pub(super) fn next_token(&self, epoch: u64) -> String {
        let nth = self.counter.fetch_add(1, Ordering::Relaxed);
        format!("{}-{epoch}-{nth}", self.number)
    }

    /// Whether this process has not that lease, or has not renewed it in time: the table may still show its epoch.
    fn is_over(&self, name: &str, epoch: u64) -> bool {
        let held = locked(&self.held);
        let held = held.get(name).filter(|held| held.epoch == epoch);
        held.and_then(|held| held.left(&self.clock)).is_none()
    }
}

/// Throttled, or nobody knows how it ended.
fn is_worth_another(error: &CloudError) -> bool {
    let under_way = error.code.as_deref() == Some("TransactionInProgressException");
    under_way
        || matches!(
            error.kind,
            ErrorKind::Throttled | ErrorKind::Transient | ErrorKind::Unknown
        )
}
