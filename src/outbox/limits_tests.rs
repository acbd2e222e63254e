//! What limits and quiet hours do to a life of notices, restarts in it; and that a receiver that takes its time holds up
//! no other. In virtual time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, NaiveTime, TimeZone as _, Utc};

use super::*;
use crate::clock::Clock;
use crate::model::notice::{
    DailyHours, NextByItself, Notice, NoticeEvent, NoticeLimits, QuietHours, ToldBy, What,
};
use crate::store::sqlite::SqliteStore;
use crate::store::{Batch, records};

type Heard = Arc<Mutex<Vec<(DateTime<Utc>, Notice)>>>;

/// Takes everything, after a while.
struct Ear {
    heard: Heard,
    takes: Duration,
    clock: Clock,
}

impl Receiver for Ear {
    fn kind(&self) -> &'static str {
        "ear"
    }

    fn send<'a>(&'a self, notice: &'a Notice, _again: bool) -> Sending<'a> {
        Box::pin(async move {
            self.clock.sleep(self.takes).await;
            let at = self.clock.now();
            self.heard.lock().unwrap().push((at, notice.clone()));
            Ok(())
        })
    }
}

struct Town {
    store: SqliteStore,
    clock: Clock,
    heard: Heard,
    limits: NoticeLimits,
    told: Mutex<u32>,
}

impl Town {
    fn new(limits: NoticeLimits) -> Self {
        Self {
            store: SqliteStore::in_memory().unwrap(),
            clock: Clock::virtual_from(Utc.with_ymd_and_hms(2026, 11, 2, 21, 0, 0).unwrap()),
            heard: Heard::default(),
            limits,
            told: Mutex::default(),
        }
    }

    fn ear(&self, heard: &Heard, takes: Duration) -> Sender {
        Arc::new(Ear {
            heard: Arc::clone(heard),
            takes,
            clock: self.clock.clone(),
        })
    }

    /// Every time another process.
    async fn deliver(&self) -> Delivered {
        let inner = self.ear(&self.heard, Duration::ZERO);
        let limited: Sender = Arc::new(Limited {
            inner,
            limits: self.limits,
        });
        let senders = BTreeMap::from([("team".to_owned(), limited)]);
        deliver(&self.store, &senders, &self.clock).await.unwrap()
    }

    async fn happens(&self, watch: &str, what: What) {
        let count = {
            let mut told = self.told.lock().unwrap();
            *told += 1;
            *told
        };
        let notice = Notice {
            key: format!("{watch}:{count}"),
            story: watch.to_owned(),
            at: self.clock.now(),
            installation: None,
            watch: Some(watch.into()),
            scope: None,
            what,
            next: NextByItself::Nothing,
            commands: Vec::new(),
            links: Vec::new(),
        };
        let told_by = ToldBy::everything_to(["team", "slow"]);
        let ops = records::notice_ops(&self.store, &notice, &told_by).await;
        self.store
            .commit(Batch::of_ops(ops.unwrap()))
            .await
            .unwrap();
        self.clock.sleep(Duration::from_secs(1)).await;
    }

    fn keys(&self) -> Vec<String> {
        let heard = self.heard.lock().unwrap();
        heard.iter().map(|(_, notice)| notice.key.clone()).collect()
    }
}

fn sample() -> What {
    What::Sample {
        receiver: "team".to_owned(),
    }
}

fn cut() -> What {
    What::PassCut {
        began: DateTime::<Utc>::UNIX_EPOCH,
        limit_s: 1,
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_counts_what_it_withholds_and_says_so_once_whoever_restarts() {
    let town = Town::new(NoticeLimits {
        per_hour: Some(3),
        quiet: None,
    });
    for _ in 0..10 {
        town.happens("shop", sample()).await;
        town.deliver().await;
    }
    town.happens("shop", cut()).await;
    let waits = town.deliver().await;
    assert_eq!(
        town.keys(),
        ["shop:1", "shop:2", "shop:3", "shop:11"],
        "three, and what is critical"
    );
    let over = waits.next_at.unwrap();
    assert!(over - town.clock.now() <= chrono::TimeDelta::hours(1));
    town.clock.sleep_until(over).await;
    for _ in 0..3 {
        town.deliver().await;
    }
    let heard = town.heard.lock().unwrap().clone();
    assert_eq!(heard.len(), 5, "the count, once");
    let What::Withheld(told) = &heard[4].1.what else {
        panic!("{:?}", heard[4])
    };
    assert_eq!(told.by_event, BTreeMap::from([(NoticeEvent::Test, 7)]));
    assert_eq!(told.receiver, "team");
    // Another hour has begun.
    town.happens("shop", sample()).await;
    town.deliver().await;
    assert_eq!(town.keys().last().unwrap(), "shop:12");
    let left = records::outbox_notices(&town.store).await.unwrap();
    assert!(left.iter().all(|one| !one.to.contains_key("team")));
}

#[tokio::test(start_paused = true)]
async fn quiet_hours_hold_what_informs_until_morning_in_its_order() {
    let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
    let hours = DailyHours {
        from: time(22),
        to: time(7),
    };
    let town = Town::new(NoticeLimits {
        per_hour: None,
        quiet: Some(QuietHours {
            hours,
            timezone: chrono_tz::Europe::Zurich,
        }),
    });
    town.happens("shop", sample()).await;
    town.happens("blog", sample()).await;
    let waits = town.deliver().await;
    let morning = Utc.with_ymd_and_hms(2026, 11, 3, 6, 0, 0).unwrap();
    assert_eq!((town.keys().len(), waits.next_at), (0, Some(morning)));
    // Something that matters: what was before it goes first, and the other watch stays quiet.
    town.happens("shop", cut()).await;
    town.deliver().await;
    assert_eq!(town.keys(), ["shop:1", "shop:3"]);
    town.clock.sleep_until(morning).await;
    town.deliver().await;
    assert_eq!(town.keys(), ["shop:1", "shop:3", "blog:2"]);
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_takes_its_time_holds_up_no_other() {
    let town = Town::new(NoticeLimits::default());
    let slow = Heard::default();
    let senders = BTreeMap::from([
        ("slow".to_owned(), town.ear(&slow, Duration::from_secs(120))),
        ("team".to_owned(), town.ear(&town.heard, Duration::ZERO)),
    ]);
    let began = town.clock.now();
    town.happens("shop", sample()).await;
    let later = async {
        town.clock.sleep(Duration::from_secs(30)).await;
        town.happens("shop", sample()).await;
    };
    let work = deliver(&town.store, &senders, &town.clock);
    let (_, delivered) = tokio::join!(later, work);
    delivered.unwrap();
    let heard = town.heard.lock().unwrap().clone();
    assert_eq!(heard.len(), 2);
    let waited = (heard[1].0 - began).num_seconds();
    assert!((30..45).contains(&waited), "heard after {waited} s");
    assert_eq!(slow.lock().unwrap()[0].1.key, "shop:1");
}
