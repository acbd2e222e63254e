//! Reads a receiver that is a command of one's own.

use std::time::Duration;

use super::super::fault::{Problem, quoted_value};
use super::super::reading::{ConfigReading, ConfigSection};
use super::super::values::{self, SECOND};
use super::NotifierKind;

/// The daemon waits for it.
const TIMEOUT_MAX: Duration = Duration::from_secs(120);
const TIMEOUT: Duration = Duration::from_secs(30);

pub(super) fn exec(
    section: &ConfigSection<'_>,
    reading: &mut ConfigReading<'_>,
) -> Option<NotifierKind> {
    let limit = |text: &str| values::parse_duration(text, SECOND, TIMEOUT_MAX);
    let timeout = reading
        .parsed(section.text("timeout"), limit)
        .unwrap_or(TIMEOUT);
    let there = section.place_of("command").is_some();
    let written = match section.texts("command") {
        // The walk has reported one that is no list.
        None if there => return None,
        written => written.unwrap_or_default(),
    };
    let Some(program) = written.first().cloned() else {
        let at = section
            .place_of("command")
            .unwrap_or_else(|| section.at.clone());
        let right = "add `command = [\"/usr/local/bin/hear\"]`: the program, then its arguments";
        reading.fault_in_context(at, Problem::new("there is no command to run", right));
        return None;
    };
    reading.parsed(Some(program), absolute)?;
    let command = reading.each_parsed(written, argument);
    Some(NotifierKind::Exec { command, timeout })
}

/// A daemon's folder is not the one in which a config was written, and its PATH is short.
fn absolute(text: &str) -> Result<(), Problem> {
    match text.starts_with('/') && !text.ends_with('/') {
        true => Ok(()),
        false => Err(Problem::new(
            format!("{} is not the whole path of a program", quoted_value(text)),
            "write it from `/` on; no shell reads it, so arguments are texts of their own",
        )),
    }
}

fn argument(text: &str) -> Result<String, Problem> {
    match text.contains('\0') {
        true => Err(Problem::new(
            "an argument holds a NUL, which no program can be given",
            "remove it",
        )),
        false => Ok(text.to_owned()),
    }
}
