//! Records that are not what they should be: written by a hand, a newer version or a bad disk. Reading
//! them is an error that names the record, and never a guess.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::sqlite::SqliteStore;
use super::{Batch, Op, Store, StoreError, left, records, strays};
use crate::flow::bake::kind::BakeKind;
use crate::model::ids::{AccountId, Partition, Region, Scope};
use crate::workflow::error::RunError;
use crate::workflow::open::{OpenRun, open_runs};
use crate::workflow::recovery::replay;

fn scope() -> Scope {
    Scope {
        partition: Partition::from("aws"),
        account: AccountId::from("000000000000"),
        region: Region::from("eu-west-1"),
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    let keys = prop_oneof![
        any::<String>(),
        proptest::sample::select(
            &[
                "event", "step", "at", "input", "output", "notice", "to", "current", "failing",
                "opened", "started"
            ][..]
        )
        .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(3, 24, 4, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(keys.clone(), inner, 0..4).prop_map(|map| json!(map)),
        ]
    })
}

fn unreadable(error: &StoreError, key: &str) -> bool {
    matches!(error, StoreError::Unreadable { key: named, .. } if named == key)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_record_that_is_no_record_is_named(value in any_json()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let store = SqliteStore::in_memory().unwrap();
            let keys = [
                "watch/000000000000/eu-west-1/shop",
                "outbox/digest",
                "stray/000000000000/eu-west-1/i-1",
                "left/000000000000/eu-west-1/key/0001",
            ];
            let puts = keys.map(|key| Op::PutIfAbsent { key: key.to_owned(), value: value.clone() });
            store.commit(Batch::of_ops(puts.into())).await.unwrap();
            if let Err(error) = records::remembered_watches(&store).await {
                prop_assert!(unreadable(&error, keys[0]), "{error}");
            }
            if let Err(error) = records::outbox_notices(&store).await {
                prop_assert!(unreadable(&error, keys[1]), "{error}");
            }
            if let Err(error) = strays::strays(&store, &scope()).await {
                prop_assert!(unreadable(&error, keys[2]), "{error}");
            }
            if let Err(error) = left::left_behind(&store, None).await {
                prop_assert!(unreadable(&error, keys[3]), "{error}");
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_journal_that_makes_no_sense_is_an_error_and_stays_open(events in proptest::collection::vec(any_json(), 1..4)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let store = SqliteStore::in_memory().unwrap();
            let journal = "bake/key/0001".to_owned();
            for (expected, event) in (0..).zip(&events) {
                let append = Op::Append {
                    journal: journal.clone(),
                    expected,
                    event: event.clone(),
                };
                store.commit(Batch::of_ops(vec![append])).await.unwrap();
            }
            let open = Op::PutIfAbsent { key: format!("open/{journal}"), value: Value::Null };
            store.commit(Batch::of_ops(vec![open])).await.unwrap();
            match replay::<BakeKind>(&store, &journal).await {
                Err(RunError::Unreadable { journal: named, .. } | RunError::Illegal { journal: named, .. }) => {
                    prop_assert_eq!(named, journal.clone());
                }
                Err(other) => prop_assert!(false, "{other}"),
                Ok(_) => prop_assert!(false, "{events:?} is no bake"),
            }
            let open = open_runs::<BakeKind>(&store).await.unwrap();
            prop_assert_eq!(open, [OpenRun { journal, header: None }]);
            Ok(())
        })?;
    }
}
