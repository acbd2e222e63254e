//! What a world holds at a moment, in words: two copies of one world that say the same go on alike.
//!
//! It leaves out what tells no two worlds apart that go on: numbers of requests, who called last and when, calls that
//! only read, and of the others how they were worded. Whatever else a call may have changed (ids, buckets, faults,
//! looks) is in it. Guests are what a story sets, and no call: they and what their agents do are not compared.

use std::fmt::Write as _;

use crate::account::Account;
use crate::ledger::Entry;
use crate::roles;
use crate::state::State;

/// How operations begin that change nothing.
const READS: [&str; 4] = ["Describe", "Get", "List", "Query"];

impl Account {
    /// What every account of the world holds, as it stands: events that are due and were not yet applied are among
    /// those to come. No form to be read, only to be compared with another copy's.
    pub fn standing(&self) -> String {
        let words = format!("{:?} ", self.realm.ahead_of_clock());
        let everyone = self.everyone().into_iter();
        everyone.fold(words, |mut words, one| {
            let _ = write!(words, "{}: ", one.id());
            one.lock().stand(&mut words);
            words
        })
    }
}

impl State {
    fn stand(&self, words: &mut String) {
        let Self {
            core,
            regions,
            ledger,
            retirements,
            faults,
            throttle,
            iam,
            organizations,
            roles: shared,
            stirred,
        } = self;
        core.stand(words);
        let roles = roles::book(shared);
        let changes: Vec<_> = ledger.entries.iter().filter_map(changed).collect();
        let _ = write!(
            words,
            "{regions:?} {changes:?} {retirements:?} {faults:?} {throttle:?} {iam:?} {organizations:?} {roles:?} \
             {stirred}",
        );
    }
}

/// Of a call that did more than read: what and when. What it did stands elsewhere.
fn changed(entry: &Entry) -> Option<impl std::fmt::Debug> {
    let reads = READS.iter().any(|read| entry.operation.starts_with(read));
    let Entry {
        at,
        region,
        caller,
        service,
        operation,
        outcome,
        took_effect,
        ..
    } = entry;
    (!reads).then_some((at, region, caller, service, operation, outcome, took_effect))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::{Account, Branch, HandClock, Release, SimClock};

    fn world() -> (HandClock, Account) {
        let (clock, hand) = SimClock::fixed_handle("2026-11-02T08:00:00Z".parse().unwrap());
        let account = Account::new(clock);
        account
            .at("eu-west-1")
            .branch(Branch::new("Docker"))
            .unwrap();
        (hand, account)
    }

    #[test]
    fn a_copy_stands_as_it_does() {
        let (_, account) = world();
        let copy = account.copied(account.realm.clock.clone());
        assert_eq!(account.standing(), copy.standing());
    }

    #[test]
    fn what_was_made_tells_two_worlds_apart() {
        let (_, account) = world();
        let copy = account.copied(account.realm.clock.clone());
        account
            .at("eu-west-1")
            .release(Release::new("Docker", "4.5.0"))
            .unwrap();
        assert_ne!(account.standing(), copy.standing());
    }

    #[test]
    fn time_alone_tells_nothing_apart() {
        let (hand, account) = world();
        let before = account.standing();
        hand.advance(Duration::from_secs(1));
        assert_eq!(account.standing(), before);
    }
}
