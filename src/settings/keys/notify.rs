//! Keys of the config: whom to tell. Rows alone, in the order of the reference.

use super::ValueKind::{Secret, Table, Text, Texts};
use super::{ConfigKey, key};

pub(super) const KEYS: &[ConfigKey] = &[
    key("notify", Table, "[notify.ops]", "whom to tell"),
    key("notify.*", Table, "[notify.ops]", "one receiver"),
    key(
        "notify.*.sns",
        Table,
        "{ topic_arn = \"arn:aws:sns:eu-west-1:111122223333:amiwatch\" }",
        "an SNS topic",
    ),
    key(
        "notify.*.sns.topic_arn",
        Text,
        "\"arn:aws:sns:eu-west-1:111122223333:amiwatch\"",
        "which one",
    ),
    key(
        "notify.*.slack",
        Table,
        "{ webhook_url = { env = \"SLACK_WEBHOOK_URL\" } }",
        "a Slack incoming webhook",
    ),
    key(
        "notify.*.slack.webhook_url",
        Secret,
        "{ env = \"SLACK_WEBHOOK_URL\" }",
        "where its address is kept",
    ),
    key(
        "notify.*.slack.webhook_url.env",
        Text,
        "\"SLACK_WEBHOOK_URL\"",
        "a variable of the environment",
    ),
    key(
        "notify.*.slack.webhook_url.file",
        Text,
        "\"/run/secrets/slack-webhook\"",
        "a file",
    ),
    key(
        "notify.*.slack.webhook_url.credential",
        Text,
        "\"slack-webhook\"",
        "a systemd credential",
    ),
    key(
        "notify.*.slack.webhook_url.ssm",
        Text,
        "\"/amiwatch/slack-webhook\"",
        "an SSM parameter",
    ),
    key(
        "notify.*.events",
        Texts,
        "[\"drift\", \"baked\", \"failed\", \"redundant\", \"held\", \"approval_needed\", \
         \"rolled_out\", \"rolled_back\", \"attention\", \"resolved\", \"released\", \"lifecycle\", \
         \"blind\", \"published\", \"retired\"]",
        "which events",
    )
    .by_default(),
];
