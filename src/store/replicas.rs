//! Who leads since when, and who stands by: what daemons that share a store say of themselves, for people.
//!
//! Nothing is decided by it: who may write is the lease's business. Times are those of whoever wrote them; clocks
//! of two machines may differ by minutes.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::records::{Versioned, all_records, decode_record, read_or_empty};
use super::{Batch, Op, Store, StoreError};

const LEADING: &str = "replica/leading";
const STANDBY: &str = "replica/standby/";

/// Who was silent for so long is not there any more.
const FORGOTTEN_AFTER: TimeDelta = TimeDelta::minutes(10);

/// Who leads.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Leading {
    pub who: String,
    pub since: DateTime<Utc>,
}

/// Somebody who stands by.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StandingBy {
    pub who: String,
    pub since: DateTime<Utc>,
    /// When it last said so.
    pub at: DateTime<Utc>,
}

/// Who leads, as he said when he began to; a leader that had no time to say so is missing.
///
/// # Errors
/// When the store cannot be read.
pub async fn who_leads(store: &dyn Store) -> Result<Option<Leading>, StoreError> {
    store.get(LEADING).await?.map(decode_record).transpose()
}

/// Says who leads now, under his lease.
///
/// # Errors
/// When the store fails, or somebody else leads by now.
pub async fn say_leading(store: &dyn Store, epoch: u64, who: &Leading) -> Result<(), StoreError> {
    let before: Versioned<Leading> = read_or_empty(store, LEADING).await?;
    let batch = Batch::of_ops(vec![
        Op::CheckLease { epoch },
        Op::CompareAndSet {
            key: LEADING.to_owned(),
            expected: before.version,
            value: json!(who),
        },
    ]);
    store.commit(batch).await
}

/// Everybody who stands by and has said so lately.
///
/// # Errors
/// When the store cannot be read.
pub async fn standing_by(
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Vec<StandingBy>, StoreError> {
    let records = all_records(store, STANDBY).await?.into_iter();
    let mut all: Vec<StandingBy> = records.map(decode_record).collect::<Result<_, _>>()?;
    all.retain(|one| now - one.at < FORGOTTEN_AFTER);
    Ok(all)
}

/// Says that this process stands by; whom nobody has heard of for long is left out from now on.
///
/// # Errors
/// When the store fails.
pub async fn say_standing_by(store: &dyn Store, me: &StandingBy) -> Result<(), StoreError> {
    let key = format!("{STANDBY}{}", me.who);
    let before: Versioned<StandingBy> = read_or_empty(store, &key).await?;
    let mut ops = vec![Op::CompareAndSet {
        key: key.clone(),
        expected: before.version,
        value: json!(me),
    }];
    for record in all_records(store, STANDBY).await? {
        let (old, version) = (record.key.clone(), record.version);
        let gone = |one: &StandingBy| me.at - one.at >= FORGOTTEN_AFTER;
        let silent = decode_record(record).is_ok_and(|one| gone(&one));
        if silent && old != key && ops.len() < super::BATCH_MAX {
            ops.push(Op::Delete {
                key: old,
                expected: version,
            });
        }
    }
    store.commit(Batch::of_ops(ops)).await
}

/// This process does not stand by any more.
///
/// # Errors
/// When the store fails.
pub async fn say_gone(store: &dyn Store, who: &str) -> Result<(), StoreError> {
    let key = format!("{STANDBY}{who}");
    let Some(record) = store.get(&key).await? else {
        return Ok(());
    };
    let expected = record.version;
    store
        .commit(Batch::of_ops(vec![Op::Delete { key, expected }]))
        .await
}

#[cfg(test)]
mod tests {
    use super::super::DRIVER;
    use super::super::sqlite::SqliteStore;
    use super::*;

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    #[tokio::test]
    async fn who_is_silent_is_forgotten_and_only_the_leader_says_that_he_leads() {
        let store = SqliteStore::in_memory().unwrap();
        for (who, minutes) in [("a", 0), ("b", 3), ("a", 9), ("c", 9)] {
            let (who, at) = (who.to_owned(), at(minutes));
            let one = StandingBy { who, since: at, at };
            say_standing_by(&store, &one).await.unwrap();
        }
        let names = async |minutes| {
            let all = standing_by(&store, at(minutes)).await.unwrap().into_iter();
            all.map(|one| one.who).collect::<Vec<_>>()
        };
        assert_eq!(names(12).await, ["a", "b", "c"]);
        assert_eq!(names(13).await, ["a", "c"]);
        say_gone(&store, "a").await.unwrap();
        say_gone(&store, "a").await.unwrap();
        assert_eq!(names(13).await, ["c"]);
        let one = StandingBy {
            who: "d".to_owned(),
            since: at(14),
            at: at(14),
        };
        say_standing_by(&store, &one).await.unwrap();
        assert_eq!(
            all_records(&store, STANDBY).await.unwrap().len(),
            2,
            "b's is removed"
        );

        assert_eq!(who_leads(&store).await.unwrap(), None);
        let lease = store.take(DRIVER, "me").await.unwrap().mine().unwrap();
        let me = Leading {
            who: "me".to_owned(),
            since: at(1),
        };
        say_leading(&store, lease.epoch, &me).await.unwrap();
        assert_eq!(who_leads(&store).await.unwrap(), Some(me.clone()));
        let stale = say_leading(&store, lease.epoch - 1, &me).await;
        assert!(matches!(stale, Err(StoreError::LeaseLost)), "{stale:?}");
    }
}
