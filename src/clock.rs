//! The first seam: time. Nothing else in the house reads the time or sleeps; clippy bans it.
//!
//! A [`Clock`] is real, scaled (the demo: an hour passes in seconds) or virtual (tests: tokio's
//! paused time, which jumps to the next timer when everything waits). The AWS SDK gets the same
//! clock as its time source and its sleep, so that signing, retries and waits agree.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Datelike as _, TimeDelta, Utc};
use tokio::sync::watch;

/// Tells the time and waits. Cheap to clone; clones agree.
#[derive(Clone)]
pub struct Clock(Kind);

#[derive(Clone)]
enum Kind {
    Real,
    /// Wall time derived from tokio's clock, `speed` times as fast.
    Scaled {
        epoch: DateTime<Utc>,
        started: tokio::time::Instant,
        speed: f64,
        /// How far it was set forward by hand, in milliseconds.
        stepped: Arc<AtomicI64>,
        /// The machine is suspended: what waits goes on waiting.
        suspended: Arc<watch::Sender<bool>>,
    },
}

/// Whether a clock can be right that says this. One that cannot, begins nothing: AWS refuses what is
/// signed by it, certificates count as expired or not valid yet (and the TLS library panics before
/// 1970), and the timetable ends with the century.
pub fn plausible(now: DateTime<Utc>) -> bool {
    (2020..2100).contains(&now.year())
}

/// A deadline passed before the future was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no answer within {} s", .0.as_secs_f64())]
pub struct Elapsed(pub Duration);

impl Clock {
    /// The machine's own clock.
    pub fn real() -> Self {
        Self(Kind::Real)
    }

    /// A clock that starts at `epoch` now and runs `speed` times as fast as tokio's.
    ///
    /// # Panics
    /// Outside a tokio runtime with time enabled.
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub fn scaled(epoch: DateTime<Utc>, speed: f64) -> Self {
        Self(Kind::Scaled {
            epoch,
            started: tokio::time::Instant::now(),
            speed: speed.max(1e-3),
            stepped: Arc::default(),
            suspended: Arc::new(watch::Sender::new(false)),
        })
    }

    /// A clock on tokio's own time, for runtimes whose time is paused.
    pub fn virtual_from(epoch: DateTime<Utc>) -> Self {
        Self::scaled(epoch, 1.0)
    }

    /// The time now.
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            // Not `Utc::now`, which panics before 1970: a board without a battery starts there.
            Kind::Real => std::time::SystemTime::now().into(),
            Kind::Scaled {
                epoch,
                started,
                speed,
                stepped,
                ..
            } => {
                let passed = started.elapsed().mul_f64(*speed);
                let stepped = TimeDelta::milliseconds(stepped.load(Ordering::Relaxed));
                *epoch + TimeDelta::from_std(passed).unwrap_or(TimeDelta::MAX) + stepped
            }
        }
    }

    /// How long something has run on this machine, the time that it was suspended included: never goes
    /// back, and nothing that sets the wall clock moves it. Only differences mean something, and only
    /// within one process.
    ///
    /// A scaled clock gives what has passed since it was made, at its own speed; under tokio's paused
    /// time it stands still with it.
    pub fn steady(&self) -> Duration {
        match &self.0 {
            Kind::Real => since_boot(),
            Kind::Scaled { started, speed, .. } => started.elapsed().mul_f64(*speed),
        }
    }

    /// Sets this clock and its clones forward or back, as NTP or an administrator sets a machine's:
    /// sleeps that are under way do not notice. The machine's own clock is left alone.
    pub fn step(&self, by: TimeDelta) {
        if let Kind::Scaled { stepped, .. } = &self.0 {
            stepped.fetch_add(by.num_milliseconds(), Ordering::Relaxed);
        }
    }

    /// Suspends the machine of this clock and its clones, or lets it go on: time passes meanwhile, and nobody who
    /// waits for it notices before. The machine's own clock is left alone.
    pub fn suspend(&self, suspended: bool) {
        if let Kind::Scaled { suspended: is, .. } = &self.0 {
            is.send_replace(suspended);
        }
    }

    /// Waits for `duration` on this clock.
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(self.in_tokio_time(duration)).await;
        if let Kind::Scaled { suspended, .. } = &self.0 {
            let mut watched = suspended.subscribe();
            drop(watched.wait_for(|still| !still).await);
        }
    }

    /// Waits until `at` on this clock; returns at once when it has passed.
    pub async fn sleep_until(&self, at: DateTime<Utc>) {
        let left = (at - self.now()).to_std().unwrap_or_default();
        self.sleep(left).await;
    }

    /// Runs `work` for at most `limit` on this clock.
    ///
    /// # Errors
    /// [`Elapsed`] when the limit passed first; `work` is dropped.
    pub async fn timeout<T>(
        &self,
        limit: Duration,
        work: impl Future<Output = T>,
    ) -> Result<T, Elapsed> {
        tokio::select! {
            biased;
            done = work => Ok(done),
            // Also of work that is always busy: what it used up of its turn is not the limit's.
            () = tokio::task::coop::unconstrained(self.sleep(limit)) => Err(Elapsed(limit)),
        }
    }

    /// How much tokio time a duration of this clock takes.
    fn in_tokio_time(&self, duration: Duration) -> Duration {
        match &self.0 {
            Kind::Real => duration,
            Kind::Scaled { speed, .. } => duration.div_f64(*speed),
        }
    }
}

/// A process that was suspended for a minute has missed a minute: the boot clock counts it, where
/// `Instant` does not.
fn since_boot() -> Duration {
    let at = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let seconds = u64::try_from(at.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(at.tv_nsec).unwrap_or_default())
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Real => f.write_str("Clock::real"),
            Kind::Scaled { speed, .. } => write!(f, "Clock::scaled({speed}x)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone as _;

    use super::*;

    fn start() -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000, 0).unwrap()
    }

    #[test]
    fn a_clock_before_this_program_or_after_the_timetable_is_wrong() {
        let year = |year| Utc.with_ymd_and_hms(year, 7, 1, 0, 0, 0).unwrap();
        for wrong in [1901, 1969, 1970, 2019, 2100, 2106] {
            assert!(!plausible(year(wrong)), "{wrong}");
        }
        assert!(plausible(year(2026)) && plausible(year(2099)));
    }

    #[tokio::test(start_paused = true)]
    async fn the_steady_clock_passes_with_the_clock_and_is_not_set() {
        for speed in [1.0, 60.0] {
            let clock = Clock::scaled(start(), speed);
            let before = clock.steady();
            assert_eq!(clock.clone().steady(), before, "paused");
            clock.sleep(Duration::from_secs(90)).await;
            clock.step(TimeDelta::days(-400));
            let passed = clock.steady() - before;
            assert!(
                passed.abs_diff(Duration::from_secs(90)) < Duration::from_millis(100),
                "{passed:?} at {speed}"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn on_a_suspended_machine_time_passes_and_nobody_notices_before_it_goes_on() {
        let clock = Clock::virtual_from(start());
        let other = clock.clone();
        let (began, hung) = (clock.steady(), std::future::pending::<()>());
        let waits = async { clock.timeout(Duration::from_secs(5), hung).await };
        let world = async {
            other.suspend(true);
            // Not on the clock of the machine, which stands still.
            let outside = Clock::virtual_from(start());
            outside.sleep(Duration::from_secs(60)).await;
            other.suspend(false);
        };
        let (ended, ()) = futures_util::future::join(waits, world).await;
        assert_eq!(ended, Err(Elapsed(Duration::from_secs(5))));
        let noticed = (clock.steady() - began).as_secs();
        assert_eq!(noticed, 60);
    }

    #[tokio::test]
    async fn the_machines_steady_clock_runs_and_does_not_go_back() {
        let clock = Clock::real();
        let before = clock.steady();
        clock.sleep(Duration::from_millis(20)).await;
        let passed = clock.clone().steady().checked_sub(before);
        let passed = passed.expect("it never goes back");
        assert!(passed >= Duration::from_millis(15), "{passed:?}");
    }
}
