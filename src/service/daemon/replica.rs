//! One of the daemons that share a store: leads whenever it can, stands by otherwise, until it is told to stop.
//!
//! A standby is hot: its config is read, its pages are served, its way to AWS stands. It asks for the driver's place
//! every second, says now and then that it is there, and does nothing else. A leader that loses its lease drops what
//! it has under way at once, all of it, and stands by like everybody; the next leader takes every step that was
//! started for one that may have been sent. A store that nobody shares has no standbys: a second daemon is refused.

use std::rc::Rc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::host::{Condition, Host, LiveConfig, SettingsInUse, Signal};
use super::lanes::Ground;
use super::{Rhythm, run_daemon};
use crate::clock::Clock;
use crate::service::Outside;
use crate::service::desk::opening::{NoPlace, leave_lease, me};
use crate::service::telemetry::source_chain;
use crate::service::vitals::{Role, Vitals};
use crate::store::replicas::{self, Leading, StandingBy};
use crate::store::{DRIVER, Lease, LeaseTaken, Store, StoreError};

/// How often a standby says that it is there.
const SAY_EVERY: Duration = Duration::from_secs(60);
/// How long saying so may take: nobody waits for it.
const SAY_MAX: Duration = Duration::from_secs(2);
/// How soon a store is asked again that did not answer.
const ASK_AGAIN: Duration = Duration::from_secs(2);

/// What a replica works with, whether it leads or not.
pub struct Replica<'a, H> {
    pub store: &'a dyn Store,
    pub clock: &'a Clock,
    pub outside: &'a Outside,
    pub in_use: &'a SettingsInUse,
    pub host: &'a H,
    pub vitals: &'a Vitals,
    /// Whether others may have the store as well; else it leads or is refused.
    pub shared: bool,
    /// How others know the store.
    pub place: String,
}

/// What standing by came to.
enum Stood {
    Leads(Lease),
    Stopped,
}

impl<H: Host> Replica<'_, H> {
    /// Leads and stands by in turn, until it is told to stop.
    ///
    /// # Errors
    /// When the store cannot be opened at the start, when it fails while this process leads, and when another
    /// process has a store that nobody shares.
    pub async fn run(&self, mut live: LiveConfig, rhythm: Rhythm) -> Result<(), NoPlace> {
        if self.shared {
            // Until it knows better.
            let steady = self.clock.steady();
            self.vitals
                .change(|pulse| pulse.turns_to(Role::Standby, steady));
        }
        let mut first = true;
        loop {
            let lease = match self.stand_by(&mut live, first).await? {
                Stood::Leads(lease) => lease,
                Stood::Stopped => return Ok(()),
            };
            first = false;
            match self.lead(lease, live.clone(), rhythm).await {
                Err(StoreError::LeaseLost) if self.shared => {
                    tracing::warn!("this process does not lead any more; it stands by");
                    let steady = self.clock.steady();
                    self.vitals
                        .change(|pulse| pulse.turns_to(Role::Standby, steady));
                    self.take_up(&mut live).await;
                }
                ended => {
                    leave_lease(self.store, lease).await;
                    return Ok(ended?);
                }
            }
        }
    }

    /// Drives the store for as long as it has the lease. Losing it drops whatever is under way.
    async fn lead(&self, lease: Lease, live: LiveConfig, rhythm: Rhythm) -> Result<(), StoreError> {
        let (now, steady) = (self.clock.now(), self.clock.steady());
        self.vitals
            .change(|pulse| pulse.turns_to(Role::Leader, steady));
        let leading = Leading {
            who: me(),
            since: now,
        };
        let ground = Ground {
            store: self.store,
            clock: self.clock,
            lease,
            outside: self.outside,
            in_use: self.in_use,
        };
        let work = async {
            match replicas::say_leading(self.store, lease.epoch, &leading).await {
                Err(error) if error.must_stop() => return Err(error),
                Err(error) => {
                    tracing::warn!(why = source_chain(&error), "nobody was told who leads")
                }
                Ok(()) => {}
            }
            run_daemon(ground, live, self.host, self.vitals, rhythm).await
        };
        tokio::select! {
            biased;
            () = self.store.lost(DRIVER, lease) => Err(StoreError::LeaseLost),
            ended = work => ended,
        }
    }

    async fn stand_by(&self, live: &mut LiveConfig, first: bool) -> Result<Stood, NoPlace> {
        let since = self.clock.now();
        let (mut said, mut failing) = (None, None);
        let mut asked = 0_u64;
        loop {
            let me = me();
            // Asking may take long where the network does not answer; whoever stops it does not wait for that.
            let taken = tokio::select! {
                biased;
                stops = self.heard(live) => match stops {
                    true => return self.stopped(said.is_some()).await,
                    false => continue,
                },
                taken = self.store.take(DRIVER, &me) => taken,
            };
            let wait = match taken {
                Ok(LeaseTaken::Mine(lease)) => {
                    self.leave_bench(said.is_some()).await;
                    return Ok(Stood::Leads(lease));
                }
                Ok(LeaseTaken::Other { .. }) if !self.shared => {
                    let place = self.place.clone();
                    return Err(NoPlace::Taken { place });
                }
                Ok(LeaseTaken::Other { again_in }) => {
                    failing = None;
                    again_in
                }
                Err(error) if !self.shared || (first && asked == 0) => return Err(error.into()),
                Err(error) => {
                    self.complain(&mut failing, &error);
                    ASK_AGAIN
                }
            };
            if asked == 0 {
                self.begins_to_stand_by();
            }
            asked += 1;
            if failing.is_none() {
                self.say_so(&mut said, since).await;
            }
            if self.host.alive_every().is_some() {
                self.host.tell(&Condition::Alive);
            }
            tokio::select! {
                biased;
                stops = self.heard(live) => if stops {
                    return self.stopped(said.is_some()).await;
                },
                () = self.clock.sleep(wait) => {}
            }
        }
    }

    /// Waits for a signal and does what it says; whether it says to stop.
    async fn heard(&self, live: &mut LiveConfig) -> bool {
        match self.host.signal().await {
            Signal::Stop => true,
            Signal::Reload => {
                self.host.tell(&Condition::Reloading);
                self.take_up(live).await;
                self.host.tell(&Condition::Ready);
                false
            }
        }
    }

    async fn stopped(&self, said: bool) -> Result<Stood, NoPlace> {
        self.host.tell(&Condition::Stopping);
        self.leave_bench(said).await;
        Ok(Stood::Stopped)
    }

    fn begins_to_stand_by(&self) {
        let steady = self.clock.steady();
        self.vitals
            .change(|pulse| pulse.turns_to(Role::Standby, steady));
        self.host.tell(&Condition::Ready);
        self.host.tell(&Condition::Status(
            "standby: another process leads".to_owned(),
        ));
        tracing::info!(
            store = self.place,
            "another process leads; this one stands by"
        );
    }

    /// Once for each cause: a store that cannot be asked is asked for hours.
    fn complain(&self, failing: &mut Option<String>, error: &StoreError) {
        let why = source_chain(error);
        if failing.as_ref() != Some(&why) {
            tracing::error!(
                why,
                "this process cannot lead: the store does not answer it"
            );
            self.host
                .tell(&Condition::Status(format!("cannot lead: {why}")));
            *failing = Some(why);
        }
    }

    /// Says now and then that this process is there; nobody waits for it.
    async fn say_so(&self, said: &mut Option<Duration>, since: DateTime<Utc>) {
        let steady = self.clock.steady();
        if said.is_some_and(|said| steady.saturating_sub(said) < SAY_EVERY) {
            return;
        }
        *said = Some(steady);
        let (who, at) = (me(), self.clock.now());
        let standing = StandingBy { who, since, at };
        let saying = replicas::say_standing_by(self.store, &standing);
        if !matches!(self.clock.timeout(SAY_MAX, saying).await, Ok(Ok(()))) {
            tracing::debug!("nobody was told who stands by");
        }
    }

    async fn leave_bench(&self, said: bool) {
        if !said {
            return;
        }
        let me = me();
        let going = replicas::say_gone(self.store, &me);
        if !matches!(self.clock.timeout(SAY_MAX, going).await, Ok(Ok(()))) {
            tracing::debug!("this process is shown as a standby for a while");
        }
    }

    /// The config as it is now, in the lines of the way to AWS that there is; a bad one changes nothing.
    async fn take_up(&self, live: &mut LiveConfig) {
        match self.host.load().await {
            Ok(new) if new.settings.store == live.settings.store => {
                live.connection = new.connection.in_lines_of(&live.connection);
                live.settings = Rc::clone(&new.settings);
                self.in_use.replace(&live.settings);
            }
            Ok(_) => {
                tracing::error!("[store] url differs: restart this process to use another store")
            }
            Err(why) => tracing::error!(why, "the new config is not used; the old one still is"),
        }
    }
}
