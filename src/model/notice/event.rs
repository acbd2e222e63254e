//! The sorts of events, and how much each matters.

use serde::{Deserialize, Serialize};

/// What sort of event a notice tells. The words are contract (`events = [...]` in the config).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeEvent {
    Drift,
    Baked,
    Failed,
    Redundant,
    Held,
    ApprovalNeeded,
    RolledOut,
    RolledBack,
    Attention,
    Resolved,
    /// A base that no recipe of ours follows has another release.
    Released,
    /// A branch or a base comes to its end.
    Lifecycle,
    /// A place or a base could not be read for a while.
    Blind,
    /// A watch's image stands where programs look for it.
    Published,
    /// An older image went a rung down or came back, or would go.
    Retired,
    /// How much a receiver's limit kept from it. No word of the config: whoever sets a limit is told.
    Withheld,
    /// How everything stands, for whoever asked for a digest. No word of the config either.
    Digest,
    /// What is still out of step, for whoever asked to be reminded. No word of the config either.
    Reminder,
    /// A sample that somebody asked for. Never stored, and no word of the config.
    Test,
}

/// How much a notice matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Info,
    Warning,
    Critical,
}

impl NoticeEvent {
    /// Every event that the config can name, in the order of its example.
    pub const ALL: [NoticeEvent; 15] = [
        Self::Drift,
        Self::Baked,
        Self::Failed,
        Self::Redundant,
        Self::Held,
        Self::ApprovalNeeded,
        Self::RolledOut,
        Self::RolledBack,
        Self::Attention,
        Self::Resolved,
        Self::Released,
        Self::Lifecycle,
        Self::Blind,
        Self::Published,
        Self::Retired,
    ];

    /// Every event that something can be told of, in the same order: a sample of each can be sent.
    pub fn told() -> impl Iterator<Item = Self> {
        let unnamed = Self::UNNAMED.into_iter();
        Self::ALL
            .into_iter()
            .chain(unnamed.filter(|event| *event != Self::Test))
    }

    /// Every other one: what is told to a single receiver, whatever its `events` say.
    pub const UNNAMED: [NoticeEvent; 4] =
        [Self::Withheld, Self::Digest, Self::Reminder, Self::Test];

    /// The contract word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Drift => "drift",
            Self::Baked => "baked",
            Self::Failed => "failed",
            Self::Redundant => "redundant",
            Self::Held => "held",
            Self::ApprovalNeeded => "approval_needed",
            Self::RolledOut => "rolled_out",
            Self::RolledBack => "rolled_back",
            Self::Attention => "attention",
            Self::Resolved => "resolved",
            Self::Released => "released",
            Self::Lifecycle => "lifecycle",
            Self::Blind => "blind",
            Self::Published => "published",
            Self::Retired => "retired",
            Self::Withheld => "withheld",
            Self::Digest => "digest",
            Self::Reminder => "reminder",
            Self::Test => "test",
        }
    }
}

impl Severity {
    /// From the least to the most.
    pub const ALL: [Severity; 3] = [Self::Info, Self::Warning, Self::Critical];

    /// The contract word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}
