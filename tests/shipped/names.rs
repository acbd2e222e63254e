//! Names that can be found: a public type's name stands once in `src/`, a function that others call by
//! one word stands once as well, and every file is part of the crate.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::imports::Source;
use super::layers::files;

/// What declares a type.
const TYPES: [&str; 5] = ["struct", "enum", "trait", "type", "union"];

fn sources() -> Vec<(String, String)> {
    let mut all = Vec::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    files(&folder, "", &mut all);
    assert!(all.len() > 300, "only {} files were read", all.len());
    all
}

/// What stands behind `pub`, `pub(super)` and the like; nothing for a line that makes nothing public.
fn made_public(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("pub")?;
    match rest.strip_prefix('(') {
        Some(rest) => rest.split_once(") ").map(|(_, rest)| rest),
        None => rest.strip_prefix(' '),
    }
}

fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
    &text[..end.unwrap_or(text.len())]
}

/// The name of the type that this line makes public, at whatever depth.
fn public_type(line: &str) -> Option<&str> {
    let (kind, rest) = made_public(line.trim_start())?.split_once(' ')?;
    TYPES.contains(&kind).then(|| word(rest))
}

/// The name of the function that this line makes public; methods stand deeper and are not read.
fn public_function(line: &str) -> Option<&str> {
    let mut rest = made_public(line)?;
    for marker in ["const ", "async "] {
        rest = rest.strip_prefix(marker).unwrap_or(rest);
    }
    rest.strip_prefix("fn ").map(word)
}

/// The names that stand more than once, with their places.
fn twice<'t>(
    all: &'t [(String, String)],
    name: impl Fn(&'t str) -> Option<&'t str>,
) -> BTreeMap<&'t str, Vec<&'t str>> {
    let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (path, text) in all {
        // One function, written for each of two builds, stands twice in its file.
        let mut here: Vec<&str> = text.lines().filter_map(&name).collect();
        here.sort_unstable();
        here.dedup();
        here.iter()
            .for_each(|name| found.entry(name).or_default().push(path));
    }
    found.retain(|_, places| places.len() > 1);
    found
}

#[test]
fn a_public_type_s_name_stands_once() {
    let all = sources();
    let count: usize = all
        .iter()
        .map(|(_, text)| text.lines().filter_map(public_type).count())
        .sum();
    assert!(count > 400, "only {count} types were read");
    let found = twice(&all, public_type);
    assert!(found.is_empty(), "give each two words: {found:#?}");
}

#[test]
fn a_public_function_of_one_word_stands_once() {
    let all: Vec<_> = sources()
        .into_iter()
        .filter(|(path, _)| !Source::is_test(path))
        .collect();
    let mut found = twice(&all, public_function);
    found.retain(|name, _| !name.contains('_'));
    assert!(found.is_empty(), "say what each is for: {found:#?}");
}

#[test]
fn names_are_read_whatever_stands_before_them() {
    assert_eq!(public_type("pub struct Answer {"), Some("Answer"));
    assert_eq!(public_type("    pub(super) enum Kind<T> {"), Some("Kind"));
    assert_eq!(public_type("pub(in crate::outbox) type A = B;"), Some("A"));
    assert_eq!(public_type("struct Answer {"), None);
    assert_eq!(public_type("pub struct_like: u8,"), None);
    assert_eq!(public_function("pub async fn read("), Some("read"));
    assert_eq!(public_function("pub(super) fn of<T>("), Some("of"));
    assert_eq!(public_function("    pub fn of(&self)"), None);
    let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    let all = [
        file("a.rs", "pub fn read() {}\npub fn read() {}"),
        file("b.rs", "pub fn read() {}\npub fn once() {}"),
    ];
    assert_eq!(
        twice(&all, public_function),
        BTreeMap::from([("read", vec!["a.rs", "b.rs"])])
    );
}

/// What a file declares: modules by their names, and files by a `path`.
#[derive(Default)]
struct Declared<'a> {
    modules: BTreeSet<&'a str>,
    paths: Vec<&'a str>,
}

/// By the file that declares.
fn declared(all: &[(String, String)]) -> BTreeMap<&str, Declared<'_>> {
    let read = |(path, text)| (path, modules_in(text));
    let all = all
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()));
    all.map(read).collect()
}

fn modules_in(text: &str) -> Declared<'_> {
    let mut found = Declared::default();
    let mut told = None;
    for line in text.lines().map(str::trim) {
        let path = line.strip_prefix("#[path = \"");
        let module = line
            .strip_suffix(';')
            .and_then(|rest| rest.rsplit_once("mod "));
        if let Some(path) = path.and_then(|rest| rest.strip_suffix("\"]")) {
            told = Some(path);
        } else if let Some((_, name)) = module {
            match told.take() {
                Some(path) => found.paths.push(path),
                None => {
                    found.modules.insert(name);
                }
            }
        }
    }
    found
}

/// Whether some file declares this one as a module, by its place or by a `path`.
fn is_declared(path: &str, all: &BTreeMap<&str, Declared<'_>>) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.trim_end_matches(".rs");
    let parent = match path.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}.rs"),
        None => "lib.rs".to_owned(),
    };
    let by_place = all.get(parent.as_str());
    let by_path = |(other, declared): (&&str, &Declared<'_>)| {
        *other != path && declared.paths.iter().any(|told| path.ends_with(told))
    };
    ["lib.rs", "main.rs"].contains(&path)
        || by_place.is_some_and(|declared| declared.modules.contains(stem))
        || all.iter().any(by_path)
}

#[test]
fn every_file_is_part_of_the_crate() {
    let all = sources();
    let declared_in = declared(&all);
    let paths = all.iter().map(|(path, _)| path);
    let lost: Vec<&String> = paths
        .filter(|path| !is_declared(path, &declared_in))
        .collect();
    assert!(
        lost.is_empty(),
        "no module declares them, so nothing compiles them: {lost:?}"
    );
    let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    let plan = [
        file(
            "flow/plan.rs",
            "mod targets;\n#[path = \"plan/more.rs\"]\n#[cfg(test)]\nmod tests;",
        ),
        file("flow/plan/targets.rs", ""),
        file("flow/plan/more.rs", ""),
        file("flow/plan/tests.rs", ""),
    ];
    let plan = declared(&plan);
    assert!(is_declared("flow/plan/targets.rs", &plan));
    assert!(is_declared("flow/plan/more.rs", &plan));
    assert!(!is_declared("flow/plan/tests.rs", &plan));
}
