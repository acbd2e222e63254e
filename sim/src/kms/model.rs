//! What KMS holds of a customer's key: plain data.

use chrono::{DateTime, Utc};
use serde_json::json;

/// A key that a customer made.
#[derive(Clone, Debug)]
pub(crate) struct CustomerKey {
    pub(crate) arn: String,
    pub(crate) state: CmkState,
    pub(crate) created: DateTime<Utc>,
    /// JSON, as it was given.
    pub(crate) policy: String,
    pub(crate) grants: Vec<KeyGrant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CmkState {
    Enabled,
    Disabled,
    PendingDeletion,
}

impl CmkState {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Enabled => "Enabled",
            Self::Disabled => "Disabled",
            Self::PendingDeletion => "PendingDeletion",
        }
    }
}

/// What lets a principal use a key beside its policy.
#[derive(Clone, Debug)]
pub(crate) struct KeyGrant {
    pub(crate) id: String,
    pub(crate) grantee: String,
    pub(crate) operations: Vec<String>,
    pub(crate) created: DateTime<Utc>,
}

impl CustomerKey {
    /// A key; without a policy it has KMS's own, which hands everything to the account's policies.
    pub(crate) fn new(
        account: &str,
        region: &str,
        number: u64,
        created: DateTime<Utc>,
        policy: Option<String>,
    ) -> Self {
        let root = json!({
            "Version": "2012-10-17",
            "Id": "key-default-1",
            "Statement": [{
                "Sid": "Enable IAM User Permissions",
                "Effect": "Allow",
                "Principal": { "AWS": format!("arn:aws:iam::{account}:root") },
                "Action": "kms:*",
                "Resource": "*",
            }],
        });
        Self {
            arn: format!("arn:aws:kms:{region}:{account}:key/51300000-0000-4000-9000-{number:012}"),
            state: CmkState::Enabled,
            created,
            policy: policy.unwrap_or_else(|| root.to_string()),
            grants: Vec::new(),
        }
    }
}
