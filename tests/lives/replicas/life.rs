//! How a life of several daemons goes on: a bad time in which everything befalls them, and then a calm in which one
//! more daemon, alone, has to bring everything right that they left.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use amiwatch::model::ids::WatchName;
use amiwatch::model::request::{Request, RequestedAct};
use amiwatch::store::requests;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::StreamExt as _;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::FuturesUnordered;

use super::super::cast::Players;
use super::super::chance::Chance;
use super::super::life::Lived;
use super::blows;
use super::judge;
use super::leads::{End, Leads};
use super::machine::{Machine, manner};
use super::sky::{Change, Sky};
use crate::common::life::Life;
use crate::common::mutant::Mutant;
use crate::common::town::{UNASKED, town};
use crate::common::watching::Ended;

/// How often it is looked who leads.
const LOOK: Duration = Duration::from_millis(500);
const MINUTE: Duration = Duration::from_secs(60);
/// The longest that the calm may take: longer than any pause after a failure that a new release does not end.
const CALM_MAX: u32 = 8 * 60;

/// One life under way.
pub(crate) struct SharedLiving {
    /// People's, and of whoever comes last.
    pub(crate) life: Life,
    pub(crate) machines: Vec<Machine>,
    pub(crate) cast: Players,
    pub(crate) chance: RefCell<Chance>,
    pub(crate) leads: RefCell<Leads>,
    sky: RefCell<Sky>,
    over: Cell<bool>,
    pub(crate) lived: RefCell<Lived>,
}

/// Lives one life of so many daemons; panics with what was broken.
pub(crate) async fn live_shared(replicas: usize, seed: u64, minutes: u64) -> Lived {
    live_shared_with(None, replicas, seed, minutes).await
}

/// The same with a deliberate bug.
pub(crate) async fn live_shared_with(
    mutant: Option<Mutant>,
    replicas: usize,
    seed: u64,
    minutes: u64,
) -> Lived {
    let living = SharedLiving::begin(mutant, replicas, seed).await;
    let mut all: FuturesUnordered<LocalBoxFuture<'_, ()>> = FuturesUnordered::new();
    all.push(Box::pin(living.bad_time(minutes)));
    for machine in &living.machines {
        all.push(Box::pin(machine.lives(&living)));
        all.push(Box::pin(blows::mends_cables(&living, machine)));
    }
    while let Some(()) = all.next().await {}
    drop(all);
    Box::pin(living.calm()).await;
    living.judged().await
}

impl SharedLiving {
    async fn begin(mutant: Option<Mutant>, replicas: usize, seed: u64) -> Self {
        let mut chance = Chance::of(seed);
        let mut life = town(UNASKED).in_table();
        life.mutant = mutant;
        let cast = Players::new();
        life.account.set_guest(cast.clone());
        life.makes_its_table().await;
        let machines = (0..replicas).map(|nth| Machine::beside(&life, nth));
        Self {
            machines: machines.collect(),
            leads: RefCell::new(Leads::of(replicas, life.clock.now())),
            sky: RefCell::new(Sky::of(chance.seed())),
            chance: RefCell::new(chance),
            cast,
            life,
            over: Cell::new(false),
            lived: RefCell::default(),
        }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.life.clock.now()
    }

    /// Nothing befalls anybody any more.
    pub(crate) fn is_over(&self) -> bool {
        self.over.get()
    }

    pub(crate) fn table_is_unwell(&self) -> bool {
        let since = self.leads.borrow().table_since();
        since.is_none_or(|since| self.now() - since < TimeDelta::minutes(2))
    }

    /// What was asked until now is read before somebody counts as away.
    pub(crate) fn away(&self, nth: usize, end: End) {
        let mut leads = self.leads.borrow_mut();
        leads.read(&self.life.account);
        leads.is_away(nth, end, self.machines[nth].leads(), self.now());
    }

    pub(crate) fn back(&self, nth: usize) {
        let mut leads = self.leads.borrow_mut();
        leads.read(&self.life.account);
        leads.is_back(nth, self.now());
    }

    async fn bad_time(&self, minutes: u64) {
        let until = self.now() + TimeDelta::minutes(i64::try_from(minutes).unwrap());
        let mut next_blow = self.now() + blows::pause(self);
        let mut next_minute = self.now();
        while self.now() < until {
            self.life.wait(LOOK).await;
            self.looks();
            if self.now() >= next_minute {
                next_minute += TimeDelta::minutes(1);
                self.minute().await;
            }
            if self.now() >= next_blow {
                next_blow = self.now() + blows::pause(self);
                blows::blow(self);
            }
        }
        self.over.set(true);
        self.machines.iter().for_each(|machine| machine.ends(self));
    }

    /// What must hold at any moment.
    fn looks(&self) {
        let mut leads = self.leads.borrow_mut();
        leads.read(&self.life.account);
        leads.somebody_follows(self.now());
        let leading = self.machines.iter().filter(|one| one.leads());
        let leading: Vec<usize> = leading.map(|one| one.nth).collect();
        assert!(
            leading.len() < 2,
            "at {}: two lead: {leading:?}",
            self.now()
        );
        judge::no_guest_is_doubled(self);
    }

    async fn minute(&self) {
        let changed = self.sky.borrow_mut().minute(&self.life.account);
        match changed {
            Change::Nothing => {}
            Change::Table => self.leads.borrow_mut().table_is_well(false, self.now()),
            Change::Clear => self.leads.borrow_mut().table_is_well(true, self.now()),
        }
        let asks = self.chance.borrow_mut().below(60);
        if asks < 2 {
            self.somebody_asks_for_a_bake(asks == 0).await;
        }
    }

    /// `amiwatch bake`, whose asker went away; the table may not take it.
    async fn somebody_asks_for_a_bake(&self, force: bool) {
        let watch = WatchName::from("shop");
        let ask = RequestedAct::Bake { watch, force };
        let request = Request::new(ask, "anna".to_owned(), self.now());
        let _left = requests::leave_request(&self.life.store(), &request).await;
        self.lived.borrow_mut().acts += 1;
    }

    /// The sun comes out, a last release appears, and one more daemon is alone with all of it.
    async fn calm(&self) {
        self.sky.borrow_mut().clears(&self.life.account);
        self.sky.borrow_mut().release(&self.life.account);
        let ended = self.life.replica(manner(), async |_| {
            for _ in 0..CALM_MAX {
                self.life.wait(MINUTE).await;
                self.leads.borrow_mut().read(&self.life.account);
                if judge::is_everything_right(self).await.is_ok() {
                    return;
                }
            }
        });
        let ended = Box::pin(ended).await;
        assert!(matches!(ended, Ended::Told((), Ok(()))), "{ended:?}");
        self.leads.borrow_mut().read(&self.life.account);
    }

    /// The end: every promise is checked.
    async fn judged(&self) -> Lived {
        judge::judge(self).await;
        let leads = self.leads.borrow();
        let slowest = |clean: bool| {
            let of = leads.followed.iter();
            let of = of.filter(|(end, _)| (*end == End::Stopped) == clean);
            let slowest = of.map(|(_, took)| took.num_milliseconds()).max();
            u64::try_from(slowest.unwrap_or_default()).unwrap()
        };
        Lived {
            images: self.life.verified().len() as u64,
            calls: leads.calls,
            leads: leads.taken,
            followed: leads.followed.len() as u64,
            slowest_ms: slowest(false),
            slowest_clean_ms: slowest(true),
            ..self.lived.take()
        }
    }
}
