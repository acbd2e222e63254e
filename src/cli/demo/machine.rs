//! A model of a guest, for the demo and for tests: it does what a real one is seen to do, in the
//! account's time and without a shell.
//!
//! It reads the user data as sent, applies what it understands of the recipe to its disk (a map of
//! files), runs the checks before and after, reports on its console as the guest's script does, and
//! powers off. It understands very little on purpose: `echo 'TEXT' >> FILE` in a recipe, and
//! `grep -q TEXT FILE` as a check; whatever else it meets fails with 127, as an unknown command
//! does. The real script under a real cloud-init is proved elsewhere; its captured consoles keep
//! this model's encoder and the parser honest.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sim::{Agent, Boot, Disk, Guest, Machine, Ran};

use crate::flow::verify::encode::encode_report;
use crate::model::bake::digest;
use crate::model::report::{CheckResult, Report};

/// From power-on to the recipe's end, in the account's time.
const RECIPE_AFTER: Duration = Duration::from_secs(25);
const REPORT_AFTER: Duration = Duration::from_secs(30);
const OFF_AFTER: Duration = Duration::from_secs(36);

/// The model.
#[derive(Debug, Clone, Copy, Default)]
pub struct ModelMachine;

/// What a guest finds in its user data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldGuest {
    pub nonce: String,
    /// `builder` or `boot-test`
    pub role: String,
    /// Names and commands.
    pub checks: Vec<(String, String)>,
    /// The commands of the recipe, one a line.
    pub commands: Vec<String>,
    /// Its report is asked for over SSM.
    pub by_ssm: bool,
}

impl Guest for ModelMachine {
    fn boot(&self, boot: Boot, machine: Machine) {
        machine.console_after(
            Duration::from_secs(2),
            "[    0.000000] Linux version 6.1.0-model\r\n",
        );
        // User data that is not ours leaves a guest that boots and stays up.
        let Some(told) = ToldGuest::read_user_data(&boot.user_data) else {
            return;
        };
        if let Some(command) = told.commands.iter().find(|command| !is_understood(command)) {
            machine.console_after(Duration::from_secs(3), not_understood(command));
        }
        let mut disk = boot.disk.clone();
        let before = run_checks(&told.checks, &disk);
        told.commands
            .iter()
            .for_each(|command| apply(command, &mut disk));
        let after = run_checks(&told.checks, &disk);
        let report = report(&told, &boot, before, after);
        machine.console_after(RECIPE_AFTER, "cloud-init: recipe done\r\n");
        let said = encode_report(&report, &told.nonce, true);
        if told.by_ssm {
            machine.set_disk_after(REPORT_AFTER, disk);
            machine.agent_after(REPORT_AFTER, answering_agent(said));
        } else {
            machine.console_after(REPORT_AFTER, said);
            machine.power_off_after(OFF_AFTER, disk);
        }
    }
}

impl ToldGuest {
    /// Reads composed user data, compressed or not; `None` when it was not composed by us.
    pub fn read_user_data(user_data: &[u8]) -> Option<Self> {
        let text = text(user_data)?;
        let word = |name: &str| {
            let rest = text.split_once(&format!("\n{name}='"))?.1;
            rest.split_once('\'').map(|(value, _)| value.to_owned())
        };
        let block = text
            .split_once("<<'AMIWATCH'\n")?
            .1
            .split_once("\nAMIWATCH")?
            .0;
        let checks = block.lines().filter_map(|line| {
            let (name, run) = line.split_once(' ')?;
            Some((unpack(name)?, unpack(run)?))
        });
        Some(Self {
            nonce: word("nonce")?,
            role: word("role")?,
            checks: checks.collect(),
            commands: commands(&text),
            by_ssm: text.contains("\nconsole=$run/frames\n"),
        })
    }
}

/// An agent that answers `user_data/fetch.sh` as a guest that has said all this would: the closing frames
/// only once it was told to close.
pub fn answering_agent(said: String) -> Agent {
    let closing = AtomicBool::new(false);
    Agent::new(move |script| {
        if script.contains("[ 'close' = no ]") {
            closing.store(true, Ordering::Relaxed);
        }
        let open = !closing.load(Ordering::Relaxed);
        let mut lines = said.lines().filter(|line| line.starts_with("AMIWATCH1 "));
        let lines = lines
            .by_ref()
            .filter(|line| !open || line.split(' ').nth(2) != Some("clean"));
        let Some((from, to)) = range(script) else {
            return Ran {
                exit: 127,
                stderr: "this guest answers one question only".to_owned(),
                ..Ran::default()
            };
        };
        let wanted = lines.skip(from - 1).take(to + 1 - from);
        Ran {
            stdout: wanted.map(|line| format!("{line}\n")).collect(),
            took: Duration::from_secs(1),
            ..Ran::default()
        }
    })
}

/// `sed -n 'FROM,TOp'`
fn range(script: &str) -> Option<(usize, usize)> {
    let (_, rest) = script.split_once("sed -n '")?;
    let (from, rest) = rest.split_once(',')?;
    let (to, _) = rest.split_once("p'")?;
    let (from, to): (usize, usize) = (from.parse().ok()?, to.parse().ok()?);
    (1 <= from && from <= to).then_some((from, to))
}

/// The lines of the recipe's own parts (named `50-...`) that look like commands of its runcmd.
fn commands(text: &str) -> Vec<String> {
    let parts = text
        .split("Content-Type:")
        .filter(|part| part.contains("filename=\"50-"));
    parts
        .flat_map(str::lines)
        .map(str::trim)
        .filter_map(|line| {
            line.strip_prefix("- ")
                .or(line.starts_with("echo ").then_some(line))
        })
        .map(str::to_owned)
        .collect()
}

fn text(user_data: &[u8]) -> Option<String> {
    let mut plain = Vec::new();
    match user_data {
        [0x1f, 0x8b, ..] => {
            flate2::read::GzDecoder::new(user_data)
                .read_to_end(&mut plain)
                .ok()?;
        }
        _ => plain.extend_from_slice(user_data),
    }
    let text = String::from_utf8(plain).ok()?;
    Some(text.replace("\r\n", "\n"))
}

fn unpack(word: &str) -> Option<String> {
    String::from_utf8(STANDARD.decode(word).ok()?).ok()
}

fn is_understood(command: &str) -> bool {
    command.starts_with("echo '") && command.contains("' >> ")
}

/// What this guest says of a recipe that it cannot run: nobody shall look for the fault in the recipe.
fn not_understood(command: &str) -> String {
    let command = if command == "|" {
        "a block of shell code"
    } else {
        command
    };
    let shown: String = command
        .chars()
        .filter(|c| !c.is_control())
        .take(60)
        .collect();
    format!(
        "model guest: passed over `{shown}`: it has no shell, and does `echo 'TEXT' >> FILE` alone; a recipe for \
         it is config/recipes/demo.yaml, and `sim serve --guest-exec` boots real ones\r\n"
    )
}

/// `echo 'TEXT' >> FILE`; anything else changes nothing.
fn apply(command: &str, disk: &mut Disk) {
    let Some(rest) = command.strip_prefix("echo '") else {
        return;
    };
    let Some((line, rest)) = rest.split_once("' >> ") else {
        return;
    };
    let file = disk.entry(rest.trim().to_owned()).or_default();
    file.push_str(line);
    file.push('\n');
}

fn run_checks(checks: &[(String, String)], disk: &Disk) -> Vec<CheckResult> {
    checks
        .iter()
        .map(|(name, run)| {
            let (exit, tail) = run_check(run.trim(), disk);
            CheckResult {
                name: name.clone(),
                exit,
                tail,
                ..CheckResult::default()
            }
        })
        .collect()
}

/// `grep -q TEXT FILE`
fn run_check(run: &str, disk: &Disk) -> (i32, String) {
    let parsed = run
        .strip_prefix("grep -q ")
        .and_then(|rest| match rest.strip_prefix('\'') {
            Some(quoted) => quoted.split_once("' "),
            None => rest.split_once(' '),
        })
        .map(|(wanted, path)| (wanted, path.trim()));
    match parsed {
        None => (127, format!("sh: {run}: not found")),
        Some((wanted, path)) => match disk.get(path) {
            None => (2, format!("grep: {path}: No such file or directory")),
            Some(content) if content.contains(wanted) => (0, String::new()),
            Some(_) => (1, String::new()),
        },
    }
}

fn report(
    told: &ToldGuest,
    boot: &Boot,
    before: Vec<CheckResult>,
    after: Vec<CheckResult>,
) -> Report {
    let identity = digest(&["model machine", &boot.instance_id]);
    Report {
        before: (told.role == "builder").then_some(before),
        after,
        boots: boot.boot_number,
        cloud_init: "done".to_owned(),
        kernel: "6.1.0-model".to_owned(),
        packages: vec!["ecs-init 1.102.0".to_owned(), "docker 25.0.14".to_owned()],
        facts: BTreeMap::from([("id.machine".to_owned(), identity)]),
        ..Report::default()
    }
}
