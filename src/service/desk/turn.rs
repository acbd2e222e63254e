//! Whose turn it is: this process', where nobody drives the store, else the driver's, which is asked and
//! waited for. The same for whatever only the driver may do under a journal.
//!
//! A driver that goes away in the middle loses nothing: its place is free at once, and whoever waits here
//! has it. One that stays and says nothing is waited for no longer than [`ANSWER_MAX`]. Must not follow a run or drive one: that is each command's own.

use super::opening::take_lease;
use super::requests::{ANSWER_MAX, LOOK_AGAIN, LeftRequest};
use crate::flow::exit_code::Exit;
use crate::model::request::{RequestAnswer, RequestedAct};
use crate::service::Service;
use crate::store::{Lease, StoreError};
use crate::workflow::RunError;

/// Whose turn it is.
pub(super) enum Turn {
    /// Nobody else drives: this process has the place now. `journal`: what was begun meanwhile.
    Mine {
        lease: Lease,
        journal: Option<String>,
    },
    /// One is under way already; nobody had to be asked.
    Joins {
        journal: String,
    },
    /// The driver began this for us.
    Driving {
        journal: String,
    },
    NothingToDo {
        why: String,
    },
    Refused {
        why: Vec<String>,
        exit: Exit,
    },
}

/// Takes the driver's place if it is free, else joins what `open` finds, else asks and waits. `waiting` is
/// called once, when the driver has not answered yet.
pub(super) async fn turn_or_answer<E: From<StoreError> + From<RunError>>(
    service: &Service<'_>,
    act: RequestedAct,
    open: impl AsyncFn() -> Result<Option<String>, RunError>,
    waiting: impl Fn(),
) -> Result<Turn, E> {
    if let Some(lease) = take_lease(service.store).await? {
        let journal = None;
        return Ok(Turn::Mine { lease, journal });
    }
    if let Some(journal) = open().await? {
        return Ok(Turn::Joins { journal });
    }
    let mut left = LeftRequest::leave(service.desk(), act).await?;
    let until = service.clock.steady() + ANSWER_MAX;
    let mut said = false;
    loop {
        if let Some(turn) = left.answer().await?.and_then(answered) {
            return Ok(turn);
        }
        if let Some(lease) = take_lease(service.store).await? {
            // What was waited for may have been begun just before its process was gone.
            let journal = open().await?;
            left.give_up().await?;
            return Ok(Turn::Mine { lease, journal });
        }
        if service.clock.steady() >= until {
            let (why, exit) = (vec![left.give_up_unanswered().await?], Exit::CannotTell);
            return Ok(Turn::Refused { why, exit });
        }
        left.leave_anew_if_gone().await?;
        if !said {
            waiting();
            said = true;
        }
        service.clock.sleep(LOOK_AGAIN).await;
    }
}

/// What the driver said; nothing where it answered another question.
fn answered(answer: RequestAnswer) -> Option<Turn> {
    match answer {
        RequestAnswer::Driving { journal } => Some(Turn::Driving { journal }),
        RequestAnswer::NothingToDo { why } => Some(Turn::NothingToDo { why }),
        RequestAnswer::Refused { why, exit_code } => {
            let exit = Exit::from_code(exit_code);
            Some(Turn::Refused { why, exit })
        }
        RequestAnswer::Reloaded { .. }
        | RequestAnswer::KeptOld { .. }
        | RequestAnswer::Passed { .. } => None,
    }
}
