//! The how-to's files in small: an application that logs to fluentd, and what its recipe makes of it. The
//! recipes are those of public reports, written anew.

use std::process::Command;

use super::*;

const HOW_TO: &str = r#"{
  "AWSEBDockerrunVersion": 2,
  "containerDefinitions": [
    {"name": "web", "image": "nginx", "memory": 128,
     "logConfiguration": {"logDriver": "fluentd", "options": {"fluentd-address": "localhost:24224"}}},
    {"name": "worker", "logConfiguration": {"logDriver": "splunk"}},
    {"name": "fluentd", "image": "fluent/fluentd"}
  ]
}"#;

fn recipe(user_data: &str, checks: &[&str]) -> Recipe {
    Recipe {
        name: "logging".to_owned(),
        user_data: user_data.to_owned(),
        path: "logging.yaml".into(),
        template: false,
        checks: checks
            .iter()
            .map(|run| Check {
                name: (*run).to_owned(),
                run: (*run).to_owned(),
            })
            .collect(),
        boot_checks: Vec::new(),
        unchecked: false,
    }
}

fn how_to(user_data: &str, checks: &[&str]) -> Judged {
    judge_drivers(
        &wanted_drivers(HOW_TO.as_bytes()).unwrap(),
        &recipe(user_data, checks),
    )
}

fn told(user_data: &str, checks: &[&str]) -> Vec<(String, Allowed, bool)> {
    let found = how_to(user_data, checks).found.into_iter();
    found
        .map(|one| (one.driver, one.allowed, one.checked))
        .collect()
}

/// One driver under one recipe.
fn one(driver: &str, user_data: &str) -> (Allowed, Vec<String>, Vec<String>) {
    let asked = [WantedDriver {
        container: "api".to_owned(),
        driver: driver.to_owned(),
    }];
    let judged = judge_drivers(&asked, &recipe(user_data, &[]));
    (judged.found[0].allowed, judged.problems, judged.doubts)
}

fn runcmd(commands: &[&str]) -> String {
    let items = commands.iter().map(|command| format!("  - {command}\n"));
    format!("#cloud-config\nruncmd:\n{}", items.collect::<String>())
}

#[test]
fn containers_without_a_driver_ask_for_nothing() {
    let asked = wanted_drivers(HOW_TO.as_bytes()).unwrap();
    let pairs: Vec<(&str, &str)> = asked
        .iter()
        .map(|one| (one.container.as_str(), one.driver.as_str()))
        .collect();
    assert_eq!(pairs, [("web", "fluentd"), ("worker", "splunk")]);
}

#[test]
fn a_recipe_that_sets_nothing_leaves_the_defaults() {
    assert_eq!(
        told(
            "#!/bin/sh\n# ECS_AVAILABLE_LOGGING_DRIVERS=[\"splunk\"]\n",
            &[]
        ),
        [
            ("fluentd".to_owned(), Allowed::ByDefault, false),
            ("splunk".to_owned(), Allowed::No, false)
        ]
    );
}

/// A value takes the defaults' place, also where it says less.
#[test]
fn what_the_recipe_sets_is_all_there_is() {
    for user_data in [
        "#cloud-config\nruncmd:\n  - echo 'ECS_AVAILABLE_LOGGING_DRIVERS=[\"json-file\",\"splunk\"]' >> /etc/ecs/ecs.config\n",
        "#!/bin/sh\necho \"ECS_AVAILABLE_LOGGING_DRIVERS=[\\\"json-file\\\",\\\"splunk\\\"]\" >>/etc/ecs/ecs.config\n",
        "#!/bin/sh\ndrivers='[\"json-file\", \"splunk\"]'\nkey=ECS_AVAILABLE_LOGGING_DRIVERS\necho \"$key=$drivers\" | tee -a /etc/ecs/ecs.config\n",
        "#cloud-config\nwrite_files:\n  - path: /etc/ecs/ecs.config\n    append: true\n    content: |\n      ECS_AVAILABLE_LOGGING_DRIVERS=[\"splunk\"]\n",
        "#cloud-config\nruncmd:\n  - [sh, -c, 'echo ''ECS_AVAILABLE_LOGGING_DRIVERS=[\"splunk\"]'' >> /etc/ecs/ecs.config']\n",
        "Content-Type: multipart/mixed; boundary=x\nMIME-Version: 1.0\n\n--x\nContent-Type: text/x-shellscript\n\n#!/bin/sh\necho 'ECS_AVAILABLE_LOGGING_DRIVERS=[\"splunk\"]' >> /etc/ecs/ecs.config\n--x--\n",
    ] {
        assert_eq!(
            told(user_data, &[]),
            [
                ("fluentd".to_owned(), Allowed::No, false),
                ("splunk".to_owned(), Allowed::ByRecipe, false)
            ],
            "{user_data}"
        );
    }
}

/// aws/amazon-ecs-agent#4159, GetSimpl/cloudlift#134, amazon-ecs-init#151.
#[test]
fn a_value_that_is_no_json_array_allows_nothing_of_it() {
    for (driver, user_data, value) in [
        (
            "journald",
            runcmd(&[r#"echo "ECS_AVAILABLE_LOGGING_DRIVERS='[\"json-file\",\"journald\"]'" >> /etc/ecs/ecs.config"#]),
            r#"`'["json-file","journald"]'`"#,
        ),
        (
            "splunk",
            "#!/bin/bash\necho ECS_AVAILABLE_LOGGING_DRIVERS=[\"json-file\",\"splunk\"] >> /etc/ecs/ecs.config\n".to_owned(),
            "`[json-file,splunk]`",
        ),
        (
            "gelf",
            runcmd(&[r#"echo 'ECS_AVAILABLE_LOGGING_DRIVERS="json-file","gelf","none"]' >> /etc/ecs/ecs.config"#]),
            r#"`"json-file","gelf","none"]`"#,
        ),
    ] {
        let (allowed, problems, _) = one(driver, &user_data);
        assert_eq!(allowed, Allowed::No, "{user_data}");
        assert!(problems[0].contains(value) && problems[0].contains("no JSON array"), "{problems:?}");
        assert_eq!(one("json-file", &user_data).0, Allowed::ByDefault);
    }
}

#[test]
fn of_two_lines_the_last_wins() {
    let twice = runcmd(&[
        r#"echo 'ECS_AVAILABLE_LOGGING_DRIVERS=["json-file","gelf"]' >> /etc/ecs/ecs.config"#,
        r#"echo 'ECS_AVAILABLE_LOGGING_DRIVERS=["json-file"]' >> /etc/ecs/ecs.config"#,
    ]);
    assert_eq!(one("gelf", &twice).0, Allowed::No);
    let order = "#cloud-config\nruncmd:\n  - echo 'ECS_AVAILABLE_LOGGING_DRIVERS=[\"gelf\"]' >> /etc/ecs/ecs.config\nwrite_files:\n  - {path: /etc/ecs/ecs.config, content: \"ECS_AVAILABLE_LOGGING_DRIVERS=[\\\"none\\\"]\\n\"}\n";
    assert_eq!(
        one("gelf", order).0,
        Allowed::ByRecipe,
        "write_files runs first"
    );
}

/// amazon-ecs-agent#992, #1008, #2736.
#[test]
fn the_agent_s_own_list_of_drivers_decides() {
    let list = |words: &str| {
        runcmd(&[&format!(
            "echo 'ECS_AVAILABLE_LOGGING_DRIVERS={words}' >> /etc/ecs/ecs.config"
        )])
    };
    let sumologic = list(r#"["splunk","sumologic"]"#);
    assert_eq!(one("splunk", &sumologic).0, Allowed::ByRecipe);
    assert_eq!(one("sumologic", &sumologic).0, Allowed::ByRecipe);
    let (allowed, problems, _) = one("splunk", &list(r#"["splunk","splnk"]"#));
    assert_eq!(allowed, Allowed::No);
    assert!(
        problems[0].contains("`splnk`") && problems[0].contains("does not start"),
        "{problems:?}"
    );
    let (allowed, problems, doubts) = one("awsfirelens", &list(r#"["splunk"]"#));
    assert_eq!(
        (allowed, problems.len(), doubts.len()),
        (Allowed::Always, 0, 0)
    );
    let (_, _, doubts) = one("splunk", &list(r#"["splunk","awsfirelens"]"#));
    assert!(
        doubts[0].contains("awsfirelens") && doubts[0].contains("remove it"),
        "{doubts:?}"
    );
}

/// canonical/cloud-init#4022.
#[test]
fn write_files_is_read_in_its_encodings() {
    let text = "ECS_AVAILABLE_LOGGING_DRIVERS=[\"json-file\",\"gelf\"]\n";
    let base64 = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(text)
    };
    // `gzip -n | base64` of the same text.
    let packed = {
        use base64::Engine as _;
        use std::io::Write as _;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(text.as_bytes()).unwrap();
        base64::engine::general_purpose::STANDARD.encode(encoder.finish().unwrap())
    };
    for content in [
        format!("encoding: b64\n    content: {base64}"),
        format!("encoding: ' Base64 '\n    content: {base64}"),
        format!("content: !!binary {base64}"),
        format!("encoding: gz+b64\n    content: {packed}"),
        format!("encoding: gzip\n    content: !!binary {packed}"),
    ] {
        let user_data =
            format!("#cloud-config\nwrite_files:\n  - path: /etc/ecs/ecs.config\n    {content}\n");
        assert_eq!(one("gelf", &user_data).0, Allowed::ByRecipe, "{user_data}");
        assert_eq!(one("fluentd", &user_data).0, Allowed::No, "{user_data}");
    }
    let broken =
        "#cloud-config\nwrite_files:\n  - {path: /etc/ecs/ecs.config, encoding: gz, content: x}\n";
    assert_eq!(one("gelf", broken).0, Allowed::Unknown);
}

#[test]
fn a_check_counts_where_the_user_data_cannot_be_read_if_it_asks_as_the_agent_does() {
    let user_data = "#!/bin/sh\n/opt/set-drivers ECS_AVAILABLE_LOGGING_DRIVERS\n";
    let offered = check_for("fluentd", false)
        .run
        .replace("| grep", "|\n  grep");
    let checks = [
        offered.as_str(),
        "grep -q splunk /etc/ecs/ecs.config",
        "pgrep splunk",
    ];
    assert_eq!(
        told(user_data, &checks),
        [
            ("fluentd".to_owned(), Allowed::ByCheck, true),
            ("splunk".to_owned(), Allowed::Unknown, false)
        ]
    );
    let judged = how_to(user_data, &checks);
    assert!(
        judged.problems[0].contains("cannot be told")
            && judged.problems[0].contains("`set-drivers`")
    );
    assert!(
        matches!(judged.doubts.as_slice(), [one] if one.contains("searches for splunk")),
        "{:?}",
        judged.doubts
    );
}

/// The check as a guest runs it, on files as they are found.
#[test]
fn the_offered_check_asks_what_the_agent_asks() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ecs.config");
    let passes = |driver: &str, default: bool, content: Option<&str>| {
        match content {
            Some(content) => std::fs::write(&file, content).unwrap(),
            None => drop(std::fs::remove_file(&file)),
        }
        let run = check_for(driver, default).run;
        let run = run.replace("/etc/ecs/ecs.config", &file.display().to_string());
        let ran = Command::new("sh").args(["-c", &run]).output().unwrap();
        ran.status.success()
    };
    let line = |value: &str| format!("ECS_CLUSTER=a\nECS_AVAILABLE_LOGGING_DRIVERS={value}\n");
    for value in [
        r#"["gelf"]"#,
        r#"["json-file","gelf","none"]"#,
        r#" [ "json-file" , "gelf" ] "#,
    ] {
        assert!(passes("gelf", false, Some(&line(value))), "{value}");
        assert!(
            agent::read_agent_file(&line(value)).allows("gelf"),
            "{value}"
        );
    }
    for value in [
        r#"'["json-file","gelf"]'"#,
        r#""json-file","gelf","none"]"#,
        "[json-file,gelf]",
        r#"["json-file"]"#,
        r#"["json-file", gelf]"#,
        r#"["gelfx"]"#,
        "",
        "[\"gelf\"]\nECS_AVAILABLE_LOGGING_DRIVERS=[\"none\"]",
    ] {
        assert!(!passes("gelf", false, Some(&line(value))), "{value}");
        assert!(!passes("gelf", true, Some(&line(value))), "{value}");
        assert!(
            !agent::read_agent_file(&line(value)).allows("gelf"),
            "{value}"
        );
    }
    assert!(passes("fluentd", true, Some("ECS_CLUSTER=a\n")) && passes("fluentd", true, None));
    assert!(!passes("fluentd", false, Some("ECS_CLUSTER=a\n")));
}

#[test]
fn other_files_are_refused_with_a_reason() {
    let refused = |text: &str| wanted_drivers(text.as_bytes()).unwrap_err().to_string();
    let version_2 = |rest: &str| refused(&format!(r#"{{"AWSEBDockerrunVersion": 2, {rest}}}"#));
    assert!(refused("{").contains("not JSON"));
    assert!(refused(r#"{"AWSEBDockerrunVersion": "1"}"#).contains("\"1\""));
    assert!(refused("{}").contains("missing"));
    assert!(refused("\u{feff}{}\r\n").contains("byte order mark"));
    assert!(version_2(r#""ContainerDefinitions": []"#).contains("write `containerDefinitions`"));
    let no_driver = version_2(
        r#""containerDefinitions": [{"name": "api", "logConfiguration": {"options": {}}}]"#,
    );
    assert!(
        no_driver.contains("the container api has a logConfiguration without a logDriver"),
        "{no_driver}"
    );
    assert!(version_2(r#""containerDefinitions": {}"#).contains("containerDefinitions is no list"));
    assert!(
        wanted_drivers(br#"{"AWSEBDockerrunVersion": "2"}"#)
            .unwrap()
            .is_empty()
    );
}
