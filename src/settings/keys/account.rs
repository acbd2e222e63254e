//! Keys of the config: other accounts, and as whom they are looked at and changed. Rows alone, in the order of the reference.

use super::ValueKind::{Table, Text, Texts};
use super::{ConfigKey, key};

pub(super) const KEYS: &[ConfigKey] = &[
    key(
        "account",
        Table,
        "[account.prod]",
        "accounts beside the credentials' own",
    ),
    key("account.*", Table, "[account.prod]", "one of them"),
    key(
        "account.*.role_arn",
        Text,
        "\"arn:aws:iam::222233334444:role/amiwatch\"",
        "a role there, by which it is looked at",
    ),
    key(
        "account.*.rollout_role_arn",
        Text,
        "\"arn:aws:iam::222233334444:role/amiwatch-rollout\"",
        "a role there, by which environments are changed",
    ),
    key(
        "account.*.external_id",
        Text,
        "\"acme-prod\"",
        "what its roles want to be told",
    ),
    key(
        "account.*.regions",
        Texts,
        "[\"eu-west-1\", \"us-east-1\"]",
        "where it has environments",
    ),
];
