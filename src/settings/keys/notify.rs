//! Keys of the config: whom to tell. Rows alone, in the order of the reference. Where a secret may be kept
//! stands once, with the first of them; the other secrets are kept in the same places.

use super::ValueKind::{Secret, Table, Text, Texts};
use super::{ConfigKey, key};

/// The secret whose rows stand for those of every secret.
pub(super) const A_SECRET: &str = "notify.*.slack.webhook_url";

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
        "notify.*.sns.format",
        Text,
        "\"text\"",
        "what its messages are",
    )
    .by_default(),
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
        "notify.*.teams",
        Table,
        "{ webhook_url = { env = \"TEAMS_WEBHOOK_URL\" } }",
        "a Microsoft Teams channel, by a workflow's webhook",
    ),
    key(
        "notify.*.teams.webhook_url",
        Secret,
        "{ env = \"TEAMS_WEBHOOK_URL\" }",
        "where the workflow's address is kept",
    ),
    key(
        "notify.*.pagerduty",
        Table,
        "{ routing_key = { env = \"PAGERDUTY_KEY\" } }",
        "a PagerDuty service",
    ),
    key(
        "notify.*.pagerduty.routing_key",
        Secret,
        "{ env = \"PAGERDUTY_KEY\" }",
        "where its integration key is kept",
    ),
    key(
        "notify.*.pagerduty.url",
        Text,
        "\"https://events.pagerduty.com\"",
        "where events go",
    )
    .by_default(),
    key(
        "notify.*.eventbridge",
        Table,
        "{ bus = \"default\" }",
        "an EventBridge bus",
    ),
    key(
        "notify.*.eventbridge.bus",
        Text,
        "\"default\"",
        "which one",
    )
    .by_default(),
    key(
        "notify.*.webhook",
        Table,
        "{ url = { env = \"HOOK_URL\" }, secret = { env = \"HOOK_SECRET\" } }",
        "a webhook of one's own",
    ),
    key(
        "notify.*.webhook.url",
        Secret,
        "{ env = \"HOOK_URL\" }",
        "where its address is kept",
    ),
    key(
        "notify.*.webhook.secret",
        Secret,
        "{ env = \"HOOK_SECRET\" }",
        "where what messages are signed with is kept",
    ),
    key(
        "notify.*.webhook.template",
        Text,
        "\"templates/discord.json\"",
        "a file that makes the body",
    ),
    key(
        "notify.*.exec",
        Table,
        "{ command = [\"/usr/local/bin/hear\"] }",
        "a command of one's own",
    ),
    key(
        "notify.*.exec.command",
        Texts,
        "[\"/usr/local/bin/hear\", \"--from\", \"amiwatch\"]",
        "the program and its arguments",
    ),
    key(
        "notify.*.exec.timeout",
        Text,
        "\"30s\"",
        "how long it may take",
    )
    .by_default(),
    key(
        "notify.*.events",
        Texts,
        "[\"drift\", \"baked\", \"failed\", \"redundant\", \"held\", \"approval_needed\", \
         \"rolled_out\", \"rolled_back\", \"attention\", \"resolved\", \"released\", \"lifecycle\", \
         \"blind\", \"published\", \"retired\"]",
        "which events",
    )
    .by_default(),
    key(
        "notify.*.severity",
        Text,
        "\"info\"",
        "how much a notice must matter",
    )
    .by_default(),
    key(
        "notify.*.watches",
        Texts,
        "[\"shop\", \"shop-*\"]",
        "of which watches",
    ),
    key(
        "notify.*.accounts",
        Texts,
        "[\"111122223333\"]",
        "of which accounts",
    ),
];
