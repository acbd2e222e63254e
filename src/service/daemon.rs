//! The daemon: passes on a schedule, bakes beside them, people's requests, notices; until it is told
//! to stop.
//!
//! One loop owns everything, in lanes (`lanes`): at most one pass, any number of bakes up to a limit
//! of which no two are of one watch, moves up to a limit of which no two are of one environment,
//! publications of which no two are of one destination, one delivery of notices. A pass takes no input, and is cut at a
//! deadline; ticks that come while one is under way are not made up for. Stopping drops the lanes: what
//! was under way is in the journal, and the next start goes on with it.
//!
//! Decides nothing about AMIs: `pass::decide` and `ask` do. Must not print, exit, or read the
//! environment: its surroundings are a [`Host`].

mod acts;

mod begin;

mod blind;

mod host;

mod lanes;

mod log;

mod names;

mod past;

mod publishing;

mod reload;

mod replica;

#[cfg(test)]
#[cfg(feature = "sim")]
mod replica_tests;

mod requests;

mod rolling;

mod telling;

mod ticks;

mod timers;

mod watched;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::StreamExt as _;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::FuturesUnordered;

use super::named::NamedFinding;
use super::pass::Start;
use super::pruning::Pruned;
use super::retire::keeping::Retired;
use super::schedule::pass_times;
use super::sweep::{SweepError, Swept};
use super::vitals::Vitals;
use crate::clock::plausible;
use crate::flow::timetable::Timetable;
use crate::store::StoreError;
use crate::store::requests::StoredRequest;

use lanes::{AskEnd, BakeLaneEnd, Lane, MoveLaneEnd, PassEnd};
use publishing::PublishLaneEnd;
use requests::Looks;
use telling::{COUNT_EVERY, DeliveryEnd, NotTold, REMIND_LOOK_EVERY};
use timers::{Reckoning, Tick, Timer};

pub use host::{Condition, Host, LiveConfig, SettingsInUse, Signal};
pub use lanes::Ground;
pub use replica::Replica;

/// How often the daemon looks after what nothing wakes it for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rhythm {
    /// Requests of people, who wait in front of a terminal.
    pub requests: Duration,
    /// Notices that another process stored.
    pub notices: Duration,
}

impl Default for Rhythm {
    fn default() -> Self {
        Self {
            requests: Duration::from_secs(1),
            notices: Duration::from_secs(60),
        }
    }
}

/// How often what nothing claims is looked for.
const SWEEP_EVERY: TimeDelta = TimeDelta::days(1);

/// How often what is past its time in the store goes.
const PRUNE_EVERY: TimeDelta = TimeDelta::days(1);

/// How often a clock that cannot be right is looked at.
const WRONG_CLOCK_PAUSE: Duration = Duration::from_secs(1);

/// The longest sleep: a clock that was set meanwhile is noticed after this.
const SLEEP_MAX: Duration = Duration::from_secs(60);

/// What the loop woke up for.
enum Woke {
    Signal(Signal),
    Passed(Box<PassEnd>),
    Baked(Box<BakeLaneEnd>),
    Moved(Box<MoveLaneEnd>),
    Published(Box<PublishLaneEnd>),
    Asked(Box<AskEnd>),
    Told(Result<DeliveryEnd, NotTold>),
    Swept(Result<Swept, SweepError>),
    Retired(Result<Retired, StoreError>),
    Pruned(Result<Pruned, StoreError>),
    Loaded(Box<reload::Loaded>),
    Named(Vec<NamedFinding>),
    Pinged(Result<(), String>),
    Timer,
}

/// The daemon's loop and everything that it has under way.
struct Daemon<'a, H> {
    ground: Ground<'a>,
    host: &'a H,
    vitals: &'a Vitals,
    live: Rc<LiveConfig>,
    timetable: Timetable,
    tick: Option<Tick>,
    requests: Timer,
    notices: Timer,
    /// When what there is to remind of is looked for: that reads all that `status` shows.
    reminding: Timer,
    /// Set by the first pass: before that the store cannot say what is claimed.
    sweep: Option<Timer>,
    /// When the first failed builder that is kept for people is to go.
    kept_until: Option<DateTime<Utc>>,
    alive: Option<Timer>,
    reckoning: Reckoning,
    pass: Lane<'a, PassEnd>,
    bakes: FuturesUnordered<LocalBoxFuture<'a, BakeLaneEnd>>,
    /// The names of the bakes that are under way: watches, or journals that cannot be read.
    baking: BTreeSet<String>,
    /// The names of those that ended while the present pass looks: it decides without knowing that.
    ended: BTreeSet<String>,
    /// Bakes that wait for room, by watch. A newer pass replaces them.
    waiting: BTreeMap<String, (Start, Option<StoredRequest>)>,
    moves: FuturesUnordered<LocalBoxFuture<'a, MoveLaneEnd>>,
    /// The environments that are moved now, or journals that cannot be read.
    moving: BTreeSet<String>,
    publications: FuturesUnordered<LocalBoxFuture<'a, PublishLaneEnd>>,
    /// The destinations that are published to now, or journals that cannot be read.
    publishing: BTreeSet<String>,
    asks: FuturesUnordered<LocalBoxFuture<'a, AskEnd>>,
    /// Requests that are being looked at.
    asking: BTreeSet<String>,
    telling: Lane<'a, Result<DeliveryEnd, NotTold>>,
    /// When the notices are counted again, while there are many.
    counting: Timer,
    sweeping: Lane<'a, Result<Swept, SweepError>>,
    /// A pass has ended since images were last asked after: whether a look is due is the store's to say.
    retire_next: bool,
    retiring: Lane<'a, Result<Retired, StoreError>>,
    /// When what is past its time in the store goes.
    prune: Timer,
    pruning: Lane<'a, Result<Pruned, StoreError>>,
    /// What the first sweep finds is told; from the second on it is removed.
    swept: bool,
    /// People who want a pass: those who wait for the next one, and for the one that is under way.
    looks: Looks,
    loading: Lane<'a, reload::Loaded>,
    /// Reloads that were asked for while one was under way.
    reloads: VecDeque<Option<StoredRequest>>,
    /// Something changed while the present pass looks: another one follows it at once.
    look_again: bool,
    /// Passes in a row whose decision had changed before it could be begun.
    agains: u32,
    /// Since when no pass has ended in time.
    cut_since: Option<DateTime<Utc>>,
    names: names::Names<'a>,
    pings: watched::Pings<'a>,
}

/// Runs until the host says stop.
///
/// # Errors
/// When another process has taken the driver's place, or the store cannot even be read at the start.
pub async fn run_daemon<H: Host>(
    ground: Ground<'_>,
    first: LiveConfig,
    host: &H,
    vitals: &Vitals,
    rhythm: Rhythm,
) -> Result<(), StoreError> {
    let mut daemon = Daemon::new(ground, first, host, vitals, rhythm);
    daemon.go_on_with_what_was_left().await?;
    host.tell(&Condition::Ready);
    tracing::info!(
        watches = daemon.live.settings.watches.len(),
        schedule = daemon.live.settings.schedule.cron.as_str(),
        "amiwatch watches"
    );
    let ended = daemon.until_stopped().await;
    // Who only loses the lease goes on as a standby.
    if !matches!(ended, Err(StoreError::LeaseLost)) {
        host.tell(&Condition::Stopping);
    }
    tracing::info!(
        bakes_under_way = daemon.bakes.len(),
        moves_under_way = daemon.moves.len(),
        "amiwatch stops; bakes and moves that are under way go on at the next start"
    );
    ended
}

impl<'a, H: Host> Daemon<'a, H> {
    fn new(
        ground: Ground<'a>,
        first: LiveConfig,
        host: &'a H,
        vitals: &'a Vitals,
        rhythm: Rhythm,
    ) -> Self {
        let now = ground.clock.now();
        let alive = host
            .alive_every()
            .map(|every| Timer::due_now(now, delta(every)));
        Self {
            ground,
            host,
            vitals,
            timetable: pass_times(&first.settings.schedule),
            live: Rc::new(first),
            // A start is a tick: what happened meanwhile should not wait for the next one.
            tick: Some(Tick::new(now, now)),
            requests: Timer::due_now(now, delta(rhythm.requests)),
            notices: Timer::due_now(now, delta(rhythm.notices)),
            reminding: Timer::due_now(now, REMIND_LOOK_EVERY),
            sweep: None,
            kept_until: None,
            reckoning: Reckoning::new(now, ground.clock.steady()),
            alive,
            pass: None,
            bakes: FuturesUnordered::new(),
            baking: BTreeSet::new(),
            ended: BTreeSet::new(),
            waiting: BTreeMap::new(),
            moves: FuturesUnordered::new(),
            moving: BTreeSet::new(),
            publications: FuturesUnordered::new(),
            publishing: BTreeSet::new(),
            asks: FuturesUnordered::new(),
            asking: BTreeSet::new(),
            telling: None,
            counting: Timer::due_now(now, COUNT_EVERY),
            sweeping: None,
            retire_next: false,
            retiring: None,
            prune: Timer::due_now(now, PRUNE_EVERY),
            pruning: None,
            swept: false,
            looks: Looks::default(),
            loading: None,
            reloads: VecDeque::new(),
            look_again: false,
            agains: 0,
            cut_since: None,
            names: names::Names::default(),
            pings: watched::Pings::default(),
        }
    }

    /// Bakes that an earlier process left half-way are driven on at once, whatever the look says.
    async fn go_on_with_what_was_left(&mut self) -> Result<(), StoreError> {
        if !plausible(self.ground.clock.now()) {
            tracing::error!(
                "this machine's clock is wrong: nothing is begun until it is set right"
            );
            return Ok(());
        }
        self.drive_open_moves().await?;
        self.drive_open_publications().await?;
        let resumed = self.resume_what_is_open().await?;
        if resumed > 0 {
            tracing::info!(
                bakes = resumed,
                "going on with bakes that were left half-way"
            );
        }
        Ok(())
    }

    async fn until_stopped(&mut self) -> Result<(), StoreError> {
        loop {
            self.ask_the_timetable_anew();
            self.begin_what_is_due();
            let woke = self.wake().await;
            let now = self.ground.clock.now();
            match woke {
                Woke::Signal(Signal::Stop) => return Ok(()),
                Woke::Signal(Signal::Reload) => self.reloads.push_back(None),
                Woke::Passed(end) => self.passed(*end, now).await?,
                Woke::Baked(end) => self.baked(*end, now)?,
                Woke::Moved(end) => self.moved(*end, now)?,
                Woke::Published(end) => self.published(*end, now)?,
                Woke::Asked(end) => self.asked(*end, now).await?,
                Woke::Told(end) => self.told(end, now).await?,
                Woke::Swept(end) => self.has_swept(end, now)?,
                Woke::Retired(end) => self.has_retired(end, now)?,
                Woke::Pruned(end) => self.has_pruned(end, now)?,
                Woke::Loaded(loaded) => self.loaded(*loaded, now).await?,
                Woke::Named(findings) => names::log(&findings),
                Woke::Pinged(told) => self.pinged(&told),
                Woke::Timer => {}
            }
            if self.requests.is_due(now) {
                self.requests.restart(now);
                self.read_requests(now).await?;
            }
        }
    }

    /// Waits for the first thing that happens. Signals come first, and what ends before what is due.
    async fn wake(&mut self) -> Woke {
        let sleep = self.ground.clock.sleep(self.sleep_for());
        tokio::select! {
            biased;
            signal = self.host.signal() => Woke::Signal(signal),
            loaded = lanes::next_end(&mut self.loading) => Woke::Loaded(Box::new(loaded)),
            end = lanes::next_end(&mut self.pass) => Woke::Passed(Box::new(end)),
            Some(end) = self.bakes.next() => Woke::Baked(Box::new(end)),
            Some(end) = self.moves.next() => Woke::Moved(Box::new(end)),
            Some(end) = self.publications.next() => Woke::Published(Box::new(end)),
            Some(end) = self.asks.next() => Woke::Asked(Box::new(end)),
            end = lanes::next_end(&mut self.telling) => Woke::Told(end),
            end = lanes::next_end(&mut self.sweeping) => Woke::Swept(end),
            end = lanes::next_end(&mut self.retiring) => Woke::Retired(end),
            end = lanes::next_end(&mut self.pruning) => Woke::Pruned(end),
            found = lanes::next_end(&mut self.names.looking) => Woke::Named(found),
            told = lanes::next_end(&mut self.pings.under_way) => Woke::Pinged(told),
            () = sleep => Woke::Timer,
        }
    }

    fn sleep_for(&self) -> Duration {
        let now = self.ground.clock.now();
        if !plausible(now) {
            return WRONG_CLOCK_PAUSE;
        }
        let tick = self
            .tick
            .filter(|_| self.pass.is_none())
            .map(|tick| tick.at);
        let tell = self.telling.is_none().then(|| self.notices.at());
        let alive = self.alive.map(|alive| alive.at());
        let sweep = self.sweep.filter(|_| self.sweeping.is_none());
        let sweep = sweep.map(|sweep| sweep.at());
        let prune = self.pruning.is_none().then(|| self.prune.at());
        let kept = self.kept_until.filter(|_| self.sweeping.is_none());
        let due = [
            tick,
            tell,
            alive,
            sweep,
            kept,
            prune,
            Some(self.requests.at()),
        ];
        let next = due.into_iter().flatten().min().unwrap_or(now);
        (next - now).to_std().unwrap_or_default().min(SLEEP_MAX)
    }

    fn count(&self) {
        let under_way = u64::try_from(self.bakes.len()).unwrap_or(u64::MAX);
        let moves = u64::try_from(self.moves.len()).unwrap_or(u64::MAX);
        let publications = u64::try_from(self.publications.len()).unwrap_or(u64::MAX);
        self.vitals.change(|pulse| {
            self.live.connection.read_calls(pulse.present_calls());
            pulse.bakes_under_way = under_way;
            pulse.moves_under_way = moves;
            pulse.publications_under_way = publications;
        });
    }
}

fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}
