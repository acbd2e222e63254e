//! One pass for a person or a timer (`run --once`): takes the driver's place, makes the pass, waits for
//! what it started.

use serde::Serialize;

use super::opening::{NoPlace, drive, leave_lease};
use crate::flow::exit_code::Exit;
use crate::model::plan::PlanItem;
use crate::outbox::Delivered;
use crate::service::Service;
use crate::service::pass::{Passed, pass_once};
use crate::service::runs::DriveError;
use crate::service::runs::bake::{BakeEnded, Observers};
use crate::service::telemetry::source_chain;
use crate::workflow::RunOutcome;

/// `run --once --format json`
#[derive(Debug, Serialize)]
pub struct Once {
    pub schema: &'static str,
    pub watches: Vec<PlanItem>,
    pub bakes: Vec<BakedOnce>,
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

    fn of(passed: Passed) -> Self {
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
            watches: passed.items,
            delivered: passed.delivered,
            exit,
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
    let passed = pass_once(service, lease, observers).await?;
    leave_lease(service.store, lease).await;
    Ok(Once::of(passed))
}
