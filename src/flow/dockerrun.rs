//! Holds an application's Dockerrun.aws.json against a recipe: is every log driver that its containers
//! ask for allowed on the image? Plain functions of values.
//!
//! The ECS agent refuses a task whose driver is not in `ECS_AVAILABLE_LOGGING_DRIVERS`. ecs-init sets
//! a default; a value in /etc/ecs/ecs.config takes its place, also where it says less.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::model::watch::{Check, Recipe};

/// What ecs-init allows by itself (1.45.0 and later).
pub const DEFAULTS: [&str; 5] = ["json-file", "syslog", "awslogs", "fluentd", "none"];

/// Every driver the agent knows of; what else is in a list is no list of drivers.
const KNOWN: [&str; 10] = [
    "awsfirelens",
    "awslogs",
    "fluentd",
    "gelf",
    "journald",
    "json-file",
    "logentries",
    "none",
    "splunk",
    "syslog",
];

const SETTING: &str = "ECS_AVAILABLE_LOGGING_DRIVERS";

/// The file is not what it should be.
#[derive(Debug, thiserror::Error)]
pub enum DockerrunError {
    #[error("it is not JSON: {0}; correct it")]
    Json(String),
    #[error(
        "its AWSEBDockerrunVersion is {0}: only version 2, of several containers on ECS, asks for log drivers"
    )]
    Version(String),
}

/// A container and the driver it asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub container: String,
    pub driver: String,
}

/// Whether a container's driver will be there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Found {
    pub container: String,
    pub driver: String,
    pub allowed: Allowed,
    /// A check of the recipe proves it, in every bake.
    pub checked: bool,
}

/// By what a driver is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Allowed {
    /// The recipe's user data sets it.
    ByRecipe,
    /// A check names it, although the user data does not show how it gets there.
    ByCheck,
    /// ecs-init's default, which the recipe leaves alone.
    ByDefault,
    No,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    #[serde(rename = "AWSEBDockerrunVersion", default)]
    version: serde_json::Value,
    #[serde(default)]
    container_definitions: Vec<Container>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Container {
    #[serde(default)]
    name: String,
    log_configuration: Option<LogConfiguration>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogConfiguration {
    log_driver: String,
}

/// The containers that ask for a driver, in the file's order.
///
/// # Errors
/// When it is not a Dockerrun file of version 2.
pub fn asked(text: &str) -> Result<Vec<Asked>, DockerrunError> {
    let file: File =
        serde_json::from_str(text).map_err(|error| DockerrunError::Json(error.to_string()))?;
    let version = file.version.to_string();
    if version.trim_matches('"') != "2" {
        let version = if file.version.is_null() {
            "missing".to_owned()
        } else {
            version
        };
        return Err(DockerrunError::Version(version));
    }
    let containers = file.container_definitions.into_iter();
    let asks = containers.filter_map(|container| {
        Some(Asked {
            driver: container.log_configuration?.log_driver,
            container: container.name,
        })
    });
    Ok(asks.collect())
}

/// Each container's driver, judged.
pub fn judge(asked: &[Asked], recipe: &Recipe) -> Vec<Found> {
    let set = drivers_set(&recipe.user_data);
    let one = |asked: &Asked| {
        let driver = asked.driver.as_str();
        let checked = recipe.checks.iter().any(|check| proves(check, driver));
        let allowed = match &set {
            Set::To(drivers) if drivers.contains(driver) => Allowed::ByRecipe,
            Set::Not if DEFAULTS.contains(&driver) => Allowed::ByDefault,
            _ if checked => Allowed::ByCheck,
            _ => Allowed::No,
        };
        Found {
            container: asked.container.clone(),
            driver: driver.to_owned(),
            allowed,
            checked,
        }
    };
    asked.iter().map(one).collect()
}

/// A check that would prove the driver.
pub fn check_for(driver: &str) -> Check {
    Check {
        name: format!("{driver} is an allowed log driver"),
        run: format!("grep -q '^{SETTING}=.*\"{driver}\"' /etc/ecs/ecs.config"),
    }
}

fn proves(check: &Check, driver: &str) -> bool {
    let about = check.run.contains(SETTING) || check.run.contains("ecs.config");
    about && words(&check.run).any(|word| word == driver)
}

/// Words as drivers' names are made of.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
}

/// What the user data makes of the setting.
#[derive(Debug, PartialEq, Eq)]
enum Set {
    /// It does not touch it.
    Not,
    To(BTreeSet<String>),
    /// It does, in a way that cannot be read here.
    Somehow,
}

/// The lists of drivers in user data that names the setting. Shells write them in more ways than can be
/// followed (`NAME=[...]`, a variable set before), so every JSON list of known drivers counts.
fn drivers_set(user_data: &str) -> Set {
    let code: Vec<&str> = user_data
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .collect();
    let code = code.join("\n").replace("\\\"", "\"");
    if !code.contains(SETTING) {
        return Set::Not;
    }
    let lists = code
        .match_indices('[')
        .filter_map(|(at, _)| list_at(code.get(at..)?));
    let drivers: BTreeSet<String> = lists.flatten().collect();
    match drivers.is_empty() {
        true => Set::Somehow,
        false => Set::To(drivers),
    }
}

/// A JSON list of drivers at the text's beginning.
fn list_at(text: &str) -> Option<Vec<String>> {
    let end = text.find(']')?;
    let list: Vec<String> = serde_json::from_str(text.get(..=end)?).ok()?;
    let known = |driver: &String| KNOWN.contains(&driver.as_str());
    (!list.is_empty() && list.iter().all(known)).then_some(list)
}

#[cfg(test)]
#[path = "dockerrun_tests.rs"]
mod tests;
