//! Notices are data: this test reads every file under `src/` and fails where one makes a notice of mere prose.

use std::path::Path;

use super::imports::Source;
use super::layers::files;

/// Where a notice without data may be named: where it is read, and where its words are shown.
const PROSE: [&str; 5] = [
    "model/notice.rs",
    "model/notice/prose.rs",
    "model/notice/what.rs",
    "outbox/render/facts.rs",
    "outbox/render/layout.rs",
];

/// Every file that makes a notice of mere prose, or names one where it has no business.
fn makes_prose(path: &str, text: &str) -> bool {
    let source = Source::new(path, text);
    if Source::is_test(path) || !source.says("Prose") {
        return false;
    }
    let makes = ["Prose {", "Prose::new", "Prose::from"];
    let made = makes.iter().any(|word| source.code.contains(word));
    !PROSE.contains(&path) || (path != "model/notice/prose.rs" && made)
}

#[test]
fn nothing_makes_a_notice_of_prose() {
    let mut all = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    files(&root, "", &mut all);
    let found: Vec<&String> = all
        .iter()
        .filter(|(path, text)| makes_prose(path, text))
        .map(|(path, _)| path)
        .collect();
    assert!(found.is_empty(), "{found:?}");
    for path in PROSE {
        assert!(all.iter().any(|(there, _)| there == path), "{path} is gone");
    }
    // Its fields are its own: whoever names it elsewhere can but read it.
    let (_, prose) = all
        .iter()
        .find(|(path, _)| path == PROSE[1])
        .expect("listed");
    let fields = prose
        .split("pub struct Prose {")
        .nth(1)
        .expect("the struct");
    let fields = fields.split('}').next().expect("its end");
    assert!(!fields.contains("pub "), "{fields}");
    assert!(makes_prose(
        "flow/notify.rs",
        "fn f() { What::Prose(prose) }"
    ));
    assert!(makes_prose(
        "outbox/render/facts.rs",
        "fn f() { Prose { event } }"
    ));
}
