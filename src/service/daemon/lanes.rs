//! What the daemon has under way, each in a lane of its own: owned futures, nothing detached. Dropping
//! a lane loses nothing, since whatever matters is in the store.

use std::future::pending;
use std::rc::Rc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;

use super::host::{LiveConfig, SettingsInUse};
use super::log;
use crate::clock::{Clock, Elapsed};
use crate::flow::bake::kind::BakeKind;
use crate::model::ids::WatchName;
use crate::model::request::{MoveWish, RequestAnswer};
use crate::service::desk::ask::{AskOutcome, ask_for_bake};
use crate::service::desk::moving::{MoveAsked, begin_wish};
use crate::service::desk::rollout::MoveError;
use crate::service::named::{NamedFinding, named_findings};
use crate::service::pass::decide::{Decided, decide_pass};
use crate::service::pass::{Start, order_one};
use crate::service::pruning::{self, Pruned};
use crate::service::retire::keeping::{Retired, retire_after_pass};
use crate::service::runs::bake::{BakeEnded, watches_baking};
use crate::service::runs::moving::{MoveResult, drive_move};
use crate::service::runs::{self, DriveError, Driven as _, RunUnderWay};
use crate::service::sweep::{self, SweepError, Swept};
use crate::service::telemetry::source_chain;
use crate::service::watchdog::{WatchdogPing, tell_watchdog};
use crate::service::{Outside, Service};
use crate::store::requests::{self, StoredRequest};
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
    /// The stages' service under this config's settings.
    pub(super) fn service<'s>(&self, live: &'s LiveConfig) -> Service<'s>
    where
        'a: 's,
    {
        Service {
            settings: &live.settings,
            connection: &live.connection,
            store: self.store,
            clock: self.clock,
            outside: self.outside,
        }
    }
}

/// A future in a lane that may be empty.
pub(super) type Lane<'a, T> = Option<LocalBoxFuture<'a, T>>;

/// Waits for what is in the lane and empties it; for ever when nothing is.
pub(super) async fn next_end<T>(lane: &mut Lane<'_, T>) -> T {
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
    pub(super) live: Rc<LiveConfig>,
    pub(super) since: DateTime<Utc>,
    pub(super) decided: Result<Result<Decided, StoreError>, Elapsed>,
}

/// Looks, decides, remembers; is cut at the limit.
pub(super) fn pass_lane<'a>(
    ground: Ground<'a>,
    live: Rc<LiveConfig>,
    limit: Duration,
) -> LocalBoxFuture<'a, PassEnd> {
    let since = ground.clock.now();
    async move {
        let service = ground.service(&live);
        let work = async {
            let open = runs::under_way::<BakeKind>(ground.store).await?;
            decide_pass(&service, ground.lease, &watches_baking(&open)).await
        };
        let decided = ground.clock.timeout(limit, Box::pin(work)).await;
        PassEnd {
            live: Rc::clone(&live),
            since,
            decided,
        }
    }
    .boxed_local()
}

/// How a bake ended, and under which name it was kept.
pub(super) struct BakeLaneEnd {
    pub(super) name: String,
    pub(super) since: DateTime<Utc>,
    pub(super) ended: Result<BakeEnded, DriveError>,
}

/// Goes on with an open journal.
pub(super) fn resume_lane<'a>(
    ground: Ground<'a>,
    live: Rc<LiveConfig>,
    open: RunUnderWay,
) -> LocalBoxFuture<'a, BakeLaneEnd> {
    let since = ground.clock.now();
    let name = name_of(&open);
    async move {
        let service = ground.service(&live);
        let ended =
            runs::resume_one::<BakeKind>(&service, ground.lease, &open.journal, &log::log_observer)
                .await;
        BakeLaneEnd { name, since, ended }
    }
    .boxed_local()
}

/// What a journal's bake is kept under: its watch, of which there is one bake at a time.
pub(super) fn name_of(open: &RunUnderWay) -> String {
    open.subject.as_ref().unwrap_or(&open.journal).clone()
}

/// Orders and drives a bake. Whoever asked for it is told its journal, or why it cannot be ordered.
pub(super) fn bake_lane<'a>(
    ground: Ground<'a>,
    live: Rc<LiveConfig>,
    start: Start,
    asked: Option<StoredRequest>,
) -> LocalBoxFuture<'a, BakeLaneEnd> {
    let since = ground.clock.now();
    let name = start.watch.to_string();
    async move {
        let service = ground.service(&live);
        let ended = ordered(&service, ground, &start, asked.as_ref()).await;
        BakeLaneEnd { name, since, ended }
    }
    .boxed_local()
}

async fn ordered(
    service: &Service<'_>,
    ground: Ground<'_>,
    start: &Start,
    asked: Option<&StoredRequest>,
) -> Result<BakeEnded, DriveError> {
    let order = match order_one(service, start).await {
        Ok(order) => order,
        Err(error) => {
            if let Some(asked) = asked {
                answer_lane(ground, asked, answer_of_error(&error)).await?;
            }
            return Err(error);
        }
    };
    if let Some(asked) = asked {
        let journal = BakeKind::journal(&order);
        answer_lane(ground, asked, RequestAnswer::Driving { journal }).await?;
    }
    runs::start_run::<BakeKind>(service, ground.lease, &order, &log::log_observer).await
}

/// How a move ended, and under which name it was kept.
pub(super) struct MoveLaneEnd {
    pub(super) name: String,
    pub(super) since: DateTime<Utc>,
    pub(super) ended: Result<Vec<MoveResult>, DriveError>,
}

/// Drives an open move to its end, and whatever takes it back.
pub(super) fn move_lane<'a>(
    ground: Ground<'a>,
    live: Rc<LiveConfig>,
    open: RunUnderWay,
) -> LocalBoxFuture<'a, MoveLaneEnd> {
    let since = ground.clock.now();
    let name = name_of(&open);
    async move {
        let service = ground.service(&live);
        let observers = &log::move_log_observer;
        let ended = drive_move(&service, ground.lease, &open.journal, observers).await;
        MoveLaneEnd { name, since, ended }
    }
    .boxed_local()
}

/// Begins the move that a person wishes, and tells its journal or why there is none.
pub(super) fn asking_move<'a>(
    ground: Ground<'a>,
    live: Rc<LiveConfig>,
    asked: StoredRequest,
    wish: MoveWish,
) -> LocalBoxFuture<'a, AskEnd> {
    async move {
        let service = ground.service(&live);
        let said = match Box::pin(begin_wish(&service, ground.lease, &wish)).await {
            Ok(MoveAsked::Open { journal }) => RequestAnswer::Driving { journal },
            Ok(MoveAsked::NothingToDo { why }) => RequestAnswer::NothingToDo {
                why: why.join("; "),
            },
            Ok(MoveAsked::Refused { why, exit }) => RequestAnswer::Refused {
                why,
                exit_code: exit.code(),
            },
            Err(MoveError::Store(error)) => return AskEnd::Failed(asked.id, error),
            Err(error) => answer_of_error(&error),
        };
        match answer_lane(ground, &asked, said).await {
            Ok(()) => AskEnd::Begun(asked.id),
            Err(error) => AskEnd::Failed(asked.id, error),
        }
    }
    .boxed_local()
}

/// What asking led to.
pub(super) enum AskEnd {
    /// It was answered, and a move or a publication may be open that nobody drives yet.
    Begun(String),
    /// It was answered.
    Answered(String),
    /// A bake is to be started, and its asker told then. With it, what it was decided under.
    Start(Box<Start>, StoredRequest, Rc<LiveConfig>),
    Failed(String, StoreError),
}

/// Looks what there is to bake for a person's request.
pub(super) fn asking<'a>(
    ground: Ground<'a>,
    live: Rc<LiveConfig>,
    asked: StoredRequest,
    watch: WatchName,
    force: bool,
) -> LocalBoxFuture<'a, AskEnd> {
    async move {
        let service = ground.service(&live);
        let said = match Box::pin(ask_for_bake(&service, ground.lease, &watch, force)).await {
            Ok(AskOutcome::Start(start)) => {
                return AskEnd::Start(start, asked, Rc::clone(&live));
            }
            Ok(AskOutcome::Refused { why, exit }) => RequestAnswer::Refused {
                why,
                exit_code: exit.code(),
            },
            Ok(other) => RequestAnswer::NothingToDo {
                why: other.words().unwrap_or_default(),
            },
            Err(DriveError::Store(error)) => return AskEnd::Failed(asked.id, error),
            Err(error) => answer_of_error(&error),
        };
        match answer_lane(ground, &asked, said).await {
            Ok(()) => AskEnd::Answered(asked.id),
            Err(error) => AskEnd::Failed(asked.id, error),
        }
    }
    .boxed_local()
}

pub(super) fn answer_of_error(error: &(dyn std::error::Error + 'static)) -> RequestAnswer {
    RequestAnswer::Refused {
        why: vec![source_chain(error)],
        exit_code: crate::flow::exit_code::Exit::Failed.code(),
    }
}

/// Writes an answer into the store.
pub(super) async fn answer_lane(
    ground: Ground<'_>,
    asked: &StoredRequest,
    said: RequestAnswer,
) -> Result<(), StoreError> {
    let now = ground.clock.now();
    requests::answer_request(ground.store, ground.lease.epoch, asked, said, now).await
}

/// Tells the watchdog.
pub(super) fn ping_lane<'a>(
    ground: Ground<'a>,
    live: Rc<LiveConfig>,
    ping: WatchdogPing,
) -> LocalBoxFuture<'a, Result<(), String>> {
    async move {
        let service = ground.service(&live);
        Box::pin(tell_watchdog(&service, ping)).await
    }
    .boxed_local()
}

/// Looks whether what the config names is there.
pub(super) fn names<'a>(
    ground: Ground<'a>,
    live: Rc<LiveConfig>,
) -> LocalBoxFuture<'a, Vec<NamedFinding>> {
    async move {
        let service = ground.service(&live);
        Box::pin(named_findings(&service)).await
    }
    .boxed_local()
}

/// Looks for what nothing claims, tells it, and with `apply` removes it.
pub(super) fn sweep_lane<'a>(
    ground: Ground<'a>,
    live: Rc<LiveConfig>,
    apply: bool,
) -> LocalBoxFuture<'a, Result<Swept, SweepError>> {
    async move {
        let service = ground.service(&live);
        Box::pin(sweep::sweep_now(&service, ground.lease, apply)).await
    }
    .boxed_local()
}

/// Looks at older images where that is due, and does what follows.
pub(super) fn retire_lane<'a>(
    ground: Ground<'a>,
    live: Rc<LiveConfig>,
) -> LocalBoxFuture<'a, Result<Retired, StoreError>> {
    async move {
        let service = ground.service(&live);
        Box::pin(retire_after_pass(&service, ground.lease)).await
    }
    .boxed_local()
}

/// Removes what is past its time in the store.
pub(super) fn prune_lane<'a>(
    ground: Ground<'a>,
    live: Rc<LiveConfig>,
) -> LocalBoxFuture<'a, Result<Pruned, StoreError>> {
    async move { pruning::prune_by_config(&ground.service(&live), ground.lease).await }
        .boxed_local()
}
