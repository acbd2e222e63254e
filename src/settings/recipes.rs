//! Reads `[recipe.NAME]`: the user data's file and the checks.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::model::watch::{Check, Recipe};

use super::fault::{Problem, quoted_value};
use super::reading::{ConfigReading, ConfigSection, WrittenText};
use super::{user_data, values};

/// Every check travels in the user data, which ends at 16,384 bytes.
const MAX_CHECKS: usize = 64;

/// A check's name stands in tables, notices and the guest's report.
const MAX_CHECK_NAME_CHARS: usize = 80;

/// User data ends at 16,384 bytes as sent; what is larger than this does not compress to that.
pub(super) const MAX_FILE_BYTES: u64 = 1024 * 1024;

const TOO_LARGE: &str = "let the recipe fetch what is large: 16,384 bytes reach the guest";

/// A recipe as far as it was right.
pub(super) struct RecipeDraft<'t> {
    /// Its name as written.
    pub(super) written: WrittenText<'t>,
    /// `None` when something of it was wrong, which was reported.
    pub(super) recipe: Option<Recipe>,
}

pub(super) fn read_recipes<'t>(
    section: &ConfigSection<'t>,
    reading: &mut ConfigReading<'_>,
) -> BTreeMap<&'t str, RecipeDraft<'t>> {
    let mut drafts = BTreeMap::new();
    for (written, section) in section.named_sections() {
        let name = reading.parsed(Some(written.clone()), values::parse_name);
        let recipe = recipe(name, &section, reading);
        drafts.insert(written.text, RecipeDraft { written, recipe });
    }
    drafts
}

fn recipe(
    name: Option<String>,
    section: &ConfigSection<'_>,
    reading: &mut ConfigReading<'_>,
) -> Option<Recipe> {
    let template = section.boolean("template").unwrap_or(false);
    let unchecked = section.boolean("unchecked").unwrap_or(false);
    let mut names = BTreeSet::new();
    let boot = checks(section, "boot_checks", &mut names, reading);
    let checks = checks(section, "checks", &mut names, reading);
    too_many_checks(section, reading);
    check_that_checks_are_meant(section, unchecked, reading);
    let (user_data, path) = user_data(section, template, reading)?;
    Some(Recipe {
        name: name?,
        user_data,
        path,
        template,
        checks,
        boot_checks: boot,
        unchecked,
    })
}

/// A recipe without checks proves nothing, so that its author must say it; with both, one of the
/// two is a mistake.
fn check_that_checks_are_meant(
    section: &ConfigSection<'_>,
    unchecked: bool,
    reading: &mut ConfigReading<'_>,
) {
    let none = section.place_of("checks").is_none() || section.is_empty_list("checks");
    if none && !unchecked {
        let problem = Problem::new(
            "the recipe has no checks, so that nothing would be proved",
            "add `checks = [{ name = \"...\", run = \"...\" }]`, or say `unchecked = true`",
        );
        reading.fault_in_context(section.at.clone(), problem);
    }
    if !none && unchecked {
        let wrong = "the recipe says `unchecked = true` and has checks";
        let problem = Problem::new(wrong, "remove one of the two");
        reading.fault(section.place_of("unchecked").unwrap_or_default(), problem);
    }
}

/// The checks under one key. A fresh boot reports both lists, so that names count across them.
fn checks(
    section: &ConfigSection<'_>,
    key: &str,
    names: &mut BTreeSet<String>,
    reading: &mut ConfigReading<'_>,
) -> Vec<Check> {
    let written = section.sections(key);
    let checks = written
        .iter()
        .filter_map(|section| check(section, names, reading));
    checks.collect()
}

fn too_many_checks(section: &ConfigSection<'_>, reading: &mut ConfigReading<'_>) {
    let both = section.sections("checks").len() + section.sections("boot_checks").len();
    if both > MAX_CHECKS {
        let wrong = format!("{both} checks do not fit the user data");
        let right = format!("keep at most {MAX_CHECKS}; one check may run several commands");
        let at = section
            .place_of("checks")
            .or(section.place_of("boot_checks"));
        reading.fault(at.unwrap_or_default(), Problem::new(wrong, right));
    }
}

fn check(
    section: &ConfigSection<'_>,
    names: &mut BTreeSet<String>,
    reading: &mut ConfigReading<'_>,
) -> Option<Check> {
    let name = reading.required(section, "name", |text| {
        let name = check_name(text)?;
        if names.insert(name.clone()) {
            return Ok(name);
        }
        let wrong = format!("there is already a check {}", quoted_value(text));
        Err(Problem::new(
            wrong,
            "give each check of a recipe a name of its own",
        ))
    });
    let run = reading.required(section, "run", check_command);
    Some(Check {
        name: name?,
        run: run?,
    })
}

fn check_name(text: &str) -> Result<String, Problem> {
    if text.chars().count() > MAX_CHECK_NAME_CHARS {
        return Err(Problem::new(
            format!("the check's name is longer than {MAX_CHECK_NAME_CHARS} characters"),
            "shorten it; `run` can carry a comment",
        ));
    }
    values::parse_line(text, "a check's name")
}

fn check_command(text: &str) -> Result<String, Problem> {
    if text.trim().is_empty() {
        let wrong = "the check runs nothing, and nothing always passes";
        return Err(Problem::new(
            wrong,
            "write a command that exits 0 when all is well",
        ));
    }
    if text.contains('\0') {
        let wrong = "the check's command holds a NUL, which no shell can be given";
        return Err(Problem::new(wrong, "remove it"));
    }
    Ok(text.to_owned())
}

/// The file's text and its path.
fn user_data(
    section: &ConfigSection<'_>,
    template: bool,
    reading: &mut ConfigReading<'_>,
) -> Option<(String, PathBuf)> {
    let written = section.text("user_data");
    let at = written.as_ref().map_or(0..0, |written| written.at.clone());
    let name = reading.required(section, "user_data", |text| {
        values::parse_line(text, "a file's name")
    })?;
    let path = reading.resolve(&name);
    let read = reading.read_file(&path);
    let text = text_of(&path, read)
        .map_err(|problem| vec![problem])
        .and_then(|text| {
            let problems = user_data::user_data_problems(&text, template);
            if problems.is_empty() {
                Ok(text)
            } else {
                Err(problems)
            }
        });
    match text {
        Ok(text) => Some((text, path)),
        Err(problems) => {
            report(&path, at, problems, reading);
            None
        }
    }
}

/// The place is the key's, so that the file must be named.
fn report(path: &Path, at: Range<usize>, problems: Vec<Problem>, reading: &mut ConfigReading<'_>) {
    for Problem { wrong, right } in problems {
        let wrong = format!("{}: {wrong}", path.display());
        reading.fault(at.clone(), Problem { wrong, right });
    }
}

fn text_of(path: &Path, read: io::Result<Vec<u8>>) -> Result<String, Problem> {
    let bytes = read.map_err(|error| {
        let right = match (error.kind(), path.is_absolute()) {
            (io::ErrorKind::NotFound, false) => "paths are relative to the config file",
            (io::ErrorKind::NotFound, true) => "name a file that is there",
            (io::ErrorKind::FileTooLarge, _) => TOO_LARGE,
            (io::ErrorKind::InvalidInput | io::ErrorKind::IsADirectory, _) => "name a file",
            _ => "let the user that runs amiwatch read it",
        };
        Problem::new(format!("cannot be read: {error}"), right)
    })?;
    String::from_utf8(bytes).map_err(|error| {
        let line = error.as_bytes()[..error.utf8_error().valid_up_to()]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count();
        Problem::new(
            format!("line {} is not UTF-8", line + 1),
            "save the file as UTF-8",
        )
    })
}
