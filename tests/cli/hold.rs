//! `hold` and `unhold` as people type them.

use super::harness::{Desk, Ran, Served, let_play};

fn desk(served: &Served) -> Desk {
    Desk::at(served.address).configured().with("USER", "ann")
}

#[test]
fn a_hold_needs_no_aws_and_is_shown_until_it_is_ended() {
    let desk = Desk::bare().configured().with("USER", "ann");
    let empty = desk.run(&["hold"]);
    assert_eq!(
        (empty.code, empty.stdout.trim()),
        (0, "Nothing is held."),
        "{empty:?}"
    );
    assert!(!desk.path("amiwatch.db").exists(), "looking makes no store");

    let held = desk.run(&[
        "hold",
        "shop",
        "--reason",
        "the audit is on",
        "--until",
        "7d",
    ]);
    assert_eq!(held.code, 0, "{held:?}");
    for word in ["shop", "the watch", "ann", "the audit is on"] {
        assert!(held.stdout.contains(word), "{word} in {held:?}");
    }
    let release = [
        "hold",
        "shop",
        "--release",
        "4.5.1",
        "--reason",
        "it breaks logging",
    ];
    assert_eq!(desk.run(&release).code, 0);
    // The same again replaces what was said.
    let again = desk.run(&[
        "hold",
        "shop",
        "--release",
        "4.5.1",
        "--reason",
        "it still does",
    ]);
    assert_eq!(again.code, 0, "{again:?}");

    let json = desk.run(&["hold", "--format", "json"]).json();
    assert_eq!(json["schema"], "amiwatch.hold/1");
    let holds = json["holds"].as_array().expect("a list");
    assert_eq!(holds.len(), 2, "{json}");
    assert_eq!(holds[0]["watch"], "shop");
    assert_eq!(holds[0]["on"], "watch");
    assert!(holds[0]["until"].is_string());
    assert_eq!(holds[1]["on"], "release");
    assert_eq!(holds[1]["what"], "4.5.1");
    assert_eq!(holds[1]["reason"], "it still does");
    assert_eq!(holds[1]["by"], "ann");
    assert!(holds[1]["until"].is_null());
    let status = desk.run(&["status", "--format", "json"]).json();
    assert_eq!(status["holds"], json["holds"]);
    assert!(desk.run(&["status"]).stdout.contains("it still does"));

    let ended = desk.run(&["unhold", "shop", "--format", "json"]).json();
    assert_eq!(ended["schema"], "amiwatch.unhold/1");
    assert_eq!(ended["holds"][0]["on"], "release");
    let unheld = desk.run(&["unhold", "shop", "--release", "4.5.1"]);
    let said: Vec<&str> = unheld.stdout.lines().collect();
    let ended = "shop: ended the hold of release 4.5.1.";
    assert_eq!(said, [ended, "Nothing is held."]);
    let none = desk.run(&["unhold", "shop"]);
    assert_eq!(none.code, 1, "{none:?}");
    none.says_in_one_line("is not held");
}

#[test]
fn wrong_holds_are_2_and_change_nothing() {
    let desk = Desk::bare().configured();
    for arguments in [
        &["hold", "shop"][..],
        &["hold", "--reason", "x"],
        &["hold", "shopp", "--reason", "x"],
        &["hold", "shop", "--reason", " "],
        &["hold", "shop", "--reason", "x", "--until", "yesterday"],
        &["hold", "shop", "--reason", "x", "--until", "2020-01-01"],
        &["hold", "shop", "--reason", "x", "--image", "4.5.1"],
        &[
            "hold",
            "shop",
            "--reason",
            "x",
            "--image",
            "ami-1",
            "--release",
            "4.5.1",
        ],
        &["unhold"],
    ] {
        let ran = desk.run(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {ran:?}");
    }
    assert_eq!(desk.run(&["hold"]).stdout.trim(), "Nothing is held.");
}

#[test]
fn a_bake_respects_a_hold_unless_it_is_forced() {
    let served = Served::start();
    served.guests_play();
    let desk = desk(&served);
    let hold = ["hold", "shop", "--reason", "the audit is on"];
    assert_eq!(desk.run(&hold).code, 0);
    let refused = desk.run(&["bake", "shop"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stderr.contains("the audit is on"), "{refused:?}");
    let once = desk.run(&["run", "--once"]);
    assert_eq!(once.code, 0, "{once:?}");
    assert!(
        once.stdout.contains("is held until a person decides"),
        "{once:?}"
    );
    assert_eq!(served.account.own_images(), []);
    let check = desk.run(&["check"]);
    assert!(check.stdout.contains("HELD"), "{check:?}");
    assert_eq!(check.code, 3);

    let forced = desk.run(&["bake", "shop", "--force"]);
    assert_eq!(forced.code, 0, "{forced:?}");
    let image = forced.stdout.trim().to_owned();
    assert_eq!(desk.run(&["unhold", "shop"]).code, 0);

    let quarantine = [
        "hold",
        "shop",
        "--image",
        &image,
        "--reason",
        "it does not log",
    ];
    assert_eq!(desk.run(&quarantine).code, 0);
    let refused = desk.run(&["bake", "shop"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stderr.contains("is quarantined"), "{refused:?}");
    let forced = desk.run(&["bake", "shop", "--force"]);
    assert_eq!(forced.code, 0, "{forced:?}");
    assert_ne!(forced.stdout.trim(), image);
    assert_eq!(desk.run(&["bake", "shop"]).code, 0);
}

#[test]
fn a_hold_is_written_beside_a_driver_and_lets_what_is_under_way_go_on() {
    let served = Served::start();
    let desk = desk(&served);
    let driver = desk.start(&["bake", "shop"]);
    let builder = served.builder();
    let held = desk.run(&["hold", "shop", "--reason", "the audit is on"]);
    assert_eq!(held.code, 0, "{held:?}");
    let_play(builder);
    let driver = Ran::from(driver.wait_with_output().unwrap());
    assert_eq!(driver.code, 0, "{driver:?}");
    let hold = desk.run(&["hold"]);
    assert!(hold.stdout.contains("the audit is on"), "{hold:?}");
    let again = desk.run(&["run", "--once"]);
    assert!(
        again.stderr.contains("ann holds the watch"),
        "it is told: {again:?}"
    );
}
