//! How driving a run ended: at its end, or why not yet.

use super::{Driven, Service};
use crate::cloud::CloudError;
use crate::model::ids::WatchName;
use crate::settings::Faults;
use crate::store::{Batch, Lease, Op, StoreError};
use crate::workflow::{EndedRun, RunError};

/// Why a run could not be driven to an end.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    /// AWS could not be asked for it: `what` says of which run.
    #[error("{what}")]
    Cloud { what: String, source: CloudError },
    #[error("the config says too little to bake")]
    Settings(#[from] Faults),
    #[error("the watch {watch} has no recipe; give it one to bake")]
    NoRecipe { watch: String },
    #[error("the config has no watch {watch} any more")]
    NoWatch { watch: String },
    #[error(
        "the {kind} {journal} was begun in {begun}, and these credentials are of {here}; start again \
         with the credentials it was begun with"
    )]
    OtherAccount {
        kind: &'static str,
        journal: String,
        begun: String,
        here: String,
    },
    #[error("the run stopped half-way and goes on at the next start")]
    Run(#[from] RunError),
    #[error("the store cannot be read")]
    Store(#[from] StoreError),
}

impl DriveError {
    /// What makes an error of AWS one of driving this journal, whose name says what kind of run it is.
    pub(super) fn driving(journal: &str) -> impl FnOnce(CloudError) -> Self + use<> {
        let what = format!("the run {journal} cannot be driven now");
        |source| Self::Cloud { what, source }
    }

    /// The same of giving the order for a bake.
    pub(super) fn ordering(watch: &WatchName) -> impl FnOnce(CloudError) -> Self + use<> {
        let what = format!("the bake of {watch} cannot be ordered");
        |source| Self::Cloud { what, source }
    }

    /// The same of telling what became of runs.
    pub(in crate::service) fn telling(source: CloudError) -> Self {
        let what = "there is no way to those who are told".to_owned();
        Self::Cloud { what, source }
    }
}

/// An undo that cannot go on now.
#[derive(Debug, Clone, Copy)]
pub struct Stuck<'a> {
    pub step: &'a str,
    pub why: &'a str,
    /// What a person can do meanwhile.
    pub by_hand: &'a str,
}

/// Reads how a run ended. What could not be removed is told, since no end of the journal tells it.
pub(super) async fn end<K: Driven>(
    service: &Service<'_>,
    lease: Lease,
    input: &K::Input,
    ended: Result<EndedRun<K>, RunError>,
) -> Result<K::Ended, DriveError> {
    if let Err(RunError::Stuck {
        step, why, by_hand, ..
    }) = &ended
    {
        let stuck = Stuck { step, why, by_hand };
        let mut ops = K::stuck(service, input, &stuck, service.clock.now()).await?;
        ops.push(Op::CheckLease { epoch: lease.epoch });
        service.store.commit(Batch::of_ops(ops)).await?;
    }
    let ended = ended?;
    Ok(K::conclude(ended.outcome, &ended.run))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::{CallFailure, ErrorKind};
    use crate::service::telemetry::source_chain;

    fn denied() -> CloudError {
        CloudError::from(CallFailure {
            kind: ErrorKind::Denied,
            region: "eu-west-1".into(),
            operation: "sts:GetCallerIdentity",
            resource: String::new(),
            code: None,
            request_id: None,
            message: "no".to_owned(),
            remedy: None,
            source: None,
        })
    }

    #[test]
    fn what_cannot_be_driven_says_what_run_and_why() {
        for (error, said) in [
            (
                DriveError::driving("move/1")(denied()),
                "the run move/1 cannot be driven now: ",
            ),
            (
                DriveError::ordering(&"shop".into())(denied()),
                "the bake of shop cannot be ordered: ",
            ),
            (
                DriveError::telling(denied()),
                "there is no way to those who are told: ",
            ),
        ] {
            let chain = source_chain(&error);
            assert!(chain.starts_with(said), "{chain}");
            assert!(chain.contains("sts:GetCallerIdentity"), "{chain}");
        }
    }

    #[test]
    fn what_stopped_half_way_names_its_journal() {
        let stuck = RunError::Stuck {
            journal: "move/1".to_owned(),
            step: "update".to_owned(),
            why: "denied".to_owned(),
            by_hand: String::new(),
        };
        let chain = source_chain(&DriveError::from(stuck));
        assert!(!chain.contains("bake"), "{chain}");
        assert!(chain.contains("undoing `update` of move/1"), "{chain}");
    }
}
