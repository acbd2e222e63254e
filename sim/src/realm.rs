//! Several accounts of one world: which of them a request lands in, and what is everybody's.
//!
//! Every account has a state and a lock of its own, and no two are ever locked at once. What they see
//! of each other is carried over afterwards, by `sharing`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::call;
use crate::clock::SimClock;
use crate::fault::FaultRule;
use crate::guest::Guest;
use crate::roles::{self, SharedRoles};
use crate::state::{ACCOUNT_ID, State};
use crate::sts::{self, USER_KEY};
use crate::throttle::Throttling;
use crate::world::{Action, Release, Timing, WorldError};

/// Numbers of ids that an account has before the next one's begin.
const IDS_OF_EACH: u64 = 1_000_000_000;
/// The first account, and Amazon and the marketplace, which are no accounts here.
const TAKEN: u64 = 3;
const MOST: u64 = 9_999;

/// What the accounts of a world have in common.
pub(crate) struct Realm {
    pub(crate) clock: SimClock,
    /// Time that `advance` added to the clock.
    pub(crate) ahead: Mutex<Duration>,
    pub(crate) guest: RwLock<Arc<dyn Guest>>,
    pub(crate) roles: SharedRoles,
    accounts: RwLock<BTreeMap<String, Arc<Mutex<State>>>>,
}

/// Another account beside the first, as a world describes it. What it does not say is as in the first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccountSpec {
    /// Twelve digits, of which the first eight are zeros: one that AWS never gives.
    pub id: String,
    /// ARNs of organizations and units that it is in, for what is shared with them.
    pub organizations: Vec<String>,
    /// How long things take.
    pub timing: Option<Timing>,
    /// Token buckets.
    pub throttling: Option<Throttling>,
    /// Denied actions.
    pub deny: Vec<String>,
    /// Faults at its door.
    pub faults: Vec<FaultRule>,
}

impl AccountSpec {
    /// An account that is as the first one is.
    pub fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            ..Self::default()
        }
    }
}

impl Realm {
    pub(crate) fn new(clock: SimClock, guest: Arc<dyn Guest>) -> (Self, Arc<Mutex<State>>) {
        let roles = SharedRoles::default();
        let first = State::new(ACCOUNT_ID, 0, Arc::clone(&roles), clock.now());
        let first = Arc::new(Mutex::new(first));
        let accounts = BTreeMap::from([(ACCOUNT_ID.to_owned(), Arc::clone(&first))]);
        let realm = Self {
            clock,
            ahead: Mutex::new(Duration::ZERO),
            guest: RwLock::new(guest),
            roles,
            accounts: RwLock::new(accounts),
        };
        (realm, first)
    }

    /// The same accounts as they stand, on another clock. Calls that somebody waits for here nobody waits for there.
    fn copied(&self, clock: SimClock) -> Self {
        let ahead = self.ahead_of_clock();
        let guest = self.guest.read().unwrap_or_else(PoisonError::into_inner);
        let roles = Arc::new(Mutex::new(roles::book(&self.roles).clone()));
        let states = self.states().into_iter().map(|(id, state)| {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner).clone();
            state.roles = Arc::clone(&roles);
            state.ledger.in_flight = 0;
            (id, Arc::new(Mutex::new(state)))
        });
        let accounts = RwLock::new(states.collect());
        Self {
            clock,
            ahead: Mutex::new(ahead),
            guest: RwLock::new(Arc::clone(&guest)),
            roles,
            accounts,
        }
    }

    /// By how much time was moved forward.
    pub(crate) fn ahead_of_clock(&self) -> Duration {
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn states(&self) -> Vec<(String, Arc<Mutex<State>>)> {
        let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
        let all = accounts.iter();
        all.map(|(id, state)| (id.clone(), Arc::clone(state)))
            .collect()
    }

    fn state(&self, id: &str) -> Option<Arc<Mutex<State>>> {
        let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
        accounts.get(id).cloned()
    }
}

impl Account {
    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The access key of its one user.
    pub fn access_key(&self) -> String {
        format!("{USER_KEY}{}", self.id)
    }

    /// A copy of the whole world as it stands, which goes on by another clock and knows nothing of this one.
    /// What a guest has not handed over yet (it keeps its machine and speaks later) it says here alone.
    pub fn copied(&self, clock: SimClock) -> Self {
        let realm = Arc::new(self.realm.copied(clock));
        let state = realm
            .state(&self.id)
            .unwrap_or_else(|| Arc::clone(&self.state));
        Self {
            realm,
            id: Arc::clone(&self.id),
            state,
        }
    }

    /// Every account of the world, this one among them.
    pub fn everyone(&self) -> Vec<Self> {
        let states = self.realm.states().into_iter();
        states.map(|(id, state)| self.of(&id, state)).collect()
    }

    /// Another account of the same world, where it has been opened.
    pub fn other(&self, id: &str) -> Option<Self> {
        Some(self.of(id, self.realm.state(id)?))
    }

    fn of(&self, id: &str, state: Arc<Mutex<State>>) -> Self {
        Self {
            realm: Arc::clone(&self.realm),
            id: id.into(),
            state,
        }
    }

    /// Opens another account in the same world, or changes what is said of one; it begins empty. What AWS
    /// releases from then on it releases there too.
    ///
    /// # Errors
    /// When the id is not one of those that are free for this.
    pub fn open(&self, spec: AccountSpec) -> Result<Self, WorldError> {
        let number = number_of(&spec.id)?;
        let account = match self.other(&spec.id) {
            Some(account) => account,
            None => self.admit(&spec.id, number),
        };
        let mut state = account.lock();
        state.organizations.extend(spec.organizations);
        if let Some(timing) = spec.timing {
            state.core.timing = timing;
        }
        if let Some(throttling) = spec.throttling {
            state.throttle.set(throttling);
        }
        spec.deny.iter().for_each(|action| state.iam.deny(action));
        let faults = spec.faults.into_iter();
        faults.for_each(|rule| state.faults.add(rule));
        drop(state);
        Ok(account)
    }

    fn admit(&self, id: &str, number: u64) -> Self {
        let roles = Arc::clone(&self.realm.roles);
        let mut state = State::new(id, number * IDS_OF_EACH, roles, self.now());
        {
            let here = self.lock();
            state.core.timing = here.core.timing.clone();
            state.core.moves = here.core.moves.clone();
            state.core.keeping = here.core.keeping;
            state.core.launches = here.core.launches;
            state.throttle.set(here.throttle.rules.clone());
        }
        let state = Arc::new(Mutex::new(state));
        let accounts = &self.realm.accounts;
        let mut accounts = accounts.write().unwrap_or_else(PoisonError::into_inner);
        accounts.insert(id.to_owned(), Arc::clone(&state));
        drop(accounts);
        self.of(id, state)
    }

    /// The account whose credentials a request is signed with: a session's, a user's, or else the first.
    pub(crate) fn addressed(&self, request: &http::Request<Bytes>) -> Self {
        let key = call::signer(request).unwrap_or_default();
        let session = roles::session(&self.realm.roles, &key).map(|session| session.account);
        let user = sts::user_of(&key).map(str::to_owned);
        let id = session.or(user).unwrap_or_else(|| ACCOUNT_ID.to_owned());
        let there = self.other(&id).or_else(|| self.other(ACCOUNT_ID));
        there.unwrap_or_else(|| self.clone())
    }

    /// Where an action happens: what AWS does, everywhere. Ids that it would be given are given here, so that
    /// they are the same everywhere.
    pub(crate) fn places_of(&self, region: &str, action: &mut Action) -> Vec<Self> {
        let everyone = self.everyone();
        if everyone.len() == 1 || !self.is_of_aws(region, action) {
            return vec![self.clone()];
        }
        let mut state = self.lock();
        let ids: Vec<&mut String> = match action {
            Action::Release(Release { images, .. }) => images.values_mut().collect(),
            Action::Image(spec) => vec![&mut spec.id],
            _ => Vec::new(),
        };
        for id in ids.into_iter().filter(|id| id.is_empty()) {
            *id = state.core.id("ami");
        }
        drop(state);
        everyone
    }

    /// AWS's own doing, which is the same for all its customers.
    fn is_of_aws(&self, region: &str, action: &Action) -> bool {
        match action {
            Action::Branch(_)
            | Action::Release(_)
            | Action::Withdraw { .. }
            | Action::Lifecycle { .. } => true,
            Action::Image(spec) => matches!(
                spec.owner.as_str(),
                "amazon" | "aws-marketplace" | "marketplace"
            ),
            Action::ChangeImage { image_id, .. } => {
                let state = self.lock();
                let here = state.regions.get(region);
                let image = here.and_then(|here| here.ec2.images.get(image_id));
                image.is_some_and(|image| image.owner_alias.is_some())
            }
            Action::Parameter { name, .. } => name.starts_with("/aws/service/"),
            _ => false,
        }
    }
}

fn number_of(id: &str) -> Result<u64, WorldError> {
    let digits = id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit());
    let number = id.parse().ok().filter(|_| digits);
    number
        .filter(|number| (TAKEN..=MOST).contains(number))
        .ok_or_else(|| {
            WorldError::Contradiction(format!(
                "`{id}` is no account of a simulated world; take an id from 000000000003 to 000000009999"
            ))
        })
}
