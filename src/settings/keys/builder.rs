//! Keys of the config: how builders are launched. Rows alone, in the order of the reference.

use super::ValueKind::{Boolean, Integer, NotBuilt, Table, Text, Texts};
use super::{ConfigKey, key};

pub(super) const KEYS: &[ConfigKey] = &[
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
        "builder.keep_failed",
        Text,
        "\"2h\"",
        "how long a failed bake's builder is kept, stopped",
    ),
    key(
        "builder.keep_rejected",
        NotBuilt,
        "",
        "rejected images are removed at once; their report stays in the store",
    ),
];
