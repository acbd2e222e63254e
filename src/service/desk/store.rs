//! The store itself: made, checked, copied into a file, moved to another. What is in it is nobody's business here.
//!
//! A move counts and compares record by record before it says that it is done, and takes the driver's place in both
//! stores, so that nobody leads meanwhile.

use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::opening::{Access, OpenStore, me, named_table};
use crate::cloud::{CloudError, ErrorKind, Fence, Table};
use crate::flow::exit_code::Exit;
use crate::model::aws_command::AwsCommand;
use crate::service::Service;
use crate::settings::{Settings, StoreUrl};
use crate::store::dynamodb::TERM;
use crate::store::replicas::{self, Leading, StandingBy};
use crate::store::sqlite::SqliteStore;
use crate::store::{Contents, DRIVER, Lease, LeaseTaken, Store, StoreError};

/// How long a table that is being made is waited for.
const MADE_MAX: Duration = Duration::from_secs(120);
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How often a store that others write is read until two readings agree.
const READINGS_MAX: u32 = 5;

/// `store init`, `store check`
#[derive(Debug, Serialize)]
pub struct StoreChecked {
    pub schema: &'static str,
    pub store: String,
    /// What was done, in words; empty for `check`.
    pub did: Vec<String>,
    /// What is not as it should be, with what to do about it.
    pub problems: Vec<String>,
    pub records: usize,
    pub journals: usize,
    pub events: usize,
    /// Who works on it now.
    pub driver: Option<String>,
    pub leading: Option<Leading>,
    pub standing_by: Vec<StandingBy>,
}

/// `store backup`, `store move`
#[derive(Debug, Serialize)]
pub struct StoreCopied {
    pub schema: &'static str,
    pub from: String,
    pub to: String,
    pub records: usize,
    pub journals: usize,
    pub events: usize,
    pub at: DateTime<Utc>,
}

/// Why nothing was made, checked, copied or moved.
#[derive(Debug, thiserror::Error)]
pub enum StoreWorkError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Cloud(#[from] CloudError),
    #[error("table {table} is still being made after {} s; try again", MADE_MAX.as_secs())]
    StillMade { table: String },
    #[error(
        "table {table} is there and is not a store: its keys are not `pk` and `sk`; name another one"
    )]
    NoStore { table: String },
    #[error(
        "{who} works on {place}; stop it, and try again: a store is not moved under anybody's hands"
    )]
    Led { who: String, place: String },
    #[error("{place} is written all the time; stop whoever writes it, and try again")]
    Restless { place: String },
    #[error(
        "{to} does not hold what {from} does: {} differ; nothing was taken from {from}: look at both, and try again \
         with an empty one", .names.join(", ")
    )]
    Differs {
        from: String,
        to: String,
        names: Vec<String>,
    },
}

impl StoreChecked {
    /// How `store check` ends.
    pub fn exit(&self) -> Exit {
        match self.problems.is_empty() {
            true => Exit::Done,
            false => Exit::Failed,
        }
    }
}

/// Makes what the config names, where it is not there: a table on demand, protected, that can be had back as it
/// was at any second; or a file.
///
/// # Errors
/// [`StoreWorkError`]
pub async fn init_store(service: &Service<'_>) -> Result<StoreChecked, StoreWorkError> {
    let mut did = Vec::new();
    if let Some(table) = table_of(service)? {
        make(service, &table, &mut did).await?;
    }
    let mut checked = check_store(service).await?;
    checked.did = did;
    Ok(checked)
}

/// Reads the store whole and says what is not as it should be.
///
/// # Errors
/// When it cannot be read.
pub async fn check_store(service: &Service<'_>) -> Result<StoreChecked, StoreWorkError> {
    let problems = match table_of(service)? {
        Some(table) => problems_of(&table).await?,
        None => Vec::new(),
    };
    let store = service.store;
    let contents = store.contents().await?;
    let driver = super::opening::driver(store).await?;
    Ok(StoreChecked {
        schema: "amiwatch.store/1",
        store: service.settings.store.to_string(),
        did: Vec::new(),
        problems,
        records: contents.records.len(),
        journals: contents.journals.len(),
        events: contents.events(),
        leading: replicas::who_leads(store)
            .await?
            .filter(|one| driver.as_ref() == Some(&one.who)),
        standing_by: replicas::standing_by(store, service.clock.now()).await?,
        driver,
    })
}

/// Copies the store into a new file, while whoever works on it works on.
///
/// # Errors
/// When it is written without a pause, and where the file holds something.
pub async fn back_up_store(
    service: &Service<'_>,
    file: &Path,
) -> Result<StoreCopied, StoreWorkError> {
    let from = service.settings.store.to_string();
    let contents = still_contents(service.store, &from).await?;
    let copy = SqliteStore::open(file)?;
    let to = file.display().to_string();
    fill_and_compare(&copy, &contents, (&from, &to)).await?;
    Ok(copied(&contents, (&from, &to), service.clock.now()))
}

/// Moves everything to another store, record by record. The one it came from is left as it is.
///
/// # Errors
/// While somebody leads, where the other store holds something else, and where it does not hold everything in the
/// end.
pub async fn move_store(
    service: &Service<'_>,
    to: &StoreUrl,
) -> Result<StoreCopied, StoreWorkError> {
    let target = Settings {
        store: to.clone(),
        ..service.settings.clone()
    };
    // What the target's lease opens is nobody's to pass.
    let fence = Fence::open(service.clock);
    let target = OpenStore::of_settings(&target, Access::Write, service.connection, &fence)?;
    let target = target.as_store();
    let (from, to) = (service.settings.store.to_string(), to.to_string());
    let here = alone(service, service.store, &from).await?;
    let there = match alone(service, target, &to).await {
        Ok(there) => there,
        Err(error) => {
            service.store.release(DRIVER, here).await?;
            return Err(error);
        }
    };
    let moved = carry(service.store, target, (&from, &to)).await;
    target.release(DRIVER, there).await?;
    service.store.release(DRIVER, here).await?;
    Ok(copied(&moved?, (&from, &to), service.clock.now()))
}

async fn carry(
    from: &dyn Store,
    to: &dyn Store,
    names: (&str, &str),
) -> Result<Contents, StoreWorkError> {
    let contents = still_contents(from, names.0).await?;
    fill_and_compare(to, &contents, names).await?;
    // A person's command may have written meanwhile.
    match from.contents().await? == contents {
        true => Ok(contents),
        false => Err(StoreWorkError::Restless {
            place: names.0.to_owned(),
        }),
    }
}

async fn fill_and_compare(
    to: &dyn Store,
    contents: &Contents,
    (from, place): (&str, &str),
) -> Result<(), StoreWorkError> {
    to.fill(contents).await?;
    let names = to.contents().await?.differences(contents);
    match names.is_empty() {
        true => Ok(()),
        false => Err(StoreWorkError::Differs {
            from: from.to_owned(),
            to: place.to_owned(),
            names,
        }),
    }
}

fn copied(contents: &Contents, (from, to): (&str, &str), at: DateTime<Utc>) -> StoreCopied {
    StoreCopied {
        schema: "amiwatch.store-copy/1",
        from: from.to_owned(),
        to: to.to_owned(),
        records: contents.records.len(),
        journals: contents.journals.len(),
        events: contents.events(),
        at,
    }
}

/// Everything, as two readings in a row agree on it.
async fn still_contents(store: &dyn Store, place: &str) -> Result<Contents, StoreWorkError> {
    let mut before = store.contents().await?;
    for _ in 1..READINGS_MAX {
        let now = store.contents().await?;
        if now == before {
            return Ok(now);
        }
        before = now;
    }
    Err(StoreWorkError::Restless {
        place: place.to_owned(),
    })
}

/// Takes the driver's place; one that nobody gave back is free after its term.
async fn alone(
    service: &Service<'_>,
    store: &dyn Store,
    place: &str,
) -> Result<Lease, StoreWorkError> {
    let until = service.clock.steady() + TERM + LOOK_EVERY;
    loop {
        let again_in = match store.take(DRIVER, &me()).await? {
            LeaseTaken::Mine(lease) => return Ok(lease),
            LeaseTaken::Other { again_in } => again_in,
        };
        if service.clock.steady() > until {
            let holder = super::opening::driver(store).await?;
            return Err(StoreWorkError::Led {
                who: holder.unwrap_or_else(|| "another process".to_owned()),
                place: place.to_owned(),
            });
        }
        service.clock.sleep(again_in).await;
    }
}

fn table_of(service: &Service<'_>) -> Result<Option<Table>, StoreError> {
    match &service.settings.store {
        StoreUrl::DynamoTable { table, region } => {
            named_table(service.connection, table, region.as_ref()).map(Some)
        }
        StoreUrl::SqliteFile(_) | StoreUrl::SqliteMemory => Ok(None),
    }
}

async fn make(
    service: &Service<'_>,
    table: &Table,
    did: &mut Vec<String>,
) -> Result<(), StoreWorkError> {
    let name = table.name().to_owned();
    if table.now().await?.is_none() {
        let mut tags = service.settings.tags.clone();
        if let Some(installation) = &service.settings.installation {
            tags.insert("amiwatch:installation".to_owned(), installation.to_string());
        }
        table.create(&tags).await?;
        did.push(format!(
            "made table {name}: on demand, protected against being deleted"
        ));
    }
    let until = service.clock.steady() + MADE_MAX;
    loop {
        match table.now().await? {
            Some(now) if !now.fits => return Err(StoreWorkError::NoStore { table: name }),
            Some(now) if now.active => break,
            _ if service.clock.steady() > until => {
                return Err(StoreWorkError::StillMade { table: name });
            }
            _ => service.clock.sleep(LOOK_EVERY).await,
        }
    }
    while !table.is_recoverable().await? {
        match table.make_recoverable().await {
            Ok(()) => did.push(format!("point-in-time recovery of table {name} is on")),
            // Its backups are being prepared.
            Err(error) if error.kind == ErrorKind::Conflict && service.clock.steady() <= until => {
                service.clock.sleep(LOOK_EVERY).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

async fn problems_of(table: &Table) -> Result<Vec<String>, StoreWorkError> {
    let name = table.name();
    let Some(now) = table.now().await? else {
        return Ok(vec![format!(
            "there is no table {name}; make it with `amiwatch store init`"
        )]);
    };
    let update = |option: &str| {
        let region = table.cloud().region();
        AwsCommand::new("dynamodb update-table", region)
            .with("--table-name", name)
            .flag(option)
    };
    let mut problems = Vec::new();
    if !now.fits {
        problems.push(format!(
            "table {name} is not a store: its keys are not `pk` and `sk`; name another one"
        ));
    }
    if !now.on_demand {
        let command = update("--billing-mode PAY_PER_REQUEST");
        problems.push(format!(
            "table {name} is not on demand, and is throttled by what was provisioned: {command}"
        ));
    }
    if !now.deletion_protected {
        let command = update("--deletion-protection-enabled");
        problems.push(format!(
            "table {name} can be deleted by one call: {command}"
        ));
    }
    if !table.is_recoverable().await? {
        problems.push(format!(
            "table {name} cannot be had back as it was: `amiwatch store init` turns point-in-time recovery on"
        ));
    }
    Ok(problems)
}

#[cfg(test)]
#[cfg(feature = "sim")]
mod tests;
