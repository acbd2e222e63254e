//! A life's store: SQLite in the life's folder, or a table in the life's own account, which every process of the life
//! shares as daemons on several machines would.

use std::sync::Arc;
use std::time::Duration;

use amiwatch::clock::Clock;
use amiwatch::cloud::{ByHand, Connection, Fence, Identity, Table};
use amiwatch::model::ids::Region;
use amiwatch::store::dynamodb::DynamoStore;
use amiwatch::store::sqlite::SqliteStore;
use amiwatch::store::{
    Batch, DRIVER, Holder, Lease, LeaseLosing, LeaseTaken, Record, Store, StoreAnswer,
};
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use serde_json::Value;

use super::life::Life;
use super::mutant::{Memory, Mutant};
use super::seam::SeamedStore;
use super::wire::wire;
use super::world::REGION;

/// Whose key stands in the account's ledger beside what is asked of the table.
pub(crate) const TABLE_KEY: &str = "AKIDTABLE";

/// A life's store, as one process has it.
pub(crate) enum LifeStore {
    InFile(Box<SqliteStore>),
    InTable(Box<InTable>),
}

/// A table, and what its lease is to the process.
pub(crate) struct InTable {
    store: DynamoStore,
    fence: Fence,
    clock: Clock,
}

impl LifeStore {
    fn any(&self) -> &dyn Store {
        match self {
            Self::InFile(store) => store.as_ref(),
            Self::InTable(table) => &table.store,
        }
    }

    /// What the lease lets pass.
    pub(crate) fn fence(&self) -> Fence {
        match self {
            Self::InFile(_) => panic!("the lease of a file needs no renewing"),
            Self::InTable(table) => table.fence.clone(),
        }
    }

    /// A process's way to AWS, behind what its lease lets pass.
    pub(crate) fn guarded(&self, way: Connection, mutant: Option<Mutant>) -> Connection {
        match self {
            Self::InTable(table) if mutant != Some(Mutant::RenewalTrustedForEver) => {
                way.behind(&table.fence)
            }
            _ => way,
        }
    }

    /// Waits as a process does that is told to ask again. The lock of a file is free at once, or as soon as a test
    /// beside this one has started its program.
    pub(crate) async fn wait(&self, again_in: Duration) {
        match self {
            Self::InFile(_) => std::thread::yield_now(),
            Self::InTable(table) => table.clock.sleep(again_in).await,
        }
    }

    /// A clean end: the next process need not wait for a term to be over.
    pub(crate) async fn leave(&self, lease: Lease) {
        if let Self::InTable(table) = self {
            // One that is lost by now is somebody else's.
            table.store.release(DRIVER, lease).await.ok();
        }
    }
}

impl Life {
    /// The store as the next process will find it.
    pub(crate) fn store(&self) -> LifeStore {
        self.store_by(&self.clock)
    }

    fn store_by(&self, clock: &Clock) -> LifeStore {
        match self.table.get() {
            Some(nth) => self.store_in_table(nth, clock),
            None => {
                let store = SqliteStore::open(&self.store_path());
                LifeStore::InFile(Box::new(store.expect("the store opens")))
            }
        }
    }

    /// The store as a process has it, through the seam.
    pub(crate) fn seamed_store(&self) -> SeamedStore<LifeStore> {
        self.seamed_store_by(&self.process_clock())
    }

    /// The same on a machine with this clock.
    pub(crate) fn seamed_store_by(&self, clock: &Clock) -> SeamedStore<LifeStore> {
        SeamedStore {
            inner: self.store_by(clock),
            seam: Arc::clone(&self.seam),
            mutant: self.mutant,
            memory: Memory::default(),
            began: self.clock.now(),
        }
    }

    /// The same with its store in a table, which [`Self::makes_its_table`] makes.
    pub(crate) fn in_table(self) -> Self {
        self.table.set(Some(0));
        self
    }

    /// Before anything else happens. There is one more, for when the first is lost.
    pub(crate) fn makes_its_table(&self) -> LocalBoxFuture<'_, ()> {
        async {
            for nth in [0, 1] {
                let table = self.table_of(nth, &self.clock);
                table.create(&[].into()).await.expect("there is none yet");
            }
            // Until they can be used.
            self.wait(Duration::from_secs(10)).await;
        }
        .boxed_local()
    }

    fn store_in_table(&self, nth: u32, clock: &Clock) -> LifeStore {
        let fence = Fence::open(clock);
        LifeStore::InTable(Box::new(InTable {
            store: DynamoStore::new(self.table_of(nth, clock), &fence, "a process"),
            fence,
            clock: clock.clone(),
        }))
    }

    fn table_of(&self, nth: u32, clock: &Clock) -> Table {
        let parts = ByHand {
            http: wire(&self.account, &self.table_seam, &self.guard, self.mutant),
            region: Region::new(REGION),
            access_key_id: self.key(TABLE_KEY),
            secret_access_key: "keep-me-secret".to_owned(),
            endpoint: None,
            in_flight_max: None,
        };
        let way = Connection::by_hand(parts, clock);
        let cloud = way.cloud(&Identity::Own, None).expect("it has a region");
        Table::new(cloud, &format!("amiwatch-{nth}"))
    }
}

/// What a process renewed its lease by is aborted with it, and ends when it would go on next.
pub(super) async fn what_was_aborted_ends() {
    for _ in 0..3 {
        tokio::task::yield_now().await;
    }
}

/// The driver's place, which nobody has. A test beside this one may be starting a program: between
/// fork and exec that holds a copy of every open file here, and with it the lock of a store that was
/// closed since.
pub(super) async fn lease(store: &SeamedStore<LifeStore>) -> Lease {
    for _ in 0..100_000 {
        match store.take(DRIVER, "a process").await.unwrap() {
            LeaseTaken::Mine(lease) => return lease,
            LeaseTaken::Other { again_in } => store.inner.wait(again_in).await,
        }
    }
    panic!("a process that is gone holds no lease");
}

impl Store for LifeStore {
    fn get<'a>(&'a self, key: &'a str) -> StoreAnswer<'a, Option<Record>> {
        self.any().get(key)
    }

    fn query<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> StoreAnswer<'a, Vec<Record>> {
        self.any().query(prefix, after, limit)
    }

    fn journal<'a>(&'a self, name: &'a str) -> StoreAnswer<'a, Vec<Value>> {
        self.any().journal(name)
    }

    fn commit(&self, batch: Batch) -> StoreAnswer<'_, ()> {
        self.any().commit(batch)
    }

    fn take<'a>(&'a self, name: &'a str, me: &'a str) -> StoreAnswer<'a, LeaseTaken> {
        self.any().take(name, me)
    }

    fn renew<'a>(&'a self, name: &'a str, lease: Lease) -> StoreAnswer<'a, ()> {
        self.any().renew(name, lease)
    }

    fn release<'a>(&'a self, name: &'a str, lease: Lease) -> StoreAnswer<'a, ()> {
        self.any().release(name, lease)
    }

    fn lost<'a>(&'a self, name: &'a str, lease: Lease) -> LeaseLosing<'a> {
        self.any().lost(name, lease)
    }

    fn holder<'a>(&'a self, name: &'a str) -> StoreAnswer<'a, Option<Holder>> {
        self.any().holder(name)
    }
}
