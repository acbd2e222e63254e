//! How driving a run ended: at its end, or why not yet.

use super::{Driven, Service};
use crate::cloud::CloudError;
use crate::settings::Faults;
use crate::store::{Batch, Lease, Op, StoreError};
use crate::workflow::{EndedRun, RunError};

/// Why a run could not be driven to an end.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    #[error("the bake cannot be ordered")]
    Cloud(#[from] CloudError),
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
    #[error("the bake stopped half-way and goes on at the next start")]
    Run(#[from] RunError),
    #[error("the store cannot be read")]
    Store(#[from] StoreError),
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
