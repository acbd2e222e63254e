//! Whether this process may change anything now: what a lease with a term leaves of the right to.
//!
//! Whoever renews the lease says until when it reaches, and every change is held against that just before the
//! wire ([`super::lane`]). It goes by the steady clock, which counts the time that a process was frozen, and
//! it reaches from the *sending* of the renewal: nobody else can have taken the lease before that is over.
//! Must not know what a lease is.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Clock;

/// The right to change something. Clones are one.
#[derive(Debug, Clone)]
pub struct Fence(Arc<Held>);

#[derive(Debug)]
struct Held {
    clock: Clock,
    reach: Mutex<Reach>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Nobody has said that it must be renewed.
    Open,
    /// Renewed by what was sent then, on the steady clock, and until when that reaches.
    Until {
        sent: Duration,
        end: Duration,
    },
    Closed,
}

impl Fence {
    /// One that lets everything pass, until somebody says otherwise.
    pub fn open(clock: &Clock) -> Self {
        Self(Arc::new(Held {
            clock: clock.clone(),
            reach: Mutex::new(Reach::Open),
        }))
    }

    /// From now on changes may pass until `lasts` after `sent`, which was read off the steady clock before the
    /// renewal was sent.
    pub fn renewed(&self, sent: Duration, lasts: Duration) {
        let end = sent + lasts;
        *self.reach() = Reach::Until { sent, end };
    }

    /// Nothing passes any more.
    pub fn close(&self) {
        *self.reach() = Reach::Closed;
    }

    /// What was held was given back: whoever changes something now does so without a lease.
    pub fn reopen(&self) {
        *self.reach() = Reach::Open;
    }

    /// Whether a change may go out now.
    pub fn may_change(&self) -> bool {
        match *self.reach() {
            Reach::Open => true,
            Reach::Until { end, .. } => self.0.clock.steady() < end,
            Reach::Closed => false,
        }
    }

    /// How long ago the renewal was sent by which changes pass; absent where none is needed or none holds.
    pub fn age(&self) -> Option<Duration> {
        match *self.reach() {
            Reach::Until { sent, .. } => Some(self.0.clock.steady().saturating_sub(sent)),
            Reach::Open | Reach::Closed => None,
        }
    }

    fn reach(&self) -> MutexGuard<'_, Reach> {
        // Each change is complete in itself, so a panic elsewhere leaves it whole.
        self.0.reach.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A change was not sent, because this process does not lead any more, or cannot tell.
#[derive(Debug, thiserror::Error)]
#[error(
    "not sent: this process could not renew its lease in time, and another one may lead by now"
)]
pub(super) struct Fenced;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_renewal_reaches_from_its_sending_and_not_from_its_answer() {
        let clock = Clock::virtual_from(chrono::DateTime::UNIX_EPOCH);
        let fence = Fence::open(&clock);
        assert!(fence.may_change() && fence.age().is_none());
        let sent = clock.steady();
        clock.sleep(Duration::from_secs(60)).await;
        fence.renewed(sent, Duration::from_secs(10));
        assert!(
            !fence.may_change(),
            "the process was frozen until its answer"
        );
        fence.renewed(clock.steady(), Duration::from_secs(10));
        clock.sleep(Duration::from_secs(9)).await;
        assert!(fence.clone().may_change());
        assert_eq!(fence.age().unwrap().as_secs(), 9);
        // What sets the wall clock moves nothing.
        clock.step(chrono::TimeDelta::minutes(-7));
        clock.sleep(Duration::from_secs(1)).await;
        assert!(!fence.may_change());
        fence.close();
        assert!(!fence.may_change() && fence.age().is_none());
        fence.reopen();
        assert!(fence.may_change());
    }
}
