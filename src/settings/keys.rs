//! The one table of keys: what a config may hold, of which type, with which default and why. The
//! walk, the example and the reference are all held against it, so that no key can be read without
//! being documented or documented without being read.

/// A key, or a table, by its place.
#[derive(Debug)]
pub(super) struct ConfigKey {
    /// Dotted; `*` stands for a name that the user chooses.
    pub(super) path: &'static str,
    pub(super) kind: ValueKind,
    /// As TOML; absent where the key is required or means something by its absence.
    pub(super) default: Option<&'static str>,
    /// As TOML: what would be right.
    pub(super) example: &'static str,
    /// One line: what it is for.
    pub(super) doc: &'static str,
}

/// What a key holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueKind {
    Text,
    Integer,
    Boolean,
    /// `["a", "b"]`
    Texts,
    /// `[name]` or `{ ... }`; its keys are rows of their own.
    Table,
    /// `[[name]]`; the keys of each are rows of their own.
    Tables,
    /// Text, or a table that says more; its keys are rows of their own.
    TextOrTable,
    /// A table that says where a secret is kept. The secret itself does not stand in a config.
    Secret,
    /// Known, so that whoever writes it is told what there is instead; not built in this version.
    NotBuilt,
}

impl ConfigKey {
    /// The key's own name: the last part of its path.
    pub(super) fn name(&self) -> &'static str {
        self.path.rsplit('.').next().unwrap_or(self.path)
    }
}

impl ValueKind {
    /// As it stands in "write ...".
    pub(super) fn phrase(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "a whole number",
            Self::Boolean => "true or false",
            Self::Texts => "a list of texts",
            Self::Table => "a table",
            Self::Tables => "a list of tables",
            Self::TextOrTable => "text or a table",
            Self::Secret => "where it is kept",
            Self::NotBuilt => "nothing",
        }
    }
}

/// The row at a path, where a `*` row stands for every name.
pub(super) fn child(parent: &str, name: &str) -> Option<&'static ConfigKey> {
    let children = || KEYS.iter().filter(|key| parent_of(key.path) == parent);
    children()
        .find(|key| key.name() == name)
        .or_else(|| children().find(|key| key.name() == "*"))
}

/// The rows right under a path.
pub(super) fn children(parent: &str) -> impl Iterator<Item = &'static ConfigKey> {
    KEYS.iter().filter(move |key| parent_of(key.path) == parent)
}

fn parent_of(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(parent, _)| parent)
}

const fn key(
    path: &'static str,
    kind: ValueKind,
    example: &'static str,
    doc: &'static str,
) -> ConfigKey {
    ConfigKey {
        path,
        kind,
        default: None,
        example,
        doc,
    }
}

impl ConfigKey {
    /// The example is the default.
    const fn by_default(mut self) -> Self {
        self.default = Some(self.example);
        self
    }
}

use ValueKind::{Boolean, Integer, NotBuilt, Secret, Table, Tables, Text, TextOrTable, Texts};

/// Every key. Rows of one table stand together, in the order of the reference.
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
    key("http", Table, "[http]", "health and metrics"),
    key(
        "http.listen",
        Text,
        "\"127.0.0.1:9464\"",
        "where they are served",
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
    key("aws.rollout", Table, "[aws.rollout]", "as whom environments are moved"),
    key(
        "aws.rollout.role_arn",
        Text,
        "\"arn:aws:iam::111122223333:role/amiwatch-rollout\"",
        "a role that moves assume",
    ),
    key("builder", Table, "[builder]", "how builders are launched"),
    key(
        "builder.instance_types",
        Table,
        "{ x86_64 = [\"t3.small\", \"t3a.small\"], arm64 = [\"t4g.small\"] }",
        "tried in turn",
    )
    .by_default(),
    key(
        "builder.instance_types.x86_64",
        Texts,
        "[\"t3.small\", \"t3a.small\"]",
        "for x86_64",
    )
    .by_default(),
    key(
        "builder.instance_types.arm64",
        Texts,
        "[\"t4g.small\"]",
        "for arm64",
    )
    .by_default(),
    key(
        "builder.subnets",
        Texts,
        "[\"subnet-0123456789abcdef0\"]",
        "tried in turn",
    ),
    key(
        "builder.security_groups",
        Texts,
        "[\"sg-0123456789abcdef0\"]",
        "instead of our own",
    ),
    key(
        "builder.instance_profile",
        Text,
        "\"amiwatch-builder\"",
        "for recipes that call AWS",
    ),
    key(
        "builder.proof",
        Text,
        "\"console\"",
        "how a guest's report reaches us",
    )
    .by_default(),
    key(
        "builder.allow_inbound",
        Boolean,
        "true",
        "launch although a security group lets something in",
    ),
    key(
        "builder.public_ip",
        Boolean,
        "true",
        "instead of the subnet's own rule",
    ),
    key(
        "builder.root_volume_gib",
        Integer,
        "30",
        "instead of the base image's size",
    ),
    key(
        "builder.timeout",
        Text,
        "\"30m\"",
        "from launch to a stopped builder",
    )
    .by_default(),
    key(
        "builder.encrypt",
        Text,
        "\"account-default\"",
        "the snapshots' encryption",
    )
    .by_default(),
    key(
        "builder.keep_rejected",
        NotBuilt,
        "",
        "rejected images are removed at once; their report stays in the store",
    ),
    key("watch", Table, "[watch.shop]", "bases to follow"),
    key(
        "watch.*",
        Table,
        "[watch.shop]",
        "one base, its recipe and its targets",
    ),
    key(
        "watch.*.region",
        Text,
        "\"eu-west-1\"",
        "where the base and the targets are",
    ),
    key(
        "watch.*.base",
        Table,
        "{ ssm = \"/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended\" }",
        "the line of images to follow",
    ),
    key(
        "watch.*.base.beanstalk",
        Text,
        "\"ECS running on 64bit Amazon Linux 2023\"",
        "a platform branch",
    ),
    key(
        "watch.*.base.ssm",
        Text,
        "\"/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended\"",
        "a public parameter",
    ),
    key(
        "watch.*.base.images",
        Table,
        "{ owners = [\"amazon\"], name = \"al2023-ami-2023.*-kernel-6.12-*\" }",
        "images by owner and name",
    ),
    key(
        "watch.*.base.images.owners",
        Texts,
        "[\"amazon\"]",
        "whose images",
    ),
    key(
        "watch.*.base.images.name",
        Text,
        "\"al2023-ami-2023.*-kernel-6.12-*\"",
        "a pattern of their names",
    ),
    key(
        "watch.*.base.version",
        Text,
        "\"recommended\"",
        "which version of the branch",
    )
    .by_default(),
    key(
        "watch.*.base.architecture",
        Text,
        "\"x86_64\"",
        "the processor",
    )
    .by_default(),
    key(
        "watch.*.recipe",
        Text,
        "\"ecs-logging\"",
        "what makes the base yours",
    ),
    key(
        "watch.*.on_drift",
        Text,
        "\"notify\"",
        "how far to go without being asked",
    )
    .by_default(),
    key(
        "watch.*.soak",
        Text,
        "\"24h\"",
        "how long a release must have been out",
    ),
    key(
        "watch.*.max_age",
        Text,
        "\"30d\"",
        "an image this old is baked again",
    ),
    key(
        "watch.*.target",
        Tables,
        "[[watch.shop.target]]",
        "what uses the image",
    ),
    key(
        "watch.*.target.beanstalk",
        Table,
        "{ application = \"shop\", environment = \"*\" }",
        "Elastic Beanstalk environments",
    ),
    key(
        "watch.*.target.beanstalk.application",
        Text,
        "\"shop\"",
        "their application",
    ),
    key(
        "watch.*.target.beanstalk.environment",
        Text,
        "\"shop-*\"",
        "their names",
    ),
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
    ).by_default(),
    key(
        "watch.*.rollout.settle.first",
        Text,
        "\"30m\"",
        "the first that gets an image",
    ).by_default(),
    key(
        "watch.*.rollout.settle.later",
        Text,
        "\"10m\"",
        "each one after it",
    ).by_default(),
    key(
        "watch.*.rollout.health",
        Text,
        "\"info\"",
        "the worst health that passes",
    ).by_default(),
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
    ).by_default(),
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
    key(
        "watch.*.rollout.probe.status",
        Integer,
        "200",
        "its answer",
    ).by_default(),
    key(
        "watch.*.rollout.hands",
        Text,
        "\"ours\"",
        "who changes the environment",
    ).by_default(),
    key(
        "watch.*.rollout.for",
        Text,
        "\"cli\"",
        "what is printed",
    ),
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
    ).by_default(),
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
    ).by_default(),
    key(
        "watch.*.rollout.approval_deadline",
        Text,
        "\"3d\"",
        "then the question lapses",
    ).by_default(),
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
         \"blind\"]",
        "which events",
    )
    .by_default(),
];
