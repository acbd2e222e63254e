//! One of the machines of a life, and the daemons that run on it one after the other. What befalls it is drawn
//! elsewhere, or comes at a point of its own work; here it happens, and those who reckon who leads are told.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::time::Duration;

use amiwatch::clock::Clock;
use amiwatch::service::daemon::Rhythm;
use amiwatch::service::vitals::{Role, Vitals};
use amiwatch::store::StoreError;
use chrono::TimeDelta;
use tokio::sync::Notify;

use super::super::chance::Chance;
use super::leads::End;
use super::life::SharedLiving;
use crate::common::ice::Ice;
use crate::common::kept::Keeper;
use crate::common::life::Life;
use crate::common::seam::{Arm, Seam};
use crate::common::watching::{Ended, Manner, Watching};

/// A leader whose renewal is older changes nothing any more.
const FRESH: Duration = Duration::from_secs(10);
/// So many points of its work a daemon may pass before something befalls it there.
const POINTS: u64 = 500;
/// And so many requests to the table, of which there is one in each second.
const REQUESTS: u64 = 1_500;
/// How long a machine is frozen, in seconds: shorter than a lease is trusted, just longer, and much longer.
const FREEZES: [u64; 8] = [3, 8, 12, 20, 60, 60, 180, 600];

/// How each daemon lives: what it looks after by itself it does seldom enough that the table's lease is most of what it
/// asks for.
pub(crate) fn manner() -> Manner {
    Manner {
        rhythm: Rhythm {
            requests: Duration::from_secs(60),
            notices: Duration::from_secs(300),
        },
        alive_every: None,
    }
}

/// One machine.
pub(crate) struct Machine {
    pub(crate) nth: usize,
    pub(crate) life: Life,
    ice: Ice,
    /// The daemon that runs on it now.
    runs: RefCell<Option<Runs>>,
    is_cut: Cell<bool>,
    stops: Notify,
    plug: Notify,
}

struct Runs {
    clock: Clock,
    vitals: Vitals,
}

impl Machine {
    /// One more in this life's account, and at its table.
    pub(crate) fn beside(life: &Life, nth: usize) -> Self {
        let ice = Ice::new();
        let mut own = Keeper::of(life).another_machine();
        own.seam = Seam::on(&ice, false);
        own.table_seam = Seam::on(&ice, true);
        (own.machine, own.mutant) = (Some(nth), life.mutant);
        Self {
            nth,
            life: own,
            ice,
            runs: RefCell::default(),
            is_cut: Cell::new(false),
            stops: Notify::new(),
            plug: Notify::new(),
        }
    }

    /// A daemon runs on it, and nothing is wrong with the machine.
    pub(crate) fn is_well(&self) -> bool {
        self.runs.borrow().is_some() && !self.ice.is_frozen() && !self.is_cut.get()
    }

    pub(crate) fn is_cut_off(&self) -> bool {
        self.is_cut.get()
    }

    /// It leads, by a renewal that holds.
    pub(crate) fn leads(&self) -> bool {
        let runs = self.runs.borrow();
        let pulse = runs.as_ref().map(|runs| runs.vitals.pulse());
        pulse.is_some_and(|pulse| {
            pulse.role == Role::Leader && pulse.renewal_age.is_some_and(|age| age < FRESH)
        })
    }

    /// One daemon after the other, until the life's bad time is over.
    pub(crate) async fn lives(&self, living: &SharedLiving) {
        while !living.is_over() {
            let dead = living.chance.borrow_mut().one_of(&[0, 1, 5, 20, 120, 400]);
            self.life.wait(Duration::from_secs(dead)).await;
            if living.is_over() {
                return;
            }
            self.arms(&mut living.chance.borrow_mut());
            let ended = Box::pin(self.one_daemon(living)).await;
            self.ended(living, &ended);
        }
    }

    /// What comes at a point of its own work, if anything does.
    fn arms(&self, chance: &mut Chance) {
        let point = |chance: &mut Chance, of| usize::try_from(1 + chance.below(of)).unwrap();
        let (mut work, mut table) = (Arm::Nowhere, Arm::Nowhere);
        match chance.below(20) {
            0..=4 => work = Arm::StopAt(point(chance, POINTS)),
            5..=9 => work = Arm::FreezeAt(point(chance, POINTS)),
            10..=11 => table = Arm::FreezeAt(point(chance, REQUESTS)),
            12 => work = Arm::HangAt(point(chance, POINTS)),
            13 => work = Arm::RefuseFrom(point(chance, POINTS)),
            _ => {}
        }
        self.life.seam.arm_quietly(work);
        self.life.table_seam.arm_quietly(table);
    }

    /// Nothing comes at points any more, and its daemon stops.
    pub(crate) fn ends(&self, living: &SharedLiving) {
        self.life.seam.arm_quietly(Arm::Nowhere);
        self.life.table_seam.arm_quietly(Arm::Nowhere);
        if self.runs.borrow().is_some() {
            self.is_stopped(living);
        }
    }

    async fn one_daemon(&self, living: &SharedLiving) -> Ended<()> {
        let daemon = self.life.replica(manner(), async |watching| {
            self.begins(living, watching);
            if !living.is_over() {
                self.stops.notified().await;
            }
        });
        tokio::select! {
            biased;
            () = self.plug.notified() => Ended::Killed,
            ended = self.ice.held(daemon) => ended,
            never = self.freezes(living) => match never {},
        }
    }

    fn begins(&self, living: &SharedLiving, watching: &Watching<'_>) {
        living.leads.borrow_mut().begins(self.nth);
        *self.runs.borrow_mut() = Some(Runs {
            clock: watching.clock.clone(),
            vitals: watching.vitals.clone(),
        });
    }

    fn ended(&self, living: &SharedLiving, ended: &Ended<()>) {
        living.away(self.nth, End::Killed);
        let mut lived = living.lived.borrow_mut();
        lived.daemons += 1;
        if let Some(runs) = self.runs.take() {
            lived.passes += runs.vitals.pulse().passes.values().sum::<u64>();
        }
        let no_table = living.table_is_unwell() || self.is_cut.get();
        match ended {
            Ended::Killed => lived.kills += 1,
            Ended::Told((), Ok(())) => {}
            // Who finds no table when it begins to work is started again.
            Ended::Itself(Err(StoreError::Failed { .. })) if no_table => {}
            other => panic!(
                "at {}: machine {}'s daemon ended so: {other:?}",
                living.now(),
                self.nth
            ),
        }
        // The next daemon finds nothing of all that.
        self.ice.melts();
        self.life.table_seam.cut(false);
        self.is_cut.set(false);
    }

    /// Whenever the machine is frozen it stays so for a while, and goes on.
    async fn freezes(&self, living: &SharedLiving) -> Infallible {
        loop {
            self.ice.until_frozen().await;
            let clock = self.runs.borrow().as_ref().map(|runs| runs.clock.clone());
            let Some(clock) = clock else {
                // Its daemon has not begun yet.
                self.ice.melts();
                continue;
            };
            clock.suspend(true);
            living.away(self.nth, End::Frozen);
            living.lived.borrow_mut().frozen += 1;
            let (long, loop_first) = {
                let mut chance = living.chance.borrow_mut();
                (chance.one_of(&FREEZES), chance.once_in(2))
            };
            for _ in 0..long {
                self.life.wait(Duration::from_secs(1)).await;
                if living.is_over() {
                    break;
                }
            }
            living.back(self.nth);
            self.ice.thaw(&clock, loop_first).await;
        }
    }

    /// Its plug is pulled.
    pub(crate) fn is_killed(&self, living: &SharedLiving) {
        living.away(self.nth, End::Killed);
        self.plug.notify_one();
    }

    /// SIGTERM.
    pub(crate) fn is_stopped(&self, living: &SharedLiving) {
        living.away(self.nth, End::Stopped);
        self.stops.notify_one();
    }

    /// SIGSTOP, or a hypervisor that does something else.
    pub(crate) fn is_frozen(&self) {
        self.ice.freeze();
    }

    /// It will be frozen within so many points of its work.
    pub(crate) fn is_frozen_at(&self, points: usize) {
        self.life.seam.arm_quietly(Arm::FreezeAt(points));
    }

    /// It will be frozen with one of its next transactions on its way to the table.
    pub(crate) fn is_frozen_writing(&self, nth: usize) {
        self.life.table_seam.arm_quietly(Arm::FreezeWriting(nth));
    }

    /// Nothing of it reaches the table any more, or everything does again.
    pub(crate) fn is_cut(&self, living: &SharedLiving, cut: bool) {
        if self.is_cut.replace(cut) == cut {
            return;
        }
        self.life.table_seam.cut(cut);
        match cut {
            true => living.away(self.nth, End::CutOff),
            false => living.back(self.nth),
        }
    }

    /// Its wall clock is off by this from now on.
    pub(crate) fn sets_its_clock(&self, off: TimeDelta) {
        let before = self.life.skew.replace(off);
        if let Some(runs) = &*self.runs.borrow() {
            runs.clock.step(off - before);
        }
    }
}
