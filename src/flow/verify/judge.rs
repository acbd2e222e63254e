//! Decides whether a report proves that the work is done. Looks at nothing but its arguments.

use serde::{Deserialize, Serialize};

use crate::model::report::{CheckResult, Ended, Report};

/// Which guest reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GuestRole {
    Builder,
    BootTest,
}

impl GuestRole {
    /// As in the tag `amiwatch:role`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Builder => "builder",
            Self::BootTest => "boot-test",
        }
    }
}

/// What a report must hold.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    pub role: GuestRole,
    /// Names of the checks, in order.
    pub checks: &'a [String],
    /// For a boot test: the builder's report, whose identity must not have come along.
    pub builder: Option<&'a Report>,
}

/// The verdict over one guest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum Verdict {
    Passed {
        /// Every check passed on the untouched base as well, and there was one: evidence that the
        /// recipe is not needed any more. The opposite is no evidence: daemons were not up yet.
        redundant: bool,
    },
    Failed {
        /// One sentence with the next step.
        why: String,
        /// The checks that did not pass.
        failing: Vec<CheckResult>,
    },
}

/// Judges a whole report. `clean`: the closing frame was there.
pub fn judge(report: &Report, clean: bool, expected: &Expected<'_>) -> Verdict {
    let faults = [
        missing_checks,
        late,
        failing_checks,
        cloud_init_failed,
        kept_identity,
    ];
    let why = faults.iter().find_map(|fault| fault(report, expected));
    match why.or_else(|| unclean(clean, expected)) {
        Some(why) => Verdict::Failed {
            why,
            failing: report
                .after
                .iter()
                .filter(|c| !c.passed())
                .cloned()
                .collect(),
        },
        None => Verdict::Passed {
            redundant: redundant(report, expected),
        },
    }
}

/// A report about other checks than ours proves nothing.
fn missing_checks(report: &Report, expected: &Expected<'_>) -> Option<String> {
    if names(&report.after).eq(expected.checks) {
        return None;
    }
    Some(format!(
        "the guest reported {} checks where {} were asked for, or others: look at the console; a recipe must not touch /run/amiwatch",
        report.after.len(),
        expected.checks.len(),
    ))
}

fn late(report: &Report, _expected: &Expected<'_>) -> Option<String> {
    (report.ended == Ended::Deadline).then(|| {
        "cloud-init was still at work when the guest's deadline passed: look for what hangs in the console, or raise builder.timeout".to_owned()
    })
}

fn failing_checks(report: &Report, expected: &Expected<'_>) -> Option<String> {
    let failing: Vec<String> = report
        .after
        .iter()
        .filter(|check| !check.passed())
        .map(|check| format!("\"{}\" (exit {})", check.name, check.exit))
        .collect();
    if failing.is_empty() {
        return None;
    }
    let (these, next) = match expected.role {
        GuestRole::Builder => ("in the finished builder", "fix the recipe or the check"),
        GuestRole::BootTest => (
            "on a fresh boot of the image",
            "make the recipe's work survive a boot, or fix the check",
        ),
    };
    Some(format!(
        "checks failed {these}: {}; {next}",
        failing.join(", ")
    ))
}

/// cloud-init's `done` proves nothing, but its `error` does: a module or a script of the recipe
/// failed, and an image that the checks happen to like may still be half made. `degraded` is only
/// recorded: newer versions say it for a deprecated key.
fn cloud_init_failed(report: &Report, _expected: &Expected<'_>) -> Option<String> {
    (report.cloud_init == "error").then(|| {
        let said = report.facts.get("cloud-init.result").map_or("", String::as_str);
        format!("cloud-init ended with errors: mend what it names, even though the checks passed. {said}")
            .trim_end()
            .to_owned()
    })
}

/// An image that carries its builder's identity was not seen as a first boot, or was not cleaned.
fn kept_identity(report: &Report, expected: &Expected<'_>) -> Option<String> {
    let builder = expected.builder?;
    let kept = builder
        .facts
        .iter()
        .find(|(name, value)| name.starts_with("id.") && report.facts.get(*name) == Some(value))?;
    Some(format!(
        "the image still carries its builder's identity ({}): something in the recipe or the base writes it back after cleaning",
        kept.0
    ))
}

fn unclean(clean: bool, expected: &Expected<'_>) -> Option<String> {
    let next = match expected.role {
        GuestRole::Builder => {
            "the disk may hold the builder's identity and user data; look at the end of the console"
        }
        GuestRole::BootTest => "it may have been cut off; look at the end of the console",
    };
    (!clean).then(|| format!("the guest reported but never printed its closing frame: {next}"))
}

fn redundant(report: &Report, expected: &Expected<'_>) -> bool {
    let Some(before) = &report.before else {
        return false;
    };
    !before.is_empty()
        && before.iter().all(CheckResult::passed)
        && names(before).eq(expected.checks)
}

fn names(checks: &[CheckResult]) -> impl Iterator<Item = &String> {
    checks.iter().map(|check| &check.name)
}
