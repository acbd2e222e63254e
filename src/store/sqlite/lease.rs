//! Leases of a store in a file: an operating system's lock beside it, and a record that counts how
//! often it was taken and says by whom.
//!
//! The lock is free at once when its process ends, whatever ends it, so that these leases have no term.
//! There are two of them: by `.lock` processes keep each other out, and whoever has that holds `.held`
//! as well, by which others ask. Asking is a moment's shared lock; on the first file it would refuse a
//! driver that starts in that moment, on the second that driver waits the moment out.
//!
//! Must not know what is done under a lease.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Transaction, TransactionBehavior};
use serde_json::{Value, json};

use super::{SqliteStore, Trouble, io_failed, version_of, write};
use crate::store::{DRIVER, Holder, Lease, LeaseTaken, StoreError};

/// How often a lock that somebody only looks at is tried: they do nothing between taking and leaving it.
const LOOKED_AT_MAX: u32 = 100_000;

/// When a lock that somebody holds is worth trying again: its end cannot be foreseen.
const AGAIN_IN: Duration = Duration::from_millis(500);

/// A lease that this process has.
pub(super) struct HeldLease {
    me: String,
    /// Absent for a store in memory, which no other process can see.
    _locks: Option<Locks>,
}

fn key(name: &str) -> String {
    format!("lease/{name}")
}

impl SqliteStore {
    pub(super) fn take_now(&self, name: &str, me: &str) -> Result<LeaseTaken, StoreError> {
        const OTHER: LeaseTaken = LeaseTaken::Other { again_in: AGAIN_IN };
        let mine = self.leases.borrow().get(name).map(|held| held.me == me);
        let fresh = match mine {
            Some(false) => return Ok(OTHER),
            Some(true) => None,
            None => match self.lock(name)? {
                Lock::Taken(locks) => Some(locks),
                Lock::Elsewhere => return Ok(OTHER),
            },
        };
        self.check()?;
        let epoch = self.next_epoch(name, Some(me))?;
        if let Some(locks) = fresh {
            let held = HeldLease {
                me: me.to_owned(),
                _locks: locks,
            };
            self.leases.borrow_mut().insert(name.to_owned(), held);
        }
        Ok(LeaseTaken::Mine(Lease { epoch, term: None }))
    }

    pub(super) fn renew_now(&self, name: &str, lease: Lease) -> Result<(), StoreError> {
        if !self.leases.borrow().contains_key(name) {
            return Err(StoreError::LeaseLost);
        }
        self.with("read the lease", |connection| {
            expect_epoch(&connection.transaction()?, name, lease.epoch)
        })
    }

    pub(super) fn release_now(&self, name: &str, lease: Lease) -> Result<(), StoreError> {
        self.renew_now(name, lease)?;
        // The epoch goes on, so that nothing which is still under way writes under the old one.
        self.next_epoch(name, None)?;
        self.leases.borrow_mut().remove(name);
        Ok(())
    }

    pub(super) fn holder_now(&self, name: &str) -> Result<Option<Holder>, StoreError> {
        if !self.is_held(name)? {
            return Ok(None);
        }
        let key = key(name);
        let value: Option<Value> = self.with("read the lease", |connection| {
            let tx = connection.transaction()?;
            super::value_of(&tx, &key)
        })?;
        let who = value.and_then(|value| value["holder"].as_str().map(str::to_owned));
        Ok(Some(Holder { who }))
    }

    /// The files of a lease's locks; absent for a store in memory.
    fn lock_paths(&self, name: &str) -> Option<[PathBuf; 2]> {
        let path = self.path.as_ref()?;
        let beside = |end: &str| match name {
            DRIVER => path.with_extension(end),
            other => path.with_extension(format!("{other}.{end}")),
        };
        Some([beside("lock"), beside("held")])
    }

    fn lock(&self, name: &str) -> Result<Lock, StoreError> {
        let Some([lock, held]) = self.lock_paths(name) else {
            return Ok(Lock::Taken(None));
        };
        let failed = |error| io_failed(&self.place, "lock", error);
        let place = self.lock_file(&lock)?;
        if !try_lock(&place).map_err(failed)? {
            return Ok(Lock::Elsewhere);
        }
        let shown = self.lock_file(&held)?;
        for _ in 0..LOOKED_AT_MAX {
            if try_lock(&shown).map_err(failed)? {
                return Ok(Lock::Taken(Some([place, shown])));
            }
            std::thread::yield_now();
        }
        Ok(Lock::Elsewhere)
    }

    fn lock_file(&self, path: &Path) -> Result<File, StoreError> {
        let mut options = File::options();
        let opened = options.create(true).truncate(false).write(true).open(path);
        opened.map_err(|error| io_failed(&self.place, "make its lock file", error))
    }

    fn is_held(&self, name: &str) -> Result<bool, StoreError> {
        let Some([_, held]) = self.lock_paths(name) else {
            return Ok(self.leases.borrow().contains_key(name));
        };
        let failed = |error| io_failed(&self.place, "look at its lock file", error);
        let file = match File::open(held) {
            Ok(file) => file,
            // Nobody has ever taken it here.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(failed(error)),
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    fn next_epoch(&self, name: &str, me: Option<&str>) -> Result<u64, StoreError> {
        let key = key(name);
        self.with("take the lease", |connection| {
            let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let epoch = version_of(&tx, &key)? + 1;
            write(&tx, &key, epoch, &json!({ "epoch": epoch, "holder": me }))?;
            tx.commit()?;
            Ok(epoch)
        })
    }
}

/// What keeps others out, and what shows them that it does; free when it is dropped.
type Locks = [File; 2];

/// How locking ended.
enum Lock {
    /// With no file for a store in memory.
    Taken(Option<Locks>),
    /// Another process has it.
    Elsewhere,
}

/// Whether the file could be locked; not while somebody else has locked it.
fn try_lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

pub(super) fn expect_epoch(tx: &Transaction<'_>, name: &str, epoch: u64) -> Result<(), Trouble> {
    match version_of(tx, &key(name))? {
        held if held == epoch => Ok(()),
        _ => Err(Trouble::Told(StoreError::LeaseLost)),
    }
}
