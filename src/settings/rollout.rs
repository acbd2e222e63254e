//! Reads `[watch.NAME.rollout]`: how environments are moved. A person's `rollout` is bound by a part of
//! it; the rest binds the daemon's, and is warned of where the watch lets the daemon roll out nothing.

use std::time::Duration;

use crate::model::rollout_rules::{
    HealthBar, OnFailure, PrintedFor, Probe, RolloutApproval, RolloutHands, RolloutOrder,
    RolloutRules, RolloutWindow, SettleTimes,
};
use crate::model::watch::OnDrift;

use super::fault::{Problem, quoted_value};
use super::nearest::nearest;
use super::reading::{ConfigReading, ConfigSection, WrittenText};
use super::{cron, values};

const MINUTE: Duration = Duration::from_secs(60);
/// What is open for longer never closes between two weeks.
const LONGEST_WINDOW: Duration = Duration::from_secs(7 * 24 * 60 * 60);
const LONGEST_DEADLINE: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// As many as can be under way.
const AT_ONCE_MAX: i64 = 32;
/// What a page answers that is well.
const STATUS_OK: u16 = 200;

/// The keys that bind nobody but a daemon that rolls out. `at_once` binds a person as well who takes all back.
const OF_THE_DAEMON: [&str; 4] = ["waves", "windows", "approval", "approval_deadline"];

const HEALTH: [(&str, HealthBar); 3] = [
    ("ok", HealthBar::Ok),
    ("info", HealthBar::Info),
    ("warning", HealthBar::Warning),
];
const ON_FAILURE: [(&str, OnFailure); 2] =
    [("rollback", OnFailure::Rollback), ("stop", OnFailure::Stop)];
const APPROVAL: [(&str, RolloutApproval); 3] = [
    ("first", RolloutApproval::First),
    ("each", RolloutApproval::Each),
    ("none", RolloutApproval::None),
];
const PRINTED_FOR: [(&str, PrintedFor); 3] = [
    ("cli", PrintedFor::Cli),
    ("terraform", PrintedFor::Terraform),
    ("cloudformation", PrintedFor::CloudFormation),
];

/// Absent where the watch says nothing about it.
pub(super) fn read_rollout(
    watch: &ConfigSection<'_>,
    on_drift: OnDrift,
    reading: &mut ConfigReading<'_>,
) -> Option<RolloutRules> {
    watch.place_of("rollout")?;
    let section = watch.section("rollout");
    if on_drift < OnDrift::Rollout {
        warn_of_the_daemons(&section, reading);
    }
    let health = word(&section, "health", &HEALTH, reading);
    let on_failure = word(&section, "on_failure", &ON_FAILURE, reading);
    Some(RolloutRules {
        settle: settle(&section, reading),
        health: health.unwrap_or_default(),
        allow_downtime: patterns(&section, "allow_downtime", reading),
        on_failure: on_failure.unwrap_or_default(),
        probe: probe(&section, reading),
        hands: hands(&section, reading),
        order: order(&section, reading),
    })
}

/// Accepted, and never taken in silence for something that happens.
fn warn_of_the_daemons(section: &ConfigSection<'_>, reading: &mut ConfigReading<'_>) {
    for key in OF_THE_DAEMON {
        if let Some(at) = section.place_of(key) {
            let problem = Problem::new(
                format!(
                    "`{key}` binds the daemon's rollout, and this watch lets the daemon roll out nothing"
                ),
                "use on_drift = \"rollout\", or leave it out: `amiwatch rollout` moves environments when \
                 a person says so",
            );
            reading.warn(at, problem);
        }
    }
}

/// One of the words that a key knows.
pub(super) fn word<T: Copy>(
    section: &ConfigSection<'_>,
    key: &str,
    words: &[(&str, T)],
    reading: &mut ConfigReading<'_>,
) -> Option<T> {
    reading.parsed(section.text(key), |text| {
        let known = words.iter().find(|(word, _)| *word == text);
        known.map(|(_, value)| *value).ok_or_else(|| {
            let words: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            let right = match nearest(text, words.iter().copied()) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => format!("write one of \"{}\"", words.join("\", \"")),
            };
            Problem::new(format!("`{key}` cannot be {}", quoted_value(text)), right)
        })
    })
}

/// A plain duration means both.
fn settle(section: &ConfigSection<'_>, reading: &mut ConfigReading<'_>) -> SettleTimes {
    let duration = |text: &str| values::parse_duration(text, MINUTE, values::DAY);
    let both = reading.parsed(section.text("settle"), duration);
    let table = section.section("settle");
    let first = reading.parsed(table.text("first"), duration);
    let later = reading.parsed(table.text("later"), duration);
    let default = SettleTimes::default();
    SettleTimes {
        first: first.or(both).unwrap_or(default.first),
        later: later.or(both).unwrap_or(default.later),
    }
}

fn patterns(
    section: &ConfigSection<'_>,
    key: &str,
    reading: &mut ConfigReading<'_>,
) -> Vec<String> {
    let written = section.texts(key).unwrap_or_default();
    reading.each_parsed(written, values::environment_pattern)
}

/// Environments of any account, or of one: `prod:shop-*`.
fn waves(section: &ConfigSection<'_>, reading: &mut ConfigReading<'_>) -> Vec<String> {
    let written = section.texts("waves").unwrap_or_default();
    reading.each_parsed(written, |text| match text.split_once(':') {
        Some((account, environment)) => {
            values::environment_pattern(account)?;
            values::environment_pattern(environment)?;
            Ok(text.to_owned())
        }
        None => values::environment_pattern(text),
    })
}

fn probe(section: &ConfigSection<'_>, reading: &mut ConfigReading<'_>) -> Option<Probe> {
    section.place_of("probe")?;
    let probe = section.section("probe");
    let url = reading.required(&probe, "url", values::probe_url);
    let status = match probe.integer("status") {
        None => STATUS_OK,
        Some(status) => match u16::try_from(status) {
            Ok(status) if (100..=599).contains(&status) => status,
            _ => {
                let wrong = format!("{status} is not an HTTP status");
                let at = probe.place_of("status").unwrap_or_default();
                reading.fault(at, Problem::new(wrong, "write 100 to 599, such as 200"));
                STATUS_OK
            }
        },
    };
    Some(Probe { url: url?, status })
}

fn hands(section: &ConfigSection<'_>, reading: &mut ConfigReading<'_>) -> RolloutHands {
    let prints = word(
        section,
        "hands",
        &[("ours", false), ("print", true)],
        reading,
    );
    let printed = word(section, "for", &PRINTED_FOR, reading);
    match (prints, section.place_of("for")) {
        (Some(true), _) => RolloutHands::Print(printed.unwrap_or_default()),
        (_, Some(at)) => {
            let wrong = "`for` says for what to print, and nothing is printed here";
            let problem = Problem::new(wrong, "add `hands = \"print\"`, or leave `for` out");
            reading.fault_in_context(at, problem);
            RolloutHands::Ours
        }
        (_, None) => RolloutHands::Ours,
    }
}

fn order(section: &ConfigSection<'_>, reading: &mut ConfigReading<'_>) -> RolloutOrder {
    if section.is_empty_list("waves") {
        let right = "name environments in turn, such as [\"shop-canary\", \"shop-*\"]";
        let at = section.place_of("waves").unwrap_or_default();
        reading.fault(at, Problem::new("`waves` names nobody", right));
    }
    let default = RolloutOrder::default();
    let deadline = reading.parsed(section.text("approval_deadline"), |text| {
        values::parse_duration(text, values::HOUR, LONGEST_DEADLINE)
    });
    RolloutOrder {
        waves: waves(section, reading),
        at_once: at_once(section, reading).unwrap_or(default.at_once),
        windows: section
            .sections("windows")
            .iter()
            .filter_map(|window| self::window(window, reading))
            .collect(),
        approval: word(section, "approval", &APPROVAL, reading).unwrap_or_default(),
        approval_deadline: deadline.unwrap_or(default.approval_deadline),
    }
}

fn at_once(section: &ConfigSection<'_>, reading: &mut ConfigReading<'_>) -> Option<u32> {
    let count = section.integer("at_once")?;
    if (1..=AT_ONCE_MAX).contains(&count) {
        return u32::try_from(count).ok();
    }
    let at = section.place_of("at_once").unwrap_or_default();
    let wrong = format!("{count} environments cannot move at once");
    reading.fault(at, Problem::new(wrong, format!("write 1 to {AT_ONCE_MAX}")));
    None
}

fn window(section: &ConfigSection<'_>, reading: &mut ConfigReading<'_>) -> Option<RolloutWindow> {
    let cron = reading.required(section, "cron", cron::parse_cron);
    let duration = reading.required(section, "duration", |text| {
        values::parse_duration(text, MINUTE, LONGEST_WINDOW)
    });
    let written: Option<WrittenText<'_>> = section.text("timezone");
    let timezone = match written {
        None => Some(chrono_tz::UTC),
        named => reading.parsed(named, values::timezone),
    };
    Some(RolloutWindow {
        cron: cron?,
        duration: duration?,
        timezone: timezone?,
    })
}
