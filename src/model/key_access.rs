//! KMS keys as far as a launch needs them: what KMS says of one, and what that means for the role by which a
//! group launches. Plain values; whether a role may use a key is not told here.

use serde::{Deserialize, Serialize};

/// A key, as KMS describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFacts {
    pub arn: String,
    /// AWS manages it: its policy is AWS's own, and lets every service role of the account use it.
    pub aws_managed: bool,
    /// `Enabled`, `Disabled`, `PendingDeletion`.
    pub state: String,
}

/// Why nobody can launch by a key, or not by this role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "bar")]
pub enum KeyBar {
    /// No statement of its policy and no grant admits the role.
    NotAdmitted,
    /// A statement of its policy denies it to the role.
    PolicyDenies,
    /// It can be used by nobody while it is so.
    State { state: String },
}

/// What is known of the keys of an image, for who launches it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum KeysRead {
    /// Nobody asked: that costs calls, and is asked last.
    #[default]
    NotAsked,
    /// It is not encrypted, or the role may use the key.
    Open,
    /// It is known that the role may not.
    Barred {
        key: String,
        role: String,
        bar: KeyBar,
    },
    /// Nothing is known of it, and why.
    Untold { why: String },
}

impl KeysRead {
    /// Why nothing is known, where somebody asked.
    pub fn untold(&self) -> Option<&str> {
        match self {
            Self::Untold { why } => Some(why),
            Self::NotAsked | Self::Open | Self::Barred { .. } => None,
        }
    }
}
