//! What can be wrong with the table, in words that a person can act on.

use super::Shared;
use crate::cloud::{CloudError, ErrorKind};
use crate::store::StoreError;

impl Shared {
    /// AWS said no, or nothing.
    pub(super) fn failed(&self, doing: &'static str, error: CloudError) -> StoreError {
        self.told(doing, advice_of(error.kind), Box::new(error))
    }

    /// DynamoDB cancelled it, and trying again did not help.
    pub(super) fn refused(&self, doing: &'static str, why: &str) -> StoreError {
        let advice = "look at the table's metrics and at who else writes to it; nothing is lost, and what was \
                      under way goes on at the next try";
        self.told(doing, advice, why.to_owned().into())
    }

    fn told(
        &self,
        doing: &'static str,
        advice: &'static str,
        source: Box<dyn std::error::Error + Send + Sync>,
    ) -> StoreError {
        StoreError::Failed {
            place: format!("{} in {}", self.table, self.table.cloud().region()),
            doing,
            advice,
            source,
        }
    }
}

fn advice_of(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NotFound => {
            "make it with `amiwatch store init`, or correct its name and region in [store] url"
        }
        ErrorKind::Denied => {
            "allow this role the table, as deploy/iam/store.json does (`amiwatch store check` says what is lacking)"
        }
        ErrorKind::NoCredentials => {
            "see to the credentials and to this machine's clock: a process that AWS does not know does not lead"
        }
        ErrorKind::Throttled => "it is asked too much, or its account is: nothing is lost",
        _ => "nothing that was committed is lost; try again once DynamoDB can be reached",
    }
}
