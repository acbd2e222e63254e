//! A Slack that keeps what it is told, loses answers, refuses and forgets: a story is one message and a thread under
//! it, whatever goes wrong between.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use chrono::{TimeZone as _, Utc};
use serde_json::{Value, json};

use super::*;
use crate::clock::Clock;
use crate::model::notice::{NextByItself, ToldBy, What};
use crate::model::secret::SecretSource;
use crate::outbox::{Sender, deliver, drain};
use crate::secrets::Secrets;
use crate::store::sqlite::SqliteStore;
use crate::store::{Batch, Store as _, records};

const CHANNEL: &str = "C0123456789";
const TOKEN: &str = "xoxb-hush";

#[derive(Debug, Default)]
struct Channel {
    /// In the order in which they were posted.
    messages: Vec<Value>,
    calls: u32,
    /// Which call's answer is lost after it was done.
    lost: Option<u32>,
    may_look: bool,
    /// Said to every call while it is there.
    says: Option<&'static str>,
}

#[derive(Debug, Clone)]
struct FakeSlack(Arc<Mutex<Channel>>);

impl Channel {
    fn answer(&mut self, method: &str, body: &str) -> Value {
        if let Some(word) = self.says {
            return json!({ "ok": false, "error": word });
        }
        match method {
            "chat.postMessage" => {
                let mut message: Value = serde_json::from_str(body).unwrap();
                assert_eq!(message["channel"], CHANNEL);
                let ts = format!("17000000{:02}.000100", self.messages.len());
                message["ts"] = json!(ts);
                self.messages.push(message);
                json!({ "ok": true, "channel": CHANNEL, "ts": ts })
            }
            "chat.update" => {
                let told: Value = serde_json::from_str(body).unwrap();
                let mut all = self.messages.iter_mut();
                match all.find(|one| one["ts"] == told["ts"]) {
                    Some(message) => {
                        *message = told;
                        json!({ "ok": true })
                    }
                    None => json!({ "ok": false, "error": "message_not_found" }),
                }
            }
            _ if !self.may_look => json!({ "ok": false, "error": "missing_scope" }),
            "conversations.history" => self.listed(|one| one["thread_ts"].is_null()),
            "conversations.replies" => self.listed(|one| !one["thread_ts"].is_null()),
            other => panic!("{other}"),
        }
    }

    fn listed(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        let all = self.messages.iter().filter(|one| wanted(one));
        let all: Vec<Value> = all.cloned().collect();
        json!({ "ok": true, "messages": all, "has_more": false })
    }

    fn stories(&self) -> Vec<&Value> {
        let all = self.messages.iter();
        all.filter(|one| one["thread_ts"].is_null()).collect()
    }
}

impl HttpConnector for FakeSlack {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let method = request.uri().rsplit('/').next().unwrap().to_owned();
        let token = request.headers().get("authorization").unwrap();
        assert_eq!(token, format!("Bearer {TOKEN}"));
        let body = String::from_utf8_lossy(request.body().bytes().unwrap()).into_owned();
        let mut channel = self.0.lock().unwrap();
        let answer = channel.answer(&method, &body).to_string();
        channel.calls += 1;
        if channel.lost == Some(channel.calls) {
            let error = ConnectorError::other("reset".into(), None);
            return HttpConnectorFuture::ready(Err(error));
        }
        let status = StatusCode::try_from(200).unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(answer))))
    }
}

struct Town {
    store: SqliteStore,
    clock: Clock,
    slack: FakeSlack,
}

impl Town {
    fn new(channel: Channel) -> Self {
        Self {
            store: SqliteStore::in_memory().unwrap(),
            clock: Clock::virtual_from(Utc.with_ymd_and_hms(2026, 11, 2, 8, 0, 0).unwrap()),
            slack: FakeSlack(Arc::new(Mutex::new(channel))),
        }
    }

    /// Of one process: another one has others.
    fn senders(&self) -> BTreeMap<String, Sender> {
        let app: Sender = Arc::new(SlackApp {
            http: HttpSend::in_process(SharedHttpConnector::new(self.slack.clone()), &self.clock),
            pacing: Pacing::new(&self.clock),
            token: KeptSecret {
                secrets: Secrets::new(Arc::new(|_: &str| Some(TOKEN.to_owned())), &self.clock),
                from: SecretSource::Env("SLACK_TOKEN".to_owned()),
                cloud: None,
            },
            channel: CHANNEL.to_owned(),
            url: "https://slack.example.com/api".to_owned(),
            zone: chrono_tz::UTC,
        });
        BTreeMap::from([("team".to_owned(), app)])
    }

    async fn happens(&self, count: u32) {
        let what = What::Sample {
            receiver: format!("number {count}"),
        };
        self.happens_in("one", count, what).await;
    }

    async fn happens_in(&self, story: &str, count: u32, what: What) {
        let notice = Notice {
            key: format!("k{count}"),
            story: story.to_owned(),
            at: self.clock.now(),
            installation: None,
            watch: Some("shop".into()),
            scope: None,
            what,
            next: NextByItself::Nothing,
            commands: Vec::new(),
            links: Vec::new(),
        };
        let told_by = ToldBy::everything_to(["team"]);
        let ops = records::notice_ops(&self.store, &notice, &told_by).await;
        self.store
            .commit(Batch::of_ops(ops.unwrap()))
            .await
            .unwrap();
        let limit = Duration::from_secs(3600);
        drain(&self.store, &self.senders(), &self.clock, limit)
            .await
            .unwrap();
    }
}

fn header(message: &Value) -> String {
    message["blocks"][0]["text"]["text"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_story_is_one_message_that_says_how_it_stands_and_a_thread() {
    let town = Town::new(Channel::default());
    for count in 1..=3 {
        town.happens(count).await;
    }
    let channel = town.slack.0.lock().unwrap();
    let stories = channel.stories();
    assert_eq!(stories.len(), 1);
    assert!(header(stories[0]).contains("number 3"), "{}", stories[0]);
    assert_eq!(channel.messages.len(), 4, "and a reply for each");
    let ts = &stories[0]["ts"];
    let replies = channel
        .messages
        .iter()
        .filter(|one| &one["thread_ts"] == ts);
    let replies: Vec<String> = replies.map(header).collect();
    for (reply, count) in replies.iter().zip(1..) {
        assert!(reply.contains(&format!("number {count}")), "{replies:?}");
    }
}

/// Whichever answer is lost: nothing stands there twice where the app may look, and where it may not, what may be a
/// repeat says so.
#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_looked_for_or_said() {
    for may_look in [true, false] {
        let mut repeats = 0;
        for lost in 1..=6 {
            let town = Town::new(Channel {
                lost: Some(lost),
                may_look,
                ..Channel::default()
            });
            for count in 1..=3 {
                town.happens(count).await;
            }
            let channel = town.slack.0.lock().unwrap();
            let again = channel.messages.iter();
            let again = again
                .filter(|one| one.to_string().contains("Sent again"))
                .count();
            match may_look {
                true => assert_eq!((channel.messages.len(), again), (4, 0), "call {lost}"),
                false => {
                    let more = channel.messages.len() - 4;
                    assert!(more <= 1 && again >= more, "call {lost}: {channel:?}");
                    repeats += more;
                }
            }
        }
        assert_eq!(
            repeats > 0,
            !may_look,
            "a loss costs something where it may"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_story_whose_message_was_deleted_begins_anew() {
    let town = Town::new(Channel::default());
    town.happens(1).await;
    town.slack.0.lock().unwrap().messages.remove(0);
    town.happens(2).await;
    let channel = town.slack.0.lock().unwrap();
    assert_eq!(channel.stories().len(), 1);
    assert!(header(channel.stories()[0]).contains("number 2"));
}

#[tokio::test(start_paused = true)]
async fn what_slack_s_words_mean_for_the_next_try() {
    for (word, dead, part) in [
        ("not_in_channel", true, "invite the app to C0123456789"),
        ("is_archived", true, "bring C0123456789 back"),
        ("invalid_blocks", true, "notify retry"),
        ("token_revoked", false, "SLACK_TOKEN"),
        ("ratelimited", false, "ratelimited"),
        ("internal_error", false, "internal_error"),
    ] {
        let town = Town::new(Channel {
            says: Some(word),
            ..Channel::default()
        });
        let notice_ops = async {
            let notice = Notice {
                key: "k".to_owned(),
                story: "one".to_owned(),
                at: town.clock.now(),
                installation: None,
                watch: None,
                scope: None,
                what: What::Sample {
                    receiver: "team".to_owned(),
                },
                next: NextByItself::Nothing,
                commands: Vec::new(),
                links: Vec::new(),
            };
            let told_by = ToldBy::everything_to(["team"]);
            records::notice_ops(&town.store, &notice, &told_by)
                .await
                .unwrap()
        };
        town.store
            .commit(Batch::of_ops(notice_ops.await))
            .await
            .unwrap();
        deliver(&town.store, &town.senders(), &town.clock)
            .await
            .unwrap();
        let left = records::outbox_notices(&town.store).await.unwrap();
        let delivery = &left[0].to["team"];
        let why = delivery.last_why.clone().unwrap();
        assert_eq!(delivery.dead, dead, "{word}: {why}");
        assert!(why.contains(part) && !why.contains(TOKEN), "{word}: {why}");
    }
}

/// Nobody is sent a message for it: the older one says where it goes on.
#[tokio::test(start_paused = true)]
async fn a_story_whose_place_another_one_takes_says_so() {
    let town = Town::new(Channel::default());
    town.happens(1).await;
    let over = What::Resolved {
        release: None,
        current: None,
        ends: "k1".to_owned(),
        also: vec!["one".to_owned(), "never told".to_owned()],
    };
    town.happens_in("two", 2, over).await;
    let channel = town.slack.0.lock().unwrap();
    let stories = channel.stories();
    assert_eq!(stories.len(), 2, "{channel:?}");
    assert_eq!(channel.messages.len(), 4, "one message and one reply each");
    assert_eq!(header(stories[0]), header(stories[1]));
    let said = |at: usize| stories[at].to_string();
    assert!(
        said(0).contains("a newer message goes on with this"),
        "{}",
        said(0)
    );
    assert!(!said(1).contains("a newer message"), "{}", said(1));
}
