//! The second seam: what must survive. One write verb, [`Store::commit`], and two reads.
//!
//! The contract asks only for what an existing distributed database gives too: get, query by key
//! prefix, a conditional batch, and a lease. A fact, the notice about it and the lease's epoch go into one
//! batch, so that none of them can be had without the others. SQLite implements it embedded,
//! a table of DynamoDB past one machine.
//! What one engine alone can know (a file of a newer version, a disk that would lose it) is told as
//! [`StoreError::Refused`], in that engine's words.
//!
//! Must not know what the values mean; keys and shapes belong to [`records`] and [`recall`].

use std::collections::BTreeSet;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use serde_json::Value;

pub mod records;

pub mod recall;

pub mod requests;

pub mod strays;

pub mod left;

pub mod moves;

pub mod publications;

pub mod replicas;

pub mod retired;

pub mod dynamodb;

pub mod sqlite;

mod contents;

mod under_lease;

#[cfg(test)]
mod contract;

#[cfg(test)]
mod hostile_tests;

pub use contents::Contents;
pub use under_lease::UnderLease;

/// The most operations that one batch may hold.
pub const BATCH_MAX: usize = 25;
/// The largest value, in bytes of JSON.
pub const VALUE_MAX_BYTES: usize = 64 * 1024;

/// Ends when a lease is lost.
pub type LeaseLosing<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// The answer to a store call.
pub type StoreAnswer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + 'a>>;

/// What survives a crash.
///
/// Guarantees: a batch is applied wholly or not at all; once `commit` has returned it survives the
/// process and the machine's power; reads see every batch that was committed before them.
pub trait Store {
    /// The record under this key.
    fn get<'a>(&'a self, key: &'a str) -> StoreAnswer<'a, Option<Record>>;

    /// Records whose key starts with `prefix`, in key order, after the key `after`, at most `limit`.
    fn query<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> StoreAnswer<'a, Vec<Record>>;

    /// A journal's events, in order.
    fn journal<'a>(&'a self, name: &'a str) -> StoreAnswer<'a, Vec<Value>>;

    /// The only write.
    fn commit(&self, batch: Batch) -> StoreAnswer<'_, ()>;

    /// Takes a lease for `me`, when nobody else has it; taken again by who has it, it gets a new epoch.
    fn take<'a>(&'a self, name: &'a str, me: &'a str) -> StoreAnswer<'a, LeaseTaken>;

    /// Keeps a lease for another term; checks only where it has none.
    ///
    /// Gives [`StoreError::LeaseLost`] when somebody else has it by now.
    fn renew<'a>(&'a self, name: &'a str, lease: Lease) -> StoreAnswer<'a, ()>;

    /// Gives a lease back: it is free at once, and its epoch guards nothing any more.
    ///
    /// Gives [`StoreError::LeaseLost`] when somebody else has it by now; theirs stays.
    fn release<'a>(&'a self, name: &'a str, lease: Lease) -> StoreAnswer<'a, ()>;

    /// Waits until this process does not have a lease any more that it took: what is done under it must stop then.
    /// For ever where a lease ends with its process.
    fn lost<'a>(&'a self, _name: &'a str, _lease: Lease) -> LeaseLosing<'a> {
        Box::pin(std::future::pending())
    }

    /// Everything that is kept, but for the leases. Not a picture of one moment where others write meanwhile.
    fn contents(&self) -> StoreAnswer<'_, Contents> {
        Box::pin(async { Err(not_of_this_store()) })
    }

    /// Puts this into a store that holds nothing else; what is there already, the same to the letter, is left. Not
    /// a write as [`Self::commit`] is: nobody drives meanwhile.
    ///
    /// Gives [`StoreError::Refused`] where something else is there.
    fn fill<'a>(&'a self, _contents: &'a Contents) -> StoreAnswer<'a, ()> {
        Box::pin(async { Err(not_of_this_store()) })
    }

    /// Who has a lease now, as far as this process can tell: of one that is not given back it must have watched for
    /// a term that nobody renews it. A read: nothing is taken, and nobody who takes it meanwhile is in its way.
    fn holder<'a>(&'a self, name: &'a str) -> StoreAnswer<'a, Option<Holder>>;
}

fn not_of_this_store() -> StoreError {
    StoreError::Refused {
        why: "this store cannot be read or filled as a whole".to_owned(),
        advice: "name a file or a table".to_owned(),
    }
}

/// What begins the keys of leases where an engine keeps them among the records.
const LEASES: &str = "lease/";

/// Something is where nothing may be.
fn holds_something_else(place: &str, what: &str) -> StoreError {
    StoreError::Refused {
        why: format!("{place} is not empty: it holds `{what}`, which is another there"),
        advice: "name a new file, or a table that nobody uses".to_owned(),
    }
}

/// The driver's lease, the only one there is: one process drives, the others read and ask.
/// [`Op::CheckLease`] is about this one.
pub const DRIVER: &str = "driver";

/// One record as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub key: String,
    /// Grows by one with every write of this key.
    pub version: u64,
    pub value: Value,
}

/// A lease that was taken. The epoch of the driver's guards every write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    pub epoch: u64,
    /// How long it lasts without being renewed; absent where it ends with the process, whatever ends
    /// that.
    pub term: Option<Duration>,
}

/// How taking a lease ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaseTaken {
    Mine(Lease),
    /// Somebody else has it.
    Other {
        /// When it is worth trying again.
        again_in: Duration,
    },
}

impl LeaseTaken {
    /// The lease, when it was free.
    pub fn mine(self) -> Option<Lease> {
        match self {
            Self::Mine(lease) => Some(lease),
            Self::Other { .. } => None,
        }
    }
}

/// Who has a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// As it named itself; absent when an earlier amiwatch has it, which wrote no name.
    pub who: Option<String>,
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
    /// Refuses the batch unless the record has this version, and leaves it as it is; 0 means that the
    /// key does not exist.
    Expect { key: String, version: u64 },
    /// Takes the newest events off a journal that has exactly `expected`, so that `left` remain. A journal
    /// of which nothing is left was never there.
    Shorten {
        journal: String,
        expected: u64,
        left: u64,
    },
    /// Refuses the batch unless the driver's lease still has this epoch.
    CheckLease { epoch: u64 },
}

impl Batch {
    /// An empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// A batch of these operations.
    pub fn of_ops(ops: Vec<Op>) -> Self {
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
    /// [`StoreError::TooLarge`] when the batch or a value is over the limit, and
    /// [`StoreError::NamedTwice`] when it is about one key or one journal twice: what an operation
    /// before it in the same batch did is nothing that a distributed engine could see.
    pub fn within_limits(&self) -> Result<(), StoreError> {
        let operations: u64 = self.0.iter().map(Op::weight).sum();
        if operations > BATCH_MAX as u64 {
            let what = format!("a batch of {operations} operations (at most {BATCH_MAX})");
            return Err(StoreError::TooLarge { what });
        }
        let mut named = BTreeSet::new();
        if let Some(twice) = self.0.iter().find(|op| !named.insert(op.named())) {
            let name = twice.named().1.to_owned();
            return Err(StoreError::NamedTwice { name });
        }
        self.0.iter().try_for_each(Op::within_limits)
    }
}

/// What an operation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Named {
    Record,
    Journal,
    Lease,
}

impl Op {
    fn named(&self) -> (Named, &str) {
        match self {
            Self::Append { journal, .. } | Self::Shorten { journal, .. } => {
                (Named::Journal, journal)
            }
            Self::PutIfAbsent { key, .. }
            | Self::CompareAndSet { key, .. }
            | Self::Delete { key, .. }
            | Self::Expect { key, .. } => (Named::Record, key),
            Self::CheckLease { .. } => (Named::Lease, DRIVER),
        }
    }

    /// How much of a batch it takes: an engine may keep each event of a journal as an item of its own.
    fn weight(&self) -> u64 {
        match self {
            Self::Shorten { expected, left, .. } => expected.saturating_sub(*left).max(1),
            _ => 1,
        }
    }

    fn within_limits(&self) -> Result<(), StoreError> {
        let (name, value) = match self {
            Self::Append { journal, event, .. } => (journal, event),
            Self::PutIfAbsent { key, value } | Self::CompareAndSet { key, value, .. } => {
                (key, value)
            }
            Self::Delete { .. }
            | Self::Expect { .. }
            | Self::Shorten { .. }
            | Self::CheckLease { .. } => return Ok(()),
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
    /// The store is not the one any more that this process opened.
    #[error(
        "{place} was {what} under this process, which stops: nothing that it writes would be found \
         again; put the file back if you have it, and start amiwatch again (without it, images are \
         found by their tags)"
    )]
    Gone { place: String, what: &'static str },
    /// Over a limit of the store's contract.
    #[error("{what} does not fit into the store")]
    TooLarge { what: String },
    /// A batch that names one key or journal twice.
    #[error(
        "`{name}` stands twice in one batch, and nothing was written; this is a fault of amiwatch: \
         report it"
    )]
    NamedTwice { name: String },
    /// The engine will not work with what it found, and says why in its own words.
    #[error("{why}; {advice}")]
    Refused { why: String, advice: String },
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

impl StoreError {
    /// Whether a process that drives must stop: nothing that it does would be remembered.
    pub fn must_stop(&self) -> bool {
        matches!(self, Self::LeaseLost | Self::Gone { .. })
    }

    /// Whether one record is in the way, and whatever has nothing to do with it can go on.
    pub fn is_about_one_record(&self) -> bool {
        matches!(
            self,
            Self::Unreadable { .. } | Self::TooLarge { .. } | Self::NamedTwice { .. }
        )
    }
}

impl fmt::Display for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "epoch {}", self.epoch)
    }
}
