//! What is rehearsed: a recipe of the config, or a file of user data with checks from the command line.

use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;

use crate::cli::args::{Common, Rehearse};
use crate::cli::session::{WrongUsage, load_settings};
use crate::file_read;
use crate::flow::bake::render::render_recipe;
use crate::model::base::{BranchLifecycle, Release};
use crate::model::ids::{Architecture, ImageId};
use crate::model::watch::{Check, Recipe};
use crate::rehearse::guests::RehearsalSubject;
use crate::settings::user_data_problems;

/// A recipe or a file of checks; what is longer does not become 16,384 bytes of user data.
const FILE_MAX_BYTES: u64 = 1024 * 1024;

/// A file of checks, as a recipe of the config has them.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Checks {
    #[serde(default)]
    checks: Vec<Check>,
    #[serde(default)]
    boot_checks: Vec<Check>,
}

/// What is to be rehearsed, and what is wrong with it as written: a bake's config would be refused for
/// it, a rehearsal shows what it leads to.
pub(super) struct NamedSubject {
    pub(super) subject: RehearsalSubject,
    pub(super) problems: Vec<String>,
}

pub(super) fn named_subject(
    common: &Common,
    own: &Rehearse,
    named: &str,
) -> anyhow::Result<NamedSubject> {
    let recipe = match is_name(named) {
        true => of_config(common, own, named)?,
        false => of_file(own, Path::new(named))?,
    };
    let problems = user_data_problems(&recipe.user_data, recipe.template);
    let problems = problems
        .into_iter()
        .map(|problem| format!("{}; {}", problem.wrong, problem.right))
        .collect();
    let subject = subject(own, named, recipe)?;
    Ok(NamedSubject { subject, problems })
}

fn subject(own: &Rehearse, named: &str, recipe: Recipe) -> anyhow::Result<RehearsalSubject> {
    let user_data = match recipe.template {
        true => render_recipe(&recipe, &release(own, named)?)?,
        false => recipe.user_data,
    };
    Ok(RehearsalSubject {
        name: recipe.name,
        user_data,
        checks: recipe.checks,
        boot_checks: recipe.boot_checks,
        timeout: own.timeout.into(),
    })
}

/// Names are a-z, 0-9 and `-`; whatever else is a path.
fn is_name(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn of_config(common: &Common, own: &Rehearse, name: &str) -> anyhow::Result<Recipe> {
    if !own.check.is_empty() || own.checks.is_some() {
        let words = format!(
            "{name} is a recipe of the config, which has its own checks; a file of that name is ./{name}"
        );
        return Err(WrongUsage(words).into());
    }
    let mut settings = load_settings(common)?;
    if let Some(recipe) = settings.recipes.remove(name) {
        return Ok(recipe);
    }
    let known: Vec<&str> = settings.recipes.keys().map(String::as_str).collect();
    let words = format!(
        "there is no recipe {name} in {}; it has {}; a file of that name is ./{name}",
        settings.path.display(),
        known.join(", ")
    );
    Err(WrongUsage(words).into())
}

fn of_file(own: &Rehearse, path: &Path) -> anyhow::Result<Recipe> {
    let place = path.display();
    let user_data = file_read::read_text(path, FILE_MAX_BYTES).with_context(|| {
        format!("{place} cannot be read; name a recipe, or a file of user data")
    })?;
    let Checks {
        mut checks,
        boot_checks,
    } = checks_file(own.checks.as_deref())?;
    for written in &own.check {
        checks.push(check(written)?);
    }
    if checks.is_empty() {
        let words = "nothing would be proved: give at least one --check 'NAME=COMMAND'";
        return Err(WrongUsage(words.to_owned()).into());
    }
    let name = path.file_name().unwrap_or(path.as_os_str());
    Ok(Recipe {
        name: name.to_string_lossy().into_owned(),
        user_data,
        path: path.to_owned(),
        template: own.template,
        checks,
        boot_checks,
        unchecked: false,
    })
}

fn checks_file(path: Option<&Path>) -> anyhow::Result<Checks> {
    let Some(path) = path else {
        return Ok(Checks::default());
    };
    let place = path.display();
    let text = file_read::read_text(path, FILE_MAX_BYTES)
        .with_context(|| format!("{place} cannot be read; name a TOML file of checks"))?;
    toml::from_str(&text).map_err(|error| {
        // The parser's own text shows the line, which of another file may be a secret.
        let line = error
            .span()
            .map_or(0, |at| text[..at.start].matches('\n').count())
            + 1;
        let why = error.message().replace('\n', ", ");
        WrongUsage(format!(
            "{place}:{line}: {why}; write `checks` as a recipe has them"
        ))
        .into()
    })
}

/// `NAME=COMMAND`
fn check(written: &str) -> anyhow::Result<Check> {
    match written.split_once('=') {
        Some((name, run)) if !name.trim().is_empty() && !run.trim().is_empty() => Ok(Check {
            name: name.trim().to_owned(),
            run: run.to_owned(),
        }),
        _ => {
            let words = format!("`{written}` is no check: write it as 'NAME=COMMAND'");
            Err(WrongUsage(words).into())
        }
    }
}

/// The base that a template is rendered for: a rehearsal asks nobody which is the newest.
fn release(own: &Rehearse, named: &str) -> anyhow::Result<Release> {
    let (Some(name), Some(version)) = (&own.base_name, &own.base_version) else {
        let words = format!(
            "{named} is a template: say for which base, with --base-name IMAGE-NAME and --base-version VERSION"
        );
        return Err(WrongUsage(words).into());
    };
    Ok(Release {
        image: ImageId::from(own.base_image.as_str()),
        image_name: Some(name.clone()),
        version: version.clone(),
        architecture: Architecture::X86_64,
        created: None,
        deprecated_from: None,
        platform: None,
        branch_lifecycle: BranchLifecycle::NotSaid,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_files_are_told_apart_by_their_letters() {
        assert!(is_name("ecs-logging"));
        for path in ["./ecs-logging", "recipes/x.yaml", "x.sh", "/x"] {
            assert!(!is_name(path), "{path}");
        }
    }

    #[test]
    fn a_check_has_a_name_and_a_command_that_may_hold_more_equals_signs() {
        let read = check("a b =test x = x").unwrap();
        assert_eq!(
            (read.name.as_str(), read.run.as_str()),
            ("a b", "test x = x")
        );
        for wrong in ["", "name", "=true", "name= "] {
            assert!(check(wrong).is_err(), "{wrong}");
        }
    }
}
