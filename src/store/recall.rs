//! How [`Recall`] lies in the store: in buckets of many entries, so that a look at a thousand
//! environments reads a few dozen records, one that changed nothing writes none, and one that changed
//! an environment writes a few kilobytes.
//!
//! Keys: `seen/<account>/<region>/settings/<bucket>` and `.../platforms/<bucket>`. The records are a
//! cache: losing one costs calls, so one that cannot be read counts as empty and is written over.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::records::all_records;
use super::{Op, Store, StoreError, VALUE_MAX_BYTES};
use crate::model::bake::digest;
use crate::model::ids::Scope;
use crate::model::recall::{Recall, RecalledPlatform, RecalledSettings};

/// A thousand environments are sixteen to a bucket, about 5 KB; a bucket holds some two hundred.
const SETTINGS_BUCKETS: u64 = 64;
const PLATFORMS_BUCKETS: u64 = 8;

/// What is remembered of one account and region, with the records that it came from.
#[derive(Debug, Clone, Default)]
pub struct StoredRecall {
    pub recall: Recall,
    /// By key; a value that could not be read is `Null`.
    records: BTreeMap<String, (u64, Value)>,
}

#[derive(Serialize, Deserialize)]
struct OfEnvironment {
    application: String,
    environment: String,
    #[serde(flatten)]
    kept: RecalledSettings,
}

fn prefix(scope: &Scope) -> String {
    format!("seen/{scope}/")
}

/// Reads what is remembered; what cannot be read is left out.
///
/// # Errors
/// When the store itself cannot be read.
pub async fn load_recall(store: &dyn Store, scope: &Scope) -> Result<StoredRecall, StoreError> {
    let mut stored = StoredRecall::default();
    let prefix = prefix(scope);
    for record in all_records(store, &prefix).await? {
        let kind = record.key[prefix.len()..].split('/').next();
        let readable = match kind {
            Some("settings") => stored.take_settings(&record.value),
            Some("platforms") => stored.take_platforms(&record.value),
            _ => None,
        };
        let value = readable.map_or(Value::Null, |()| record.value);
        stored.records.insert(record.key, (record.version, value));
    }
    Ok(stored)
}

impl StoredRecall {
    fn take_settings(&mut self, value: &Value) -> Option<()> {
        let entries = entries::<OfEnvironment>(value)?.into_iter();
        let named = entries.map(|of| ((of.application, of.environment), of.kept));
        self.recall.settings.extend(named);
        Some(())
    }

    fn take_platforms(&mut self, value: &Value) -> Option<()> {
        let entries = entries::<RecalledPlatform>(value)?.into_iter();
        let named = entries.map(|kept| (kept.version.arn.clone(), kept));
        self.recall.platforms.extend(named);
        Some(())
    }

    /// The writes that turn what is stored into this; none where it is the same.
    pub fn replaced_by(&self, scope: &Scope, recall: &Recall) -> Vec<Op> {
        let wanted = buckets(scope, recall);
        let gone = self
            .records
            .iter()
            .filter(|(key, _)| !wanted.contains_key(*key));
        let deleted = gone.map(|(key, (version, _))| Op::Delete {
            key: key.clone(),
            expected: *version,
        });
        let written = wanted.iter().filter_map(|(key, value)| {
            let (expected, stands) = match self.records.get(key) {
                Some((version, stands)) => (*version, stands),
                None => (0, &Value::Null),
            };
            (stands != value).then(|| Op::CompareAndSet {
                key: key.clone(),
                expected,
                value: value.clone(),
            })
        });
        deleted.chain(written).collect()
    }
}

fn entries<T: DeserializeOwned>(value: &Value) -> Option<Vec<T>> {
    serde_json::from_value(value.clone()).ok()
}

/// The records that hold this, by key.
fn buckets(scope: &Scope, recall: &Recall) -> BTreeMap<String, Value> {
    let mut entries: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut put = |kind: &str, name: &[&str], buckets: u64, entry: Value| {
        let bucket = bucket(name, buckets);
        let key = format!("{}{kind}/{bucket:02}", prefix(scope));
        entries.entry(key).or_default().push(entry);
    };
    for ((application, environment), kept) in &recall.settings {
        let entry = json!(OfEnvironment {
            application: application.clone(),
            environment: environment.clone(),
            kept: kept.clone(),
        });
        put(
            "settings",
            &[application, environment],
            SETTINGS_BUCKETS,
            entry,
        );
    }
    for (arn, kept) in &recall.platforms {
        put("platforms", &[arn.as_str()], PLATFORMS_BUCKETS, json!(kept));
    }
    let fitting = entries
        .into_iter()
        .map(|(key, entries)| (key, that_fit(entries)));
    fitting.collect()
}

/// As many entries as a record may hold; the others are read again in each pass.
fn that_fit(mut entries: Vec<Value>) -> Value {
    let mut bytes = 2;
    let fit = entries.iter().take_while(|entry| {
        bytes += entry.to_string().len() + 1;
        bytes <= VALUE_MAX_BYTES
    });
    let fit = fit.count();
    entries.truncate(fit);
    Value::Array(entries)
}

fn bucket(name: &[&str], buckets: u64) -> u64 {
    let hash = digest(name);
    u64::from_str_radix(&hash[..8], 16).unwrap_or_default() % buckets
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;
    use crate::model::sighting::DeployedSettings;
    use crate::store::sqlite::SqliteStore;
    use crate::store::{BATCH_MAX, Batch};

    fn scope() -> Scope {
        Scope {
            partition: "aws".into(),
            account: "000000000000".into(),
            region: "eu-west-1".into(),
        }
    }

    fn settings(image: &str) -> RecalledSettings {
        let at: DateTime<Utc> = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        RecalledSettings {
            read_at: at,
            updated: at,
            platform: "arn:aws:elasticbeanstalk:eu-west-1::platform/ECS on AL2023/4.5.0".into(),
            settings: DeployedSettings {
                image: Some(image.into()),
                not_set: false,
                draft: None,
                managed_updates: false,
            },
        }
    }

    fn fleet(environments: usize) -> Recall {
        let mut recall = Recall::default();
        for n in 0..environments {
            let name = ("shop".to_owned(), format!("shop-{n}"));
            recall
                .settings
                .insert(name, settings("ami-0123456789abcdef0"));
        }
        recall
    }

    async fn keep(store: &dyn Store, recall: &Recall) -> usize {
        let ops = load_recall(store, &scope())
            .await
            .unwrap()
            .replaced_by(&scope(), recall);
        let count = ops.len();
        for ops in ops.chunks(BATCH_MAX) {
            store.commit(Batch::of_ops(ops.to_vec())).await.unwrap();
        }
        count
    }

    #[tokio::test]
    async fn the_same_writes_nothing_and_one_change_writes_one_small_record() {
        let store = SqliteStore::in_memory().unwrap();
        let mut recall = fleet(1000);
        assert_eq!(keep(&store, &recall).await, 64);
        assert_eq!(load_recall(&store, &scope()).await.unwrap().recall, recall);
        assert_eq!(keep(&store, &recall).await, 0);

        let name = ("shop".to_owned(), "shop-7".to_owned());
        recall.settings.insert(name.clone(), settings("ami-2"));
        let stored = load_recall(&store, &scope()).await.unwrap();
        let ops = stored.replaced_by(&scope(), &recall);
        let [Op::CompareAndSet { value, .. }] = ops.as_slice() else {
            panic!("{ops:?}");
        };
        assert!(
            value.to_string().len() < 10_000,
            "{}",
            value.to_string().len()
        );

        recall.settings.retain(|of, _| *of == name);
        assert_eq!(
            keep(&store, &recall).await,
            64,
            "63 are deleted, one is smaller"
        );
        assert_eq!(load_recall(&store, &scope()).await.unwrap().recall, recall);
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_left_out_and_written_over() {
        let store = SqliteStore::in_memory().unwrap();
        let recall = fleet(1);
        keep(&store, &recall).await;
        let [(key, (version, _))] =
            Vec::from_iter(load_recall(&store, &scope()).await.unwrap().records)
                .try_into()
                .unwrap();
        for (nth, broken) in [json!("x"), json!([{ "application": 1 }]), json!({ "v": 2 })]
            .into_iter()
            .enumerate()
        {
            let set = Op::CompareAndSet {
                key: key.clone(),
                expected: version + 2 * nth as u64,
                value: broken,
            };
            store.commit(Batch::of_ops(vec![set])).await.unwrap();
            assert_eq!(
                load_recall(&store, &scope()).await.unwrap().recall,
                Recall::default()
            );
            assert_eq!(keep(&store, &recall).await, 1);
            assert_eq!(load_recall(&store, &scope()).await.unwrap().recall, recall);
        }
    }

    #[tokio::test]
    async fn more_than_a_record_holds_is_not_kept_and_no_fault() {
        let store = SqliteStore::in_memory().unwrap();
        keep(&store, &fleet(30_000)).await;
        let kept = load_recall(&store, &scope())
            .await
            .unwrap()
            .recall
            .settings
            .len();
        assert!((10_000..30_000).contains(&kept), "{kept}");
    }

    #[tokio::test]
    async fn another_region_is_another_memory() {
        let store = SqliteStore::in_memory().unwrap();
        keep(&store, &fleet(3)).await;
        let mut other = scope();
        other.region = "eu-west-11".into();
        assert_eq!(
            load_recall(&store, &other).await.unwrap().recall,
            Recall::default()
        );
    }
}
