//! A rehearsal's result, for people and for programs.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::cli::draw;
use crate::flow::verify::{GuestRole, GuestVerdict};
use crate::model::report::{CheckResult, Report};
use crate::rehearse::guests::RehearsalSubject;
use crate::rehearse::outcome::{GuestOutcome, Rehearsed};

/// `rehearse --format json`
#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    recipe: &'a str,
    engine: &'static str,
    passed: bool,
    user_data_bytes: usize,
    seconds: u64,
    /// What is wrong with the recipe as written; a bake's config would be refused for it.
    problems: &'a [String],
    guests: Vec<Guest<'a>>,
}

#[derive(Serialize)]
struct Guest<'a> {
    role: &'static str,
    passed: bool,
    /// Absent for a guest that passed.
    why: Option<&'a str>,
    warnings: &'a [String],
    seconds: u64,
    /// Absent where there was no whole report.
    before: Option<&'a [CheckResult]>,
    after: Option<&'a [CheckResult]>,
    boots: Option<u32>,
    kernel: Option<&'a str>,
    cloud_init: Option<&'a str>,
    packages: Option<usize>,
    facts: Option<&'a BTreeMap<String, String>>,
    /// The console's end, of a guest that failed.
    console: Option<&'a str>,
}

pub(super) fn rehearsal_json(
    subject: &RehearsalSubject,
    rehearsed: &Rehearsed,
    problems: &[String],
) -> anyhow::Result<()> {
    draw::print_json(&Answer {
        schema: "amiwatch.rehearse/1",
        recipe: &subject.name,
        engine: rehearsed.engine,
        passed: rehearsed.passed() && problems.is_empty(),
        problems,
        user_data_bytes: rehearsed.user_data_bytes,
        seconds: seconds(rehearsed),
        guests: rehearsed.guests.iter().map(guest_value).collect(),
    })
}

fn guest_value(guest: &GuestOutcome) -> Guest<'_> {
    let report = guest.report.as_ref();
    Guest {
        role: guest.role.as_str(),
        passed: guest.passed(),
        why: why(guest),
        warnings: match &guest.verdict {
            GuestVerdict::Passed { warnings, .. } => warnings,
            GuestVerdict::Failed { .. } => &[],
        },
        seconds: guest.seconds,
        before: report.and_then(|report| report.before.as_deref()),
        after: report.map(|report| report.after.as_slice()),
        boots: report.map(|report| report.boots),
        kernel: report.map(|report| report.kernel.as_str()),
        cloud_init: report.map(|report| report.cloud_init.as_str()),
        packages: report.map(|report| report.packages.len()),
        facts: report.map(|report| &report.facts),
        console: (!guest.passed()).then_some(guest.console.as_str()),
    }
}

/// Prints the checks, what became of each guest, and why.
pub(super) fn guests_table(subject: &RehearsalSubject, rehearsed: &Rehearsed, problems: &[String]) {
    println!(
        "{}: {} bytes of user data, {}",
        subject.name, rehearsed.user_data_bytes, rehearsed.engine
    );
    problems.iter().for_each(|problem| println!("  {problem}"));
    println!();
    println!("{}", checks(subject, rehearsed));
    for one in &rehearsed.guests {
        println!();
        describe(one);
    }
    println!();
    let word = match rehearsed.passed() && problems.is_empty() {
        true => "passed",
        false => "failed",
    };
    println!("{word} in {} s", seconds(rehearsed));
}

fn seconds(rehearsed: &Rehearsed) -> u64 {
    rehearsed.guests.iter().map(|guest| guest.seconds).sum()
}

/// One row for each check: on the untouched base, on the finished builder, on a fresh boot.
fn checks(subject: &RehearsalSubject, rehearsed: &Rehearsed) -> String {
    let report = |role| {
        let guest = rehearsed.guests.iter().find(|guest| guest.role == role);
        guest.and_then(|guest| guest.report.as_ref())
    };
    let (builder, fresh) = (report(GuestRole::Builder), report(GuestRole::BootTest));
    let all = subject.checks.iter().chain(&subject.boot_checks);
    let rows = all.map(|check| {
        let before = builder.and_then(|report| report.before.as_deref());
        vec![
            check.name.clone(),
            exit(before, &check.name),
            exit(builder.map(after), &check.name),
            exit(fresh.map(after), &check.name),
        ]
    });
    draw::draw_table(&["CHECK", "BEFORE", "AFTER", "FRESH BOOT"], rows)
}

fn after(report: &Report) -> &[CheckResult] {
    &report.after
}

fn exit(results: Option<&[CheckResult]>, name: &str) -> String {
    let result = results.and_then(|all| all.iter().find(|one| one.name == name));
    match result {
        None => "-".to_owned(),
        Some(result) if result.passed() => "passed".to_owned(),
        Some(result) => format!("exit {}", result.exit),
    }
}

fn describe(guest: &GuestOutcome) {
    let role = self::guest(guest.role);
    let word = if guest.passed() { "passed" } else { "FAILED" };
    println!("{role}: {word} in {} s{}", guest.seconds, told(guest));
    match &guest.verdict {
        GuestVerdict::Passed {
            redundant,
            warnings,
        } => {
            if *redundant {
                println!("  every check passed on the untouched base: is the recipe still needed?");
            }
            warnings.iter().for_each(|words| println!("  {words}"));
        }
        GuestVerdict::Failed { why, failing } => {
            println!("  {why}");
            failing.iter().for_each(failing_check);
            println!("  --- the console's end");
            indented(&guest.console);
        }
    }
}

fn failing_check(check: &CheckResult) {
    println!(
        "  --- {} (exit {}, {} s)",
        check.name, check.exit, check.seconds
    );
    indented(&check.tail);
}

fn indented(text: &str) {
    text.lines().for_each(|line| println!("  {line}"));
}

/// What the guest said of itself.
fn told(guest: &GuestOutcome) -> String {
    let Some(report) = &guest.report else {
        return String::new();
    };
    let boots = match report.boots {
        0 | 1 => String::new(),
        boots => format!(", {boots} boots"),
    };
    format!(
        ": kernel {}, cloud-init {}, {} packages{boots}",
        report.kernel,
        report.cloud_init,
        report.packages.len()
    )
}

fn why(guest: &GuestOutcome) -> Option<&str> {
    match &guest.verdict {
        GuestVerdict::Passed { .. } => None,
        GuestVerdict::Failed { why, .. } => Some(why),
    }
}

/// As people read it.
pub(super) fn guest(role: GuestRole) -> &'static str {
    match role {
        GuestRole::Builder => "builder",
        GuestRole::BootTest => "fresh boot",
    }
}
