//! What is a move's own about being driven: the role that it works as, its opening, which claims the
//! environment, and the move back that may follow it.

use chrono::{DateTime, Utc};
use futures_util::future::join_all;

use super::ended::DriveError;
use super::observe::ObserversOf;
use super::{Driven, Service, Stuck, resume_one, runner, under_way};
use crate::cloud::{Cloud, CloudError};
use crate::flow::notify::{self, FailedMove, story_of_image};
use crate::flow::rollout::by_hand::by_hand;
use crate::flow::rollout::moving::hands::Move;
use crate::flow::rollout::moving::kind::MoveKind;
use crate::flow::rollout::moving::steps::move_journal;
use crate::model::ids::{Installation, Scope, TargetId, WatchName};
use crate::model::notice::ToldBy;
use crate::model::rollout::{MoveFault, MoveOrder, MovingClaim, TargetMoves};
use crate::store::moves;
use crate::store::records::Versioned;
use crate::store::{Lease, Op, Store, StoreError, records};
use crate::workflow::recovery::replay;
use crate::workflow::{Opening, Run, RunOutcome};

/// Environments that are moved at the same time.
pub const MOVES_MAX: usize = 32;

/// Makes an observer for each move that is driven.
pub type MoveObservers<'a> = ObserversOf<'a, MoveKind>;

/// One move that came to its end.
#[derive(Debug, Clone)]
pub struct MoveResult {
    pub order: MoveOrder,
    pub outcome: RunOutcome,
}

impl MoveResult {
    /// Whose fault it was, and why, when it failed.
    pub fn failure(&self) -> Option<(MoveFault, String)> {
        match &self.outcome {
            RunOutcome::Succeeded { .. } => None,
            RunOutcome::Failed { step, failure, .. } => Some((
                MoveFault::of_kind(&failure.kind),
                format!("{step}: {}", failure.why),
            )),
        }
    }
}

/// What is remembered of an environment and of its watch's rollout when an order is made: the order is
/// begun only while that still holds.
#[derive(Debug, Clone)]
pub struct DecidedFrom {
    pub moves: Versioned<TargetMoves>,
    pub rollout_version: u64,
    /// A person who says no while an order is made is heard.
    pub holds_version: u64,
}

/// Every one of them succeeded.
pub fn all_well(results: &[MoveResult]) -> bool {
    results.iter().all(|one| one.failure().is_none())
}

/// It was driven to its end, and all of it succeeded.
pub fn ended_well(ended: &Result<Vec<MoveResult>, DriveError>) -> bool {
    ended.as_ref().is_ok_and(|results| all_well(results))
}

impl DecidedFrom {
    /// Reads it, of a watch by where it works.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn read(
        store: &dyn Store,
        target: &TargetId,
        installation: Option<&Installation>,
        (watch, home): (&WatchName, &Scope),
    ) -> Result<Self, StoreError> {
        let holds = records::remembered_holds(store, installation, watch).await?;
        Ok(Self {
            moves: moves::target_moves(store, target).await?,
            rollout_version: moves::rollout(store, home, watch).await?.version,
            holds_version: holds.version,
        })
    }

    /// The same, where what is remembered was of another environment of that name: nothing of it counts.
    pub fn of_environment(mut self, id: &str) -> Self {
        self.moves.value = self.moves.value.of_environment(Some(id));
        self
    }

    /// The number of the environment's next move.
    pub fn next_number(&self) -> u32 {
        self.moves.value.ordered + 1
    }
}

/// How beginning a move went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MoveBegun {
    /// It is written; drive it.
    Begun { journal: String },
    /// What it was decided from has changed meanwhile: read and decide again.
    DecideAgain,
}

/// Opens a move's journal and takes the environment in hand, in one batch. Drives nothing yet.
///
/// # Errors
/// When the store fails, or there is no way to the environment.
pub async fn begin_move(
    service: &Service<'_>,
    lease: Lease,
    order: &MoveOrder,
    from: &DecidedFrom,
) -> Result<MoveBegun, DriveError> {
    let order = &in_its_story(service.store, order).await?;
    let journal = <MoveKind as Driven>::journal(order);
    let claim = MovingClaim {
        journal: journal.clone(),
        watch: order.watch.clone(),
    };
    let counted = Versioned {
        version: from.moves.version,
        value: TargetMoves {
            environment_id: Some(order.environment_id.clone()),
            ordered: order.number,
            ..from.moves.value.clone()
        },
    };
    let with = vec![
        moves::claim_target(&order.target, 0, &claim),
        moves::put_target_moves(&order.target, &counted),
        moves::expect_rollout(order.home(), &order.watch, from.rollout_version),
        records::expect_holds(Some(&order.installation), &order.watch, from.holds_version),
    ];
    let told = service.told();
    let cloud = MoveKind::cloud(service, order);
    let cloud = cloud.map_err(DriveError::driving(&journal))?;
    let hands = MoveKind::hands(service, cloud, &told);
    let silent = crate::workflow::observer::Unobserved;
    let runner = runner::<MoveKind>(service, lease, &hands, &silent);
    let opening = runner.begin(&journal, order, with).await;
    Ok(match opening? {
        Opening::New => MoveBegun::Begun { journal },
        Opening::Already | Opening::Conflict { .. } => MoveBegun::DecideAgain,
    })
}

/// The same order, going on with the story of the watch's image where it moves an environment to it or away from it.
async fn in_its_story(store: &dyn Store, order: &MoveOrder) -> Result<MoveOrder, StoreError> {
    let (home, watch) = (order.home(), &order.watch);
    let (from, to) = order.from_to();
    let current = records::remembered_watch(store, home, watch).await?;
    let current = current.value.current.filter(|one| {
        let image = Some(&one.image);
        order.story.is_none() && (from == image || to == image)
    });
    let Some(image) = current else {
        return Ok(order.clone());
    };
    let told = records::remembered_told(store, home, watch).await?;
    let told = told.map(|told| told.value);
    Ok(MoveOrder {
        story: Some(story_of_image(&image, told.as_ref())),
        ..order.clone()
    })
}

/// Drives a move to its end, and whatever takes it back. The results in order.
///
/// # Errors
/// When it cannot be driven on now; the journal stays open and is resumed.
pub async fn drive_move(
    service: &Service<'_>,
    lease: Lease,
    journal: &str,
    observers: &MoveObservers<'_>,
) -> Result<Vec<MoveResult>, DriveError> {
    let mut results = Vec::new();
    let mut journal = journal.to_owned();
    loop {
        let ended = resume_one::<MoveKind>(service, lease, &journal, observers).await?;
        let target = ended.order.target.clone();
        results.push(ended);
        let claim = moves::moving(service.store, &target).await?;
        match claim.map(|claim| claim.value.journal) {
            Some(next) if next != journal => journal = next,
            _ => return Ok(results),
        }
    }
}

/// A move that an earlier process left, and how driving it ended.
pub struct ResumedMove {
    pub journal: String,
    /// Absent where the journal cannot be read.
    pub order: Option<MoveOrder>,
    pub ended: Result<Vec<MoveResult>, DriveError>,
}

impl ResumedMove {
    /// It, or what it was left in the middle of, ended well.
    pub fn succeeded(&self) -> bool {
        ended_well(&self.ended)
    }
}

/// Drives every move that is open to its end, all at once, and whatever takes them back.
///
/// # Errors
/// When the store cannot be read. A move that cannot be driven does not stop the others.
pub async fn resume_moves(
    service: &Service<'_>,
    lease: Lease,
    observers: &MoveObservers<'_>,
) -> Result<Vec<ResumedMove>, StoreError> {
    let open = under_way::<MoveKind>(service.store).await?;
    let driven = open.into_iter().map(|one| async move {
        let journal = one.journal;
        let run = replay::<MoveKind>(service.store, &journal).await;
        ResumedMove {
            order: run.ok().map(|run| run.input().clone()),
            ended: drive_move(service, lease, &journal, observers).await,
            journal,
        }
    });
    Ok(join_all(driven).await)
}

impl Driven for MoveKind {
    type Hands<'a> = Move<'a>;
    type Ended = MoveResult;

    fn journal(order: &MoveOrder) -> String {
        move_journal(&order.target, order.number)
    }

    fn cloud(service: &Service<'_>, order: &MoveOrder) -> Result<Cloud, CloudError> {
        service.mover_there(order.home(), &order.scope)
    }

    fn hands<'a>(service: &Service<'a>, cloud: Cloud, told: &'a ToldBy) -> Move<'a> {
        Move::new(cloud, service.store, told, service.outside.http.clone())
    }

    fn conclude(outcome: RunOutcome, run: &Run<Self>) -> MoveResult {
        MoveResult {
            order: run.input().clone(),
            outcome,
        }
    }

    async fn stuck(
        service: &Service<'_>,
        order: &MoveOrder,
        stuck: &Stuck<'_>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Op>, StoreError> {
        let journal = move_journal(&order.target, order.number);
        let why = format!("undoing `{}` cannot go on: {}", stuck.step, stuck.why);
        let failed = FailedMove {
            fault: MoveFault::Environment,
            why: &why,
            left: Vec::new(),
            quarantined: false,
            goes_back: false,
            as_before: false,
            next_at: None,
            by_hand: by_hand(order),
        };
        let notice = notify::move_failed(order, &format!("{journal}/stuck"), &failed, now);
        let told = service.told();
        records::notice_ops(service.store, &notice, &told).await
    }
}
