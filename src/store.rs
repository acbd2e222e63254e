//! The second seam: what must survive. One write verb, [`Store::commit`], and two reads.
//!
//! The contract asks only for what an existing distributed database gives too: get, query by key
//! prefix, and a conditional batch. A fact, the notice about it and the lease's epoch go into one
//! batch, so that none of them can be had without the others. SQLite implements it embedded.
//!
//! Must not know what the values mean; keys and shapes belong to [`memory`] and [`recall`].

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use serde_json::Value;

pub mod memory;

pub mod recall;

pub mod requests;

pub mod strays;

pub mod left;

pub mod sqlite;

#[cfg(test)]
mod contract;

#[cfg(test)]
mod hostile_tests;

/// The most operations that one batch may hold.
pub const BATCH_MAX: usize = 25;
/// The largest value, in bytes of JSON.
pub const VALUE_MAX_BYTES: usize = 64 * 1024;

/// The answer to a store call.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + 'a>>;

/// What survives a crash.
///
/// Guarantees: a batch is applied wholly or not at all; once `commit` has returned it survives the
/// process and the machine's power; reads see every batch that was committed before them.
pub trait Store {
    /// The record under this key.
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Record>>;

    /// Records whose key starts with `prefix`, in key order, after the key `after`, at most `limit`.
    fn query<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> Answer<'a, Vec<Record>>;

    /// A journal's events, in order.
    fn journal<'a>(&'a self, name: &'a str) -> Answer<'a, Vec<Value>>;

    /// The only write.
    fn commit(&self, batch: Batch) -> Answer<'_, ()>;

    /// Takes the driver's place, when nobody has it. The place is free again when the process ends.
    fn take_lease(&self) -> Answer<'_, Option<Lease>>;
}

/// One record as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub key: String,
    /// Grows by one with every write of this key.
    pub version: u64,
    pub value: Value,
}

/// The driver's place. Its epoch guards every write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    pub epoch: u64,
}

/// Operations that happen together or not at all.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Batch(Vec<Op>);

/// One operation of a batch.
#[derive(Debug, Clone, PartialEq)]
pub enum Op {
    /// Appends to a journal that has exactly `expected` events so far.
    Append {
        journal: String,
        expected: u64,
        event: Value,
    },
    /// Writes the record unless the key exists; an existing one is left as it is, without conflict.
    PutIfAbsent { key: String, value: Value },
    /// Writes the record when its version is `expected`; 0 means that the key does not exist.
    CompareAndSet {
        key: String,
        expected: u64,
        value: Value,
    },
    /// Removes the record when its version is `expected`.
    Delete { key: String, expected: u64 },
    /// Refuses the batch unless the driver's lease still has this epoch.
    CheckLease { epoch: u64 },
}

impl Batch {
    /// An empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// A batch of these operations.
    pub fn of(ops: Vec<Op>) -> Self {
        Self(ops)
    }

    /// Adds an operation.
    #[must_use]
    pub fn and(mut self, op: Op) -> Self {
        self.0.push(op);
        self
    }

    /// Its operations, in order.
    pub fn ops(&self) -> &[Op] {
        &self.0
    }

    /// Checks the limits that every implementation must hold.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`] when the batch or a value is over the limit.
    pub fn within_limits(&self) -> Result<(), StoreError> {
        if self.0.len() > BATCH_MAX {
            return Err(StoreError::TooLarge {
                what: format!(
                    "a batch of {} operations (at most {BATCH_MAX})",
                    self.0.len()
                ),
            });
        }
        self.0.iter().try_for_each(Op::within_limits)
    }
}

impl Op {
    fn within_limits(&self) -> Result<(), StoreError> {
        let (name, value) = match self {
            Self::Append { journal, event, .. } => (journal, event),
            Self::PutIfAbsent { key, value } | Self::CompareAndSet { key, value, .. } => {
                (key, value)
            }
            Self::Delete { .. } | Self::CheckLease { .. } => return Ok(()),
        };
        let bytes = value.to_string().len();
        if bytes > VALUE_MAX_BYTES {
            let what = format!("the value of `{name}`: {bytes} bytes (at most {VALUE_MAX_BYTES})");
            return Err(StoreError::TooLarge { what });
        }
        Ok(())
    }
}

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else wrote first; read again and decide again.
    #[error("`{key}` was changed by another process meanwhile; look again")]
    Conflict { key: String },
    /// Another process has become the driver.
    #[error("another amiwatch process has taken over; this one must stop changing things")]
    LeaseLost,
    /// Over a limit of the store's contract.
    #[error("{what} does not fit into the store")]
    TooLarge { what: String },
    /// The store was written by a newer amiwatch.
    #[error(
        "{place} was written by a newer amiwatch (schema {found}, this one knows {known}); \
         upgrade amiwatch or point [store] url elsewhere"
    )]
    Newer {
        place: String,
        found: u32,
        known: u32,
    },
    /// The file is on a disk where SQLite would destroy it sooner or later.
    #[error(
        "the store at {place} is on {kind}, a network file system, which would damage it; put it on a \
         local disk (EBS, not EFS) and set [store] url, see docs/deploy.md"
    )]
    NetworkDisk {
        place: String,
        /// As people call it: `NFS`.
        kind: String,
    },
    /// Something in the store cannot be read.
    #[error("`{key}` in the store cannot be read by this amiwatch; keep the file and report it")]
    Unreadable {
        key: String,
        #[source]
        source: serde_json::Error,
    },
    /// The database itself failed; nothing that was committed is lost.
    #[error("the store at {place} failed to {doing}; {advice}")]
    Failed {
        place: String,
        doing: &'static str,
        /// What to do about it.
        advice: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl fmt::Display for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "epoch {}", self.epoch)
    }
}
