//! The whole table at once: everything that is in it, and everything that goes into an empty one.

use std::collections::BTreeMap;

use super::rows::{event_of, event_row, key_of_record, record_of, record_row, value_of};
use super::{DynamoStore, Shared};
use crate::cloud::{Row, RowKey, RowTest, RowWrite};
use crate::store::{BATCH_MAX, Contents, StoreError, holds_something_else};

impl DynamoStore {
    /// Page by page: what others write meanwhile may be in it, or not.
    pub(super) async fn contents_now(&self) -> Result<Contents, StoreError> {
        let mut contents = Contents::default();
        let mut events = Vec::new();
        for row in self.every_row().await? {
            if let Some((journal, n)) = event_of(&row.key) {
                events.push((journal.to_owned(), n, value_of(journal, &row)?));
            } else if let Some(key) = key_of_record(&row.key) {
                contents.records.insert(key, record_of(row)?);
            }
        }
        events.sort_by(|one, other| (&one.0, one.1).cmp(&(&other.0, other.1)));
        for (journal, _, event) in events {
            contents.journals.entry(journal).or_default().push(event);
        }
        Ok(contents)
    }

    /// By transactions of some rows each: what was begun and not ended is gone on with.
    pub(super) async fn fill_now(&self, contents: &Contents) -> Result<(), StoreError> {
        let by_key = |row: Row| (row.key.clone(), row);
        let mut missing: BTreeMap<RowKey, Row> = rows_of(contents).map(by_key).collect();
        for row in self.every_row().await? {
            let kept = key_of_record(&row.key).is_some() || event_of(&row.key).is_some();
            if kept && missing.remove(&row.key).as_ref() != Some(&row) {
                return Err(self.shared.holds_other(&row));
            }
        }
        let missing: Vec<&Row> = missing.values().collect();
        for some in missing.chunks(BATCH_MAX) {
            let put = |row: &&Row| RowWrite::Put {
                row: (*row).clone(),
                when: vec![RowTest::Absent],
            };
            let writes: Vec<RowWrite> = some.iter().map(put).collect();
            if let Some(at) = self.shared.settle("write", None, &writes).await? {
                return Err(self.shared.holds_other(some[at]));
            }
        }
        Ok(())
    }
}

impl Shared {
    fn holds_other(&self, row: &Row) -> StoreError {
        let journal = event_of(&row.key).map(|(journal, _)| journal.to_owned());
        let what = journal.or(key_of_record(&row.key)).unwrap_or_default();
        holds_something_else(&self.table.to_string(), &what)
    }
}

fn rows_of(contents: &Contents) -> impl Iterator<Item = Row> {
    let records = contents.records.iter();
    let records = records.map(|(key, record)| record_row(key, record.version, &record.value));
    let journals = contents.journals.iter().flat_map(|(name, events)| {
        let events = (0..).zip(events);
        events.map(|(n, event)| event_row(name, n, event))
    });
    records.chain(journals)
}
