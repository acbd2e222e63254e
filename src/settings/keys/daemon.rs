//! Keys of the config: the installation, the daemon, where its store and its pages are, how AWS is reached. Rows alone, in the order of the reference.

use super::ValueKind::{Integer, Secret, Table, Text};
use super::{ConfigKey, key};

pub(super) const KEYS: &[ConfigKey] = &[
    key(
        "installation",
        Text,
        "\"acme-prod\"",
        "the name that owns what is made",
    ),
    key("schedule", Table, "[schedule]", "when the daemon looks"),
    key(
        "schedule.cron",
        Text,
        "\"*/15 * * * *\"",
        "when a pass starts",
    )
    .by_default(),
    key(
        "schedule.timezone",
        Text,
        "\"UTC\"",
        "the zone that `cron` is read in",
    )
    .by_default(),
    key(
        "schedule.jitter",
        Text,
        "\"30s\"",
        "each pass is late by up to this",
    )
    .by_default(),
    key(
        "schedule.pass_timeout",
        Text,
        "\"15m\"",
        "a pass that takes longer is cut",
    )
    .by_default(),
    key(
        "schedule.blind_after",
        Text,
        "\"1h\"",
        "what cannot be read for so long is told",
    )
    .by_default(),
    key("store", Table, "[store]", "what must survive a restart"),
    key(
        "store.url",
        Text,
        "\"sqlite:///var/lib/amiwatch/amiwatch.db\"",
        "where the store is",
    )
    .by_default(),
    key(
        "store.keep_history",
        Text,
        "\"400d\"",
        "what happened is kept for so long",
    )
    .by_default(),
    key("http", Table, "[http]", "health and metrics"),
    key(
        "http.listen",
        Text,
        "\"127.0.0.1:9464\"",
        "where they are served",
    ),
    key(
        "watchdog",
        Table,
        "[watchdog]",
        "who notices that the daemon is dead",
    ),
    key(
        "watchdog.ping_url",
        Secret,
        "{ env = \"WATCHDOG_URL\" }",
        "where its address is kept",
    ),
    key(
        "tags",
        Table,
        "[tags]",
        "tags of your own on everything that is made",
    ),
    key("tags.*", Text, "\"1234\"", "a tag's value"),
    key("aws", Table, "[aws]", "instead of the SDK's default chain"),
    key(
        "aws.region",
        Text,
        "\"eu-west-1\"",
        "the region of watches that name none",
    ),
    key(
        "aws.profile",
        Text,
        "\"prod\"",
        "a profile of the shared AWS config",
    ),
    key(
        "aws.role_arn",
        Text,
        "\"arn:aws:iam::111122223333:role/amiwatch\"",
        "a role to assume",
    ),
    key(
        "aws.endpoint_url",
        Text,
        "\"http://127.0.0.1:4599\"",
        "another endpoint for every call",
    ),
    key(
        "aws.calls_per_second",
        Integer,
        "5",
        "how fast the daemon asks AWS",
    )
    .by_default(),
    key(
        "aws.places_at_once",
        Integer,
        "16",
        "accounts and regions that are looked at side by side",
    )
    .by_default(),
    key(
        "aws.rollout",
        Table,
        "[aws.rollout]",
        "as whom environments are moved",
    ),
    key(
        "aws.rollout.role_arn",
        Text,
        "\"arn:aws:iam::111122223333:role/amiwatch-rollout\"",
        "a role that moves assume",
    ),
];
