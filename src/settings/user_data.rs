//! What can be said of user data without running it. cloud-init ignores what it does not recognise
//! and ends in `done`, so that every slip found here is an hour's bake saved.

use super::cloud_config;
use super::fault::{Problem, quoted};

/// Everything that is wrong with user data as written, unrendered.
pub(super) fn problems(text: &str, template: bool) -> Vec<Problem> {
    let mut problems = Vec::new();
    match Form::of(text) {
        Ok(Form::Script) => problems.extend(carriage_return(text)),
        Ok(form @ (Form::CloudConfig | Form::Mime)) => {
            problems.extend(own_power_state(text));
            // What a template becomes is seen when it is rendered.
            if form == Form::CloudConfig && !template {
                problems.extend(cloud_config::problems(text));
            }
            if form == Form::Mime {
                problems.extend(included_part(text));
            }
        }
        Ok(Form::Boothook) => {}
        Err(problem) => problems.push(problem),
    }
    if template {
        problems.extend(template_fault(text));
    }
    problems
}

/// What is allowed and probably not meant, one sentence each.
pub(super) fn doubts(text: &str) -> Vec<String> {
    let Ok(Form::CloudConfig) = Form::of(text) else {
        return Vec::new();
    };
    let doubt = |key: String| {
        format!(
            "no module of cloud-init has the key {}: without one of the base's own, nothing reads it",
            quoted(&key)
        )
    };
    cloud_config::strangers(text)
        .into_iter()
        .map(doubt)
        .collect()
}

/// The shell code, each piece with the shell that runs it.
pub(super) fn shell(text: &str) -> Vec<(String, String)> {
    match Form::of(text) {
        Ok(Form::Script) => {
            let first = text.lines().next().unwrap_or_default();
            let shell = shell_of(first.trim_start_matches("#!"));
            shell
                .map(|shell| (shell, text.to_owned()))
                .into_iter()
                .collect()
        }
        Ok(Form::CloudConfig) => {
            let commands = cloud_config::commands(text).into_iter();
            commands.map(|code| ("sh".to_owned(), code)).collect()
        }
        _ => Vec::new(),
    }
}

/// The shell of a `#!` line: `/bin/bash -e` and `/usr/bin/env bash` are both bash. Other interpreters
/// are not ours to read.
fn shell_of(interpreter: &str) -> Option<String> {
    let words = interpreter.split_whitespace();
    let name = |word: &str| word.rsplit('/').next().unwrap_or(word).to_owned();
    let named = words.map(name).find(|word| word != "env")?;
    ["sh", "bash", "dash", "ash"]
        .contains(&named.as_str())
        .then_some(named)
}

/// The forms that can be put beside amiwatch's own parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    CloudConfig,
    Script,
    Boothook,
    Mime,
}

const WHAT_IS_RIGHT: &str = "begin the file with `#cloud-config`, `#!/bin/sh`, `#cloud-boothook` \
                             or a MIME header";

impl Form {
    /// cloud-init forgives blank lines and capitals in front; amiwatch does not, so that what was
    /// checked here is what is wrapped there.
    fn of(text: &str) -> Result<Self, Problem> {
        let first = text.lines().next().unwrap_or_default();
        let word = first.split_whitespace().next().unwrap_or_default();
        let lower = first.to_ascii_lowercase();
        match word {
            "#cloud-config" if first.starts_with('#') => Ok(Self::CloudConfig),
            "#cloud-boothook" if first.starts_with('#') => Ok(Self::Boothook),
            _ if first.starts_with("#!") => Ok(Self::Script),
            _ if lower.starts_with("content-type:") || lower.starts_with("mime-version:") => {
                Ok(Self::Mime)
            }
            _ => Err(not_recognised(text, first)),
        }
    }
}

fn not_recognised(text: &str, first: &str) -> Problem {
    let (wrong, right) = match first {
        _ if text.trim().is_empty() => ("the file is empty".to_owned(), WHAT_IS_RIGHT),
        _ if first.starts_with('\u{feff}') => (
            "the file begins with a byte order mark, so that cloud-init would ignore it".to_owned(),
            "save it as UTF-8 without one",
        ),
        _ if first.starts_with("#include") => (
            "`#include` runs what a URL holds on that day, which nothing can prove".to_owned(),
            "put the text itself into the recipe",
        ),
        _ if first.starts_with("## template:") => (
            "cloud-init's own templates are not supported".to_owned(),
            "say `template = true` in the config and use minijinja, or write it out",
        ),
        _ if first.starts_with("#part-handler") || first.starts_with("#cloud-config-") => (
            format!("{} is not a form that recipes can have", quoted(first)),
            WHAT_IS_RIGHT,
        ),
        _ => (
            format!("cloud-init would ignore it: line 1 is {}", quoted(first)),
            WHAT_IS_RIGHT,
        ),
    };
    Problem::new(wrong, right)
}

/// `#!/bin/sh` with a carriage return names a program that is not there.
fn carriage_return(text: &str) -> Option<Problem> {
    let first = text.split('\n').next()?;
    first.ends_with('\r').then(|| {
        Problem::new(
            "line 1 ends with a carriage return, so that the script cannot start",
            "save the file with Unix line ends",
        )
    })
}

/// The bake ends by powering off itself; a recipe that does so first kills the proof.
fn own_power_state(text: &str) -> Option<Problem> {
    let at = text.lines().position(|line| {
        let key = line.split(':').next().unwrap_or_default().trim_end();
        line.contains(':') && key.trim_matches(['"', '\'']) == "power_state"
    })?;
    Some(Problem::new(
        format!(
            "line {} sets `power_state`, which amiwatch needs for itself",
            at + 1
        ),
        "remove it: the builder powers off once its report is out",
    ))
}

/// A part of a MIME message that is an `#include`.
fn included_part(text: &str) -> Option<Problem> {
    let at = text.lines().position(|line| {
        let lower = line.to_ascii_lowercase();
        let header = lower.starts_with("content-type:") && lower.contains("x-include");
        header || lower.starts_with("#include")
    })?;
    Some(Problem::new(
        format!("line {} includes a URL, which nothing can prove", at + 1),
        "put the text itself into the recipe",
    ))
}

fn template_fault(text: &str) -> Option<Problem> {
    let mut templates = minijinja::Environment::new();
    let error = templates.add_template("user data", text).err()?;
    let place = error
        .line()
        .map_or(String::new(), |line| format!(" at line {line}"));
    let detail = error.detail().unwrap_or("it cannot be parsed").to_owned();
    Some(Problem::new(
        format!("the template is wrong{place}: {detail}"),
        "correct it, or leave `template` out if the braces are meant for another program",
    ))
}
