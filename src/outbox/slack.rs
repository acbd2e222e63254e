//! A Slack incoming webhook as a receiver, or whatever takes the same (Mattermost, Rocket.Chat).
//!
//! The webhook's address is a secret: it is read when a message is due, and read anew when Slack does
//! not know it. Slack drops no repeats, so a message that may have arrived before says so.

mod blocks;

#[cfg(test)]
mod tests;

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{NotSent, Pacing, Sort};
use crate::cloud::Cloud;
use crate::http_send::{Address, HttpSend, SendError, SendErrorKind};
use crate::model::notice::Notice;
use crate::model::secret::{Secret, SecretSource};
use crate::secrets::Secrets;

pub use blocks::blocks;

/// What Slack bears for a webhook: about one message a second.
const PAUSE: Duration = Duration::from_secs(1);
/// What Slack answers when it does not know a webhook (any more).
const UNKNOWN_WEBHOOK: [u16; 4] = [401, 403, 404, 410];

/// One webhook.
#[derive(Clone)]
pub struct Slack {
    pub http: HttpSend,
    pub secrets: Secrets,
    pub pacing: Pacing,
    pub webhook_url: SecretSource,
    /// The door by which SSM is asked, where the address is kept there.
    pub cloud: Option<Cloud>,
}

impl Slack {
    /// Posts one notice.
    pub(super) async fn post(&self, notice: &Notice, again: bool) -> Result<(), NotSent> {
        let message = blocks(notice, again);
        let url = self.url().await?;
        let Err(error) = self.send(&url, &message).await else {
            return Ok(());
        };
        if error
            .status
            .is_some_and(|status| UNKNOWN_WEBHOOK.contains(&status))
        {
            // It may have been replaced since it was read.
            self.secrets.forget(&self.webhook_url);
            let fresh = self.url().await?;
            if fresh != url {
                let second = self.send(&fresh, &message).await;
                return second.map_err(|error| self.not_sent(&error));
            }
        }
        Err(self.not_sent(&error))
    }

    /// When the webhook takes one more.
    pub(super) fn free_at(&self) -> Option<DateTime<Utc>> {
        self.pacing.free_at(&self.whose())
    }

    /// Two receivers that name the same webhook share its patience.
    fn whose(&self) -> String {
        self.webhook_url.to_string()
    }

    async fn url(&self) -> Result<Secret, NotSent> {
        let read = self.secrets.get(&self.webhook_url, self.cloud.as_ref());
        read.await.map_err(|error| NotSent {
            sort: Sort::Later,
            why: format!("the webhook's address: {error}"),
        })
    }

    async fn send(&self, url: &Secret, message: &Value) -> Result<(), SendError> {
        let address = Address::parse(url).map_err(|error| SendError {
            kind: SendErrorKind::Transient,
            status: None,
            body: String::new(),
            what: format!(
                "what {} holds is no webhook's address: {error}; put the whole https address there",
                self.webhook_url
            ),
        })?;
        let sent = self.http.post_json(&address, message).await;
        let pause = match sent.as_ref().map_err(|error| error.kind) {
            Err(SendErrorKind::Throttled { after: Some(after) }) => after.max(PAUSE),
            _ => PAUSE,
        };
        self.pacing.rest(&self.whose(), pause);
        sent.map(drop)
    }

    fn not_sent(&self, error: &SendError) -> NotSent {
        let sort = match error.kind {
            SendErrorKind::Refused => Sort::Refused,
            SendErrorKind::Throttled { after } => Sort::Throttled { after },
            SendErrorKind::Transient => Sort::Later,
            SendErrorKind::Unknown => Sort::Unknown,
        };
        let why = match sort {
            Sort::Refused => format!("{error}; {}", self.next_step(&error.body)),
            _ => error.to_string(),
        };
        NotSent { sort, why }
    }

    /// What a person can do about a refusal, by Slack's word for it.
    fn next_step(&self, word: &str) -> String {
        let from = &self.webhook_url;
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
