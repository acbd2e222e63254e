//! What every store must hold of leases: who has one, who is told to wait, what a stale one guards.

use std::time::Duration;

use super::{Engine, put, value};
use crate::store::{Batch, DRIVER, Holder, Lease, LeaseTaken, Op, Store, StoreError};

pub(super) async fn taken(store: &dyn Store, me: &str) -> Lease {
    let taken = store.take(DRIVER, me).await.unwrap();
    taken.mine().expect("the lease is free")
}

pub(super) fn called(who: &str) -> Option<Holder> {
    let who = Some(who.to_owned());
    Some(Holder { who })
}

/// Whether a batch under this lease is applied.
async fn guards(store: &dyn Store, lease: Lease, key: &str) -> bool {
    let epoch = lease.epoch;
    let guarded = Batch::of_ops(vec![Op::CheckLease { epoch }, put(key, 0, 1)]);
    match store.commit(guarded).await {
        Ok(()) => true,
        Err(StoreError::LeaseLost) => {
            assert_eq!(value(store, key).await, None, "half a batch");
            false
        }
        other => panic!("{other:?}"),
    }
}

pub(super) async fn one_has_the_lease_and_others_are_told_when_to_ask_again(engine: &impl Engine) {
    let (one, other) = (engine.process(), engine.process());
    let lease = taken(&*one, "one").await;
    let refused = other.take(DRIVER, "other").await.unwrap();
    let LeaseTaken::Other { again_in } = refused else {
        panic!("two drive: {refused:?}");
    };
    assert!(again_in > Duration::ZERO && again_in <= Duration::from_secs(60));
    // Nor does one process have it under two names.
    let refused = one.take(DRIVER, "another task").await.unwrap();
    assert_eq!(refused.mine(), None);
    assert!(guards(&*one, lease, "a").await);
    one.renew(DRIVER, lease).await.unwrap();
    assert!(guards(&*one, lease, "b").await);
}

pub(super) async fn a_lease_that_was_taken_again_guards_nothing_any_more(engine: &impl Engine) {
    let store = engine.process();
    let store = &*store;
    let first = taken(store, "me").await;
    let second = taken(store, "me").await;
    assert!(second.epoch > first.epoch);
    assert!(!guards(store, first, "a").await);
    assert!(guards(store, second, "a").await);
    for stale in [
        store.renew(DRIVER, first).await,
        store.release(DRIVER, first).await,
    ] {
        assert!(matches!(stale, Err(StoreError::LeaseLost)), "{stale:?}");
    }
    assert!(guards(store, second, "b").await, "it is still ours");
}

pub(super) async fn a_lease_is_given_back_by_who_has_it(engine: &impl Engine) {
    let (one, other) = (engine.process(), engine.process());
    let lease = taken(&*one, "one").await;
    let borrowed = other.release(DRIVER, lease).await;
    assert!(
        matches!(borrowed, Err(StoreError::LeaseLost)),
        "{borrowed:?}"
    );
    one.release(DRIVER, lease).await.unwrap();
    assert!(!guards(&*one, lease, "a").await, "before anybody took it");
    let again = one.renew(DRIVER, lease).await;
    assert!(matches!(again, Err(StoreError::LeaseLost)), "{again:?}");
    let next = taken(&*other, "other").await;
    assert!(next.epoch > lease.epoch);
    assert!(guards(&*other, next, "a").await);
    assert!(!guards(&*one, lease, "b").await);
}

pub(super) async fn asking_who_has_the_lease_takes_nothing(engine: &impl Engine) {
    let (one, other) = (engine.process(), engine.process());
    assert_eq!(
        other.holder(DRIVER).await.unwrap(),
        None,
        "nobody ever had it"
    );
    assert_eq!(one.holder(DRIVER).await.unwrap(), None);
    let lease = taken(&*one, "one").await;
    for _ in 0..3 {
        assert_eq!(one.holder(DRIVER).await.unwrap(), called("one"));
        assert_eq!(other.holder(DRIVER).await.unwrap(), called("one"));
    }
    assert!(guards(&*one, lease, "a").await, "asking took it");
    one.release(DRIVER, lease).await.unwrap();
    assert_eq!(one.holder(DRIVER).await.unwrap(), None);
    assert_eq!(other.holder(DRIVER).await.unwrap(), None);
    // Asking is in nobody's way.
    taken(&*other, "other").await;
    assert_eq!(one.holder(DRIVER).await.unwrap(), called("other"));
}

pub(super) async fn the_lease_of_a_process_that_is_gone_is_free(engine: &impl Engine) {
    let (one, other) = (engine.process(), engine.process());
    let lease = taken(&*one, "one").await;
    drop(one);
    engine.until_noticed(&*other).await;
    assert_eq!(other.holder(DRIVER).await.unwrap(), None);
    let next = taken(&*other, "other").await;
    assert!(!guards(&*other, lease, "a").await);
    assert!(guards(&*other, next, "a").await);
}
