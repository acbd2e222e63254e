//! How daemons come, watch and die, for so many days; and then a calm in which everything must come
//! right. What happens to the account is `weather`'s, what people do `people`'s.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use amiwatch::store::StoreError;
use chrono::{DateTime, TimeDelta, Utc};
use sim::Account;

use super::cast::Players;
use super::chance::Chance;
use super::judge;
use super::one_daemon::{HOUR, draw_end, manner};
use super::owning;
use super::people::{self, Here};
use super::wanted::{Beside, Wanted};
use super::weather::Weather;
use crate::common::guest::Day;
use crate::common::life::{Life, settings};
use crate::common::mutant::Mutant;
use crate::common::seam::Arm;
use crate::common::watching::{Ended, Watching};

/// Hours of calm at the end: longer than the longest pause after a failure.
const CALM_HOURS: u64 = 60;

/// What is watched from outside.
pub(crate) struct Watched {
    pub(crate) account: Account,
    pub(crate) cast: Players,
}

/// What one life was like.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Lived {
    pub(crate) passes: u64,
    pub(crate) daemons: u64,
    pub(crate) kills: u64,
    pub(crate) images: u64,
    pub(crate) calls: u64,
    /// What people did.
    pub(crate) acts: u64,
    /// Things that a sweep found and nothing claimed.
    pub(crate) strays: u64,
    /// Images that were disabled or removed.
    pub(crate) retired: u64,
    /// Machines that were frozen, of several that share a table.
    pub(crate) frozen: u64,
    /// How often the lease was taken there, and how often by one who could have taken it all the while since the last
    /// leader was gone: how long that took at most, where the leader did not stop cleanly, and where it did.
    pub(crate) leads: u64,
    pub(crate) followed: u64,
    pub(crate) slowest_ms: u64,
    pub(crate) slowest_clean_ms: u64,
    /// The bytes of the store at the end: of its file, and of what is in it.
    pub(crate) store_file: u64,
    pub(crate) store_holds: u64,
}

/// One life under way.
pub(crate) struct Living {
    pub(crate) life: Life,
    pub(crate) watched: Watched,
    pub(crate) chance: RefCell<Chance>,
    pub(crate) wanted: RefCell<Wanted>,
    weather: RefCell<Weather>,
    hour: Cell<u64>,
    /// What may excuse strays: a store was lost, or a bake's undoing was given up and told.
    pub(crate) store_lost: Cell<bool>,
    pub(crate) given_up: Cell<bool>,
    /// Another machine took the driver's place from the present daemon.
    pub(crate) usurped: Cell<bool>,
    /// Images are published in this life, and people use older ones.
    pub(crate) beside: Beside,
    /// Instances that people launched from images of ours.
    pub(crate) by_hand: RefCell<Vec<String>>,
    pub(crate) lived: RefCell<Lived>,
}

/// Lives one life; panics with what was broken.
pub(crate) async fn live(seed: u64, days: u64) -> Lived {
    live_with(None, seed, days).await
}

/// The same with a deliberate bug.
pub(crate) async fn live_with(mutant: Option<Mutant>, seed: u64, days: u64) -> Lived {
    live_beside(mutant, Beside::default(), seed, days).await
}

/// The same, where images are published, older ones retired, and people use them.
pub(crate) async fn live_owning(seed: u64, days: u64) -> Lived {
    live_owning_with(None, seed, days).await
}

/// The same with a deliberate bug.
pub(crate) async fn live_owning_with(mutant: Option<Mutant>, seed: u64, days: u64) -> Lived {
    let owns = Beside {
        owns: true,
        retires: true,
        ..Beside::default()
    };
    live_beside(mutant, owns, seed, days).await
}

/// The same with whatever else its configs say.
pub(crate) async fn live_beside(
    mutant: Option<Mutant>,
    beside: Beside,
    seed: u64,
    days: u64,
) -> Lived {
    let mut living = Living::begin(mutant, beside, seed);
    while living.hour.get() < days * 24 {
        Box::pin(living.incarnation(days * 24)).await;
        Box::pin(living.between()).await;
    }
    Box::pin(living.calm()).await;
    living.judged().await
}

/// Lives a life in which nothing happens but a release every ten days or so: one daemon, whose passes
/// find mostly nothing.
pub(crate) async fn live_quietly(beside: Beside, seed: u64, days: u64) -> Lived {
    let mut living = Living::begin(None, beside, seed);
    living.wears();
    let this = &living;
    let ended = this
        .life
        .daemon_to_its_end(manner(), async |watching| {
            for _ in 0..days * 24 {
                if this.chance.borrow_mut().once_in(10 * 24) {
                    this.weather.borrow_mut().release(&this.watched);
                }
                this.life.wait(HOUR).await;
            }
            this.lived.borrow_mut().passes += watching.passes();
        })
        .await;
    living.ended(&ended);
    Box::pin(living.calm()).await;
    living.judged().await
}

impl Living {
    fn begin(mutant: Option<Mutant>, beside: Beside, seed: u64) -> Self {
        let mut life = Life::brisk();
        life.mutant = mutant;
        let cast = Players::new();
        life.account.set_guest(cast.clone());
        let mut chance = Chance::of(seed);
        Self {
            watched: Watched {
                account: life.account.clone(),
                cast,
            },
            weather: RefCell::new(Weather::over(beside.owns, chance.seed())),
            chance: RefCell::new(chance),
            life,
            wanted: RefCell::new(Wanted::usual(beside)),
            hour: Cell::new(0),
            store_lost: Cell::new(false),
            given_up: Cell::new(false),
            usurped: Cell::new(false),
            beside,
            by_hand: RefCell::default(),
            lived: RefCell::default(),
        }
    }

    /// One daemon: hour after hour, until it is killed, replaced or stopped, or the time is over.
    async fn incarnation(&mut self, end: u64) {
        let (arm, hours) = draw_end(&mut self.chance.borrow_mut(), 1_500, 72);
        let leave_at = self.hour.get() + hours;
        self.usurped.set(false);
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
        self.ended(&ended);
    }

    fn ended(&self, ended: &Ended<()>) {
        let mut lived = self.lived.borrow_mut();
        lived.daemons += 1;
        match ended {
            Ended::Killed => lived.kills += 1,
            Ended::Told((), Ok(())) => {}
            Ended::Told((), Err(StoreError::LeaseLost))
            | Ended::Itself(Err(StoreError::LeaseLost))
                if self.usurped.get() => {}
            other => panic!("at {}: a daemon ended so: {other:?}", self.now()),
        }
    }

    /// The hours of one daemon.
    async fn watches(&self, watching: &Watching<'_>, until: u64) {
        let here = Here::come(self, watching);
        let mut passes = 0;
        while self.hour.get() < until {
            let hour = self.hour.get();
            self.hour.set(hour + 1);
            self.weather.borrow_mut().hour(hour, &self.watched);
            Box::pin(people::an_hour(&here)).await;
            if self.beside.owns {
                Box::pin(owning::hands::an_hour(self)).await;
            }
            self.life.wait(HOUR).await;
            if self.beside.owns {
                owning::judge::the_parameter_names_what_can_be_launched(self);
            }
            let now = watching.passes();
            self.lived.borrow_mut().passes += now - passes;
            passes = now;
        }
    }

    /// What happens while no daemon runs.
    async fn between(&mut self) {
        let (dead, edits, loses, tidies) = {
            let mut chance = self.chance.borrow_mut();
            let dead = chance.one_of(&[0, 5, 60, 600, 3 * 3600]);
            (
                Duration::from_secs(dead),
                chance.once_in(4),
                chance.once_in(150),
                chance.once_in(10),
            )
        };
        if edits {
            let wanted = self.wanted.borrow().edited(&mut self.chance.borrow_mut());
            *self.wanted.borrow_mut() = wanted;
        }
        if loses {
            self.life.lose_the_store();
            self.store_lost.set(true);
        }
        self.life.skew.set(people::skew(self));
        if tidies {
            Box::pin(people::sweeps_by_hand(self)).await;
        }
        self.life.wait(dead).await;
        self.hour.set(self.hour.get() + dead.as_secs() / 3600);
    }

    /// The next process reads the config and the recipe as they are now.
    fn wears(&mut self) {
        let Wanted { config, recipe, .. } = &*self.wanted.borrow();
        self.life.settings = settings(config, recipe);
    }

    /// The sun comes out, a last release appears, and whatever is owed is paid; after a morning on which
    /// its guests do not report, so that a base which counts as done too early is missed.
    async fn calm(&mut self) {
        self.life.skew.set(TimeDelta::zero());
        self.wanted.borrow_mut().config = Wanted::usual(self.beside).config;
        self.wears();
        self.weather.borrow_mut().clear(&self.watched);
        self.weather.borrow_mut().release(&self.watched);
        let this = &*self;
        let ended = this
            .life
            .daemon_to_its_end(manner(), async |watching| {
                let here = Here::come(this, watching);
                people::settle(&here).await;
                owning::hands::settle(this).await;
                this.watched.cast.set(Day::NoReport, Day::Quick);
                this.life.wait(HOUR).await;
                this.watched.cast.set(Day::Quick, Day::Quick);
                let rest = HOUR * u32::try_from(CALM_HOURS).unwrap();
                this.life.wait(rest).await;
                this.lived.borrow_mut().passes += watching.passes();
                people::finds_nothing_open(&here).await;
            })
            .await;
        assert!(matches!(ended, Ended::Told((), Ok(()))), "{ended:?}");
    }

    /// The end: every promise is checked.
    async fn judged(&self) -> Lived {
        judge::judge(self).await;
        if self.beside.owns {
            owning::judge::judge(self);
        }
        let (store_file, store_holds) = self.life.store_bytes();
        Lived {
            store_file,
            store_holds,
            retired: self.watched.account.retirements().len() as u64,
            images: self.life.verified().len() as u64,
            calls: self.watched.account.counters().calls,
            strays: judge::strays(&self.life).len() as u64,
            ..self.lived.take()
        }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.life.clock.now()
    }

    pub(crate) fn recipe(&self) -> String {
        self.wanted.borrow().recipe.clone()
    }
}
