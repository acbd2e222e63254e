//! Has a shell of this machine read code without running it.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::service::named::{FindingSort, NamedFinding};
use crate::settings::Settings;

/// The program that answers to a shell's name here.
pub(super) fn program_of(shell: &str) -> Option<String> {
    let asked = Command::new(shell)
        .args(["-c", "readlink -f /proc/$$/exe"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    let output = asked.ok().filter(|output| output.status.success())?;
    let path = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Some(if path.is_empty() {
        shell.to_owned()
    } else {
        path
    })
}

/// What the shell says of code that it only reads. A shell that is not here says nothing.
pub(super) fn syntax(shell: &str, code: &str) -> anyhow::Result<Option<String>> {
    let started = Command::new(shell)
        .arg("-n")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = started else {
        return Ok(None);
    };
    if let Some(mut stdin) = child.stdin.take() {
        // It stops reading at the first error.
        let _unread = stdin.write_all(code.as_bytes());
    }
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let first = said.lines().next().unwrap_or("no reason given").trim();
    Ok((!output.status.success()).then(|| first.to_owned()))
}

/// Checks that this machine's shell cannot read. A doubt: the guest's may be another.
pub(super) fn unread_checks(settings: &Settings) -> Vec<NamedFinding> {
    let recipes = settings.recipes.values();
    let checks = recipes.flat_map(|recipe| {
        let both = recipe.checks.iter().chain(&recipe.boot_checks);
        both.map(move |check| (&recipe.name, check))
    });
    let finding = checks.filter_map(|(recipe, check)| {
        let said = syntax("sh", &check.run).ok()??;
        Some(NamedFinding {
            is: FindingSort::Doubtful,
            key: format!("[recipe.{recipe}] checks"),
            what: format!("the check `{}` cannot be read: sh says {said}", check.name),
            advice: "look for a quote that is not closed; `'''` holds a text with quotes of both \
                     kinds"
                .to_owned(),
        })
    });
    finding.collect()
}
