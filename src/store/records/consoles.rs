//! What the guests of a bake wrote to their consoles, as far as it was read: for people alone, after the
//! instance is gone.
//!
//! Keys: `console/<journal>/<guest>`, where the guest is `builder` or `boot-test`, holds a [`KeptConsole`].
//! Goes with its journal. Proves nothing: what a guest reported is in the journal.

use std::io::{Read as _, Write as _};

use base64::Engine as _;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Versioned, all_records, versioned};
use crate::store::{Op, Store, StoreError, VALUE_MAX_BYTES};

const CONSOLE: &str = "console/";
/// What EC2 keeps of a console; of a longer one the end is kept.
const TEXT_MAX: usize = 64 * 1024;
/// Room for the record's other fields.
const PACKED_MAX: usize = VALUE_MAX_BYTES - 1024;

/// One guest's console, compressed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptConsole {
    /// When it was read.
    pub read_at: DateTime<Utc>,
    /// Its beginning did not fit.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
    /// gzip, base64.
    packed: String,
}

/// A guest's word and its console.
pub type ConsoleRow = (String, Versioned<KeptConsole>);

impl KeptConsole {
    /// Packs what was read, the end of it where it is too long.
    pub fn pack(text: &[u8], read_at: DateTime<Utc>) -> Self {
        let mut kept = &text[text.len().saturating_sub(TEXT_MAX)..];
        loop {
            let packed = packed(kept);
            if packed.len() <= PACKED_MAX || kept.is_empty() {
                let cut = kept.len() < text.len();
                return Self {
                    read_at,
                    cut,
                    packed,
                };
            }
            kept = &kept[kept.len() / 4..];
        }
    }

    /// What was read; what is no text in it is shown as such. `None` when the record makes no sense.
    pub fn text(&self) -> Option<String> {
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(&self.packed)
            .ok()?;
        let mut text = Vec::new();
        // No record of ours unpacks to more.
        let most = u64::try_from(TEXT_MAX).unwrap_or(u64::MAX);
        let mut unpacked = flate2::read::GzDecoder::new(bytes.as_slice()).take(most);
        unpacked.read_to_end(&mut text).ok()?;
        Some(String::from_utf8_lossy(&text).into_owned())
    }
}

fn packed(text: &[u8]) -> String {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    // Into memory nothing fails.
    let bytes = gzip.write_all(text).and_then(|()| gzip.finish());
    base64::engine::general_purpose::STANDARD.encode(bytes.unwrap_or_default())
}

/// The write that keeps a guest's console, in place of what was read before.
///
/// # Errors
/// When the store cannot be read.
pub async fn put_console(
    store: &dyn Store,
    journal: &str,
    guest: &str,
    console: &KeptConsole,
) -> Result<Op, StoreError> {
    let key = format!("{CONSOLE}{journal}/{guest}");
    let expected = store.get(&key).await?.map_or(0, |record| record.version);
    Ok(Op::CompareAndSet {
        key,
        expected,
        value: json!(console),
    })
}

/// The consoles of a journal's guests.
///
/// # Errors
/// When the store cannot be read, or a record in it.
pub async fn consoles_of(store: &dyn Store, journal: &str) -> Result<Vec<ConsoleRow>, StoreError> {
    let prefix = format!("{CONSOLE}{journal}/");
    let records = all_records(store, &prefix).await?.into_iter();
    let rows = records.map(|record| {
        let guest = record.key[prefix.len()..].to_owned();
        Ok((guest, versioned(record)?))
    });
    rows.collect()
}

/// The writes that forget them, whatever they hold.
///
/// # Errors
/// When the store cannot be read.
pub async fn forget_consoles(store: &dyn Store, journal: &str) -> Result<Vec<Op>, StoreError> {
    let records = all_records(store, &format!("{CONSOLE}{journal}/")).await?;
    let forgotten = records.into_iter().map(|record| Op::Delete {
        key: record.key,
        expected: record.version,
    });
    Ok(forgotten.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Batch;
    use crate::store::sqlite::SqliteStore;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000, 0).unwrap()
    }

    /// Bytes that no compression makes smaller.
    fn noise(length: usize) -> Vec<u8> {
        let mut state = 1_u64;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 56) as u8
        };
        (0..length).map(|_| next()).collect()
    }

    #[tokio::test]
    async fn whatever_a_console_holds_fits_into_a_record_and_comes_back() {
        let store = SqliteStore::in_memory().unwrap();
        for (text, cut) in [
            (Vec::new(), false),
            ("Cloud-init v. 24\r\n\u{1b}[0m ok\n".into(), false),
            ("ä\n".repeat(30_000).into_bytes(), true),
            (noise(64 * 1024), true),
        ] {
            let kept = KeptConsole::pack(&text, now());
            assert_eq!(kept.cut, cut);
            let op = put_console(&store, "bake/k/0001", "builder", &kept).await;
            let batch = Batch::of_ops(vec![op.unwrap()]);
            store.commit(batch).await.unwrap();
            let rows = consoles_of(&store, "bake/k/0001").await.unwrap();
            let [(guest, row)] = rows.as_slice() else {
                panic!("{rows:?}");
            };
            assert_eq!((guest.as_str(), &row.value), ("builder", &kept));
            let read = row.value.text().unwrap();
            let whole = String::from_utf8_lossy(&text).into_owned();
            assert!(cut || read == whole);
            assert!(text.is_empty() || !read.is_empty());
        }
        assert!(consoles_of(&store, "bake/k/000").await.unwrap().is_empty());
        let forgotten = forget_consoles(&store, "bake/k/0001").await.unwrap();
        store.commit(Batch::of_ops(forgotten)).await.unwrap();
        assert!(consoles_of(&store, "bake/k/0001").await.unwrap().is_empty());
    }
}
