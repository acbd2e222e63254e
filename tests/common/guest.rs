//! Guests that have good days and bad ones. What a good guest does is decided by the model that
//! the demo uses, or, where every look counts, by a quick one.

use std::collections::BTreeMap;
use std::time::Duration;

use amiwatch::cli::demo::machine::{ModelMachine, ToldGuest, answering_agent};
use amiwatch::flow::verify::encode::encode_report;
use amiwatch::model::report::{CheckResult, Report};
use sim::{Boot, Guest, Machine};

use super::world::BASE_VERSION;

/// The file by which a boot test knows that it runs on an image that was baked.
const BAKED: &str = "/baked";

/// How a guest spends its day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Day {
    /// As the demo's model.
    Good,
    /// Two seconds from power-on to power-off; whatever the recipe, its checks pass after it.
    Quick,
    /// As `Quick`, three hours later.
    Slow,
    /// As `Quick`, with so much to report that it takes several pieces.
    Long,
    /// As `Quick`, and every check passed on the untouched base already.
    QuickRedundant,
    /// Boots and says nothing more.
    Hangs,
    /// Prints bytes that mean nothing, among them the marks of a report, and powers off.
    Garbage,
    /// Prints the first lines of its report and powers off.
    HalfReport,
    /// Prints a whole passing report under another bake's nonce and powers off.
    ForeignReport,
    /// Powers off without a word.
    NoReport,
    /// Reports that a check fails.
    FailsChecks,
    /// Reports, but never says that it is clean.
    NotClean,
    /// Fails, and says so in words that would steer a terminal and forge lines.
    Hostile,
    /// Prints two reports that contradict each other.
    TwoReports,
}

/// Plays builders and boot tests.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cast {
    pub(crate) builder: Day,
    pub(crate) boot_test: Day,
}

impl Cast {
    /// Both have the same day.
    pub(crate) fn both(day: Day) -> Self {
        Self {
            builder: day,
            boot_test: day,
        }
    }
}

impl Guest for Cast {
    fn boot(&self, boot: Boot, machine: Machine) {
        let told =
            ToldGuest::read_user_data(&boot.user_data).expect("only amiwatch launches guests here");
        let day = match told.role.as_str() {
            "builder" => self.builder,
            _ => self.boot_test,
        };
        play(day, &told, boot, machine);
    }
}

/// Guests whose day is over as soon as it begins: real time is not waited for twice, by the guest and by
/// whoever looks at it every five seconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AtOnce(pub(crate) Day);

impl Guest for AtOnce {
    fn boot(&self, boot: Boot, machine: Machine) {
        let told =
            ToldGuest::read_user_data(&boot.user_data).expect("only amiwatch launches guests here");
        play_within(Duration::ZERO, self.0, &told, boot, machine);
    }
}

/// Lets a guest have its day, now or when a test sees fit.
pub(crate) fn play(day: Day, told: &ToldGuest, boot: Boot, machine: Machine) {
    let soon = match day {
        Day::Slow => Duration::from_secs(3 * 60 * 60),
        _ => Duration::from_secs(1),
    };
    play_within(soon, day, told, boot, machine);
}

/// The same, with so long until it says its first word, and at most a second more until it is off.
pub(crate) fn play_within(
    soon: Duration,
    day: Day,
    told: &ToldGuest,
    boot: Boot,
    machine: Machine,
) {
    let good = report(told, &boot, false);
    let mut disk = boot.disk.clone();
    disk.insert(BAKED.to_owned(), told.commands.join("\n"));
    let console = match day {
        Day::Good => return ModelMachine.boot(boot, machine),
        Day::Hangs => {
            machine.console_after(Duration::from_secs(1), "booted, and no more words\r\n");
            return;
        }
        Day::NoReport => String::new(),
        Day::Quick | Day::Slow => encode_report(&good, &told.nonce, true),
        Day::Long => encode_report(&longer(good), &told.nonce, true),
        Day::QuickRedundant => encode_report(&report(told, &boot, true), &told.nonce, true),
        Day::Garbage => garbage(&told.nonce),
        Day::HalfReport => half(&encode_report(&long(good), &told.nonce, true)),
        Day::ForeignReport => encode_report(&good, &"0".repeat(32), true),
        Day::FailsChecks => encode_report(&failing(good), &told.nonce, true),
        Day::Hostile => hostile(&failing(good), &told.nonce),
        Day::NotClean => encode_report(&good, &told.nonce, false),
        Day::TwoReports => {
            let other = failing(good.clone());
            encode_report(&good, &told.nonce, true) + &encode_report(&other, &told.nonce, true)
        }
    };
    if told.by_ssm {
        machine.set_disk_after(soon, disk);
        machine.agent_after(soon, answering_agent(console));
        return;
    }
    machine.console_after(soon, console);
    machine.power_off_after(soon + soon.min(Duration::from_secs(1)), disk);
}

fn report(told: &ToldGuest, boot: &Boot, redundant: bool) -> Report {
    let builder = told.role == "builder";
    let baked = builder || boot.disk.contains_key(BAKED);
    let checks = |passed: bool| {
        let one = |(name, _): &(String, String)| CheckResult {
            name: name.clone(),
            exit: i32::from(!passed),
            ..CheckResult::default()
        };
        told.checks.iter().map(one).collect::<Vec<_>>()
    };
    Report {
        before: builder.then(|| checks(redundant)),
        after: checks(baked),
        boots: boot.boot_number,
        cloud_init: "done".to_owned(),
        kernel: "6.1.0-model".to_owned(),
        packages: boot
            .disk
            .get(BASE_VERSION)
            .map(|version| format!("base {version}"))
            .into_iter()
            .collect(),
        facts: BTreeMap::from([("id.machine".to_owned(), boot.instance_id.clone())]),
        ..Report::default()
    }
}

fn failing(mut report: Report) -> Report {
    for check in &mut report.after {
        check.exit = 1;
        check.tail = "not what was wanted".to_owned();
    }
    report
}

/// So long that it takes several frames.
fn long(report: Report) -> Report {
    lines(report, 200)
}

/// So long that one answer of SSM's does not hold it.
fn longer(report: Report) -> Report {
    lines(report, 1_000)
}

/// With packages that do not compress away.
fn lines(mut report: Report, packages: u64) -> Report {
    let line = |n: u64| format!("package-{n} {:x}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    report.packages = (1..packages).map(line).collect();
    report
}

/// The first copy's first lines.
fn half(console: &str) -> String {
    console
        .lines()
        .take(4)
        .map(|line| format!("{line}\r\n"))
        .collect()
}

fn garbage(nonce: &str) -> String {
    format!(
        "\u{1b}[31m\u{0}\u{7f}AMIWATCH1 {nonce} 1/1 0000000000000000 AAAA\r\n\
         AMIWATCH1 {nonce} clean beef beef\r\nAMIWATCH1\r\n{}\r\n\
         Kernel panic - \u{1b}[1mnot syncing\r\n",
        "\u{fffd}".repeat(400)
    )
}

/// Titles, colours, a cleared screen, text that runs backwards: before, inside and after a report.
const STEERING: &str =
    "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\u{202e}gnp.exe\r\n[amiwatch] all is well\u{8}\u{7f}";

fn hostile(report: &Report, nonce: &str) -> String {
    let mut report = report.clone();
    STEERING.clone_into(&mut report.kernel);
    for check in &mut report.after {
        check.tail = STEERING.to_owned();
    }
    report.after.push(CheckResult {
        name: STEERING.to_owned(),
        exit: 1,
        tail: STEERING.to_owned(),
        ..CheckResult::default()
    });
    report.kernel = report.kernel.replace(['\r', '\n'], " ");
    format!(
        "{STEERING}\r\n{}{STEERING}\r\n",
        encode_report(&report, nonce, true)
    )
}

/// Letters that steer a terminal: everything but line ends, tabs, and what is seen.
pub(crate) fn steers(text: &str) -> bool {
    let hides = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}');
    text.chars()
        .any(|c| (c.is_control() && c != '\n' && c != '\t') || hides(c))
}

/// A good guest that takes its time: noise first, then its report, a little later its closing frame, and
/// it powers off once its console has drained.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slow {
    /// From power-on to the report.
    pub(crate) takes: Duration,
    /// From the closing frame to the power-off.
    pub(crate) drains: Duration,
    /// Bytes that the recipe prints before the report.
    pub(crate) noise_before: usize,
    /// Bytes that something prints right after the closing frame.
    pub(crate) noise_after: usize,
    /// Its report is as long as reports get.
    pub(crate) long: bool,
}

/// What cleaning takes.
pub(crate) const CLEANS: Duration = Duration::from_secs(3);

impl Guest for Slow {
    fn boot(&self, boot: Boot, machine: Machine) {
        let told =
            ToldGuest::read_user_data(&boot.user_data).expect("only amiwatch launches guests here");
        let mut report = report(&told, &boot, false);
        if self.long {
            report = lines(report, 1_650);
        }
        let mut disk = boot.disk.clone();
        disk.insert(BAKED.to_owned(), told.commands.join("\n"));
        let mut open = encode_report(&report, &told.nonce, false);
        let all = encode_report(&report, &told.nonce, true);
        let closing = all
            .strip_prefix(&open)
            .expect("the closing frame comes last");
        let closing = closing.to_owned();
        if self.long {
            // As the guest's script has it: what is long goes out once.
            open.truncate(open.len() / 2);
            assert!((40_000..50_000).contains(&open.len()), "{}", open.len());
        }
        machine.console_after(Duration::from_secs(1), noise(self.noise_before));
        machine.console_after(self.takes, open);
        let closes = self.takes + CLEANS;
        machine.console_after(closes, closing + &noise(self.noise_after));
        machine.power_off_after(closes + self.drains, disk);
    }
}

/// Lines of a kernel that likes to talk.
fn noise(bytes: usize) -> String {
    "[   12.345678] something that nobody reads\r\n"
        .chars()
        .cycle()
        .take(bytes)
        .collect()
}
