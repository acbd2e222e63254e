//! How processes come, work hourly, and die, for so many days; and then a calm in which everything must
//! come right.

use std::cell::{Cell, RefCell};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use amiwatch::service::Service;
use amiwatch::service::pass::pass;
use amiwatch::store::{Lease, left};
use amiwatch::workflow::observer::Unobserved;
use chrono::{DateTime, TimeDelta, Utc};
use sim::{Account, Boot, Guest, Machine};

use super::chance::Chance;
use super::judge;
use super::people::{self, Wanted};
use super::weather::Weather;
use crate::common::guest::{Day, play};
use crate::common::life::{Life, settings};
use crate::common::mutant::Mutant;
use crate::common::seam::Arm;
use amiwatch::cli::demo::machine::Told;

const HOUR: Duration = Duration::from_secs(3600);
/// Hours of calm at the end: longer than the longest pause after a failure.
const CALM_HOURS: u64 = 60;

/// What is watched from outside.
pub(crate) struct Watched {
    pub(crate) account: Account,
    pub(crate) cast: Players,
    /// How often a stranger ended a guest.
    pub(crate) meddled: Cell<u32>,
}

/// Guests whose days change, and who remember which day each had.
#[derive(Clone)]
pub(crate) struct Players(Arc<Mutex<Played>>);

struct Played {
    builder: Day,
    boot_test: Day,
    boots: Vec<Booted>,
}

/// One boot, and whether its guest had a day on which a report may pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Booted {
    pub(crate) instance: String,
    pub(crate) image: String,
    pub(crate) role: String,
    pub(crate) good: bool,
}

impl Players {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(Played {
            builder: Day::Quick,
            boot_test: Day::Quick,
            boots: Vec::new(),
        })))
    }

    pub(crate) fn set(&self, builder: Day, boot_test: Day) {
        let mut played = self.0.lock().unwrap();
        (played.builder, played.boot_test) = (builder, boot_test);
    }

    pub(crate) fn boots(&self) -> Vec<Booted> {
        self.0.lock().unwrap().boots.clone()
    }
}

impl Guest for Players {
    fn boot(&self, boot: Boot, machine: Machine) {
        let told = Told::read(&boot.user_data).expect("only amiwatch launches guests here");
        let day = {
            let mut played = self.0.lock().unwrap();
            let day = match told.role.as_str() {
                "builder" => played.builder,
                _ => played.boot_test,
            };
            played.boots.push(Booted {
                instance: boot.instance_id.clone(),
                image: boot.image_id.clone(),
                role: told.role.clone(),
                good: matches!(day, Day::Quick | Day::Good | Day::QuickRedundant),
            });
            day
        };
        play(day, &told, boot, machine);
    }
}

/// What one life was like.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Lived {
    pub(crate) passes: u64,
    pub(crate) kills: u64,
    pub(crate) images: u64,
    pub(crate) calls: u64,
}

/// One life under way.
pub(crate) struct Living {
    pub(crate) life: Life,
    pub(crate) watched: Watched,
    chance: RefCell<Chance>,
    weather: RefCell<Weather>,
    hour: Cell<u64>,
    passes: Cell<u64>,
    kills: Cell<u64>,
    /// Strays that were swept although no store was lost.
    pub(crate) strays: RefCell<Vec<String>>,
    pub(crate) store_lost: Cell<bool>,
    wanted: RefCell<Wanted>,
}

/// Lives one life; panics with what was broken.
pub(crate) async fn live(seed: u64, days: u64) -> Lived {
    live_with(None, seed, days).await
}

/// The same with a deliberate bug.
pub(crate) async fn live_with(mutant: Option<Mutant>, seed: u64, days: u64) -> Lived {
    let mut living = Living::begin(mutant, seed);
    while living.hour.get() < days * 24 {
        living.incarnation(days * 24).await;
        living.between().await;
    }
    living.calm().await;
    judge::judge(&living).await;
    Lived {
        passes: living.passes.get(),
        kills: living.kills.get(),
        images: living.life.verified().len() as u64,
        calls: living.watched.account.counters().calls,
    }
}

impl Living {
    fn begin(mutant: Option<Mutant>, seed: u64) -> Self {
        let mut life = Life::brisk();
        life.mutant = mutant;
        let cast = Players::new();
        life.account.set_guest(cast.clone());
        let mut chance = Chance::of(seed);
        Self {
            watched: Watched {
                account: life.account.clone(),
                cast,
                meddled: Cell::new(0),
            },
            weather: RefCell::new(Weather::of(chance.seed())),
            chance: RefCell::new(chance),
            life,
            hour: Cell::new(0),
            passes: Cell::new(0),
            kills: Cell::new(0),
            strays: RefCell::default(),
            store_lost: Cell::new(false),
            wanted: RefCell::new(Wanted::usual()),
        }
    }

    /// One process: hour after hour, until it is killed, restarted, or the time is over.
    async fn incarnation(&self, end: u64) {
        let (arm, leave_at) = {
            let mut chance = self.chance.borrow_mut();
            let at = usize::try_from(1 + chance.below(1_500)).unwrap();
            let arm = match chance.below(10) {
                0..=5 => Arm::StopAt(at),
                6 => Arm::HangAt(at),
                7 => Arm::RefuseFrom(at),
                _ => Arm::Nowhere,
            };
            (arm, self.hour.get() + 1 + chance.below(72))
        };
        self.life.seam.arm_quietly(arm);
        let ended = self
            .life
            .process(async |service, lease| {
                while self.hour.get() < end.min(leave_at) {
                    self.an_hour(&service, lease).await;
                }
            })
            .await;
        self.life.seam.arm_quietly(Arm::Nowhere);
        if ended.is_err() {
            self.kills.set(self.kills.get() + 1);
        }
    }

    async fn an_hour(&self, service: &Service<'_>, lease: Lease) {
        let hour = self.hour.get();
        self.hour.set(hour + 1);
        self.weather.borrow_mut().hour(hour, &self.watched);
        let next = self.life.clock.now() + TimeDelta::hours(1);
        // A pass that the store refuses is over; the next one goes on.
        let _in_the_account = Box::pin(pass(service, lease, &|_| Box::new(Unobserved))).await;
        self.passes.set(self.passes.get() + 1);
        if hour % 24 == 7 {
            self.sweep(service, lease).await;
        }
        self.people(service, lease).await;
        let now = self.life.clock.now();
        // A pass that took hours swallowed the ticks between.
        if now < next {
            self.life.clock.sleep_until(next).await;
        } else {
            let late = u64::try_from((now - next).num_hours()).unwrap();
            self.hour.set(self.hour.get() + late);
        }
    }

    async fn sweep(&self, service: &Service<'_>, lease: Lease) {
        let known = left::left(service.store, None).await;
        let excused = self.store_lost.get() || known.is_ok_and(|left| !left.is_empty());
        let found = Box::pin(people::sweeps(service, lease)).await;
        if !excused {
            self.strays.borrow_mut().extend(found);
        }
    }

    async fn people(&self, service: &Service<'_>, lease: Lease) {
        let draw = self.chance.borrow_mut().below(400);
        match draw {
            0..=3 => Box::pin(people::forces_a_bake(service, lease)).await,
            4..=6 => self.sweep(service, lease).await,
            7..=8 => people::meddle(&self.watched, &self.life.stranger()).await,
            _ => {}
        }
    }

    /// What happens while no process runs.
    async fn between(&mut self) {
        let (dead, edits, loses, jump) = {
            let mut chance = self.chance.borrow_mut();
            let dead = chance.one_of(&[0, 5, 60, 600, 3 * 3600]);
            let jump =
                chance.one_of(&[0, 0, 0, 1, -1]) * i64::try_from(chance.below(7_200)).unwrap();
            (
                Duration::from_secs(dead),
                chance.once_in(4),
                chance.once_in(150),
                jump,
            )
        };
        if edits {
            let wanted = self.wanted.borrow().edited(&mut self.chance.borrow_mut());
            self.wears(wanted);
        }
        if loses {
            self.life.lose_the_store();
            self.store_lost.set(true);
        }
        self.life.skew.set(TimeDelta::seconds(jump));
        self.life.wait(dead).await;
        self.hour.set(self.hour.get() + dead.as_secs() / 3600);
    }

    fn wears(&mut self, wanted: Wanted) {
        self.life.settings = settings(&wanted.config, &wanted.recipe);
        *self.wanted.borrow_mut() = wanted;
    }

    /// The sun comes out, a last release appears, and whatever is owed is paid.
    async fn calm(&mut self) {
        self.life.skew.set(TimeDelta::zero());
        let wanted = Wanted {
            config: Wanted::usual().config,
            ..self.wanted.borrow().clone()
        };
        self.wears(wanted);
        self.weather.borrow_mut().clear(&self.watched);
        self.weather.borrow_mut().release(&self.watched);
        let this = &*self;
        let through = this.life.process(async |service, lease| {
            for hour in 0..CALM_HOURS {
                let passed = Box::pin(pass(&service, lease, &|_| Box::new(Unobserved))).await;
                assert!(passed.is_ok(), "a pass in calm weather failed");
                if hour % 24 == 7 {
                    this.sweep(&service, lease).await;
                }
                this.life.clock.sleep(HOUR).await;
            }
        });
        through.await.expect("nothing is armed");
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.life.clock.now()
    }

    pub(crate) fn recipe(&self) -> String {
        self.wanted.borrow().recipe.clone()
    }
}
