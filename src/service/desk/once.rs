//! One pass for a person or a timer (`run --once`): takes the driver's place, makes the pass, waits for
//! what it started.

use serde::Serialize;

use super::digest::tell_due_digests;
use super::moved::MovedEnvironment;
use super::opening::{NoPlace, drive, leave_lease};
use crate::flow::exit_code::Exit;
use crate::model::ids::{ImageId, WatchName};
use crate::model::plan::PlanItem;
use crate::model::publish_rules::Destination;
use crate::outbox::Delivered;
use crate::service::Service;
use crate::service::pass::rolled::RolledTarget;
use crate::service::pass::{Passed, PublishedWatch, pass_once};
use crate::service::retire::keeping::RetiredImage;
use crate::service::runs::DriveError;
use crate::service::runs::bake::{BakeEnded, Observers};
use crate::service::runs::moving::ResumedMove;
use crate::service::runs::publishing::PublicationResult;
use crate::service::telemetry::source_chain;
use crate::service::watchdog::{WatchdogPing, tell_watchdog};
use crate::workflow::RunOutcome;

/// `run --once --format json`
#[derive(Debug, Serialize)]
pub struct Once {
    pub schema: &'static str,
    pub watches: Vec<PlanItem>,
    pub bakes: Vec<BakedOnce>,
    /// Moves that it went on with or began, and what took them back.
    pub moves: Vec<MovedEnvironment>,
    /// Watches of which no move was begun, because what it was decided from changed again and again.
    pub undecided: Vec<WatchName>,
    /// What it published, or took back.
    pub published: Vec<PublishedOnce>,
    /// Older images that it went on with.
    pub retired: Vec<RetiredImage>,
    /// What became of the notices.
    #[serde(skip)]
    pub delivered: Delivered,
    #[serde(skip)]
    exit: Exit,
}

/// How one bake ended.
#[derive(Debug, Serialize)]
pub struct BakedOnce {
    pub watch: String,
    /// The verified image; absent when it failed.
    pub image: Option<String>,
    pub why: Option<String>,
    /// The step that failed, when one did: why is told by the progress.
    #[serde(skip)]
    pub failed_step: Option<String>,
}

/// How publishing to one destination ended.
#[derive(Debug, Serialize)]
pub struct PublishedOnce {
    pub watch: String,
    /// Absent where it could not even be begun.
    pub destination: Option<Destination>,
    pub image: Option<ImageId>,
    /// It took another image back.
    pub back: bool,
    pub why: Option<String>,
}

/// Why there was no pass.
#[derive(Debug, thiserror::Error)]
pub enum OnceError {
    #[error(transparent)]
    Place(#[from] NoPlace),
    #[error(transparent)]
    Drive(#[from] DriveError),
}

impl Once {
    /// How `run --once` ends.
    pub fn exit(&self) -> Exit {
        self.exit
    }

    /// Of a pass that was made.
    pub fn of_passed(passed: Passed) -> Self {
        let exit = passed.exit();
        let resumed = passed.resumed.iter().map(|one| {
            let watch = one.subject.as_deref().unwrap_or(&one.journal);
            BakedOnce::of(watch, one.ended.as_ref())
        });
        let bakes = passed
            .bakes
            .iter()
            .map(|(watch, ended)| BakedOnce::of(watch.as_str(), ended.as_ref()));
        Self {
            schema: "amiwatch.run/1",
            bakes: resumed.chain(bakes).collect(),
            moves: moves(&passed.moved, &passed.rolled),
            published: passed.published.iter().flat_map(published).collect(),
            retired: passed.retired,
            undecided: passed.undecided,
            watches: passed.items,
            delivered: passed.delivered,
            exit,
        }
    }
}

/// What it went on with and could not drive on is told like what it began.
fn moves(resumed: &[ResumedMove], rolled: &[RolledTarget]) -> Vec<MovedEnvironment> {
    let resumed = resumed.iter().flat_map(MovedEnvironment::of_resumed);
    let begun = rolled.iter().flat_map(MovedEnvironment::of_rolled);
    resumed.chain(begun).collect()
}

fn published(one: &PublishedWatch) -> Vec<PublishedOnce> {
    match &one.ended {
        Ok(results) => results.iter().map(PublishedOnce::of).collect(),
        Err(error) => vec![PublishedOnce {
            watch: one.subject.clone(),
            destination: None,
            image: None,
            back: false,
            why: Some(source_chain(error)),
        }],
    }
}

impl PublishedOnce {
    fn of(result: &PublicationResult) -> Self {
        let order = &result.order;
        Self {
            watch: order.watch.to_string(),
            destination: Some(order.destination.clone()),
            image: Some(order.image.clone()),
            back: order.back.is_some(),
            why: result.failure(),
        }
    }
}

impl BakedOnce {
    fn of(watch: &str, ended: Result<&BakeEnded, &DriveError>) -> Self {
        let failed_step = match ended.map(|ended| &ended.outcome) {
            Ok(RunOutcome::Failed { step, .. }) => Some(step.clone()),
            Ok(RunOutcome::Succeeded { .. }) | Err(_) => None,
        };
        let (image, why) = match ended {
            Ok(ended) => (
                ended.image.as_ref().map(ToString::to_string),
                ended.failure(),
            ),
            Err(error) => (None, Some(source_chain(error))),
        };
        Self {
            watch: watch.to_owned(),
            image,
            why,
            failed_step,
        }
    }
}

/// Makes the pass.
///
/// # Errors
/// When another process drives the store, or the store fails.
pub async fn once(service: &Service<'_>, observers: &Observers<'_>) -> Result<Once, OnceError> {
    let lease = drive(&service.desk()).await?;
    ping(service, WatchdogPing::Start).await;
    // Of what is remembered: the pass tells what is new beside it.
    tell_due_digests(&service.desk(), true).await;
    let passed = pass_once(service, lease, observers).await;
    ping(
        service,
        match passed {
            Ok(_) => WatchdogPing::Success,
            Err(_) => WatchdogPing::Fail,
        },
    )
    .await;
    let passed = passed?;
    leave_lease(service.store, lease).await;
    Ok(Once::of_passed(passed))
}

/// Who expects a ping is told; that it could not be is no failure of the pass.
async fn ping(service: &Service<'_>, ping: WatchdogPing) {
    if let Err(why) = tell_watchdog(service, ping).await {
        tracing::warn!(why, "the watchdog cannot be told how passes go");
    }
}
