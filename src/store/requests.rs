//! Requests to the driver, as records: `request/<id>`. Owns their keys; knows nothing of what is asked.
//!
//! Whoever asks writes the record and removes it when it has read the answer; the driver writes the
//! answer into it, and removes what nobody came back for.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::records::{self, Versioned};
use super::{Batch, Op, Store, StoreError};
use crate::model::request::{Request, RequestAnswer};

const PREFIX: &str = "request/";

/// A request as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRequest {
    pub id: String,
    pub request: Versioned<Request>,
}

/// Leaves a request for the driver; gives its id.
///
/// # Errors
/// When the store cannot be written.
pub async fn leave_request(store: &dyn Store, request: &Request) -> Result<String, StoreError> {
    let id = request.id();
    let put = Op::PutIfAbsent {
        key: format!("{PREFIX}{id}"),
        value: json!(request),
    };
    store.commit(Batch::of_ops(vec![put])).await?;
    Ok(id)
}

/// The request, while it is there.
///
/// # Errors
/// When the store cannot be read.
pub async fn read_request(
    store: &dyn Store,
    id: &str,
) -> Result<Option<StoredRequest>, StoreError> {
    let record = store.get(&format!("{PREFIX}{id}")).await?;
    record.map(stored).transpose()
}

/// Every request that is there, answered or not, oldest first. One that makes no sense (a later
/// amiwatch left it) is passed over: whoever left it is told nothing, and takes it back.
///
/// # Errors
/// When the store cannot be read.
pub async fn all_requests(store: &dyn Store) -> Result<Vec<StoredRequest>, StoreError> {
    let mut found = Vec::new();
    for record in records::all_records(store, PREFIX).await? {
        match stored(record) {
            Err(StoreError::Unreadable { .. }) => {}
            one => found.push(one?),
        }
    }
    found.sort_by_key(|one| one.request.value.asked_at);
    Ok(found)
}

/// Writes the driver's answer. Whoever asked may have gone, and the request with it: that is no error.
///
/// # Errors
/// When the store cannot be written.
pub async fn answer_request(
    store: &dyn Store,
    epoch: u64,
    asked: &StoredRequest,
    answer: RequestAnswer,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let request = Request {
        answer: Some(answer),
        answered_at: Some(now),
        ..asked.request.value.clone()
    };
    let set = Op::CompareAndSet {
        key: format!("{PREFIX}{}", asked.id),
        expected: asked.request.version,
        value: json!(request),
    };
    unless_gone(
        store
            .commit(Batch::of_ops(vec![set, Op::CheckLease { epoch }]))
            .await,
    )
}

/// Removes a request: its asker has read the answer, asks no more, or never came back.
///
/// # Errors
/// When the store cannot be written.
pub async fn remove_request(store: &dyn Store, asked: &StoredRequest) -> Result<(), StoreError> {
    let delete = Op::Delete {
        key: format!("{PREFIX}{}", asked.id),
        expected: asked.request.version,
    };
    unless_gone(store.commit(Batch::of_ops(vec![delete])).await)
}

fn unless_gone(committed: Result<(), StoreError>) -> Result<(), StoreError> {
    match committed {
        Err(StoreError::Conflict { .. }) => Ok(()),
        other => other,
    }
}

fn stored(record: super::Record) -> Result<StoredRequest, StoreError> {
    let super::Record {
        key,
        version,
        value,
    } = record;
    let id = key[PREFIX.len()..].to_owned();
    let value =
        serde_json::from_value(value).map_err(|source| StoreError::Unreadable { key, source })?;
    Ok(StoredRequest {
        id,
        request: Versioned { version, value },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::request::RequestedAct;
    use crate::store::DRIVER;
    use crate::store::sqlite::SqliteStore;

    #[tokio::test]
    async fn a_request_is_left_answered_read_and_removed() {
        let store = SqliteStore::in_memory().unwrap();
        let lease = store.take(DRIVER, "me").await.unwrap().mine().unwrap();
        let at = DateTime::<Utc>::UNIX_EPOCH;
        let request = Request::new(RequestedAct::Reload, "anna".to_owned(), at);
        let id = leave_request(&store, &request).await.unwrap();
        let asked = all_requests(&store).await.unwrap().remove(0);
        assert_eq!((&asked.id, &asked.request.value), (&id, &request));
        let said = RequestAnswer::KeptOld {
            why: "it is wrong".to_owned(),
        };
        answer_request(&store, lease.epoch, &asked, said.clone(), at)
            .await
            .unwrap();
        let answered = read_request(&store, &id).await.unwrap().unwrap();
        assert_eq!(answered.request.value.answer, Some(said.clone()));
        // The version that the driver had read is gone by now.
        answer_request(&store, lease.epoch, &asked, said, at)
            .await
            .unwrap();
        remove_request(&store, &answered).await.unwrap();
        assert_eq!(read_request(&store, &id).await.unwrap(), None);
    }

    #[tokio::test]
    async fn leftovers_hide_nothing_and_come_first() {
        let store = SqliteStore::in_memory().unwrap();
        let at = |second| DateTime::from_timestamp(second, 0).unwrap();
        for second in (0..250).rev() {
            let request = Request::new(RequestedAct::Reload, "gone".to_owned(), at(second));
            leave_request(&store, &request).await.unwrap();
        }
        let fresh = Request::new(RequestedAct::Reload, "anna".to_owned(), at(9_999));
        let id = leave_request(&store, &fresh).await.unwrap();
        let odd = Op::PutIfAbsent {
            key: format!("{PREFIX}0000"),
            value: json!({ "ask": "what nobody knows yet" }),
        };
        store.commit(Batch::of_ops(vec![odd])).await.unwrap();
        let found = all_requests(&store).await.unwrap();
        let times: Vec<_> = found.iter().map(|one| one.request.value.asked_at).collect();
        assert!(times.is_sorted());
        assert_eq!((found.len(), &found[250].id), (251, &id));
    }

    #[tokio::test]
    async fn a_driver_that_lost_its_place_answers_nothing() {
        let store = SqliteStore::in_memory().unwrap();
        let lease = store.take(DRIVER, "me").await.unwrap().mine().unwrap();
        let at = DateTime::<Utc>::UNIX_EPOCH;
        let request = Request::new(RequestedAct::Reload, "anna".to_owned(), at);
        leave_request(&store, &request).await.unwrap();
        let asked = all_requests(&store).await.unwrap().remove(0);
        let said = RequestAnswer::Reloaded {
            warnings: Vec::new(),
        };
        let lost = answer_request(&store, lease.epoch + 1, &asked, said, at).await;
        assert!(matches!(lost, Err(StoreError::LeaseLost)), "{lost:?}");
    }
}
