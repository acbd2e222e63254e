//! PagerDuty as a receiver, by Events API v2: what warns or needs a person triggers an incident, its end
//! resolves it by the same key, and what only informs is a change event, which wakes nobody.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};

use super::hook::answered;
use super::{KeptSecret, NotSent, Pacing, Receiver, Sending, Sort};
use crate::http_send::{Address, HttpSend, Posted, SendErrorKind};
use crate::model::bake::digest;
use crate::model::notice::{Notice, Severity};
use crate::model::secret::Secret;
use crate::outbox::render::{SpokenNotice, WrittenNotice, cut_line, notice_title};

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
    /// Where its readers are.
    pub zone: Tz,
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
        let notice = SpokenNotice::in_zone(notice, self.zone);
        for over in notice.ends_others() {
            self.enqueue(&key, resolving(over)).await?;
        }
        self.enqueue(&key, pager_event(notice)).await
    }

    async fn enqueue(&self, key: &Secret, event: PagerEvent) -> Result<(), NotSent> {
        let PagerEvent { path, mut body } = event;
        body["routing_key"] = json!(key.expose());
        let posted = Posted::of_json(&body).hiding(key);
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

/// The end of a story's incident; of one that has none it is nothing.
fn resolving(story: &str) -> PagerEvent {
    PagerEvent {
        path: "/v2/enqueue",
        body: json!({
            "event_action": "resolve", "dedup_key": digest(&[story]), "client": "amiwatch",
        }),
    }
}

/// The event that a notice is. A story has one incident: its key is the story's.
pub fn pager_event<'n>(notice: impl Into<SpokenNotice<'n>>) -> PagerEvent {
    let notice = notice.into();
    if notice.ends_story() {
        return resolving(&notice.story);
    }
    let story = digest(&[&notice.story]);
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

fn payload(notice: SpokenNotice<'_>) -> Value {
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

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use aws_smithy_runtime_api::client::http::{
        HttpConnector, HttpConnectorFuture, SharedHttpConnector,
    };
    use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;

    use super::*;
    use crate::clock::Clock;
    use crate::model::notice::{NextByItself, What};
    use crate::model::secret::SecretSource;
    use crate::secrets::Secrets;

    /// Takes everything and keeps it.
    #[derive(Debug, Clone, Default)]
    struct FakePager(Arc<Mutex<Vec<Value>>>);

    impl HttpConnector for FakePager {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            let body = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
            self.0.lock().unwrap().push(body);
            let status = StatusCode::try_from(202).unwrap();
            HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from("{}"))))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_end_resolves_its_own_incident_and_those_that_are_over_with_it() {
        let (fake, clock) = (FakePager::default(), Clock::real());
        let pager = Pager {
            http: HttpSend::in_process(SharedHttpConnector::new(fake.clone()), &clock),
            pacing: Pacing::new(&clock),
            routing_key: KeptSecret {
                secrets: Secrets::new(Arc::new(|_: &str| Some("hush".to_owned())), &clock),
                from: SecretSource::Env("PAGER".to_owned()),
                cloud: None,
            },
            url: "https://events.pagerduty.com".to_owned(),
            zone: chrono_tz::UTC,
        };
        let over = Notice {
            key: "k".to_owned(),
            story: "new".to_owned(),
            at: DateTime::<Utc>::UNIX_EPOCH,
            installation: None,
            watch: Some("shop".into()),
            scope: None,
            what: What::Resolved {
                release: None,
                current: None,
                ends: "d".to_owned(),
                also: vec!["old".to_owned()],
            },
            next: NextByItself::Nothing,
            commands: Vec::new(),
            links: Vec::new(),
        };
        pager.send(&over, false).await.unwrap();
        let sent = fake.0.lock().unwrap();
        let keys: Vec<&Value> = sent.iter().map(|one| &one["dedup_key"]).collect();
        assert_eq!(keys, [&json!(digest(&["old"])), &json!(digest(&["new"]))]);
        assert!(
            sent.iter().all(|one| one["event_action"] == "resolve"),
            "{sent:?}"
        );
    }
}
