//! Reads where a secret is kept, and keeps one that was written out by mistake from being shown.
//!
//! The form alone is checked: what the environment, a file or SSM holds is read when it is needed.

use std::path::Path;

use crate::model::secret::SecretSource;

use super::fault::Problem;
use super::reading::{ConfigReading, ConfigSection};

/// `{ env = ... }`, `{ file = ... }`, `{ credential = ... }` or `{ ssm = ... }`: one of them.
pub(super) fn read_secret(
    section: &ConfigSection<'_>,
    key: &str,
    reading: &mut ConfigReading<'_>,
) -> Option<SecretSource> {
    let Some(at) = section.place_of(key) else {
        let right = format!("add `{key} = {{ env = \"...\" }}`");
        let problem = Problem::new(format!("`{key}` is missing"), right);
        reading.fault_in_context(section.at.clone(), problem);
        return None;
    };
    let kept = section.section(key);
    let ways = ["env", "file", "credential", "ssm"];
    let given: Vec<&str> = ways
        .into_iter()
        .filter(|way| kept.place_of(way).is_some())
        .collect();
    match given[..] {
        ["env"] => reading.parsed(kept.text("env"), variable),
        ["file"] => {
            let written = reading.parsed(kept.text("file"), file)?;
            Some(SecretSource::File(reading.resolve(&written)))
        }
        ["credential"] => reading.parsed(kept.text("credential"), credential),
        ["ssm"] => reading.parsed(kept.text("ssm"), parameter),
        [] => {
            // A value that is no table has been reported by the walk.
            if section.text(key).is_none() {
                let right = "name one of `env`, `file`, `credential` and `ssm`";
                let problem = Problem::new(format!("`{key}` does not say where it is kept"), right);
                reading.fault_in_context(at, problem);
            }
            None
        }
        _ => {
            let wrong = format!("`{key}` is kept in {} places", given.len());
            reading.fault(at, Problem::new(wrong, "name one of them"));
            None
        }
    }
}

fn variable(text: &str) -> Result<SecretSource, Problem> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !text.is_empty() && text.chars().all(fits) && !text.starts_with(|c: char| c.is_ascii_digit())
    {
        return Ok(SecretSource::Env(text.to_owned()));
    }
    // Not quoted: it may be the secret itself.
    Err(Problem::new(
        "this is not the name of a variable",
        "write the name alone, such as \"SLACK_WEBHOOK_URL\"",
    ))
}

fn file(text: &str) -> Result<String, Problem> {
    if text.starts_with("https:") || text.starts_with("http:") {
        return Err(Problem::new(
            "this is an address and not a file",
            "write it into a file that only amiwatch's user may read, and name that file",
        ));
    }
    match text.trim().is_empty() || text.contains(char::is_control) {
        true => Err(Problem::new("this names no file", "write a file's path")),
        false => Ok(text.to_owned()),
    }
}

fn credential(text: &str) -> Result<SecretSource, Problem> {
    let plain = Path::new(text).components().count() == 1 && !text.starts_with('.');
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if plain && text.len() <= 255 && text.chars().all(fits) {
        return Ok(SecretSource::Credential(text.to_owned()));
    }
    Err(Problem::new(
        "this is not the name of a systemd credential",
        "write the name that LoadCredential= gives it, such as \"slack-webhook\"",
    ))
}

fn parameter(text: &str) -> Result<SecretSource, Problem> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_./:".contains(c);
    let named = text.starts_with('/') || text.starts_with("arn:");
    if named && text.len() <= 1011 && text.chars().all(fits) && !text.contains("//") {
        return Ok(SecretSource::Ssm(text.to_owned()));
    }
    Err(Problem::new(
        // Not quoted: it may be the secret itself.
        "this is not a parameter's name",
        "write its full name, such as \"/amiwatch/slack-webhook\"",
    ))
}
