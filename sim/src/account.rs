//! An account: one state behind one lock, entered by calls, guests and tests alike.
//!
//! Each entry first applies the events that are due. It must not do IO and holds the lock only for
//! the length of one call, never while a guest is booted.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};

use crate::clock::{SimClock, delta};
use crate::door::{self, Answer};
use crate::events::{self, Event};
use crate::guest::{Boot, Guest, Machine, SilentGuest};
use crate::ledger::{Counters, Entry};
use crate::realm::Realm;
use crate::state::State;

/// A simulated account, mostly the only one of its world. Clones share one state; accounts of one world
/// share time and guests.
#[derive(Clone)]
pub struct Account {
    pub(crate) realm: Arc<Realm>,
    pub(crate) id: Arc<str>,
    pub(crate) state: Arc<Mutex<State>>,
}

/// A boot that an event caused; handed to the guest outside the lock.
pub(crate) struct PendingBoot {
    pub(crate) boot: Boot,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Account({}, {:?})", self.id, self.realm.clock)
    }
}

impl Account {
    /// The first account of a world of its own, empty, on this clock. Regions open on first use, each with a
    /// default VPC of three subnets and common instance types.
    pub fn new(clock: SimClock) -> Self {
        let (realm, state) = Realm::new(clock, Arc::new(SilentGuest));
        Self {
            realm: Arc::new(realm),
            id: crate::ACCOUNT_ID.into(),
            state,
        }
    }

    /// Who plays inside instances that boot from now on.
    pub fn set_guest(&self, guest: impl Guest + 'static) {
        *self
            .realm
            .guest
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Arc::new(guest);
    }

    /// The account's time.
    pub fn now(&self) -> DateTime<Utc> {
        self.realm.clock.now() + delta(self.realm.ahead_of_clock())
    }

    /// Moves this world ahead of its clock, and applies what became due.
    pub fn advance(&self, by: Duration) {
        *self
            .realm
            .ahead
            .lock()
            .unwrap_or_else(PoisonError::into_inner) += by;
        self.tick();
    }

    /// Answers one request, whole: no IO, no waiting. What is left to do (sleep, stay silent, break
    /// the connection) is in the answer. Whichever account of the world is asked, the credentials decide in
    /// which the call lands.
    pub fn handle(&self, request: &http::Request<Bytes>) -> Answer {
        self.addressed(request).answer(request)
    }

    fn answer(&self, request: &http::Request<Bytes>) -> Answer {
        self.tick();
        let now = self.now();
        let (answer, imaged) = {
            let mut state = self.lock();
            state.core.now = now;
            let answer = door::answer(&mut state, request);
            (answer, std::mem::take(&mut state.core.imaged))
        };
        for (instance, image) in imaged {
            self.guest().imaged(&instance, &image);
        }
        self.tick();
        answer
    }

    /// Applies every event that is due, in every account of the world. Calls do this by themselves; a server
    /// also does it from time to time, so that guests boot while nobody calls.
    pub fn tick(&self) {
        let everyone = self.everyone();
        everyone.iter().for_each(Self::tick_alone);
        everyone.iter().for_each(Self::carry_over);
    }

    fn tick_alone(&self) {
        let now = self.now();
        while let Some((at, boot)) = self.next_boot(now) {
            let machine = Machine::new(self.clone(), &boot, at);
            self.guest().boot(boot, machine.clone());
            machine.boot_returned();
        }
    }

    /// When the next event is due; none when nothing will happen by itself.
    pub fn next_due(&self) -> Option<DateTime<Utc>> {
        let everyone = self.everyone();
        let due = everyone.iter().map(|one| one.lock().core.next_due());
        due.flatten().min()
    }

    fn next_boot(&self, now: DateTime<Utc>) -> Option<(DateTime<Utc>, Boot)> {
        let mut state = self.lock();
        while let Some((at, event)) = state.core.due(now) {
            state.core.now = at;
            state.stirred = true;
            if let Some(pending) = events::apply(&mut state, event) {
                return Some((at, pending.boot));
            }
        }
        None
    }

    fn guest(&self) -> Arc<dyn Guest> {
        self.realm
            .guest
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state at this moment, with everything due applied.
    pub(crate) fn fresh(&self) -> MutexGuard<'_, State> {
        self.tick();
        let now = self.now();
        let mut state = self.lock();
        state.core.now = now;
        state
    }

    pub(crate) fn schedule_event(&self, at: DateTime<Utc>, event: Event) {
        self.lock().core.schedule(at, event);
    }

    pub(crate) fn boot_is_current(&self, region: &str, instance_id: &str, boot: u32) -> bool {
        let state = self.lock();
        let here = state.regions.get(region);
        here.is_some_and(|region| region.ec2.boot_is_current(instance_id, boot))
    }
}

/// The record.
impl Account {
    /// Every call since the start (or the last clearing), in order.
    pub fn ledger(&self) -> Vec<Entry> {
        self.lock().ledger.entries.clone()
    }

    /// Forgets the calls so far. The count in flight stays.
    pub fn clear_ledger(&self) {
        let mut state = self.lock();
        state.ledger.entries.clear();
        state.ledger.total = 0;
        state.ledger.max_in_flight = state.ledger.in_flight;
    }

    /// Keeps at least the last `n` calls only (0: none): for runs of millions of calls.
    pub fn keep_ledger(&self, n: Option<usize>) {
        self.lock().ledger.keep = n;
    }

    /// Totals.
    pub fn counters(&self) -> Counters {
        self.lock().ledger.counters()
    }

    /// A door reports a call that it holds open, until the guard is dropped.
    pub fn begin_call(&self) -> InFlight {
        self.lock().ledger.begin();
        InFlight(self.clone())
    }
}

/// One call held open by a door.
#[derive(Debug)]
pub struct InFlight(Account);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.lock().ledger.end();
    }
}

/// One region of an account: world-building verbs as methods.
#[derive(Clone, Debug)]
pub struct At {
    pub(crate) account: Account,
    pub(crate) region: String,
}
