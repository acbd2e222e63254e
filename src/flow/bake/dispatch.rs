//! Which file does which step of a bake. Decides nothing.

use chrono::{DateTime, Utc};

use super::hands::Bake;
use super::steps::{BakeKind, BakeOutput, BakeStep};
use super::{clean_up, closing, guest, image, launch, network, stopping};
use crate::flow::verify::GuestRole;
use crate::store::{Op, StoreError};
use crate::workflow::{At, Look, Outcome, Run, StepError, Undo, Workflow};

impl Workflow for Bake<'_> {
    type Kind = BakeKind;

    async fn find(&self, at: &At<'_, BakeKind>) -> Result<Option<BakeOutput>, StepError> {
        match at.step {
            BakeStep::Network => network::find(self, at).await,
            BakeStep::LaunchBuilder => launch::find(self, at, GuestRole::Builder).await,
            BakeStep::LaunchBootTest => launch::find(self, at, GuestRole::BootTest).await,
            BakeStep::CreateImage => image::find(self, at).await,
            BakeStep::MarkVerified => image::find_verified(self, at).await,
            // These steps only look: whatever happened is seen by looking again.
            BakeStep::Report
            | BakeStep::Stopped
            | BakeStep::Available
            | BakeStep::BootReport
            | BakeStep::CleanUp => Ok(None),
        }
    }

    async fn start(&self, at: &At<'_, BakeKind>) -> Result<Look<BakeOutput>, StepError> {
        match at.step {
            BakeStep::Network => network::start(self, at).await,
            BakeStep::LaunchBuilder => launch::start(self, at, GuestRole::Builder).await,
            BakeStep::LaunchBootTest => launch::start(self, at, GuestRole::BootTest).await,
            BakeStep::CreateImage => image::start(self, at).await,
            BakeStep::MarkVerified => image::mark_verified(self, at).await,
            BakeStep::Report
            | BakeStep::Stopped
            | BakeStep::Available
            | BakeStep::BootReport
            | BakeStep::CleanUp => self.check(at).await,
        }
    }

    async fn check(&self, at: &At<'_, BakeKind>) -> Result<Look<BakeOutput>, StepError> {
        match at.step {
            BakeStep::Report => guest::builder_report(self, at).await,
            BakeStep::Stopped => stopping::stopped(self, at).await,
            BakeStep::Available => image::available(self, at).await,
            BakeStep::BootReport => guest::boot_report(self, at).await,
            BakeStep::CleanUp => clean_up::check(self, at).await,
            // `start` of these is done or has failed; a look that is still wanted asks `find`.
            BakeStep::Network
            | BakeStep::LaunchBuilder
            | BakeStep::CreateImage
            | BakeStep::LaunchBootTest
            | BakeStep::MarkVerified => Err(StepError::Again {
                why: "looked for once more".to_owned(),
            }),
        }
    }

    async fn undo(&self, at: &At<'_, BakeKind>) -> Result<Undo, StepError> {
        match at.step {
            BakeStep::Network => network::undo(self, at).await,
            BakeStep::LaunchBuilder => launch::undo(self, at, GuestRole::Builder).await,
            BakeStep::LaunchBootTest => launch::undo(self, at, GuestRole::BootTest).await,
            BakeStep::CreateImage => image::undo(self, at).await,
            // Only looked, or (MarkVerified) marked what CreateImage's undo removes.
            BakeStep::Report
            | BakeStep::Stopped
            | BakeStep::Available
            | BakeStep::BootReport
            | BakeStep::MarkVerified
            | BakeStep::CleanUp => Ok(Undo::Gone),
        }
    }

    async fn closing(
        &self,
        run: &Run<BakeKind>,
        outcome: &Outcome,
        now: DateTime<Utc>,
    ) -> Result<Vec<Op>, StoreError> {
        closing::ops(self, run, outcome, now).await
    }
}
