//! The log as a receiver: a structured line.

use serde_json::json;

use super::{Receiver, Sending};
use crate::model::notice::Notice;
use crate::outbox::render::WrittenNotice;

/// Every notice, whatever else is configured.
#[derive(Debug, Clone, Copy)]
pub struct LogReceiver;

impl Receiver for LogReceiver {
    fn kind(&self) -> &'static str {
        "log"
    }

    fn send<'a>(&'a self, notice: &'a Notice, _again: bool) -> Sending<'a> {
        Box::pin(async move {
            log_notice(notice);
            Ok(())
        })
    }
}

fn log_notice(notice: &Notice) {
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
