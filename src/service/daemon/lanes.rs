//! What the daemon has under way, each in a lane of its own: owned futures, nothing detached. Dropping
//! a lane loses nothing, since whatever matters is in the store.

use std::future::pending;
use std::rc::Rc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;

use super::host::{Generation, SettingsInUse};
use super::log;
use crate::clock::{Clock, Elapsed};
use crate::flow::bake::kind::BakeKind;
use crate::model::ids::WatchName;
use crate::model::request::Answer;
use crate::outbox::{self, Delivered};
use crate::service::desk::ask::{Asked, ask};
use crate::service::pass::decide::{Decided, decide};
use crate::service::pass::{Start, order_one};
use crate::service::runs::bake::{BakeEnded, watches};
use crate::service::runs::{self, DriveError, Driven as _, UnderWay};
use crate::service::sweep::{self, SweepError, Swept};
use crate::service::telemetry::chain;
use crate::service::{Outside, Service};
use crate::store::memory::lines::{self, Count};
use crate::store::requests::{self, Stored};
use crate::store::{Lease, Store, StoreError};

/// What every lane works on.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    pub store: &'a dyn Store,
    pub clock: &'a Clock,
    pub lease: Lease,
    /// One for the process: its pacing and its secrets outlive a reload.
    pub outside: &'a Outside,
    /// What the pages show the config of.
    pub in_use: &'a SettingsInUse,
}

impl<'a> Ground<'a> {
    /// The stages' service under this generation's settings.
    pub(super) fn service<'s>(&self, generation: &'s Generation) -> Service<'s>
    where
        'a: 's,
    {
        Service {
            settings: &generation.settings,
            connection: &generation.connection,
            store: self.store,
            clock: self.clock,
            outside: self.outside,
        }
    }
}

/// A future in a lane that may be empty.
pub(super) type Lane<'a, T> = Option<LocalBoxFuture<'a, T>>;

/// Waits for what is in the lane and empties it; for ever when nothing is.
pub(super) async fn next<T>(lane: &mut Lane<'_, T>) -> T {
    let Some(work) = lane else {
        return pending().await;
    };
    let done = work.await;
    *lane = None;
    done
}

/// How a pass ended.
pub(super) struct PassEnd {
    /// What it was decided under.
    pub(super) generation: Rc<Generation>,
    pub(super) since: DateTime<Utc>,
    pub(super) decided: Result<Result<Decided, StoreError>, Elapsed>,
}

/// Looks, decides, remembers; is cut at the limit.
pub(super) fn pass<'a>(
    ground: Ground<'a>,
    generation: Rc<Generation>,
    limit: Duration,
) -> LocalBoxFuture<'a, PassEnd> {
    let since = ground.clock.now();
    async move {
        let service = ground.service(&generation);
        let work = async {
            let open = runs::under_way::<BakeKind>(ground.store).await?;
            decide(&service, ground.lease, &watches(&open)).await
        };
        let decided = ground.clock.timeout(limit, Box::pin(work)).await;
        PassEnd {
            generation: Rc::clone(&generation),
            since,
            decided,
        }
    }
    .boxed_local()
}

/// How a bake ended, and under which name it was kept.
pub(super) struct BakeEnd {
    pub(super) name: String,
    pub(super) since: DateTime<Utc>,
    pub(super) ended: Result<BakeEnded, DriveError>,
}

/// Goes on with an open journal.
pub(super) fn resume<'a>(
    ground: Ground<'a>,
    generation: Rc<Generation>,
    open: UnderWay,
) -> LocalBoxFuture<'a, BakeEnd> {
    let since = ground.clock.now();
    let name = name_of(&open);
    async move {
        let service = ground.service(&generation);
        let ended =
            runs::resume_one::<BakeKind>(&service, ground.lease, &open.journal, &log::observer)
                .await;
        BakeEnd { name, since, ended }
    }
    .boxed_local()
}

/// What a journal's bake is kept under: its watch, of which there is one bake at a time.
pub(super) fn name_of(open: &UnderWay) -> String {
    open.subject.as_ref().unwrap_or(&open.journal).clone()
}

/// Orders and drives a bake. Whoever asked for it is told its journal, or why it cannot be ordered.
pub(super) fn bake<'a>(
    ground: Ground<'a>,
    generation: Rc<Generation>,
    start: Start,
    asked: Option<Stored>,
) -> LocalBoxFuture<'a, BakeEnd> {
    let since = ground.clock.now();
    let name = start.watch.to_string();
    async move {
        let service = ground.service(&generation);
        let ended = ordered(&service, ground, &start, asked.as_ref()).await;
        BakeEnd { name, since, ended }
    }
    .boxed_local()
}

async fn ordered(
    service: &Service<'_>,
    ground: Ground<'_>,
    start: &Start,
    asked: Option<&Stored>,
) -> Result<BakeEnded, DriveError> {
    let order = match order_one(service, start).await {
        Ok(order) => order,
        Err(error) => {
            if let Some(asked) = asked {
                answer(ground, asked, refused(&error)).await?;
            }
            return Err(error);
        }
    };
    if let Some(asked) = asked {
        let journal = BakeKind::journal(&order);
        answer(ground, asked, Answer::Driving { journal }).await?;
    }
    runs::start::<BakeKind>(service, ground.lease, &order, &log::observer).await
}

/// What asking led to.
pub(super) enum AskEnd {
    /// It was answered.
    Answered(String),
    /// A bake is to be started, and its asker told then. With it, what it was decided under.
    Start(Box<Start>, Stored, Rc<Generation>),
    Failed(String, StoreError),
}

/// Looks what there is to bake for a person's request.
pub(super) fn asking<'a>(
    ground: Ground<'a>,
    generation: Rc<Generation>,
    asked: Stored,
    watch: WatchName,
    force: bool,
) -> LocalBoxFuture<'a, AskEnd> {
    async move {
        let service = ground.service(&generation);
        let said = match Box::pin(ask(&service, ground.lease, &watch, force)).await {
            Ok(Asked::Start(start)) => {
                return AskEnd::Start(start, asked, Rc::clone(&generation));
            }
            Ok(Asked::Refused { why, exit }) => Answer::Refused {
                why,
                exit_code: exit.code(),
            },
            Ok(other) => Answer::NothingToDo {
                why: other.words().unwrap_or_default(),
            },
            Err(DriveError::Store(error)) => return AskEnd::Failed(asked.id, error),
            Err(error) => refused(&error),
        };
        match answer(ground, &asked, said).await {
            Ok(()) => AskEnd::Answered(asked.id),
            Err(error) => AskEnd::Failed(asked.id, error),
        }
    }
    .boxed_local()
}

fn refused(error: &DriveError) -> Answer {
    Answer::Refused {
        why: vec![chain(error)],
        exit_code: crate::flow::verdict::Exit::Failed.code(),
    }
}

/// Writes an answer into the store.
pub(super) async fn answer(
    ground: Ground<'_>,
    asked: &Stored,
    said: Answer,
) -> Result<(), StoreError> {
    requests::answer(ground.store, ground.lease.epoch, asked, said).await
}

/// Why nothing could be delivered at all.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotTold {
    #[error("notices cannot be sent")]
    Cloud(#[from] crate::cloud::CloudError),
    #[error("notices cannot be read or crossed off")]
    Store(#[from] StoreError),
}

/// What a delivery did, and who waits after it.
pub(super) struct Told {
    pub(super) delivered: Delivered,
    /// Absent when it was not its turn to be counted.
    pub(super) count: Option<Count>,
}

/// Delivers what is due, and counts what is left if it `counts`.
pub(super) fn tell<'a>(
    ground: Ground<'a>,
    generation: Rc<Generation>,
    counts: bool,
) -> LocalBoxFuture<'a, Result<Told, NotTold>> {
    async move {
        let service = ground.service(&generation);
        let senders = service.senders()?;
        let delivered = outbox::deliver(ground.store, &senders, ground.clock).await?;
        let count = match counts {
            true => Some(lines::count(ground.store).await?),
            false => None,
        };
        Ok(Told { delivered, count })
    }
    .boxed_local()
}

/// Looks for what nothing claims, tells it, and with `apply` removes it.
pub(super) fn sweep<'a>(
    ground: Ground<'a>,
    generation: Rc<Generation>,
    apply: bool,
) -> LocalBoxFuture<'a, Result<Swept, SweepError>> {
    async move {
        let service = ground.service(&generation);
        Box::pin(sweep::sweep(&service, ground.lease, apply)).await
    }
    .boxed_local()
}
