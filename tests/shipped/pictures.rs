//! The picture of the ladder says what holds: every kind of thing that keeps an image, and the days that the
//! ladder goes by where a config gives none.

use std::fs;
use std::path::Path;

use amiwatch::model::image_uses::ReferenceKind;
use amiwatch::model::retire_rules::RetireRules;

fn page(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docs")
        .join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_ladder_is_drawn_as_it_is() {
    const AGAIN: &str = "run docs/pictures/ladder.py";
    let (ladder, table) = (page("pictures/ladder.svg"), page("images.md"));
    assert!(table.contains("(pictures/ladder.svg)"));
    for kind in ReferenceKind::SHOWN {
        let word = serde_json::to_value(kind).unwrap();
        let word = word.as_str().expect("a word");
        assert!(table.contains(&format!("| `{word}` |")), "{word}: table");
        let drawn = format!(">{word}</text>");
        assert!(ladder.contains(&drawn), "{word}: {AGAIN}");
    }
    let RetireRules {
        keep_newest,
        younger_than,
        disable_after,
        deregister_after,
        rollback_horizon,
        mode: _,
    } = RetireRules::default();
    let days = |time: std::time::Duration| time.as_secs() / 86_400;
    for said in [
        format!("{} days: disable_after", days(disable_after)),
        format!("{} days: deregister_after", days(deregister_after)),
        format!("The newest {keep_newest} stay"),
        format!("younger than {} days", days(younger_than)),
        format!("within {} days", days(rollback_horizon)),
    ] {
        assert!(ladder.contains(&said), "{said}: {AGAIN}");
    }
}
