//! What came of a rehearsal: the bake's own judgement of each guest. Plain functions of values.

use super::guests::SentGuest;
use super::stage::{Booted, Over};
use crate::flow::verify::{
    ConsoleReading, Expected, GuestRole, GuestVerdict, MARK, judge_report, read_console, tail,
};
use crate::model::report::Report;

/// How much of a console is shown.
const TAIL_BYTES: usize = 3_000;

/// A rehearsal that came to a verdict.
#[derive(Debug, Clone)]
pub struct Rehearsed {
    /// `nspawn` or `qemu`.
    pub engine: &'static str,
    /// The builder's user data as sent.
    pub user_data_bytes: usize,
    /// The builder, and, when it passed and was to be tested, the fresh boot.
    pub guests: Vec<GuestOutcome>,
}

/// One guest.
#[derive(Debug, Clone)]
pub struct GuestOutcome {
    pub role: GuestRole,
    pub seconds: u64,
    pub verdict: GuestVerdict,
    /// Absent: there was no whole report.
    pub report: Option<Report>,
    /// The console's end, fit to be printed.
    pub console: String,
}

impl Rehearsed {
    /// Every guest passed.
    pub fn passed(&self) -> bool {
        self.guests.iter().all(GuestOutcome::passed)
    }
}

impl GuestOutcome {
    /// A bake would have gone on.
    pub fn passed(&self) -> bool {
        matches!(self.verdict, GuestVerdict::Passed { .. })
    }
}

/// Judges a guest that has ended. `builder`: its report, for a fresh boot.
pub(super) fn conclude(
    booted: &Booted,
    sent: &SentGuest,
    builder: Option<&Report>,
) -> GuestOutcome {
    let (verdict, report) = match read_console(&booted.console, &sent.nonce) {
        ConsoleReading::Whole { report, clean } => {
            let expected = Expected {
                role: sent.role,
                checks: &sent.checks,
                builder,
            };
            (judge_report(&report, clean, &expected), Some(report))
        }
        unread => (failed(unreported(&unread, booted.over, sent.role)), None),
    };
    let verdict = match (verdict, booted.over) {
        (GuestVerdict::Passed { .. }, Over::Overdue | Over::Flooding) => failed(
            "the guest reported and never powered off: something of the recipe keeps it up"
                .to_owned(),
        ),
        (verdict, _) => verdict,
    };
    GuestOutcome {
        role: sent.role,
        seconds: booted.seconds,
        verdict,
        report,
        console: tail(until_report(&booted.console, &sent.nonce), TAIL_BYTES),
    }
}

/// The console up to the guest's own report: what follows is the machine going down.
fn until_report<'c>(console: &'c [u8], nonce: &str) -> &'c [u8] {
    let mark = format!("{MARK} {nonce}").into_bytes();
    let at = console
        .windows(mark.len())
        .position(|window| window == mark.as_slice());
    console
        .get(..at.unwrap_or(console.len()))
        .unwrap_or(console)
}

fn failed(why: String) -> GuestVerdict {
    GuestVerdict::Failed {
        why,
        failing: Vec::new(),
    }
}

/// Why there is no report, in one sentence.
fn unreported(reading: &ConsoleReading, over: Over, role: GuestRole) -> String {
    match (reading, over) {
        (ConsoleReading::Invalid { why }, _) => format!("the guest's report contradicts itself: {why}"),
        (_, Over::Flooding) => {
            "the guest printed without end on its console: its report would be lost".to_owned()
        }
        (ConsoleReading::Partial { have, total }, _) => {
            format!("the guest ended after {have} of {total} parts of its report")
        }
        (_, Over::PoweredOff) => "the guest ended without a report: its recipe powered it off, or \
                                  cloud-init never ran; look at the console's end"
            .to_owned(),
        (_, Over::Overdue) if role == GuestRole::BootTest => {
            "a fresh boot of the image ignored its user data: cloud-init did not treat it as a first \
             boot, or does not run any more"
                .to_owned()
        }
        (_, Over::Overdue) => "the guest neither reported nor powered itself off in its time: it \
                               hangs, or cloud-init never ran; look at the console's end"
            .to_owned(),
    }
}

#[cfg(test)]
#[path = "outcome_tests.rs"]
mod tests;
