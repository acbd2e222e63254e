//! How daemons come, watch and die beside environments that are moved, for so many days; and then a calm
//! in which everything that nothing stands against must come to the newest image.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sim::Timing;

use super::super::cast::Players;
use super::super::chance::Chance;
use super::super::life::{Lived, Watched};
use super::super::one_daemon::{HOUR, draw_end, manner};
use super::super::weather::Weather;
use super::estate::Estate;
use super::hands::Hands;
use super::judge;
use super::luck::Luck;
use super::terms::Terms;
use crate::common::life::{Life, settings};
use crate::common::mutant::Mutant;
use crate::common::seam::Arm;
use crate::common::watching::{Ended, Watching};
use crate::common::world::{self, RECIPE};
use amiwatch::service::desk::approval::PersonsWord;

/// Hours of calm before and after the last release: longer than every limit of a move.
const CALM_HOURS: u32 = 24;

/// How often people order what is behind.
const ORDERS: u32 = 8;

/// One life under way.
pub(crate) struct FleetLiving {
    pub(crate) life: Life,
    pub(crate) watched: Watched,
    pub(crate) chance: RefCell<Chance>,
    pub(crate) luck: RefCell<Luck>,
    pub(crate) terms: RefCell<Terms>,
    /// The daemon rolls out by itself.
    pub(crate) rolls: bool,
    weather: RefCell<Weather>,
    hour: Cell<u64>,
    pub(crate) store_lost: Cell<bool>,
    /// The terms, and since when.
    pub(crate) terms_log: RefCell<Vec<(DateTime<Utc>, Terms)>>,
    /// Images that people approved, and when.
    pub(crate) approvals: RefCell<Vec<(String, DateTime<Utc>)>>,
    /// What fails stayed as it was for a while, for a person to look at.
    pub(crate) may_stop: Cell<bool>,
    /// Stretches in which a daemon watched and the weather was fine.
    pub(crate) fair: RefCell<Vec<(DateTime<Utc>, DateTime<Utc>)>>,
    pub(crate) lived: RefCell<Lived>,
}

/// Lives one life; panics with what was broken.
pub(crate) async fn live_fleet(seed: u64, days: u64) -> Lived {
    live_fleet_with(None, seed, days).await
}

/// The same with a deliberate bug.
pub(crate) async fn live_fleet_with(mutant: Option<Mutant>, seed: u64, days: u64) -> Lived {
    let mut living = FleetLiving::begin(mutant, seed);
    while living.hour.get() < days * 24 {
        Box::pin(living.incarnation(days * 24)).await;
        Box::pin(living.between()).await;
    }
    Box::pin(living.calm()).await;
    living.judged().await
}

/// How long updates and health take in this life.
fn timing(chance: &mut Chance) -> Timing {
    Timing {
        update_stage: chance.seconds(5, 240),
        health: chance.seconds(10, 180),
        events_late: chance.seconds(0, 60),
        updates_seen: chance.seconds(0, 20),
        ..world::brisk()
    }
}

impl FleetLiving {
    fn begin(mutant: Option<Mutant>, seed: u64) -> Self {
        let mut chance = Chance::of(seed);
        let rolls = !chance.once_in(3);
        let terms = Terms::draw(rolls, &mut chance);
        let mut life = Life::empty(&terms.config());
        life.mutant = mutant;
        let cast = Players::new();
        life.account.set_guest(cast.clone());
        let usual = timing(&mut chance);
        life.account.set_timing(usual.clone());
        let estate = Estate::fill(&life.account, &mut chance);
        let luck = Luck::of(chance.seed(), &life.account, estate);
        Self {
            watched: Watched {
                account: life.account.clone(),
                cast,
            },
            weather: RefCell::new(Weather::over_moves(chance.seed(), usual)),
            luck: RefCell::new(luck),
            terms: RefCell::new(terms),
            rolls,
            chance: RefCell::new(chance),
            life,
            hour: Cell::new(0),
            store_lost: Cell::new(false),
            terms_log: RefCell::default(),
            approvals: RefCell::default(),
            may_stop: Cell::new(false),
            fair: RefCell::default(),
            lived: RefCell::default(),
        }
    }

    /// One daemon: hour after hour, until it is killed or stopped, or the time is over.
    async fn incarnation(&mut self, end: u64) {
        let (arm, hours) = draw_end(&mut self.chance.borrow_mut(), 3_000, 96);
        let leave_at = self.hour.get() + hours;
        self.wears();
        self.life.seam.arm_quietly(arm);
        let this = &*self;
        let until = end.min(leave_at);
        let ended = this
            .life
            .daemon_to_its_end(manner(), async |watching| {
                this.watches(watching, until).await
            })
            .await;
        self.life.seam.arm_quietly(Arm::Nowhere);
        let mut lived = self.lived.borrow_mut();
        lived.daemons += 1;
        match &ended {
            Ended::Killed => lived.kills += 1,
            Ended::Told((), Ok(())) => {}
            other => panic!("at {}: a daemon ended so: {other:?}", self.now()),
        }
    }

    /// The hours of one daemon.
    async fn watches(&self, watching: &Watching<'_>, until: u64) {
        let hands = Hands::come(self, watching);
        let mut passes = 0;
        while self.hour.get() < until {
            let hour = self.hour.get();
            self.hour.set(hour + 1);
            self.weather.borrow_mut().hour(hour, &self.watched);
            self.luck.borrow_mut().hour();
            Box::pin(hands.an_hour()).await;
            let since = self.now();
            self.life.wait(HOUR).await;
            if self.weather.borrow().is_fine() && !self.life.seam.refuses() {
                self.fair.borrow_mut().push((since, self.now()));
            }
            let now = watching.passes();
            self.lived.borrow_mut().passes += now - passes;
            passes = now;
        }
    }

    /// What happens while no daemon runs.
    async fn between(&mut self) {
        let (dead, edits, loses) = {
            let mut chance = self.chance.borrow_mut();
            let dead = chance.one_of(&[0, 5, 60, 600, 3 * 3600]);
            (
                Duration::from_secs(dead),
                chance.once_in(4),
                chance.once_in(100),
            )
        };
        if edits {
            let terms = Terms::draw(self.rolls, &mut self.chance.borrow_mut());
            *self.terms.borrow_mut() = terms;
        }
        if loses {
            self.life.lose_the_store();
            self.store_lost.set(true);
        }
        self.life.skew.set(TimeDelta::zero());
        self.life.wait(dead).await;
        self.hour.set(self.hour.get() + dead.as_secs() / 3600);
    }

    /// The next process reads the config as it is now.
    fn wears(&mut self) {
        self.notes_terms();
        self.life.settings = settings(&self.terms.borrow().config(), RECIPE);
    }

    /// What is in use from now on; it may excuse something.
    pub(crate) fn notes_terms(&self) {
        let terms = *self.terms.borrow();
        self.terms_log.borrow_mut().push((self.now(), terms));
        if self.terms.borrow().on_failure == "stop" {
            self.may_stop.set(true);
        }
    }

    /// The sun comes out, what is broken is mended, a last and good release appears, and people order what
    /// is still behind.
    async fn calm(&mut self) {
        self.life.skew.set(TimeDelta::zero());
        *self.terms.borrow_mut() = Terms::usual(self.rolls);
        self.wears();
        self.weather.borrow_mut().clear(&self.watched);
        self.luck.borrow_mut().settle();
        let this = &*self;
        let ended = this
            .life
            .daemon_to_its_end(manner(), async |watching| {
                let hands = Hands::come(this, watching);
                hands.unholds().await;
                // What was begun before ends before.
                this.life.wait(HOUR * CALM_HOURS).await;
                this.luck.borrow_mut().settle();
                this.luck.borrow_mut().release(true);
                // Whatever was to befall one at its next update befalls it now: it is ordered again.
                for _ in 0..ORDERS {
                    this.life.wait(3 * HOUR).await;
                    this.luck.borrow_mut().mend();
                    hands.answers(PersonsWord::Approve).await;
                    hands.orders_all().await;
                }
                this.life.wait(HOUR * CALM_HOURS).await;
                this.lived.borrow_mut().passes += watching.passes();
                hands.finds_nothing_open().await;
            })
            .await;
        assert!(matches!(ended, Ended::Told((), Ok(()))), "{ended:?}");
    }

    /// The end: every promise is checked.
    async fn judged(&self) -> Lived {
        judge::judge_fleet(self).await;
        Lived {
            images: self.watched.account.own_images().len() as u64,
            calls: self.watched.account.counters().calls,
            ..self.lived.take()
        }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.life.clock.now()
    }
}
