//! Files of one room import each other in one direction: this test reads their `use` lines and fails on a
//! circle, in every folder of `src/`. A circle of files is one file in many pieces: none can be read,
//! tested or moved alone.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::imports::Source;
use super::layers::files;

/// Which file of a room names which others of it.
type Names = BTreeMap<String, BTreeSet<String>>;

/// A file below the stage by its first word: what lies in `user_data/` is of `user_data`.
fn of_stage(stage: &str, path: &[String]) -> Option<String> {
    let path = path.join("::");
    let below = path.strip_prefix(stage)?.strip_prefix("::")?;
    below.split("::").next().map(str::to_owned)
}

/// A file's module and the paths that it names, read once for all rooms.
type Reading = (Vec<String>, Vec<Vec<String>>);

fn readings(all: &[(String, String)]) -> Vec<Reading> {
    let own = all.iter().filter(|(path, _)| !Source::is_test(path));
    own.map(|(path, text)| {
        let source = Source::new(path, text);
        let named = source.named();
        (source.module, named)
    })
    .collect()
}

fn names(stage: &str, all: &[Reading]) -> Names {
    let mut found = Names::new();
    for (module, named) in all {
        let Some(file) = of_stage(stage, module) else {
            continue;
        };
        let mut others: BTreeSet<_> = named.iter().filter_map(|n| of_stage(stage, n)).collect();
        others.remove(&file);
        found.entry(file).or_default().extend(others);
    }
    // A name below the stage that is no file of it is an item of the stage itself.
    let known: BTreeSet<String> = found.keys().cloned().collect();
    found
        .values_mut()
        .for_each(|others| others.retain(|other| known.contains(other)));
    found
}

/// The files that are left when every file is taken away that names none of those that are left, and
/// every one that none of them names: each is in a circle, or between two.
fn circle(mut names: Names) -> Names {
    loop {
        let left: BTreeSet<String> = names.keys().cloned().collect();
        let named: BTreeSet<String> = names.values().flatten().cloned().collect();
        names
            .values_mut()
            .for_each(|o| o.retain(|n| left.contains(n)));
        let before = names.len();
        names.retain(|file, others| !others.is_empty() && named.contains(file));
        if names.len() == before {
            return names;
        }
    }
}

fn sources() -> Vec<(String, String)> {
    let mut all = Vec::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    files(&folder, "", &mut all);
    all
}

/// Every module that has files below it. `flow` is one whose files are the stages.
fn rooms(all: &[Reading]) -> BTreeSet<String> {
    let modules = all.iter().map(|(module, _)| module);
    let parents = modules.filter_map(|module| Some(module.split_last()?.1.join("::")));
    parents.filter(|room| !room.is_empty()).collect()
}

#[test]
fn the_files_of_a_room_are_in_no_circle() {
    let all = readings(&sources());
    let rooms = rooms(&all);
    assert!(rooms.len() > 30, "only {rooms:?}");
    let mut edges = 0;
    for room in rooms {
        let names = names(&room, &all);
        edges += names.values().map(BTreeSet::len).sum::<usize>();
        let circle = circle(names);
        assert!(circle.is_empty(), "{room}: {circle:#?}");
    }
    assert!(edges > 500, "only {edges} imports were read");
}

#[test]
fn a_circle_is_found_whatever_its_length() {
    let file = |name: &str, text: &str| (format!("flow/bake/{name}.rs"), text.to_owned());
    let circles = [
        // Two files, by `super` and by `crate`.
        vec![
            file("steps", "use super::launch;"),
            file("launch", "use crate::flow::bake::steps::Bake;"),
        ],
        // Three, one of them through a folder, and one that only looks on.
        vec![
            file("steps", "use super::{guest, story};"),
            file("guest", "fn f() { super::user_data::grace() }"),
            file("user_data/mime", "use super::super::steps::Bake;"),
            file("story", "use super::guest::look;"),
        ],
    ];
    for files in circles {
        let found = circle(names("flow::bake", &readings(&files)));
        assert!(found.len() >= 2, "{files:?}: {found:?}");
    }
    let line = vec![
        file("steps", "use crate::model::bake::BakeKey;"),
        file("launch", "use super::steps::Bake;\nuse super::launch::x;"),
        file("guest", "use super::{launch, steps};"),
        file("guest_tests", "use super::dispatch;"),
        file("dispatch", "use super::{guest, steps};\n// super::dispatch"),
    ];
    assert_eq!(circle(names("flow::bake", &readings(&line))), Names::new());
}

/// What two files of them name, deep below, ties whole stages together.
#[test]
fn a_circle_of_stages_is_found() {
    let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    let told = file(
        "flow/notify/drift.rs",
        "use crate::flow::rollout::words::x;",
    );
    let tells = "fn f() { crate::flow::notify::moved() }";
    let tells = file("flow/rollout/moving/closing.rs", tells);
    let found = circle(names("flow", &readings(&[told.clone(), tells])));
    let stages: Vec<&String> = found.keys().collect();
    assert_eq!(stages, ["notify", "rollout"]);
    assert_eq!(circle(names("flow", &readings(&[told]))), Names::new());
}
