//! The config's text. It must read well, since it is the first thing of amiwatch that people edit.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Answers, ConfigDraft, DraftSource, Group, Member, recipe};
use crate::flow::notify::clean;
use crate::model::image::ImageKind;

/// Writes the config and the recipes' files.
pub fn draft(found: &DraftSource, answers: &Answers) -> ConfigDraft {
    let watched: Vec<&Group> = found
        .groups
        .iter()
        .filter(|group| !answers.without.contains(&group.name))
        .collect();
    let mut recipes: BTreeMap<String, (recipe::RecipeSketch, bool)> = BTreeMap::new();
    for group in &watched {
        let used = answers.bake.contains(&group.name);
        if used || group.has_custom() {
            let recipe = recipe::recipe_sketch(group);
            let entry = recipes
                .entry(recipe.name.clone())
                .or_insert((recipe, false));
            entry.1 |= used;
        }
    }
    let mut config = head(found, answers);
    for group in &watched {
        config.push_str(&watch(group, answers.bake.contains(&group.name)));
    }
    for (recipe, used) in recipes.values() {
        config.push_str(&recipe_section(recipe, *used));
    }
    config.push_str(&notifier(found, answers));
    config.push_str(&rest(found));
    let files = recipes
        .into_values()
        .map(|(recipe, _)| (recipe.path, recipe.file));
    ConfigDraft {
        config,
        files: files.collect(),
    }
}

fn head(found: &DraftSource, answers: &Answers) -> String {
    let account = found
        .account
        .as_ref()
        .map_or("an account", |account| account.as_str());
    let store = match &answers.store {
        Some(url) => format!(
            "url = {}\n\n# Where a service keeps it, and where it is when nothing is said here:\n# url = \
             \"sqlite:///var/lib/amiwatch/amiwatch.db\"\n",
            quoted(url)
        ),
        None => "# url = \"sqlite:///var/lib/amiwatch/amiwatch.db\"\n".to_owned(),
    };
    format!(
        "# amiwatch's config, begun by `amiwatch init` on {} from what it found in {account}.
# After each edit: `amiwatch config check`, then `amiwatch plan`, which changes nothing. Every key
# is in docs/configuration.md. Paths are relative to this file.

# The name that owns what amiwatch makes: it is in every tag, and what carries another name is never
# touched. It outlives the store, so never give it to another config.
installation = {}


# What must survive a restart: the journal of bakes, what was seen, what was told.
[store]
{store}

# When `amiwatch run` looks. Five fields are POSIX cron; a pass is cheap.
# [schedule]
# cron = \"*/15 * * * *\"
",
        answers.day,
        quoted(&answers.installation),
    )
}

fn watch(group: &Group, bakes: bool) -> String {
    let Group {
        name,
        region,
        branch,
        architecture,
        members,
    } = group;
    let mut text = format!(
        "\n\n# {} on {} ({architecture}) in {region}:\n",
        environments(members.len()),
        comment(branch)
    );
    for member in members {
        let _ = writeln!(text, "#   {}", comment(&about(member)));
    }
    for (member, reason) in group.managed_updates() {
        let said = format!(
            "{}: {}: {}",
            member.environment, reason.code, reason.message
        );
        let _ = writeln!(text, "# {}", comment(&said));
    }
    let _ = write!(
        text,
        "[watch.{name}]\nregion = {}\nbase = {{ beanstalk = {}, architecture = {} }}\n\n{}",
        quoted(region.as_str()),
        quoted(branch),
        quoted(architecture.as_str()),
        how_far(group, bakes)
    );
    text.push_str(
        "\n# The environments that were found, by name. A pattern takes those to come as well: `*` stands\n\
         # for any text, `?` for one character.\n",
    );
    for member in members {
        let _ = writeln!(
            text,
            "[[watch.{name}.target]]\nbeanstalk = {{ application = {}, environment = {} }}\n",
            quoted(&glob::Pattern::escape(&member.application)),
            quoted(&member.environment)
        );
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

fn environments(count: usize) -> String {
    match count {
        1 => "1 environment".to_owned(),
        many => format!("{many} environments"),
    }
}

fn about(member: &Member) -> String {
    let image = member.image.as_ref().map_or("-", |image| image.as_str());
    let made_from = member
        .made_from
        .as_ref()
        .map_or(String::new(), |base| format!(", made from {base}"));
    let kind = match member.kind {
        ImageKind::Stock => "stock",
        ImageKind::StockPinned => "an Amazon image that somebody set",
        ImageKind::Custom => "an image of this account",
        ImageKind::Foreign => "an image of another account",
        ImageKind::Gone => "an image that EC2 does not list any more",
        ImageKind::Unknown => "an image that could not be read",
    };
    format!(
        "{}/{}: {image}, {kind}{made_from}",
        member.application, member.environment
    )
}

/// Recipe and `on_drift`, with what to do next.
fn how_far(group: &Group, bakes: bool) -> String {
    let recipe = recipe::recipe_sketch(group);
    let (name, path) = (&recipe.name, &recipe.path);
    if bakes {
        return format!(
            "# What makes the base yours, and that new images are made and proved without being asked.\n\
             recipe = \"{name}\"\non_drift = \"bake\"\n"
        );
    }
    if group.has_custom() {
        return format!(
            "# It tells, and bakes nothing: what an image holds cannot be turned into a recipe. Next: put\n\
             # what yours has more than its base into {path}, take the `#` off\n\
             # the next line and off [recipe.{name}] below, try `amiwatch bake {}`, and then\n\
             # say on_drift = \"bake\". An image that you have stays in use with `amiwatch adopt {} ami-...`.\n\
             # recipe = \"{name}\"\non_drift = \"notify\"\n",
            group.name, group.name
        );
    }
    "# All of them run the stock image: `check` says STOCK until they get one of their own. Give the\n\
     # watch a recipe for that, or remove it.\non_drift = \"notify\"\n"
        .to_owned()
}

fn recipe_section(recipe: &recipe::RecipeSketch, used: bool) -> String {
    let recipe::RecipeSketch {
        name,
        path,
        checks,
        about,
        ..
    } = recipe;
    let section = format!(
        "[recipe.{name}]\nuser_data = \"{path}\"\n\n# Each must exit 0 on the finished builder and on a \
         fresh boot of the image.\n{checks}\n"
    );
    let section = match used {
        true => section,
        false => section.lines().map(commented).collect(),
    };
    format!("\n\n# {about}\n{section}")
}

fn commented(line: &str) -> String {
    match line {
        "" => "#\n".to_owned(),
        line => format!("# {line}\n"),
    }
}

fn notifier(found: &DraftSource, answers: &Answers) -> String {
    let head = "\n\n# Whom to tell, beside the log. docs/configuration.md has the other ways and the events.\n";
    if let Some(topic) = &answers.topic {
        return format!(
            "{head}[notify.ops]\nsns = {{ topic_arn = {} }}\n",
            quoted(topic)
        );
    }
    let region = found.groups.first().map(|group| group.region.clone());
    let region = region.unwrap_or_else(|| "eu-west-1".into());
    let partition = region.partition();
    let account = found
        .account
        .as_ref()
        .map_or("111122223333", |account| account.as_str());
    format!(
        "{head}# [notify.ops]\n# sns = {{ topic_arn = \"arn:{partition}:sns:{region}:{account}:amiwatch\" }}\n"
    )
}

/// What has no place above.
fn rest(found: &DraftSource) -> String {
    let mut text = String::new();
    let left_out = found
        .left_out
        .iter()
        .map(|one| format!("{}: {}", one.environment, one.why));
    let left_out: Vec<String> = left_out.collect();
    for (heading, lines) in [
        ("Left out:", &left_out),
        (
            "Not answered, so that something may be missing above:",
            &found.unanswered,
        ),
    ] {
        if !lines.is_empty() {
            let _ = write!(text, "\n\n# {heading}\n");
            for line in lines {
                let _ = writeln!(text, "#   {}", comment(line));
            }
        }
    }
    text
}

/// A comment ends with its line, and TOML wants no control characters in it.
fn comment(text: &str) -> String {
    clean(text)
}

/// As a TOML string.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}
