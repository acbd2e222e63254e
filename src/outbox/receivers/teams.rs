//! Microsoft Teams as a receiver, by the webhook of a workflow ("Post to a channel when a webhook request is
//! received"): one Adaptive Card a notice.

mod card;

use std::time::Duration;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::{Hook, NotSent, Receiver, Sending};
use crate::http_send::Posted;
use crate::model::notice::Notice;
use crate::outbox::render::SpokenNotice;

pub use card::adaptive_card;

/// Teams bears four requests a second.
const PAUSE: Duration = Duration::from_secs(1);

/// One workflow's webhook.
#[derive(Clone)]
pub struct Teams {
    pub hook: Hook,
    /// Where its readers are.
    pub zone: Tz,
}

impl Receiver for Teams {
    fn kind(&self) -> &'static str {
        "teams"
    }

    fn shows_repeats(&self) -> bool {
        true
    }

    fn free_at(&self) -> Option<DateTime<Utc>> {
        self.hook.free_at()
    }

    fn send<'a>(&'a self, notice: &'a Notice, again: bool) -> Sending<'a> {
        Box::pin(self.post(notice, again))
    }
}

impl Teams {
    async fn post(&self, notice: &Notice, again: bool) -> Result<(), NotSent> {
        let message = Posted::of_json(&adaptive_card(
            SpokenNotice::in_zone(notice, self.zone),
            again,
        ));
        let sent = self.hook.post(&message, PAUSE).await;
        sent.map(drop).map_err(|error| {
            error.not_sent(|_| {
                let from = &self.hook.url.from;
                format!(
                    "see whether the workflow is still there and turned on, put its address into {from}, \
                     then run `amiwatch notify retry`"
                )
            })
        })
    }
}
