//! Where a process can be stopped: before and after every commit, before and after every request.
//!
//! The points are numbered in the order in which they are passed, from 1. At the armed one the
//! future stays pending for ever and the harness is told; it then drops the whole process. Nothing
//! is simulated about the crash itself: what was not awaited to its end did not happen.

use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use amiwatch::store::{
    Batch, Holder, Lease, LeaseLosing, LeaseTaken, Record, Store, StoreAnswer, StoreError,
};
use chrono::{DateTime, Utc};
use serde_json::Value;
use tokio::sync::Notify;

use super::ice::Ice;
use super::mutant::{Memory, Mutant, recalled, stored};

/// The points of one life, and what happens at one of them.
pub(crate) struct Seam {
    state: Mutex<State>,
    meanwhile: Mutex<Option<Meanwhile>>,
    watcher: Mutex<Option<Watcher>>,
    stopped: Notify,
    ice: Ice,
    /// What stands still holds back requests here, and not only answers.
    holds_requests: bool,
    /// Nothing goes through any more, in either direction.
    cut: AtomicBool,
}

/// Is told the number of each point as it is passed.
type Watcher = Box<dyn FnMut(usize) + Send>;

/// What the world does at the first point whose description has this in it.
struct Meanwhile {
    on: &'static str,
    does: Box<dyn FnOnce() + Send>,
}

impl std::fmt::Debug for Seam {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.state.fmt(f)
    }
}

/// What happens where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Arm {
    #[default]
    Nowhere,
    /// The process is stopped at this point.
    StopAt(usize),
    /// The process is stopped at the first point whose description has this in it.
    StopOn(&'static str),
    /// The answer that arrives at this point, or the first one after it, is never given.
    HangAt(usize),
    /// From this point on the store refuses every commit.
    RefuseFrom(usize),
    /// The machine is suspended at this point.
    FreezeAt(usize),
    /// The machine is suspended with the so manieth transaction from now on its way.
    FreezeWriting(usize),
}

#[derive(Debug, Default)]
struct State {
    arm: Arm,
    count: usize,
    /// Absent: only counted, for lives of millions of points.
    names: Option<Vec<String>>,
}

impl State {
    fn counts_a_write(&mut self, what: Option<&str>) {
        let writes = what == Some("TransactWriteItems, never sent");
        if let Arm::FreezeWriting(left) = &mut self.arm
            && writes
        {
            *left = left.saturating_sub(1);
        }
    }
}

impl Seam {
    /// A seam at which nothing happens yet.
    pub(crate) fn new() -> Arc<Self> {
        Self::on(&Ice::new(), false)
    }

    /// The same on a machine that others can suspend; of its way to the table it `holds_requests` as well.
    pub(crate) fn on(ice: &Ice, holds_requests: bool) -> Arc<Self> {
        let names = Some(Vec::new());
        let state = State {
            names,
            ..State::default()
        };
        Arc::new(Self {
            state: Mutex::new(state),
            meanwhile: Mutex::new(None),
            watcher: Mutex::new(None),
            stopped: Notify::new(),
            ice: ice.clone(),
            holds_requests,
            cut: AtomicBool::new(false),
        })
    }

    /// Counts anew.
    pub(crate) fn arm(&self, arm: Arm) {
        self.set(arm, Some(Vec::new()));
    }

    /// Counts anew, without remembering what each point was.
    pub(crate) fn arm_quietly(&self, arm: Arm) {
        self.set(arm, None);
    }

    fn set(&self, arm: Arm, names: Option<Vec<String>>) {
        let count = 0;
        *self.state.lock().unwrap() = State { arm, count, names };
    }

    /// Something happens in the world when the first point of this description is passed; counts anew.
    pub(crate) fn meanwhile(&self, on: &'static str, does: impl FnOnce() + Send + 'static) {
        self.arm(Arm::Nowhere);
        let does = Box::new(does);
        *self.meanwhile.lock().unwrap() = Some(Meanwhile { on, does });
    }

    /// It has not happened: the point was not passed.
    pub(crate) fn still_waits(&self) -> bool {
        self.meanwhile.lock().unwrap().is_some()
    }

    /// Counts anew, and nothing happens but that somebody watches each point.
    pub(crate) fn watch(&self, watcher: impl FnMut(usize) + Send + 'static) {
        self.arm(Arm::Nowhere);
        *self.watcher.lock().unwrap() = Some(Box::new(watcher));
    }

    fn watched(&self, at: usize) {
        if let Some(watcher) = &mut *self.watcher.lock().unwrap() {
            watcher(at);
        }
    }

    fn happens(&self, what: &str) {
        let mut meanwhile = self.meanwhile.lock().unwrap();
        if let Some(one) = meanwhile.take_if(|one| what.contains(one.on)) {
            drop(meanwhile);
            (one.does)();
        }
    }

    /// The points that were passed since the arming.
    pub(crate) fn passed(&self) -> Vec<String> {
        self.state.lock().unwrap().names.clone().unwrap_or_default()
    }

    /// Ends when the process is to be stopped.
    pub(crate) async fn stopped(&self) {
        self.stopped.notified().await;
    }

    /// Passes one point on the way to the store, or never returns.
    pub(crate) async fn point(&self, what: impl FnOnce() -> String) {
        if self.passes(what).0 {
            self.stopped.notify_one();
            pending::<()>().await;
        }
        self.ice.until_thawed().await;
    }

    /// From now on nothing goes through, or everything again; what was lost stays so.
    pub(crate) fn cut(&self, cut: bool) {
        self.cut.store(cut, Ordering::Relaxed);
    }

    /// Before a request goes out.
    pub(crate) async fn sends(&self) {
        if self.holds_requests {
            self.ice.until_thawed().await;
        }
        self.goes_through().await;
    }

    /// Before an answer comes in.
    pub(crate) async fn hears(&self) {
        self.goes_through().await;
        self.ice.until_thawed().await;
    }

    async fn goes_through(&self) {
        if self.cut.load(Ordering::Relaxed) {
            pending::<()>().await;
        }
    }

    /// Passes one point on the way to AWS, or never returns; here answers can fail to come.
    pub(crate) async fn point_out(&self, what: impl FnOnce() -> String) {
        let (stops, hangs) = self.passes(what);
        if stops {
            self.stopped.notify_one();
        }
        if stops || hangs {
            self.hung();
            pending::<()>().await;
        }
    }

    /// One answer that never comes is enough.
    fn hung(&self) {
        let mut state = self.state.lock().unwrap();
        if matches!(state.arm, Arm::HangAt(_)) {
            state.arm = Arm::Nowhere;
        }
    }

    /// Counts one point; whether the process stops here, and whether an answer would not come.
    fn passes(&self, what: impl FnOnce() -> String) -> (bool, bool) {
        let mut state = self.state.lock().unwrap();
        state.count += 1;
        let at = state.count;
        let named = state.names.is_some() || matches!(state.arm, Arm::FreezeWriting(_));
        let what = named.then(what);
        state.counts_a_write(what.as_deref());
        if let Some(what) = &what {
            self.happens(what);
        }
        if let (Some(names), Some(what)) = (&mut state.names, &what) {
            names.push(what.clone());
        }
        let arm = state.arm;
        drop(state);
        self.watched(at);
        match arm {
            Arm::StopAt(stop) => (stop == at, false),
            Arm::StopOn(on) => (what.is_some_and(|what| what.contains(on)), false),
            Arm::HangAt(hang) => (false, at >= hang),
            Arm::FreezeAt(freeze) => {
                if freeze == at {
                    self.ice.freeze();
                }
                (false, false)
            }
            Arm::FreezeWriting(0) => {
                self.arm_quietly(Arm::Nowhere);
                self.ice.freeze();
                (false, false)
            }
            Arm::Nowhere | Arm::RefuseFrom(_) | Arm::FreezeWriting(_) => (false, false),
        }
    }

    /// Commits are refused by now, and will be as long as the process lives.
    pub(crate) fn refuses(&self) -> bool {
        let state = self.state.lock().unwrap();
        matches!(state.arm, Arm::RefuseFrom(from) if state.count >= from)
    }
}

/// A store whose commits can be the last thing that a process did, or almost did.
pub(crate) struct SeamedStore<S> {
    pub(crate) inner: S,
    pub(crate) seam: Arc<Seam>,
    /// A deliberate bug.
    pub(crate) mutant: Option<Mutant>,
    pub(crate) memory: Memory,
    /// When the process began.
    pub(crate) began: DateTime<Utc>,
}

impl<S: Store> Store for SeamedStore<S> {
    fn get<'a>(&'a self, key: &'a str) -> StoreAnswer<'a, Option<Record>> {
        let record = self.inner.get(key);
        match self.mutant {
            None => record,
            mutant => Box::pin(async move {
                let record = record.await?;
                Ok(record.map(|record| recalled(mutant, self.began, record)))
            }),
        }
    }

    fn query<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> StoreAnswer<'a, Vec<Record>> {
        self.inner.query(prefix, after, limit)
    }

    fn journal<'a>(&'a self, name: &'a str) -> StoreAnswer<'a, Vec<Value>> {
        self.inner.journal(name)
    }

    fn commit(&self, batch: Batch) -> StoreAnswer<'_, ()> {
        let batches = match self.mutant {
            None => vec![batch],
            Some(mutant) => stored(mutant, &self.memory, batch),
        };
        Box::pin(async move {
            for batch in batches {
                self.commit_one(batch).await?;
            }
            Ok(())
        })
    }

    fn take<'a>(&'a self, name: &'a str, me: &'a str) -> StoreAnswer<'a, LeaseTaken> {
        self.inner.take(name, me)
    }

    fn renew<'a>(&'a self, name: &'a str, lease: Lease) -> StoreAnswer<'a, ()> {
        self.inner.renew(name, lease)
    }

    fn release<'a>(&'a self, name: &'a str, lease: Lease) -> StoreAnswer<'a, ()> {
        self.inner.release(name, lease)
    }

    fn holder<'a>(&'a self, name: &'a str) -> StoreAnswer<'a, Option<Holder>> {
        self.inner.holder(name)
    }

    fn lost<'a>(&'a self, name: &'a str, lease: Lease) -> LeaseLosing<'a> {
        self.inner.lost(name, lease)
    }
}

impl<S: Store> SeamedStore<S> {
    async fn commit_one(&self, batch: Batch) -> Result<(), StoreError> {
        let words = batch.clone();
        let what = || first_words(&words);
        self.seam
            .point(|| format!("before commit {}", what()))
            .await;
        let answer = match self.seam.refuses() {
            true => Err(full()),
            false => self.inner.commit(batch).await,
        };
        self.seam.point(|| format!("after commit {}", what())).await;
        answer
    }
}

fn full() -> StoreError {
    StoreError::Failed {
        place: "the store of this life".to_owned(),
        doing: "write",
        advice: "there is no room left",
        source: "the disk is full".into(),
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
        Op::Expect { key, .. } => format!("expect {key:.12}"),
        Op::Shorten { journal, .. } => format!("shorten {journal:.12}"),
        Op::CheckLease { .. } => "lease".to_owned(),
    });
    words.collect::<Vec<_>>().join(", ")
}
