//! What is remembered of moves, by environment: the last one, what it can be taken back to, who has the
//! environment in hand; and of a watch: which of its images are to be marked as quarantined.
//!
//! Keys: `moves/<target>` holds [`TargetMoves`]; `moving/<target>` a [`MovingClaim`], for as long as a
//! move is under way; `rollout/<account>/<region>/<watch>` a [`RolloutMemory`], whose version every
//! change of the watch's rollout raises, so that what was decided from an older one is not begun.

use std::collections::BTreeSet;

use serde_json::json;

use super::records::{Versioned, all_records, decode_record, read_or_empty, versioned};
use super::{Op, Store, StoreError};
use crate::model::ids::{AccountId, Scope, TargetId, WatchName};
use crate::model::rollout::{MovingClaim, TargetMoves};
use crate::model::rollout_memory::RolloutMemory;

const MOVES: &str = "moves/";
const MOVING: &str = "moving/";
const ROLLOUT: &str = "rollout/";

/// What is remembered of an environment's moves; empty when nothing is.
///
/// # Errors
/// When the store cannot be read.
pub async fn target_moves(
    store: &dyn Store,
    target: &TargetId,
) -> Result<Versioned<TargetMoves>, StoreError> {
    read_or_empty(store, &format!("{MOVES}{}", target.key())).await
}

/// What is remembered of the moves of each environment of an account and region, each by itself: a record that
/// makes no sense is an error of its own.
///
/// # Errors
/// When the store cannot be read.
pub async fn each_moved_target(
    store: &dyn Store,
    scope: &Scope,
) -> Result<Vec<Result<(TargetId, TargetMoves), StoreError>>, StoreError> {
    let prefix = format!("{MOVES}{scope}/");
    let records = all_records(store, &prefix).await?.into_iter();
    let moved = records.filter_map(|record| {
        // Neither an application's name nor an environment's holds a slash.
        let (application, environment) = record.key[prefix.len()..].split_once('/')?;
        let target = TargetId {
            scope: scope.clone(),
            application: application.to_owned(),
            environment: environment.to_owned(),
        };
        Some(decode_record(record).map(|moves| (target, moves)))
    });
    Ok(moved.collect())
}

/// The same of every account, in the region of `home`: an image is moved to in other accounts under its own id.
///
/// # Errors
/// When the store cannot be read.
pub async fn each_moved_in_region(
    store: &dyn Store,
    home: &Scope,
) -> Result<Vec<Result<(TargetId, TargetMoves), StoreError>>, StoreError> {
    let records = all_records(store, MOVES).await?;
    let accounts = records.iter().filter_map(|record| {
        let mut parts = record.key[MOVES.len()..].split('/');
        let (account, region) = (parts.next()?, parts.next()?);
        (region == home.region.as_str()).then(|| AccountId::from(account))
    });
    let accounts: BTreeSet<AccountId> = accounts.collect();
    let mut moved = Vec::new();
    for account in accounts {
        let scope = Scope {
            account,
            ..home.clone()
        };
        moved.extend(each_moved_target(store, &scope).await?);
    }
    Ok(moved)
}

/// The write that replaces what is remembered of an environment's moves, unless somebody else did.
pub fn put_target_moves(target: &TargetId, moves: &Versioned<TargetMoves>) -> Op {
    Op::CompareAndSet {
        key: format!("{MOVES}{}", target.key()),
        expected: moves.version,
        value: json!(moves.value),
    }
}

/// Who has an environment in hand now.
///
/// # Errors
/// When the store cannot be read.
pub async fn moving(
    store: &dyn Store,
    target: &TargetId,
) -> Result<Option<Versioned<MovingClaim>>, StoreError> {
    let record = store.get(&format!("{MOVING}{}", target.key())).await?;
    record.map(versioned).transpose()
}

/// Whether a move has an environment of the watch in hand, by the claims that make sense.
///
/// # Errors
/// When the store cannot be read.
pub async fn any_moving_of(store: &dyn Store, watch: &WatchName) -> Result<bool, StoreError> {
    let claims = all_records(store, MOVING).await?.into_iter();
    let mut readable = claims.filter_map(|record| decode_record::<MovingClaim>(record).ok());
    Ok(readable.any(|claim| claim.watch == *watch))
}

/// The write that takes an environment in hand, over the claim that was read (version 0: none).
pub fn claim_target(target: &TargetId, expected: u64, claim: &MovingClaim) -> Op {
    Op::CompareAndSet {
        key: format!("{MOVING}{}", target.key()),
        expected,
        value: json!(claim),
    }
}

/// The write that gives an environment free.
pub fn free_target(target: &TargetId, expected: u64) -> Op {
    Op::Delete {
        key: format!("{MOVING}{}", target.key()),
        expected,
    }
}

/// What is remembered of a watch's rollout; empty when nothing is.
///
/// # Errors
/// When the store cannot be read.
pub async fn rollout(
    store: &dyn Store,
    scope: &Scope,
    watch: &WatchName,
) -> Result<Versioned<RolloutMemory>, StoreError> {
    let mut memory: Versioned<RolloutMemory> =
        read_or_empty(store, &rollout_key(scope, watch)).await?;
    memory.value.place_names(&scope.to_string());
    Ok(memory)
}

/// The write that replaces what is remembered of a watch's rollout, unless somebody else did.
pub fn put_rollout(scope: &Scope, watch: &WatchName, memory: &Versioned<RolloutMemory>) -> Op {
    Op::CompareAndSet {
        key: rollout_key(scope, watch),
        expected: memory.version,
        value: json!(memory.value),
    }
}

/// The read-only part of a batch that was decided from this version of the watch's rollout.
pub fn expect_rollout(scope: &Scope, watch: &WatchName, version: u64) -> Op {
    Op::Expect {
        key: rollout_key(scope, watch),
        version,
    }
}

/// What is remembered of one watch's rollout, in one account and region.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedRollout {
    /// `<account>/<region>/<watch>`
    pub name: String,
    pub memory: Versioned<RolloutMemory>,
}

/// What is remembered of every watch's rollout, each by itself: one that makes no sense is an error of
/// its own.
///
/// # Errors
/// When the store cannot be read.
pub async fn each_rollout(
    store: &dyn Store,
) -> Result<Vec<Result<NamedRollout, StoreError>>, StoreError> {
    let records = all_records(store, ROLLOUT).await?.into_iter();
    let named = records.map(|record| {
        let name = record.key[ROLLOUT.len()..].to_owned();
        let mut memory: Versioned<RolloutMemory> = versioned(record)?;
        if let Some((place, _)) = name.rsplit_once('/') {
            memory.value.place_names(place);
        }
        Ok(NamedRollout { name, memory })
    });
    Ok(named.collect())
}

/// The write that replaces it, unless somebody else did.
pub fn put_named_rollout(rollout: &NamedRollout) -> Op {
    Op::CompareAndSet {
        key: format!("{ROLLOUT}{}", rollout.name),
        expected: rollout.memory.version,
        value: json!(rollout.memory.value),
    }
}

fn rollout_key(scope: &Scope, watch: &WatchName) -> String {
    format!("{ROLLOUT}{scope}/{watch}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Batch;
    use crate::store::sqlite::SqliteStore;

    /// As versions wrote it that knew one account alone.
    const BY_NAME: &str = include_str!("../../tests/fixtures/store/rollout-by-name.json");

    #[tokio::test]
    async fn what_was_remembered_without_a_place_is_of_the_watch_s_own() {
        let scope = Scope {
            partition: "aws".into(),
            account: "111122223333".into(),
            region: "eu-west-1".into(),
        };
        let watch = "shop".into();
        let store = SqliteStore::in_memory().unwrap();
        let written: serde_json::Value = serde_json::from_str(BY_NAME).unwrap();
        let put = Op::PutIfAbsent {
            key: rollout_key(&scope, &watch),
            value: written,
        };
        store.commit(Batch::of_ops(vec![put])).await.unwrap();
        let one = rollout(&store, &scope, &watch).await.unwrap();
        let image = one.value.image.clone().unwrap();
        let names: Vec<&str> = image.moved.keys().map(String::as_str).collect();
        assert_eq!(names, ["111122223333/eu-west-1/shop/shop-canary"]);
        let told: Vec<&str> = image.told.keys().map(String::as_str).collect();
        assert_eq!(told, ["111122223333/eu-west-1/shop/shop-blue"]);
        let each = each_rollout(&store).await.unwrap().remove(0).unwrap();
        assert_eq!(
            (each.memory.version, each.memory),
            (one.version, one.clone())
        );
        // Read once more, it is what it was.
        let mut again = one.value.clone();
        again.place_names("222233334444/us-east-1");
        assert_eq!(again, one.value);
    }
}
