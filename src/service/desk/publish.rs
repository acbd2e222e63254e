//! A person's order to publish a watch's image: what would be done at each destination, as a document, and
//! done, here where nobody drives the store, else by the driver, which is asked and followed.
//!
//! A person's word ends pauses, does not wait for a rollout, and writes over what somebody else wrote; holds
//! and quarantines bind it.

use serde::Serialize;

use super::follow::Follow;
use super::opening::{leave_lease, take_lease};
use super::requests::LOOK_AGAIN;
use super::turn::{Turn, turn_or_answer};
use crate::flow::exit_code::Exit;
use crate::flow::publish::decide::{DestinationStand, PublishStep};
use crate::flow::publish::document::SCHEMA;
use crate::flow::publish::kind::PublishKind;
use crate::model::ids::WatchName;
use crate::model::plan::PlannedPublication;
use crate::model::publish_rules::Destination;
use crate::model::request::{PublishWish, RequestedAct};
use crate::outbox;
use crate::service::Service;
use crate::service::pass::TELL_MAX;
use crate::service::pass::look::{Patience, look_afresh};
use crate::service::pass::publish::{LookedPublishing, look_at_publishing};
use crate::service::runs::publishing::{
    PublicationObservers, PublicationResult, begin_publication,
};
use crate::service::runs::{DriveError, resume_one};
use crate::store::{Lease, Store, StoreError, UnderLease};
use crate::workflow::RunError;
use crate::workflow::open::open_runs;

/// Somebody else changes what it is decided from, again and again: then a person is told.
const DECIDE_MAX: usize = 5;

/// What an order to publish would do: `publish --format json`.
#[derive(Debug, Serialize)]
pub struct PublishPlan {
    pub schema: &'static str,
    pub watch: WatchName,
    pub destinations: Vec<PlannedPublication>,
    /// Something would be done; and not everything could be told.
    #[serde(skip)]
    pub untold: Vec<String>,
}

impl PublishPlan {
    /// The destinations at which something is done, in turn; those where a run is under way are joined. One
    /// that waits for nothing but another of them comes after it.
    pub fn to_do(&self) -> Vec<Destination> {
        let does = ["publish", "take_back", "under_way"];
        let mut in_turn: Vec<&PlannedPublication> = self.destinations.iter().collect();
        in_turn.sort_by_key(|one| one.destination.kind);
        let mut to_do: Vec<Destination> = Vec::new();
        for one in in_turn {
            let after = one.waits_for.as_ref();
            if does.contains(&one.action) || after.is_some_and(|first| to_do.contains(first)) {
                to_do.push(one.destination.clone());
            }
        }
        to_do
    }

    /// How the command ends where nothing is to be done.
    pub fn exit(&self) -> Exit {
        let stands = self.destinations.iter().all(|one| one.action == "stands");
        match (stands, self.untold.is_empty()) {
            (true, _) => Exit::Done,
            (false, false) => Exit::CannotTell,
            (false, true) => Exit::Failed,
        }
    }
}

/// What a wish led to, before anything is driven.
#[derive(Debug)]
pub enum PublishAsked {
    /// A publication is open under this journal, begun just now or before.
    Open {
        journal: String,
    },
    NothingToDo {
        why: String,
    },
    Refused {
        why: String,
        exit: Exit,
    },
}

/// What publishing to one destination came to.
pub enum PublishEnd {
    Ended(Box<PublicationResult>),
    NothingToDo { why: String },
    Refused { why: Vec<String>, exit: Exit },
}

impl PublishEnd {
    /// How the command ends.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Ended(result) if result.failure().is_some() => Exit::Failed,
            Self::Ended(_) | Self::NothingToDo { .. } => Exit::Done,
            Self::Refused { exit, .. } => *exit,
        }
    }
}

/// Looks at the watch and plans for a person who asks now. Nothing for a watch that publishes nowhere.
///
/// # Errors
/// When the store cannot be read.
pub async fn plan_publishing(
    service: &Service<'_>,
    watch: &WatchName,
) -> Result<Option<PublishPlan>, StoreError> {
    let (looked, untold) = look(service, watch).await?;
    let Some(looked) = looked else {
        let none = || PublishPlan::untold(watch, untold.clone());
        return Ok((!untold.is_empty()).then(none));
    };
    Ok(Some(PublishPlan {
        schema: SCHEMA,
        watch: watch.clone(),
        destinations: looked.planned(&looked.decide(true)),
        untold,
    }))
}

impl PublishPlan {
    fn untold(watch: &WatchName, untold: Vec<String>) -> Self {
        Self {
            schema: SCHEMA,
            watch: watch.clone(),
            destinations: Vec::new(),
            untold,
        }
    }
}

/// What is known of the watch's destinations now, and what could not be told of the watch.
async fn look<'a>(
    service: &Service<'a>,
    watch: &WatchName,
) -> Result<(Option<LookedPublishing<'a>>, Vec<String>), StoreError> {
    let looked = look_afresh(service, Some(watch), Patience::AskedNow).await?;
    let Some(one) = looked.first() else {
        return Ok((None, Vec::new()));
    };
    // Whose image it publishes stands in the store; a release must have been read just now.
    let read = one.watch.recipe.is_some() || one.item.drift.release.is_some();
    let untold = match read && one.place.is_some() {
        true => Vec::new(),
        false => one.item.because.clone(),
    };
    let looked = match one.publishing() {
        Some(publishing) => look_at_publishing(service, &publishing).await?,
        None => None,
    };
    Ok((looked, untold))
}

/// Begins the publication that somebody wishes, or meets the one that is under way. Drives nothing.
///
/// # Errors
/// When the store fails, or there is no way to the destination.
pub async fn begin_wish_to_publish(
    service: &Service<'_>,
    lease: Lease,
    wish: &PublishWish,
) -> Result<PublishAsked, DriveError> {
    for _ in 0..DECIDE_MAX {
        let (looked, untold) = look(service, &wish.watch).await?;
        let Some(looked) = looked else {
            let why = match untold.is_empty() {
                true => format!("the watch {} publishes nowhere", wish.watch),
                false => untold.join("; "),
            };
            let exit = Exit::CannotTell;
            return Ok(PublishAsked::Refused { why, exit });
        };
        let mut stands = looked.decide(true);
        stands.retain(|stand| stand.destination == wish.destination);
        if let Some(end) = nothing_begins(wish, &stands, &looked) {
            return Ok(end);
        }
        for start in looked.starts(service, &stands, Some(&wish.by)) {
            if let Some(journal) = begin_publication(service, lease, &start).await? {
                return Ok(PublishAsked::Open { journal });
            }
        }
    }
    Ok(PublishAsked::Refused {
        why: "what it is decided from changes again and again; try again later".to_owned(),
        exit: Exit::Failed,
    })
}

/// What stands against it, or for it already.
fn nothing_begins(
    wish: &PublishWish,
    stands: &[DestinationStand],
    looked: &LookedPublishing<'_>,
) -> Option<PublishAsked> {
    let Some(stand) = stands.first() else {
        return Some(PublishAsked::Refused {
            why: format!(
                "the watch {} does not publish to {}",
                wish.watch, wish.destination
            ),
            exit: Exit::Failed,
        });
    };
    let line = || {
        let planned = looked.planned(stands);
        planned.first().map(PlannedPublication::line)
    };
    match &stand.does {
        PublishStep::Publish | PublishStep::TakeBack { .. } | PublishStep::Withdraw { .. } => None,
        PublishStep::UnderWay { journal } => Some(PublishAsked::Open {
            journal: journal.clone(),
        }),
        PublishStep::Stands => Some(PublishAsked::NothingToDo {
            why: line().unwrap_or_default(),
        }),
        PublishStep::Wait(_) | PublishStep::Person { .. } => Some(PublishAsked::Refused {
            why: line().unwrap_or_default(),
            exit: Exit::Failed,
        }),
    }
}

/// Publishes to one destination, and delivers what there is to tell of it. `waiting` is called once, when the
/// process that works on the store has not answered yet.
///
/// # Errors
/// When the store fails, or the publication cannot be driven on now.
pub async fn publish_now(
    service: &Service<'_>,
    wish: &PublishWish,
    waiting: impl Fn(),
    observers: &PublicationObservers<'_>,
) -> Result<PublishEnd, DriveError> {
    let act = RequestedAct::Publish(wish.clone());
    let open = async || open_publication(service.store, wish).await;
    let turn = turn_or_answer::<DriveError>(service, act, open, waiting).await?;
    let (lease, journal) = match turn {
        Turn::Mine { lease, journal } => (lease, journal),
        Turn::Joins { journal } | Turn::Driving { journal } => {
            match follow_to_end(service, &journal, observers).await? {
                Followed::Ended(result) => return Ok(PublishEnd::Ended(result)),
                Followed::Mine(lease) => (lease, Some(journal)),
            }
        }
        Turn::NothingToDo { why } => return Ok(PublishEnd::NothingToDo { why }),
        Turn::Refused { why, exit } => return Ok(PublishEnd::Refused { why, exit }),
    };
    let end = drive_here(service, lease, wish, journal, observers).await;
    let senders = service.senders().map_err(DriveError::telling)?;
    let held = UnderLease::new(service.store, lease);
    let told = outbox::drain(&held, &senders, service.clock, TELL_MAX).await;
    leave_lease(service.store, lease).await;
    told?;
    end
}

/// Goes on with what the driver had begun, or begins what is wished, and drives it to its end.
async fn drive_here(
    service: &Service<'_>,
    lease: Lease,
    wish: &PublishWish,
    journal: Option<String>,
    observers: &PublicationObservers<'_>,
) -> Result<PublishEnd, DriveError> {
    let journal = match journal {
        Some(journal) if !service.store.journal(&journal).await?.is_empty() => journal,
        _ => match begin_wish_to_publish(service, lease, wish).await? {
            PublishAsked::Open { journal } => journal,
            PublishAsked::NothingToDo { why } => return Ok(PublishEnd::NothingToDo { why }),
            PublishAsked::Refused { why, exit } => {
                let why = vec![why];
                return Ok(PublishEnd::Refused { why, exit });
            }
        },
    };
    let ended = resume_one::<PublishKind>(service, lease, &journal, observers).await?;
    Ok(PublishEnd::Ended(Box::new(ended)))
}

/// How following a publication that the driver drives ended.
enum Followed {
    Ended(Box<PublicationResult>),
    /// The driver is gone: this process has the place now.
    Mine(Lease),
}

async fn follow_to_end(
    service: &Service<'_>,
    journal: &str,
    observers: &PublicationObservers<'_>,
) -> Result<Followed, DriveError> {
    let mut follow = Follow::<PublishKind>::new(journal.to_owned());
    loop {
        if let Some(ended) = follow.look(service.store, observers).await? {
            return Ok(Followed::Ended(Box::new(ended)));
        }
        if let Some(lease) = take_lease(service.store).await? {
            return Ok(Followed::Mine(lease));
        }
        service.clock.sleep(LOOK_AGAIN).await;
    }
}

/// The open journal of a publication to this destination, whoever began it.
async fn open_publication(
    store: &dyn Store,
    wish: &PublishWish,
) -> Result<Option<String>, RunError> {
    let ends = format!("/{}/{}", wish.watch, wish.destination);
    for one in open_runs::<PublishKind>(store).await? {
        if one.known()?.subject.ends_with(&ends) {
            return Ok(Some(one.journal));
        }
    }
    Ok(None)
}
