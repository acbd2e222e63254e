//! Opens the store that the config names, and takes the driver's place in it.

use super::Desk;
use crate::cloud::{Connection, Fence, Identity, Pace, Table};
use crate::model::ids::Region;
use crate::settings::{Settings, StoreUrl};
use crate::store::dynamodb::DynamoStore;
use crate::store::sqlite::SqliteStore;
use crate::store::{DRIVER, Lease, Store, StoreError};

/// Whether a command will write to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Reads what is there; a store that does not exist is an empty one and is not made.
    Read,
    Write,
}

/// A store that is open for as long as this is kept.
pub struct OpenStore(Box<dyn Store>);

impl OpenStore {
    /// Opens what the config names. A table is asked over a connection of its own, whose pace and fence are not
    /// those of this one; what is done under its lease passes this `fence` while the lease is renewed.
    ///
    /// # Errors
    /// When it cannot be opened, or is there and cannot be read by this amiwatch.
    pub fn of_settings(
        settings: &Settings,
        access: Access,
        connection: &Connection,
        fence: &Fence,
    ) -> Result<Self, StoreError> {
        Ok(Self(match (&settings.store, access) {
            (StoreUrl::SqliteMemory, _) => Box::new(SqliteStore::in_memory()?),
            (StoreUrl::SqliteFile(path), Access::Write) => Box::new(SqliteStore::open(path)?),
            (StoreUrl::SqliteFile(path), Access::Read) if path.exists() => {
                Box::new(SqliteStore::open_read_only(path)?)
            }
            (StoreUrl::SqliteFile(_), Access::Read) => Box::new(SqliteStore::in_memory()?),
            (StoreUrl::DynamoTable { table, region }, _) => {
                let table = named_table(connection, table, region.as_ref())?;
                Box::new(DynamoStore::new(table, fence, &me()))
            }
        }))
    }

    /// One that ends with the process.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn in_memory() -> Result<Self, StoreError> {
        Ok(Self(Box::new(SqliteStore::in_memory()?)))
    }

    /// As the stages take it.
    pub fn as_store(&self) -> &dyn Store {
        self.0.as_ref()
    }
}

/// The way to a table.
///
/// # Errors
/// When no region is named anywhere.
pub fn named_table(
    connection: &Connection,
    table: &str,
    region: Option<&Region>,
) -> Result<Table, StoreError> {
    let own = connection.at_pace(Pace::Eager);
    match own.cloud(&Identity::Own, region) {
        Ok(cloud) => Ok(Table::new(cloud, table)),
        Err(error) => Err(StoreError::Refused {
            why: format!("nobody says in which region table {table} is ({error})"),
            advice: format!("write [store] url = \"dynamodb://{table}?region=eu-west-1\""),
        }),
    }
}

/// Why this process does not drive the store.
#[derive(Debug, thiserror::Error)]
pub enum NoPlace {
    #[error(
        "another amiwatch process works on {place}; wait until it is done, or stop it, and try again"
    )]
    Taken { place: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes the driver's place; refuses when another process has it.
///
/// # Errors
/// [`NoPlace`]
pub async fn drive(desk: &Desk<'_>) -> Result<Lease, NoPlace> {
    let place = || desk.settings.store.to_string();
    let lease = take_lease(desk.store).await?;
    lease.ok_or_else(|| NoPlace::Taken { place: place() })
}

/// Takes the driver's place, if nobody has it.
///
/// # Errors
/// When the store fails.
pub(super) async fn take_lease(store: &dyn Store) -> Result<Option<Lease>, StoreError> {
    Ok(store.take(DRIVER, &me()).await?.mine())
}

/// Gives the driver's place back at a clean end, so that nobody has to wait for it. What failed is only
/// logged: the place is free when its term is over or this process has ended, and a place that somebody
/// else has by now is theirs.
pub async fn leave_lease(store: &dyn Store, lease: Lease) {
    if let Err(error) = store.release(DRIVER, lease).await {
        tracing::debug!(%error, "the driver's place was not given back");
    }
}

/// Who has the driver's place now, as it named itself; absent when nobody has.
///
/// # Errors
/// When the store cannot be read.
pub(super) async fn driver(store: &dyn Store) -> Result<Option<String>, StoreError> {
    let holder = store.holder(DRIVER).await?;
    Ok(holder.map(|holder| {
        holder
            .who
            .unwrap_or_else(|| "an earlier amiwatch".to_owned())
    }))
}

/// This process, as others see who has the driver's place and who asks.
pub(in crate::service) fn me() -> String {
    let system = rustix::system::uname();
    let host = system.nodename().to_string_lossy();
    format!("process {} on {host}", std::process::id())
}
