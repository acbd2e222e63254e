//! Things in the account that carry this installation's tag, and what is decided about each.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::aws_command::AwsCommand;
use super::ids::Region;
use super::tags;

/// The sorts of things that a bake makes, in the order in which they can be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StrayKind {
    Instance,
    Image,
    Snapshot,
    Volume,
    SecurityGroup,
}

impl StrayKind {
    /// The word used in tables and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Instance => "instance",
            Self::Image => "image",
            Self::Snapshot => "snapshot",
            Self::Volume => "volume",
            Self::SecurityGroup => "security group",
        }
    }

    /// The command by which a person removes one.
    pub fn by_hand(self, id: &str, region: &Region) -> String {
        let of = |operation: &str| AwsCommand::new(&format!("ec2 {operation}"), region);
        let command = match self {
            Self::Instance => of("terminate-instances").with("--instance-ids", id),
            Self::Image => of("deregister-image")
                .flag("--delete-associated-snapshots")
                .with("--image-id", id),
            Self::Snapshot => of("delete-snapshot").with("--snapshot-id", id),
            Self::Volume => of("delete-volume").with("--volume-id", id),
            Self::SecurityGroup => of("delete-security-group").with("--group-id", id),
        };
        command.to_string()
    }
}

/// One thing that carries our tag, as EC2 describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Thing {
    pub kind: StrayKind,
    pub id: String,
    /// As AWS writes it; empty for what has no state.
    pub state: ThingState,
    /// When it was made. Absent where EC2 does not say (security groups).
    pub since: Option<DateTime<Utc>>,
    pub tags: BTreeMap<String, String>,
    /// What would stop working without it, or keeps it from going: ids.
    pub held_by: Vec<String>,
    /// What goes with it: an image's snapshots.
    pub parts: Vec<String>,
    /// What EC2 records of it that no bake can have made so: anybody may tag.
    #[serde(skip)]
    pub contradiction: Option<String>,
}

/// As far as states are treated differently here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ThingState {
    /// There, and it stays so until somebody removes it.
    Settled,
    /// EC2 is still making it.
    Pending,
}

impl Thing {
    /// A tag's value; empty when it has none.
    pub fn tag(&self, name: &str) -> &str {
        self.tags.get(name).map_or("", String::as_str)
    }

    /// The watch that it was made for; empty for what serves several.
    pub fn watch(&self) -> &str {
        self.tag(tags::WATCH)
    }
}

/// What is to become of a thing, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StrayVerdict {
    pub word: VerdictWord,
    /// One sentence.
    pub why: String,
}

/// The words of the JSON output: contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum VerdictWord {
    /// Nothing claims it: it is removed when asked to.
    Stray,
    /// A bake that is under way made it.
    Claimed,
    /// A failed bake's builder that people look into, until its tag says so.
    Kept,
    /// Not old enough to say that nothing will claim it.
    Young,
    /// A verified image, or a part of one.
    Verified,
    /// A person or another command decides about it: quarantined, superseded.
    Withdrawn,
    /// EC2 is still making it.
    Pending,
    /// Something uses it.
    InUse,
    /// It does not carry what everything that amiwatch makes carries.
    NotMadeHere,
    /// No whole pass has been made on this store: it cannot say what is claimed.
    NoBaseline,
}

impl VerdictWord {
    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stray => "stray",
            Self::Claimed => "claimed",
            Self::Kept => "kept",
            Self::Young => "young",
            Self::Verified => "verified",
            Self::Withdrawn => "withdrawn",
            Self::Pending => "pending",
            Self::InUse => "in_use",
            Self::NotMadeHere => "not_made_here",
            Self::NoBaseline => "no_baseline",
        }
    }
}

impl StrayVerdict {
    /// True when nothing claims the thing and nothing speaks for keeping it.
    pub fn is_stray(&self) -> bool {
        self.word == VerdictWord::Stray
    }
}
