//! One look at a guest: its state, what its console or its agent says, and what earlier looks have seen.
//!
//! It judges nothing: what a look means for a step is said in `guest` and `stopping`.

use std::collections::BTreeSet;

use super::earlier::launched;
use super::hands::BakeHands;
use super::limits::{SETTLE_S, end_lag_s, guest_max_s};
use super::ssm;
use super::steps::{BakeKind, BakeStep};
use super::trouble::step_error;
use crate::cloud::{CloudError, ErrorKind, Instance, InstanceState};
use crate::flow::verify::{ConsoleReading, closed_sum, frames, read_console, report_sum, tail};
use crate::model::bake::Proof;
use crate::workflow::{At, StepError, StepFailure};

/// How much of a console a failure carries.
const TAIL_BYTES: usize = 4 * 1024;
/// A console that holds so much is full, or about to be: EC2 keeps 64 KiB, and has been seen to give
/// 50,000 bytes of a guest that has ended.
const FULL_BYTES: usize = 49_000;
/// Frames that are remembered of one guest. An honest report has a few hundred; two reports under one
/// nonce contradict each other long before this.
const FRAMES_MAX: usize = 8_192;

/// What a look is for.
#[derive(Debug, Clone, Copy)]
pub(super) struct GuestQuestion<'a> {
    /// The step that launched the guest.
    pub(super) of: BakeStep,
    /// The word under which it reports.
    pub(super) nonce: &'a str,
    /// Over SSM: to close its report as well.
    pub(super) close: bool,
    /// Its frames are not wanted any more: its state alone is.
    pub(super) state_only: bool,
}

/// What one look at a guest saw.
pub(super) struct GuestLook {
    pub(super) guest: Instance,
    /// For people; over SSM only of a guest that has failed, as far as there is one.
    console: Vec<u8>,
    /// Its frames so far, by whichever way they come.
    frames: Vec<u8>,
    /// Why its frames may be incomplete: a refused read, a question over SSM without an answer.
    trouble: Option<String>,
    /// The console is full, so that its beginning is gone.
    flooded: bool,
    /// Stopped or terminated for so long that the console has nothing more to come.
    pub(super) settled: bool,
    /// A guest of ours has powered itself off by now, whatever its recipe does: this one hangs.
    pub(super) overdue: bool,
}

impl GuestLook {
    pub(super) fn read(&self, nonce: &str) -> ConsoleReading {
        read_console(&self.frames, nonce)
    }

    /// The own sum of the report, when that is whole.
    pub(super) fn sum(&self, nonce: &str) -> Option<String> {
        report_sum(&self.frames, nonce)
    }

    /// It has closed the report of this sum; of one whose sum is not known, the whole must be there.
    pub(super) fn closed(&self, nonce: &str, sum: Option<&str>) -> bool {
        let whole = matches!(self.read(nonce), ConsoleReading::Whole { clean: true, .. });
        whole || sum.is_some_and(|sum| closed_sum(&self.frames, nonce).as_deref() == Some(sum))
    }

    /// A failure for want of frames: with what kept them away, and the console's end.
    pub(super) fn silent(&self, kind: &str, why: &str) -> StepError {
        let mut why = why.to_owned();
        if let Some(trouble) = &self.trouble {
            why = format!("{why}; {trouble}");
        }
        if self.flooded {
            why = format!(
                "{why}; the console is full, so that what the guest said may have been pushed out of \
                 it: let the recipe print less, or set proof = \"ssm\" in [builder]"
            );
        }
        self.failed(kind, &why)
    }

    /// A failure that carries the console's end.
    pub(super) fn failed(&self, kind: &str, why: &str) -> StepError {
        let failure = StepFailure::new(kind, why);
        StepError::Failed(match self.console.is_empty() {
            true => failure,
            false => failure.with_detail(self.console_end()),
        })
    }

    /// The console's last lines, for people.
    pub(super) fn console_end(&self) -> String {
        tail(&self.console, TAIL_BYTES)
    }
}

/// One look at a guest; `None` while it may not be visible yet.
pub(super) async fn look_at_guest(
    bake: &BakeHands<'_>,
    at: &At<'_, BakeKind>,
    ask: GuestQuestion<'_>,
) -> Result<Option<GuestLook>, StepError> {
    let id = launched(at.run, ask.of)?;
    let found = bake.cloud.instance(id).await;
    let Some(guest) = found.map_err(|error| step_error(&error))? else {
        if (at.now - at.since).num_seconds() < SETTLE_S {
            return Ok(None);
        }
        let why = format!("{id} is not listed any more: somebody removed it; bake again");
        return Err(StepError::Failed(StepFailure::new("guest_gone", why)));
    };
    let order = at.run.input();
    let mut looked = GuestLook {
        settled: settled(bake, at, &guest),
        overdue: (at.now - at.since).num_seconds() >= guest_max_s(order),
        guest,
        console: Vec::new(),
        frames: Vec::new(),
        trouble: None,
        flooded: false,
    };
    match order.proof {
        Proof::Console if ask.state_only => {}
        Proof::Console => {
            let console = console(bake, &looked.guest).await?;
            looked.frames = remembered(bake, &looked.guest, &console.text, ask.nonce);
            looked.flooded = console.full;
            (looked.console, looked.trouble) = (console.text, console.refused);
        }
        Proof::Ssm => {
            let heard = ssm::ask_by_ssm(bake, order, &looked.guest, ask.close, at.now).await?;
            (looked.frames, looked.trouble) = (heard.frames, heard.trouble);
            if looked.settled || looked.overdue {
                // For people alone: an image whose console says nothing is why there is SSM.
                let console = console(bake, &looked.guest).await;
                looked.console = console.map(|console| console.text).unwrap_or_default();
            }
        }
    }
    Ok(Some(looked))
}

/// What could be read of a console.
#[derive(Default)]
struct Console {
    text: Vec<u8>,
    /// The part that says most: where both were read, they mostly say the same.
    longest: Vec<u8>,
    /// Some part of it is as long as consoles get.
    full: bool,
    /// Why EC2 gave a part of it not.
    refused: Option<String>,
}

/// The console: the latest output, and for a guest that goes down what was posted as well. They may
/// differ in what they still hold; a frame that is in both says the same twice. What EC2 refuses counts
/// as nothing said: it may refuse the latest output of a guest that goes down, or of any.
async fn console(bake: &BakeHands<'_>, guest: &Instance) -> Result<Console, StepError> {
    let up = matches!(guest.state, InstanceState::Pending | InstanceState::Running);
    let mut console = Console::default();
    let latest = bake.cloud.console(&guest.id, true).await;
    console.take(latest)?;
    if !up || console.refused.is_some() {
        let posted = bake.cloud.console(&guest.id, false).await;
        console.take(posted)?;
    }
    bake.has_read(guest, &console.longest);
    Ok(console)
}

impl Console {
    fn take(&mut self, part: Result<Vec<u8>, CloudError>) -> Result<(), StepError> {
        match part {
            Ok(part) => {
                self.full |= part.len() >= FULL_BYTES;
                self.text.extend_from_slice(&part);
                self.text.push(b'\n');
                if part.len() > self.longest.len() {
                    self.longest = part;
                }
            }
            // Listed, but not everywhere yet.
            Err(error) if error.kind == ErrorKind::NotFound => {}
            Err(error) if matches!(error.kind, ErrorKind::Invalid | ErrorKind::Conflict) => {
                self.refused = Some(format!("EC2 refused a part of its console: {error}"));
            }
            Err(error) => return Err(step_error(&error)),
        }
        Ok(())
    }
}

/// The frames of this console and of earlier looks at it: what was read once counts, though it is pushed
/// out of the console or never posted. A restart reads anew; what must outlive one is journaled.
fn remembered(bake: &BakeHands<'_>, guest: &Instance, console: &[u8], nonce: &str) -> Vec<u8> {
    let mut all = bake.frames_seen.borrow_mut();
    let seen: &mut BTreeSet<String> = all.entry(guest.id.clone()).or_default();
    for frame in frames(console, nonce) {
        if seen.len() < FRAMES_MAX {
            seen.insert(frame);
        }
    }
    let lines = seen.iter().map(|frame| format!("{frame}\n"));
    lines.collect::<String>().into_bytes()
}

/// True once the guest has been seen ended for as long as the console may lag.
fn settled(bake: &BakeHands<'_>, at: &At<'_, BakeKind>, guest: &Instance) -> bool {
    if !matches!(
        guest.state,
        InstanceState::Stopped | InstanceState::Terminated
    ) {
        return false;
    }
    let mut seen = bake.stopped_seen.borrow_mut();
    let first = *seen.entry(guest.id.clone()).or_insert(at.now);
    (at.now - first).num_seconds() >= end_lag_s(at.run.input())
}
