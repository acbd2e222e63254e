//! Keys of the config: whom to tell. Rows alone, in the order of the reference. Where a secret may be kept
//! stands once, with the first of them; the other secrets are kept in the same places.

use super::ValueKind::{Integer, Secret, Table, Text, Texts};
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
        "a Slack channel, by an incoming webhook or an app's token",
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
        "notify.*.slack.token",
        Secret,
        "{ env = \"SLACK_TOKEN\" }",
        "where an app's token is kept",
    ),
    key(
        "notify.*.slack.channel",
        Text,
        "\"C0123456789\"",
        "the channel, by its id",
    ),
    key(
        "notify.*.slack.url",
        Text,
        "\"https://slack.com/api\"",
        "where Slack's methods are",
    )
    .by_default(),
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
        "notify.*.email",
        Table,
        "{ smtp = { host = \"smtp.example.com\" }, from = \"amiwatch@example.com\", to = [\"ops@example.com\"] }",
        "people's mailboxes",
    ),
    key(
        "notify.*.email.smtp",
        Table,
        "{ host = \"smtp.example.com\", user = \"amiwatch\", password = { env = \"SMTP_PASSWORD\" } }",
        "the server that takes its mail",
    ),
    key(
        "notify.*.email.smtp.host",
        Text,
        "\"smtp.example.com\"",
        "its name",
    ),
    key("notify.*.email.smtp.port", Integer, "587", "its port"),
    key(
        "notify.*.email.smtp.tls",
        Text,
        "\"starttls\"",
        "how the connection is made safe",
    )
    .by_default(),
    key(
        "notify.*.email.smtp.user",
        Text,
        "\"amiwatch\"",
        "who logs in",
    ),
    key(
        "notify.*.email.smtp.password",
        Secret,
        "{ env = \"SMTP_PASSWORD\" }",
        "where its password is kept",
    ),
    key(
        "notify.*.email.from",
        Text,
        "\"amiwatch <amiwatch@example.com>\"",
        "whom its mail comes from",
    ),
    key(
        "notify.*.email.to",
        Texts,
        "[\"ops@example.com\"]",
        "whom it goes to",
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
    key(
        "notify.*.per_hour",
        Integer,
        "30",
        "how many messages an hour",
    ),
    key(
        "notify.*.digest",
        Text,
        "\"mon 08:00\"",
        "when it is told how everything stands",
    ),
    key(
        "notify.*.remind",
        Text,
        "\"7d\"",
        "after how long it is told again what is still out of step",
    ),
    key(
        "notify.*.quiet_hours",
        Text,
        "\"22:00-07:00\"",
        "when what only informs waits",
    ),
];
