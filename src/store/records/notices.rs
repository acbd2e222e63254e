//! How a notice is stored: once for its key, for ever, and into the outbox with whom it is for.
//!
//! Keys: `notice/<digest>` says that a notice was stored; `outbox/<digest>` holds one that is to be delivered;
//! `heard/<digest of the story>/<digest>` says who heard of one in a story that may want an end.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Delivery, OUTBOX, Waiting, all_records, decode_record};
use crate::model::bake::digest;
use crate::model::notice::{Notice, ToldBy};
use crate::store::{Op, Store, StoreError};

/// Whether a notice of this key was stored, whenever that was.
///
/// # Errors
/// When the store cannot be read.
pub async fn was_told(store: &dyn Store, key: &str) -> Result<bool, StoreError> {
    Ok(store.get(&told_key(key)).await?.is_some())
}

fn told_key(key: &str) -> String {
    format!("notice/{}", digest(&["amiwatch notice 1", key]))
}

/// Who heard of it, by the names of receivers: of this notice, or of one that it goes on with.
#[derive(Debug, Default, Serialize, Deserialize)]
struct ToldRecord {
    key: String,
    /// Absent where an earlier version of amiwatch wrote it.
    #[serde(default)]
    heard: BTreeSet<String>,
}

/// Who heard one of the notices that this one goes on with, or, where it ends its story, any that wants an end.
async fn heard_before(store: &dyn Store, notice: &Notice) -> Result<BTreeSet<String>, StoreError> {
    let mut heard = BTreeSet::new();
    let own = notice.ends_story().then_some(&notice.story);
    for story in own.into_iter().chain(notice.ends_others()) {
        heard.extend(heard_in_story(store, story).await?);
    }
    for key in notice.beginnings() {
        if let Some(record) = store.get(&told_key(&key)).await? {
            let record: ToldRecord = decode_record(record)?;
            heard.extend(record.heard);
        }
    }
    Ok(heard)
}

fn story_prefix(story: &str) -> String {
    format!("heard/{}/", digest(&["amiwatch story 1", story]))
}

async fn heard_in_story(store: &dyn Store, story: &str) -> Result<BTreeSet<String>, StoreError> {
    let mut heard = BTreeSet::new();
    for record in all_records(store, &story_prefix(story)).await? {
        heard.extend(decode_record::<BTreeSet<String>>(record)?);
    }
    Ok(heard)
}

/// The writes that store a notice and put it into the outbox, for whoever wants to hear of it and, where
/// it ends something, for whoever heard of that; none when it was stored before.
///
/// # Errors
/// When the store cannot be read.
pub async fn notice_ops(
    store: &dyn Store,
    notice: &Notice,
    told_by: &ToldBy,
) -> Result<Vec<Op>, StoreError> {
    let name = digest(&["amiwatch notice 1", &notice.key]);
    let told = told_key(&notice.key);
    if store.get(&told).await?.is_some() {
        return Ok(Vec::new());
    }
    let mut heard = heard_before(store, notice).await?;
    let mut to: BTreeSet<String> = told_by.who_wants(notice).into_iter().collect();
    if notice.is_end() {
        to.extend(heard.iter().cloned());
    }
    heard.extend(to.iter().cloned());
    let due = |name: String| (name, Delivery::due(notice.at));
    let waiting = Waiting {
        notice: notice.clone(),
        to: to.into_iter().map(due).collect(),
    };
    let record = ToldRecord {
        key: notice.key.clone(),
        heard,
    };
    let in_story = notice.wants_an_end().then(|| Op::PutIfAbsent {
        key: format!("{}{name}", story_prefix(&notice.story)),
        value: json!(record.heard),
    });
    let ops = [
        Op::CompareAndSet {
            key: told,
            expected: 0,
            value: json!(record),
        },
        Op::CompareAndSet {
            key: format!("{OUTBOX}{name}"),
            expected: 0,
            value: json!(waiting),
        },
    ];
    Ok(ops.into_iter().chain(in_story).collect())
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta, Utc};

    use super::*;
    use crate::model::blind::BlindOf;
    use crate::model::notice::{
        BlindTold, DriftStep, DriftTold, FirstOf, NextByItself, NoticeEvent, NoticeRoute, Severity,
        What,
    };
    use crate::store::Batch;
    use crate::store::records::outbox_notices;
    use crate::store::sqlite::SqliteStore;

    fn notice(key: &str, at: i64, what: What) -> Notice {
        Notice {
            key: key.to_owned(),
            story: "s".to_owned(),
            at: DateTime::<Utc>::UNIX_EPOCH + TimeDelta::seconds(at),
            installation: None,
            watch: Some("shop".into()),
            scope: None,
            what,
            next: NextByItself::Nothing,
            commands: Vec::new(),
            links: Vec::new(),
        }
    }

    fn drift(follows: Option<&str>) -> What {
        What::Drift(DriftTold {
            release: None,
            current: None,
            watch: FirstOf::all_of([]),
            environments: FirstOf::all_of([]),
            behind: 0,
            unread: FirstOf::all_of([]),
            codes: BTreeSet::new(),
            follows: follows.map(str::to_owned),
            step: DriftStep::Neither,
            moves: FirstOf::empty(),
            goes: None,
            instead_of: None,
        })
    }

    fn resolved(ends: &str) -> What {
        What::Resolved {
            release: None,
            current: None,
            ends: ends.to_owned(),
            also: Vec::new(),
        }
    }

    fn route(events: &[NoticeEvent]) -> NoticeRoute {
        NoticeRoute {
            events: events.iter().copied().collect(),
            ..NoticeRoute::of_everything()
        }
    }

    fn told_by<const N: usize>(routes: [(&str, NoticeRoute); N]) -> ToldBy {
        ToldBy::of_routes(routes.map(|(name, route)| (name.to_owned(), route)))
    }

    /// Stores one, and gives who is to be told.
    async fn store_one(store: &SqliteStore, notice: Notice, told_by: &ToldBy) -> Vec<String> {
        let ops = notice_ops(store, &notice, told_by).await.unwrap();
        store.commit(Batch::of_ops(ops)).await.unwrap();
        let all = outbox_notices(store).await.unwrap();
        let one = all.iter().find(|one| one.notice.key == notice.key);
        one.unwrap().to.keys().cloned().collect()
    }

    #[tokio::test]
    async fn whoever_heard_the_beginning_hears_the_end_after_another_config_too() {
        let store = SqliteStore::in_memory().unwrap();
        let warned = NoticeRoute {
            severity: Severity::Warning,
            ..NoticeRoute::of_everything()
        };
        let first = told_by([("pager", warned), ("mail", route(&[NoticeEvent::Drift]))]);
        let begun = notice("d1", 1, drift(None));
        assert_eq!(store_one(&store, begun, &first).await, ["mail", "pager"]);

        // Other receivers, other routes: more of the drift is told to them alone.
        let then = told_by([
            ("team", route(&[NoticeEvent::Drift])),
            ("other", route(&[NoticeEvent::Baked])),
        ]);
        let more = notice("d2", 2, drift(Some("d1")));
        assert_eq!(store_one(&store, more, &then).await, ["team"]);
        let over = notice("r", 3, resolved("d2"));
        assert_eq!(
            store_one(&store, over, &then).await,
            ["mail", "pager", "team"]
        );

        let of_its_own = |notice: Notice| Notice {
            story: "t".to_owned(),
            ..notice
        };
        let another = of_its_own(notice("d3", 4, drift(None)));
        assert_eq!(
            store_one(&store, another, &then).await,
            ["team"],
            "a drift of its own"
        );
        let over = of_its_own(notice("r3", 5, resolved("d3")));
        assert_eq!(store_one(&store, over, &then).await, ["team"]);
    }

    #[tokio::test]
    async fn an_end_whose_beginning_an_earlier_version_told_goes_to_those_who_want_it() {
        let store = SqliteStore::in_memory().unwrap();
        let earlier = Op::CompareAndSet {
            key: told_key("b"),
            expected: 0,
            value: json!({ "key": "b" }),
        };
        store.commit(Batch::of_ops(vec![earlier])).await.unwrap();
        let of = BlindOf {
            account_name: None,
            region: None,
            account: None,
            base: None,
        };
        let over = What::BlindOver {
            of: of.clone(),
            since: DateTime::<Utc>::UNIX_EPOCH,
            read: true,
            ends: "b".to_owned(),
        };
        let all = told_by([("ops", NoticeRoute::of_everything())]);
        assert_eq!(store_one(&store, notice("o", 1, over), &all).await, ["ops"]);
        let blind = What::Blind(BlindTold {
            of,
            since: DateTime::<Utc>::UNIX_EPOCH,
            why: String::new(),
            denied: false,
            watches: FirstOf::all_of([]),
        });
        let ops = notice_ops(&store, &notice("b", 2, blind), &all)
            .await
            .unwrap();
        assert_eq!(ops, [], "it was told");
    }
}
