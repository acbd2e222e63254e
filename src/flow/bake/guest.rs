//! Watching a guest: its report, by whichever way it comes, and its end. One look a call.

use super::earlier::{builder_report_of, launched};
use super::hands::Bake;
use super::limits::{CONSOLE_LAG_S, POWER_OFF_S, SETTLE_S, guest_max_s};
use super::packed::Packed;
use super::ssm;
use super::steps::{BakeKind, BakeOutput, BakeStep};
use super::trouble::step_error;
use crate::cloud::{ErrorKind, Instance, InstanceState};
use crate::flow::verify::{Expected, GuestRole, Reading, Verdict, judge, read, tail};
use crate::model::bake::Proof;
use crate::model::ids::InstanceId;
use crate::model::report::Report;
use crate::model::tags;
use crate::workflow::{At, Failure, Look, StepError};

/// How much of a console a failure carries.
const TAIL_BYTES: usize = 4 * 1024;

/// What one look at a guest saw.
struct Looked {
    guest: Instance,
    /// For people; over SSM only of a guest that has failed, as far as there is one.
    console: Vec<u8>,
    /// Its frames, where they do not come on the console.
    fetched: Option<Vec<u8>>,
    /// Why the last question over SSM had no answer.
    trouble: Option<String>,
    /// Stopped or terminated for so long that the console has nothing more to come.
    settled: bool,
    /// A guest of ours has powered itself off by now, whatever its recipe does: this one hangs.
    overdue: bool,
}

impl Looked {
    fn read(&self, nonce: &str) -> Reading {
        read(self.fetched.as_deref().unwrap_or(&self.console), nonce)
    }
}

/// The builder's report, once it is whole; a failing one ends the bake at once.
pub(super) async fn builder_report(
    bake: &Bake<'_>,
    at: &At<'_, BakeKind>,
) -> Result<Look<BakeOutput>, StepError> {
    let order = at.run.input();
    let Some(looked) = look(bake, at, BakeStep::LaunchBuilder, false).await? else {
        return Ok(pending("the builder does not show yet"));
    };
    let Some((report, _)) = whole(&looked, &order.builder_nonce)? else {
        return waiting(&looked, "the builder");
    };
    // Whether it also closed its report and stopped is the next step's question.
    let expected = Expected {
        role: GuestRole::Builder,
        checks: &order.checks,
        builder: None,
    };
    accept(&report, true, &expected, &looked)
}

/// The builder has closed its report and has stopped.
pub(super) async fn stopped(
    bake: &Bake<'_>,
    at: &At<'_, BakeKind>,
) -> Result<Look<BakeOutput>, StepError> {
    let order = at.run.input();
    let Some(looked) = look(bake, at, BakeStep::LaunchBuilder, true).await? else {
        return Ok(pending("the builder does not show"));
    };
    if order.proof == Proof::Ssm {
        return stopped_by_us(bake, at, &looked).await;
    }
    match looked.guest.state {
        InstanceState::Stopped => {}
        state if state.ended() => {
            let why = "the builder was terminated before its image was made; bake again";
            return Err(failed("builder_ended", why, &looked.console));
        }
        _ if (at.now - at.since).num_seconds() >= POWER_OFF_S => {
            let why = "the builder reported and never powered off: something of the recipe keeps \
                       it up; look at the console's end";
            return Err(failed("hangs", why, &looked.console));
        }
        _ => return Ok(pending("the builder is powering off")),
    }
    match looked.read(&order.builder_nonce) {
        Reading::Whole { clean: true, .. } => Ok(Look::Done(BakeOutput::Stopped)),
        _ if looked.settled => {
            let why = "the builder stopped without its closing frame: its disk may hold the \
                       builder's identity; look at the end of the console";
            Err(failed("not_closed", why, &looked.console))
        }
        _ => Ok(pending("stopped; waiting for the console's last lines")),
    }
}

/// Over SSM the builder stays up: it is told to clean itself, marked once it has said so, and stopped.
/// The mark outlives this process, so that a stopped builder tells whether it was clean.
async fn stopped_by_us(
    bake: &Bake<'_>,
    at: &At<'_, BakeKind>,
    looked: &Looked,
) -> Result<Look<BakeOutput>, StepError> {
    let (guest, nonce) = (&looked.guest, &at.run.input().builder_nonce);
    let marked = guest.tags.get(tags::CLOSED) == Some(nonce);
    match guest.state {
        InstanceState::Stopped if marked => return Ok(Look::Done(BakeOutput::Stopped)),
        InstanceState::Running if marked => {}
        InstanceState::Running => match looked.read(nonce) {
            Reading::Whole { clean: true, .. } => {
                let mark = [(tags::CLOSED.to_owned(), nonce.clone())].into();
                let marked = bake.cloud.tag(&[guest.id.as_str()], &mark).await;
                marked.map_err(|error| step_error(&error))?;
            }
            _ if (at.now - at.since).num_seconds() >= POWER_OFF_S => {
                let why = "the builder reported and never said that it is clean";
                return Err(failed("not_closed", &silent(why, looked), &looked.console));
            }
            _ => return Ok(pending("the builder is cleaning itself")),
        },
        InstanceState::Pending | InstanceState::Stopping | InstanceState::Other => {
            return Ok(pending("the builder is stopping"));
        }
        InstanceState::Stopped | InstanceState::ShuttingDown | InstanceState::Terminated => {
            let why = "the builder ended before it had said that it is clean: its disk may hold \
                       the builder's identity; bake again";
            return Err(failed("not_closed", why, &looked.console));
        }
    }
    let stopped = bake.cloud.stop(&guest.id).await;
    stopped.map_err(|error| step_error(&error))?;
    Ok(pending("the builder is stopping"))
}

/// With why the last question over SSM had no answer.
fn silent(why: &str, looked: &Looked) -> String {
    match &looked.trouble {
        Some(trouble) => format!("{why}; {trouble}"),
        None => why.to_owned(),
    }
}

/// The boot test's report, once it is whole and closed.
pub(super) async fn boot_report(
    bake: &Bake<'_>,
    at: &At<'_, BakeKind>,
) -> Result<Look<BakeOutput>, StepError> {
    let order = at.run.input();
    let Some(looked) = look(bake, at, BakeStep::LaunchBootTest, true).await? else {
        return Ok(pending("the boot test does not show yet"));
    };
    let builder = builder_report_of(at.run)?;
    let checks = [order.checks.as_slice(), &order.boot_checks].concat();
    let expected = Expected {
        role: GuestRole::BootTest,
        checks: &checks,
        builder: Some(&builder),
    };
    match whole(&looked, &order.boot_test_nonce)? {
        Some((report, true)) => accept(&report, true, &expected, &looked),
        Some((report, false)) if looked.settled || looked.overdue => {
            accept(&report, false, &expected, &looked)
        }
        Some((_, false)) => Ok(pending("reported; waiting for the closing frame")),
        None => waiting(&looked, "the boot test"),
    }
}

/// One look at a guest; `None` while it may not be visible yet. Over SSM the guest is asked, with
/// `close` to close its report as well.
async fn look(
    bake: &Bake<'_>,
    at: &At<'_, BakeKind>,
    step: BakeStep,
    close: bool,
) -> Result<Option<Looked>, StepError> {
    let id = launched(at.run, step)?;
    let found = bake
        .cloud
        .instance(id)
        .await
        .map_err(|error| step_error(&error))?;
    let Some(guest) = found else {
        if (at.now - at.since).num_seconds() < SETTLE_S {
            return Ok(None);
        }
        let why = format!("{id} is not listed any more: somebody removed it; bake again");
        return Err(failed("guest_gone", &why, &[]));
    };
    let order = at.run.input();
    let settled = settled(bake, at, id, guest.state);
    let overdue = (at.now - at.since).num_seconds() >= guest_max_s(order);
    let mut looked = Looked {
        guest,
        console: Vec::new(),
        fetched: None,
        trouble: None,
        settled,
        overdue,
    };
    match order.proof {
        Proof::Console => looked.console = console(bake, &looked.guest).await?,
        Proof::Ssm => {
            let heard = ssm::ask(bake, order, &looked.guest, close, at.now).await?;
            (looked.fetched, looked.trouble) = (Some(heard.frames), heard.trouble);
            if settled || overdue {
                // For people alone: an image whose console says nothing is why there is SSM.
                looked.console = console(bake, &looked.guest).await.unwrap_or_default();
            }
        }
    }
    Ok(Some(looked))
}

/// The console: the latest output, and for a guest that has ended what was posted at its end as
/// well. The two may differ in what they still hold; a frame that is in both says the same twice.
async fn console(bake: &Bake<'_>, guest: &Instance) -> Result<Vec<u8>, StepError> {
    let ended = matches!(guest.state, InstanceState::Stopped) || guest.state.ended();
    let reads: &[bool] = if ended { &[false, true] } else { &[true] };
    let mut console = Vec::new();
    for &latest in reads {
        match bake.cloud.console(&guest.id, latest).await {
            Ok(part) => {
                console.extend_from_slice(&part);
                console.push(b'\n');
            }
            // Listed, but not everywhere yet.
            Err(error) if error.kind == ErrorKind::NotFound => {}
            // EC2 may refuse the latest output of a guest that has ended.
            Err(error) if error.kind == ErrorKind::Invalid && ended && latest => {}
            Err(error) => return Err(step_error(&error)),
        }
    }
    Ok(console)
}

/// True once the guest has been seen ended for as long as the console may lag.
fn settled(bake: &Bake<'_>, at: &At<'_, BakeKind>, id: &InstanceId, state: InstanceState) -> bool {
    if !matches!(state, InstanceState::Stopped | InstanceState::Terminated) {
        return false;
    }
    let mut seen = bake.stopped_seen.borrow_mut();
    let first = *seen.entry(id.clone()).or_insert(at.now);
    (at.now - first).num_seconds() >= CONSOLE_LAG_S
}

/// The report, when it is whole. Contradicting frames never become one.
fn whole(looked: &Looked, nonce: &str) -> Result<Option<(Report, bool)>, StepError> {
    match looked.read(nonce) {
        Reading::Whole { report, clean } => Ok(Some((report, clean))),
        Reading::Invalid { why } => {
            let why = format!("the guest's report contradicts itself: {why}");
            Err(failed("garbled_report", &why, &looked.console))
        }
        Reading::Partial { have, total } if looked.settled => {
            let why = format!("the guest stopped after {have} of {total} parts of its report");
            Err(failed("half_report", &why, &looked.console))
        }
        Reading::Partial { .. } | Reading::Nothing => Ok(None),
    }
}

/// No report yet: wait, unless the guest has ended and nothing more can come.
fn waiting(looked: &Looked, who: &str) -> Result<Look<BakeOutput>, StepError> {
    let id = &looked.guest.id;
    let reason = looked.guest.state_reason.as_deref().unwrap_or("none given");
    if looked.settled {
        let why = format!(
            "{who} {id} ended without a report (EC2's reason: {reason}): its recipe powered it \
             off, or it never came up; look at the console's end"
        );
        return Err(failed("no_report", &silent(&why, looked), &looked.console));
    }
    if looked.overdue {
        let why = format!(
            "{who} {id} neither reported nor powered itself off in its time: it hangs, or \
             cloud-init never ran; look at the console's end"
        );
        return Err(failed("hangs", &silent(&why, looked), &looked.console));
    }
    let so_far = match looked.guest.state {
        InstanceState::Pending => format!("{who} is being launched"),
        InstanceState::Running => format!("{who} is at work"),
        _ => format!("{who} has ended; waiting for its console"),
    };
    Ok(Look::pending(so_far))
}

/// Judges a whole report: passed is an output, anything else a failure that shows why.
fn accept(
    report: &Report,
    clean: bool,
    expected: &Expected<'_>,
    looked: &Looked,
) -> Result<Look<BakeOutput>, StepError> {
    match judge(report, clean, expected) {
        Verdict::Passed { redundant, .. } => {
            let report = Packed::pack(report)
                .map_err(|error| failed("unpackable", &error.to_string(), &looked.console))?;
            Ok(Look::Done(BakeOutput::Report { report, redundant }))
        }
        Verdict::Failed { why, failing } => {
            let checks = failing
                .iter()
                .map(|check| format!("{} (exit {}): {}\n", check.name, check.exit, check.tail));
            let detail: String = checks.collect();
            let detail = format!("{detail}--- console\n{}", tail(&looked.console, TAIL_BYTES));
            let kind = if failing.is_empty() {
                "not_proved"
            } else {
                "checks_failed"
            };
            Err(StepError::Failed(
                Failure::new(kind, why).with_detail(detail),
            ))
        }
    }
}

fn pending(so_far: &str) -> Look<BakeOutput> {
    Look::pending(so_far)
}

/// A failure that carries the console's end.
fn failed(kind: &str, why: &str, console: &[u8]) -> StepError {
    let failure = Failure::new(kind, why);
    StepError::Failed(match console.is_empty() {
        true => failure,
        false => failure.with_detail(tail(console, TAIL_BYTES)),
    })
}
