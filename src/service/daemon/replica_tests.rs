//! Three daemons on one table, under virtual time, on machines whose clocks are minutes apart: who leads, and how
//! soon, when one is killed, stopped, or cut off from everything.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use chrono::{DateTime, TimeDelta, Utc};
use sim::{Account, SimClock, Timing};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, LocalSet, spawn_local};

use super::*;
use crate::clock::Clock;
use crate::cloud::{ByHand, Connection, Fence, Identity, Pace, Table};
use crate::http_send::HttpSend;
use crate::service::Outside;
use crate::service::vitals::{Role, Vitals};
use crate::settings::parse_config;
use crate::store::dynamodb::DynamoStore;

/// Whom nobody stops but the test.
struct Quiet {
    signals: RefCell<VecDeque<Signal>>,
    rung: Notify,
}

impl Host for Rc<Quiet> {
    async fn signal(&self) -> Signal {
        loop {
            if let Some(signal) = self.signals.borrow_mut().pop_front() {
                return signal;
            }
            self.rung.notified().await;
        }
    }

    async fn load(&self) -> Result<LiveConfig, String> {
        Err("it stays as it is".to_owned())
    }

    fn tell(&self, _condition: &Condition) {}

    fn alive_every(&self) -> Option<Duration> {
        None
    }
}

/// A network that can be cut.
#[derive(Debug, Clone)]
struct Cable {
    cut: Arc<AtomicBool>,
    wire: SharedHttpClient,
}

impl HttpClient for Cable {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Plug {
            cut: Arc::clone(&self.cut),
            wire: self.wire.http_connector(settings, components),
        })
    }
}

#[derive(Debug)]
struct Plug {
    cut: Arc<AtomicBool>,
    wire: SharedHttpConnector,
}

impl HttpConnector for Plug {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        match self.cut.load(Ordering::Relaxed) {
            true => HttpConnectorFuture::new(std::future::pending()),
            false => self.wire.call(request),
        }
    }
}

/// One machine and the daemon on it.
struct Machine {
    vitals: Vitals,
    quiet: Rc<Quiet>,
    cut: Arc<AtomicBool>,
    process: JoinHandle<()>,
}

impl Machine {
    fn start(account: &Account, now: DateTime<Utc>) -> Self {
        let clock = Clock::virtual_from(now);
        let fence = Fence::open(&clock);
        let vitals = Vitals::new(now, clock.steady(), TimeDelta::hours(1)).behind(&fence);
        let quiet = Rc::new(Quiet {
            signals: RefCell::default(),
            rung: Notify::new(),
        });
        let cut = Arc::new(AtomicBool::new(false));
        let wire = account.connector_on_tokio();
        let cable = Cable {
            cut: Arc::clone(&cut),
            wire,
        };
        let connection = connection(SharedHttpClient::new(cable), &clock);
        let (host, told) = (Rc::clone(&quiet), vitals.clone());
        let process = spawn_local(async move {
            let table = connection.at_pace(Pace::Eager).cloud(&Identity::Own, None);
            let store = DynamoStore::new(Table::new(table.unwrap(), "amiwatch"), &fence, "a test");
            let none = |_: &Path| Err(std::io::Error::from(std::io::ErrorKind::NotFound));
            let settings = parse_config("installation = \"acme\"", Path::new("test"), &none);
            let first = LiveConfig {
                settings: Rc::new(settings.unwrap()),
                connection: connection.behind(&fence),
            };
            let in_use = SettingsInUse::new(&first.settings);
            let outside = Outside::new(HttpSend::new(&clock), Arc::new(|_| None), &clock);
            let replica = Replica {
                store: &store,
                clock: &clock,
                outside: &outside,
                in_use: &in_use,
                host: &host,
                vitals: &told,
                shared: true,
                place: "table amiwatch".to_owned(),
            };
            replica.run(first, Rhythm::default()).await.unwrap();
        });
        Self {
            vitals,
            quiet,
            cut,
            process,
        }
    }

    /// It leads, by a renewal that holds.
    fn leads(&self) -> bool {
        let pulse = self.vitals.pulse();
        let fresh = pulse
            .renewal_age
            .is_some_and(|age| age < Duration::from_secs(10));
        !self.process.is_finished() && pulse.role == Role::Leader && fresh
    }

    fn stop(&self) {
        self.quiet.signals.borrow_mut().push_back(Signal::Stop);
        self.quiet.rung.notify_one();
    }
}

fn connection(http: SharedHttpClient, clock: &Clock) -> Connection {
    let parts = ByHand {
        http,
        region: "eu-west-1".into(),
        access_key_id: "AMIWATCH".into(),
        secret_access_key: "simulated".into(),
        endpoint: None,
        in_flight_max: None,
    };
    Connection::by_hand(parts, clock)
}

/// An account with a table in it, on the world's own clock.
async fn world() -> (Account, Clock) {
    let clock = Clock::virtual_from(DateTime::UNIX_EPOCH + TimeDelta::days(20_700));
    let read = clock.clone();
    let account = Account::new(SimClock::new(move || read.now()));
    account.set_timing(Timing::instant());
    let way = connection(account.connector_on_tokio(), &clock);
    let table = Table::new(way.cloud(&Identity::Own, None).unwrap(), "amiwatch");
    table.create(&Default::default()).await.unwrap();
    (account, clock)
}

/// Who leads now, which is never more than one.
fn leader(machines: &[Machine]) -> Option<usize> {
    let leads = (0..machines.len()).filter(|n| machines[*n].leads());
    let leads: Vec<usize> = leads.collect();
    assert!(leads.len() < 2, "two lead: {leads:?}");
    leads.first().copied()
}

/// Waits until somebody else leads; how long that took.
async fn followed(clock: &Clock, machines: &[Machine], old: Option<usize>) -> (usize, TimeDelta) {
    let began = clock.now();
    loop {
        let took = clock.now() - began;
        if let Some(new) = leader(machines).filter(|new| Some(*new) != old) {
            return (new, took);
        }
        assert!(took < TimeDelta::seconds(60), "nobody leads");
        clock.sleep(Duration::from_millis(100)).await;
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Killed,
    Stopped,
    CutOff,
}

#[tokio::test(start_paused = true)]
async fn whatever_becomes_of_the_leader_one_follows_in_time_and_never_two_lead() {
    let (account, clock) = world().await;
    let machine =
        |minutes: i64| Machine::start(&account, clock.now() + TimeDelta::minutes(minutes));
    let story = async {
        let mut machines = vec![machine(0), machine(-7), machine(9)];
        let (mut old, _) = followed(&clock, &machines, None).await;
        for end in [
            End::Killed,
            End::Stopped,
            End::CutOff,
            End::Killed,
            End::CutOff,
            End::Stopped,
        ] {
            clock.sleep(Duration::from_millis(7_300)).await;
            assert_eq!(leader(&machines), Some(old), "a leader stays the leader");
            match end {
                End::Killed => machines[old].process.abort(),
                End::Stopped => machines[old].stop(),
                End::CutOff => machines[old].cut.store(true, Ordering::Relaxed),
            }
            let (new, took) = followed(&clock, &machines, Some(old)).await;
            let most = TimeDelta::seconds(if end == End::Stopped { 2 } else { 30 });
            assert!(took <= most, "{end:?}: followed after {took}");
            if end == End::CutOff {
                // It stands by until it is back, and the place is taken then.
                assert_eq!(machines[old].vitals.pulse().role, Role::Standby);
                machines[old].cut.store(false, Ordering::Relaxed);
                clock.sleep(Duration::from_secs(40)).await;
                assert_eq!(leader(&machines), Some(new));
            } else {
                machines[old] = machine(3);
            }
            old = new;
        }
    };
    LocalSet::new().run_until(story).await;
}
