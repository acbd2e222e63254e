//! A person's move of one environment, to its end: driven here where nobody drives the store, else asked
//! of the driver and followed, as a bake is. A move that fails is followed by the one that takes it back.

use super::follow::Follow;
use super::opening::{leave_lease, take_lease};
use super::requests::LOOK_AGAIN;
use super::rollout::{MoveError, PlannedMove, plan_move};
use super::turn::{Turn, turn_or_answer};
use crate::flow::exit_code::Exit;
use crate::flow::rollout::moving::kind::MoveKind;
use crate::flow::rollout::order::IN_STEP;
use crate::model::ids::TargetId;
use crate::model::request::{MoveWish, RequestedAct, WishedWay};
use crate::model::rollout::Direction;
use crate::outbox;
use crate::service::Service;
use crate::service::pass::TELL_MAX;
use crate::service::runs::Driven;
use crate::service::runs::moving::{
    MoveBegun, MoveObservers, MoveResult, all_well, begin_move, drive_move,
};
use crate::store::{Lease, Store, StoreError, UnderLease, moves};
use crate::workflow::journal::Phase;
use crate::workflow::open::open_runs;
use crate::workflow::recovery::replay;
use crate::workflow::{RunError, RunOutcome};

/// Somebody else changes what an order is made from, again and again: then a person is told.
const DECIDE_MAX: usize = 5;

/// What asking for a move came to.
pub enum MoveEnd {
    /// It was driven to its end, here or elsewhere; with it, the one that took it back.
    Ended(Vec<MoveResult>),
    /// There was nothing to move, and why.
    NothingToDo { why: Vec<String> },
    /// Nothing was moved, and why.
    Refused { why: Vec<String>, exit: Exit },
}

/// What a person who waits is told beside the progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoveMeanwhile {
    /// A move of this environment is under way already.
    Joining,
    /// The process that works on the store has not answered yet.
    Waiting,
    /// The process that drove the move is gone.
    GoingOn,
}

/// How what happens is told.
pub struct MoveTeller<'a> {
    pub meanwhile: &'a dyn Fn(MoveMeanwhile),
    pub observers: &'a MoveObservers<'a>,
}

/// What a wish led to, before anything is driven.
#[derive(Debug)]
pub enum MoveAsked {
    /// A move of the environment is open under this journal, begun just now or before.
    Open {
        journal: String,
    },
    NothingToDo {
        why: Vec<String>,
    },
    Refused {
        why: Vec<String>,
        exit: Exit,
    },
}

/// Begins the move that somebody wishes, or meets the one that is under way. Drives nothing.
///
/// # Errors
/// When the store fails or AWS does not answer.
pub async fn begin_wish(
    service: &Service<'_>,
    lease: Lease,
    wish: &MoveWish,
) -> Result<MoveAsked, MoveError> {
    for _ in 0..DECIDE_MAX {
        if let Some(journal) = open_move(service, wish).await? {
            return Ok(MoveAsked::Open { journal });
        }
        let PlannedMove { plan, order, from } = match Box::pin(plan_move(service, wish)).await {
            Ok(planned) => planned,
            Err(MoveError::Refused(why)) => {
                let exit = Exit::Failed;
                return Ok(MoveAsked::Refused { why, exit });
            }
            Err(MoveError::Untold(why)) => {
                let exit = Exit::CannotTell;
                return Ok(MoveAsked::Refused { why, exit });
            }
            Err(error) => return Err(error),
        };
        let Some(order) = order else {
            return Ok(not_ordered(&plan));
        };
        if let MoveBegun::Begun { journal } = begin_move(service, lease, &order, &from).await? {
            return Ok(MoveAsked::Open { journal });
        }
    }
    let why = format!(
        "what is remembered of {} changes again and again; try again when nobody else moves the watch's \
         environments",
        wish.name()
    );
    Ok(MoveAsked::Refused {
        why: vec![why],
        exit: Exit::Failed,
    })
}

fn not_ordered(plan: &crate::flow::rollout::document::MovePlan) -> MoveAsked {
    if plan.printed.is_some() {
        let why = "the watch says hands = \"print\": somebody else makes the change".to_owned();
        return MoveAsked::NothingToDo { why: vec![why] };
    }
    let done = plan.refusals.iter().all(|one| one.code == IN_STEP);
    let why = plan.refusals.iter();
    match done {
        true => MoveAsked::NothingToDo {
            why: why.map(|one| one.why.clone()).collect(),
        },
        false => MoveAsked::Refused {
            why: why
                .map(|one| format!("{}: {}", one.code, one.why))
                .collect(),
            exit: Exit::Failed,
        },
    }
}

/// Moves, and delivers what there is to tell of it.
///
/// # Errors
/// When the store fails, or the move cannot be planned or not be driven on now.
pub async fn move_environment(
    service: &Service<'_>,
    wish: &MoveWish,
    teller: &MoveTeller<'_>,
) -> Result<MoveEnd, MoveError> {
    let (lease, journal) = match drive_or_ask(service, wish, teller).await? {
        Elsewhere::Ended(end) => return Ok(end),
        Elsewhere::Mine { lease, journal } => (lease, journal),
    };
    let end = drive_wish(service, lease, wish, journal, teller).await;
    let told = tell_what_is_due(service, lease).await;
    leave_lease(service.store, lease).await;
    told?;
    end
}

/// Delivers what is due by now.
pub(super) async fn tell_what_is_due(service: &Service<'_>, lease: Lease) -> Result<(), MoveError> {
    let held = UnderLease::new(service.store, lease);
    outbox::drain(&held, &service.senders()?, service.clock, TELL_MAX).await?;
    Ok(())
}

/// Who does it.
pub(super) enum Elsewhere {
    /// The driver did.
    Ended(MoveEnd),
    /// Nobody else drives: this process has the place now. `journal`: what the driver had begun.
    Mine {
        lease: Lease,
        journal: Option<String>,
    },
}

/// Takes the driver's place if it is free, else has the driver move and follows it.
pub(super) async fn drive_or_ask(
    service: &Service<'_>,
    wish: &MoveWish,
    teller: &MoveTeller<'_>,
) -> Result<Elsewhere, MoveError> {
    let act = RequestedAct::Move(wish.clone());
    let open = async || open_move(service, wish).await;
    let waiting = || (teller.meanwhile)(MoveMeanwhile::Waiting);
    Ok(
        match turn_or_answer::<MoveError>(service, act, open, waiting).await? {
            Turn::Mine { lease, journal } => Elsewhere::Mine { lease, journal },
            Turn::Joins { journal } => {
                (teller.meanwhile)(MoveMeanwhile::Joining);
                follow_to_end(service, wish, journal, teller).await?
            }
            Turn::Driving { journal } => follow_to_end(service, wish, journal, teller).await?,
            Turn::NothingToDo { why } => Elsewhere::Ended(MoveEnd::NothingToDo { why: vec![why] }),
            Turn::Refused { why, exit } => Elsewhere::Ended(MoveEnd::Refused { why, exit }),
        },
    )
}

/// Follows a move and, where it fails, the one that takes it back.
async fn follow_to_end(
    service: &Service<'_>,
    wish: &MoveWish,
    journal: String,
    teller: &MoveTeller<'_>,
) -> Result<Elsewhere, MoveError> {
    let mut follow = Follow::<MoveKind>::new(journal.clone());
    let mut results = story_so_far(service.store, wish, &journal).await?;
    let mut journal = journal;
    loop {
        if let Some(ended) = follow.look(service.store, teller.observers).await? {
            let next = next_move(service.store, &ended.order.target, &journal).await?;
            results.push(ended);
            match next {
                Some(next) => {
                    journal = next;
                    follow = Follow::new(journal.clone());
                    continue;
                }
                None => return Ok(Elsewhere::Ended(MoveEnd::Ended(results))),
            }
        }
        if let Some(lease) = take_lease(service.store).await? {
            (teller.meanwhile)(MoveMeanwhile::GoingOn);
            let journal = Some(journal);
            return Ok(Elsewhere::Mine { lease, journal });
        }
        service.clock.sleep(LOOK_AGAIN).await;
    }
}

/// The move that the end of another opened for the same environment.
async fn next_move(
    store: &dyn Store,
    target: &TargetId,
    ended: &str,
) -> Result<Option<String>, StoreError> {
    let claim = moves::moving(store, target).await?;
    let next = claim.map(|claim| claim.value.journal);
    Ok(next.filter(|next| next != ended))
}

/// Goes on with the move that is under way, or begins the one that is wished.
pub(super) async fn drive_wish(
    service: &Service<'_>,
    lease: Lease,
    wish: &MoveWish,
    journal: Option<String>,
    teller: &MoveTeller<'_>,
) -> Result<MoveEnd, MoveError> {
    // One that was only asked for may not be there.
    let journal = match journal {
        Some(journal) if !service.store.journal(&journal).await?.is_empty() => journal,
        _ => match begin_wish(service, lease, wish).await? {
            MoveAsked::Open { journal } => journal,
            MoveAsked::NothingToDo { why } => return Ok(MoveEnd::NothingToDo { why }),
            MoveAsked::Refused { why, exit } => return Ok(MoveEnd::Refused { why, exit }),
        },
    };
    let mut results = story_so_far(service.store, wish, &journal).await?;
    results.extend(drive_move(service, lease, &journal, teller.observers).await?);
    Ok(MoveEnd::Ended(results))
}

/// The move forward that a move back takes back, for whoever wished to go forward: how the way back ends is
/// not yet what became of the wish.
async fn story_so_far(
    store: &dyn Store,
    wish: &MoveWish,
    journal: &str,
) -> Result<Vec<MoveResult>, RunError> {
    if wish.way == WishedWay::Back || store.journal(journal).await?.is_empty() {
        return Ok(Vec::new());
    }
    let run = replay::<MoveKind>(store, journal).await?;
    let Direction::Back { of: Some(of), .. } = &run.input().direction else {
        return Ok(Vec::new());
    };
    if store.journal(of).await?.is_empty() {
        return Ok(Vec::new());
    }
    let forward = replay::<MoveKind>(store, of).await?;
    Ok(match forward.phase().clone() {
        Phase::Closed(outcome @ RunOutcome::Failed { .. }) => {
            vec![<MoveKind as Driven>::conclude(outcome, &forward)]
        }
        _ => Vec::new(),
    })
}

/// The open journal of a move of this environment, whoever began it.
async fn open_move(service: &Service<'_>, wish: &MoveWish) -> Result<Option<String>, RunError> {
    let ends = format!("/{}/{}", wish.application, wish.environment);
    for one in open_runs::<MoveKind>(service.store).await? {
        let header = one.known()?;
        let scope = header.scope.to_string();
        let name = header
            .subject
            .strip_prefix("beanstalk:")
            .unwrap_or_default();
        let there = service.settings.account_name(&header.scope.account);
        if there == wish.account.as_deref() && name.strip_prefix(&scope) == Some(ends.as_str()) {
            return Ok(Some(one.journal));
        }
    }
    Ok(None)
}

/// Whether a move of this environment is open.
///
/// # Errors
/// When the store cannot be read.
pub async fn move_under_way(service: &Service<'_>, wish: &MoveWish) -> Result<bool, RunError> {
    Ok(open_move(service, wish).await?.is_some())
}

impl MoveEnd {
    /// How the command ends.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Ended(results) if all_well(results) => Exit::Done,
            Self::Ended(_) => Exit::Failed,
            Self::NothingToDo { .. } => Exit::Done,
            Self::Refused { exit, .. } => *exit,
        }
    }
}
