//! PagerDuty as a receiver, by Events API v2: what warns or needs a person triggers an incident, its end
//! resolves it by the same key, and what only informs is a change event, which wakes nobody.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::hook::answered;
use super::{KeptSecret, NotSent, Pacing, Receiver, Sending, Sort};
use crate::http_send::{Address, HttpSend, Posted, SendErrorKind};
use crate::model::bake::digest;
use crate::model::notice::{Notice, Severity};
use crate::model::secret::Secret;
use crate::outbox::render::{WrittenNotice, cut_line, notice_title};

const PAUSE: Duration = Duration::from_millis(500);
/// PagerDuty's own bound of a summary.
const SUMMARY_MAX: usize = 1_024;

/// One integration of a service.
#[derive(Clone)]
pub struct Pager {
    pub http: HttpSend,
    pub pacing: Pacing,
    pub routing_key: KeptSecret,
    /// `https://events.pagerduty.com`, or where another region's events go.
    pub url: String,
}

/// One event, but for the key that says whose it is.
#[derive(Debug, Clone, PartialEq)]
pub struct PagerEvent {
    /// `/v2/enqueue`
    pub path: &'static str,
    pub body: Value,
}

impl Receiver for Pager {
    fn kind(&self) -> &'static str {
        "pagerduty"
    }

    fn free_at(&self) -> Option<DateTime<Utc>> {
        self.pacing.free_at(&self.whose())
    }

    fn send<'a>(&'a self, notice: &'a Notice, _again: bool) -> Sending<'a> {
        Box::pin(self.post(notice))
    }
}

impl Pager {
    fn whose(&self) -> String {
        format!("{} at {}", self.routing_key.from, self.url)
    }

    async fn post(&self, notice: &Notice) -> Result<(), NotSent> {
        let key = self.routing_key.read_now().await?;
        let PagerEvent { path, mut body } = pager_event(notice);
        body["routing_key"] = json!(key.expose());
        let posted = Posted::of_json(&body).hiding(&key);
        let url = format!("{}{path}", self.url.trim_end_matches('/'));
        let address = Address::parse(&Secret::new(url)).map_err(|error| NotSent {
            sort: Sort::Later,
            why: format!("the address of PagerDuty cannot be used: {error}"),
        })?;
        let sent = self.http.post_once(&address, &posted).await;
        let pause = match sent.as_ref().map_err(|error| error.kind) {
            Err(SendErrorKind::Throttled { after: Some(after) }) => after.max(PAUSE),
            _ => PAUSE,
        };
        self.pacing.rest(&self.whose(), pause);
        sent.map(drop).map_err(|error| {
            self.routing_key.forget();
            answered(&error, |_| {
                let from = &self.routing_key.from;
                format!(
                    "see that {from} holds the integration key of an Events API v2 integration, then run \
                     `amiwatch notify retry`"
                )
            })
        })
    }
}

/// The event that a notice is. A story has one incident: its key is the story's.
pub fn pager_event(notice: &Notice) -> PagerEvent {
    let story = digest(&[&notice.story]);
    if notice.is_end() {
        let body = json!({ "event_action": "resolve", "dedup_key": story, "client": "amiwatch" });
        return PagerEvent {
            path: "/v2/enqueue",
            body,
        };
    }
    let links: Vec<Value> = notice
        .links
        .iter()
        .map(|link| json!({ "href": link.url, "text": link.title }))
        .collect();
    match notice.severity() {
        Severity::Info => PagerEvent {
            path: "/v2/change/enqueue",
            body: json!({ "payload": payload(notice), "links": links }),
        },
        severity => {
            let mut payload = payload(notice);
            payload["severity"] = json!(severity.as_str());
            payload["class"] = json!(notice.event().as_str());
            payload["component"] = json!(notice.watch_or_dash());
            let body = json!({
                "event_action": "trigger", "dedup_key": story, "client": "amiwatch",
                "payload": payload, "links": links,
            });
            PagerEvent {
                path: "/v2/enqueue",
                body,
            }
        }
    }
}

fn payload(notice: &Notice) -> Value {
    let scope = notice.scope.as_ref().map(ToString::to_string);
    let written = WrittenNotice::of_notice(notice);
    let commands = notice.commands.iter().map(|one| one.command.as_str());
    json!({
        "summary": cut_line(&notice_title(notice), SUMMARY_MAX),
        "source": scope.as_deref().unwrap_or("amiwatch"),
        "timestamp": notice.at.to_rfc3339_opts(SecondsFormat::Millis, true),
        "custom_details": {
            "key": written.key,
            "text": written.body,
            "facts": written.facts,
            "commands": commands.collect::<Vec<_>>(),
        },
    })
}
