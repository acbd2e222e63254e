//! Holds an application's Dockerrun.aws.json against a recipe: is every log driver that its containers
//! ask for allowed on the image? Plain functions of values.
//!
//! The ECS agent refuses a task whose driver is not in `ECS_AVAILABLE_LOGGING_DRIVERS`. ecs-init sets
//! a default; a value in /etc/ecs/ecs.config takes its place, also where it says less. What the recipe
//! leaves in that file is read as the agent reads it (`agent`), where it can be told what that is
//! (`recipe_file`); where it cannot, only a check that asks as the agent does speaks for a driver.

use serde::Serialize;

use crate::model::watch::{Check, Recipe};

mod agent;
mod recipe_file;
mod shell_effects;
mod shell_words;
mod wanted;

pub use agent::DEFAULTS;
use agent::{Allows, FIRELENS, SETTING};
use recipe_file::{AgentFile, left_by};
pub use wanted::{DockerrunError, WantedDriver, wanted_drivers};

/// Whether a container's driver will be there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DriverFinding {
    pub container: String,
    pub driver: String,
    pub allowed: Allowed,
    /// A check of the recipe asks for it as the agent does, in every bake.
    pub checked: bool,
}

/// By what a driver is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Allowed {
    /// The recipe's user data sets it.
    ByRecipe,
    /// A check asks for it, although the user data does not show how it gets there.
    ByCheck,
    /// By default, which the recipe leaves alone.
    ByDefault,
    /// FireLens is, whatever the list says.
    Always,
    /// It cannot be told from the user data, and no check asks for it.
    Unknown,
    No,
}

/// What came of holding an application against a recipe.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judged {
    pub found: Vec<DriverFinding>,
    pub problems: Vec<String>,
    pub doubts: Vec<String>,
    /// Checks that would prove what none proves yet.
    pub offers: Vec<Check>,
}

/// Each container's driver, judged.
pub fn judge_drivers(asked: &[WantedDriver], recipe: &Recipe) -> Judged {
    let left = left_by(recipe);
    let allows = match &left {
        AgentFile::Written(file) => Some(agent::read_agent_file(file)),
        AgentFile::Untold(_) => None,
    };
    let found: Vec<DriverFinding> = asked
        .iter()
        .map(|one| found(one, allows.as_ref(), recipe))
        .collect();
    let mut problems: Vec<String> = allows.iter().filter_map(unread).collect();
    problems.extend(found.iter().filter_map(|one| missing(one, &left)));
    let mut offers: Vec<Check> = found
        .iter()
        .filter_map(|one| offer(one, allows.as_ref()))
        .collect();
    offers.sort_by(|a, b| a.name.cmp(&b.name));
    offers.dedup();
    let mut doubts: Vec<String> = recipe
        .checks
        .iter()
        .filter_map(|check| search(check, &found))
        .collect();
    doubts.extend(allows.as_ref().and_then(lists_firelens));
    Judged {
        found,
        problems,
        doubts,
        offers,
    }
}

fn found(asked: &WantedDriver, allows: Option<&Allows>, recipe: &Recipe) -> DriverFinding {
    let driver = asked.driver.as_str();
    let asks = |check: &Check| asks_for(driver).contains(&in_one_line(&check.run));
    let checked = recipe.checks.iter().any(asks);
    let allowed = match allows {
        _ if driver == FIRELENS => Allowed::Always,
        Some(Allows::List(_)) if allows.is_some_and(|allows| allows.allows(driver)) => {
            Allowed::ByRecipe
        }
        Some(allows) if allows.allows(driver) => Allowed::ByDefault,
        Some(_) => Allowed::No,
        None if checked => Allowed::ByCheck,
        None => Allowed::Unknown,
    };
    DriverFinding {
        container: asked.container.clone(),
        driver: driver.to_owned(),
        allowed,
        checked,
    }
}

/// A value that the agent does not take as it was meant.
fn unread(allows: &Allows) -> Option<String> {
    match allows {
        Allows::NoArray(value) => Some(format!(
            "{SETTING} becomes `{}`, which is no JSON array: the agent passes over it and allows json-file and \
             none alone; write {SETTING}=[\"json-file\",\"...\"], with the quotes, and none around it",
            shown(value)
        )),
        Allows::NoStart(words) => Some(format!(
            "{SETTING} names `{}`, which the ECS agent does not know: it refuses its configuration and does not \
             start; correct it",
            shown(&words.join("`, `"))
        )),
        Allows::Defaults | Allows::List(_) => None,
    }
}

fn shown(value: &str) -> String {
    let shown: String = value
        .chars()
        .filter(|c| !c.is_control())
        .take(120)
        .collect();
    shown
}

fn missing(one: &DriverFinding, left: &AgentFile) -> Option<String> {
    let (container, driver) = (&one.container, &one.driver);
    match (one.allowed, left) {
        (Allowed::No, _) => Some(format!(
            "the container {container} logs to {driver}, which the recipe does not allow: add it to {SETTING}"
        )),
        (Allowed::Unknown, AgentFile::Untold(why)) => Some(format!(
            "the container {container} logs to {driver}, and whether the recipe allows it cannot be told from \
             its user data ({why}): add the check below, which asks on the image"
        )),
        _ => None,
    }
}

/// A check that looks for the driver's name in the text, as nobody but a person reads it.
fn search(check: &Check, found: &[DriverFinding]) -> Option<String> {
    let about = check.run.contains(SETTING) || check.run.contains("ecs.config");
    let word = |driver: &str| words(&check.run).any(|word| word == driver);
    let one = found
        .iter()
        .find(|one| about && !one.checked && word(&one.driver))?;
    Some(format!(
        "the check `{}` searches for {} in the text, and passes on values that the agent does not read so: the one \
         below asks as the agent does",
        check.name, one.driver
    ))
}

fn lists_firelens(allows: &Allows) -> Option<String> {
    allows.allows(FIRELENS).then(|| {
        format!(
            "{SETTING} names {FIRELENS}, which is allowed whatever the list says; agents of before 2021 do not start \
             over it: remove it"
        )
    })
}

fn offer(one: &DriverFinding, allows: Option<&Allows>) -> Option<Check> {
    let needed = !one.checked && one.allowed != Allowed::Always;
    let default = one.allowed == Allowed::ByDefault && allows == Some(&Allows::Defaults);
    needed.then(|| check_for(&one.driver, default))
}

/// A check that asks on the image, as the agent reads it: the last value, as one JSON array that holds the
/// driver. `default`: no value at all allows it too.
pub fn check_for(driver: &str, default: bool) -> Check {
    let [listed, unset] = asks_for(driver);
    Check {
        name: format!("{driver} is an allowed log driver"),
        run: if default { unset } else { listed },
    }
}

/// The commands that ask for a driver as the agent does: that the list has it, and that it has it or is not
/// set.
fn asks_for(driver: &str) -> [String; 2] {
    let word = "\"[a-z-]+\"";
    let listed = format!(
        "sed -n 's/^ *{SETTING}=//p' /etc/ecs/ecs.config | tail -n 1 | \
         grep -Eq '^ *\\[( *{word} *,)* *\"{driver}\" *(, *{word} *)*\\]'"
    );
    let unset = format!("! grep -q '^ *{SETTING}=' /etc/ecs/ecs.config || {listed}");
    [listed, unset]
}

/// A command as it is told from others: where its lines are broken does not matter.
fn in_one_line(run: &str) -> String {
    run.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Words as drivers' names are made of.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
}

#[cfg(test)]
#[path = "dockerrun/tests.rs"]
mod tests;
