//! Who leads, as the account's ledger tells it while it happens: who took the lease, who changed something without
//! having it, how soon somebody followed. Knows what befell which machine, and nothing of what the daemons do.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use sim::{Account, Entry};

use crate::common::life::ACCOUNT_KEY;
use crate::common::life_store::TABLE_KEY;

/// So long after it was frozen or cut off a leader may at most still act: its last renewal was sent before that.
const TRUSTED: TimeDelta = TimeDelta::seconds(10);
/// Whoever asks the table after a bad time may still wait for this long before it asks again.
const RECOVERS: TimeDelta = TimeDelta::seconds(20);

/// How a leader's time ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum End {
    Killed,
    Stopped,
    Frozen,
    CutOff,
}

impl End {
    /// Within what time somebody else leads.
    fn within(self) -> TimeDelta {
        match self {
            Self::Stopped => TimeDelta::seconds(2),
            Self::Killed | Self::Frozen | Self::CutOff => TimeDelta::seconds(30),
        }
    }
}

/// The leader is gone, or cannot lead.
#[derive(Debug, Clone, Copy)]
struct Vacancy {
    end: End,
    since: DateTime<Utc>,
    was: usize,
}

/// One machine as the others have to reckon with it.
#[derive(Debug, Clone, Default)]
struct Place {
    /// Its process runs, and reaches the table.
    there: bool,
    /// Since when it has asked the table without anything in between.
    asks_since: Option<DateTime<Utc>>,
    /// Its process has had the lease, and nobody since.
    has: bool,
    /// From when on its lease is over, whoever has it.
    fenced_from: Option<DateTime<Utc>>,
}

/// Who leads, and how it came to that.
#[derive(Debug, Default)]
pub(crate) struct Leads {
    places: Vec<Place>,
    /// Whose epoch stands in the table.
    leader: Option<usize>,
    vacancy: Option<Vacancy>,
    tokens: BTreeSet<String>,
    /// Since when nothing is wrong with the table itself; absent while something is.
    table_since: Option<DateTime<Utc>>,
    /// How soon somebody followed who could have done so all the while.
    pub(crate) followed: Vec<(End, TimeDelta)>,
    /// How often the lease was taken.
    pub(crate) taken: u64,
    /// What was asked of AWS, the table left out.
    pub(crate) asked: Vec<Entry>,
    pub(crate) calls: u64,
}

impl Leads {
    pub(crate) fn of(machines: usize, now: DateTime<Utc>) -> Self {
        Self {
            places: vec![Place::default(); machines],
            table_since: Some(now),
            ..Self::default()
        }
    }

    pub(crate) fn leader(&self) -> Option<usize> {
        self.leader.filter(|_| self.vacancy.is_none())
    }

    /// A process begins there, which has nothing yet.
    pub(crate) fn begins(&mut self, nth: usize) {
        self.places[nth] = Place {
            there: true,
            ..Place::default()
        };
    }

    /// It is gone, or it stands still, or the table is out of its reach. Who was told to stop ends by itself. `led`:
    /// it had a renewal until now that was fresh.
    pub(crate) fn is_away(&mut self, nth: usize, end: End, led: bool, now: DateTime<Utc>) {
        // Who was told to stop and has not done so yet may still be frozen on the way.
        let still = |one: Vacancy| one.was == nth && one.end == End::Stopped;
        let begins = match self.vacancy {
            Some(one) => still(one) && self.places[nth].has,
            None => led && self.leader == Some(nth),
        };
        if begins {
            let (since, was) = (now, nth);
            self.vacancy = Some(Vacancy { end, since, was });
        }
        let place = &mut self.places[nth];
        (place.there, place.asks_since) = (false, None);
        match end {
            End::Killed => place.has = false,
            End::Stopped => {}
            End::Frozen | End::CutOff => {
                let over = now + TRUSTED;
                place.fenced_from = Some(place.fenced_from.map_or(over, |from| from.min(over)));
            }
        }
    }

    /// It goes on, or reaches the table again.
    pub(crate) fn is_back(&mut self, nth: usize, now: DateTime<Utc>) {
        let place = &mut self.places[nth];
        place.there = true;
        match place.fenced_from {
            Some(from) if now < from => place.fenced_from = None,
            Some(_) => place.has = false,
            None => {}
        }
        if place.has && self.vacancy.is_some_and(|one| one.was == nth) {
            self.vacancy = None;
        }
    }

    /// Something is wrong with the table from now on, or nothing any more.
    pub(crate) fn table_is_well(&mut self, well: bool, now: DateTime<Utc>) {
        self.table_since = well.then_some(now);
    }

    pub(crate) fn table_since(&self) -> Option<DateTime<Utc>> {
        self.table_since
    }

    /// Reads what was asked since it was last read. Panics where somebody changed something who may not.
    pub(crate) fn read(&mut self, account: &Account) {
        let entries = account.ledger();
        account.clear_ledger();
        for entry in entries {
            self.calls += 1;
            if entry.service == "dynamodb" {
                self.reads_of_table(&entry);
            } else {
                self.reads_of_aws(&entry);
                self.asked.push(entry);
            }
        }
    }

    fn reads_of_table(&mut self, entry: &Entry) {
        let Some(nth) = machine(entry, TABLE_KEY) else {
            return;
        };
        let place = &mut self.places[nth];
        if place.there {
            place.asks_since.get_or_insert(entry.at);
        }
        let done = entry.operation == "TransactWriteItems" && entry.took_effect;
        if !done || entry.outcome == "TransactionCanceledException" {
            return;
        }
        let token = entry.params.get("ClientRequestToken").cloned();
        if !self.tokens.insert(token.unwrap_or_default()) {
            return;
        }
        match lease_write(entry) {
            Some(LeaseWrite::Taken) => self.is_taken(nth, entry.at),
            Some(LeaseWrite::GivenBack) => self.places[nth].has = false,
            None if is_leaders(entry) => assert_eq!(
                self.leader,
                Some(nth),
                "at {}: machine {nth} wrote as a leader, past the fence of another: {entry:#?}",
                entry.at
            ),
            None => {}
        }
    }

    fn is_taken(&mut self, nth: usize, at: DateTime<Utc>) {
        if let Some(vacancy) = self.vacancy.take()
            && vacancy.was != nth
            && self.could_follow(nth, vacancy)
        {
            self.followed.push((vacancy.end, at - vacancy.since));
        }
        for place in &mut self.places {
            place.has = false;
        }
        self.leader = Some(nth);
        self.taken += 1;
        let place = &mut self.places[nth];
        (place.has, place.fenced_from) = (true, None);
    }

    /// Nothing is changed by a process that has not the lease, or has it no more.
    fn reads_of_aws(&self, entry: &Entry) {
        let Some(nth) = machine(entry, ACCOUNT_KEY).filter(|_| is_change(entry)) else {
            return;
        };
        let place = &self.places[nth];
        let may = place.has && place.fenced_from.is_none_or(|from| entry.at < from);
        assert!(
            may,
            "at {}: machine {nth} changes something past its fence ({place:?}, leader {:?}): {entry:#?}",
            entry.at, self.leader
        );
    }

    /// Panics when nobody has followed who could have.
    pub(crate) fn somebody_follows(&self, now: DateTime<Utc>) {
        let Some(vacancy) = self.vacancy else { return };
        if now - vacancy.since <= vacancy.end.within() {
            return;
        }
        let could = (0..self.places.len())
            .find(|nth| *nth != vacancy.was && self.could_follow(*nth, vacancy));
        assert_eq!(
            could, None,
            "at {now}: nobody has followed since {vacancy:?}: {self:?}"
        );
    }

    /// It stood by before, the table was well, and nothing has come between.
    fn could_follow(&self, nth: usize, vacancy: Vacancy) -> bool {
        let before = |since: Option<DateTime<Utc>>, by| {
            since.is_some_and(|since| since + by <= vacancy.since)
        };
        before(self.places[nth].asks_since, TimeDelta::zero()) && before(self.table_since, RECOVERS)
    }
}

/// Which machine sent it.
fn machine(entry: &Entry, key: &str) -> Option<usize> {
    entry.key.strip_prefix(key)?.parse().ok()
}

/// Something was sent that changes what is there, whatever came of it.
fn is_change(entry: &Entry) -> bool {
    !["Describe", "Get", "List", "Validate"]
        .iter()
        .any(|verb| entry.operation.starts_with(verb))
}

enum LeaseWrite {
    Taken,
    GivenBack,
}

/// What it writes into the lease's own row, if it does.
fn lease_write(entry: &Entry) -> Option<LeaseWrite> {
    let puts = |name: &str, value: &str| {
        let mut pairs = entry.params.iter();
        pairs.any(|(key, is)| key.contains(".Put.Item.") && key.ends_with(name) && is == value)
    };
    if !puts(".pk.S", "lease/driver") || !puts(".sk.S", "epoch") {
        return None;
    }
    let names = |key: &String| key.contains(".Put.Item.holder");
    Some(match entry.params.keys().any(names) {
        true => LeaseWrite::Taken,
        false => LeaseWrite::GivenBack,
    })
}

/// Of the table's rows, those that a leader alone writes.
fn is_leaders(entry: &Entry) -> bool {
    entry.params.iter().any(|(name, value)| {
        value.starts_with("journal/")
            || (name.contains("ConditionCheck") && value == "lease/driver")
    })
}
