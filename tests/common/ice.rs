//! A machine that can be suspended in the middle of its process, while the others of its world go on: nothing of the
//! process is driven on meanwhile, and when it goes on it finds that time has passed.
//!
//! What its loop does is held by [`Ice::held`]; what is detached from it, and renews its lease, by its clock and at its
//! wire to the table ([`super::seam::Seam::sends`]). Whoever changes something at AWS is not held between the fence
//! and the wire: nothing could be done about that, and what was sent may always land.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use amiwatch::clock::Clock;
use tokio::sync::watch;

/// Whether a machine is suspended. Clones are one.
#[derive(Debug, Clone)]
pub(crate) struct Ice(Arc<watch::Sender<bool>>);

impl Ice {
    pub(crate) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    /// From now on everything stands still.
    pub(crate) fn freeze(&self) {
        self.0.send_replace(true);
    }

    /// It stands still no more, since there is nothing that could: its process is gone.
    pub(crate) fn melts(&self) {
        self.0.send_replace(false);
    }

    pub(crate) fn is_frozen(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is suspended.
    pub(crate) async fn until_frozen(&self) {
        drop(self.0.subscribe().wait_for(|frozen| *frozen).await);
    }

    /// Waits until it is not suspended: at once, mostly.
    pub(crate) async fn until_thawed(&self) {
        if self.is_frozen() {
            drop(self.0.subscribe().wait_for(|frozen| !*frozen).await);
        }
    }

    /// It goes on: `loop_first`, its loop before whatever renews its lease, else the other way round.
    pub(crate) async fn thaw(&self, clock: &Clock, loop_first: bool) {
        if loop_first {
            self.0.send_replace(false);
            moment().await;
            clock.suspend(false);
        } else {
            clock.suspend(false);
            moment().await;
            self.0.send_replace(false);
        }
    }

    /// Drives this on, but while everything stands still.
    pub(crate) async fn held<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            let step = poll_fn(|context| match self.is_frozen() {
                true => Poll::Ready(None),
                false => work.as_mut().poll(context).map(Some),
            });
            match step.await {
                Some(done) => return done,
                None => self.until_thawed().await,
            }
        }
    }
}

/// Whoever can go on does so.
async fn moment() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}
