//! The daemon in a life: its loop beside a story, under virtual time, in surroundings that the story
//! sets.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use amiwatch::clock::Clock;
use amiwatch::model::request::{Request, RequestAnswer, RequestedAct};
use amiwatch::service::daemon::{
    self, Condition, Ground, Host, LiveConfig, Rhythm, SettingsInUse, Signal,
};
use amiwatch::service::vitals::{Pulse, Vitals};
use amiwatch::store::requests::{self, StoredRequest};
use amiwatch::store::{Lease, Store as _, StoreError};
use chrono::TimeDelta;
use tokio::sync::Notify;

use super::life::{Life, settings};
use super::mutant::taken;
use super::world::RECIPE;

/// More than anything here takes; virtual time costs nothing.
const PATIENCE: Duration = Duration::from_secs(4 * 60 * 60);

/// Surroundings by script: signals, the config as it will be read, and what was told to whom.
pub(crate) struct Surroundings<'a> {
    life: &'a Life,
    clock: Clock,
    signals: RefCell<VecDeque<Signal>>,
    rung: Notify,
    /// The config, and the text of each recipe, as the next reload finds them; an error is what is
    /// wrong with them.
    config: RefCell<Result<(String, String), String>>,
    told: RefCell<Vec<Condition>>,
    alive_every: Option<Duration>,
}

impl Host for Surroundings<'_> {
    async fn signal(&self) -> Signal {
        loop {
            if let Some(signal) = self.signals.borrow_mut().pop_front() {
                return signal;
            }
            self.rung.notified().await;
        }
    }

    async fn load(&self) -> Result<LiveConfig, String> {
        let (config, recipe) = self.config.borrow().clone()?;
        Ok(LiveConfig {
            settings: Rc::new(taken(self.life.mutant, settings(&config, &recipe))),
            connection: self.life.connection(&self.clock),
        })
    }

    fn tell(&self, condition: &Condition) {
        self.told.borrow_mut().push(condition.clone());
    }

    fn alive_every(&self) -> Option<Duration> {
        self.alive_every
    }
}

/// What a story sees of the daemon and does to it.
pub(crate) struct Watching<'a> {
    pub(crate) life: &'a Life,
    /// The clock of the daemon's machine.
    pub(crate) clock: Clock,
    pub(super) surroundings: &'a Surroundings<'a>,
    pub(crate) vitals: Vitals,
}

impl Watching<'_> {
    pub(crate) fn pulse(&self) -> Pulse {
        self.vitals.pulse()
    }

    /// Passes that have ended so far, however they ended.
    pub(crate) fn passes(&self) -> u64 {
        self.pulse().passes.values().sum()
    }

    pub(crate) fn told(&self) -> Vec<Condition> {
        self.surroundings.told.borrow().clone()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        self.surroundings.signals.borrow_mut().push_back(signal);
        self.surroundings.rung.notify_one();
    }

    /// The config as the next reload finds it.
    pub(crate) fn edit(&self, config: Result<String, String>) {
        let recipe = RECIPE.to_owned();
        self.edit_both(config.map(|config| (config, recipe)));
    }

    /// The config and the recipe as the next reload finds them.
    pub(crate) fn edit_both(&self, both: Result<(String, String), String>) {
        *self.surroundings.config.borrow_mut() = both;
    }

    /// Lets time pass until something holds.
    #[track_caller]
    pub(crate) fn until(
        &self,
        what: &str,
        holds: impl Fn(&Self) -> bool,
    ) -> impl Future<Output = ()> {
        let caller = std::panic::Location::caller();
        let what = what.to_owned();
        async move {
            let end = self.life.clock.now() + TimeDelta::from_std(PATIENCE).unwrap();
            while !holds(self) {
                assert!(self.life.clock.now() < end, "{caller}: never came: {what}");
                self.life.wait(Duration::from_millis(500)).await;
            }
        }
    }

    /// Asks as a person's command does, and gives the answer.
    pub(crate) async fn ask(&self, ask: RequestedAct) -> RequestAnswer {
        let store = self.life.store();
        let request = Request::new(ask, "a test".to_owned(), self.clock.now());
        let id = requests::leave_request(&store, &request).await.unwrap();
        let end = self.life.clock.now() + TimeDelta::from_std(PATIENCE).unwrap();
        loop {
            let stored: StoredRequest = requests::read_request(&store, &id)
                .await
                .unwrap()
                .expect("only its asker removes a request that is not old");
            if let Some(answer) = stored.request.value.answer.clone() {
                requests::remove_request(&store, &stored).await.unwrap();
                return answer;
            }
            assert!(self.life.clock.now() < end, "nobody answers {request:?}");
            self.life.wait(Duration::from_millis(500)).await;
        }
    }
}

/// How a daemon beside a story ended.
#[derive(Debug)]
pub(crate) enum Ended<T> {
    /// The story was told to its end, and then the daemon was told to stop.
    Told(T, Result<(), StoreError>),
    /// By itself, in the middle of the story.
    Itself(Result<(), StoreError>),
    /// At the armed point, in the middle of the story.
    Killed,
}

/// How the daemon lives.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    pub(crate) rhythm: Rhythm,
    pub(crate) alive_every: Option<Duration>,
}

impl Default for Manner {
    /// As it is shipped, but for the looks at people's requests: one a second is most of what an idle daemon does, and
    /// tests live for days.
    fn default() -> Self {
        Self {
            rhythm: Rhythm {
                requests: Duration::from_secs(10),
                ..Rhythm::default()
            },
            alive_every: None,
        }
    }
}

impl Life {
    /// Runs the daemon beside a story, and stops it when the story ends.
    pub(crate) async fn daemon<T>(&self, story: impl AsyncFnOnce(&Watching<'_>) -> T) -> T {
        match self.daemon_to_its_end(Manner::default(), story).await {
            Ended::Told(told, Ok(())) => told,
            Ended::Told(_, ended) => panic!("a daemon that is told to stop stops well: {ended:?}"),
            Ended::Itself(ended) => panic!("it works until it is told to stop: {ended:?}"),
            Ended::Killed => panic!("nothing is armed"),
        }
    }

    /// Runs the daemon beside a story; how both ended. Nothing of it is left running: what was
    /// detached from it would betray itself here.
    pub(crate) async fn daemon_to_its_end<T>(
        &self,
        manner: Manner,
        story: impl AsyncFnOnce(&Watching<'_>) -> T,
    ) -> Ended<T> {
        let ended = Box::pin(self.beside(manner, story)).await;
        super::life_store::what_was_aborted_ends().await;
        let metrics = tokio::runtime::Handle::current().metrics();
        assert_eq!(metrics.num_alive_tasks(), 0, "a task outlived its process");
        ended
    }

    /// A daemon that has taken the place of the one which runs, and lives beside it: the other one does not
    /// know yet.
    pub(crate) async fn successor<T>(&self, story: impl AsyncFnOnce(&Watching<'_>) -> T) -> T {
        let lease = self.usurp().await;
        let store = self.seamed_store();
        match Box::pin(self.driving(&store, lease, Manner::default(), story)).await {
            Ended::Told(told, Ok(())) => told,
            _ => panic!("whoever has the place works until it is told to stop"),
        }
    }

    /// The same, where more than one process lives.
    pub(crate) async fn beside<T>(
        &self,
        manner: Manner,
        story: impl AsyncFnOnce(&Watching<'_>) -> T,
    ) -> Ended<T> {
        let store = self.seamed_store();
        let lease = super::life_store::lease(&store).await;
        self.driving(&store, lease, manner, story).await
    }

    async fn driving<T>(
        &self,
        store: &dyn amiwatch::store::Store,
        lease: Lease,
        manner: Manner,
        story: impl AsyncFnOnce(&Watching<'_>) -> T,
    ) -> Ended<T> {
        let clock = self.process_clock();
        let surroundings = self.surroundings(&clock, manner.alive_every);
        let vitals = Vitals::new(clock.now(), clock.steady(), TimeDelta::hours(1));
        let first = LiveConfig {
            settings: Rc::new(taken(self.mutant, self.settings.clone())),
            connection: self.connection(&clock),
        };
        let outside = self.outside();
        let in_use = SettingsInUse::new(&first.settings);
        let ground = Ground {
            store,
            clock: &clock,
            lease,
            outside: &outside,
            in_use: &in_use,
        };
        let watching = Watching {
            life: self,
            clock: clock.clone(),
            surroundings: &surroundings,
            vitals: vitals.clone(),
        };
        let work = daemon::run_daemon(ground, first, &surroundings, &vitals, manner.rhythm);
        self.until_told(&watching, work, story).await
    }

    /// Drives this process on beside a story, and stops it when the story ends.
    pub(super) async fn until_told<T>(
        &self,
        watching: &Watching<'_>,
        work: impl Future<Output = Result<(), StoreError>>,
        story: impl AsyncFnOnce(&Watching<'_>) -> T,
    ) -> Ended<T> {
        let mut work = std::pin::pin!(work);
        let told = tokio::select! {
            biased;
            () = self.seam.stopped() => return Ended::Killed,
            ended = &mut work => return Ended::Itself(ended),
            told = story(watching) => told,
        };
        watching.signal(Signal::Stop);
        tokio::select! {
            biased;
            () = self.seam.stopped() => Ended::Killed,
            ended = work => Ended::Told(told, ended),
        }
    }

    pub(super) fn surroundings(
        &self,
        clock: &Clock,
        alive_every: Option<Duration>,
    ) -> Surroundings<'_> {
        Surroundings {
            life: self,
            clock: clock.clone(),
            signals: RefCell::default(),
            rung: Notify::new(),
            config: RefCell::new(Err("nothing was edited".to_owned())),
            told: RefCell::default(),
            alive_every,
        }
    }

    /// Somebody else takes the driver's place, as another machine's daemon would.
    pub(crate) async fn usurp(&self) -> Lease {
        use amiwatch::store::{Batch, DRIVER, Op};
        let store = self.store();
        let key = format!("lease/{DRIVER}");
        let held = store.get(&key).await.unwrap().expect("somebody drives");
        let value = serde_json::json!(held.version + 1);
        let expected = held.version;
        let taken = Op::CompareAndSet {
            key,
            expected,
            value,
        };
        store.commit(Batch::of_ops(vec![taken])).await.unwrap();
        Lease {
            epoch: expected + 1,
            term: None,
        }
    }
}
