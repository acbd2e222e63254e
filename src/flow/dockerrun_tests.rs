//! The how-to's files in small: an application that logs to fluentd, and what its recipe makes of it.

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

fn told(user_data: &str, checks: &[&str]) -> Vec<(String, Allowed, bool)> {
    let found = judge(&asked(HOW_TO).unwrap(), &recipe(user_data, checks));
    found
        .into_iter()
        .map(|one| (one.driver, one.allowed, one.checked))
        .collect()
}

#[test]
fn containers_without_a_driver_ask_for_nothing() {
    let asked = asked(HOW_TO).unwrap();
    let pairs: Vec<(&str, &str)> = asked
        .iter()
        .map(|one| (one.container.as_str(), one.driver.as_str()))
        .collect();
    assert_eq!(pairs, [("web", "fluentd"), ("worker", "splunk")]);
}

#[test]
fn a_recipe_that_sets_nothing_leaves_ecs_inits_defaults() {
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
        "#!/bin/sh\ndrivers='[\"json-file\", \"splunk\"]'\nkey=ECS_AVAILABLE_LOGGING_DRIVERS\n",
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

#[test]
fn a_check_counts_where_the_user_data_cannot_be_read() {
    let user_data = "#!/bin/sh\n/opt/set-drivers ECS_AVAILABLE_LOGGING_DRIVERS\n";
    let checks = [
        "grep -q fluentd /etc/ecs/ecs.config",
        "grep -q splunkd /etc/ecs/ecs.config",
        "pgrep splunk",
    ];
    assert_eq!(
        told(user_data, &checks),
        [
            ("fluentd".to_owned(), Allowed::ByCheck, true),
            ("splunk".to_owned(), Allowed::No, false)
        ]
    );
}

#[test]
fn the_offered_check_proves_its_driver() {
    let offered = check_for("splunk");
    assert!(proves(&offered, "splunk") && !proves(&offered, "fluentd"));
}

#[test]
fn other_files_are_refused_with_a_reason() {
    let refused = |text: &str| asked(text).unwrap_err().to_string();
    assert!(refused("{").contains("not JSON"));
    assert!(refused(r#"{"AWSEBDockerrunVersion": "1"}"#).contains("\"1\""));
    assert!(refused("{}").contains("missing"));
    assert!(
        asked(r#"{"AWSEBDockerrunVersion": "2"}"#)
            .unwrap()
            .is_empty()
    );
}
