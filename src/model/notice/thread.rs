//! Where a story is told, at a receiver that has threads.

use serde::{Deserialize, Serialize};

/// The message that a story is, as the receiver names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoryThread {
    pub channel: String,
    pub ts: String,
}
