//! The log as a receiver: a structured line.

use serde_json::json;

use crate::model::notice::Notice;

pub(super) fn line(notice: &Notice) {
    let facts = json!(notice.facts).to_string();
    tracing::info!(
        event = notice.event.as_str(),
        watch = notice.watch,
        notice.key = notice.key,
        facts,
        "{}",
        notice.subject
    );
}
