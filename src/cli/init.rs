//! `init`: surveys, asks a person on a terminal, and writes a config. Never writes over a file.

mod ask;

mod files;

use std::path::Path;

use anyhow::bail;
use serde::Serialize;

use super::args::{Common, Format, Init as Arguments};
use super::draw;
use super::session::{WrongUsage, connection};
use crate::clock::Clock;
use crate::cloud::Reach;
use crate::flow::draft::{Answers, ConfigDraft, DraftSource, draft, found};
use crate::flow::exit_code::Exit;
use crate::model::reason::Reason;
use crate::service::desk::survey::see_everything;

/// `init --format json`
#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    config: String,
    files: Vec<String>,
    watches: Vec<&'a str>,
    left_out: Vec<Left<'a>>,
    managed_updates: Vec<Managed>,
    unreachable: &'a [String],
}

#[derive(Serialize)]
struct Left<'a> {
    environment: &'a str,
    why: &'a str,
}

#[derive(Serialize)]
struct Managed {
    environment: String,
    reason: Reason,
}

pub(super) async fn run_init(common: &Common, own: &Arguments) -> anyhow::Result<Exit> {
    if !own.yes && !ask::can() {
        bail!(WrongUsage(
            "there is no terminal to ask on; `--yes` takes the defaults, which tell and bake nothing"
                .to_owned()
        ));
    }
    if let Some(name) = &own.installation {
        acceptable(&format!(
            "installation = {}",
            toml::Value::from(name.as_str())
        ))
        .map_err(|(wrong, right)| WrongUsage(format!("{wrong}; {right}")))?;
    }
    files::refuse_existing(&own.output)?;
    let clock = Clock::real();
    let connection = connection(&Reach::default(), &clock).await;
    let found = found(&see_everything(&connection, &clock, &own.regions).await?);
    for unanswered in &found.unanswered {
        eprintln!("unreachable: {unanswered}");
    }
    if found.groups.is_empty() {
        return Ok(nothing(&found));
    }
    let taken = taken(&found, own, &clock);
    let answers = match own.yes {
        true => Some(taken),
        false => ask::ask_person(&found, taken, &own.output)?,
    };
    let Some(answers) = answers else {
        eprintln!("amiwatch: nothing was written");
        return Ok(Exit::Done);
    };
    write(common, own, &found, &answers)
}

/// What is taken where nobody is asked.
fn taken(found: &DraftSource, own: &Arguments, clock: &Clock) -> Answers {
    let account = found
        .account
        .as_ref()
        .map_or("fleet", |account| account.as_str());
    let shipped = found
        .groups
        .iter()
        .filter(|group| group.has_shipped_recipe());
    let bake = match own.bake {
        true => shipped.map(|group| group.name.clone()).collect(),
        false => Default::default(),
    };
    Answers {
        installation: own
            .installation
            .clone()
            .unwrap_or_else(|| format!("amiwatch-{account}")),
        without: Default::default(),
        bake,
        topic: None,
        store: store(&own.output),
        day: clock.now().format("%Y-%m-%d").to_string(),
    }
}

/// A config for a person's own use keeps the store beside it; one of the system where services do.
fn store(output: &Path) -> Option<String> {
    (!output.starts_with("/etc")).then(|| "sqlite://amiwatch.db".to_owned())
}

/// No environment: a config would watch nothing.
fn nothing(found: &DraftSource) -> Exit {
    for left in &found.left_out {
        eprintln!("left out: {}: {}", left.environment, left.why);
    }
    eprintln!(
        "amiwatch: no environment was found that a config could watch, so nothing was written; name \
         another region with --region (`--region all` for every one), or see what `amiwatch survey` says"
    );
    match found.unanswered.is_empty() {
        true => Exit::Failed,
        false => Exit::CannotTell,
    }
}

fn write(
    common: &Common,
    own: &Arguments,
    found: &DraftSource,
    answers: &Answers,
) -> anyhow::Result<Exit> {
    let draft = draft(found, answers);
    files::prove(&own.output, &draft)?;
    let written = files::write_draft(&own.output, &draft)?;
    match common.format {
        Format::Json => draw::print_json(&Answer {
            schema: "amiwatch.init/1",
            config: own.output.display().to_string(),
            files: written,
            watches: watches(found, answers).collect(),
            left_out: found
                .left_out
                .iter()
                .map(|left| Left {
                    environment: &left.environment,
                    why: &left.why,
                })
                .collect(),
            managed_updates: found
                .managed_updates(&answers.without)
                .into_iter()
                .map(|(environment, reason)| Managed {
                    environment,
                    reason,
                })
                .collect(),
            unreachable: &found.unanswered,
        })?,
        Format::Table => show(own, found, answers, &draft, &written),
    }
    Ok(match found.unanswered.is_empty() {
        true => Exit::Done,
        false => Exit::CannotTell,
    })
}

/// The watches that are written, by name.
fn watches<'a>(found: &'a DraftSource, answers: &'a Answers) -> impl Iterator<Item = &'a str> {
    let names = found.groups.iter().map(|group| group.name.as_str());
    names.filter(|name| !answers.without.contains(*name))
}

fn show(
    own: &Arguments,
    found: &DraftSource,
    answers: &Answers,
    draft: &ConfigDraft,
    written: &[String],
) {
    let watches: Vec<&str> = watches(found, answers).collect();
    let output = own.output.display();
    println!("wrote {output}: {}", watches.join(", "));
    written.iter().for_each(|file| println!("wrote {file}"));
    for left in &found.left_out {
        println!("left out {}: {}", left.environment, left.why);
    }
    for (name, reason) in found.managed_updates(&answers.without) {
        println!("{name}");
        draw::reason(&reason);
    }
    let config = match own.output == Path::new("amiwatch.toml") {
        true => String::new(),
        false => format!(" --config {output}"),
    };
    println!("next:");
    match draft.files.len() {
        0 => println!("  read {output}"),
        1 => println!("  read {output} and the recipe beside it"),
        _ => println!("  read {output} and the recipes beside it"),
    }
    for (command, does) in [
        (
            "config check",
            "says everything that is wrong with the config",
        ),
        ("plan", "what a pass would do, and why; changes nothing"),
        ("run --once", "makes one pass"),
    ] {
        println!("  amiwatch {command}{config}  # {does}");
    }
}

/// What the config's own parser says of one line: what is wrong and what would be right, when it is
/// not.
fn acceptable(line: &str) -> Result<(), (String, String)> {
    let nothing = |_: &Path| Err(std::io::Error::from(std::io::ErrorKind::NotFound));
    let Err(faults) = crate::settings::parse_config(line, Path::new("answer"), &nothing) else {
        return Ok(());
    };
    let first = faults.iter().next().map(|fault| &fault.problem);
    Err(first.map_or_else(Default::default, |one| {
        (one.wrong.clone(), one.right.clone())
    }))
}
