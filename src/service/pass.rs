//! One whole pass: goes on with what was left, looks, decides, remembers, bakes what may be baked,
//! tells. It takes no input and is safe to repeat; what fails is left for the next pass.
//!
//! [`decide::decide_pass`] is the part that ends soon; what it says is to be started is driven by whoever asked:
//! [`pass_once`] waits for it, the daemon drives it beside the passes that follow.

mod blind;

mod copies_there;

pub mod decide;

mod learn;

mod elsewhere;

pub mod look;

mod look_region;

mod looked_watch;

mod next_looks;

pub mod printed;

pub mod publish;

mod quarantine;

mod raised;

pub mod recall;

pub mod remember;

pub mod rolled;

pub mod rollout;

pub mod rollout_look;

mod saved_look;

use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;

use super::Service;
use super::place::WatchPlace;
use super::pruning::prune_after_pass;
use super::retire::keeping::{RetiredImage, retire_after_pass};
use super::runs::bake::{self, BakeEnded, Observers, watches_baking};
use super::runs::moving::{ResumedMove, resume_moves};
use super::runs::publishing::PublicationResult;
use super::runs::{self, DriveError, Resumed};
use crate::flow::bake::kind::BakeKind;
use crate::flow::exit_code::{self, Exit};
use crate::flow::publish::kind::PublishKind;
use crate::model::ids::WatchName;
use crate::model::plan::{BakeDecision, PlanItem};
use crate::outbox;
use crate::store::{Lease, UnderLease};
use crate::workflow::observer::Unobserved;
use decide::decide_pass;
use look::LookedWatch;
use publish::{PublishingWatch, publish_watch};
use rolled::{RolledTarget, begin_decided};

/// Bakes at once. Each costs an instance and a handful of calls a minute; more at once would meet
/// the account's launch rate (2 a second) and its quotas before it saved anybody time.
pub const BAKES_MAX: usize = 8;
/// How long a pass goes on trying to deliver notices before it leaves them to the next one.
pub const TELL_MAX: Duration = Duration::from_secs(60);

/// What one pass did.
pub struct Passed {
    /// Bakes that an earlier process left half-way.
    pub resumed: Vec<Resumed<BakeEnded>>,
    /// Moves that an earlier process left half-way.
    pub moved: Vec<ResumedMove>,
    pub items: Vec<PlanItem>,
    pub bakes: Vec<BakedWatch>,
    /// Moves that this pass began.
    pub rolled: Vec<RolledTarget>,
    /// Watches of which no move was begun, because what it was decided from changed again and again.
    pub undecided: Vec<WatchName>,
    /// What was published, or taken back, by runs that were left and by those that this pass began.
    pub published: Vec<PublishedWatch>,
    /// Older images that something was begun with, or seen through.
    pub retired: Vec<RetiredImage>,
    pub delivered: outbox::Delivered,
}

impl Passed {
    /// How `run --once` ends.
    pub fn exit(&self) -> Exit {
        let resumed = self.resumed.iter().map(|one| &one.ended);
        let baked = self.bakes.iter().map(|(_, ended)| ended);
        let failed = resumed.chain(baked).filter(|ended| match ended {
            Ok(ended) => ended.image.is_none(),
            Err(_) => true,
        });
        let moved = self.moved.iter().filter(|one| !one.succeeded());
        let rolled = self.rolled.iter().filter(|one| !one.succeeded());
        let published = self.published.iter().filter(|one| !one.succeeded());
        let failed = failed.count() + moved.count() + rolled.count() + published.count();
        let retired = self.retired.iter().filter(|one| one.failed());
        let failed = failed + self.undecided.len() + retired.count();
        exit_code::exit_after_pass(&self.items, failed)
    }
}

/// What was published of one watch, or went on that an earlier process had left.
pub struct PublishedWatch {
    /// The watch, or what the run was about.
    pub subject: String,
    pub ended: Result<Vec<PublicationResult>, DriveError>,
}

impl PublishedWatch {
    /// Nothing of it failed.
    pub fn succeeded(&self) -> bool {
        let failed = |all: &Vec<PublicationResult>| all.iter().any(|one| one.failure().is_some());
        self.ended.as_ref().is_ok_and(|results| !failed(results))
    }
}

/// A watch, and how its bake ended.
pub type BakedWatch = (WatchName, Result<BakeEnded, DriveError>);

/// A bake that is to be started, whole: it depends on nothing that a later pass could change.
pub struct Start {
    pub watch: WatchName,
    pub place: WatchPlace,
    pub bake: BakeDecision,
    /// Why, one sentence each.
    pub because: Vec<String>,
}

impl Start {
    /// The bake that the plan says for what was looked at; absent when it says something else.
    pub(super) fn planned(one: &mut LookedWatch<'_>) -> Option<Self> {
        let bake = one.item.bake()?.clone();
        Some(Self {
            watch: one.watch.name.clone(),
            place: one.place.take()?,
            bake,
            because: one.item.because.clone(),
        })
    }
}

/// Orders and drives one bake to its end.
///
/// # Errors
/// When it cannot be ordered or not be driven on now.
pub async fn bake_one(
    service: &Service<'_>,
    lease: Lease,
    start: &Start,
    observers: &Observers<'_>,
) -> Result<BakeEnded, DriveError> {
    let order = order_one(service, start).await?;
    runs::start_run::<BakeKind>(service, lease, &order, observers).await
}

/// Gives the order for a bake that is to be started.
///
/// # Errors
/// When it cannot be ordered, or the config no longer has the watch.
pub async fn order_one(
    service: &Service<'_>,
    start: &Start,
) -> Result<crate::model::bake::BakeOrder, DriveError> {
    let Some(watch) = service.settings.watches.get(&start.watch) else {
        return Err(DriveError::NoWatch {
            watch: start.watch.to_string(),
        });
    };
    bake::give_order(service, watch, &start.place, &start.bake, &start.because).await
}

/// Makes one pass. What an earlier process left half-way is driven to its end beside the look, so
/// that an image which takes its time holds nobody else up; a watch that has a bake under way starts
/// no other.
///
/// # Errors
/// When the store fails. Everything else is in what is returned.
pub async fn pass_once(
    service: &Service<'_>,
    lease: Lease,
    observers: &Observers<'_>,
) -> Result<Passed, DriveError> {
    let under_way = runs::under_way::<BakeKind>(service.store).await?;
    let busy = watches_baking(&under_way);
    // Before anything is decided: what stands where is known only at the end of a run.
    let mut published = resume_publications(service, lease).await?;
    let (resumed, moved, fresh) = tokio::join!(
        runs::resume_all::<BakeKind>(service, lease, under_way, observers),
        resume_moves(service, lease, &|_| Box::new(Unobserved)),
        fresh(service, lease, &busy, observers),
    );
    let Fresh {
        items,
        bakes,
        rolled,
        undecided,
        publishing,
    } = fresh?;
    let moved = moved?;
    published.extend(publish_all(service, lease, publishing).await);
    // Last: what the pass has begun and published names its images by now.
    let retired = retire_after_pass(service, lease).await?.acts;
    let senders = service.senders().map_err(DriveError::telling)?;
    let held = UnderLease::new(service.store, lease);
    let delivered = outbox::drain(&held, &senders, service.clock, TELL_MAX).await?;
    prune_after_pass(service, lease).await?;
    Ok(Passed {
        resumed,
        moved,
        items,
        bakes,
        rolled,
        undecided,
        published,
        retired,
        delivered,
    })
}

/// What a pass did beside what it went on with.
struct Fresh {
    items: Vec<PlanItem>,
    bakes: Vec<BakedWatch>,
    rolled: Vec<RolledTarget>,
    undecided: Vec<WatchName>,
    /// The watches that publish, as the look saw them.
    publishing: Vec<PublishingWatch>,
}

/// Looks, remembers, tells what is due, bakes what the plan says, and moves what the rollouts say: decided
/// once, so that what follows from a move's end is another pass' affair.
async fn fresh(
    service: &Service<'_>,
    lease: Lease,
    busy: &[WatchName],
    observers: &Observers<'_>,
) -> Result<Fresh, DriveError> {
    let mut decided = decide_pass(service, lease, busy).await?;
    let mut begun = begin_decided(service, lease, busy, &mut decided).await?;
    let undecided = std::mem::take(&mut begun.again);
    // Drift is told before the bakes and the moves, which take their time.
    let senders = service.senders().map_err(DriveError::telling)?;
    let held = UnderLease::new(service.store, lease);
    outbox::deliver(&held, &senders, service.clock).await?;
    let (bakes, rolled) = tokio::join!(
        bake_all(service, lease, decided.starts, observers),
        begun.drive(service, lease, &|_| Box::new(Unobserved)),
    );
    Ok(Fresh {
        items: decided.items,
        bakes,
        rolled,
        undecided: undecided.into_iter().collect(),
        publishing: decided.publish.watches,
    })
}

/// Goes on with what an earlier process was publishing.
async fn resume_publications(
    service: &Service<'_>,
    lease: Lease,
) -> Result<Vec<PublishedWatch>, DriveError> {
    let open = runs::under_way::<PublishKind>(service.store).await?;
    let resumed =
        runs::resume_all::<PublishKind>(service, lease, open, &|_| Box::new(Unobserved)).await;
    let published = resumed.into_iter().map(|one| PublishedWatch {
        subject: one.subject.unwrap_or(one.journal),
        ended: one.ended.map(|ended| vec![ended]),
    });
    Ok(published.collect())
}

/// Publishes what the pass knows by now, what it has just baked and rolled out included. One watch that
/// fails does not hold the others; those that had nothing to publish are not in the list.
async fn publish_all(
    service: &Service<'_>,
    lease: Lease,
    watches: Vec<PublishingWatch>,
) -> Vec<PublishedWatch> {
    let mut published = Vec::new();
    for one in watches {
        let ended = publish_watch(service, lease, &one).await;
        if !ended.as_ref().is_ok_and(Vec::is_empty) {
            published.push(PublishedWatch {
                subject: one.watch.to_string(),
                ended,
            });
        }
    }
    published
}

/// Bakes everything that the plan says, several at once.
async fn bake_all(
    service: &Service<'_>,
    lease: Lease,
    starts: Vec<Start>,
    observers: &Observers<'_>,
) -> Vec<BakedWatch> {
    let bakes = starts.into_iter().map(|start| async move {
        let ended = bake_one(service, lease, &start, observers).await;
        (start.watch, ended)
    });
    let mut ended: Vec<_> = stream::iter(bakes)
        .buffer_unordered(BAKES_MAX)
        .collect()
        .await;
    ended.sort_by(|(a, _), (b, _)| a.cmp(b));
    ended
}
