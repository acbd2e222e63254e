//! Keys of the config: how a watch's environments are moved. Rows alone, in the order of the reference.

use super::ValueKind::{Integer, Table, Tables, Text, TextOrTable, Texts};
use super::{ConfigKey, key};

pub(super) const KEYS: &[ConfigKey] = &[
    key(
        "watch.*.rollout",
        Table,
        "[watch.shop.rollout]",
        "how environments are moved",
    ),
    key(
        "watch.*.rollout.settle",
        TextOrTable,
        "{ first = \"30m\", later = \"10m\" }",
        "how long an environment must be well",
    )
    .by_default(),
    key(
        "watch.*.rollout.settle.first",
        Text,
        "\"30m\"",
        "the first that gets an image",
    )
    .by_default(),
    key(
        "watch.*.rollout.settle.later",
        Text,
        "\"10m\"",
        "each one after it",
    )
    .by_default(),
    key(
        "watch.*.rollout.health",
        Text,
        "\"info\"",
        "the worst health that passes",
    )
    .by_default(),
    key(
        "watch.*.rollout.allow_downtime",
        Texts,
        "[\"shop-dev-*\"]",
        "environments that may go down",
    ),
    key(
        "watch.*.rollout.on_failure",
        Text,
        "\"rollback\"",
        "what comes of a move that failed",
    )
    .by_default(),
    key(
        "watch.*.rollout.probe",
        Table,
        "{ url = \"https://shop.example.com/health\", status = 200 }",
        "a page that must answer",
    ),
    key(
        "watch.*.rollout.probe.url",
        Text,
        "\"https://shop.example.com/health\"",
        "its address",
    ),
    key("watch.*.rollout.probe.status", Integer, "200", "its answer").by_default(),
    key(
        "watch.*.rollout.hands",
        Text,
        "\"ours\"",
        "who changes the environment",
    )
    .by_default(),
    key("watch.*.rollout.for", Text, "\"cli\"", "what is printed"),
    key(
        "watch.*.rollout.waves",
        Texts,
        "[\"shop-canary\", \"shop-*\"]",
        "environments in turn",
    ),
    key(
        "watch.*.rollout.at_once",
        Integer,
        "1",
        "environments at the same time",
    )
    .by_default(),
    key(
        "watch.*.rollout.windows",
        Tables,
        "[{ cron = \"0 2 * * 2-4\", duration = \"3h\", timezone = \"Europe/Zurich\" }]",
        "when a move may start",
    ),
    key(
        "watch.*.rollout.windows.cron",
        Text,
        "\"0 2 * * 2-4\"",
        "when a window opens",
    ),
    key(
        "watch.*.rollout.windows.duration",
        Text,
        "\"3h\"",
        "for how long",
    ),
    key(
        "watch.*.rollout.windows.timezone",
        Text,
        "\"Europe/Zurich\"",
        "the zone that `cron` is read in",
    ),
    key(
        "watch.*.rollout.approval",
        Text,
        "\"first\"",
        "which rollouts a person approves",
    )
    .by_default(),
    key(
        "watch.*.rollout.approval_deadline",
        Text,
        "\"3d\"",
        "then the question lapses",
    )
    .by_default(),
];
