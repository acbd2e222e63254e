//! The account: one state behind one lock, entered by calls, guests and tests alike.
//!
//! Each entry first applies the events that are due. It must not do IO and holds the lock only for
//! the length of one call, never while a guest is booted.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::clock::{SimClock, delta};
use crate::door::{self, Answer};
use crate::events::{self, Event};
use crate::fault::FaultRule;
use crate::guest::{Boot, Guest, Machine, SilentGuest};
use crate::ledger::{Counters, Entry};
use crate::state::State;
use crate::throttle::Throttling;
use crate::world::{Action, Keeping, Launches, Moves, Step, Timing, World, WorldError};

/// A simulated account. Clones share one state.
#[derive(Clone)]
pub struct Account(Arc<Inner>);

struct Inner {
    clock: SimClock,
    /// Time that `advance` added to the clock.
    ahead: Mutex<Duration>,
    state: Mutex<State>,
    guest: RwLock<Arc<dyn Guest>>,
}

/// A boot that an event caused; handed to the guest outside the lock.
pub(crate) struct PendingBoot {
    pub(crate) boot: Boot,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Account({:?})", self.0.clock)
    }
}

impl Account {
    /// An empty account on this clock. Regions open on first use, each with a default VPC of three
    /// subnets and common instance types.
    pub fn new(clock: SimClock) -> Self {
        let state = Mutex::new(State::new(clock.now()));
        let guest: Arc<dyn Guest> = Arc::new(SilentGuest);
        let ahead = Mutex::new(Duration::ZERO);
        Self(Arc::new(Inner {
            clock,
            ahead,
            state,
            guest: RwLock::new(guest),
        }))
    }

    /// Who plays inside instances that boot from now on.
    pub fn set_guest(&self, guest: impl Guest + 'static) {
        *self.0.guest.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(guest);
    }

    /// The account's time.
    pub fn now(&self) -> DateTime<Utc> {
        self.0.clock.now() + delta(*self.0.ahead.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Moves this account ahead of its clock, and applies what became due.
    pub fn advance(&self, by: Duration) {
        *self.0.ahead.lock().unwrap_or_else(PoisonError::into_inner) += by;
        self.tick();
    }

    /// Answers one request, whole: no IO, no waiting. What is left to do (sleep, stay silent, break
    /// the connection) is in the answer.
    pub fn handle(&self, request: &http::Request<Bytes>) -> Answer {
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

    /// Applies every event that is due. Calls do this by themselves; a server also does it from
    /// time to time, so that guests boot while nobody calls.
    pub fn tick(&self) {
        let now = self.now();
        while let Some((at, boot)) = self.next_boot(now) {
            let machine = Machine::new(self.clone(), &boot, at);
            self.guest().boot(boot, machine.clone());
            machine.boot_returned();
        }
    }

    /// When the next event is due; none when nothing will happen by itself.
    pub fn next_due(&self) -> Option<DateTime<Utc>> {
        self.lock().core.next_due()
    }

    fn next_boot(&self, now: DateTime<Utc>) -> Option<(DateTime<Utc>, Boot)> {
        let mut state = self.lock();
        while let Some((at, event)) = state.core.due(now) {
            state.core.now = at;
            if let Some(pending) = events::apply(&mut state, event) {
                return Some((at, pending.boot));
            }
        }
        None
    }

    fn guest(&self) -> Arc<dyn Guest> {
        self.0
            .guest
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
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

/// Building the world and moving it.
impl Account {
    /// Loads a world: settings first, then its steps in order; steps with a time are scheduled.
    ///
    /// # Errors
    /// At the first step that does not fit; the steps before it stay.
    pub fn load(&self, world: World) -> Result<(), WorldError> {
        self.set_timing(world.timing);
        self.set_throttling(world.throttling);
        self.set_moves(world.moves);
        self.set_keeping(world.keeping);
        self.set_launches(world.launches);
        world.deny.iter().for_each(|action| self.deny(action));
        world.faults.into_iter().for_each(|rule| self.fault(rule));
        world
            .steps
            .into_iter()
            .try_for_each(|step| self.step(step).map(drop))
    }

    /// Carries out one step, or schedules it when it has a time. Returns the id, ARN or name of
    /// what was made; nothing for a scheduled step.
    ///
    /// # Errors
    /// When the step names something that is not there, or contradicts what is.
    pub fn step(&self, step: Step) -> Result<Option<String>, WorldError> {
        let later = step
            .after_s
            .and_then(|s| Duration::try_from_secs_f64(s).ok());
        let at = step.at.or(later.map(|by| self.now() + delta(by)));
        match at {
            Some(at) => {
                self.schedule(&step.region, at, step.action);
                Ok(None)
            }
            None => self.perform(&step.region, step.action).map(Some),
        }
    }

    /// Carries out an action now. Returns the id, ARN or name of what was made or changed.
    ///
    /// # Errors
    /// When it names something that is not there, or contradicts what is.
    pub fn perform(&self, region: &str, action: Action) -> Result<String, WorldError> {
        crate::actions::perform(&mut self.fresh(), region, action)
    }

    /// Carries out an action at a time.
    pub fn schedule(&self, region: &str, at: DateTime<Utc>, action: Action) {
        let event = Event::Scripted {
            region: region.to_owned(),
            action: Box::new(action),
        };
        self.schedule_event(at, event);
    }

    /// The verbs of [`Action`] as methods, for one region.
    pub fn at(&self, region: &str) -> At {
        At {
            account: self.clone(),
            region: region.to_owned(),
        }
    }

    /// How long things take from now on.
    pub fn set_timing(&self, timing: Timing) {
        self.lock().core.timing = timing;
    }

    /// Token buckets from now on, all full.
    pub fn set_throttling(&self, throttling: Throttling) {
        self.lock().throttle.set(throttling);
    }

    /// How environment updates behave from now on where AWS documents nothing.
    pub fn set_moves(&self, moves: Moves) {
        self.lock().core.moves = moves;
    }

    /// How the account behaves from now on where AWS documents nothing of keeping images.
    pub fn set_keeping(&self, keeping: Keeping) {
        self.lock().core.keeping = keeping;
    }

    /// How what environments launch from looks from now on where AWS documents nothing.
    pub fn set_launches(&self, launches: Launches) {
        self.lock().core.launches = launches;
    }

    /// Adds a fault rule.
    pub fn fault(&self, rule: FaultRule) {
        self.lock().faults.add(rule);
    }

    /// Forgets all fault rules.
    pub fn clear_faults(&self) {
        self.lock().faults.clear();
    }

    /// Denies an action (`ec2:RunInstances`, `elasticbeanstalk:*`).
    pub fn deny(&self, action: &str) {
        self.lock().iam.deny(action);
    }

    /// Takes a denial back, named as it was set.
    pub fn allow(&self, action: &str) {
        self.lock().iam.allow_again(action);
    }

    /// A role of this account that can be assumed, by whoever knows the external id where one is
    /// asked for; returns its ARN.
    pub fn role(&self, name: &str, external_id: Option<&str>) -> String {
        let arn = format!("arn:aws:iam::{}:role/{name}", crate::ACCOUNT_ID);
        let mut state = self.lock();
        state
            .roles
            .insert(arn.clone(), external_id.map(str::to_owned));
        arn
    }

    /// Only what this IAM policy allows to sessions of a role, by its ARN; none: everything. Resources and
    /// conditions are looked at for Elastic Beanstalk's calls, and for what an update does on its caller's
    /// behalf; for the other services' calls any resource will do.
    ///
    /// # Errors
    /// When a statement lacks a part, or has one that is not simulated.
    pub fn set_role_policy(&self, role: &str, policy: Option<&Value>) -> Result<(), WorldError> {
        self.lock()
            .iam
            .set_role_policy(role, policy)
            .map_err(WorldError::Contradiction)
    }

    /// Only what this IAM policy's actions allow; none: everything. Resources and conditions are
    /// not looked at.
    ///
    /// # Errors
    /// When it has no statements, or one without Effect or Action.
    pub fn set_policy(&self, policy: Option<&Value>) -> Result<(), WorldError> {
        self.lock()
            .iam
            .set_policy(policy)
            .map_err(WorldError::Contradiction)
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
