//! Where each receiver that has threads was told a story: `thread/<receiver>/<digest of the story>`.

use serde_json::json;

use super::{Versioned, decode_record};
use crate::model::bake::digest;
use crate::model::notice::StoryThread;
use crate::store::{Op, Store, StoreError};

fn thread_key(receiver: &str, story: &str) -> String {
    format!("thread/{receiver}/{}", digest(&["amiwatch story 1", story]))
}

/// Where it is; absent where it was not told yet. A record that makes no sense begins another thread.
///
/// # Errors
/// When the store cannot be read.
pub async fn story_thread(
    store: &dyn Store,
    receiver: &str,
    story: &str,
) -> Result<Versioned<Option<StoryThread>>, StoreError> {
    let record = store.get(&thread_key(receiver, story)).await?;
    let version = record.as_ref().map_or(0, |record| record.version);
    let value = record.and_then(|record| decode_record(record).ok().flatten());
    Ok(Versioned { version, value })
}

/// The write that remembers it, over the version that was read (0 for none); `null` where the thread is gone.
pub fn story_thread_op(
    receiver: &str,
    story: &str,
    version: u64,
    thread: Option<&StoryThread>,
) -> Op {
    Op::CompareAndSet {
        key: thread_key(receiver, story),
        expected: version,
        value: json!(thread),
    }
}
