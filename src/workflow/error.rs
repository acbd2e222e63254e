//! Why a run could not be driven on, or its journal not be read.

use super::journal::Illegal;
use crate::store::StoreError;

/// Why a run could not be driven on. Its journal stays open; the next start resumes it.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("the journal cannot be written or read")]
    Store(#[from] StoreError),
    #[error("the journal `{journal}` does not make sense")]
    Illegal {
        journal: String,
        #[source]
        source: Illegal,
    },
    #[error("the journal `{journal}` has an entry that this version cannot read")]
    Unreadable {
        journal: String,
        #[source]
        source: serde_json::Error,
    },
    #[error("there is no journal `{journal}`")]
    Missing { journal: String },
    #[error(
        "what the open journal `{journal}` is about cannot be read; keep the store and report this"
    )]
    Unknown { journal: String },
    /// What a failed run made could not be removed, because the world did not answer or refused.
    #[error(
        "undoing `{step}` of {journal} cannot go on: {why}; it is tried again at the next start"
    )]
    Stuck {
        journal: String,
        step: String,
        why: String,
        /// What a person can do meanwhile.
        by_hand: String,
    },
}
