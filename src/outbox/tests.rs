//! Two who deliver at once, and a person who asks for a retry in the middle of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use chrono::TimeZone as _;

use super::*;
use crate::http_send::HttpSend;
use crate::model::notice::{Next, What};
use crate::model::secret::SecretSource;
use crate::secrets::Secrets;
use crate::store::Batch;
use crate::store::sqlite::SqliteStore;

/// Takes three seconds for each message.
#[derive(Debug, Clone)]
struct SlowPeer {
    clock: Clock,
    posts: Arc<Mutex<usize>>,
}

impl HttpConnector for SlowPeer {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        *self.posts.lock().unwrap() += 1;
        let clock = self.clock.clone();
        HttpConnectorFuture::new(async move {
            clock.sleep(Duration::from_secs(3)).await;
            let status = StatusCode::try_from(200).unwrap();
            Ok(HttpResponse::new(status, SdkBody::from("ok")))
        })
    }
}

/// A store, a clock, a slow peer.
struct Desk {
    store: SqliteStore,
    clock: Clock,
    peer: SlowPeer,
}

impl Desk {
    fn new() -> Self {
        let clock = Clock::virtual_from(Utc.with_ymd_and_hms(2026, 11, 2, 8, 0, 0).unwrap());
        Self {
            store: SqliteStore::in_memory().unwrap(),
            peer: SlowPeer {
                clock: clock.clone(),
                posts: Arc::default(),
            },
            clock,
        }
    }

    /// The senders of one process: another one has others.
    fn senders(&self, names: &[&str]) -> BTreeMap<String, Sender> {
        let connector = SharedHttpConnector::new(self.peer.clone());
        let environment = |_: &str| Some("https://hooks.example.com/x".to_owned());
        let slack = Slack {
            http: HttpSend::in_process(connector, &self.clock),
            secrets: Secrets::new(Arc::new(environment), &self.clock),
            pacing: Pacing::new(&self.clock),
            webhook_url: SecretSource::Env("HOOK".to_owned()),
            cloud: None,
        };
        let names = names.iter();
        names
            .map(|name| ((*name).to_owned(), Sender::Slack(slack.clone())))
            .collect()
    }

    /// Stores one notice for these.
    async fn tell(&self, names: &[&str]) {
        let notice = Notice {
            key: "k".to_owned(),
            story: "k".to_owned(),
            at: self.clock.now(),
            installation: None,
            watch: Some("shop".into()),
            scope: None,
            what: What::Sample {
                receiver: "team".to_owned(),
            },
            next: Next::Nothing,
            commands: Vec::new(),
            links: Vec::new(),
        };
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let ops = memory::tell(&self.store, &notice, &names).await.unwrap();
        self.store.commit(Batch::of(ops)).await.unwrap();
    }

    /// The notice as it waits, with its key in the store.
    async fn waiting(&self) -> Option<(String, Versioned<Waiting>)> {
        memory::outbox(&self.store).await.unwrap().pop()
    }

    fn posts(&self) -> usize {
        *self.peer.posts.lock().unwrap()
    }
}

fn paused(body: impl AsyncFnOnce(Desk)) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    runtime.unwrap().block_on(async { body(Desk::new()).await });
}

#[test]
fn two_processes_that_deliver_at_once_send_a_chat_one_message() {
    paused(async |desk| {
        desk.tell(&["team"]).await;
        let (one, two) = (desk.senders(&["team"]), desk.senders(&["team"]));
        let (first, second) = tokio::join!(
            deliver(&desk.store, &one, &desk.clock),
            deliver(&desk.store, &two, &desk.clock),
        );
        assert_eq!(first.unwrap().sent + second.unwrap().sent, 1);
        assert_eq!(desk.posts(), 1);
        assert_eq!(desk.waiting().await, None);
    });
}

#[test]
fn a_retry_in_the_middle_of_a_try_neither_loses_nor_repeats_it() {
    paused(async |desk| {
        desk.tell(&["gone", "team"]).await;
        let (key, mut entry) = desk.waiting().await.unwrap();
        entry.value.to.get_mut("gone").unwrap().dead = true;
        let op = memory::put_waiting(&key, &entry);
        desk.store.commit(Batch::of(vec![op])).await.unwrap();

        let senders = desk.senders(&["gone", "team"]);
        let asks = async {
            desk.clock.sleep(Duration::from_secs(1)).await;
            revive(&desk.store, desk.clock.now()).await.unwrap()
        };
        let (_, revived) = tokio::join!(deliver(&desk.store, &senders, &desk.clock), asks);
        let names: Vec<&str> = revived.iter().map(|one| one.notifier.as_str()).collect();
        assert_eq!(names, ["gone"]);
        let (_, left) = desk.waiting().await.unwrap();
        assert_eq!(
            left.value.to.keys().collect::<Vec<_>>(),
            ["gone"],
            "team has it"
        );
        assert!(!left.value.to["gone"].dead);

        let limit = Duration::from_secs(60);
        drain(&desk.store, &senders, &desk.clock, limit)
            .await
            .unwrap();
        assert_eq!((desk.posts(), desk.waiting().await), (2, None));
    });
}
