//! `demo`: the end of its story, as a program reads it.

use super::harness::Desk;

#[test]
fn the_demo_ends_with_one_new_verified_image_and_nothing_left_behind() {
    let ran = Desk::bare().run(&["demo", "--format", "json"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    let end = ran.json();
    assert_eq!(end["schema"], "amiwatch.demo/1");
    assert_eq!(end["leftovers"], serde_json::json!([]));
    let images = end["images"].as_array().expect("a list");
    let is_verified = |one: &&serde_json::Value| one["amiwatch_state"] == "verified";
    let verified: Vec<_> = images.iter().filter(is_verified).collect();
    assert_eq!(
        verified.len(),
        2,
        "the one it began with and the one it baked: {images:#?}"
    );
    assert_ne!(verified[0]["base_image_id"], verified[1]["base_image_id"]);
    let notices = end["notices"].as_array().expect("a list");
    let told = |what: &str| {
        let subject = |one: &serde_json::Value| one["subject"].as_str().map(str::to_owned);
        notices
            .iter()
            .filter_map(subject)
            .any(|subject| subject.contains(what))
    };
    assert!(
        told("drift") && told("failed") && told("baked"),
        "{notices:#?}"
    );
}

#[test]
fn the_demo_breaks_no_id_at_100_columns() {
    let ran = Desk::bare().with("COLUMNS", "100").run(&["demo"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let long = ran.stdout.lines().find(|line| line.chars().count() > 100);
    assert_eq!(long, None, "a terminal would break it");
    // An id that was broken would begin in one line and end in the next.
    let ids = ran.stdout.split("ami-").skip(1);
    for rest in ids {
        let id: String = rest.chars().take_while(char::is_ascii_hexdigit).collect();
        assert_eq!(id.len(), 17, "ami-{id}");
    }
}
