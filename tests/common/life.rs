//! One life: an account, a store in a file or in a table, a config, and processes that come and go.
//!
//! A process is what `run --once` is: it opens the store, takes the driver's place, makes a pass,
//! and is gone. Only the account and the store outlive it; time is tokio's paused time, read
//! by the account and by amiwatch through one clock.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use amiwatch::clock::Clock;
use amiwatch::cloud::{ByHand, Connection};
use amiwatch::flow::bake::kind::BakeKind;
use amiwatch::flow::detect::LookDepth;
use amiwatch::flow::exit_code::{self, Exit};
use amiwatch::model::bake::BakeOrder;
use amiwatch::model::ids::Region;
use amiwatch::model::plan::{Action, PlanItem};
use amiwatch::outbox::Delivered;
use amiwatch::service::pass::look::{Patience, look_afresh, look_for_reader};
use amiwatch::service::pass::{Passed, pass_once};
use amiwatch::service::runs::DriveError;
use amiwatch::service::runs::bake::give_order;
use amiwatch::service::{Outside, Service};
use amiwatch::settings::{Settings, parse_config};
use amiwatch::store::Lease;
use amiwatch::workflow::observer::Unobserved;
use amiwatch::workflow::open::open_runs;
use aws_sdk_ec2::config::StalledStreamProtectionConfig;
use aws_sdk_ec2::config::retry::RetryConfig;
use aws_sdk_ec2::config::timeout::TimeoutConfig;
use chrono::{DateTime, TimeDelta, TimeZone as _, Utc};
use sim::{Account, SimClock};
use tempfile::TempDir;

use super::guest::{Cast, Day};
use super::life_store::{lease, what_was_aborted_ends};
use super::mutant::{Mutant, taken};
use super::seam::Seam;
use super::slack::{self, Slack};
use super::store_files::{copy_store, memory_folder, store_in};
use super::wire::{Guard, wire};
use super::world::{self, CONFIG, INSTALLATION, RECIPE, REGION};

/// Whose key stands in the account's ledger beside what is asked of AWS.
pub(crate) const ACCOUNT_KEY: &str = "AKIDEXAMPLE";

/// More passes than any life here needs; a life that goes on longer never ends.
const PASSES_MAX: usize = 12;

/// An account, a store, a config.
pub(crate) struct Life {
    pub(crate) account: Account,
    pub(crate) clock: Clock,
    pub(crate) settings: Settings,
    pub(crate) seam: Arc<Seam>,
    pub(crate) guard: Arc<Guard>,
    pub(crate) slack: Slack,
    /// A deliberate bug that every process of this life has.
    pub(crate) mutant: Option<Mutant>,
    /// How far the next process's clock is off the account's.
    pub(crate) skew: Cell<TimeDelta>,
    pub(super) folder: TempDir,
    /// The store is in this table, and not in the folder.
    pub(super) table: Cell<Option<u32>>,
    /// What every process's requests to the table pass.
    pub(crate) table_seam: Arc<Seam>,
    /// Which machine this is, where several live at once.
    pub(crate) machine: Option<usize>,
}

/// The process was stopped at the armed point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stopped;

impl Life {
    /// The usual world and config, with guests that have good days.
    pub(crate) fn begin() -> Self {
        Self::with_config(CONFIG)
    }

    /// The usual world with another config.
    pub(crate) fn with_config(config: &str) -> Self {
        let life = Self::empty(config);
        world::fill(&life.account);
        life.guests(Cast::both(Day::Good));
        life
    }

    /// The usual world in which a bake takes seconds and few looks.
    pub(crate) fn brisk() -> Self {
        let life = Self::begin();
        life.account.set_timing(world::brisk());
        life.guests(Cast::both(Day::Quick));
        life
    }

    /// An account without anything in it.
    pub(crate) fn empty(config: &str) -> Self {
        let clock = Clock::virtual_from(opening());
        let read = clock.clone();
        let seam = Seam::new();
        Self {
            account: Account::new(SimClock::new(move || read.now())),
            settings: settings(config, RECIPE),
            slack: Slack::new(&clock, &seam),
            clock,
            seam,
            guard: Guard::of(INSTALLATION),
            mutant: None,
            skew: Cell::new(TimeDelta::zero()),
            folder: memory_folder(),
            table: Cell::default(),
            table_seam: Seam::new(),
            machine: None,
        }
    }

    /// Another machine's amiwatch in the same account: a store, a config and a seam of its own.
    pub(crate) fn with_a_store_of_its_own(&self, config: &str) -> Self {
        let seam = Seam::new();
        Self {
            account: self.account.clone(),
            clock: self.clock.clone(),
            settings: settings(config, RECIPE),
            slack: Slack::new(&self.clock, &seam),
            seam,
            guard: Guard::of(INSTALLATION),
            mutant: None,
            skew: Cell::new(TimeDelta::zero()),
            folder: memory_folder(),
            table: Cell::default(),
            table_seam: Seam::new(),
            machine: None,
        }
    }

    /// Another config for what begins from now on.
    pub(crate) fn set_config(&mut self, config: &str) {
        self.settings = settings(config, RECIPE);
    }

    pub(crate) fn guests(&self, cast: Cast) {
        self.account.set_guest(cast);
    }

    /// A new platform version comes out.
    pub(crate) fn release(&self, version: &str) {
        let here = self.account.at(REGION);
        here.release(world::release(version)).unwrap();
    }

    /// The only image that is not ours: the base's.
    pub(crate) fn base_image(&self) -> String {
        let mut images = self.account.images().into_iter();
        let found = images.find(|image| image.owner_id != sim::ACCOUNT_ID);
        found.expect("the release has an image").id
    }

    /// Somebody else who works in the account. Nothing of it may go by real time or by dice of its own
    /// (the SDK's watch on throughput and its retries do): a life must be the same again.
    pub(crate) fn stranger(&self) -> aws_sdk_ec2::Client {
        let credentials =
            aws_sdk_ec2::config::Credentials::new("STRANGER", "stranger", None, None, "test");
        let patience = TimeoutConfig::builder().operation_timeout(Duration::from_secs(30));
        let config = aws_sdk_ec2::Config::builder()
            .behavior_version(aws_sdk_ec2::config::BehaviorVersion::latest())
            .region(aws_sdk_ec2::config::Region::new(REGION))
            .credentials_provider(credentials)
            .http_client(self.account.connector_on_tokio())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .retry_config(RetryConfig::disabled())
            .timeout_config(patience.build())
            .build();
        aws_sdk_ec2::Client::from_conf(config)
    }

    pub(crate) async fn wait(&self, by: Duration) {
        self.clock.sleep(by).await;
    }

    /// The store is lost with everything in it.
    pub(crate) fn lose_the_store(&self) {
        if let Some(lost) = self.table.get() {
            self.table.set(Some(lost + 1));
            return;
        }
        for entry in std::fs::read_dir(self.folder.path()).unwrap() {
            std::fs::remove_file(entry.unwrap().path()).unwrap();
        }
    }

    /// A copy of the store, as a person makes it while the daemon works.
    pub(crate) fn back_up(&self) -> TempDir {
        let kept = memory_folder();
        copy_store(&self.store_path(), &kept.path().join("copy.db"));
        kept
    }

    /// The copy takes the store's place, while nobody uses it.
    pub(crate) fn put_back(&self, kept: &TempDir) {
        self.lose_the_store();
        std::fs::copy(kept.path().join("copy.db"), self.store_path()).unwrap();
    }

    pub(super) fn store_path(&self) -> PathBuf {
        store_in(self.folder.path())
    }

    /// The bytes of the store: of its file, and of what is in it.
    pub(crate) fn store_bytes(&self) -> (u64, u64) {
        let file = std::fs::metadata(self.store_path()).expect("there is a store");
        let copy = std::fs::metadata(self.back_up().path().join("copy.db"));
        (file.len(), copy.expect("it was copied").len())
    }

    /// The clock of the machine that the next process runs on.
    pub(crate) fn process_clock(&self) -> Clock {
        Clock::virtual_from(self.clock.now() + self.skew.get())
    }

    /// Journals that are not closed.
    pub(crate) async fn open_bakes(&self) -> Vec<String> {
        let open = open_runs::<BakeKind>(&self.store()).await.unwrap();
        open.into_iter().map(|one| one.journal).collect()
    }

    /// A key as it stands in the account's ledger: where several machines live, each has its own.
    pub(super) fn key(&self, of: &str) -> String {
        let machine = self.machine.map(|nth| nth.to_string());
        format!("{of}{}", machine.unwrap_or_default())
    }

    /// A way to the account through the seam.
    pub(crate) fn connection(&self, clock: &Clock) -> Connection {
        self.connection_through(&self.seam, clock)
    }

    /// A way to the account through another seam: of a process beside the one that is disturbed.
    pub(crate) fn connection_through(&self, seam: &Arc<Seam>, clock: &Clock) -> Connection {
        let parts = ByHand {
            http: wire(&self.account, seam, &self.guard, self.mutant),
            region: Region::new(REGION),
            access_key_id: self.key(ACCOUNT_KEY),
            secret_access_key: "keep-me-secret".to_owned(),
            endpoint: None,
            in_flight_max: None,
        };
        Connection::by_hand(parts, clock)
    }

    /// The ways out of one process: everything leads to the workspace.
    pub(crate) fn outside(&self) -> Outside {
        let environment = |name: &str| match name {
            slack::VARIABLE => Some(slack::HOOK.to_owned()),
            slack::WATCHDOG_VARIABLE => Some(slack::WATCHDOG.to_owned()),
            _ => None,
        };
        Outside::new(
            self.slack.http(&self.clock),
            Arc::new(environment),
            &self.clock,
        )
    }

    /// One process: does its work, or is stopped at the armed point. Either way nothing of it is
    /// left running: what was detached from it would betray itself here.
    pub(crate) async fn process<T>(
        &self,
        work: impl AsyncFnOnce(Service<'_>, Lease) -> T,
    ) -> Result<T, Stopped> {
        let ended = {
            let store = self.seamed_store();
            let clock = self.process_clock();
            let connection = store.inner.guarded(self.connection(&clock), self.mutant);
            let outside = self.outside();
            let settings = taken(self.mutant, self.settings.clone());
            let service = Service {
                settings: &settings,
                connection: &connection,
                store: &store,
                clock: &clock,
                outside: &outside,
            };
            let lease = lease(&store).await;
            tokio::select! {
                biased;
                () = self.seam.stopped() => Err(Stopped),
                done = work(service, lease) => {
                    store.inner.leave(lease).await;
                    Ok(done)
                }
            }
        };
        what_was_aborted_ends().await;
        let metrics = tokio::runtime::Handle::current().metrics();
        assert_eq!(metrics.num_alive_tasks(), 0, "a task outlived its process");
        ended
    }

    /// One pass in a process of its own, which the armed point may stop.
    pub(crate) async fn try_pass(&self) -> Result<Result<Passed, DriveError>, Stopped> {
        self.process(async |service, lease| {
            pass_once(&service, lease, &|_| Box::new(Unobserved)).await
        })
        .await
    }

    /// One pass in a process of its own.
    pub(crate) async fn pass(&self) -> Passed {
        let passed = self.try_pass().await.expect("nothing is armed");
        passed.expect("the store works")
    }

    /// `check`: the plan that a look leads to, and the exit code.
    pub(crate) async fn check(&self) -> (Vec<PlanItem>, Exit) {
        let looked = self
            .process(async |service, _| {
                let looked = look_for_reader(&service, None, LookDepth::Settings).await;
                let items = looked.expect("the store works").into_iter();
                items.map(|one| one.item).collect::<Vec<_>>()
            })
            .await
            .expect("nothing is armed");
        let exit = exit_code::exit_of_drifts(looked.iter().map(|item| &item.drift));
        (looked, exit)
    }

    /// The order that a bake of the first watch would get now, as `plan` shows it.
    pub(crate) async fn ordered(&self) -> BakeOrder {
        let ordered = self.process(async |service, _| {
            let looked = look_afresh(&service, None, Patience::Waits).await.unwrap();
            let (one, place) = (&looked[0], looked[0].place.as_ref().unwrap());
            let bake = one.item.bake().expect("there is something to bake");
            give_order(&service, one.watch, place, bake, &one.item.because)
                .await
                .unwrap()
        });
        ordered.await.expect("nothing is armed")
    }

    /// Passes, with the pauses that the plan asks for, until one has nothing left to do.
    pub(crate) async fn until_settled(&self) {
        for _ in 0..PASSES_MAX {
            let passed = self.pass().await;
            if rests(&passed) {
                return;
            }
            let holds = passed.items.iter().filter_map(|item| match item.action {
                Action::Hold { until } => until,
                _ => None,
            });
            let next = holds.chain(passed.delivered.next_at).min();
            self.clock
                .sleep_until(next.unwrap_or(self.clock.now()))
                .await;
            self.wait(Duration::from_secs(60)).await;
        }
        panic!("there is still something to do after {PASSES_MAX} passes");
    }
}

/// Nothing was baked or moved, nothing was told, and nothing waits but for a person.
fn rests(passed: &Passed) -> bool {
    let still = |item: &PlanItem| {
        let persons = matches!(item.action, Action::Blocked | Action::Hold { until: None });
        persons || matches!(item.action, Action::Nothing | Action::Tell)
    };
    passed.resumed.is_empty()
        && passed.bakes.is_empty()
        && passed.rolled.is_empty()
        && passed.published.is_empty()
        && passed.retired.is_empty()
        && passed.delivered == Delivered::default()
        && passed.items.iter().all(still)
}

/// A config with this text as each recipe that it names.
pub(crate) fn settings(config: &str, recipe: &str) -> Settings {
    let read = |_: &Path| Ok(recipe.as_bytes().to_vec());
    match parse_config(config, Path::new("amiwatch.toml"), &read) {
        Ok(settings) => settings,
        Err(faults) => panic!("the test's own config is wrong:\n{faults}"),
    }
}

/// When every life begins.
fn opening() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 2, 8, 0, 0).unwrap()
}
