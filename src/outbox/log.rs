//! The log as a receiver: a structured line.

use serde_json::json;

use super::render::WrittenNotice;
use crate::model::notice::Notice;

pub(super) fn log_notice(notice: &Notice) {
    let written = WrittenNotice::of_notice(notice);
    let facts = json!(written.facts).to_string();
    tracing::info!(
        event = written.event.as_str(),
        watch = written.watch,
        notice.key = written.key,
        facts,
        "{}",
        written.subject
    );
}
