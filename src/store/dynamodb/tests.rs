//! What is DynamoDB's alone: pages, lost answers, throttles, conflicts, and leases that nobody gives back.

use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use futures_util::future::join_all;
use serde_json::json;
use sim::{Account, FaultKind, FaultRule, SimClock, Timing, When};

use super::{DynamoStore, RENEW_EVERY, TERM};
use crate::clock::Clock;
use crate::cloud::{ByHand, Connection, Fence, Identity, Table};
use crate::store::{Batch, DRIVER, Lease, Op, Store, StoreError};

const WRITES: &str = "dynamodb:TransactWriteItems";

/// An account with a table in it, and processes that share it.
pub(in crate::store) struct InTable {
    pub(in crate::store) account: Account,
    clock: Clock,
}

/// One process: its store, and the fence before everything else that it changes.
pub(in crate::store) struct Process {
    pub(in crate::store) store: DynamoStore,
    fence: Fence,
}

impl InTable {
    pub(in crate::store) async fn new() -> Self {
        let clock = Clock::virtual_from(DateTime::UNIX_EPOCH + TimeDelta::days(20_000));
        let read = clock.clone();
        let account = Account::new(SimClock::new(move || read.now()));
        account.set_timing(Timing::instant());
        let made = Self { account, clock };
        let table = made.table(&made.clock);
        table.create(&Default::default()).await.unwrap();
        made
    }

    fn table(&self, clock: &Clock) -> Table {
        let parts = ByHand {
            http: self.account.connector_on_tokio(),
            region: "eu-west-1".into(),
            access_key_id: "AMIWATCH".into(),
            secret_access_key: "simulated".into(),
            endpoint: None,
            in_flight_max: None,
        };
        let cloud = Connection::by_hand(parts, clock).cloud(&Identity::Own, None);
        Table::new(cloud.unwrap(), "amiwatch")
    }

    pub(in crate::store) fn one(&self) -> Process {
        self.with_clock(&self.clock)
    }

    /// A process on a machine whose clock is off by this much.
    fn off_by(&self, minutes: i64) -> Process {
        let clock = Clock::virtual_from(self.clock.now() + TimeDelta::minutes(minutes));
        self.with_clock(&clock)
    }

    fn with_clock(&self, clock: &Clock) -> Process {
        let fence = Fence::open(clock);
        let store = DynamoStore::new(self.table(clock), &fence, "a process");
        Process { store, fence }
    }

    /// Each call takes a while, and what one transaction touches is another's conflict for so long.
    fn slow(&self) {
        let latency = Duration::from_millis(20);
        self.account.set_timing(Timing {
            latency,
            ..Timing::instant()
        });
    }

    fn strike(&self, kind: FaultKind, when: When, times: u32) {
        self.account
            .fault(FaultRule::new(kind).on(WRITES).when(when).times(times));
    }

    /// Waits until the process counts this lease's holder as gone, as it does who keeps asking.
    pub(in crate::store) async fn watched_by(&self, store: &dyn Store) {
        store.holder(DRIVER).await.unwrap();
        self.clock.sleep(TERM + Duration::from_secs(1)).await;
    }

    async fn sleep(&self, seconds: u64) {
        self.clock.sleep(Duration::from_secs(seconds)).await;
    }
}

async fn leads(process: &Process) -> Option<Lease> {
    process.store.take(DRIVER, "me").await.unwrap().mine()
}

fn put(key: &str, expected: u64, value: serde_json::Value) -> Op {
    let key = key.to_owned();
    Op::CompareAndSet {
        key,
        expected,
        value,
    }
}

fn append(expected: u64) -> Op {
    let journal = "j".to_owned();
    Op::Append {
        journal,
        expected,
        event: json!(expected),
    }
}

fn custom(code: &str, message: &str) -> FaultKind {
    FaultKind::Custom {
        code: code.to_owned(),
        status: 400,
        message: message.to_owned(),
    }
}

#[tokio::test(start_paused = true)]
async fn reads_go_on_past_a_megabyte() {
    let here = InTable::new().await;
    let store = here.one().store;
    let large = json!("x".repeat(60_000));
    for n in 0..100 {
        let event = Op::Append {
            journal: "j".into(),
            expected: n,
            event: large.clone(),
        };
        let batch = vec![put(&format!("p/{n:03}"), 0, large.clone()), event];
        store.commit(Batch::of_ops(batch)).await.unwrap();
    }
    assert_eq!(store.journal("j").await.unwrap().len(), 100);
    let all = store.query("p/", None, usize::MAX).await.unwrap();
    let keys: Vec<_> = all.iter().map(|record| record.key.clone()).collect();
    assert_eq!(
        keys,
        (0..100).map(|n| format!("p/{n:03}")).collect::<Vec<_>>()
    );
    assert!(all.iter().all(|record| record.value == large));
    // And from the middle of it, across a page's end.
    let rest = store.query("p/", Some("p/010"), 40).await.unwrap();
    assert_eq!(
        (rest.len(), &*rest[0].key, &*rest[39].key),
        (40, "p/011", "p/050")
    );
    assert_eq!(store.query("p", None, usize::MAX).await.unwrap().len(), 100);
}

#[tokio::test(start_paused = true)]
async fn whatever_becomes_of_an_answer_it_is_written_once() {
    let cancelled = |reasons| custom("TransactionCanceledException", reasons);
    for kind in [
        FaultKind::TimeoutBeforeEffect,
        FaultKind::TimeoutAfterEffect,
        FaultKind::DropBeforeEffect,
        FaultKind::DropAfterEffect,
        FaultKind::ErrorAfterEffect,
        FaultKind::Http5xx,
        FaultKind::Throttle,
        custom("ProvisionedThroughputExceededException", "too often"),
        custom("TransactionInProgressException", "wait"),
        cancelled("[TransactionConflict, None]"),
        cancelled("[None, ThrottlingError]"),
    ] {
        let here = InTable::new().await;
        let store = here.one().store;
        let word = format!("{kind:?}");
        here.strike(kind, When::Every, 3);
        for n in 0..3 {
            let batch = Batch::of_ops(vec![put("a", n, json!(n)), append(n)]);
            store
                .commit(batch)
                .await
                .unwrap_or_else(|error| panic!("{word}: {error}"));
        }
        assert_eq!(store.get("a").await.unwrap().unwrap().version, 3, "{word}");
        assert_eq!(store.journal("j").await.unwrap(), [0, 1, 2], "{word}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_settled_is_said_and_not_tried_for_ever() {
    for (kind, says) in [
        (FaultKind::Throttle, "asked too much"),
        (FaultKind::TimeoutAfterEffect, "look at the table's metrics"),
        (FaultKind::Denied, "deploy/iam/store.json"),
    ] {
        let here = InTable::new().await;
        let store = here.one().store;
        here.account.fault(FaultRule::new(kind).on(WRITES));
        let began = here.clock.now();
        let refused = store
            .commit(Batch::of_ops(vec![append(0)]))
            .await
            .unwrap_err();
        assert!(refused.to_string().contains(says), "{refused}");
        assert!(here.clock.now() - began <= TimeDelta::seconds(36), "{says}");
    }
    // No table.
    let here = InTable::new().await;
    let other = Table::new(here.table(&here.clock).cloud().clone(), "another");
    let store = DynamoStore::new(other, &Fence::open(&here.clock), "a process");
    let refused = store.get("a").await.unwrap_err().to_string();
    assert!(refused.contains("amiwatch store init"), "{refused}");
}

/// DynamoDB knows a token for ten minutes; one made of the content would swallow the second of these.
#[tokio::test(start_paused = true)]
async fn the_same_may_be_written_twice() {
    let here = InTable::new().await;
    let store = here.one().store;
    for _ in 0..2 {
        store
            .commit(Batch::of_ops(vec![put("a", 0, json!(1))]))
            .await
            .unwrap();
        assert!(store.get("a").await.unwrap().is_some());
        let key = "a".to_owned();
        store
            .commit(Batch::of_ops(vec![Op::Delete { key, expected: 1 }]))
            .await
            .unwrap();
        assert!(store.get("a").await.unwrap().is_none());
    }
}

/// Adds one, again and again while others were faster; how often they were.
pub(in crate::store) async fn counts_up(store: &dyn Store, times: u64) -> u64 {
    let mut conflicts = 0;
    for _ in 0..times {
        loop {
            let now = store.get("sum").await.unwrap();
            let (version, sum) =
                now.map_or((0, 0), |now| (now.version, now.value.as_u64().unwrap()));
            let both = vec![put("sum", version, json!(sum + 1)), append(sum)];
            match store.commit(Batch::of_ops(both)).await {
                Ok(()) => break,
                Err(StoreError::Conflict { .. }) => conflicts += 1,
                Err(other) => panic!("{other}"),
            }
        }
    }
    conflicts
}

#[tokio::test(start_paused = true)]
async fn processes_that_race_lose_no_write_and_repeat_none() {
    let here = InTable::new().await;
    here.slow();
    here.account.fault(
        FaultRule::new(FaultKind::DropAfterEffect)
            .on(WRITES)
            .when(When::Chance { p: 0.1, seed: 7 }),
    );
    let processes: Vec<_> = (0..4).map(|n| here.off_by(3 * n - 5)).collect();
    let conflicts = join_all(processes.iter().map(|one| counts_up(&one.store, 25))).await;
    let sum = processes[0].store.get("sum").await.unwrap().unwrap();
    assert_eq!((sum.version, sum.value), (100, json!(100)));
    let events = processes[3].store.journal("j").await.unwrap();
    assert_eq!(events, (0..100).map(|n| json!(n)).collect::<Vec<_>>());
    assert!(
        conflicts.iter().sum::<u64>() > 10,
        "they raced: {conflicts:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_lease_is_renewed_beside_whatever_is_done_under_it() {
    let here = InTable::new().await;
    let (one, other) = (here.one(), here.off_by(9));
    let lease = leads(&one).await.unwrap();
    assert_eq!(lease.term, Some(TERM));
    // A batch that hangs holds up other batches, and not the renewals.
    let _hangs = one.store.shared.turn.lock().await;
    for _ in 0..20 {
        assert_eq!(leads(&other).await, None);
        here.sleep(3).await;
        assert!(one.fence.may_change());
        assert!(one.fence.age().unwrap() <= RENEW_EVERY);
    }
}

#[tokio::test(start_paused = true)]
async fn who_cannot_renew_stops_before_anybody_takes_over() {
    let here = InTable::new().await;
    let (one, other) = (here.one(), here.off_by(-7));
    let lease = leads(&one).await.unwrap();
    assert_eq!(leads(&other).await, None);
    // No write comes through from now on; reads do.
    let began = here.clock.now();
    here.account
        .fault(FaultRule::new(FaultKind::TimeoutBeforeEffect).on(WRITES));
    one.store.lost(DRIVER, lease).await;
    let after = (here.clock.now() - began).num_milliseconds();
    assert!((6_000..=10_000).contains(&after), "{after} ms");
    assert!(!one.fence.may_change());
    let guarded = vec![Op::CheckLease { epoch: lease.epoch }, append(0)];
    here.account.clear_faults();
    while leads(&other).await.is_none() {
        here.sleep(1).await;
    }
    let taken = (here.clock.now() - began).num_milliseconds();
    assert!(
        (after + 1_000..=20_000).contains(&taken),
        "taken over after {taken} ms"
    );
    let refused = one.store.commit(Batch::of_ops(guarded)).await;
    assert!(matches!(refused, Err(StoreError::LeaseLost)), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn a_lease_whose_term_is_over_writes_nothing_though_nobody_else_has_it() {
    let here = InTable::new().await;
    let one = here.one();
    let lease = leads(&one).await.unwrap();
    here.account
        .fault(FaultRule::new(FaultKind::Http5xx).on(WRITES));
    here.sleep(30).await;
    here.account.clear_faults();
    let guarded = vec![Op::CheckLease { epoch: lease.epoch }, append(0)];
    // Its epoch is still the table's; what holds it back is that it does not have the lease any more.
    assert!(!one.fence.may_change());
    let renewed = one.store.renew(DRIVER, lease).await;
    assert!(matches!(renewed, Err(StoreError::LeaseLost)), "{renewed:?}");
    assert_eq!(leads(&one).await, None, "it waits like everybody");
    here.sleep(16).await;
    let next = leads(&one).await.unwrap();
    assert!(next.epoch > lease.epoch && one.fence.may_change());
    let refused = one.store.commit(Batch::of_ops(guarded)).await;
    assert!(matches!(refused, Err(StoreError::LeaseLost)), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn a_holder_that_is_gone_is_followed_within_30_s_and_a_clean_end_within_2_s() {
    let here = InTable::new().await;
    here.slow();
    let other = here.one();
    for round in 0..10_u64 {
        let one = here.one();
        let lease = loop {
            if let Some(lease) = leads(&one).await {
                break lease;
            }
            here.sleep(1).await;
        };
        assert_eq!(leads(&other).await, None);
        here.sleep(round).await;
        let (clean, began) = (round % 2 == 0, here.clock.now());
        if clean {
            one.store.release(DRIVER, lease).await.unwrap();
        }
        drop(one);
        let next = loop {
            if let Some(lease) = leads(&other).await {
                break lease;
            }
            here.sleep(1).await;
        };
        let took = (here.clock.now() - began).num_milliseconds();
        let within = if clean { 0..=2_000 } else { 10_000..=30_000 };
        assert!(within.contains(&took), "{took} ms, clean: {clean}");
        other.store.release(DRIVER, next).await.unwrap();
    }
}
