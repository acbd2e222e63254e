//! `recipe check`: what can be said of the config's recipes without booting them.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use serde::Serialize;

use super::args::{Common, Format, RecipeArguments as Arguments, RecipeCheck, RecipeCommand};
use super::draw;
use super::session::{WrongUsage, load_settings};
use super::shells::{program_of, syntax};
use crate::file_read;
use crate::flow::bake::user_data::{BuilderGuest, LIMIT, compose_builder};
use crate::flow::dockerrun::{self, Allowed, DriverFinding, Judged};
use crate::flow::exit_code::Exit;
use crate::model::watch::{Check, Recipe};
use crate::settings::{Settings, user_data_doubts, user_data_shell};

/// A file of a hundred containers has a tenth of this.
const DOCKERRUN_MAX_BYTES: u64 = 1024 * 1024;

/// `recipe check --format json`
#[derive(Serialize)]
struct Answer {
    schema: &'static str,
    recipes: Vec<Checked>,
}

/// One recipe.
#[derive(Serialize)]
struct Checked {
    recipe: String,
    /// As sent; absent for a template, whose size shows when it is rendered.
    user_data_bytes: Option<usize>,
    checks: usize,
    boot_checks: usize,
    problems: Vec<String>,
    /// What is probably not meant.
    doubts: Vec<String>,
    /// Each container's log driver, when a Dockerrun.aws.json was named.
    log_drivers: Vec<DriverFinding>,
    /// Checks that would prove what no check proves yet.
    offers: Vec<Check>,
    /// Each shell that runs code of the recipe, and the program that read it here; none where there is none.
    shells: BTreeMap<String, Option<String>>,
}

pub(super) fn run_recipe(common: &Common, own: &Arguments) -> anyhow::Result<Exit> {
    match &own.command {
        RecipeCommand::Check(own) => check(common, own),
    }
}

fn check(common: &Common, own: &RecipeCheck) -> anyhow::Result<Exit> {
    let settings = load_settings(common)?;
    let asked = own.dockerrun.as_deref().map(dockerrun_file).transpose()?;
    let mut recipes = Vec::new();
    for recipe in chosen(&settings, own)? {
        recipes.push(checked(&settings, recipe, asked.as_deref())?);
    }
    let wrong = recipes.iter().any(|one| !one.problems.is_empty());
    match common.format {
        Format::Json => draw::print_json(&Answer {
            schema: "amiwatch.recipe_check/1",
            recipes,
        })?,
        Format::Table => recipes.iter().for_each(show),
    }
    Ok(if wrong { Exit::Failed } else { Exit::Done })
}

fn dockerrun_file(path: &Path) -> anyhow::Result<Vec<dockerrun::WantedDriver>> {
    let place = path.display();
    let bytes = file_read::read_bytes(path, DOCKERRUN_MAX_BYTES)
        .with_context(|| format!("{place} cannot be read; name a Dockerrun.aws.json"))?;
    dockerrun::wanted_drivers(&bytes).with_context(|| place.to_string())
}

/// The recipe that was named, or all of them; an application belongs to one.
fn chosen<'s>(settings: &'s Settings, own: &RecipeCheck) -> anyhow::Result<Vec<&'s Recipe>> {
    let known: Vec<&str> = settings.recipes.keys().map(String::as_str).collect();
    let known = known.join(", ");
    let words = match (&own.recipe, &own.dockerrun) {
        (Some(name), _) => match settings.recipes.get(name) {
            Some(recipe) => return Ok(vec![recipe]),
            None => format!("there is no recipe {name}; the config has {known}"),
        },
        (None, Some(_)) if settings.recipes.len() > 1 => {
            format!("say which recipe the application runs on: {known}")
        }
        (None, _) if settings.recipes.is_empty() => {
            "the config has no recipe to check; add `[recipe.NAME]`".to_owned()
        }
        (None, _) => return Ok(settings.recipes.values().collect()),
    };
    Err(WrongUsage(words).into())
}

fn checked(
    settings: &Settings,
    recipe: &Recipe,
    asked: Option<&[dockerrun::WantedDriver]>,
) -> anyhow::Result<Checked> {
    let mut problems = Vec::new();
    let mut doubts = user_data_doubts(&recipe.user_data);
    let user_data_bytes = size(settings, recipe, &mut problems);
    let shells = read_by_shells(recipe, &mut problems, &mut doubts)?;
    let judged = asked.map(|asked| dockerrun::judge_drivers(asked, recipe));
    if asked.is_some_and(<[_]>::is_empty) {
        doubts.push("no container of the application asks for a log driver".to_owned());
    }
    let Judged {
        found,
        problems: refused,
        doubts: unproved,
        offers,
    } = judged.unwrap_or_default();
    problems.extend(refused);
    doubts.extend(unproved);
    Ok(Checked {
        recipe: recipe.name.clone(),
        user_data_bytes,
        checks: recipe.checks.len(),
        boot_checks: recipe.boot_checks.len(),
        problems,
        doubts,
        log_drivers: found,
        offers,
        shells,
    })
}

/// The bytes of the builder's user data, as a bake would send it.
fn size(settings: &Settings, recipe: &Recipe, problems: &mut Vec<String>) -> Option<usize> {
    if recipe.template {
        return None;
    }
    let composed = compose_builder(&BuilderGuest {
        user_data: &recipe.user_data,
        checks: &recipe.checks,
        nonce: &"0".repeat(32),
        deadline_s: settings.builder.timeout.as_secs(),
        proof: settings.builder.proof,
        kept: settings.builder.keep_failed.is_some(),
    });
    match composed {
        Ok(bytes) => Some(bytes.len()),
        Err(error) => {
            problems.push(error.to_string());
            None
        }
    }
}

/// Has each shell read its code, without running it, and says which programs those were.
fn read_by_shells(
    recipe: &Recipe,
    problems: &mut Vec<String>,
    doubts: &mut Vec<String>,
) -> anyhow::Result<BTreeMap<String, Option<String>>> {
    let mut pieces: Vec<(String, String, String)> = Vec::new();
    if !recipe.template {
        let code = user_data_shell(&recipe.user_data).into_iter();
        pieces.extend(code.map(|(shell, code)| (format!("its {shell} code"), shell, code)));
    }
    for check in recipe.checks.iter().chain(&recipe.boot_checks) {
        let what = format!("the check `{}`", check.name);
        pieces.push((what, "sh".to_owned(), check.run.clone()));
    }
    let mut shells = BTreeMap::new();
    for (what, shell, code) in pieces {
        let by = shells
            .entry(shell.clone())
            .or_insert_with(|| program_of(&shell));
        let Some(by) = by else {
            continue;
        };
        if let Some(said) = syntax(&shell, &code)? {
            problems.push(format!("{what} cannot be read: {by} says {said}"));
        }
    }
    let missing = shells.iter().filter(|(_, by)| by.is_none());
    doubts.extend(missing.map(|(shell, _)| {
        format!("its {shell} code was not read: there is no {shell} on this machine")
    }));
    Ok(shells)
}

fn show(one: &Checked) {
    let bytes = match one.user_data_bytes {
        Some(bytes) => format!("{bytes} of {LIMIT} bytes of user data"),
        None => "rendered for each base".to_owned(),
    };
    let boot = match one.boot_checks {
        0 => String::new(),
        more => format!(" and {more} for the fresh boot"),
    };
    let checks = match one.checks {
        1 => "1 check".to_owned(),
        more => format!("{more} checks"),
    };
    println!("{}: {bytes}, {checks}{boot}", one.recipe);
    for (shell, by) in &one.shells {
        if let Some(by) = by {
            println!("  read by {by}, which is {shell} on this machine");
        }
    }
    for problem in &one.problems {
        println!("  wrong: {problem}");
    }
    for doubt in &one.doubts {
        println!("  doubtful: {doubt}");
    }
    if !one.log_drivers.is_empty() {
        let rows = one.log_drivers.iter().map(row);
        println!();
        println!(
            "{}",
            draw::draw_table(&["CONTAINER", "LOG DRIVER", "ALLOWED", "CHECKED"], rows)
        );
    }
    if !one.offers.is_empty() {
        println!("\nno check proves these; the config could say:");
    }
    for offer in &one.offers {
        println!("\n[[recipe.{}.checks]]", one.recipe);
        println!("name = \"{}\"\nrun = '''\n{}\n'''", offer.name, offer.run);
    }
}

fn row(found: &DriverFinding) -> Vec<String> {
    let allowed = match found.allowed {
        Allowed::ByRecipe => "by the recipe",
        Allowed::ByCheck => "a check says so",
        Allowed::ByDefault => "by default",
        Allowed::Always => "always",
        Allowed::Unknown => "cannot be told",
        Allowed::No => "NO",
    };
    let checked = if found.checked { "yes" } else { "no" };
    [&found.container, &found.driver, allowed, checked]
        .map(str::to_owned)
        .to_vec()
}
