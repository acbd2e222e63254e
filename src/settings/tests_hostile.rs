//! Configs and schedules that mean harm, or nothing: every answer is settings or faults, and no fault
//! steers a terminal.

use std::path::Path;

use proptest::prelude::*;

use super::cron::CronText;
use super::{Faults, Settings, parse};

fn read(text: &str) -> Result<Settings, Faults> {
    let file = |_: &Path| Ok(b"#!/bin/sh\ntrue\n".to_vec());
    parse(text, Path::new("amiwatch.toml"), &file)
}

fn answered(text: &str) -> Result<(), TestCaseError> {
    if let Err(faults) = read(text) {
        prop_assert!(faults.iter().next().is_some());
        let told = faults.to_string();
        let steers = told
            .chars()
            .find(|c| c.is_control() && *c != '\n' && *c != '\t');
        prop_assert!(steers.is_none(), "{told:?}");
    }
    Ok(())
}

/// Texts in which a value can be anything at all, quoted so that TOML takes it.
fn quoted(value: &str) -> String {
    let escaped: String = value
        .chars()
        .map(|c| match c {
            '"' | '\\' => format!("\\{c}"),
            c if c.is_control() => format!("\\u{:04x}", u32::from(c)),
            c => c.to_string(),
        })
        .collect();
    format!("\"{escaped}\"")
}

const KEYS: [&str; 12] = [
    "installation",
    "schedule.cron",
    "schedule.jitter",
    "store.url",
    "aws.endpoint_url",
    "builder.timeout",
    "builder.encrypt",
    "watch.a.region",
    "watch.a.base.ssm",
    "watch.a.soak",
    "watch.a.on_drift",
    "notify.a.sns.topic_arn",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        answered(&text)?;
    }

    #[test]
    fn any_value_of_any_key_is_answered(
        keys in proptest::collection::vec((proptest::sample::select(&KEYS[..]), any::<String>()), 1..4),
    ) {
        let lines: Vec<String> = keys.iter().map(|(key, value)| format!("{key} = {}", quoted(value))).collect();
        answered(&lines.join("\n"))?;
    }

    /// Nothing but what a field can hold is accepted, and what is accepted names something.
    #[test]
    fn cron_text_is_refused_or_names_something(text in "[-0-9*,/ ?#LWA-Za-z]{0,40}") {
        if let Ok(cron) = CronText::parse(&text) {
            for field in [&cron.seconds, &cron.minutes, &cron.hours, &cron.days_of_month, &cron.months, &cron.days_of_week, &cron.years] {
                prop_assert!(!field.values.is_empty(), "{text}");
            }
            prop_assert!(cron.minutes.values.iter().all(|minute| *minute < 60));
            prop_assert!(cron.days_of_week.values.iter().all(|day| *day < 7));
        }
    }

    #[test]
    fn cron_text_of_anything_is_answered(text in any::<String>()) {
        let _answered = CronText::parse(&text);
    }
}

/// A thousand levels and a megabyte in one value: bounded work, a fault, no crash.
#[test]
fn deep_and_long_configs_are_answered() {
    let deep = format!("a = {}{}", "[".repeat(2_000), "]".repeat(2_000));
    assert!(read(&deep).is_err());
    let nested = format!("{} = 1", vec!["a"; 2_000].join("."));
    assert!(read(&nested).is_err());
    let long = format!("installation = \"{}\"", "x".repeat(1 << 20));
    let told = read(&long).err().unwrap().to_string();
    assert!(told.len() < 8_192, "a fault of {} bytes", told.len());
}
