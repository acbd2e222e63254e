//! What earlier steps of a bake have left, read from its journal for the later ones.

use super::steps::{BakeKind, BakeOutput, BakeStep};
use crate::model::ids::{ImageId, InstanceId, SecurityGroupId};
use crate::model::report::Report;
use crate::workflow::{Run, StepError, StepFailure};

/// The groups that the guests get.
pub(super) fn groups(run: &Run<BakeKind>) -> Result<Vec<SecurityGroupId>, StepError> {
    match run.output(BakeStep::Network) {
        Some(BakeOutput::Network { groups }) => Ok(groups.clone()),
        _ => Err(missing("the security groups")),
    }
}

/// The image that this bake made.
pub(super) fn made_image(run: &Run<BakeKind>) -> Result<ImageId, StepError> {
    match run.output(BakeStep::CreateImage) {
        Some(BakeOutput::Image { id }) => Ok(id.clone()),
        _ => Err(missing("the image")),
    }
}

/// An earlier step's output is not in the journal: this bake cannot go on, others can.
pub(super) fn missing(what: &str) -> StepError {
    let why = format!("{what} of an earlier step is missing in the journal; report this");
    StepError::Failed(StepFailure::new("broken_journal", why))
}

/// What the builder said.
pub(super) fn builder_report_of(run: &Run<BakeKind>) -> Result<Report, StepError> {
    match run.output(BakeStep::Report) {
        Some(BakeOutput::Report { report, .. }) => {
            report.unpack().map_err(|_| missing("the builder's report"))
        }
        _ => Err(missing("the builder's report")),
    }
}

/// The guest that a step has launched.
pub(super) fn launched(run: &Run<BakeKind>, step: BakeStep) -> Result<&InstanceId, StepError> {
    match run.output(step) {
        Some(BakeOutput::Instance { id }) => Ok(id),
        _ => Err(missing("the guest")),
    }
}
