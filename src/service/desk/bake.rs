//! A person's bake, to its end: driven here where nobody drives the store, else asked of the driver and
//! followed.
//!
//! A driver that goes away in the middle loses nothing: its place is free at once, and whoever waits
//! here goes on with the same journal.

use super::ask::{AskOutcome, ask_for_bake};
use super::follow::{Follow, open_bake};
use super::opening::{leave_lease, take_lease};
use super::requests::LOOK_AGAIN;
use super::turn::{Turn, turn_or_answer};
use crate::cloud::CloudError;
use crate::flow::bake::kind::BakeKind;
use crate::flow::exit_code::Exit;
use crate::model::ids::{ImageId, WatchName};
use crate::model::request::RequestedAct;
use crate::outbox;
use crate::service::Service;
use crate::service::pass::{TELL_MAX, bake_one};
use crate::service::runs::bake::{BakeEnded, Observers};
use crate::service::runs::{self, DriveError};
use crate::store::{Lease, StoreError, UnderLease};
use crate::workflow::RunError;
use crate::workflow::RunOutcome;

/// What asking for a bake came to.
pub enum AskedBakeEnd {
    /// It was driven to an end, here or elsewhere, and its image is verified.
    Verified { image: ImageId },
    /// It was driven to an end and failed in this step; why is told by the progress.
    Failed { step: String },
    /// There was nothing to bake, and why.
    NothingToDo { why: String },
    /// Nothing was baked, and why.
    Refused { why: Vec<String>, exit: Exit },
}

/// What a person who waits is told beside the progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meanwhile {
    /// Another process bakes this watch already.
    Joining,
    /// The process that works on the store has not answered yet.
    Waiting,
    /// The process that drove the bake is gone.
    GoingOn,
    /// A bake was under way and has ended; no other was forced.
    EndedInstead,
}

/// Why it could not be asked for or not be driven on.
#[derive(Debug, thiserror::Error)]
pub enum BakeError {
    #[error(transparent)]
    Drive(#[from] DriveError),
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    Cloud(#[from] CloudError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How what happens is told.
pub struct BakeTeller<'a> {
    pub meanwhile: &'a dyn Fn(Meanwhile),
    pub observers: &'a Observers<'a>,
}

impl AskedBakeEnd {
    fn of(ended: BakeEnded) -> Self {
        match (ended.image, ended.outcome) {
            (Some(image), _) => Self::Verified { image },
            (None, RunOutcome::Failed { step, .. }) => Self::Failed { step },
            (None, RunOutcome::Succeeded { .. }) => Self::Failed {
                step: "create_image".to_owned(),
            },
        }
    }
}

/// Bakes, and delivers what there is to tell of it.
///
/// # Errors
/// When the store fails, or the bake cannot be ordered or not be driven on now.
pub async fn bake_and_deliver(
    service: &Service<'_>,
    watch: &WatchName,
    force: bool,
    teller: &BakeTeller<'_>,
) -> Result<AskedBakeEnd, BakeError> {
    match drive_or_ask(service, watch, force, teller).await? {
        Beside::Ended(end) => Ok(end),
        Beside::Mine { lease, journal } => {
            let end = drive(service, lease, watch, force, journal, teller).await;
            let told = tell(service, lease).await;
            leave_lease(service.store, lease).await;
            told?;
            end
        }
    }
}

/// Delivers what is due by now.
async fn tell(service: &Service<'_>, lease: Lease) -> Result<(), BakeError> {
    let held = UnderLease::new(service.store, lease);
    outbox::drain(&held, &service.senders()?, service.clock, TELL_MAX).await?;
    Ok(())
}

/// Who does it.
enum Beside {
    /// The driver did.
    Ended(AskedBakeEnd),
    /// Nobody else drives: this process has the place now. `journal`: what the driver had begun for
    /// this process before it was gone.
    Mine {
        lease: Lease,
        journal: Option<String>,
    },
}

/// Takes the driver's place if it is free, else has the driver bake and follows it.
async fn drive_or_ask(
    service: &Service<'_>,
    watch: &WatchName,
    force: bool,
    teller: &BakeTeller<'_>,
) -> Result<Beside, BakeError> {
    let act = RequestedAct::Bake {
        watch: watch.clone(),
        force,
    };
    let open = async || open_bake(service.store, watch).await;
    let waiting = || (teller.meanwhile)(Meanwhile::Waiting);
    Ok(
        match turn_or_answer::<BakeError>(service, act, open, waiting).await? {
            Turn::Mine { lease, journal } => Beside::Mine { lease, journal },
            Turn::Joins { journal } => {
                (teller.meanwhile)(Meanwhile::Joining);
                follow_to_end(service, journal, false, teller).await?
            }
            Turn::Driving { journal } => follow_to_end(service, journal, true, teller).await?,
            Turn::NothingToDo { why } => Beside::Ended(AskedBakeEnd::NothingToDo { why }),
            Turn::Refused { why, exit } => Beside::Ended(AskedBakeEnd::Refused { why, exit }),
        },
    )
}

async fn follow_to_end(
    service: &Service<'_>,
    journal: String,
    for_us: bool,
    teller: &BakeTeller<'_>,
) -> Result<Beside, RunError> {
    let mut follow = Follow::<BakeKind>::new(journal.clone());
    loop {
        if let Some(ended) = follow.look(service.store, teller.observers).await? {
            return Ok(Beside::Ended(AskedBakeEnd::of(ended)));
        }
        if let Some(lease) = take_lease(service.store).await? {
            (teller.meanwhile)(Meanwhile::GoingOn);
            let journal = for_us.then_some(journal);
            return Ok(Beside::Mine { lease, journal });
        }
        service.clock.sleep(LOOK_AGAIN).await;
    }
}

/// Goes on with the bake that is under way, or asks what there is to bake. `journal`: what another
/// process began for this very request, before it was gone.
async fn drive(
    service: &Service<'_>,
    lease: Lease,
    watch: &WatchName,
    force: bool,
    journal: Option<String>,
    teller: &BakeTeller<'_>,
) -> Result<AskedBakeEnd, BakeError> {
    let begun = match journal {
        Some(journal) if service.store.journal(&journal).await?.is_empty() => None,
        journal => journal,
    };
    let asked_for = begun.is_some();
    let open = match begun {
        Some(journal) => Some(journal),
        None => open_bake(service.store, watch).await?,
    };
    if let Some(journal) = open {
        let ended =
            runs::resume_one::<BakeKind>(service, lease, &journal, teller.observers).await?;
        if force && !asked_for {
            (teller.meanwhile)(Meanwhile::EndedInstead);
        }
        return Ok(AskedBakeEnd::of(ended));
    }
    Ok(match ask_for_bake(service, lease, watch, force).await? {
        AskOutcome::Start(start) => {
            let ended = bake_one(service, lease, &start, teller.observers).await?;
            AskedBakeEnd::of(ended)
        }
        AskOutcome::Refused { why, exit } => AskedBakeEnd::Refused { why, exit },
        other => AskedBakeEnd::NothingToDo {
            why: other.words().unwrap_or_default(),
        },
    })
}
