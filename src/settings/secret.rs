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

/// Whether an address in the line holds a user's name and password, or may.
pub(super) fn holds_a_password(line: &str) -> bool {
    line.split_once("://")
        .is_some_and(|(_, rest)| rest.contains('@'))
}

/// A line as it may be shown: every address in it without its path, one `*` for each character.
pub(super) fn hidden(line: &str) -> String {
    let mut shown = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, address)) = rest.split_once("://") {
        shown.push_str(before);
        shown.push_str("://");
        let end = address.find(['"', '\'', ' ', ',', '}']);
        let (address, after) = address.split_at(end.unwrap_or(address.len()));
        let secret = match before.ends_with("http") || before.ends_with("https") {
            true => address.find(['/', '?', '#']).unwrap_or(address.len()),
            // A store's file is no secret.
            false => address.len(),
        };
        shown.push_str(&address[..secret]);
        shown.extend(address[secret..].chars().map(|_| '*'));
        rest = after;
    }
    shown.push_str(rest);
    shown
}

/// A value as it may be shown: without an address's path, and without what stands before its host.
pub(super) fn hidden_value(value: &str) -> String {
    let (scheme, address) = match value.split_once("://") {
        Some((scheme, address)) => (scheme, address),
        None => return value.to_owned(),
    };
    match address.rsplit_once('@') {
        Some((_, host)) => hidden(&format!("{scheme}://*@{host}")),
        None => hidden(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_path() {
        for (line, shown) in [
            (
                r#"slack = { webhook_url = "https://hooks.slack.com/services/T/B/x", a = 1 }"#,
                r#"slack = { webhook_url = "https://hooks.slack.com***************", a = 1 }"#,
            ),
            ("a = 'http://h?k=v'", "a = 'http://h****'"),
            ("a = \"https://h/x", "a = \"https://h**"),
            (
                "e = \"http://127.0.0.1:4599\"",
                "e = \"http://127.0.0.1:4599\"",
            ),
            ("https://a/1 and https://b/2", "https://a** and https://b**"),
            ("grüße = 1", "grüße = 1"),
            ("a = \"sqlite:///var/x\"", "a = \"sqlite:///var/x\""),
        ] {
            assert_eq!(hidden(line), shown);
            assert_eq!(line.chars().count(), shown.chars().count());
        }
    }

    #[test]
    fn a_value_is_shown_without_a_password_whatever_is_in_it() {
        for (value, shown) in [
            ("https://u:p@h/x", "https://*@h**"),
            ("https://u:p/q?r\"s t@h/x", "https://*@h**"),
            ("postgres://u:p@h/db", "postgres://*@h/db"),
            ("sqlite:///var/x", "sqlite:///var/x"),
            ("plain", "plain"),
        ] {
            assert_eq!(hidden_value(value), shown);
        }
        assert!(holds_a_password("e = \"https://u:p@h\""));
        assert!(holds_a_password("e = https://u:p w,\"@h"));
        assert!(!holds_a_password("e = \"https://h\""));
        assert!(!holds_a_password("mail = \"a@b.example\""));
    }

    /// An address at every place of a megabyte: each character is looked at once.
    #[test]
    fn many_addresses_are_hidden_in_one_go() {
        let line = "http://a/b ".repeat(1 << 16);
        assert_eq!(hidden(&line), "http://a** ".repeat(1 << 16));
    }
}
