//! Where a process can be stopped: before and after every commit, before and after every request.
//!
//! The points are numbered in the order in which they are passed, from 1. At the armed one the
//! future stays pending for ever and the harness is told; it then drops the whole process. Nothing
//! is simulated about the crash itself: what was not awaited to its end did not happen.

use std::future::pending;
use std::sync::{Arc, Mutex};

use amiwatch::store::{Answer, Batch, Lease, Record, Store};
use serde_json::Value;
use tokio::sync::Notify;

/// The points of one life, and the one at which it ends.
#[derive(Debug, Default)]
pub(crate) struct Seam {
    state: Mutex<State>,
    stopped: Notify,
}

#[derive(Debug, Default)]
struct State {
    stop_at: Option<usize>,
    /// The first point whose description has this in it stops too.
    stop_on: Option<&'static str>,
    /// What each point was, the first one first.
    passed: Vec<String>,
}

impl Seam {
    /// A seam at which nothing is stopped yet.
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Counts anew, and stops at this point; none: nowhere.
    pub(crate) fn arm(&self, stop_at: Option<usize>) {
        *self.state.lock().unwrap() = State {
            stop_at,
            ..State::default()
        };
    }

    /// Counts anew, and stops at the first point whose description has this in it.
    pub(crate) fn arm_on(&self, what: &'static str) {
        *self.state.lock().unwrap() = State {
            stop_on: Some(what),
            ..State::default()
        };
    }

    /// The points that were passed since the arming.
    pub(crate) fn passed(&self) -> Vec<String> {
        self.state.lock().unwrap().passed.clone()
    }

    /// Ends when the armed point is reached.
    pub(crate) async fn stopped(&self) {
        self.stopped.notified().await;
    }

    /// Passes one point, or never returns.
    pub(crate) async fn point(&self, what: String) {
        let stops = {
            let mut state = self.state.lock().unwrap();
            let named = state.stop_on.is_some_and(|on| what.contains(on));
            state.passed.push(what);
            named || state.stop_at == Some(state.passed.len())
        };
        if stops {
            self.stopped.notify_one();
            pending::<()>().await;
        }
    }
}

/// A store whose commits can be the last thing that a process did, or almost did.
pub(crate) struct SeamedStore<S> {
    pub(crate) inner: S,
    pub(crate) seam: Arc<Seam>,
}

impl<S: Store> Store for SeamedStore<S> {
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Record>> {
        self.inner.get(key)
    }

    fn query<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> Answer<'a, Vec<Record>> {
        self.inner.query(prefix, after, limit)
    }

    fn journal<'a>(&'a self, name: &'a str) -> Answer<'a, Vec<Value>> {
        self.inner.journal(name)
    }

    fn commit(&self, batch: Batch) -> Answer<'_, ()> {
        Box::pin(async move {
            let what = format!("commit {}", first_words(&batch));
            self.seam.point(format!("before {what}")).await;
            let answer = self.inner.commit(batch).await;
            self.seam.point(format!("after {what}")).await;
            answer
        })
    }

    fn take_lease(&self) -> Answer<'_, Option<Lease>> {
        self.inner.take_lease()
    }
}

/// Enough of a batch to know it again: its operations without their values.
fn first_words(batch: &Batch) -> String {
    use amiwatch::store::Op;
    let words = batch.ops().iter().map(|op| match op {
        Op::Append {
            expected, event, ..
        } => {
            let word = |name: &str| event[name].as_str().unwrap_or_default();
            format!("append {expected} {} {}", word("event"), word("step"))
        }
        Op::PutIfAbsent { key, .. } | Op::CompareAndSet { key, .. } => format!("put {key:.12}"),
        Op::Delete { key, .. } => format!("delete {key:.12}"),
        Op::CheckLease { .. } => "lease".to_owned(),
    });
    words.collect::<Vec<_>>().join(", ")
}
