//! Which log drivers the ECS agent allows, read as ecs-init and the agent read /etc/ecs/ecs.config
//! (ecs-init/docker/docker.go, agent/config/parse.go and agent/dockerclient/logging_drivers.go of
//! amazon-ecs-agent 1.99): the last line of a name wins, nothing is unquoted, and the value is one JSON
//! array. Plain functions of values.

use serde::Deserialize as _;
use serde_json::Value;

pub(super) const SETTING: &str = "ECS_AVAILABLE_LOGGING_DRIVERS";

/// What ecs-init allows where the file says nothing (1.45.0 and later).
pub const DEFAULTS: [&str; 5] = ["json-file", "syslog", "awslogs", "fluentd", "none"];

/// What the agent allows where it cannot read the value.
const AGENTS_OWN: [&str; 2] = ["json-file", "none"];

/// Every driver that a list may name. Over any other the agent refuses its configuration, and ends.
const KNOWN: [&str; 10] = [
    "awslogs",
    "fluentd",
    "gelf",
    "journald",
    "json-file",
    "logentries",
    "none",
    "splunk",
    "sumologic",
    "syslog",
];

/// FireLens: allowed whatever the list says.
pub(super) const FIRELENS: &str = "awsfirelens";

/// What the agent makes of an ecs.config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Allows {
    /// The file does not set it.
    Defaults,
    List(Vec<String>),
    /// The value, which is no JSON array.
    NoArray(String),
    /// The words that are no drivers.
    NoStart(Vec<String>),
}

/// Reads a whole ecs.config.
pub(super) fn read_agent_file(file: &str) -> Allows {
    match value(file) {
        Some(value) => of_value(&value),
        None => Allows::Defaults,
    }
}

/// The setting's value: of the last line that has it, without the blanks around the line.
fn value(file: &str) -> Option<String> {
    let pairs = file
        .trim()
        .split('\n')
        .filter_map(|line| line.trim().split_once('='));
    let mut ours = pairs.rev().filter(|(name, _)| *name == SETTING);
    ours.next().map(|(_, value)| value.to_owned())
}

fn of_value(value: &str) -> Allows {
    // What stands behind the first JSON value is not looked at.
    let mut reader = serde_json::Deserializer::from_str(value);
    let Ok(Value::Array(items)) = Value::deserialize(&mut reader) else {
        return Allows::NoArray(value.to_owned());
    };
    let word = |item: &Value| item.as_str().unwrap_or_default().to_owned();
    let list: Vec<String> = items.iter().map(word).collect();
    let known = |driver: &String| KNOWN.contains(&driver.as_str()) || driver == FIRELENS;
    let unknown: Vec<String> = list.iter().filter(|word| !known(word)).cloned().collect();
    match (list.is_empty(), unknown.is_empty()) {
        (true, _) => Allows::NoArray(value.to_owned()),
        (false, true) => Allows::List(list),
        (false, false) => Allows::NoStart(unknown),
    }
}

impl Allows {
    pub(super) fn allows(&self, driver: &str) -> bool {
        match self {
            Self::Defaults => DEFAULTS.contains(&driver),
            Self::List(list) => list.iter().any(|one| one == driver),
            Self::NoArray(_) => AGENTS_OWN.contains(&driver),
            Self::NoStart(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_read_as_ecs_init_and_the_agent_read_it() {
        let list = |words: &[&str]| Allows::List(words.iter().map(|w| (*w).to_owned()).collect());
        let no_array = |value: &str| Allows::NoArray(value.to_owned());
        for (value, allows) in [
            (r#"["json-file","splunk"]"#, list(&["json-file", "splunk"])),
            (
                r#"["sumologic", "splunk"]  "#,
                list(&["sumologic", "splunk"]),
            ),
            (r#"["awsfirelens","gelf"]"#, list(&["awsfirelens", "gelf"])),
            (r#"["gelf"] and more"#, list(&["gelf"])),
            (r#"'["json-file"]'"#, no_array(r#"'["json-file"]'"#)),
            ("[json-file,splunk]", no_array("[json-file,splunk]")),
            (r#""gelf","none"]"#, no_array(r#""gelf","none"]"#)),
            ("", no_array("")),
            ("null", no_array("null")),
            ("[]", no_array("[]")),
            (
                r#"["gelf","gerf"]"#,
                Allows::NoStart(vec!["gerf".to_owned()]),
            ),
            (r#"["gelf",1]"#, Allows::NoStart(vec![String::new()])),
        ] {
            assert_eq!(
                read_agent_file(&format!("{SETTING}={value}\n")),
                allows,
                "{value}"
            );
        }
        assert_eq!(read_agent_file("ECS_CLUSTER=a\n#x\n"), Allows::Defaults);
        assert_eq!(
            read_agent_file("ECS_AVAILABLE_LOGGING_DRIVERS =[\"gelf\"]\n"),
            Allows::Defaults
        );
        let twice = format!("{SETTING}=[\"gelf\"]\r\n  {SETTING}=[\"none\"]\r\n");
        assert_eq!(read_agent_file(&twice), list(&["none"]));
        assert!(
            read_agent_file("ECS=1").allows("fluentd")
                && !read_agent_file("ECS=1").allows("splunk")
        );
        assert!(no_array("x").allows("none") && !no_array("x").allows("fluentd"));
    }
}
