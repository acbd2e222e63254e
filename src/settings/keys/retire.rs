//! Keys of the config: how a watch's older images are retired. Rows alone, in the order of the reference.

use super::ValueKind::{Integer, Table, Text};
use super::{ConfigKey, key};

pub(super) const KEYS: &[ConfigKey] = &[
    key(
        "watch.*.retire",
        Table,
        "[watch.shop.retire]",
        "how older images are retired",
    ),
    key(
        "watch.*.retire.keep_newest",
        Integer,
        "3",
        "verified images that are never retired",
    )
    .by_default(),
    key(
        "watch.*.retire.younger_than",
        Text,
        "\"30d\"",
        "these are kept too",
    )
    .by_default(),
    key(
        "watch.*.retire.disable_after",
        Text,
        "\"45d\"",
        "from superseded to disabled",
    )
    .by_default(),
    key(
        "watch.*.retire.deregister_after",
        Text,
        "\"90d\"",
        "from superseded to gone",
    )
    .by_default(),
    key(
        "watch.*.retire.mode",
        Text,
        "\"tell\"",
        "whether anything is done",
    )
    .by_default(),
    key(
        "watch.*.retire.rollback_horizon",
        Text,
        "\"45d\"",
        "what an environment ran so recently stays",
    )
    .by_default(),
];
