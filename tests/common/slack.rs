//! A Slack workspace with one incoming webhook, in the process: it keeps what was posted, refuses what
//! Slack refuses, and can have a bad day.

use std::collections::VecDeque;
use std::future::pending;
use std::sync::{Arc, Mutex};

use amiwatch::clock::Clock;
use amiwatch::http_send::HttpSend;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::seam::Seam;

/// The webhook's address, a secret, and the word in it that no output may carry.
pub(crate) const HOOK: &str = "https://hooks.slack.com/services/T0000/B0000/whispered-token";
pub(crate) const HOOK_WORD: &str = "whispered-token";
/// Where the usual config keeps it.
pub(crate) const VARIABLE: &str = "SLACK_WEBHOOK_URL";

/// What expects to hear how passes go, as the usual ways out know it.
pub(crate) const WATCHDOG: &str = "https://ping.example.com/0123-whispered-token";
pub(crate) const WATCHDOG_VARIABLE: &str = "WATCHDOG_URL";

/// How the next request ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Says no with this status and word; the message does not appear.
    Says(u16, &'static str),
    /// Too many: come back after this many seconds.
    Throttles(u64),
    /// Nothing arrives and nothing is answered.
    Silent,
    /// The message appears, and the answer is lost.
    AnswerLost,
}

/// One message that appeared in the channel.
#[derive(Debug, Clone)]
pub(crate) struct Post {
    pub(crate) at: DateTime<Utc>,
    pub(crate) body: Value,
}

/// The workspace. Clones are the same one.
#[derive(Clone)]
pub(crate) struct Slack {
    clock: Clock,
    seam: Arc<Seam>,
    state: Arc<Mutex<State>>,
}

#[derive(Clone, Debug, Default)]
struct State {
    posts: Vec<Post>,
    pings: Vec<String>,
    requests: Vec<DateTime<Utc>>,
    moods: VecDeque<Mood>,
    /// Lasts until it is changed.
    always: Option<Mood>,
}

impl Slack {
    pub(crate) fn new(clock: &Clock, seam: &Arc<Seam>) -> Self {
        Self {
            clock: clock.clone(),
            seam: Arc::clone(seam),
            state: Arc::default(),
        }
    }

    /// Another workspace, in which the same was posted so far.
    pub(crate) fn copied(&self, clock: &Clock, seam: &Arc<Seam>) -> Self {
        let state = self.state.lock().unwrap().clone();
        Self {
            clock: clock.clone(),
            seam: Arc::clone(seam),
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// What it holds, to be compared with a copy.
    pub(super) fn standing(&self) -> String {
        format!("{:?}", self.state.lock().unwrap())
    }

    /// The way to it.
    pub(crate) fn http(&self, clock: &Clock) -> HttpSend {
        HttpSend::in_process(SharedHttpConnector::new(self.clone()), clock)
    }

    /// How the next requests end, one after the other; then it is well again.
    pub(crate) fn moods(&self, moods: impl IntoIterator<Item = Mood>) {
        self.state.lock().unwrap().moods.extend(moods);
    }

    /// How every request ends from now on.
    pub(crate) fn always(&self, mood: Option<Mood>) {
        self.state.lock().unwrap().always = mood;
    }

    pub(crate) fn posts(&self) -> Vec<Post> {
        self.state.lock().unwrap().posts.clone()
    }

    /// What the watchdog was told: `/start`, nothing, `/fail`.
    pub(crate) fn pings(&self) -> Vec<String> {
        self.state.lock().unwrap().pings.clone()
    }

    /// When each request came, whatever became of it.
    pub(crate) fn requests(&self) -> Vec<DateTime<Utc>> {
        self.state.lock().unwrap().requests.clone()
    }

    /// The messages' headers, without their icons.
    pub(crate) fn headers(&self) -> Vec<String> {
        let header = |post: &Post| {
            let text = post.body["blocks"][0]["text"]["text"]
                .as_str()
                .expect("a header");
            text.split_once(' ').expect("an icon").1.to_owned()
        };
        self.posts().iter().map(header).collect()
    }

    /// The key that a message carries in its last line.
    pub(crate) fn keys(&self) -> Vec<String> {
        let key = |post: &Post| {
            let blocks = post.body["blocks"].as_array().expect("blocks");
            let last = blocks.last().expect("a last one");
            let about = last["elements"][0]["text"].as_str().expect("a text");
            about.split('`').nth(1).expect("a key").to_owned()
        };
        self.posts().iter().map(key).collect()
    }

    /// Whether each message says that it may be a repeat.
    pub(crate) fn said_again(&self) -> Vec<bool> {
        let said = |post: &Post| post.body["blocks"].to_string().contains("Sent again");
        self.posts().iter().map(said).collect()
    }

    /// What becomes of a request.
    fn judge(&self, request: &HttpRequest) -> Fate {
        let mut state = self.state.lock().unwrap();
        if let Some(ping) = request.uri().strip_prefix(WATCHDOG) {
            state.pings.push(ping.to_owned());
            return match state.always {
                Some(Mood::Says(status, word)) => Fate::says(status, word),
                _ => Fate::says(200, "OK"),
            };
        }
        state.requests.push(self.clock.now());
        if request.uri() != HOOK {
            return Fate::says(404, "no_service");
        }
        let body = request.body().bytes().unwrap_or_default();
        let Ok(body) = serde_json::from_slice::<Value>(body) else {
            return Fate::says(400, "invalid_payload");
        };
        let mood = state.moods.pop_front().or_else(|| state.always.clone());
        let ends = match mood {
            Some(Mood::Says(status, word)) => return Fate::says(status, word),
            Some(Mood::Throttles(seconds)) => {
                let after = Some(seconds);
                return Fate {
                    after,
                    ..Fate::says(429, "rate_limited")
                };
            }
            Some(Mood::Silent) => {
                return Fate {
                    ends: Ends::Never,
                    ..Fate::says(200, "")
                };
            }
            Some(Mood::AnswerLost) => Ends::Broken,
            None => Ends::Answered,
        };
        if let Err(word) = fits(&body) {
            return Fate::says(400, word);
        }
        let at = self.clock.now();
        state.posts.push(Post { at, body });
        Fate {
            ends,
            ..Fate::says(200, "ok")
        }
    }
}

/// How a request ends, and with which answer.
struct Fate {
    ends: Ends,
    status: u16,
    word: &'static str,
    after: Option<u64>,
}

#[derive(PartialEq, Eq)]
enum Ends {
    Answered,
    Broken,
    Never,
}

impl Fate {
    fn says(status: u16, word: &'static str) -> Self {
        Self {
            ends: Ends::Answered,
            status,
            word,
            after: None,
        }
    }
}

impl std::fmt::Debug for Slack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Slack")
    }
}

impl HttpConnector for Slack {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let this = self.clone();
        HttpConnectorFuture::new(async move {
            this.seam.point_out(|| "Slack, never sent".to_owned()).await;
            let fate = this.judge(&request);
            let answer = match fate.ends {
                Ends::Answered => Ok(answer(&fate)),
                Ends::Never => pending().await,
                Ends::Broken => Err(ConnectorError::io("the connection was reset".into())),
            };
            this.seam
                .point_out(|| "Slack, answer lost".to_owned())
                .await;
            answer
        })
    }
}

fn answer(fate: &Fate) -> HttpResponse {
    let status = StatusCode::try_from(fate.status).expect("a status");
    let mut response = HttpResponse::new(status, SdkBody::from(fate.word));
    if let Some(after) = fate.after {
        let headers = response.headers_mut();
        headers.insert("retry-after", after.to_string());
    }
    response
}

/// Slack's limits, as documented and, for the whole, as found.
fn fits(body: &Value) -> Result<(), &'static str> {
    let length = |value: &Value| value.as_str().map_or(0, |text| text.encode_utf16().count());
    let blocks = body["blocks"].as_array().ok_or("no_text")?;
    if blocks.len() > 50 || body["text"].as_str().is_none_or(str::is_empty) {
        return Err("invalid_blocks");
    }
    for block in blocks {
        let text = length(&block["text"]["text"]);
        let fields = block["fields"].as_array().map_or(0, Vec::len);
        let fits = match block["type"].as_str() {
            Some("header") => (1..=150).contains(&text),
            Some("section") if fields > 0 => fields <= 10,
            Some("section") => (1..=3000).contains(&text),
            Some("context") => block["elements"]
                .as_array()
                .is_some_and(|all| all.len() <= 10),
            _ => false,
        };
        if !fits {
            return Err("invalid_blocks");
        }
    }
    match body["blocks"].to_string().encode_utf16().count() <= 13_200 {
        true => Ok(()),
        false => Err("msg_blocks_too_long"),
    }
}
