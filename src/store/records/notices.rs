//! How a notice is stored: once for its key, for ever, and into the outbox with whom it is for.
//!
//! Keys: `notice/<digest>` says that a notice was stored; `outbox/<digest>` holds one that is to be delivered.

use serde_json::json;

use super::{Delivery, OUTBOX, Waiting};
use crate::model::bake::digest;
use crate::model::notice::Notice;
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

/// The writes that store a notice and put it into the outbox; none when it was stored before.
///
/// # Errors
/// When the store cannot be read.
pub async fn notice_ops(
    store: &dyn Store,
    notice: &Notice,
    notifiers: &[String],
) -> Result<Vec<Op>, StoreError> {
    let name = digest(&["amiwatch notice 1", &notice.key]);
    let told = told_key(&notice.key);
    if store.get(&told).await?.is_some() {
        return Ok(Vec::new());
    }
    let to = notifiers
        .iter()
        .map(|name| (name.clone(), Delivery::due(notice.at)))
        .collect();
    let waiting = Waiting {
        notice: notice.clone(),
        to,
    };
    Ok(vec![
        Op::CompareAndSet {
            key: told,
            expected: 0,
            value: json!({ "key": notice.key }),
        },
        Op::CompareAndSet {
            key: format!("{OUTBOX}{name}"),
            expected: 0,
            value: json!(waiting),
        },
    ])
}
