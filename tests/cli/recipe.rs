//! `recipe check`: what shows without a boot.

use super::harness::Desk;

/// The usual config with a recipe that is right.
fn desk() -> Desk {
    let desk = Desk::bare().configured();
    desk.file(
        "logging.yaml",
        "#cloud-config\nruncmd:\n  - echo 'ECS_AVAILABLE_LOGGING_DRIVERS=[\"splunk\"]' >> /etc/ecs/ecs.config\n",
    );
    desk
}

#[test]
fn recipe_check_finds_what_a_bake_would_find_later() {
    let desk = desk();
    let ran = desk.run(&["recipe", "check"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.starts_with("logging: ") && ran.stdout.contains("of 16384 bytes"));
    desk.file(
        "logging.yaml",
        "#cloud-config\nacme_agent: {}\nruncmd:\n  - if true; then echo\n",
    );
    let json = desk.run(&["recipe", "check", "--format", "json"]).json();
    assert_eq!(json["schema"], "amiwatch.recipe_check/1");
    let one = &json["recipes"][0];
    assert!(
        one["problems"][0]
            .as_str()
            .unwrap()
            .starts_with("its sh code cannot be read")
    );
    assert!(one["doubts"][0].as_str().unwrap().contains("`acme_agent`"));
    assert_eq!(desk.run(&["recipe", "check", "logging"]).code, 1);
    assert_eq!(desk.run(&["recipe", "check", "nobody"]).code, 2);
}

#[test]
fn recipe_check_holds_an_application_s_log_drivers_against_the_recipe() {
    let desk = desk();
    let container = |name: &str, driver: &str| {
        format!(r#"{{"name": "{name}", "logConfiguration": {{"logDriver": "{driver}"}}}}"#)
    };
    let dockerrun = |containers: &[String]| {
        let all = containers.join(", ");
        format!(r#"{{"AWSEBDockerrunVersion": 2, "containerDefinitions": [{all}]}}"#)
    };
    desk.file("good.json", &dockerrun(&[container("web", "splunk")]));
    desk.file(
        "bad.json",
        &dockerrun(&[container("web", "splunk"), container("db", "gelf")]),
    );
    let run = |file: &str| desk.run(&["recipe", "check", "--dockerrun", file]);
    let good = run("good.json");
    assert_eq!(good.code, 0, "{good:?}");
    assert!(good.stdout.contains("by the recipe"), "{good:?}");
    let bad = run("bad.json");
    assert_eq!(bad.code, 1, "{bad:?}");
    for words in [
        "the container db logs to gelf, which the recipe does not allow",
        "[[recipe.logging.checks]]",
        "name = \"gelf is an allowed log driver\"",
    ] {
        assert!(bad.stdout.contains(words), "{words}: {bad:?}");
    }
    desk.file("one.json", r#"{"AWSEBDockerrunVersion": 1}"#);
    let one = run("one.json");
    assert_eq!(one.code, 1);
    one.says_in_one_line("only version 2");

    let said = |name: &str, text: &str, words: &str| {
        desk.file(name, text);
        run(name).says_in_one_line(words);
    };
    said("bom.json", "\u{feff}{}", "byte order mark");
    said(
        "capital.json",
        r#"{"AWSEBDockerrunVersion": 2, "ContainerDefinitions": []}"#,
        "write `containerDefinitions`",
    );
    said(
        "no-driver.json",
        &dockerrun(&[r#"{"name": "api", "logConfiguration": {}}"#.to_owned()]),
        "the container api has a logConfiguration without a logDriver",
    );
    desk.file("none.json", &dockerrun(&[r#"{"name": "api"}"#.to_owned()]));
    let none = run("none.json");
    assert_eq!(none.code, 0, "{none:?}");
    assert!(
        none.stdout
            .contains("no container of the application asks for a log driver")
    );
}

/// What is offered can be pasted, and is then what proves the driver.
#[test]
fn an_offered_check_that_is_pasted_counts() {
    let desk = desk();
    desk.file(
        "app.json",
        r#"{"AWSEBDockerrunVersion": 2, "containerDefinitions": [{"name": "web", "logConfiguration": {"logDriver": "splunk"}}]}"#,
    );
    let run = || desk.run(&["recipe", "check", "--dockerrun", "app.json"]);
    let first = run().stdout;
    let (_, offered) = first.split_once("[[recipe.logging.checks]]").unwrap();
    let config = std::fs::read_to_string(desk.path("amiwatch.toml")).unwrap();
    let config: String = config
        .split_inclusive('\n')
        .filter(|line| !line.starts_with("checks = "))
        .collect();
    desk.file(
        "amiwatch.toml",
        &format!("{config}\n[[recipe.logging.checks]]{offered}"),
    );
    let second = run();
    assert_eq!(second.code, 0, "{second:?}");
    assert!(second.stdout.contains("by the recipe  yes"), "{second:?}");
    assert!(!second.stdout.contains("no check proves"), "{second:?}");
}

#[test]
fn the_shells_that_judged_are_named() {
    let desk = desk();
    let said = desk.run(&["recipe", "check"]).stdout;
    assert!(said.contains(", which is sh on this machine"), "{said}");
    let json = desk.run(&["recipe", "check", "--format", "json"]).json();
    let by = json["recipes"][0]["shells"]["sh"].as_str().unwrap();
    assert!(by.starts_with('/'), "{by}");
}
