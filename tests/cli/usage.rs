//! What can be typed, what is refused, and in which words.

use super::harness::Desk;

#[test]
fn help_says_what_there_is() {
    let ran = Desk::bare().run(&["--help"]);
    assert_eq!(ran.code, 0);
    insta::assert_snapshot!(ran.stdout, @"");
}

#[test]
fn wrong_usage_is_2() {
    for arguments in [
        &["bogus"][..],
        &[],
        &["bake"],
        &["run"],
        &["check", "--format", "xml"],
    ] {
        let ran = Desk::bare().run(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {ran:?}");
        assert_eq!(ran.stdout, "", "{arguments:?}");
    }
}

#[test]
fn every_fault_of_a_config_is_listed_at_its_place() {
    let desk = Desk::bare();
    desk.file(
        "amiwatch.toml",
        r#"instalation = "acme"
[builder]
timeout = "soon"
[watch.Shop]
base = { ssm = "no-slash" }
recipe = "missing"
on_drift = "always"
"#,
    );
    let ran = desk.run(&["config", "check"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    let faults: Vec<&str> = ran
        .stderr
        .lines()
        .filter(|line| line.starts_with("amiwatch.toml:"))
        .collect();
    let places: Vec<String> = faults
        .iter()
        .map(|line| line.split(':').take(3).collect::<Vec<_>>().join(":"))
        .collect();
    for line in [1, 3, 4, 5, 6, 7] {
        let prefix = format!("amiwatch.toml:{line}:");
        assert!(
            places.iter().any(|place| place.starts_with(&prefix)),
            "{}",
            ran.stderr
        );
    }
    for place in &places {
        let column = place
            .rsplit(':')
            .next()
            .and_then(|word| word.parse::<u32>().ok());
        assert!(column.is_some_and(|column| column > 0), "{place}");
    }
    // Whatever reads the config refuses it alike.
    for arguments in [&["check"][..], &["plan"], &["run", "--once"], &["status"]] {
        assert_eq!(desk.run(arguments).code, 2, "{arguments:?}");
    }
}

#[test]
fn a_right_config_is_0_and_calls_nobody() {
    let desk = Desk::bare().configured();
    let ran = desk.run(&["config", "check"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    assert!(
        ran.stdout.contains("1 watches, 1 notifiers"),
        "{}",
        ran.stdout
    );
}

#[test]
fn no_config_and_an_unknown_watch_are_2_and_say_what_there_is() {
    let ran = Desk::bare().run(&["check"]);
    assert_eq!(ran.code, 2);
    ran.says_in_one_line("--config");
    let desk = Desk::bare().configured();
    for arguments in [
        &["check", "--watch", "shopp"][..],
        &["plan", "--watch", "shopp"],
        &["bake", "shopp"],
    ] {
        let ran = desk.run(arguments);
        assert_eq!(ran.code, 2, "{ran:?}");
        ran.says_in_one_line("shop");
    }
}

#[test]
fn status_of_an_empty_store_is_0_and_makes_none() {
    let desk = Desk::bare().configured();
    let ran = desk.run(&["status"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("Nothing is remembered yet"), "{ran:?}");
    assert!(!desk.path("amiwatch.db").exists());
    let json = desk.run(&["status", "--format", "json"]).json();
    assert_eq!(json["schema"], "amiwatch.status/1");
    assert_eq!(json["watches"], serde_json::json!([]));
}

#[test]
fn without_credentials_one_line_says_what_to_do() {
    let desk = Desk::bare().configured().with("AWS_REGION", "eu-west-1");
    let ran = desk.run(&["survey"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    ran.says_in_one_line("AWS_PROFILE");
    let ran = desk.run(&["check"]);
    assert_eq!(ran.code, 1, "{ran:?}");
}

#[test]
fn an_endpoint_that_refuses_is_4_and_not_drift() {
    // A port that was free a moment ago and that nobody listens on.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let desk = Desk::at(address).configured();
    let ran = desk.run(&["survey"]);
    assert_eq!(ran.code, 4, "{ran:?}");
    ran.says_in_one_line("refused");
    let ran = desk.run(&["check"]);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.stdout.contains("UNREACHABLE"), "{ran:?}");
    assert!(!ran.stdout.contains("BASE_NEWER"), "{ran:?}");
}
