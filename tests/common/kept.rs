//! A life as it stood at one moment, from which others go on: what happened before is lived once, and not
//! once for each way in which it may go on.
//!
//! Whoever goes on from it finds what a machine finds whose process was killed at that moment: the account,
//! and what was committed. Nothing of the process itself is in it.

use std::cell::Cell;
use std::path::PathBuf;
use std::sync::Arc;

use amiwatch::clock::Clock;
use amiwatch::settings::Settings;
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};
use sim::{Account, SimClock};
use tempfile::TempDir;

use super::life::Life;
use super::mutant::Mutant;
use super::seam::Seam;
use super::slack::Slack;
use super::store_files::{copy_store, memory_folder, store_in};
use super::wire::Guard;

/// The moment.
pub(crate) struct Kept {
    at: DateTime<Utc>,
    /// Its time stands still.
    account: Account,
    settings: Settings,
    guard: Arc<Guard>,
    slack: Slack,
    mutant: Option<Mutant>,
    skew: TimeDelta,
    folder: TempDir,
    table: Option<u32>,
}

/// What there is of a life, to be kept at some moment of it, also while a process is at work.
pub(crate) struct Keeper {
    clock: Clock,
    account: Account,
    settings: Settings,
    guard: Arc<Guard>,
    slack: Slack,
    mutant: Option<Mutant>,
    skew: TimeDelta,
    store: PathBuf,
    table: Option<u32>,
}

impl Keeper {
    pub(crate) fn of(life: &Life) -> Self {
        Self {
            clock: life.clock.clone(),
            account: life.account.clone(),
            settings: life.settings.clone(),
            guard: Arc::clone(&life.guard),
            slack: life.slack.clone(),
            mutant: life.mutant,
            skew: life.skew.get(),
            store: store_in(life.folder.path()),
            table: life.table.get(),
        }
    }

    pub(crate) fn keep(&self) -> Kept {
        let folder = memory_folder();
        if self.store.exists() {
            copy_store(&self.store, &store_in(folder.path()));
        }
        let at = self.clock.now();
        Kept {
            at,
            account: self.account.copied(SimClock::new(move || at)),
            settings: self.settings.clone(),
            guard: self.guard.copied(),
            slack: self.slack.copied(&self.clock, &Seam::new()),
            mutant: self.mutant,
            skew: self.skew,
            folder,
            table: self.table,
        }
    }

    /// Another machine in the same account, at this very moment. Its account's time is that of whoever reads it, so
    /// a machine on a thread of its own first has to wait until this moment ([`Life::catches_up`]).
    pub(crate) fn another_machine(&self) -> Life {
        let seam = Seam::new();
        Life {
            account: self.account.clone(),
            settings: self.settings.clone(),
            slack: self.slack.copied(&self.clock, &seam),
            clock: self.clock.clone(),
            seam,
            guard: Arc::clone(&self.guard),
            mutant: None,
            skew: Cell::new(self.skew),
            folder: memory_folder(),
            table: Cell::new(self.table),
            table_seam: Seam::new(),
            machine: None,
        }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }
}

impl Life {
    /// Waits until it is as late here as it was there.
    pub(crate) async fn catches_up(&self, with: DateTime<Utc>) {
        self.clock.sleep_until(with).await;
    }
}

/// What tells one moment from another: its digest. Lives that go on from equal ones are equal.
pub(crate) type Standing = [u8; 32];

impl Kept {
    /// What a machine finds here, the store among it or not: the same digest again means that not a byte of that
    /// has changed since, no time has passed, and nobody was asked for anything but to read.
    pub(crate) fn standing(&self, with_store: bool) -> Standing {
        let Self {
            at,
            account,
            settings: _,
            guard,
            slack,
            mutant: _,
            skew,
            folder,
            table,
        } = self;
        let words = format!(
            "{at:?} {} {guard:?} {} {skew:?} {table:?}",
            account.standing(),
            slack.standing()
        );
        let mut digest = Sha256::new_with_prefix(words);
        let store = store_in(folder.path());
        if with_store && store.exists() {
            digest.update(std::fs::read(store).expect("the copy can be read"));
        }
        digest.finalize().into()
    }

    /// A life that goes on from here, as often as it is wanted. Within a runtime whose time is paused.
    pub(crate) fn goes_on(&self) -> Life {
        let clock = Clock::virtual_from(self.at);
        let read = clock.clone();
        let seam = Seam::new();
        let folder = memory_folder();
        let store = store_in(self.folder.path());
        if store.exists() {
            std::fs::copy(store, store_in(folder.path())).expect("the store can be copied");
        }
        Life {
            account: self.account.copied(SimClock::new(move || read.now())),
            settings: self.settings.clone(),
            slack: self.slack.copied(&clock, &seam),
            clock,
            seam,
            guard: self.guard.copied(),
            mutant: self.mutant,
            skew: Cell::new(self.skew),
            folder,
            table: Cell::new(self.table),
            table_seam: Seam::new(),
            machine: None,
        }
    }
}
