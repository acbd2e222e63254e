//! How faults look and where they stand: the whole text that a person gets.

use std::io;
use std::path::Path;

use super::{Settings, load_config, parse_config};

/// Reads a config named `dir/amiwatch.toml` beside which two recipes lie.
pub(super) fn read(text: &str) -> Result<Settings, String> {
    let file = |path: &Path| match path.to_str() {
        Some("dir/good.yaml") => Ok(b"#cloud-config\nruncmd: [\"true\"]\n".to_vec()),
        Some("dir/braces.yaml") => Ok(b"#cloud-config\nruncmd: [\"{{ oops\"]\n".to_vec()),
        Some("dir/latin1.yaml") => Ok(b"#cloud-config\n# caf\xe9\n".to_vec()),
        _ => Err(io::Error::from(io::ErrorKind::NotFound)),
    };
    let read = parse_config(text, Path::new("dir/amiwatch.toml"), &file);
    read.map_err(|faults| faults.to_string())
}

/// The lines that begin with a place.
pub(super) fn first_lines(text: &str) -> Vec<String> {
    let faults = read(text).expect_err("the config has faults");
    let places = faults
        .lines()
        .filter_map(|line| line.strip_prefix("dir/amiwatch.toml:"));
    places.map(str::to_owned).collect()
}

#[test]
fn every_fault_is_told_at_its_place_with_what_would_be_right() {
    let faults = read(
        "instalation = \"acme\"\n\
         [schedule]\n\
         cron = \"61 * * * *\"\n\
         jitter = 30\n\
         [watch.shop]\n\
         base = { ssm = \"no/slash\" }\n\
         on_drfit = \"bake\"\n\
         soak = \"a day\"\n",
    );
    insta::assert_snapshot!(faults.expect_err("faults"), @r##"
    dir/amiwatch.toml:1:1: unknown key `instalation` at the top; did you mean `installation`?
        1 | instalation = "acme"
          | ^^^^^^^^^^^
    dir/amiwatch.toml:3:8: `61` in the minute field is out of place; use 0 to 59, `*`, ranges, lists, steps
        3 | cron = "61 * * * *"
          |        ^^^^^^^^^^^^
    dir/amiwatch.toml:4:10: `jitter` cannot be a whole number; write text, such as `"30s"`
        4 | jitter = 30
          |          ^^
    dir/amiwatch.toml:6:16: the parameter `no/slash` does not start with `/`; write the parameter's whole path, such as "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended"
        6 | base = { ssm = "no/slash" }
          |                ^^^^^^^^^^
    dir/amiwatch.toml:7:1: unknown key `on_drfit` in `watch.<name>`; did you mean `on_drift`?
        7 | on_drfit = "bake"
          | ^^^^^^^^
    dir/amiwatch.toml:8:8: `a day` is not a duration; write numbers with units, such as "45s", "30m", "1h30m" or "30d"
        8 | soak = "a day"
          |        ^^^^^^^
    "##);
}

#[test]
fn goes_on_after_a_syntax_error_and_does_not_guess_from_it() {
    let faults = read(
        "installation = \"acme\n\
         [watch.shop]\n\
         base = { ssm = \"/a\", version = }\n\
         recipe = \"lost\"\n\
         [watch.shop]\n\
         soka = \"1h\"\n\
         [schedule\n\
         cron = \"* * *\"\n",
    );
    insta::assert_snapshot!(faults.expect_err("faults"), @r##"
    dir/amiwatch.toml:1:21: invalid basic string; TOML wants `"` here
        1 | installation = "acme
          |                     ^
    dir/amiwatch.toml:3:32: the key has no value; write one behind the `=`
        3 | base = { ssm = "/a", version = }
          |                                ^
    dir/amiwatch.toml:5:8: duplicate key; merge the two, or rename one
        5 | [watch.shop]
          |        ^^^^
    dir/amiwatch.toml:6:1: unknown key `soka` in `watch.<name>`; did you mean `soak`?
        6 | soka = "1h"
          | ^^^^
    dir/amiwatch.toml:7:10: unclosed table; TOML wants `]` here
        7 | [schedule
          |          ^
    "##);
}

#[test]
fn control_characters_and_endless_lines_do_not_reach_the_terminal() {
    let long = "x".repeat(300);
    let faults = read(&format!(
        "tags = {{ \"a\\u001b[2J\" = \"b\" }}\n# \u{1b}[31m\n\
         \"\u{1b}[2J\" = 1\n\
         aws = {{ profile = \"{long}\", regoin = \"eu-west-1\" }}\n"
    ));
    let faults = faults.expect_err("faults");
    assert!(!faults.contains('\u{1b}'), "{faults:?}");
    assert!(
        faults.lines().all(|line| line.chars().count() < 160),
        "{faults}"
    );
    let hint = faults
        .lines()
        .skip_while(|line| !line.contains("did you mean `region`"));
    let drawn: Vec<&str> = hint.skip(1).take(2).collect();
    let caret = drawn[1].find('^').expect("a caret");
    assert_eq!(&drawn[0][caret..caret + 6], "regoin", "{faults}");
}

#[test]
fn carets_stand_under_characters_not_bytes() {
    let faults = read("tags = { \"größe\" = \"ä\", b = 1 }\n").expect_err("faults");
    let first = faults.lines().next().expect("a line");
    assert!(first.starts_with("dir/amiwatch.toml:1:29: "), "{faults}");
}

#[test]
fn a_config_that_cannot_be_read_is_one_fault() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("amiwatch.toml");
    let faults = load_config(&path).expect_err("no file").to_string();
    assert!(faults.starts_with(&format!(
        "{}:1:1: the config cannot be read",
        path.display()
    )));

    std::fs::write(&path, b"# one\n# caf\xe9\n").expect("a file");
    let faults = load_config(&path).expect_err("not UTF-8").to_string();
    assert!(faults.starts_with(&format!("{}:2:6: the config is not UTF-8", path.display())));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(200))]

    /// Whatever a hand does to a config, the answer is settings or faults at places that exist.
    #[test]
    fn a_damaged_config_is_answered(at in 0.0..1.0f64, cut in 0usize..40, put in ".{0,6}") {
        let example = include_str!("../../config/amiwatch.example.toml");
        let chars: Vec<char> = example.chars().collect();
        let at = (at * chars.len() as f64) as usize;
        let head: String = chars[..at].iter().collect();
        let tail: String = chars[(at + cut).min(chars.len())..].iter().collect();
        let text = format!("{head}{put}{tail}");
        let lines: Vec<&str> = text.split('\n').collect();
        let gone = |_: &Path| Err(io::Error::from(io::ErrorKind::NotFound));
        let faults = parse_config(&text, Path::new("a.toml"), &gone).expect_err("the recipe is gone");
        for fault in faults.iter() {
            let line = lines[fault.line - 1];
            proptest::prop_assert!(fault.column <= line.chars().count() + 1, "{fault}");
            let begins = format!("a.toml:{}:{}: ", fault.line, fault.column);
            proptest::prop_assert!(fault.to_string().starts_with(&begins));
        }
    }
}
