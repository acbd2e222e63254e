//! Keys of the config: where a watch's image is made known. Rows alone, in the order of the reference.

use super::ValueKind::{Boolean, Table, Text, Texts};
use super::{ConfigKey, key};

pub(super) const KEYS: &[ConfigKey] = &[
    key(
        "watch.*.publish",
        Table,
        "[watch.shop.publish]",
        "where the image is made known",
    ),
    key(
        "watch.*.publish.when",
        Text,
        "\"verified\"",
        "from when on an image is published",
    ),
    key(
        "watch.*.publish.copy_to",
        Texts,
        "[\"eu-central-1\"]",
        "other regions that get a copy",
    ),
    key(
        "watch.*.publish.encrypt",
        Table,
        "{ eu-central-1 = \"arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab\" }",
        "keys of the copies, by region",
    ),
    key(
        "watch.*.publish.encrypt.*",
        Text,
        "\"arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab\"",
        "the key of the copies in this region",
    ),
    key(
        "watch.*.publish.ssm",
        Text,
        "\"/amis/shop/{architecture}\"",
        "a parameter that names the image",
    ),
    key(
        "watch.*.publish.share",
        Table,
        "{ accounts = [\"222233334444\"] }",
        "who else may launch the image",
    ),
    key(
        "watch.*.publish.share.accounts",
        Texts,
        "[\"222233334444\"]",
        "accounts",
    ),
    key(
        "watch.*.publish.share.organization",
        Text,
        "\"arn:aws:organizations::111122223333:organization/o-exampleorgid\"",
        "every account of an organization",
    ),
    key(
        "watch.*.publish.share.ou",
        Texts,
        "[\"arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-examplerootid-exampleou\"]",
        "every account of these units",
    ),
    key(
        "watch.*.publish.launch_template",
        Table,
        "{ name = \"shop\" }",
        "a launch template that gets a version with the image",
    ),
    key(
        "watch.*.publish.launch_template.name",
        Text,
        "\"shop\"",
        "its name, in each region",
    ),
    key(
        "watch.*.publish.launch_template.id",
        Text,
        "\"lt-0123456789abcdef0\"",
        "its id, in the watch's own region",
    ),
    key(
        "watch.*.publish.launch_template.make_default",
        Boolean,
        "true",
        "the version becomes $Default as well",
    ),
];
