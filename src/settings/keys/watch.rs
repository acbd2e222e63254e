//! Keys of the config: bases that are followed, and what uses their images. Rows alone, in the order of the reference.

use super::ValueKind::{Table, Tables, Text, Texts};
use super::{ConfigKey, key};

pub(super) const KEYS: &[ConfigKey] = &[
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
        "watch.*.target.beanstalk.account",
        Text,
        "\"prod\"",
        "in which account",
    ),
    key(
        "watch.*.target.beanstalk.region",
        Text,
        "\"eu-central-1\"",
        "in which region",
    ),
    key(
        "watch.*.target.beanstalk.regions",
        Text,
        "\"account\"",
        "in every region of its account",
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
];
