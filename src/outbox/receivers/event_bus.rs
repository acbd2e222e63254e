//! EventBridge as a receiver: one event a notice on a bus, for rules and whatever they lead to.

use super::{NotSent, Receiver, Sending, Sort};
use crate::cloud::{BusEvent, Cloud, ErrorKind};
use crate::model::notice::Notice;
use crate::outbox::render::notice_data;

/// What a rule matches on beside the detail.
const SOURCE: &str = "amiwatch";

/// A bus, in its own region.
#[derive(Clone)]
pub struct EventBus {
    pub cloud: Cloud,
    /// A name, or an ARN.
    pub bus: String,
}

impl Receiver for EventBus {
    fn kind(&self) -> &'static str {
        "eventbridge"
    }

    fn send<'a>(&'a self, notice: &'a Notice, _again: bool) -> Sending<'a> {
        Box::pin(self.put(notice))
    }
}

impl EventBus {
    async fn put(&self, notice: &Notice) -> Result<(), NotSent> {
        let sent = self.cloud.put_event(&self.bus, &bus_event(notice)).await;
        sent.map_err(|error| NotSent {
            // Even a denial may be lifted; nothing that EventBridge says is final.
            sort: match error.kind {
                ErrorKind::Unknown => Sort::Unknown,
                _ => Sort::Later,
            },
            why: error.to_string(),
        })
    }
}

/// The event that a notice is.
pub fn bus_event(notice: &Notice) -> BusEvent {
    BusEvent {
        source: SOURCE,
        detail_type: format!("amiwatch {}", notice.event().as_str()),
        detail: notice_data(notice).to_string(),
        at: notice.at,
    }
}
