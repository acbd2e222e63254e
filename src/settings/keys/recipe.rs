//! Keys of the config: what makes a base one's own, and its checks. Rows alone, in the order of the reference.

use super::ValueKind::{Boolean, Table, Tables, Text};
use super::{ConfigKey, key};

pub(super) const KEYS: &[ConfigKey] = &[
    key(
        "recipe",
        Table,
        "[recipe.ecs-logging]",
        "what makes a base yours",
    ),
    key(
        "recipe.*",
        Table,
        "[recipe.ecs-logging]",
        "user data and checks",
    ),
    key(
        "recipe.*.user_data",
        Text,
        "\"recipes/ecs-logging.yaml\"",
        "a file",
    ),
    key(
        "recipe.*.template",
        Boolean,
        "false",
        "render it with minijinja first",
    )
    .by_default(),
    key(
        "recipe.*.checks",
        Tables,
        "[{ name = \"it is there\", run = \"test -x /usr/bin/it\" }]",
        "commands that must exit 0",
    ),
    key(
        "recipe.*.checks.name",
        Text,
        "\"it is there\"",
        "what is checked",
    ),
    key(
        "recipe.*.checks.run",
        Text,
        "\"test -x /usr/bin/it\"",
        "run by `sh -c` as root",
    ),
    key(
        "recipe.*.boot_checks",
        Tables,
        "[{ name = \"it starts\", run = \"systemctl is-active it\" }]",
        "checked on the fresh boot alone",
    ),
    key(
        "recipe.*.boot_checks.name",
        Text,
        "\"it starts\"",
        "what is checked",
    ),
    key(
        "recipe.*.boot_checks.run",
        Text,
        "\"systemctl is-active it\"",
        "run by `sh -c` as root",
    ),
    key(
        "recipe.*.unchecked",
        Boolean,
        "false",
        "there is nothing to check",
    )
    .by_default(),
];
