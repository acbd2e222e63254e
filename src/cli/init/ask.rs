//! Asks a person, on a terminal, on stderr: what is written to stdout stays for programs.

use std::collections::BTreeSet;
use std::io::IsTerminal as _;
use std::path::Path;

use anyhow::Context as _;
use dialoguer::theme::{ColorfulTheme, SimpleTheme, Theme};
use dialoguer::{Confirm, Input, MultiSelect};

use super::acceptable;
use crate::flow::draft::{Answers, DraftSource, Group};

/// True when there is somebody to ask.
pub(super) fn can() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks, with what would be taken otherwise as the answers to begin with. Absent: nothing is to be
/// written.
pub(super) fn ask_person(
    found: &DraftSource,
    mut answers: Answers,
    output: &Path,
) -> anyhow::Result<Option<Answers>> {
    let theme: Box<dyn Theme> = match crate::cli::colours() {
        true => Box::new(ColorfulTheme::default()),
        false => Box::new(SimpleTheme),
    };
    let theme = theme.as_ref();
    let (environments, watches) = (
        found
            .groups
            .iter()
            .map(|group| group.members.len())
            .sum::<usize>(),
        found.groups.len(),
    );
    eprintln!("Found {environments} environments, which make {watches} watches.");
    let write = asked(questions(found, &mut answers, output, theme))?;
    Ok(write.then_some(answers))
}

fn questions(
    found: &DraftSource,
    answers: &mut Answers,
    output: &Path,
    theme: &dyn Theme,
) -> dialoguer::Result<bool> {
    answers.without = unwanted(found, theme)?;
    answers.installation = Input::with_theme(theme)
        .with_prompt("Installation: the name that owns what amiwatch makes")
        .default(answers.installation.clone())
        .validate_with(|name: &String| {
            right(&format!(
                "installation = {}",
                toml::Value::from(name.as_str())
            ))
        })
        .interact_text()?;
    let watched = found
        .groups
        .iter()
        .filter(|group| !answers.without.contains(&group.name));
    let mut bake = BTreeSet::new();
    for group in watched.filter(|group| group.has_shipped_recipe()) {
        if bakes(group, answers.bake.contains(&group.name), theme)? {
            bake.insert(group.name.clone());
        }
    }
    answers.bake = bake;
    let topic: String = Input::with_theme(theme)
        .with_prompt("SNS topic to tell, by ARN (empty: the log alone)")
        .allow_empty(true)
        .validate_with(|arn: &String| match arn.as_str() {
            "" => Ok(()),
            arn => right(&format!(
                "[notify.ops]\nsns = {{ topic_arn = {} }}",
                toml::Value::from(arn)
            )),
        })
        .interact_text()?;
    answers.topic = (!topic.is_empty()).then_some(topic);
    Confirm::with_theme(theme)
        .with_prompt(format!("Write {}?", output.display()))
        .default(true)
        .interact()
}

/// The groups that shall have no watch.
fn unwanted(found: &DraftSource, theme: &dyn Theme) -> dialoguer::Result<BTreeSet<String>> {
    if found.groups.len() < 2 {
        return Ok(BTreeSet::new());
    }
    let items: Vec<(String, bool)> = found
        .groups
        .iter()
        .map(|group| (line(group), true))
        .collect();
    let wanted = MultiSelect::with_theme(theme)
        .with_prompt("Watch which? (space: yes or no, enter: go on)")
        .items_checked(items)
        .report(false)
        .interact()?;
    let groups = found.groups.iter().enumerate();
    let without = groups.filter(|(nth, _)| !wanted.contains(nth));
    Ok(without.map(|(_, group)| group.name.clone()).collect())
}

fn line(group: &Group) -> String {
    format!(
        "{}: {} ({}) in {}, environments: {}",
        group.name,
        group.branch,
        group.architecture,
        group.region,
        group.members.len()
    )
}

fn bakes(group: &Group, default: bool, theme: &dyn Theme) -> dialoguer::Result<bool> {
    Confirm::with_theme(theme)
        .with_prompt(format!(
            "{}: bake by itself from the shipped recipe ecs-logging (more ECS log drivers)?",
            group.name
        ))
        .default(default)
        .interact()
}

fn asked(answer: dialoguer::Result<bool>) -> anyhow::Result<bool> {
    match answer {
        Ok(write) => Ok(write),
        Err(dialoguer::Error::IO(error)) if error.kind() == std::io::ErrorKind::Interrupted => {
            anyhow::bail!("stopped; nothing was written")
        }
        Err(error) => Err(error).context("the terminal cannot be read; use --yes"),
    }
}

/// What the config's own parser would have instead; short, since it stands above the question.
fn right(line: &str) -> Result<(), String> {
    acceptable(line).map_err(|(_, right)| right)
}
