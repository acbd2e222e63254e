//! Slack's methods as they are called, and what their answers mean. Slack says most of its refusals with 200 and
//! `ok: false`.

use serde_json::Value;

use super::forms::form;
use super::{NotSent, SlackApp};
use crate::http_send::{Address, Posted, SendError, SendErrorKind};
use crate::model::notice::StoryThread;
use crate::model::plain_text::one_line;
use crate::model::secret::Secret;
use crate::outbox::receivers::Sort;
use crate::outbox::receivers::hook::answered;

/// A message comes back whole, and a look brings a hundred.
const ANSWER_MAX_BYTES: usize = 1024 * 1024;
/// Messages that are looked through.
const LOOKED_THROUGH: &str = "100";
const FORM: &str = "application/x-www-form-urlencoded";

/// Whether a message is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Looked {
    /// By its `ts`.
    Found(String),
    Absent,
    /// The app may not look, or there was too much to look through.
    NotTold,
}

/// A call that came to nothing.
pub(super) enum CallError {
    Unread(NotSent),
    Answered(SendError),
    /// `ok: false`, with Slack's word.
    Refused(String),
    /// It was taken, and what was answered makes no sense.
    Senseless,
}

impl SlackApp {
    /// Gives the message's `ts`.
    pub(super) async fn post(&self, token: &Secret, message: &Value) -> Result<String, CallError> {
        let answer = self
            .call(token, "chat.postMessage", Posted::of_json(message))
            .await?;
        let ts = answer["ts"].as_str().map(str::to_owned);
        ts.ok_or(CallError::Senseless)
    }

    pub(super) async fn update(&self, token: &Secret, message: &Value) -> Result<(), CallError> {
        let message = Posted::of_json(message);
        self.call(token, "chat.update", message).await.map(drop)
    }

    /// The story's message, by its mark, among those since then.
    pub(super) async fn story_of(
        &self,
        token: &Secret,
        mark: &str,
        since: i64,
    ) -> Result<Looked, CallError> {
        self.look(token, "conversations.history", None, ("story", mark), since)
            .await
    }

    /// What was said in a thread, by its mark, since then.
    pub(super) async fn reply_of(
        &self,
        token: &Secret,
        thread: &StoryThread,
        mark: &str,
        since: i64,
    ) -> Result<Looked, CallError> {
        let of = Some(thread.ts.as_str());
        self.look(token, "conversations.replies", of, ("key", mark), since)
            .await
    }

    async fn look(
        &self,
        token: &Secret,
        method: &str,
        thread: Option<&str>,
        (name, mark): (&str, &str),
        since: i64,
    ) -> Result<Looked, CallError> {
        let since = since.to_string();
        let wanted = [
            ("channel", Some(self.channel.as_str())),
            ("ts", thread),
            ("oldest", Some(since.as_str())),
            ("limit", Some(LOOKED_THROUGH)),
            ("include_all_metadata", Some("true")),
        ];
        let posted = Posted::of_text(FORM, form(&wanted));
        let answer = match self.call(token, method, posted).await {
            Ok(answer) => answer,
            // Looking is a right of its own; posting needs none of it.
            Err(CallError::Refused(word)) if !is_of_token(&word) => return Ok(Looked::NotTold),
            Err(error) => return Err(error),
        };
        let messages = answer["messages"].as_array().map_or(&[][..], Vec::as_slice);
        let found = messages
            .iter()
            .find(|one| one["metadata"]["event_payload"][name] == mark);
        let ts = found.and_then(|one| one["ts"].as_str());
        Ok(match ts {
            Some(ts) => Looked::Found(ts.to_owned()),
            None if answer["has_more"] == true => Looked::NotTold,
            None => Looked::Absent,
        })
    }

    async fn call(&self, token: &Secret, method: &str, posted: Posted) -> Result<Value, CallError> {
        let url = Secret::new(format!("{}/{method}", self.url));
        let address = Address::parse(&url).map_err(|error| {
            CallError::Answered(SendError {
                kind: SendErrorKind::Transient,
                status: None,
                body: String::new(),
                what: format!("the address of Slack's API cannot be used: {error}"),
            })
        })?;
        let bearer = Secret::new(format!("Bearer {}", token.expose()));
        let posted = posted
            .with_header("authorization", bearer)
            .hiding(token)
            .answered_by(ANSWER_MAX_BYTES);
        let answer = self.http.post_once(&address, &posted).await;
        let answer = answer.map_err(CallError::Answered)?;
        let read: Value = serde_json::from_str(&answer.body).map_err(|_| CallError::Senseless)?;
        match read["ok"].as_bool() {
            Some(true) => Ok(read),
            Some(false) => {
                let word = read["error"].as_str().unwrap_or("no reason");
                let word = one_line(word).chars().take(80).collect();
                Err(CallError::Refused(word))
            }
            None => Err(CallError::Senseless),
        }
    }
}

fn is_of_token(word: &str) -> bool {
    let words = [
        "invalid_auth",
        "not_authed",
        "token_revoked",
        "token_expired",
        "account_inactive",
    ];
    words.contains(&word)
}

impl CallError {
    /// The story's message was deleted, or is not ours to change.
    pub(super) fn is_gone(&self) -> bool {
        let words = [
            "message_not_found",
            "cant_update_message",
            "edit_window_closed",
        ];
        matches!(self, Self::Refused(word) if words.contains(&word.as_str()))
    }

    /// Slack does not know the token (any more).
    pub(super) fn is_of_token(&self) -> bool {
        match self {
            Self::Refused(word) => is_of_token(word),
            Self::Answered(error) => error.status == Some(401),
            _ => false,
        }
    }

    pub(super) fn not_sent(self, token: &str, channel: &str) -> NotSent {
        match self {
            Self::Unread(error) => error,
            Self::Answered(error) => answered(&error, |_| {
                "see `url`, then run `amiwatch notify retry`".to_owned()
            }),
            Self::Senseless => NotSent {
                sort: Sort::Unknown,
                why: "Slack's answer makes no sense; see `url`".to_owned(),
            },
            Self::Refused(word) => {
                let (sort, next) = meant(&word, token, channel);
                NotSent {
                    sort,
                    why: format!("Slack answered {word}{next}"),
                }
            }
        }
    }
}

/// What a word of Slack's means for the next try, and what a person can do.
fn meant(word: &str, token: &str, channel: &str) -> (Sort, String) {
    let retry = "then run `amiwatch notify retry`";
    match word {
        "ratelimited" | "rate_limited" => (Sort::Throttled { after: None }, String::new()),
        // By Slack's own words some of it may have happened.
        "fatal_error" | "internal_error" => (Sort::Unknown, String::new()),
        "request_timeout" | "service_unavailable" | "team_added_to_org" => {
            (Sort::Later, String::new())
        }
        word if is_of_token(word) => (
            Sort::Later,
            format!("; put the app's token (`xoxb-...`) into {token}"),
        ),
        "not_in_channel" | "channel_not_found" => (
            Sort::Refused,
            format!(
                "; invite the app to {channel} (`/invite @amiwatch`) or name another channel, {retry}"
            ),
        ),
        "is_archived" => (
            Sort::Refused,
            format!("; bring {channel} back or name another channel, {retry}"),
        ),
        "missing_scope" => (
            Sort::Refused,
            format!("; give the app the scope `chat:write` and install it anew, {retry}"),
        ),
        _ => (
            Sort::Refused,
            format!(
                "; see what that means at https://docs.slack.dev/reference/methods/chat.postMessage, {retry}"
            ),
        ),
    }
}
