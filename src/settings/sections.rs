//! Reads the sections that stand alone (schedule, store, tags, aws) and puts the whole together.
//! Defaults are given here and in `builder`; a test holds them against the key table.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use toml::de::DeTable;

use crate::model::secret::SecretSource;

use super::fault::Problem;
use super::reading::{ConfigReading, ConfigSection, WrittenText};
use super::targets::TargetAccounts;
use super::{
    AwsOverrides, Schedule, Settings, StoreUrl, accounts, arns, builder, check, cron, notifiers,
    recipes, secret, values, watches,
};

/// Own tags on a resource: EC2 takes 50, amiwatch needs up to 10.
const MAX_TAGS: usize = 40;

/// Little enough that the account's other users do not notice: Elastic Beanstalk's bucket is shared.
const CALLS_PER_SECOND: u32 = 5;

/// Each has its own pace and its own calls under way, so that more would only cost memory.
pub(super) const PLACES_AT_ONCE: usize = 16;

const MAX_PLACES_AT_ONCE: i64 = 256;

/// A year's releases, and the month after it.
const KEEP_HISTORY_DAYS: u32 = 400;

/// Longer than anybody asks, and still a date.
const KEEP_HISTORY_MAX_DAYS: u32 = 3_650;

/// More than AWS lets anybody ask.
const MAX_CALLS_PER_SECOND: i64 = 1000;

/// Reads every section. What is wrong is reported and left out, so that reading goes on.
pub(super) fn read_sections(
    root: &DeTable<'_>,
    path: &Path,
    reading: &mut ConfigReading<'_>,
) -> Settings {
    let root = ConfigSection::root(root);
    let installation = reading.parsed(root.text("installation"), values::parse_installation);
    let recipes = recipes::read_recipes(&root.section("recipe"), reading);
    let accounts = accounts::read_accounts(&root.section("account"), reading);
    let own_region = root.section("aws").text("region");
    let there = TargetAccounts {
        accounts: &accounts,
        own_region: own_region.map(|region| region.text),
    };
    let watches = watches::read_watches(&root.section("watch"), &there, reading);
    check::check_settings(&root, &watches, &recipes, reading);
    Settings {
        path: path.to_owned(),
        installation,
        schedule: schedule(&root.section("schedule"), reading),
        store: store(&root.section("store"), reading),
        keep_history: keep_history(&root.section("store"), reading),
        http: reading.parsed(root.section("http").text("listen"), values::loopback),
        watchdog: watchdog(&root.section("watchdog"), reading),
        tags: tags(&root.section("tags"), reading),
        aws: aws(&root.section("aws"), reading),
        accounts,
        builder: builder::read_builder(&root.section("builder"), reading),
        watches: watches
            .into_iter()
            .filter_map(|watch| watch.resolve(&recipes))
            .collect(),
        recipes: recipes
            .into_values()
            .filter_map(|draft| draft.recipe)
            .map(|recipe| (recipe.name.clone(), recipe))
            .collect(),
        notifiers: notifiers::read_notifiers(&root.section("notify"), reading),
        warnings: Vec::new(),
    }
}

fn schedule(section: &ConfigSection<'_>, reading: &mut ConfigReading<'_>) -> Schedule {
    let cron = reading.parsed(section.text("cron"), cron::parse_cron);
    let timezone = reading.parsed(section.text("timezone"), values::timezone);
    let jitter = reading.parsed(section.text("jitter"), |text| {
        values::parse_duration(text, Duration::ZERO, values::HOUR)
    });
    let pass_timeout = reading.parsed(section.text("pass_timeout"), |text| {
        values::parse_duration(text, Duration::from_secs(60), values::DAY)
    });
    let blind_after = reading.parsed(section.text("blind_after"), |text| {
        values::parse_duration(text, Duration::ZERO, 7 * values::DAY)
    });
    Schedule {
        blind_after: blind_after.unwrap_or(values::HOUR),
        pass_timeout: pass_timeout.unwrap_or(Duration::from_secs(15 * 60)),
        cron: cron.unwrap_or_else(cron::every_quarter),
        timezone: timezone.unwrap_or(chrono_tz::UTC),
        jitter: jitter.unwrap_or(Duration::from_secs(30)),
    }
}

fn store(section: &ConfigSection<'_>, reading: &mut ConfigReading<'_>) -> StoreUrl {
    match reading.parsed(section.text("url"), values::store_url) {
        Some(StoreUrl::SqliteFile(file)) => {
            let written = file.to_string_lossy();
            StoreUrl::SqliteFile(reading.resolve(&written))
        }
        Some(other) => other,
        None => StoreUrl::SqliteFile("/var/lib/amiwatch/amiwatch.db".into()),
    }
}

fn keep_history(section: &ConfigSection<'_>, reading: &mut ConfigReading<'_>) -> Duration {
    let kept = reading.parsed(section.text("keep_history"), |text| {
        values::parse_duration(text, values::DAY, KEEP_HISTORY_MAX_DAYS * values::DAY)
    });
    kept.unwrap_or(KEEP_HISTORY_DAYS * values::DAY)
}

fn watchdog(section: &ConfigSection<'_>, reading: &mut ConfigReading<'_>) -> Option<SecretSource> {
    section.place_of("ping_url")?;
    secret::read_secret(section, "ping_url", reading)
}

fn tags(section: &ConfigSection<'_>, reading: &mut ConfigReading<'_>) -> BTreeMap<String, String> {
    let written = section.named_texts();
    if written.len() > MAX_TAGS {
        let wrong = format!("{} tags do not fit beside amiwatch's own", written.len());
        let right = format!("keep at most {MAX_TAGS} (EC2 takes 50 on a resource)");
        reading.fault(section.at.clone(), Problem::new(wrong, right));
    }
    let mut tags = BTreeMap::new();
    for (key, value) in written {
        let key = reading.parsed(Some(key), values::tag_key);
        let value = reading.parsed(Some(value), values::tag_value);
        tags.extend(key.zip(value));
    }
    tags
}

fn aws(section: &ConfigSection<'_>, reading: &mut ConfigReading<'_>) -> AwsOverrides {
    AwsOverrides {
        region: reading.parsed(section.text("region"), values::parse_region),
        profile: reading.parsed(section.text("profile"), |text| {
            values::parse_line(text, "a profile's name")
        }),
        role_arn: reading.parsed(section.text("role_arn"), arns::role_arn),
        rollout_role_arn: reading
            .parsed(section.section("rollout").text("role_arn"), arns::role_arn),
        endpoint_url: reading.parsed(section.text("endpoint_url"), values::endpoint_url),
        calls_per_second: calls_per_second(section, reading).unwrap_or(CALLS_PER_SECOND),
        places_at_once: places_at_once(section, reading).unwrap_or(PLACES_AT_ONCE),
    }
}

fn calls_per_second(section: &ConfigSection<'_>, reading: &mut ConfigReading<'_>) -> Option<u32> {
    let calls = section.integer("calls_per_second")?;
    if (1..=MAX_CALLS_PER_SECOND).contains(&calls) {
        return u32::try_from(calls).ok();
    }
    let wrong = format!("{calls} calls a second cannot be asked");
    let right = format!("write 1 to {MAX_CALLS_PER_SECOND}; leave it out for {CALLS_PER_SECOND}");
    let at = section.place_of("calls_per_second").unwrap_or_default();
    reading.fault(at, Problem::new(wrong, right));
    None
}

fn places_at_once(section: &ConfigSection<'_>, reading: &mut ConfigReading<'_>) -> Option<usize> {
    let places = section.integer("places_at_once")?;
    if (1..=MAX_PLACES_AT_ONCE).contains(&places) {
        return usize::try_from(places).ok();
    }
    let wrong = format!("{places} places cannot be looked at side by side");
    let right = format!("write 1 to {MAX_PLACES_AT_ONCE}; leave it out for {PLACES_AT_ONCE}");
    let at = section.place_of("places_at_once").unwrap_or_default();
    reading.fault(at, Problem::new(wrong, right));
    None
}

impl ConfigReading<'_> {
    /// The value of a text that must be there.
    pub(super) fn required<T>(
        &mut self,
        section: &ConfigSection<'_>,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, Problem>,
    ) -> Option<T> {
        let written: Option<WrittenText<'_>> = section.text(key);
        if section.place_of(key).is_none() {
            let problem = Problem::new(format!("`{key}` is missing"), format!("add `{key} = ...`"));
            self.fault_in_context(section.at.clone(), problem);
        }
        self.parsed(written, parse)
    }
}
