//! Decides whether a report proves that the work is done. Looks at nothing but its arguments.

use serde::{Deserialize, Serialize};

use crate::model::report::{CheckResult, RecipeEnded, Report};

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
pub enum GuestVerdict {
    Passed {
        /// Every check passed on the untouched base as well, and there was one: evidence that the
        /// recipe is not needed any more. The opposite is no evidence: daemons were not up yet.
        redundant: bool,
        /// What a person should hear all the same, one sentence each.
        warnings: Vec<String>,
    },
    Failed {
        /// One sentence with the next step.
        why: String,
        /// The checks that did not pass.
        failing: Vec<CheckResult>,
    },
}

/// Judges a whole report. `clean`: the closing frame was there.
pub fn judge_report(report: &Report, clean: bool, expected: &Expected<'_>) -> GuestVerdict {
    let faults = [
        missing_checks,
        late,
        failing_checks,
        cloud_init_failed,
        kept_identity,
    ];
    let why = faults.iter().find_map(|fault| fault(report, expected));
    match why.or_else(|| unclean(clean, expected)) {
        Some(why) => GuestVerdict::Failed {
            why,
            failing: report
                .after
                .iter()
                .filter(|c| !c.passed())
                .cloned()
                .collect(),
        },
        None => GuestVerdict::Passed {
            redundant: redundant(report, expected),
            warnings: warnings(report),
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
    (report.ended == RecipeEnded::Deadline).then(|| {
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

/// The modules through which a recipe works, as cloud-init's errors name them. Older versions write
/// dashes.
const RECIPE_MODULES: [&str; 9] = [
    "apt_configure",
    "bootcmd",
    "package_update_upgrade_install",
    "runcmd",
    "scripts_user",
    "users_groups",
    "write_files",
    "write_files_deferred",
    "yum_add_repo",
];

/// The fact that holds cloud-init's own list of errors, as far as the guest could send it.
const RESULT: &str = "cloud-init.result";

/// cloud-init's `done` proves nothing, but its `error` may: when a module failed that carries the
/// recipe, the image may be half made although the checks like it. Other modules fail on untouched
/// bases too (`locale` where there are no locales), and nobody who bakes could mend those: they are
/// a warning. Without checks there is no other evidence, so there any error counts. `degraded` is
/// never a failure: newer versions say it for a deprecated key.
fn cloud_init_failed(report: &Report, expected: &Expected<'_>) -> Option<String> {
    match report.cloud_init.as_str() {
        "error" => {}
        "done" | "degraded" | "unknown" => return None,
        // It ended, and knows nothing of it.
        "not run" | "not started" if !report.facts.contains_key(RESULT) => {
            return Some(format!(
                "cloud-init's own state is gone (`{}`), so that nothing shows whether the recipe ran through: take \
                 `cloud-init clean`, and whatever else removes /var/lib/cloud, out of the recipe; the image is cleaned \
                 anyway",
                report.cloud_init
            ));
        }
        other => {
            return Some(format!(
                "cloud-init never came to its end (`{other}`): a full disk or a killed cloud-init does that; look at the console"
            ));
        }
    }
    let said = report.facts.get(RESULT).map_or("", String::as_str);
    let told = said.trim_end().ends_with('}');
    let modules = failed_modules(said);
    let recipes = modules
        .iter()
        .find(|module| RECIPE_MODULES.contains(&module.as_str()));
    match recipes {
        Some(module) => Some(format!(
            "cloud-init's module {module} failed, so the recipe did not run through: fix what it said, {}",
            said_of(said, module)
        )),
        None if told && !modules.is_empty() && !expected.checks.is_empty() => None,
        None if modules.is_empty() => Some(
            "cloud-init ended with errors and could not say which: a full disk does that; look at the console".to_owned(),
        ),
        None => Some(format!(
            "cloud-init ended with errors ({}) and nothing else shows that the recipe worked: mend them, or add checks",
            modules.join(", "),
        )),
    }
}

/// The modules named in cloud-init's errors: each is printed as a Python tuple, `('locale', ...)`.
fn failed_modules(said: &str) -> Vec<String> {
    let named = said.split("('").skip(1);
    named
        .filter_map(|rest| rest.split_once("',"))
        .map(|(module, _)| module.replace('-', "_"))
        .filter(|module| module.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
        .collect()
}

/// How much of a module's error is passed on.
const ERROR_CHARS: usize = 300;

/// A module's error in its own words. They stand in a JSON text, which may have been cut off.
fn said_of(said: &str, module: &str) -> String {
    let names = [module.to_owned(), module.replace('_', "-")];
    let at = names
        .iter()
        .find_map(|name| said.find(&format!("('{name}',")));
    let rest = said.get(at.unwrap_or(said.len())..).unwrap_or_default();
    let mut words = String::new();
    let mut escaped = false;
    for c in rest.chars() {
        match c {
            '\\' if !escaped => {
                escaped = true;
                continue;
            }
            '"' if !escaped => break,
            'n' if escaped => words.push(' '),
            _ if c.is_control() => words.push(' '),
            _ => words.push(c),
        }
        escaped = false;
    }
    let short: String = words.chars().take(ERROR_CHARS).collect();
    format!("`{}`", short.trim())
}

/// What a person should hear although the guest passed.
fn warnings(report: &Report) -> Vec<String> {
    let modules = failed_modules(report.facts.get(RESULT).map_or("", String::as_str));
    let cloud_init = match report.cloud_init.as_str() {
        "error" | "degraded" => Some(format!(
            "cloud-init ended in `{}` ({}), not through the recipe: the base's own first boot is worth a look",
            report.cloud_init,
            modules.join(", "),
        )),
        _ => None,
    };
    let rebooted = (report.boots > 1).then(|| {
        format!(
            "the guest booted {} times: cloud-init does not resume a script that reboots",
            report.boots
        )
    });
    cloud_init.into_iter().chain(rebooted).collect()
}

/// How the digest of an empty file begins: such a file says nothing of who the machine is.
const OF_NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb924";

/// An image that carries its builder's identity was not cleaned, or its boot was no first boot; one
/// that has none where its builder had one never got its own.
fn kept_identity(report: &Report, expected: &Expected<'_>) -> Option<String> {
    let builder = expected.builder?;
    let ids = builder
        .facts
        .iter()
        .filter(|(name, value)| name.starts_with("id.") && !value.starts_with(OF_NOTHING));
    ids.map(|(name, value)| (name, value, report.facts.get(name)))
        .find_map(|(name, value, now)| match now {
            Some(now) if now != value => None,
            Some(_) => Some(format!(
                "the image still carries its builder's identity ({name}): look for what writes it back after cleaning"
            )),
            None => Some(format!(
                "a fresh boot of the image made no identity of its own ({name}): cloud-init or systemd did not treat it as a first boot"
            )),
        })
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

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
