//! The store past one machine: one table of DynamoDB, which any number of processes share.
//!
//! Every write is one transaction ([`settle`]); there is no other path. Every read is consistent, and goes on past
//! the megabyte at which DynamoDB ends a page. How keys and journals lie in the table is `rows`'; who drives is
//! `lease`'s. It goes to AWS over a connection of its own, so that neither the pace nor the fence of the driver's
//! calls is in its way: its own fence is the epoch, and the lease's term.
//!
//! Must not interpret values.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::sync::{Mutex as Turn, Notify};
use tokio::task::JoinSet;

use super::{
    Batch, Contents, Holder, Lease, LeaseLosing, LeaseTaken, Op, Record, Store, StoreAnswer,
    StoreError,
};
use crate::clock::Clock;
use crate::cloud::{Fence, Row, RowKey, Table};

mod lease;
mod rows;
mod settle;
mod trouble;
mod whole;

#[cfg(test)]
#[cfg(feature = "sim")]
pub(super) mod tests;

use lease::{HeldTerm, SeenLease};
pub use lease::{RENEW_EVERY, TERM, TRUSTED};
use rows::{Span, key_of_record, record_key, record_of, writes_of};

/// A store in one table.
pub struct DynamoStore {
    shared: Arc<Shared>,
    /// What renews the leases that this process has; they end with the store.
    keepers: Mutex<JoinSet<()>>,
}

/// What the store and whoever renews its leases have in common.
struct Shared {
    table: Table,
    clock: Clock,
    fence: Fence,
    /// This process, among all that ever wrote.
    number: String,
    counter: AtomicU64,
    /// One batch at a time: two of one driver would conflict about its epoch. Renewals, which are about a row of
    /// their own, do not wait for it: a batch that hangs must not cost the lease.
    turn: Turn<()>,
    /// What this process has, by the lease's name.
    held: Mutex<BTreeMap<String, HeldTerm>>,
    /// What it last saw of others' leases.
    seen: Mutex<BTreeMap<String, SeenLease>>,
    changed: Notify,
}

impl DynamoStore {
    /// Opens what is there, and calls nobody. `me`: this process as people call it. While it has a lease, changes
    /// pass the fence as long as that is renewed in time.
    pub fn new(table: Table, fence: &Fence, me: &str) -> Self {
        let clock = table.cloud().clock().clone();
        let shared = Shared {
            number: number_of_process(me, &clock),
            table,
            clock,
            fence: fence.clone(),
            counter: AtomicU64::new(0),
            turn: Turn::new(()),
            held: Mutex::default(),
            seen: Mutex::default(),
            changed: Notify::new(),
        };
        Self {
            shared: Arc::new(shared),
            keepers: Mutex::default(),
        }
    }

    async fn page_through(
        &self,
        span: &Span,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        // Where it goes on from stands among the rows, and is asked for and left out.
        let from = after.map_or(&*span.from, |after| after.max(&*span.from));
        let range = (from, &*span.to);
        let (mut found, mut start) = (Vec::new(), None);
        loop {
            let room = limit.saturating_sub(found.len()).saturating_add(1);
            let page = self
                .shared
                .table
                .rows(&span.partition, range, start.as_ref(), room);
            let page = page
                .await
                .map_err(|error| self.shared.failed("read", error))?;
            let fresh = page
                .rows
                .into_iter()
                .filter(|row| after.is_none_or(|after| row.key.sort.as_str() > after));
            found.extend(fresh);
            start = page.more_after;
            if start.is_none() || found.len() >= limit {
                found.truncate(limit);
                return Ok(found);
            }
        }
    }

    /// Every row of the table, which costs reading it whole.
    async fn every_row(&self) -> Result<Vec<Row>, StoreError> {
        let (mut rows, mut start) = (Vec::new(), None::<RowKey>);
        loop {
            let page = self.shared.table.all_rows(start.as_ref()).await;
            let page = page.map_err(|error| self.shared.failed("read", error))?;
            rows.extend(page.rows);
            start = page.more_after;
            if start.is_none() {
                return Ok(rows);
            }
        }
    }

    /// The rows of records whose key starts with the prefix, which names no whole first segment.
    async fn across_partitions(&self, prefix: &str) -> Result<Vec<Row>, StoreError> {
        let fits = |row: &Row| key_of_record(&row.key).is_some_and(|key| key.starts_with(prefix));
        let mut rows = self.every_row().await?;
        rows.retain(fits);
        rows.sort_by_key(|row| key_of_record(&row.key));
        Ok(rows)
    }

    async fn query_now(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        // What begins with the prefix lies together: another key is before all of it, or after.
        let after = match after {
            Some(after) if !after.starts_with(prefix) => match after < prefix {
                true => None,
                false => return Ok(Vec::new()),
            },
            after => after,
        };
        let rows = match Span::of_prefix(prefix) {
            Some(span) => {
                let after = after.map(|after| record_key(after).sort);
                self.page_through(&span, after.as_deref(), limit).await?
            }
            None => {
                let mut rows = self.across_partitions(prefix).await?;
                let after = after.map(str::to_owned);
                rows.retain(|row| after.is_none() || key_of_record(&row.key) > after);
                rows.truncate(limit);
                rows
            }
        };
        rows.into_iter().map(record_of).collect()
    }

    async fn commit_now(&self, batch: &Batch) -> Result<(), StoreError> {
        batch.within_limits()?;
        if batch.ops().is_empty() {
            return Ok(());
        }
        let epoch = batch.ops().iter().find_map(|op| match op {
            Op::CheckLease { epoch } => Some(*epoch),
            _ => None,
        });
        let (of, writes): (Vec<usize>, Vec<_>) = writes_of(batch.ops()).into_iter().unzip();
        let _turn = self.shared.turn.lock().await;
        let refused = self.shared.settle("write", epoch, &writes).await?;
        match refused {
            None => Ok(()),
            Some(at) => Err(conflict(&batch.ops()[of[at]])),
        }
    }
}

/// What it means that this operation's condition did not hold.
fn conflict(op: &Op) -> StoreError {
    match op {
        Op::CheckLease { .. } => StoreError::LeaseLost,
        op => StoreError::Conflict {
            key: op.named().1.to_owned(),
        },
    }
}

/// No two processes have the same, nor does one that starts again.
fn number_of_process(me: &str, clock: &Clock) -> String {
    static OPENED: AtomicU64 = AtomicU64::new(0);
    let nth = OPENED.fetch_add(1, Ordering::Relaxed);
    let (now, steady) = (clock.now(), clock.steady());
    let digest = Sha256::digest(format!("{me} {now:?} {steady:?} {nth}"));
    digest[..6]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// What is behind the lock; each change is complete in itself, so a panic elsewhere leaves it whole.
fn locked<T>(behind: &Mutex<T>) -> MutexGuard<'_, T> {
    behind.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store for DynamoStore {
    fn get<'a>(&'a self, key: &'a str) -> StoreAnswer<'a, Option<Record>> {
        Box::pin(async move {
            let row = self.shared.table.row(&record_key(key)).await;
            let row = row.map_err(|error| self.shared.failed("read", error))?;
            row.map(record_of).transpose()
        })
    }

    fn query<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> StoreAnswer<'a, Vec<Record>> {
        Box::pin(self.query_now(prefix, after, limit))
    }

    fn journal<'a>(&'a self, name: &'a str) -> StoreAnswer<'a, Vec<Value>> {
        Box::pin(async move {
            let span = Span::of_journal(name);
            let rows = self.page_through(&span, None, usize::MAX).await?;
            rows.iter().map(|row| rows::value_of(name, row)).collect()
        })
    }

    fn commit(&self, batch: Batch) -> StoreAnswer<'_, ()> {
        Box::pin(async move { self.commit_now(&batch).await })
    }

    fn take<'a>(&'a self, name: &'a str, me: &'a str) -> StoreAnswer<'a, LeaseTaken> {
        Box::pin(self.take_now(name, me))
    }

    fn renew<'a>(&'a self, name: &'a str, lease: Lease) -> StoreAnswer<'a, ()> {
        Box::pin(async move { self.shared.beat(name, lease.epoch).await })
    }

    fn release<'a>(&'a self, name: &'a str, lease: Lease) -> StoreAnswer<'a, ()> {
        Box::pin(self.release_now(name, lease))
    }

    fn holder<'a>(&'a self, name: &'a str) -> StoreAnswer<'a, Option<Holder>> {
        Box::pin(self.holder_now(name))
    }

    fn contents(&self) -> StoreAnswer<'_, Contents> {
        Box::pin(self.contents_now())
    }

    fn fill<'a>(&'a self, contents: &'a Contents) -> StoreAnswer<'a, ()> {
        Box::pin(self.fill_now(contents))
    }

    fn lost<'a>(&'a self, name: &'a str, lease: Lease) -> LeaseLosing<'a> {
        Box::pin(self.shared.until_lost(name, lease.epoch))
    }
}
