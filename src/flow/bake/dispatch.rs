//! Which file does which step of a bake. Decides nothing.

use chrono::{DateTime, Utc};

use super::hands::BakeHands;
use super::steps::{BakeKind, BakeOutput, BakeStep};
use super::{clean_up, closing, consoles, guest, image, launch, network, stopping};
use crate::flow::verify::GuestRole;
use crate::store::{Op, StoreError};
use crate::workflow::{At, Run, RunOutcome, StepError, StepLook, Undo, Workflow};

impl Workflow for BakeHands<'_> {
    type Kind = BakeKind;

    async fn find(&self, at: &At<'_, BakeKind>) -> Result<Option<BakeOutput>, StepError> {
        match at.step {
            BakeStep::Network => network::find_network(self, at).await,
            BakeStep::LaunchBuilder => launch::find_launch(self, at, GuestRole::Builder).await,
            BakeStep::LaunchBootTest => launch::find_launch(self, at, GuestRole::BootTest).await,
            BakeStep::CreateImage => image::find_image(self, at).await,
            BakeStep::MarkVerified => image::find_verified(self, at).await,
            // These steps only look: whatever happened is seen by looking again.
            BakeStep::Report
            | BakeStep::Stopped
            | BakeStep::Available
            | BakeStep::BootReport
            | BakeStep::CleanUp => Ok(None),
        }
    }

    async fn start(&self, at: &At<'_, BakeKind>) -> Result<StepLook<BakeOutput>, StepError> {
        match at.step {
            BakeStep::Network => network::start_network(self, at).await,
            BakeStep::LaunchBuilder => launch::start_launch(self, at, GuestRole::Builder).await,
            BakeStep::LaunchBootTest => launch::start_launch(self, at, GuestRole::BootTest).await,
            BakeStep::CreateImage => image::start_image(self, at).await,
            BakeStep::MarkVerified => image::mark_verified(self, at).await,
            BakeStep::Report
            | BakeStep::Stopped
            | BakeStep::Available
            | BakeStep::BootReport
            | BakeStep::CleanUp => self.check(at).await,
        }
    }

    async fn check(&self, at: &At<'_, BakeKind>) -> Result<StepLook<BakeOutput>, StepError> {
        let looked = match at.step {
            BakeStep::Report => guest::builder_report(self, at).await,
            BakeStep::Stopped => stopping::stopped(self, at).await,
            BakeStep::Available => image::available(self, at).await,
            BakeStep::BootReport => guest::boot_report(self, at).await,
            BakeStep::CleanUp => clean_up::check_clean_up(self, at).await,
            // `start` of these is done or has failed; a look that is still wanted asks `find`.
            BakeStep::Network
            | BakeStep::LaunchBuilder
            | BakeStep::CreateImage
            | BakeStep::LaunchBootTest
            | BakeStep::MarkVerified => Err(StepError::Again {
                why: "looked for once more".to_owned(),
            }),
        };
        consoles::keep_at_an_end(self, at, &looked).await;
        looked
    }

    async fn undo(&self, at: &At<'_, BakeKind>) -> Result<Undo, StepError> {
        match at.step {
            BakeStep::Network => network::undo_network(self, at).await,
            BakeStep::LaunchBuilder => launch::undo_launch(self, at, GuestRole::Builder).await,
            BakeStep::LaunchBootTest => launch::undo_launch(self, at, GuestRole::BootTest).await,
            BakeStep::CreateImage => image::undo_image(self, at).await,
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
        outcome: &RunOutcome,
        now: DateTime<Utc>,
    ) -> Result<Vec<Op>, StoreError> {
        closing::closing_ops(self, run, outcome, now).await
    }
}
