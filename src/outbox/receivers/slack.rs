//! A Slack incoming webhook as a receiver, or whatever takes the same (Mattermost, Rocket.Chat).
//!
//! The webhook's address is a secret: it is read when a message is due, and read anew when Slack does
//! not know it. Slack drops no repeats, so a message that may have arrived before says so.

mod blocks;

#[cfg(test)]
mod tests;

use std::time::Duration;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::{Hook, NotSent, Receiver, Sending};
use crate::http_send::Posted;
use crate::model::notice::Notice;
use crate::outbox::render::SpokenNotice;

pub use blocks::blocks;
pub(super) use blocks::{headline_blocks, over_blocks};

/// What Slack bears for a webhook: about one message a second.
const PAUSE: Duration = Duration::from_secs(1);

/// One webhook.
#[derive(Clone)]
pub struct Slack {
    pub hook: Hook,
    /// Where its readers are.
    pub zone: Tz,
}

impl Receiver for Slack {
    fn kind(&self) -> &'static str {
        "slack"
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

impl Slack {
    async fn post(&self, notice: &Notice, again: bool) -> Result<(), NotSent> {
        let message = Posted::of_json(&blocks(SpokenNotice::in_zone(notice, self.zone), again));
        let sent = self.hook.post(&message, PAUSE).await;
        sent.map(drop)
            .map_err(|error| error.not_sent(|word| self.next_step(word)))
    }

    /// What a person can do about a refusal, by Slack's word for it.
    fn next_step(&self, word: &str) -> String {
        let from = &self.hook.url.from;
        let retry = "then run `amiwatch notify retry`";
        match word {
            "no_service" | "no_service_id" | "no_team" | "team_disabled" | "invalid_token" => {
                format!(
                    "the webhook was removed: make another one, put its address into {from}, {retry}"
                )
            }
            "channel_is_archived" | "channel_not_found" => format!(
                "bring the channel back, or make a webhook for another one and put its address \
                 into {from}, {retry}"
            ),
            "action_prohibited" | "posting_to_general_channel_denied" => format!(
                "the workspace does not let this webhook post: ask its administrators, {retry}"
            ),
            "invalid_blocks" | "invalid_payload" | "msg_blocks_too_long" | "no_text" => {
                "it does not take a message of this form: please report this; `amiwatch status \
                 --format json` shows the notice"
                    .to_owned()
            }
            _ => format!("check the address in {from}, {retry}"),
        }
    }
}
