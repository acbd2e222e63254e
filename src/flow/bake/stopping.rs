//! The builder's end: it has closed its report, and has stopped. One look a call.
//!
//! The closing frame says that the disk is clean. Once it was read it counts, whatever becomes of the
//! console afterwards: it is journaled, and from then on the stop alone is waited for.

use super::guest::{builder_ended, watched};
use super::hands::BakeHands;
use super::limits::POWER_OFF_S;
use super::looking::{GuestLook, GuestQuestion, look_at_guest};
use super::steps::{BakeKind, BakeOutput, BakeStep};
use super::trouble::step_error;
use crate::cloud::InstanceState;
use crate::flow::verify::ConsoleReading;
use crate::model::bake::Proof;
use crate::model::tags;
use crate::workflow::{At, Run, StepError, StepLook};

pub(super) async fn stopped(
    bake: &BakeHands<'_>,
    at: &At<'_, BakeKind>,
) -> Result<StepLook<BakeOutput>, StepError> {
    let order = at.run.input();
    let known = known_closed(at.run);
    let late = (at.now - at.since).num_seconds() >= POWER_OFF_S;
    let ask = GuestQuestion {
        of: BakeStep::LaunchBuilder,
        nonce: &order.builder_nonce,
        close: true,
        // A builder that does not stop is shown to people with its console.
        state_only: known && !late,
    };
    let Some(looked) = look_at_guest(bake, at, ask).await? else {
        return Ok(watched("the builder does not show"));
    };
    if order.proof == Proof::Ssm {
        return stopped_by_us(bake, at, &looked).await;
    }
    let closed = known || looked.closed(ask.nonce, report_sum(at.run));
    match looked.guest.state {
        InstanceState::Stopped if closed => return Ok(StepLook::Done(BakeOutput::Stopped)),
        InstanceState::Stopped => {}
        _ => return stopping(&looked, known, closed, late),
    }
    if looked.settled {
        let why = "the builder stopped without its closing frame: its disk may hold the builder's \
                   identity; look at the end of the console";
        return Err(looked.silent("not_closed", why));
    }
    Ok(StepLook::pending(
        "stopped; waiting for the console's last lines",
    ))
}

/// The builder has not stopped yet.
fn stopping(
    looked: &GuestLook,
    known: bool,
    closed: bool,
    late: bool,
) -> Result<StepLook<BakeOutput>, StepError> {
    if let Some(why) = builder_ended(looked) {
        return Err(looked.failed("builder_ended", &why));
    }
    if closed && !known {
        return Ok(StepLook::Kept(BakeOutput::Closed));
    }
    if late {
        let why = "the builder reported and never powered off: something of the recipe keeps it up; \
                   look at the console's end";
        return Err(looked.failed("hangs", why));
    }
    Ok(watched("the builder is powering off"))
}

/// The journal says that the closing frame was read: with the report, or since.
fn known_closed(run: &Run<BakeKind>) -> bool {
    let with_report = matches!(
        run.output(BakeStep::Report),
        Some(BakeOutput::Report { closed: true, .. })
    );
    with_report || run.kept(BakeStep::Stopped) == Some(&BakeOutput::Closed)
}

/// The sum of the builder's report; journals of earlier versions do not have it.
fn report_sum(run: &Run<BakeKind>) -> Option<&str> {
    match run.output(BakeStep::Report) {
        Some(BakeOutput::Report { sum, .. }) => sum.as_deref(),
        _ => None,
    }
}

/// Over SSM the builder stays up: it is told to clean itself, marked once it has said so, and stopped.
/// The mark outlives this process, so that a stopped builder tells whether it was clean.
async fn stopped_by_us(
    bake: &BakeHands<'_>,
    at: &At<'_, BakeKind>,
    looked: &GuestLook,
) -> Result<StepLook<BakeOutput>, StepError> {
    let (guest, nonce) = (&looked.guest, &at.run.input().builder_nonce);
    let marked = guest.tags.get(tags::CLOSED) == Some(nonce);
    match guest.state {
        InstanceState::Stopped if marked => return Ok(StepLook::Done(BakeOutput::Stopped)),
        InstanceState::Running if marked => {}
        InstanceState::Running => match looked.read(nonce) {
            ConsoleReading::Whole { clean: true, .. } => {
                let mark = [(tags::CLOSED.to_owned(), nonce.clone())].into();
                let marked = bake.cloud.tag(&[guest.id.as_str()], &mark).await;
                marked.map_err(|error| step_error(&error))?;
            }
            _ if (at.now - at.since).num_seconds() >= POWER_OFF_S => {
                let why = "the builder reported and never said that it is clean";
                return Err(looked.silent("not_closed", why));
            }
            _ => return Ok(StepLook::pending("the builder is cleaning itself")),
        },
        InstanceState::Pending | InstanceState::Stopping | InstanceState::Other => {
            return Ok(StepLook::pending("the builder is stopping"));
        }
        InstanceState::Stopped | InstanceState::ShuttingDown | InstanceState::Terminated => {
            let why = "the builder ended before it had said that it is clean: its disk may hold \
                       the builder's identity; bake again";
            return Err(looked.failed("not_closed", why));
        }
    }
    let stopped = bake.cloud.stop(&guest.id).await;
    stopped.map_err(|error| step_error(&error))?;
    Ok(StepLook::pending("the builder is stopping"))
}
