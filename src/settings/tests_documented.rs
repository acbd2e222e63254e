//! The key table, the shipped configs and the reference say the same: no key is read without being
//! shown and explained, none is explained without being read, and every default is the one given.

use std::collections::BTreeSet;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::keys::{self, ConfigKey, ValueKind, all_keys};
use super::{Settings, load_config, parse_config};

const EXAMPLE: &str = "config/amiwatch.example.toml";
const REFERENCE: &str = "docs/configuration.md";

fn shipped(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Reads a text as if it lay where the example lies.
fn read_as_example(text: &str) -> Settings {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(EXAMPLE);
    let read = parse_config(text, &path, &|recipe| std::fs::read(recipe));
    read.unwrap_or_else(|faults| panic!("{faults}"))
}

/// The example with every `# key = value` made a key.
fn uncommented() -> String {
    let example = shipped(EXAMPLE);
    let lines = example.lines().map(|line| match line.strip_prefix("# ") {
        Some(rest) if is_assignment(rest) => rest,
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn is_assignment(line: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    line.split_once(" = ")
        .is_some_and(|(key, _)| key.chars().all(word))
}

/// The paths of the key table that a config uses.
fn used(text: &str) -> BTreeSet<&'static str> {
    let root = DeTable::parse(text).expect("TOML");
    let mut paths = BTreeSet::new();
    collect("", root.get_ref(), &mut paths);
    paths
}

fn collect(path: &str, table: &DeTable<'_>, paths: &mut BTreeSet<&'static str>) {
    for (name, value) in table {
        let key = keys::child(path, name.get_ref()).expect("a known key");
        paths.insert(key.path);
        let values = match value.get_ref() {
            DeValue::Array(array) => array.iter().collect(),
            _ => vec![value],
        };
        for value in values {
            if let Some(table) = value.get_ref().as_table() {
                collect(key.path, table, paths);
            }
        }
    }
}

fn built() -> impl Iterator<Item = &'static ConfigKey> {
    all_keys().filter(|key| key.kind != ValueKind::NotBuilt)
}

#[test]
fn the_shipped_configs_are_right_without_a_warning() {
    for path in [EXAMPLE, "config/demo.toml"] {
        let read = load_config(&Path::new(env!("CARGO_MANIFEST_DIR")).join(path));
        let settings = read.unwrap_or_else(|faults| panic!("{faults}"));
        assert_eq!(settings.warnings, [], "{path}");
        assert!(settings.require_installation().is_ok(), "{path}");
    }
}

#[test]
fn the_example_is_right_with_every_key_uncommented() {
    let text = uncommented();
    assert!(
        !text
            .lines()
            .any(|line| line.starts_with("# ") && line.contains(" = ")),
        "{text}"
    );
    let settings = read_as_example(&text);
    // What only a daemon that rolls out would do is shown too, and is warned of wherever it is written.
    let others = settings.warnings.iter().filter(|warning| {
        let said = &warning.problem.wrong;
        !said.contains("binds the daemon's rollout")
    });
    assert_eq!(others.count(), 0, "{:?}", settings.warnings);
}

#[test]
fn the_example_shows_every_key_that_is_read() {
    let read: BTreeSet<&str> = built().map(|key| key.path).collect();
    assert_eq!(used(&uncommented()), read);
}

#[test]
fn the_reference_explains_every_key_and_no_other() {
    let reference = shipped(REFERENCE);
    let explained: BTreeSet<&str> = reference
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .map(|path| path.trim_matches(['[', ']']))
        .collect();
    let read: BTreeSet<String> = built()
        .filter(|key| !matches!(key.kind, ValueKind::Table) || key.default.is_some())
        .map(|key| key.path.replace('*', "NAME"))
        .collect();
    let read: BTreeSet<&str> = read.iter().map(String::as_str).collect();
    assert_eq!(explained, read);
}

#[test]
fn the_reference_gives_every_default() {
    let reference = shipped(REFERENCE);
    for key in built().filter(|key| key.kind != ValueKind::Table) {
        let Some(default) = key.default else { continue };
        let path = format!("| `{}`", key.path.replace('*', "NAME"));
        let row = reference
            .lines()
            .find(|line| line.starts_with(&path))
            .expect("a row");
        let default = if key.name() == "events" {
            "all of them"
        } else {
            default
        };
        assert!(row.contains(default), "{row} should say {default}");
    }
}

/// `ENOENT`: as a reader sees it, with the system's own words.
const NO_SUCH_FILE: i32 = 2;

/// The text between a fence of a language and the next fence.
fn fenced<'a>(text: &'a str, language: &str) -> &'a str {
    let (_, rest) = text
        .split_once(&format!("```{language}\n"))
        .expect("a fence");
    rest.split_once("\n```").expect("its end").0
}

#[test]
fn the_reference_shows_faults_as_they_are() {
    let reference = shipped(REFERENCE);
    let gone = |_: &Path| Err(std::io::Error::from_raw_os_error(NO_SUCH_FILE));
    let read = parse_config(
        fenced(&reference, "toml"),
        Path::new("amiwatch.toml"),
        &gone,
    );
    let faults = read
        .expect_err("the reference shows a wrong config")
        .to_string();
    assert_eq!(fenced(&reference, "text"), faults, "\n{faults}");
}

/// Writing every default out must change nothing.
#[test]
fn the_defaults_of_the_table_are_the_ones_given() {
    let mut text = String::new();
    for key in built().filter(|key| !key.path.contains('*') && key.kind != ValueKind::Table) {
        if let Some(default) = key.default {
            text.push_str(&format!("{} = {default}\n", key.path));
        }
    }
    text.push_str(
        "watch.a.base.beanstalk = \"b\"\nrecipe.r.user_data = \"recipes/ecs-logging.yaml\"\n",
    );
    text.push_str("recipe.r.checks = [{ name = \"n\", run = \"r\" }]\nwatch.a.recipe = \"r\"\n");
    text.push_str("watch.a.retire.mode = \"tell\"\n");
    text.push_str("watch.a.rollout.probe.url = \"https://h/\"\n");
    text.push_str("notify.n.sns.topic_arn = \"arn:aws:sns:eu-west-1:111122223333:t\"\n");
    let bare: String = text
        .lines()
        .filter(|line| is_name_of_mine(line))
        .collect::<Vec<_>>()
        .join("\n");
    // A table that may be a text as well is written out by its own keys.
    let mine = |key: &&ConfigKey| key.path.contains('*') && key.kind != ValueKind::TextOrTable;
    // A receiver has one way to be told: what the others' keys mean by themselves is held elsewhere.
    let another_way = |key: &&ConfigKey| {
        let ways = ["slack", "pagerduty", "eventbridge", "email", "exec"];
        ways.iter()
            .any(|way| key.path.starts_with(&format!("notify.*.{way}.")))
    };
    for key in built()
        .filter(mine)
        .filter(|key| !another_way(key) && !key.path.ends_with("retire.mode"))
    {
        if let Some(default) = key.default {
            let mine = match key.path.split('.').next() {
                Some("watch") => "a",
                Some("recipe") => "r",
                _ => "n",
            };
            text.push_str(&format!("{} = {default}\n", key.path.replace('*', mine)));
        }
    }
    // Warnings are of what is written, not of what it means.
    let meant = |text: &str| Settings {
        warnings: Vec::new(),
        ..read_as_example(text)
    };
    assert_eq!(meant(&text), meant(&bare));
}

fn is_name_of_mine(line: &str) -> bool {
    ["watch.a.", "recipe.r.", "notify.n."]
        .iter()
        .any(|mine| line.starts_with(mine))
}

/// What a fault says would be right, is.
#[test]
fn every_example_of_the_table_is_of_its_own_type() {
    for key in built().filter(|key| !key.example.starts_with('[') || key.kind == ValueKind::Texts) {
        let text = format!("x = {}", key.example);
        let root = DeTable::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", key.path));
        let value = root.get_ref().get("x").expect("x").get_ref().clone();
        let fits = match key.kind {
            ValueKind::Text => value.is_str(),
            ValueKind::Integer => value.is_integer(),
            ValueKind::Boolean => value.is_bool(),
            ValueKind::Texts | ValueKind::Tables => value.is_array(),
            ValueKind::Table | ValueKind::TextOrTable | ValueKind::Secret => value.is_table(),
            ValueKind::NotBuilt => false,
        };
        assert!(fits, "{}: {}", key.path, key.example);
        assert!(!key.doc.is_empty(), "{}", key.path);
    }
}
