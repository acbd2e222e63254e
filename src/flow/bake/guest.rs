//! What a guest's report means for its step: waited for, taken when it is whole, judged. One look a call.

use std::time::Duration;

use super::earlier::builder_report_of;
use super::ended::ended_at_launch;
use super::ended_by::EndedBy;
use super::hands::BakeHands;
use super::looking::{GuestLook, GuestQuestion, look_at_guest};
use super::packed::Packed;
use super::steps::{BakeKind, BakeOutput, BakeStep};
use crate::cloud::InstanceState;
use crate::flow::verify::{ConsoleReading, Expected, GuestRole, GuestVerdict, judge_report};
use crate::model::ids::Region;
use crate::model::report::Report;
use crate::workflow::{At, StepError, StepFailure, StepLook};

/// Between two looks at a guest that may say its last words any moment, and then drains its console for
/// 15 s.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// A report that is whole.
struct Whole {
    report: Report,
    /// Its own sum.
    sum: Option<String>,
    /// The closing frame is there.
    closed: bool,
}

/// The builder's report, once it is whole; a failing one ends the bake at once.
pub(super) async fn builder_report(
    bake: &BakeHands<'_>,
    at: &At<'_, BakeKind>,
) -> Result<StepLook<BakeOutput>, StepError> {
    let order = at.run.input();
    let ask = GuestQuestion {
        of: BakeStep::LaunchBuilder,
        nonce: &order.builder_nonce,
        close: false,
        state_only: false,
    };
    let Some(looked) = look_at_guest(bake, at, ask).await? else {
        return Ok(watched("the builder does not show yet"));
    };
    if let Some(why) = builder_ended(&looked) {
        return Err(looked.failed("builder_ended", &why));
    }
    let Some(whole) = whole(&looked, ask.nonce)? else {
        return waiting(&looked, "the builder", &order.scope.region);
    };
    // Whether it also stopped is the next step's question.
    let expected = Expected {
        role: GuestRole::Builder,
        checks: &order.checks,
        builder: None,
    };
    accept(&whole, &expected, &looked).map(StepLook::Done)
}

/// A builder is stopped, by itself or by us, and never terminated before its image is made: nothing can
/// be made of one that was.
pub(super) fn builder_ended(looked: &GuestLook) -> Option<String> {
    let guest = &looked.guest;
    if !guest.state.ended() {
        return None;
    }
    let by_somebody = || {
        let reason = guest.state_reason.as_deref().unwrap_or("none given");
        format!(
            "the builder {} was terminated before its image was made (EC2's reason: {reason}); bake again",
            guest.id
        )
    };
    Some(ended_at_launch(guest).unwrap_or_else(by_somebody))
}

/// The boot test's report, once it is whole and closed. It is kept as soon as it is whole.
pub(super) async fn boot_report(
    bake: &BakeHands<'_>,
    at: &At<'_, BakeKind>,
) -> Result<StepLook<BakeOutput>, StepError> {
    let order = at.run.input();
    let ask = GuestQuestion {
        of: BakeStep::LaunchBootTest,
        nonce: &order.boot_test_nonce,
        close: true,
        state_only: false,
    };
    let Some(looked) = look_at_guest(bake, at, ask).await? else {
        return Ok(watched("the boot test does not show yet"));
    };
    if let Some(why) = ended_at_launch(&looked.guest) {
        return Err(looked.failed("ended_at_launch", &why));
    }
    let kept = at.run.kept(BakeStep::BootReport);
    if let Some(report @ BakeOutput::Report { sum, .. }) = kept
        && looked.closed(ask.nonce, sum.as_deref())
    {
        return Ok(StepLook::Done(now_closed(report)));
    }
    let Some(whole) = whole(&looked, ask.nonce)? else {
        return match kept {
            Some(_) => not_closed(&looked),
            None => waiting(&looked, "the boot test", &order.scope.region),
        };
    };
    let builder = builder_report_of(at.run)?;
    let checks = [order.checks.as_slice(), &order.boot_checks].concat();
    let expected = Expected {
        role: GuestRole::BootTest,
        checks: &checks,
        builder: Some(&builder),
    };
    let output = accept(&whole, &expected, &looked)?;
    match (whole.closed, kept) {
        (true, _) => Ok(StepLook::Done(output)),
        (false, None) => Ok(StepLook::Kept(output)),
        (false, Some(_)) => not_closed(&looked),
    }
}

/// The report that was kept, now that it is closed.
fn now_closed(kept: &BakeOutput) -> BakeOutput {
    match kept.clone() {
        BakeOutput::Report {
            report,
            redundant,
            sum,
            ..
        } => BakeOutput::Report {
            report,
            redundant,
            sum,
            closed: true,
        },
        other => other,
    }
}

/// A whole report whose closing frame has not come.
fn not_closed(looked: &GuestLook) -> Result<StepLook<BakeOutput>, StepError> {
    if looked.settled || looked.overdue {
        let why =
            "the boot test reported and never closed its report; look at the end of the console";
        return Err(looked.silent("not_closed", why));
    }
    Ok(watched("reported; waiting for the closing frame"))
}

/// The report, when it is whole. Contradicting frames never become one.
fn whole(looked: &GuestLook, nonce: &str) -> Result<Option<Whole>, StepError> {
    match looked.read(nonce) {
        ConsoleReading::Whole { report, clean } => Ok(Some(Whole {
            report,
            sum: looked.sum(nonce),
            closed: clean,
        })),
        ConsoleReading::Invalid { why } => {
            let why = format!("the guest's report contradicts itself: {why}");
            Err(looked.failed("garbled_report", &why))
        }
        ConsoleReading::Partial { have, total } if looked.settled => {
            let why = format!("the guest stopped after {have} of {total} parts of its report");
            Err(looked.silent("half_report", &why))
        }
        ConsoleReading::Partial { .. } | ConsoleReading::Nothing => Ok(None),
    }
}

/// No report yet: wait, unless the guest has ended and nothing more can come.
fn waiting(
    looked: &GuestLook,
    who: &str,
    region: &Region,
) -> Result<StepLook<BakeOutput>, StepError> {
    let id = &looked.guest.id;
    let reason = looked.guest.state_reason.as_deref().unwrap_or("none given");
    if looked.settled {
        let ended_by = EndedBy::from_reason(looked.guest.state_reason.as_deref());
        let why = format!(
            "{who} {id} ended without a report (EC2's reason: {reason}): {}",
            ended_by.sentence(id, region)
        );
        return Err(looked.silent("no_report", &why));
    }
    if looked.overdue {
        let why = format!(
            "{who} {id} neither reported nor powered itself off in its time: it hangs, or \
             cloud-init never ran; look at the console's end"
        );
        return Err(looked.silent("hangs", &why));
    }
    let ended = || format!("{who} has ended; waiting for its console");
    Ok(match looked.guest.state {
        InstanceState::Pending => watched(&format!("{who} is being launched")),
        InstanceState::Running => watched(&format!("{who} is at work")),
        InstanceState::Stopped | InstanceState::Terminated => StepLook::pending(ended()),
        InstanceState::Stopping | InstanceState::ShuttingDown | InstanceState::Other => {
            watched(&ended())
        }
    })
}

/// Judges a whole report: passed is an output, anything else a failure that shows why. Whether it is
/// closed is for the step to say.
fn accept(
    whole: &Whole,
    expected: &Expected<'_>,
    looked: &GuestLook,
) -> Result<BakeOutput, StepError> {
    match judge_report(&whole.report, true, expected) {
        GuestVerdict::Passed { redundant, .. } => {
            let report = Packed::pack(&whole.report)
                .map_err(|error| looked.failed("unpackable", &error.to_string()))?;
            Ok(BakeOutput::Report {
                report,
                redundant,
                sum: whole.sum.clone(),
                closed: whole.closed,
            })
        }
        GuestVerdict::Failed { why, failing } => {
            let checks = failing
                .iter()
                .map(|check| format!("{} (exit {}): {}\n", check.name, check.exit, check.tail));
            let detail: String = checks.collect();
            let detail = format!("{detail}--- console\n{}", looked.console_end());
            let kind = if failing.is_empty() {
                "not_proved"
            } else {
                "checks_failed"
            };
            Err(StepError::Failed(
                StepFailure::new(kind, why).with_detail(detail),
            ))
        }
    }
}

/// Not yet; soon to be looked at again.
pub(super) fn watched(so_far: &str) -> StepLook<BakeOutput> {
    StepLook::Pending {
        so_far: so_far.to_owned(),
        again_in: Some(LOOK_EVERY),
    }
}
