//! What befalls AWS and the table in a life of several daemons: one sort of call that fails for some minutes, and now
//! and then a table that throttles, fails or is slow. Releases come out of it too.

use chrono::{DateTime, TimeDelta, Utc};
use sim::{Account, FaultKind, FaultRule, When};

use super::super::chance::Chance;
use super::super::weather::calls_of_moves;
use crate::common::world::{REGION, release};

/// What a leader's and a standby's writes are.
const WRITES: &str = "dynamodb:TransactWriteItems";

/// What is over the account now.
pub(crate) struct Sky {
    chance: Chance,
    releases: u32,
    /// Until when something is wrong; absent in fine weather.
    until: Option<DateTime<Utc>>,
}

/// What changed in this minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Nothing,
    /// Something is wrong with the table.
    Table,
    /// Nothing is wrong any more.
    Clear,
}

impl Sky {
    pub(crate) fn of(seed: u64) -> Self {
        Self {
            chance: Chance::of(seed),
            releases: 0,
            until: None,
        }
    }

    /// One minute passes.
    pub(crate) fn minute(&mut self, account: &Account) -> Change {
        let now = account.now();
        if self.chance.once_in(90) {
            self.release(account);
        }
        match self.until {
            Some(until) if now < until => Change::Nothing,
            Some(_) => self.clears(account),
            None => match self.chance.below(60) {
                0..=3 => self.squall(account, now),
                4..=5 => self.table(account, now),
                _ => Change::Nothing,
            },
        }
    }

    /// Nothing is wrong any more.
    pub(crate) fn clears(&mut self, account: &Account) -> Change {
        self.until = None;
        account.clear_faults();
        Change::Clear
    }

    /// A version comes out.
    pub(crate) fn release(&mut self, account: &Account) {
        self.releases += 1;
        let version = format!("5.{}.0", self.releases);
        account.at(REGION).release(release(&version)).unwrap();
    }

    fn squall(&mut self, account: &Account, now: DateTime<Utc>) -> Change {
        let kind = self.chance.one_of(&[
            FaultKind::Throttle,
            FaultKind::Http5xx,
            FaultKind::TimeoutBeforeEffect,
            FaultKind::TimeoutAfterEffect,
            FaultKind::DropAfterEffect,
            FaultKind::ErrorAfterEffect,
            FaultKind::Slow { seconds: 8.0 },
        ]);
        let call = self.chance.one_of(calls_of_moves());
        self.strikes(account, FaultRule::new(kind).on(&call));
        let minutes = i64::try_from(1 + self.chance.below(15)).unwrap();
        self.until = Some(now + TimeDelta::minutes(minutes));
        Change::Nothing
    }

    /// Not an answer that is lost: the ledger would not tell whether the conditions had held.
    fn table(&mut self, account: &Account, now: DateTime<Utc>) -> Change {
        let kind = self.chance.one_of(&[
            FaultKind::Throttle,
            FaultKind::Http5xx,
            FaultKind::TimeoutBeforeEffect,
            FaultKind::Slow { seconds: 4.0 },
        ]);
        self.strikes(account, FaultRule::new(kind).on(WRITES));
        self.until = Some(now + TimeDelta::minutes(1));
        Change::Table
    }

    fn strikes(&mut self, account: &Account, rule: FaultRule) {
        let (p, seed) = (self.chance.one_of(&[0.05, 0.2, 0.6]), self.chance.seed());
        account.fault(rule.when(When::Chance { p, seed }));
    }
}
