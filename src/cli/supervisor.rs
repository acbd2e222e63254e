//! The daemon's surroundings as they are: signals, systemd, the config's file.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

use super::session::{connection, reach};
use crate::clock::Clock;
use crate::cloud::Pace;
use crate::service::daemon::{Condition, Host, LiveConfig, Signal};
use crate::settings::load_config;

/// The operating system and its service manager.
pub(super) struct Supervisor {
    config: PathBuf,
    clock: Clock,
    streams: RefCell<Streams>,
}

struct Streams {
    interrupt: Stream,
    terminate: Stream,
    hang_up: Stream,
}

impl Supervisor {
    /// Listens for signals from now on.
    ///
    /// # Errors
    /// When the operating system does not let it.
    pub(super) fn listen(config: PathBuf, clock: Clock) -> std::io::Result<Self> {
        let streams = Streams {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        };
        Ok(Self {
            config,
            clock,
            streams: RefCell::new(streams),
        })
    }
}

impl Host for Supervisor {
    async fn signal(&self) -> Signal {
        std::future::poll_fn(|context| {
            let mut streams = self.streams.borrow_mut();
            let stop = streams.interrupt.poll_recv(context).is_ready()
                || streams.terminate.poll_recv(context).is_ready();
            if stop {
                return Poll::Ready(Signal::Stop);
            }
            streams.hang_up.poll_recv(context).map(|_| Signal::Reload)
        })
        .await
    }

    async fn load(&self) -> Result<LiveConfig, String> {
        let settings = load_config(&self.config).map_err(|faults| faults.to_string())?;
        let calls_per_second = settings.aws.calls_per_second;
        let connection = connection(&reach(&settings), &self.clock)
            .await
            .at_pace(Pace::Steady { calls_per_second });
        Ok(LiveConfig {
            settings: Rc::new(settings),
            connection,
        })
    }

    fn tell(&self, condition: &Condition) {
        let told = match condition {
            Condition::Ready => sd_notify::notify(&[NotifyState::Ready]),
            Condition::Reloading => match NotifyState::monotonic_usec_now() {
                Ok(now) => sd_notify::notify(&[NotifyState::Reloading, now]),
                Err(error) => Err(error),
            },
            Condition::Stopping => sd_notify::notify(&[NotifyState::Stopping]),
            Condition::Alive => sd_notify::notify(&[NotifyState::Watchdog]),
            Condition::Status(line) => sd_notify::notify(&[NotifyState::Status(line)]),
        };
        if let Err(error) = told {
            tracing::debug!(%error, "the service manager was not told");
        }
    }

    /// Twice in the time that systemd allows.
    fn alive_every(&self) -> Option<Duration> {
        sd_notify::watchdog_enabled().map(|allowed| allowed / 2)
    }
}
