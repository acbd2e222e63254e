//! What can be said of a cloud-config without running it: that cloud-init can read it, that its keys are
//! known and hold what they should, and which shell code is in it. cloud-init itself says none of it: it
//! ends in `done` all the same.

use std::collections::BTreeMap;

use super::fault::{Problem, quoted_value};
use super::nearest::nearest;
use crate::cloud_init::pyyaml::{self, Document, Item};
use crate::cloud_init::schema;

/// Keys at the top; cloud-init itself knows a hundred.
const MAX_KEYS: usize = 500;

/// Problems of one recipe that are told.
const MAX_TOLD: usize = 20;

/// The keys whose lists become shell scripts.
const COMMANDS: [&str; 2] = ["bootcmd", "runcmd"];

/// What an item of them is taken for, by cloud-init's own code.
const COMMAND_KINDS: [&str; 3] = ["str", "seq", "null"];

/// Everything that is wrong with a cloud-config.
pub(super) fn cloud_config_problems(text: &str) -> Vec<Problem> {
    match read(text) {
        Ok(document) => {
            let slips = keys(&document).filter_map(|(key, _)| misspelt(key));
            let power = document.line_of("power_state").map(power_state_at);
            let commands = commands_that_are_none(&document);
            let all = slips.chain(power).chain(commands);
            all.take(MAX_TOLD).collect()
        }
        Err(problem) => vec![problem],
    }
}

/// What is allowed and probably not meant, one sentence each.
pub(super) fn cloud_config_doubts(text: &str) -> Vec<String> {
    let Ok(document) = read(text) else {
        return Vec::new();
    };
    let strangers = keys(&document).filter_map(|(key, _)| stranger(key));
    let types = keys(&document).filter_map(|(key, value)| wrong_type(key, value));
    let mut doubts: Vec<String> = strangers.chain(types).collect();
    doubts.extend(document.repeated_keys().into_iter().map(|(key, lines)| {
        let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
        format!(
            "{} stands twice (lines {}): cloud-init takes the last",
            quoted_value(key),
            lines.join(" and ")
        )
    }));
    doubts
}

/// The keys at the top, each once, as cloud-init would hold them.
pub(super) fn top_keys(text: &str) -> Vec<String> {
    let document = read(text);
    let keys = document.iter().flat_map(keys);
    keys.map(|(key, _)| key.to_owned()).collect()
}

/// The shell code of `bootcmd` and `runcmd`: the commands that are texts.
pub(super) fn cloud_config_commands(text: &str) -> Vec<String> {
    let Ok(document) = read(text) else {
        return Vec::new();
    };
    let items = command_items(&document);
    let code = items.into_iter().filter_map(|(_, item)| item.as_text());
    code.map(str::to_owned).collect()
}

fn read(text: &str) -> Result<Document, Problem> {
    let document = pyyaml::load_yaml(text).map_err(|refused| {
        let wrong = format!(
            "line {} is not YAML as cloud-init reads it ({}), so that it would ignore the whole file",
            refused.line, refused.why
        );
        Problem::new(wrong, "correct it; a list's items must be indented alike, without tabs")
    })?;
    let keys = document
        .root()
        .is_none_or(|root| root.kind() == "null" || root.entries().is_some());
    let count = document
        .root()
        .and_then(|root| root.entries())
        .map_or(0, |keys| keys.len());
    match keys {
        true if count > MAX_KEYS => Err(Problem::new(
            format!("it has {count} keys, and cloud-init knows a hundred"),
            format!("keep at most {MAX_KEYS}"),
        )),
        true => Ok(document),
        false => Err(Problem::new(
            "it holds no keys, so that cloud-init would ignore it",
            "write `key: value` lines, such as `runcmd:` and a list of commands",
        )),
    }
}

fn keys(document: &Document) -> impl Iterator<Item = (&str, Item<'_>)> {
    let entries = document.root().and_then(|root| root.entries());
    let texts = entries.unwrap_or_default().into_iter();
    let texts = texts.filter_map(|(key, value)| Some((key.as_text()?, value)));
    let last: BTreeMap<&str, Item<'_>> = texts.collect();
    last.into_iter()
}

fn command_items(document: &Document) -> Vec<(&'static str, Item<'_>)> {
    let of = |key: &'static str| {
        let items = document.root().and_then(|root| root.get(key)?.items());
        items
            .unwrap_or_default()
            .into_iter()
            .map(move |item| (key, item))
    };
    COMMANDS.into_iter().flat_map(of).collect()
}

/// One item that is neither a text nor a list, and cloud-init runs none of them.
fn commands_that_are_none(document: &Document) -> Vec<Problem> {
    let items = command_items(document).into_iter();
    let wrong = items.filter(|(_, item)| !COMMAND_KINDS.contains(&item.kind()));
    wrong.map(|(key, item)| no_command(key, item)).collect()
}

fn no_command(key: &str, item: Item<'_>) -> Problem {
    let (what, right) = match item.kind() {
        "map" => (
            "keys and values, because of its `: `".to_owned(),
            "put the whole command into quotes, or write it behind `- |`",
        ),
        kind => (
            format!("{} to YAML", article(kind)),
            "put the command into quotes",
        ),
    };
    let wrong = format!(
        "line {}: the item of `{key}` is no text but {what}, so that cloud-init would run none of `{key}`",
        item.line()
    );
    Problem::new(wrong, right)
}

fn article(kind: &str) -> String {
    match kind {
        "int" => "an integer".to_owned(),
        "float" => "a number".to_owned(),
        "bool" => "true or false".to_owned(),
        other => format!("a {other}"),
    }
}

/// The bake ends by powering off itself; a recipe that does so first kills the proof.
pub(super) fn power_state_at(line: usize) -> Problem {
    Problem::new(
        format!("line {line} sets `power_state`, which amiwatch needs for itself"),
        "remove it: the builder powers off once its report is out",
    )
}

/// A key that nothing reads, as far as is known; or nothing in some of the versions.
fn stranger(key: &str) -> Option<String> {
    if misspelt(key).is_some() {
        return None;
    }
    let shown = quoted_value(key);
    if !schema::is_read(key) {
        return Some(format!(
            "no module of cloud-init has the key {shown}: without one of the base's own, nothing reads it"
        ));
    }
    let known = schema::find_key(key).filter(|known| known.is_partial())?;
    Some(format!(
        "cloud-init has the key {shown} from {} to {} alone: Amazon Linux 2023 has {}, `cloud-init --version` \
         says what your base has",
        known.first,
        known.last,
        schema::schema_versions().first().unwrap_or(&"another")
    ))
}

/// A value of a type that cloud-init's schema has not under its key.
fn wrong_type(key: &str, value: Item<'_>) -> Option<String> {
    let known = schema::find_key(key)?;
    let told = |line: usize, what: &str, wanted: &str, found: &str| {
        let wanted = wanted.replace(' ', " or ");
        format!(
            "line {line}: {what} {} is {found}, and cloud-init's schema wants {wanted}",
            quoted_value(key)
        )
    };
    if let Some(wanted) = known.refuses(value.kind()) {
        return Some(told(value.line(), "the value of", wanted, value.kind()));
    }
    // These were refused, with what comes of it.
    if COMMANDS.contains(&key) {
        return None;
    }
    value.items()?.into_iter().find_map(|item| {
        let wanted = known.refuses_item(item.kind())?;
        Some(told(item.line(), "an item of", wanted, item.kind()))
    })
}

fn misspelt(key: &str) -> Option<Problem> {
    if schema::is_read(key) {
        return None;
    }
    let near = nearest(key, schema::key_names())?;
    let wrong = format!(
        "cloud-init has no key {} and would ignore it",
        quoted_value(key)
    );
    Some(Problem::new(wrong, format!("did you mean `{near}`?")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let tell = |problem: &Problem| format!("{}; {}", problem.wrong, problem.right);
        cloud_config_problems(text).iter().map(tell).collect()
    }

    #[test]
    fn slips_are_named_with_what_was_meant() {
        for (slip, meant) in [
            ("run_cmd", "runcmd"),
            ("runcmds", "runcmd"),
            ("write_file", "write_files"),
            ("package_updates", "package_update"),
            ("repo_release", "repo_releasever"),
        ] {
            let all = told(&format!("#cloud-config\n{slip}: []\n"));
            assert!(
                matches!(all.as_slice(), [one] if one.contains(&format!("did you mean `{meant}`?"))),
                "{slip}: {all:?}"
            );
        }
    }

    #[test]
    fn what_is_right_or_a_base_s_own_is_let_through() {
        let text = "#cloud-config\nruncmd: ['true']\nrepo_upgrade: none\nca-certs: {}\nyum_repos: {}\n\
                    acme_fleet_agent: {}\n";
        assert_eq!(told(text), [""; 0]);
        let doubts = cloud_config_doubts(text);
        assert!(
            matches!(doubts.as_slice(), [one] if one.contains("`acme_fleet_agent`")),
            "{doubts:?}"
        );
        assert_eq!(told("#cloud-config\n"), [""; 0]);
    }

    #[test]
    fn what_is_no_yaml_or_no_map_is_named_with_its_line() {
        let broken = told("#cloud-config\nruncmd:\n  - one\n - two\n");
        assert!(broken[0].starts_with("line 4 is not YAML"), "{broken:?}");
        assert!(told("#cloud-config\n- one\n")[0].contains("holds no keys"));
    }

    #[test]
    fn shell_code_is_found_where_it_is_text() {
        let text = "#cloud-config\nbootcmd:\n  - echo a\nruncmd:\n  - [echo, b]\n  - |\n    echo c\n    echo d\n";
        assert_eq!(cloud_config_commands(text), ["echo a", "echo c\necho d\n"]);
    }

    /// As cloud-init read the files of tests/contract/guest/claims.
    #[test]
    fn items_that_are_no_commands_are_named_with_their_line() {
        for (item, words) in [
            ("echo built by: pipeline > /etc/built-by", "keys and values"),
            ("true", "true or false"),
            ("7", "an integer"),
        ] {
            let all = told(&format!(
                "#cloud-config\nruncmd:\n  - touch /etc/a\n  - {item}\n"
            ));
            assert!(
                matches!(all.as_slice(), [one] if one.starts_with("line 4: the item of `runcmd`")
                    && one.contains(words) && one.contains("none of `runcmd`")),
                "{all:?}"
            );
        }
        assert_eq!(
            told("#cloud-config\nbootcmd:\n  -\n  - [echo, 1]\n"),
            [""; 0]
        );
    }

    #[test]
    fn what_is_probably_not_meant_is_told_and_let_through() {
        for (text, words) in [
            (
                "runcmd: [a]\nwrite_files: []\nruncmd: [b]\n",
                "`runcmd` stands twice (lines 2 and 4): cloud-init takes the last",
            ),
            (
                "write_files:\n  - path: /a\n    path: /b\n",
                "`path` stands twice (lines 3 and 4)",
            ),
            ("ansible: {}\n", "`ansible` from 22.4.2 to 26.2 alone"),
            (
                "packages: jq\n",
                "line 2: the value of `packages` is str, and cloud-init's schema wants array",
            ),
            (
                "write_files:\n  - /etc/x\n",
                "line 3: an item of `write_files` is str",
            ),
            ("runcmd: echo\n", "the value of `runcmd` is str"),
        ] {
            let text = format!("#cloud-config\n{text}");
            assert_eq!(told(&text), [""; 0], "{text}");
            let doubts = cloud_config_doubts(&text);
            assert!(
                matches!(doubts.as_slice(), [one] if one.contains(words)),
                "{text}: {doubts:?}"
            );
        }
        let merged = "#cloud-config\nwrite_files:\n  - &a {path: /a}\n  - {<<: *a, path: /b}\n";
        assert_eq!(cloud_config_doubts(merged), [""; 0]);
    }
}
