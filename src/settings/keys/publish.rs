//! Keys of the config: where a watch's image is made known. Rows alone, in the order of the reference.

use super::ValueKind::{Table, Text};
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
        "watch.*.publish.ssm",
        Text,
        "\"/amis/shop/{architecture}\"",
        "a parameter that names the image",
    ),
];
