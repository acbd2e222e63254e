//! What is a bake's own about being driven: its order, what is told when its undo is stuck, and its end.

use chrono::{DateTime, Utc};

use super::observe::ObserversOf;
use super::{DriveError, Driven, RunUnderWay, Service, Stuck};
use crate::cloud::{Cloud, CloudError, Identity};
use crate::flow::bake::hands::BakeHands;
use crate::flow::bake::kind::BakeKind;
use crate::flow::bake::order::{OrderInputs, key_of_order, order};
use crate::flow::bake::site::{site, unless_name_taken};
use crate::flow::bake::steps::{BakeOutput, BakeStep, journal_name};
use crate::flow::notify;
use crate::model::bake::BakeOrder;
use crate::model::ids::{ImageId, Installation, WatchName};
use crate::model::notice::ToldBy;
use crate::model::plan::BakeDecision;
use crate::model::watch::{Recipe, Watch};
use crate::service::place::WatchPlace;
use crate::store::left::{LeftThing, leave_behind};
use crate::store::{Op, StoreError, records};
use crate::workflow::journal::Phase;
use crate::workflow::observer::ObserverOf;
use crate::workflow::recovery::replay;
use crate::workflow::{Run, RunOutcome};

/// What a bake's progress is told to.
pub type BakeObserver = ObserverOf<BakeKind>;

/// Makes an observer for each bake that is driven.
pub type Observers<'a> = ObserversOf<'a, BakeKind>;

/// One bake that came to its end.
#[derive(Debug, Clone)]
pub struct BakeEnded {
    pub order: BakeOrder,
    pub outcome: RunOutcome,
    /// The verified image, when it succeeded.
    pub image: Option<ImageId>,
}

impl BakeEnded {
    /// Why it failed, when it did.
    pub fn failure(&self) -> Option<String> {
        match &self.outcome {
            RunOutcome::Succeeded { .. } => None,
            RunOutcome::Failed { step, failure, .. } => Some(format!("{step}: {failure}")),
        }
    }
}

/// The watches of the bakes that are under way, as far as they can be told.
pub fn watches_baking(open: &[RunUnderWay]) -> Vec<WatchName> {
    let subjects = open.iter().filter_map(|one| one.subject.as_deref());
    subjects.map(WatchName::new).collect()
}

/// Gives the order for one bake.
///
/// # Errors
/// When EC2 or the store cannot be asked, or the config says too little.
pub async fn give_order(
    service: &Service<'_>,
    watch: &Watch,
    place: &WatchPlace,
    bake: &BakeDecision,
    because: &[String],
) -> Result<BakeOrder, DriveError> {
    let Some(recipe) = &watch.recipe else {
        return Err(DriveError::NoRecipe {
            watch: watch.name.to_string(),
        });
    };
    let installation = service.settings.require_installation()?;
    let builder = &service.settings.builder;
    let attempt = unused_attempt(service, watch, recipe, installation, bake).await?;
    let bake = BakeDecision {
        attempt,
        ..bake.clone()
    };
    let site = site(&place.cloud, builder, &bake.release.image).await;
    let site = site.map_err(DriveError::ordering(&watch.name))?;
    let order = order(&OrderInputs {
        scope: &place.scope,
        installation,
        watch,
        recipe,
        builder,
        tags: &service.settings.tags,
        bake: &bake,
        because,
        site: &site,
    });
    let order = unless_name_taken(&place.cloud, order).await;
    let order = order.map_err(DriveError::ordering(&watch.name))?;
    let story = story_of_bake(service, place, &order).await?;
    Ok(BakeOrder { story, ..order })
}

/// The story that a bake goes on with: that of its earlier attempts, else that of its release.
async fn story_of_bake(
    service: &Service<'_>,
    place: &WatchPlace,
    order: &BakeOrder,
) -> Result<Option<String>, StoreError> {
    let failing = place.history.value.failing.as_ref();
    if let Some(earlier) = failing.filter(|failing| failing.key == order.key) {
        return Ok(Some(earlier.told_in()));
    }
    let told = records::remembered_told(service.store, &order.scope, &order.watch).await?;
    let told = told.map(|told| told.value);
    let story = told
        .as_ref()
        .map(|told| told.story_of(&order.release.image));
    Ok(story.flatten().map(str::to_owned))
}

/// The decided attempt, or the first one after it whose journal was not closed: an attempt that has
/// ended is never driven again, whatever the memory of it says.
async fn unused_attempt(
    service: &Service<'_>,
    watch: &Watch,
    recipe: &Recipe,
    installation: &Installation,
    bake: &BakeDecision,
) -> Result<u32, DriveError> {
    let key = key_of_order(installation, watch, recipe, bake);
    let mut attempt = bake.attempt;
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

impl Driven for BakeKind {
    type Hands<'a> = BakeHands<'a>;
    type Ended = BakeEnded;

    fn journal(order: &BakeOrder) -> String {
        journal_name(&order.key, order.attempt)
    }

    fn cloud(service: &Service<'_>, order: &BakeOrder) -> Result<Cloud, CloudError> {
        let region = Some(&order.scope.region);
        service.connection.cloud(&Identity::Own, region)
    }

    fn hands<'a>(service: &Service<'a>, cloud: Cloud, told: &'a ToldBy) -> BakeHands<'a> {
        BakeHands::new(cloud, service.store, told)
    }

    fn conclude(outcome: RunOutcome, run: &Run<Self>) -> BakeEnded {
        let image = match (&outcome, run.output(BakeStep::CreateImage)) {
            (RunOutcome::Succeeded { .. }, Some(BakeOutput::Image { id })) => Some(id.clone()),
            _ => None,
        };
        BakeEnded {
            order: run.input().clone(),
            outcome,
            image,
        }
    }

    async fn stuck(
        service: &Service<'_>,
        order: &BakeOrder,
        stuck: &Stuck<'_>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Op>, StoreError> {
        let Stuck { step, why, by_hand } = stuck;
        let what = [format!("{why}; {by_hand}")];
        let notice = notify::attention(order, step, &what, now);
        let told = service.told();
        let mut ops = records::notice_ops(service.store, &notice, &told).await?;
        let left = LeftThing {
            why: format!("undoing `{step}` is tried again at every start: {why}"),
            by_hand: (*by_hand).to_owned(),
        };
        ops.extend(leave_behind(service.store, order, vec![left], now).await?);
        Ok(ops)
    }
}
