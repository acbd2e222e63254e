//! `demo`: the end of its story, as a program reads it.

use super::harness::Desk;

#[test]
fn the_demo_ends_with_the_good_image_everywhere_and_the_bad_one_quarantined() {
    let ran = Desk::bare().run(&["demo", "--format", "json"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    let end = ran.json();
    assert_eq!(end["schema"], "amiwatch.demo/1");
    assert_eq!(end["leftovers"], serde_json::json!([]));
    let list = |key: &str| end[key].as_array().expect("a list").clone();
    let states: Vec<String> = list("images").iter().map(state_of).collect();
    assert_eq!(states, ["verified", "quarantined", "verified"], "{end:#}");
    let good = &list("images")[2]["image_id"];
    let environments = list("environments");
    assert_eq!(environments.len(), 2, "{end:#}");
    for one in &environments {
        let platform = one["platform_arn"].as_str().expect("it has one");
        assert_eq!(
            (&one["image_id"], &one["status"]),
            (good, &"Ready".into()),
            "{end:#}"
        );
        assert!(platform.ends_with("/4.5.2"), "{end:#}");
    }
    let subjects: Vec<String> = list("notices")
        .iter()
        .filter_map(|one| one["subject"].as_str().map(str::to_owned))
        .collect();
    let told = |what: &str| subjects.iter().any(|subject| subject.contains(what));
    for what in [
        "release 4.5.1 -> 4.5.2",
        "failed",
        "baked",
        "was not moved",
        "wave 1 of 2",
        "is rolled out",
        "back in step",
    ] {
        assert!(told(what), "nobody was told of `{what}`: {subjects:#?}");
    }
}

fn state_of(image: &serde_json::Value) -> String {
    image["amiwatch_state"].as_str().unwrap_or("-").to_owned()
}

#[test]
fn the_demo_breaks_no_id_at_100_columns() {
    let ran = Desk::bare().with("COLUMNS", "100").run(&["demo"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.lines().count() <= 60, "{}", ran.stdout);
    let long = ran.stdout.lines().find(|line| line.chars().count() > 100);
    assert_eq!(long, None, "a terminal would break it");
    // An id that was broken would begin in one line and end in the next.
    let ids = ran.stdout.split("ami-").skip(1);
    for rest in ids {
        let id: String = rest.chars().take_while(char::is_ascii_hexdigit).collect();
        assert_eq!(id.len(), 17, "ami-{id}");
    }
}
