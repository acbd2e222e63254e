//! What can be said of user data without running it. cloud-init ignores what it does not recognise
//! and ends in `done`, so that every slip found here is an hour's bake saved.

use super::cloud_config;
use super::fault::{Problem, quoted_value};
use crate::cloud_init::kind;
use crate::cloud_init::mime::{self, MimePart};
use crate::template::template_bound;

/// Everything that is wrong with user data as written, unrendered.
pub(super) fn user_data_problems(text: &str, template: bool) -> Vec<Problem> {
    let mut problems = Vec::new();
    match Form::of(text) {
        Ok(Form::Script) => problems.extend(blank_first_line(text)),
        // What a template becomes is seen when it is rendered.
        Ok(Form::CloudConfig) if !template => {
            problems.extend(cloud_config::cloud_config_problems(text))
        }
        Ok(Form::CloudConfig) => problems.extend(own_power_state(text)),
        Ok(Form::Mime) => {
            let parts = if template { Vec::new() } else { parts(text) };
            if parts.is_empty() {
                problems.extend(own_power_state(text));
            }
            problems.extend(included_part(text));
            problems.extend(parts.iter().flat_map(part_problems));
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
pub(super) fn user_data_doubts(text: &str) -> Vec<String> {
    match Form::of(text) {
        Ok(Form::CloudConfig) => cloud_config::cloud_config_doubts(text),
        Ok(Form::Mime) => {
            let parts = parts(text);
            let told = |part: &MimePart| {
                let doubts =
                    config_of(part).map(|config| cloud_config::cloud_config_doubts(&config));
                let named = |doubt| format!("{}: {doubt}", name_of(part));
                doubts.into_iter().flatten().map(named).collect::<Vec<_>>()
            };
            let mut doubts: Vec<String> = parts.iter().flat_map(told).collect();
            doubts.extend(replaced_keys(&parts));
            doubts
        }
        _ => Vec::new(),
    }
}

/// The shell code, each piece with the shell that runs it.
pub(super) fn shell(text: &str) -> Vec<(String, String)> {
    let of_script = |text: &str| {
        let code = kind::script(text);
        let first = code.lines().next().unwrap_or_default();
        let shell = shell_of(first.trim_start_matches("#!"));
        shell.map(|shell| (shell, code))
    };
    let of_config = |text: &str| {
        let commands = cloud_config::cloud_config_commands(text).into_iter();
        commands.map(|code| ("sh".to_owned(), code)).collect()
    };
    match Form::of(text) {
        Ok(Form::Script) => of_script(text).into_iter().collect(),
        Ok(Form::CloudConfig) => of_config(text),
        Ok(Form::Mime) => {
            let code = |part: MimePart| {
                let text = String::from_utf8_lossy(&part.body).into_owned();
                match part.content_type.as_str() {
                    "text/cloud-config" => of_config(&text),
                    kind if kind.starts_with("text/x-shellscript") => {
                        of_script(&text).into_iter().collect()
                    }
                    _ => Vec::new(),
                }
            };
            parts(text).into_iter().flat_map(code).collect()
        }
        _ => Vec::new(),
    }
}

/// A message's parts, of the kinds that cloud-init would take them for. What has no kind, and what cannot
/// be read, is told when the user data is composed.
fn parts(text: &str) -> Vec<MimePart> {
    let mut parts = mime::read_mime(text).unwrap_or_default();
    let mut room = kind::MAX_UNPACKED;
    parts.retain_mut(|part| kind::settle_kind(part, &mut room).is_ok());
    parts
}

fn name_of(part: &MimePart) -> String {
    match part.name.as_str() {
        "" => "a part without a name".to_owned(),
        name => format!("part {}", quoted_value(name)),
    }
}

fn config_of(part: &MimePart) -> Option<String> {
    let config = part.content_type == "text/cloud-config";
    config.then(|| String::from_utf8_lossy(&part.body).into_owned())
}

fn part_problems(part: &MimePart) -> Vec<Problem> {
    let problems = config_of(part).map(|config| cloud_config::cloud_config_problems(&config));
    let named = |problem: Problem| Problem {
        wrong: format!("{}: {}", name_of(part), problem.wrong),
        ..problem
    };
    problems.into_iter().flatten().map(named).collect()
}

/// The headers that say how a part is merged, in the only case in which cloud-init finds them.
const MERGE_HEADERS: [&str; 2] = ["Merge-Type", "X-Merge-Type"];

/// Keys of one cloud-config that a later one replaces.
fn replaced_keys(parts: &[MimePart]) -> Vec<String> {
    let mut before: Vec<String> = Vec::new();
    let mut doubts = Vec::new();
    for part in parts {
        let Some(config) = config_of(part) else {
            continue;
        };
        let keys = cloud_config::top_keys(&config);
        let header = |wanted: &str| part.headers.iter().any(|(name, _)| name == wanted);
        let merged = MERGE_HEADERS.into_iter().any(header)
            || ["merge_how", "merge_type"]
                .iter()
                .any(|key| keys.iter().any(|k| k == key));
        for key in keys.iter().filter(|key| !merged && before.contains(key)) {
            doubts.push(format!(
                "{} has {} as a part before it: cloud-init keeps the later one's alone, unless the part's \
                 header says `Merge-Type: list(append)+dict(no_replace,recurse_list)+str()`, in this case",
                name_of(part),
                quoted_value(key)
            ));
        }
        before.extend(keys);
    }
    doubts
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
    /// As cloud-init tells them: blank lines in front and capitals are forgiven.
    fn of(text: &str) -> Result<Self, Problem> {
        if mime::looks_like(text) {
            return Ok(Self::Mime);
        }
        let first = text.trim_start().lines().next().unwrap_or_default();
        match kind::sniff(text) {
            Some("text/cloud-config") => Ok(Self::CloudConfig),
            Some("text/cloud-boothook") => Ok(Self::Boothook),
            Some("text/x-shellscript") => Ok(Self::Script),
            kind => Err(not_recognised(text, first, kind)),
        }
    }
}

fn not_recognised(text: &str, first: &str, kind: Option<&str>) -> Problem {
    let (wrong, right) = match first {
        _ if text.trim().is_empty() => ("the file is empty".to_owned(), WHAT_IS_RIGHT),
        _ if first.starts_with('\u{feff}') => (
            "the file begins with a byte order mark, so that cloud-init would ignore it".to_owned(),
            "save it as UTF-8 without one",
        ),
        _ if kind.is_some_and(|kind| kind.starts_with("text/x-include")) => (
            "`#include` runs what a URL holds on that day, which nothing can prove".to_owned(),
            "put the text itself into the recipe",
        ),
        _ if kind == Some("text/jinja2") || first.starts_with("## template:") => (
            "cloud-init's own templates are not supported".to_owned(),
            "say `template = true` in the config and use minijinja, or write it out",
        ),
        _ if kind.is_some() => (
            "a part handler or an archive is not a form that recipes can have".to_owned(),
            WHAT_IS_RIGHT,
        ),
        // Not quoted: a file that is no recipe may be one of secrets.
        _ => (
            "cloud-init would ignore it: its first line is none that it knows".to_owned(),
            WHAT_IS_RIGHT,
        ),
    };
    Problem::new(wrong, right)
}

/// cloud-init takes it for a script and writes it as it is; the kernel wants `#!` at the very beginning.
fn blank_first_line(text: &str) -> Option<Problem> {
    (!text.starts_with("#!")).then(|| {
        Problem::new(
            "it begins with a blank in front of `#!`, so that cloud-init would write a script that cannot start",
            "remove what stands in front of `#!`",
        )
    })
}

/// The bake ends by powering off itself; a recipe that does so first kills the proof. For what cannot be read
/// as YAML, or not yet.
fn own_power_state(text: &str) -> Option<Problem> {
    let at = text.lines().position(|line| {
        let key = line.split(':').next().unwrap_or_default().trim_end();
        line.contains(':') && key.trim_matches(['"', '\'']) == "power_state"
    })?;
    Some(cloud_config::power_state_at(at + 1))
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

/// Longer than any fact of a base that a template is given: names of images end at 128.
const FACT_MAX: usize = 255;

/// A template that cannot be read, or that has no bound: it would end the process, not only the bake.
fn template_fault(text: &str) -> Option<Problem> {
    let right = "correct it, or leave `template` out if the braces are meant for another program";
    let refusal = match template_bound(text, FACT_MAX) {
        Err(refusal) => refusal,
        Ok(_) => return uncompilable(text, right),
    };
    let (line, why) = (refusal.line, &refusal.why);
    Some(Problem::new(
        format!("the template is wrong at line {line}: {why}"),
        right,
    ))
}

fn uncompilable(text: &str, right: &str) -> Option<Problem> {
    let mut templates = minijinja::Environment::new();
    let error = templates.add_template("user data", text).err()?;
    let detail = error.detail().unwrap_or("it cannot be compiled").to_owned();
    Some(Problem::new(
        format!("the template is wrong: {detail}"),
        right,
    ))
}
