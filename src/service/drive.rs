//! Drives bakes: gives the order, opens or resumes the journal, and says how it ended.

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use super::Service;
use super::look::Place;
use crate::cloud::{CloudError, Identity};
use crate::flow::bake::kind::BakeKind;
use crate::flow::bake::order::{OrderInputs, key, order};
use crate::flow::bake::site::site;
use crate::flow::bake::steps::{Bake, BakeOutput, BakeStep, journal_name};
use crate::flow::notify;
use crate::model::bake::BakeOrder;
use crate::model::base::Release;
use crate::model::ids::{ImageId, Installation, WatchName};
use crate::model::plan::{Action, PlanItem};
use crate::model::watch::{Recipe, Watch};
use crate::settings::Faults;
use crate::store::left::{What, leave};
use crate::store::{Batch, Lease, Op, StoreError, memory};
use crate::workflow::error::RunError;
use crate::workflow::journal::Phase;
use crate::workflow::observer::Observer;
use crate::workflow::open::open_runs;
use crate::workflow::recovery::replay;
use crate::workflow::{Outcome, Run, Runner};

/// What a bake's progress is told to.
pub type BakeObserver = dyn Observer<BakeOrder, BakeStep, BakeOutput>;

/// Makes an observer for each bake that is driven.
pub type Observers<'a> = dyn Fn(&BakeOrder) -> Box<BakeObserver> + 'a;

/// What is to be baked, as the plan (or a person) decided it.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    pub release: &'a Release,
    pub generation: u32,
    pub attempt: u32,
    pub because: &'a [String],
}

impl<'a> Wish<'a> {
    /// The bake that a plan says; absent when it says something else.
    pub fn planned(item: &'a PlanItem) -> Option<Self> {
        let Action::Bake {
            release,
            generation,
            attempt,
        } = &item.action
        else {
            return None;
        };
        Some(Self {
            release,
            generation: *generation,
            attempt: *attempt,
            because: &item.because,
        })
    }
}

/// One bake that came to its end.
#[derive(Debug, Clone)]
pub struct Ended {
    pub order: BakeOrder,
    pub outcome: Outcome,
    /// The verified image, when it succeeded.
    pub image: Option<ImageId>,
}

impl Ended {
    /// Why it failed, when it did.
    pub fn failure(&self) -> Option<String> {
        match &self.outcome {
            Outcome::Succeeded { .. } => None,
            Outcome::Failed { step, failure, .. } => Some(format!("{step}: {failure}")),
        }
    }
}

/// Why a bake could not be driven to an end.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    #[error("the bake cannot be ordered")]
    Cloud(#[from] CloudError),
    #[error("the config says too little to bake")]
    Settings(#[from] Faults),
    #[error("the watch {watch} has no recipe; give it one to bake")]
    NoRecipe { watch: String },
    #[error("the config has no watch {watch} any more")]
    NoWatch { watch: String },
    #[error(
        "the bake {journal} was begun in {begun}, and these credentials are of {here}; start again \
         with the credentials it was begun with"
    )]
    OtherAccount {
        journal: String,
        begun: String,
        here: String,
    },
    #[error("the bake stopped half-way and goes on at the next start")]
    Run(#[from] RunError),
    #[error("the store cannot be read")]
    Store(#[from] StoreError),
}

/// Gives the order for one bake.
///
/// # Errors
/// When EC2 or the store cannot be asked, or the config says too little.
pub async fn give_order(
    service: &Service<'_>,
    watch: &Watch,
    place: &Place,
    wish: &Wish<'_>,
) -> Result<BakeOrder, DriveError> {
    let Some(recipe) = &watch.recipe else {
        return Err(DriveError::NoRecipe {
            watch: watch.name.to_string(),
        });
    };
    let installation = service.settings.require_installation()?;
    let builder = &service.settings.builder;
    let attempt = unused_attempt(service, watch, recipe, installation, wish).await?;
    let site = site(&place.cloud, builder, &wish.release.image).await?;
    let order = order(&OrderInputs {
        scope: &place.scope,
        installation,
        watch,
        recipe,
        builder,
        tags: &service.settings.tags,
        release: wish.release,
        generation: wish.generation,
        attempt,
        because: wish.because,
        site: &site,
    });
    Ok(order)
}

/// The wished attempt, or the first one after it whose journal was not closed: an attempt that has
/// ended is never driven again, whatever the memory of it says.
async fn unused_attempt(
    service: &Service<'_>,
    watch: &Watch,
    recipe: &Recipe,
    installation: &Installation,
    wish: &Wish<'_>,
) -> Result<u32, DriveError> {
    let key = key(installation, watch, recipe, wish.release, wish.generation);
    let mut attempt = wish.attempt;
    loop {
        let journal = journal_name(&key, attempt);
        let ended = !service.store.journal(&journal).await?.is_empty()
            && matches!(
                replay::<BakeKind>(service.store, &journal).await?.phase(),
                Phase::Closed(_)
            );
        if !ended {
            return Ok(attempt);
        }
        attempt += 1;
    }
}

/// Opens the order's journal (or meets it) and drives it to its end.
///
/// # Errors
/// When the store fails or what was made cannot be removed now; the journal stays open and is
/// resumed.
pub async fn bake(
    service: &Service<'_>,
    lease: Lease,
    order: &BakeOrder,
    observers: &Observers<'_>,
) -> Result<Ended, DriveError> {
    let told = service.told();
    let cloud = service
        .connection
        .cloud(&Identity::Own, Some(&order.scope.region))?;
    let workflow = Bake::new(cloud, service.store, &told);
    let observer = observers(order);
    let runner = runner(service, lease, &workflow, observer.as_ref());
    let journal = journal_name(&order.key, order.attempt);
    // Boxed: ten steps of calls make a future that is large to lay out and to keep on a stack.
    let ended = Box::pin(runner.open(&journal, order)).await;
    end(service, lease, order, ended).await
}

/// A journal that was open, and how driving it ended.
pub struct Resumed {
    pub journal: String,
    /// Absent when the journal cannot even be read.
    pub watch: Option<WatchName>,
    pub ended: Result<Ended, DriveError>,
}

/// The journals that are open, with the watch that each is about.
///
/// # Errors
/// When the store cannot be read. A journal that makes no sense is in the list, without a watch.
pub async fn under_way(
    service: &Service<'_>,
) -> Result<Vec<(String, Option<WatchName>)>, StoreError> {
    let mut found = Vec::new();
    for one in open_runs::<BakeKind>(service.store).await? {
        let watch = one.header.map(|header| WatchName::new(header.subject));
        found.push((one.journal, watch));
    }
    Ok(found)
}

/// Drives these journals to their ends, all at once. One that cannot be driven does not stop the
/// others.
pub async fn resume(
    service: &Service<'_>,
    lease: Lease,
    journals: Vec<(String, Option<WatchName>)>,
    observers: &Observers<'_>,
) -> Vec<Resumed> {
    let mut driven: FuturesUnordered<_> = journals
        .into_iter()
        .map(|(journal, watch)| async move {
            let ended = resume_one(service, lease, &journal, observers).await;
            Resumed {
                journal,
                watch,
                ended,
            }
        })
        .collect();
    let mut all = Vec::new();
    while let Some(one) = driven.next().await {
        all.push(one);
    }
    all.sort_by(|a, b| a.journal.cmp(&b.journal));
    all
}

/// Drives one journal to its end.
///
/// # Errors
/// When it cannot be read, is of another account, or cannot be driven on now.
pub async fn resume_one(
    service: &Service<'_>,
    lease: Lease,
    journal: &str,
    observers: &Observers<'_>,
) -> Result<Ended, DriveError> {
    let run = replay::<BakeKind>(service.store, journal).await?;
    let order = run.input();
    let cloud = service
        .connection
        .cloud(&Identity::Own, Some(&order.scope.region))?;
    // Elsewhere nothing of this bake would be found, and it would be closed as cleaned up.
    let here = cloud.caller().await?;
    if here != order.scope {
        return Err(DriveError::OtherAccount {
            journal: journal.to_owned(),
            begun: order.scope.to_string(),
            here: here.to_string(),
        });
    }
    let told = service.told();
    let workflow = Bake::new(cloud, service.store, &told);
    let observer = observers(order);
    let runner = runner(service, lease, &workflow, observer.as_ref());
    let ended = Box::pin(runner.resume(journal)).await;
    end(service, lease, order, ended).await
}

/// Reads how a run ended. What could not be removed is told, since no end of the journal tells it.
async fn end(
    service: &Service<'_>,
    lease: Lease,
    order: &BakeOrder,
    ended: Result<crate::workflow::Ended<BakeKind>, RunError>,
) -> Result<Ended, DriveError> {
    if let Err(RunError::Stuck {
        step, why, by_hand, ..
    }) = &ended
    {
        let now = service.clock.now();
        let what = [format!("{why}; {by_hand}")];
        let notice = notify::attention(order, step, &what, now);
        let told = service.told();
        let mut ops = memory::tell(service.store, &notice, told.of(notice.event())).await?;
        let left = What {
            why: format!("undoing `{step}` is tried again at every start: {why}"),
            by_hand: by_hand.clone(),
        };
        ops.extend(leave(service.store, order, vec![left], now).await?);
        ops.push(Op::CheckLease { epoch: lease.epoch });
        service.store.commit(Batch::of(ops)).await?;
    }
    let ended = ended?;
    Ok(conclude(ended.outcome, &ended.run))
}

fn runner<'a, 'b>(
    service: &Service<'a>,
    lease: Lease,
    workflow: &'a Bake<'b>,
    observer: &'a BakeObserver,
) -> Runner<'a, Bake<'b>> {
    Runner {
        workflow,
        store: service.store,
        clock: service.clock,
        epoch: lease.epoch,
        observer,
    }
}

/// Reads the end of a run for whoever asked for the bake.
pub fn conclude(outcome: Outcome, run: &Run<BakeKind>) -> Ended {
    let image = match (&outcome, run.output(BakeStep::CreateImage)) {
        (Outcome::Succeeded { .. }, Some(BakeOutput::Image { id })) => Some(id.clone()),
        _ => None,
    };
    Ended {
        order: run.input().clone(),
        outcome,
        image,
    }
}
