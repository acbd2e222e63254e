//! What Auto Scaling says of an environment's groups: which of their processes are suspended, and the role
//! by which each launches. Plain values; what that means for a move is not told here.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A process of a group that is suspended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuspendedProcess {
    pub group: String,
    /// `Launch`, `Terminate`.
    pub process: String,
    /// In Auto Scaling's words: `User suspended at 2026-11-30T12:00:00Z`.
    pub reason: String,
    /// The moment that the words name.
    pub since: Option<DateTime<Utc>>,
}

/// One group of an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupStanding {
    pub name: String,
    /// The service-linked role by which it launches; absent where it is not shown.
    pub role: Option<String>,
    pub suspended: Vec<SuspendedProcess>,
}

/// What is known of an environment's groups.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum GroupsRead {
    /// Nobody asked: that costs a call, and is asked last.
    #[default]
    NotAsked,
    /// All of them.
    Told(Vec<GroupStanding>),
    /// Nothing is known of them, and why.
    Untold { why: String },
}

impl GroupsRead {
    /// Those that are known.
    pub fn told(&self) -> &[GroupStanding] {
        match self {
            Self::Told(groups) => groups,
            Self::NotAsked | Self::Untold { .. } => &[],
        }
    }

    /// Why nothing is known of them, where somebody asked.
    pub fn untold(&self) -> Option<&str> {
        match self {
            Self::Untold { why } => Some(why),
            Self::NotAsked | Self::Told(_) => None,
        }
    }
}
