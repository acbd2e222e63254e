//! `sweep` as people use it.

use super::harness::{Desk, Served};

#[test]
fn a_sweep_lists_what_is_ours_and_removes_nothing_by_itself() {
    let served = Served::start();
    let desk = Desk::at(served.address).configured();
    let empty = desk.run(&["sweep"]);
    assert_eq!(
        (empty.code, empty.stdout.as_str()),
        (0, "nothing to sweep\n"),
        "{empty:?}"
    );
    assert!(!desk.path("amiwatch.db").exists(), "a look makes no store");

    let killed = desk.start(&["bake", "shop"]);
    let builder = served.builder();
    let mut killed = killed;
    killed.kill().unwrap();
    killed.wait().unwrap();
    let claimed = desk.run(&["sweep", "--older-than", "0s", "--format", "json"]);
    let json = claimed.json();
    assert_eq!(json["schema"], "amiwatch.sweep/1");
    assert_eq!(json["applied"], false);
    let words: Vec<&str> = json["found"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| found["verdict"]["word"].as_str().unwrap())
        .collect();
    assert_eq!(words, ["claimed"; 2], "{json:#}");
    assert_eq!(json["unreachable"], serde_json::json!([]));

    // The store is lost; a pass of a config without the watch knows nothing of that bake.
    std::fs::remove_file(desk.path("amiwatch.db")).unwrap();
    let other = "installation = \"acme\"\n[store]\nurl = \"sqlite://amiwatch.db\"\n[aws]\nregion = \"eu-west-1\"\n";
    desk.file("amiwatch.toml", other);
    let dry = desk.run(&["sweep", "--older-than", "0s"]);
    assert_eq!(dry.code, 0, "{dry:?}");
    assert!(dry.stdout.contains("stray"), "{dry:?}");
    assert!(
        dry.stdout.contains("`amiwatch sweep --apply` removes them"),
        "{dry:?}"
    );
    assert!(served.account.leftovers().len() >= 2);

    let applied = desk.run(&["sweep", "--apply", "--older-than", "0s"]);
    assert_eq!(applied.code, 0, "{applied:?}");
    assert!(applied.stdout.contains("removed"), "{applied:?}");
    assert_eq!(served.account.leftovers(), []);
    drop(builder);
}

#[test]
fn a_region_that_does_not_answer_is_told_and_left_alone() {
    let served = Served::start();
    let desk = Desk::at(served.address).configured();
    served.account.deny("ec2:DescribeVolumes");
    let ran = desk.run(&["sweep"]);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.stdout.contains("nothing is removed here"), "{ran:?}");
    assert!(ran.stdout.contains("ec2:DescribeVolumes"), "{ran:?}");
}

#[test]
fn a_sweep_needs_to_know_whose_things_it_looks_for() {
    let desk = Desk::bare();
    desk.file("amiwatch.toml", "[aws]\nregion = \"eu-west-1\"\n");
    let ran = desk.run(&["sweep"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("installation"), "{ran:?}");
}
