//! A store as whoever has the driver's lease writes to it where the batches themselves do not say so: each is refused
//! once that lease is another's. Reads are as ever.
//!
//! So a leader that was frozen in the middle of its deliveries crosses nothing off by a config that is old by then.

use serde_json::Value;

use super::{
    Batch, Contents, Holder, Lease, LeaseLosing, LeaseTaken, Op, Record, Store, StoreAnswer,
};

/// The store of a process that has this lease.
pub struct UnderLease<'a> {
    store: &'a dyn Store,
    lease: Lease,
}

impl<'a> UnderLease<'a> {
    pub fn new(store: &'a dyn Store, lease: Lease) -> Self {
        Self { store, lease }
    }
}

impl Store for UnderLease<'_> {
    fn get<'a>(&'a self, key: &'a str) -> StoreAnswer<'a, Option<Record>> {
        self.store.get(key)
    }

    fn query<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> StoreAnswer<'a, Vec<Record>> {
        self.store.query(prefix, after, limit)
    }

    fn journal<'a>(&'a self, name: &'a str) -> StoreAnswer<'a, Vec<Value>> {
        self.store.journal(name)
    }

    fn commit(&self, batch: Batch) -> StoreAnswer<'_, ()> {
        let checks = |op: &Op| matches!(op, Op::CheckLease { .. });
        let epoch = self.lease.epoch;
        let batch = match batch.ops().is_empty() || batch.ops().iter().any(checks) {
            true => batch,
            false => batch.and(Op::CheckLease { epoch }),
        };
        self.store.commit(batch)
    }

    fn take<'a>(&'a self, name: &'a str, me: &'a str) -> StoreAnswer<'a, LeaseTaken> {
        self.store.take(name, me)
    }

    fn renew<'a>(&'a self, name: &'a str, lease: Lease) -> StoreAnswer<'a, ()> {
        self.store.renew(name, lease)
    }

    fn release<'a>(&'a self, name: &'a str, lease: Lease) -> StoreAnswer<'a, ()> {
        self.store.release(name, lease)
    }

    fn lost<'a>(&'a self, name: &'a str, lease: Lease) -> LeaseLosing<'a> {
        self.store.lost(name, lease)
    }

    fn contents(&self) -> StoreAnswer<'_, Contents> {
        self.store.contents()
    }

    fn fill<'a>(&'a self, contents: &'a Contents) -> StoreAnswer<'a, ()> {
        self.store.fill(contents)
    }

    fn holder<'a>(&'a self, name: &'a str) -> StoreAnswer<'a, Option<Holder>> {
        self.store.holder(name)
    }
}
