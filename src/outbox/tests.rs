//! Two who deliver at once, a person who asks for a retry in the middle of it, and what ten thousand
//! waiting notices cost.

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
use crate::model::notice::{NextByItself, Notice, ToldBy, What};
use crate::model::secret::SecretSource;
use crate::secrets::Secrets;
use crate::store::records;
use crate::store::sqlite::SqliteStore;
use crate::store::{Batch, DRIVER, Holder, Lease, LeaseTaken, Record, StoreAnswer, UnderLease};

/// Takes three seconds for each message.
#[derive(Debug, Clone)]
struct SlowPeer {
    clock: Clock,
    /// What it was sent, as text.
    posts: Arc<Mutex<Vec<String>>>,
    /// What it answers.
    status: Arc<Mutex<u16>>,
}

impl HttpConnector for SlowPeer {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request.body().bytes().unwrap_or_default();
        let body = String::from_utf8_lossy(body).into_owned();
        self.posts.lock().unwrap().push(body);
        let (clock, status) = (self.clock.clone(), *self.status.lock().unwrap());
        HttpConnectorFuture::new(async move {
            clock.sleep(Duration::from_secs(3)).await;
            let status = StatusCode::try_from(status).unwrap();
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
                status: Arc::new(Mutex::new(200)),
            },
            clock,
        }
    }

    /// The senders of one process: another one has others.
    fn senders(&self, names: &[&str]) -> BTreeMap<String, Sender> {
        let connector = SharedHttpConnector::new(self.peer.clone());
        let environment = |_: &str| Some("https://hooks.example.com/x".to_owned());
        let url = KeptSecret {
            secrets: Secrets::new(Arc::new(environment), &self.clock),
            from: SecretSource::Env("HOOK".to_owned()),
            cloud: None,
        };
        let hook = Hook {
            http: HttpSend::in_process(connector, &self.clock),
            pacing: Pacing::new(&self.clock),
            url,
        };
        let slack: Sender = Arc::new(Slack {
            hook,
            zone: chrono_tz::UTC,
        });
        let names = names.iter();
        names
            .map(|name| ((*name).to_owned(), Arc::clone(&slack)))
            .collect()
    }

    /// Stores one notice for these.
    async fn tell(&self, names: &[&str]) {
        self.tell_of("shop", "Baked.", names).await;
    }

    /// Stores a notice of a watch that happened now.
    async fn tell_of(&self, watch: &str, body: &str, names: &[&str]) {
        let notice = Notice {
            key: format!("{watch} {body}"),
            story: "k".to_owned(),
            at: self.clock.now(),
            installation: None,
            watch: Some(watch.into()),
            scope: None,
            what: What::Sample {
                receiver: body.to_owned(),
            },
            next: NextByItself::Nothing,
            commands: Vec::new(),
            links: Vec::new(),
        };
        let told_by = ToldBy::everything_to(names.iter().copied());
        let ops = records::notice_ops(&self.store, &notice, &told_by)
            .await
            .unwrap();
        self.store.commit(Batch::of_ops(ops)).await.unwrap();
    }

    /// The notice as it waits.
    async fn waiting(&self) -> Option<Waiting> {
        records::outbox_notices(&self.store).await.unwrap().pop()
    }

    fn posts(&self) -> usize {
        self.peer.posts.lock().unwrap().len()
    }

    fn answers(&self, status: u16) {
        *self.peer.status.lock().unwrap() = status;
    }

    async fn deliver(&self, senders: &BTreeMap<String, Sender>) -> Delivered {
        deliver(&self.store, senders, &self.clock).await.unwrap()
    }

    async fn drain(&self, senders: &BTreeMap<String, Sender>) {
        let limit = Duration::from_secs(600);
        drain(&self.store, senders, &self.clock, limit)
            .await
            .unwrap();
    }

    /// Which of these words the peer was sent, in order.
    fn heard(&self, words: &[&'static str]) -> Vec<&'static str> {
        let posts = self.peer.posts.lock().unwrap();
        let word = |post: &String| words.iter().find(|word| post.contains(**word)).copied();
        posts.iter().filter_map(word).collect()
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

/// A leader that was frozen in the middle of its deliveries, while receivers were added and somebody else led.
#[test]
fn who_has_lost_the_lease_crosses_nothing_off_by_an_old_config() {
    paused(async |desk| {
        let takes = async || {
            let taken = desk.store.take(DRIVER, "one").await.unwrap();
            taken.mine().expect("nobody else wants it")
        };
        let lost = takes().await;
        let held = takes().await;
        desk.tell(&["added"]).await;
        let old = UnderLease::new(&desk.store, lost);
        let refused = deliver(&old, &desk.senders(&["team"]), &desk.clock).await;
        assert!(matches!(refused, Err(StoreError::LeaseLost)), "{refused:?}");
        let waiting = desk.waiting().await.expect("it waits for the new leader");
        assert!(waiting.to.contains_key("added"));

        let new = UnderLease::new(&desk.store, held);
        let senders = desk.senders(&["team", "added"]);
        let delivered = deliver(&new, &senders, &desk.clock).await.unwrap();
        assert_eq!((delivered.sent, desk.waiting().await), (1, None));
    });
}

#[test]
fn a_retry_in_the_middle_of_a_try_neither_loses_nor_repeats_it() {
    paused(async |desk| {
        // `gone` was given up for the notice; `team` is due.
        desk.tell(&["gone"]).await;
        desk.answers(404);
        desk.deliver(&desk.senders(&["gone"])).await;
        assert!(desk.waiting().await.unwrap().to["gone"].dead);
        desk.answers(200);
        desk.tell_of("shop", "again", &["team"]).await;
        desk.clock.sleep(Duration::from_secs(9)).await;

        let senders = desk.senders(&["gone", "team"]);
        let asks = async {
            desk.clock.sleep(Duration::from_secs(1)).await;
            revive_dead(&desk.store, desk.clock.now()).await.unwrap()
        };
        let (_, done) = tokio::join!(deliver(&desk.store, &senders, &desk.clock), asks);
        let names: Vec<&str> = done
            .revived
            .iter()
            .map(|one| one.notifier.as_str())
            .collect();
        assert_eq!(names, ["gone"]);
        let left = desk.waiting().await.unwrap();
        assert_eq!(left.to.keys().collect::<Vec<_>>(), ["gone"], "team has it");
        assert!(!left.to["gone"].dead);

        desk.drain(&senders).await;
        assert_eq!(desk.waiting().await, None);
        let told = desk.heard(&["again", "Baked"]);
        assert_eq!(told, ["Baked", "again", "Baked"]);
    });
}

#[test]
fn after_an_outage_a_receiver_hears_of_a_watch_in_order() {
    paused(async |desk| {
        let senders = desk.senders(&["team"]);
        desk.answers(503);
        desk.tell_of("shop", "drift 4.5.2", &["team"]).await;
        // Long enough for the pauses to have grown.
        for _ in 0..30 {
            desk.deliver(&senders).await;
            desk.clock.sleep(Duration::from_secs(120)).await;
        }
        desk.answers(200);
        desk.tell_of("shop", "baked 4.5.3", &["team"]).await;
        desk.tell_of("blog", "baked 1.0.0", &["team"]).await;
        let words = ["drift 4.5.2", "baked 4.5.3", "baked 1.0.0"];
        let failed = desk.heard(&words).len();
        desk.deliver(&senders).await;
        let told = desk.heard(&words).split_off(failed);
        assert_eq!(told, ["baked 1.0.0"], "another watch waits for nobody");
        desk.clock.sleep(Duration::from_secs(3600)).await;
        desk.drain(&senders).await;
        let told = desk.heard(&words).split_off(failed + 1);
        assert_eq!(told, ["drift 4.5.2", "baked 4.5.3"]);
    });
}

#[test]
fn what_was_given_up_stays_in_nobodys_way() {
    paused(async |desk| {
        let senders = desk.senders(&["team"]);
        desk.answers(404);
        desk.tell_of("shop", "first", &["team"]).await;
        desk.deliver(&senders).await;
        desk.answers(200);
        desk.clock.sleep(Duration::from_secs(5)).await;
        desk.tell_of("shop", "second", &["team"]).await;
        let done = desk.deliver(&senders).await;
        assert_eq!((done.sent, done.next_at), (1, None));
        assert!(desk.waiting().await.unwrap().to["team"].dead);
    });
}

/// A receiver that is down is asked with one message, not with one of each watch that waits.
#[test]
fn an_outage_costs_one_try_a_round() {
    paused(async |desk| {
        let senders = desk.senders(&["team"]);
        desk.answers(503);
        for n in 0..50 {
            desk.tell_of(&format!("shop-{n}"), "Baked.", &["team"])
                .await;
        }
        let done = desk.deliver(&senders).await;
        assert_eq!((done.failed, desk.posts()), (1, 1));
        let again_in = done.next_at.unwrap() - desk.clock.now();
        assert_eq!(again_in.num_seconds(), 5);
    });
}

/// One that was put off under a clock that was years ahead is not put off for years.
#[test]
fn a_pause_from_a_wrong_clock_is_over_when_it_is_set_right() {
    paused(async |desk| {
        let senders = desk.senders(&["team"]);
        let years = TimeDelta::days(20 * 365);
        desk.tell(&["team"]).await;
        desk.clock.step(years);
        desk.answers(503);
        desk.deliver(&senders).await;
        desk.clock.step(-years);
        desk.answers(200);
        desk.drain(&senders).await;
        assert_eq!((desk.waiting().await, desk.posts()), (None, 2));
    });
}

/// Counts what is read.
struct Counting {
    inner: SqliteStore,
    rows: std::cell::Cell<usize>,
}

impl Store for Counting {
    fn get<'a>(&'a self, key: &'a str) -> StoreAnswer<'a, Option<Record>> {
        self.rows.set(self.rows.get() + 1);
        self.inner.get(key)
    }

    fn query<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> StoreAnswer<'a, Vec<Record>> {
        Box::pin(async move {
            let found = self.inner.query(prefix, after, limit).await?;
            self.rows.set(self.rows.get() + found.len());
            Ok(found)
        })
    }

    fn journal<'a>(&'a self, name: &'a str) -> StoreAnswer<'a, Vec<serde_json::Value>> {
        self.inner.journal(name)
    }

    fn commit(&self, batch: Batch) -> StoreAnswer<'_, ()> {
        self.inner.commit(batch)
    }

    fn take<'a>(&'a self, name: &'a str, me: &'a str) -> StoreAnswer<'a, LeaseTaken> {
        self.inner.take(name, me)
    }

    fn renew<'a>(&'a self, name: &'a str, lease: Lease) -> StoreAnswer<'a, ()> {
        self.inner.renew(name, lease)
    }

    fn release<'a>(&'a self, name: &'a str, lease: Lease) -> StoreAnswer<'a, ()> {
        self.inner.release(name, lease)
    }

    fn holder<'a>(&'a self, name: &'a str) -> StoreAnswer<'a, Option<Holder>> {
        self.inner.holder(name)
    }
}

#[test]
fn a_round_reads_the_heads_however_many_wait_behind_them() {
    paused(async |desk| {
        let senders = desk.senders(&["team"]);
        for n in 0..2_000 {
            desk.tell_of("shop", &format!("number {n:04};"), &["team"])
                .await;
        }
        desk.deliver(&senders).await;
        let posts = desk.posts();
        let store = Counting {
            inner: desk.store,
            rows: std::cell::Cell::default(),
        };
        for _ in 0..10 {
            desk.clock.sleep(Duration::from_secs(1)).await;
            deliver(&store, &senders, &desk.clock).await.unwrap();
        }
        let sent = desk.peer.posts.lock().unwrap().len() - posts;
        assert!(sent >= 10, "{sent}");
        let rows = store.rows.get() / 10;
        assert!(rows < 10, "{rows} rows a round");
    });
}
