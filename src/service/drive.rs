//! Drives bakes: gives the order, opens or resumes the journal, and says how it ended.

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use super::Service;
use super::look::Place;
use crate::cloud::CloudError;
use crate::flow::bake::order::{OrderInputs, key, order};
use crate::flow::bake::site::site;
use crate::flow::bake::steps::{Bake, BakeOutput, BakeStep, JOURNALS, journal_name};
use crate::model::bake::BakeOrder;
use crate::model::base::Release;
use crate::model::ids::{ImageId, Installation};
use crate::model::watch::{Recipe, Watch};
use crate::settings::Faults;
use crate::store::{Lease, StoreError};
use crate::workflow::journal::Phase;
use crate::workflow::runner::{Observer, RunError, open_journals, replay};
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
                replay::<Bake<'_>>(service.store, &journal).await?.phase(),
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
/// When the store fails; the journal stays open and is resumed.
pub async fn bake(
    service: &Service<'_>,
    lease: Lease,
    order: &BakeOrder,
    observers: &Observers<'_>,
) -> Result<Ended, DriveError> {
    let told = service.told();
    let cloud = service.connection.cloud(Some(&order.scope.region))?;
    let workflow = Bake::new(cloud, service.store, &told);
    let observer = observers(order);
    let runner = runner(service, lease, &workflow, observer.as_ref());
    let ended = runner
        .open(&journal_name(&order.key, order.attempt), order)
        .await?;
    Ok(conclude(ended.outcome, &ended.run))
}

/// Drives every journal that is open to its end, all at once.
///
/// # Errors
/// The first failure of the store; the others' journals stay open too.
pub async fn resume(
    service: &Service<'_>,
    lease: Lease,
    observers: &Observers<'_>,
) -> Result<Vec<Ended>, DriveError> {
    let journals = open_journals(service.store, JOURNALS).await?;
    let mut under_way: FuturesUnordered<_> = journals
        .iter()
        .map(|journal| resume_one(service, lease, journal, observers))
        .collect();
    let mut ended = Vec::new();
    while let Some(one) = under_way.next().await {
        ended.push(one?);
    }
    ended.sort_by(|a, b| a.order.watch.cmp(&b.order.watch));
    Ok(ended)
}

async fn resume_one(
    service: &Service<'_>,
    lease: Lease,
    journal: &str,
    observers: &Observers<'_>,
) -> Result<Ended, DriveError> {
    let order = replay::<Bake<'_>>(service.store, journal)
        .await?
        .input()
        .clone();
    let told = service.told();
    let cloud = service.connection.cloud(Some(&order.scope.region))?;
    let workflow = Bake::new(cloud, service.store, &told);
    let observer = observers(&order);
    let ended = runner(service, lease, &workflow, observer.as_ref())
        .resume(journal)
        .await?;
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
pub fn conclude(outcome: Outcome, run: &Run<Bake<'_>>) -> Ended {
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
