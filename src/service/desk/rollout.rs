//! A person's move of one environment, planned: what would be done, as a document, and the order for it.
//! Asks AWS and reads the store; changes neither.
//!
//! A person's word overrides when the daemon would move (waves, windows, approval); what protects an
//! environment (holds, health before, downtime) it does not.

use crate::cloud::{Cloud, CloudError};
use crate::flow::rollout::before::MoveRules;
use crate::flow::rollout::beneath::read_saved_images;
use crate::flow::rollout::document::{MovePlan, PlannedSide};
use crate::flow::rollout::image_choice::image_to_move_to;
use crate::flow::rollout::managed::managed_on;
use crate::flow::rollout::order::{MoveRefusal, Ordering, back_order, forward_order};
use crate::flow::rollout::proving::{needs_proof, proof_because, proof_order};
use crate::flow::rollout::read::{EnvironmentReading, read_environment};
use crate::flow::rollout::read_last::{LaunchedImage, read_last};
use crate::flow::rollout::untold::untold_sentences;
use crate::flow::rollout::versions::platform_of_move;
use crate::model::drift::{Drift, TargetDrift};
use crate::model::environment::EnvironmentChange;
use crate::model::ids::{Scope, TargetId};
use crate::model::platform_choice::MoveTo;
use crate::model::reason::Reason;
use crate::model::request::{MoveWish, WishedWay};
use crate::model::rollout::MoveOrder;
use crate::model::rollout_rules::{PrintedFor, RolloutHands, RolloutRules};
use crate::model::watch::Watch;
use crate::service::Service;
use crate::service::pass::look::{LookedWatch, Patience, look_afresh};
use crate::service::pass::printed::print_change;
use crate::service::runs::DriveError;
use crate::service::runs::moving::DecidedFrom;
use crate::settings::Faults;
use crate::store::StoreError;
use crate::workflow::RunError;

/// Why it could not be asked for or not be driven on.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    #[error("{}", .0.join("; "))]
    Refused(Vec<String>),
    #[error("not everything could be read: {}", .0.join("; "))]
    Untold(Vec<String>),
    #[error("the config says too little to move anything")]
    Settings(#[from] Faults),
    #[error(transparent)]
    Drive(#[from] DriveError),
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    Cloud(#[from] CloudError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A move as it is planned.
pub struct PlannedMove {
    pub plan: MovePlan,
    /// Absent where something stands against it, or other hands make it.
    pub order: Option<MoveOrder>,
    pub from: DecidedFrom,
}

/// What a move is planned from.
struct Planning<'a> {
    service: &'a Service<'a>,
    watch: &'a Watch,
    wish: &'a MoveWish,
    /// Where the watch works.
    home: Scope,
    rules: RolloutRules,
    reading: EnvironmentReading,
    from: DecidedFrom,
}

/// Plans the move that somebody wishes.
///
/// # Errors
/// When AWS does not answer, the store cannot be read, or the wish makes no sense.
pub async fn plan_move(service: &Service<'_>, wish: &MoveWish) -> Result<PlannedMove, MoveError> {
    let watch = service.settings.watches.get(&wish.watch);
    let watch = watch.ok_or_else(|| {
        MoveError::Refused(vec![format!(
            "the config has no watch {} any more",
            wish.watch
        )])
    })?;
    match &wish.way {
        WishedWay::To { .. } => plan_forward(service, watch, wish).await,
        WishedWay::Back => plan_back(service, watch, wish).await,
    }
}

async fn plan_forward(
    service: &Service<'_>,
    watch: &Watch,
    wish: &MoveWish,
) -> Result<PlannedMove, MoveError> {
    let looked = look_afresh(service, Some(&watch.name), Patience::AskedNow).await?;
    let Some(LookedWatch {
        item,
        seen: Some(seen),
        place: Some(place),
        holds_version,
        ..
    }) = looked.first()
    else {
        let because = looked.into_iter().flat_map(|one| one.item.because);
        return Err(MoveError::Untold(because.collect()));
    };
    let drift = &item.drift;
    let target = named(drift, wish)?;
    let WishedWay::To { image } = &wish.way else {
        return plan_back(service, watch, wish).await;
    };
    let (known, region) = (&place.history.value, &place.scope.region);
    let chosen = image_to_move_to(image.as_ref(), drift, seen, known, region);
    let chosen = chosen.map_err(|why| MoveError::Refused(vec![why]))?;
    let home = place.scope.clone();
    let mut planning = Planning::read(service, watch, wish, (home, &target.target)).await?;
    // What people hold was read with the verdict: who says no after that is heard when the move is begun.
    planning.from.holds_version = *holds_version;
    // Whoever asks for a plan hears of everything that stands, not only of the first.
    let mover = planning.mover()?;
    let image = LaunchedImage {
        id: &chosen.image,
        snapshots: seen.snapshots(&chosen.image),
    };
    read_last(Ok(&mover), image, &mut [&mut planning.reading]).await;
    let reading = &planning.reading;
    let looker = service.looker_there(&place.scope, &target.target.scope)?;
    let platform = platform_of_move(&looker, watch, reading, &chosen, Some(target));
    let to = MoveTo {
        platform: platform.await?,
        image: chosen.image,
    };
    let mut ours = seen.ours.known().into_iter().flatten();
    let made_here = ours.any(|one| one.id == to.image);
    planning.forward(drift, target, &to, made_here).await
}

async fn plan_back(
    service: &Service<'_>,
    watch: &Watch,
    wish: &MoveWish,
) -> Result<PlannedMove, MoveError> {
    let home = service.mover(watch)?.caller().await?;
    let target = TargetId {
        scope: scope_of_wish(service, &home, wish)?,
        application: wish.application.clone(),
        environment: wish.environment.clone(),
    };
    let planning = Planning::read(service, watch, wish, (home, &target)).await?;
    planning.back().await
}

/// Where the environment is, of a watch that works in `home`.
fn scope_of_wish(service: &Service<'_>, home: &Scope, wish: &MoveWish) -> Result<Scope, MoveError> {
    let Some(name) = &wish.account else {
        return Ok(home.clone());
    };
    let account = service.settings.accounts.get(name);
    let account = account.ok_or_else(|| {
        MoveError::Refused(vec![format!("the config has no [account.{name}] any more")])
    })?;
    Ok(Scope {
        partition: account.partition.clone(),
        account: account.id.clone(),
        region: home.region.clone(),
    })
}

/// The environment among those of the watch.
fn named<'a>(drift: &'a Drift, wish: &MoveWish) -> Result<&'a TargetDrift, MoveError> {
    let same = |one: &&TargetDrift| {
        let named = one.target.application == wish.application
            && one.target.environment == wish.environment;
        named && one.elsewhere == wish.account
    };
    let found = drift.targets.iter().find(same);
    let Some(target) = found else {
        let doubts: Vec<String> = doubts(&drift.reasons);
        if let Some(far) = in_another_region(drift, wish) {
            return Err(MoveError::Refused(vec![far]));
        }
        return Err(match doubts.is_empty() {
            true => MoveError::Refused(vec![format!(
                "{} is no environment of the watch {}; `amiwatch check {}` lists them",
                wish.name(),
                drift.watch,
                drift.watch
            )]),
            false => MoveError::Untold(doubts),
        });
    };
    let misfits = target.reasons.iter();
    let misfits = misfits.filter(|reason| reason.code.is_misfit());
    let misfits: Vec<String> = misfits.map(said).collect();
    match misfits.is_empty() {
        true => Ok(target),
        false => Err(MoveError::Refused(misfits)),
    }
}

/// It is a target of the watch, in another region: that is told of, and not moved from here.
fn in_another_region(drift: &Drift, wish: &MoveWish) -> Option<String> {
    let mut targets = drift.targets.iter();
    let far = targets.find(|one| {
        let named = one.target.application == wish.application
            && one.target.environment == wish.environment;
        named && one.elsewhere.is_some() && one.moved_by_others
    })?;
    Some(format!(
        "{} is told of and not moved by amiwatch; `amiwatch explain {}` shows the command that moves it",
        far.name(),
        drift.watch
    ))
}

fn doubts(reasons: &[Reason]) -> Vec<String> {
    let doubts = reasons.iter().filter(|reason| reason.is_doubt());
    doubts.map(said).collect()
}

fn said(reason: &Reason) -> String {
    format!("{}: {}", reason.code, reason.message)
}

impl<'a> Planning<'a> {
    async fn read(
        service: &'a Service<'a>,
        watch: &'a Watch,
        wish: &'a MoveWish,
        (home, target): (Scope, &TargetId),
    ) -> Result<Self, MoveError> {
        // Before the environment: what ends or begins while it is read is heard when the move is begun.
        let installation = service.settings.installation.as_ref();
        let placed = (&watch.name, &home);
        let from = DecidedFrom::read(service.store, target, installation, placed).await?;
        let mover = service.mover_there(&home, &target.scope)?;
        let reading = read_environment(&mover, target).await?;
        let reading = reading.ok_or_else(|| {
            MoveError::Refused(vec![format!(
                "there is no environment {} in {}; `amiwatch survey` lists those that are there",
                wish.name(),
                target.scope.region
            )])
        })?;
        Ok(Self {
            service,
            watch,
            wish,
            home,
            rules: watch.rollout_rules(),
            from: from.of_environment(&reading.now.id),
            reading,
        })
    }

    /// The way of whoever would move it.
    fn mover(&self) -> Result<Cloud, CloudError> {
        self.service.mover_there(&self.home, &self.reading.scope)
    }

    async fn forward(
        self,
        drift: &Drift,
        target: &TargetDrift,
        to: &MoveTo,
        made_here: bool,
    ) -> Result<PlannedMove, MoveError> {
        let others = drift
            .targets
            .iter()
            .filter(|one| one.target != target.target);
        let first = !others
            .into_iter()
            .any(|one| one.image.as_ref() == Some(&to.image));
        let because = target.reasons.iter().filter(|reason| reason.is_drift());
        let because: Vec<String> = because.map(said).collect();
        let rules = self.move_rules(first);
        let read = self.reading.as_read();
        let ordering = self.ordering(&because)?;
        let ordered = forward_order(&read, to, &rules, &drift.holds, &ordering);
        let ordered = match ordered {
            Err(refusals) if made_here && self.wants_proof(&refusals, to) => {
                let because = [proof_because(&to.image)];
                proof_order(&read, &rules, &self.ordering(&because)?)
            }
            ordered => ordered,
        };
        let side = to.change().map(|change| {
            let platform = change.platform.as_ref().or(read.now.platform.as_ref());
            PlannedSide::of_setting(&change.image, platform)
        });
        self.planned(ordered, side).await
    }

    async fn back(self) -> Result<PlannedMove, MoveError> {
        let because = vec![format!("{} ordered it", self.wish.by)];
        let rules = self.move_rules(false);
        let read = self.reading.as_read();
        let undo = self.from.moves.value.undo.as_ref();
        let side = undo
            .map(|undo| PlannedSide::of_setting(&undo.before.image, undo.before.platform.as_ref()));
        let ordered = back_order(&read, undo, &rules, &self.ordering(&because)?);
        let plan = self.document(&ordered, side).await?;
        Ok(PlannedMove {
            plan,
            order: ordered.ok(),
            from: self.from,
        })
    }

    /// It runs the image of ours, and nobody remembers that it was ever proved on it. Other hands prove by
    /// themselves.
    fn wants_proof(&self, refusals: &[MoveRefusal], to: &MoveTo) -> bool {
        let in_step = refusals
            .iter()
            .all(|one| matches!(one, MoveRefusal::InStep { .. }));
        in_step
            && self.rules.hands == RolloutHands::Ours
            && needs_proof(&self.from.moves.value, &to.image)
    }

    fn ordering<'o>(&'o self, because: &'o [String]) -> Result<Ordering<'o>, MoveError> {
        Ok(Ordering {
            installation: self.service.settings.require_installation()?,
            watch: &self.watch.name,
            home: &self.home,
            number: self.from.next_number(),
            by: &self.wish.by,
            because,
        })
    }

    /// `first`: no other environment of the watch runs the image.
    fn move_rules(&self, first: bool) -> MoveRules {
        MoveRules::for_environment(&self.rules, &self.wish.environment, first)
    }

    async fn document(
        &self,
        ordered: &Result<MoveOrder, Vec<MoveRefusal>>,
        side: Option<PlannedSide>,
    ) -> Result<MovePlan, MoveError> {
        let read = self.reading.as_read();
        let mut plan = match ordered {
            Ok(order) => MovePlan::of_order(order),
            Err(refusals) => {
                let back = self.wish.way == WishedWay::Back;
                MovePlan::refused(&self.watch.name, &read, side, back, refusals)
            }
        };
        plan.account = self.wish.account.clone();
        plan.managed = managed_on(&read.now.target, read.sets, read.managed);
        plan.untold = untold_sentences(&read);
        if plan.removes() && ordered.is_ok() {
            let cloud = self.mover()?;
            plan.comes_back = Some(read_saved_images(&cloud, read.now).await);
        }
        Ok(plan)
    }

    /// The change itself for other hands, where the watch's environments are theirs.
    async fn planned(
        self,
        ordered: Result<MoveOrder, Vec<MoveRefusal>>,
        side: Option<PlannedSide>,
    ) -> Result<PlannedMove, MoveError> {
        let mut plan = self.document(&ordered, side).await?;
        let mut order = ordered.ok();
        if let (RolloutHands::Print(form), Some(ordered)) = (self.rules.hands, &order) {
            plan.printed = Some(self.printed(form, ordered).await?);
            order = None;
        }
        Ok(PlannedMove {
            plan,
            order,
            from: self.from,
        })
    }

    async fn printed(&self, form: PrintedFor, order: &MoveOrder) -> Result<String, MoveError> {
        let to = order.to.platform.as_ref();
        let moves = to.filter(|to| Some(*to) != order.before.platform.as_ref());
        let change = EnvironmentChange {
            image: order.to.image.clone(),
            platform: moves.cloned(),
        };
        let mover = self.mover()?;
        Ok(print_change(&mover, form, &order.target, &change).await?)
    }
}
