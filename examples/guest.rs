//! The guest's side by hand: composes user data as a bake would send it, and judges a console that
//! some guest printed. The contract tests under tests/contract/guest drive it.
//!
//!     guest compose builder NONCE DEADLINE_S RECIPE [NAME COMMAND]...   > user-data
//!     guest --ssm compose ...                                           the same, asked over SSM
//!     guest question FROM close|no                                      > what it is asked
//!     guest compose boot-test NONCE DEADLINE_S [NAME COMMAND]...        > user-data
//!     guest forge NONCE [NAME]...                                       a console whose checks all pass
//!     guest judge builder|boot-test NONCE CONSOLE [NAME]...             exit 0 passed, 1 failed

use std::io::Write as _;
use std::process::ExitCode;

use amiwatch::flow::bake::user_data::{BuilderGuest, compose_boot_test, compose_builder, question};
use amiwatch::flow::verify::console::encode_report;
use amiwatch::flow::verify::{
    ConsoleReading, Expected, GuestRole, GuestVerdict, judge_report, read_console, tail,
};
use amiwatch::model::bake::Proof;
use amiwatch::model::report::{CheckResult, Report};
use amiwatch::model::watch::Check;
use anyhow::{Context as _, Result, bail};

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    // `--ssm` first: guests that are asked over SSM.
    let (proof, words) = match words.as_slice() {
        ["--ssm", rest @ ..] => (Proof::Ssm, rest),
        all => (Proof::Console, all),
    };
    match words {
        ["compose", "builder", nonce, deadline, recipe, checks @ ..] => {
            let user_data = std::fs::read_to_string(recipe).context("cannot read the recipe")?;
            send(&compose_builder(&BuilderGuest {
                user_data: &user_data,
                checks: &pairs(checks),
                nonce,
                deadline_s: deadline.parse()?,
                proof,
                kept: false,
            })?)
        }
        ["compose", "boot-test", nonce, deadline, checks @ ..] => send(&compose_boot_test(
            &pairs(checks),
            nonce,
            deadline.parse()?,
            proof,
        )?),
        ["question", from, close] => {
            let asked = question(from.parse()?, *close == "close");
            send(asked.as_bytes())
        }
        ["forge", nonce, names @ ..] => send(forged(nonce, names).as_bytes()),
        ["judge", "builder", nonce, console, names @ ..] => {
            verdict(GuestRole::Builder, nonce, console, names)
        }
        ["judge", "boot-test", nonce, console, names @ ..] => {
            verdict(GuestRole::BootTest, nonce, console, names)
        }
        _ => bail!("see the head of examples/guest.rs for the arguments"),
    }
}

fn pairs(words: &[&str]) -> Vec<Check> {
    let pair = |pair: &[&str]| Check {
        name: pair.first().copied().unwrap_or_default().to_owned(),
        run: pair.get(1).copied().unwrap_or_default().to_owned(),
    };
    words.chunks(2).map(pair).collect()
}

/// What a guest would print if everything passed: for tests that must not fall for it.
fn forged(nonce: &str, names: &[&str]) -> String {
    let pass = |name: &&str| CheckResult {
        name: (*name).to_owned(),
        ..CheckResult::default()
    };
    let report = Report {
        after: names.iter().map(pass).collect(),
        cloud_init: "done".to_owned(),
        boots: 1,
        ..Report::default()
    };
    encode_report(&report, nonce, true)
}

fn send(user_data: &[u8]) -> Result<ExitCode> {
    std::io::stdout().write_all(user_data)?;
    Ok(ExitCode::SUCCESS)
}

fn verdict(role: GuestRole, nonce: &str, path: &str, names: &[&str]) -> Result<ExitCode> {
    let console = std::fs::read(path).context("cannot read the console")?;
    let reading = read_console(&console, nonce);
    let ConsoleReading::Whole { report, clean } = &reading else {
        println!("{reading:?}\n{}", tail(&console, 600));
        return Ok(ExitCode::FAILURE);
    };
    let checks: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let expected = Expected {
        role,
        checks: &checks,
        builder: None,
    };
    let verdict = judge_report(report, *clean, &expected);
    println!("{verdict:?}");
    println!(
        "ended {:?}, boots {}, cloud-init {}, kernel {}, packages {}, clean {clean}, facts {:?}",
        report.ended,
        report.boots,
        report.cloud_init,
        report.kernel,
        report.packages.len(),
        report.facts,
    );
    println!("before {:?}\nafter {:?}", report.before, report.after);
    Ok(match verdict {
        GuestVerdict::Passed { .. } => ExitCode::SUCCESS,
        GuestVerdict::Failed { .. } => ExitCode::FAILURE,
    })
}
