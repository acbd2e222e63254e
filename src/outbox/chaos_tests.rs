//! A thousand crashes and as many outages in virtual time: every notice reaches every receiver that wants it,
//! in its watch's order, and whoever cannot drop repeats is told of each.

use std::collections::{BTreeMap, BTreeSet};
use std::future::{pending, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use chrono::{TimeZone as _, Utc};

use super::*;
use crate::clock::Clock;
use crate::model::notice::{NextByItself, Notice, ToldBy, What};
use crate::store::sqlite::SqliteStore;
use crate::store::{Batch, records};

const CRASHES: u32 = 1_000;
const RECEIVERS: [(&str, bool); 3] = [("chat", true), ("pager", false), ("programs", false)];

/// What came: the key, and whether it said that it may be a repeat.
type Log = Arc<Mutex<Vec<(String, bool)>>>;

/// A receiver that has every sort of bad day, until it is well for good.
struct Moody {
    kind: &'static str,
    a_chat: bool,
    heard: Log,
    chance: Arc<Mutex<fastrand::Rng>>,
    outages: Arc<Mutex<u32>>,
    well: bool,
}

enum Mood {
    Well,
    Refuses(NotSent),
    /// It arrives, and nobody is told.
    AnswerLost,
    /// Nothing comes back, ever; whether it arrived is open.
    Hangs {
        arrived: bool,
    },
}

impl Moody {
    fn mood(&self) -> Mood {
        let mut chance = self.chance.lock().unwrap();
        if self.well || chance.u8(0..100) < 55 {
            return Mood::Well;
        }
        *self.outages.lock().unwrap() += 1;
        let not_sent = |sort| {
            Mood::Refuses(NotSent {
                sort,
                why: "a bad day".to_owned(),
            })
        };
        match chance.u8(0..6) {
            0 | 1 => not_sent(Sort::Later),
            2 => not_sent(Sort::Throttled {
                after: Some(Duration::from_secs(chance.u64(1..600))),
            }),
            3 => Mood::AnswerLost,
            _ => Mood::Hangs {
                arrived: chance.bool(),
            },
        }
    }

    fn hear(&self, notice: &Notice, again: bool) {
        let mut heard = self.heard.lock().unwrap();
        heard.push((notice.key.clone(), again));
    }
}

impl Receiver for Moody {
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn shows_repeats(&self) -> bool {
        self.a_chat
    }

    fn send<'a>(&'a self, notice: &'a Notice, again: bool) -> Sending<'a> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            let mood = self.mood();
            if matches!(
                mood,
                Mood::Well | Mood::AnswerLost | Mood::Hangs { arrived: true }
            ) {
                self.hear(notice, again);
            }
            tokio::task::yield_now().await;
            match mood {
                Mood::Well => Ok(()),
                Mood::Refuses(error) => Err(error),
                Mood::AnswerLost => Err(NotSent {
                    sort: Sort::Unknown,
                    why: "the answer was lost".to_owned(),
                }),
                Mood::Hangs { .. } => pending().await,
            }
        })
    }
}

/// A world with a store that outlives its processes.
struct Town {
    store: SqliteStore,
    clock: Clock,
    chance: Arc<Mutex<fastrand::Rng>>,
    heard: BTreeMap<&'static str, Log>,
    outages: Arc<Mutex<u32>>,
    told: BTreeMap<String, Vec<String>>,
}

impl Town {
    fn new(seed: u64) -> Self {
        Self {
            store: SqliteStore::in_memory().unwrap(),
            clock: Clock::virtual_from(Utc.with_ymd_and_hms(2026, 11, 2, 8, 0, 0).unwrap()),
            chance: Arc::new(Mutex::new(fastrand::Rng::with_seed(seed))),
            heard: RECEIVERS
                .into_iter()
                .map(|(name, _)| (name, Log::default()))
                .collect(),
            outages: Arc::default(),
            told: BTreeMap::new(),
        }
    }

    /// The senders of one process.
    fn senders(&self, well: bool) -> BTreeMap<String, Sender> {
        let sender = |(kind, a_chat): (&'static str, bool)| {
            let moody: Sender = Arc::new(Moody {
                kind,
                a_chat,
                heard: Arc::clone(&self.heard[kind]),
                chance: Arc::clone(&self.chance),
                outages: Arc::clone(&self.outages),
                well,
            });
            (kind.to_owned(), moody)
        };
        RECEIVERS.into_iter().map(sender).collect()
    }

    fn below(&self, end: u64) -> u64 {
        self.chance.lock().unwrap().u64(0..end)
    }

    /// Something happens to some watch.
    async fn happen(&mut self) {
        let watch = ["shop", "tools", "blog"][usize::try_from(self.below(3)).unwrap()];
        let keys = self.told.entry(watch.to_owned()).or_default();
        let key = format!("{watch}:{}", keys.len());
        keys.push(key.clone());
        let notice = Notice {
            story: watch.to_owned(),
            key,
            at: self.clock.now(),
            installation: None,
            watch: Some(watch.into()),
            scope: None,
            what: What::Sample {
                receiver: "all".to_owned(),
            },
            next: NextByItself::Nothing,
            commands: Vec::new(),
            links: Vec::new(),
        };
        let told_by = ToldBy::everything_to(RECEIVERS.map(|(name, _)| name));
        let ops = records::notice_ops(&self.store, &notice, &told_by)
            .await
            .unwrap();
        self.store.commit(Batch::of_ops(ops)).await.unwrap();
    }

    /// A process delivers until it is done, or stopped after so many steps. Says whether it was stopped.
    async fn deliver_until_stopped(&self, steps: u64) -> bool {
        let senders = self.senders(false);
        let mut work = pin!(deliver(&self.store, &senders, &self.clock));
        let mut left = steps;
        poll_fn(|context| {
            if let Poll::Ready(ended) = work.as_mut().poll(context) {
                ended.unwrap();
                return Poll::Ready(false);
            }
            left = left.saturating_sub(1);
            match left {
                0 => Poll::Ready(true),
                _ => {
                    context.waker().wake_by_ref();
                    Poll::Pending
                }
            }
        })
        .await
    }

    /// Everybody is well: whatever waits is sent, what was given up with it.
    async fn calm(&self) {
        for _ in 0..100 {
            self.clock.sleep(Duration::from_secs(90_000)).await;
            revive_dead(&self.store, self.clock.now()).await.unwrap();
            let limit = Duration::from_secs(200_000);
            drain(&self.store, &self.senders(true), &self.clock, limit)
                .await
                .unwrap();
            if records::outbox_notices(&self.store)
                .await
                .unwrap()
                .is_empty()
            {
                return;
            }
        }
        panic!("something still waits");
    }
}

/// By key, in the order in which each first came; a repeat in a chat must say that it is one.
fn first_heard(log: &Log, a_chat: bool) -> (Vec<String>, usize) {
    let (mut seen, mut order, mut repeats) = (BTreeSet::new(), Vec::new(), 0);
    for (key, again) in log.lock().unwrap().iter() {
        if seen.insert(key.clone()) {
            order.push(key.clone());
            continue;
        }
        repeats += 1;
        assert!(*again || !a_chat, "{key} came again and did not say so");
    }
    (order, repeats)
}

#[tokio::test(start_paused = true)]
async fn a_thousand_crashes_and_outages_lose_nothing_and_repeat_nothing_unsaid() {
    let mut town = Town::new(7);
    let began = town.clock.now();
    let (mut crashes, mut rounds) = (0, 0);
    while crashes < CRASHES || *town.outages.lock().unwrap() < CRASHES {
        rounds += 1;
        assert!(rounds < 100_000, "{crashes} crashes");
        if town.below(3) == 0 {
            town.happen().await;
        }
        let steps = 1 + town.below(12);
        crashes += u32::from(town.deliver_until_stopped(steps).await);
        let pause = 1 + town.below(3_000);
        town.clock.sleep(Duration::from_secs(pause)).await;
    }
    town.calm().await;
    let all: usize = town.told.values().map(Vec::len).sum();
    let mut repeats = 0;
    for (name, a_chat) in RECEIVERS {
        let (order, again) = first_heard(&town.heard[name], a_chat);
        repeats += again;
        assert_eq!(order.len(), all, "{name} lost something");
        for (watch, keys) in &town.told {
            let of_watch = order.iter().filter(|key| key.starts_with(watch.as_str()));
            let of_watch: Vec<&String> = of_watch.collect();
            let wanted: Vec<&String> = keys.iter().collect();
            assert_eq!(of_watch, wanted, "{name} heard {watch} out of order");
        }
    }
    let outages = *town.outages.lock().unwrap();
    let days = (town.clock.now() - began).num_days();
    assert!(days > 1 && repeats > 0, "nothing happened");
    println!(
        "{crashes} crashes, {outages} outages in {days} days: {all} notices to {} receivers, {} delivered, lost 0, \
         doubled by key 0; {repeats} sent again under their key, in chats with words that say so",
        RECEIVERS.len(),
        all * RECEIVERS.len(),
    );
}
