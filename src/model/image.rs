//! A machine image as EC2 describes it, in our words.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::ids::{AccountId, Architecture, ImageId, InstanceId, Region, SnapshotId};

/// What EC2 knows of an image. Source of truth: `DescribeImages`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    pub id: ImageId,
    /// The region that lists it.
    pub region: Region,
    pub name: String,
    pub owner: AccountId,
    /// Owned by the account whose credentials asked.
    pub ours: bool,
    /// `amazon`, `aws-marketplace`, `aws-backup-vault`; absent for plain accounts.
    pub owner_alias: Option<String>,
    pub public: bool,
    /// Absent when it is one that we do not know (`i386`, `x86_64_mac`).
    pub architecture: Option<Architecture>,
    pub state: ImageState,
    pub state_reason: Option<String>,
    pub created: Option<DateTime<Utc>>,
    pub deprecated_from: Option<DateTime<Utc>>,
    /// Set by EC2 for CreateImage and CopyImage, not for RegisterImage; survives the source.
    pub source_image: Option<ImageId>,
    /// Where the source lies, as far as EC2 says.
    pub source_region: Option<Region>,
    pub source_instance: Option<InstanceId>,
    pub snapshots: Vec<SnapshotId>,
    pub tags: BTreeMap<String, String>,
}

impl Image {
    /// Published by Amazon itself (the alias, never an account number: those differ by region).
    pub fn by_amazon(&self) -> bool {
        self.owner_alias.as_deref() == Some("amazon")
    }

    /// A copy of an image of another region. Only CopyImage makes such, so it is the same image, not one
    /// that was made from it.
    pub fn copied_across(&self) -> bool {
        let elsewhere = self.source_region.as_ref();
        self.source_image.is_some() && elsewhere.is_some_and(|region| *region != self.region)
    }

    /// The region that its source is in.
    pub fn region_of_source(&self) -> &Region {
        self.source_region.as_ref().unwrap_or(&self.region)
    }

    /// Owned by one of these, as EC2 takes owners: `self`, an alias, or an account's twelve digits.
    /// An account's digits never stand for an alias, nor an alias for the account behind it.
    pub fn is_of(&self, owners: &[String]) -> bool {
        owners.iter().any(|owner| match owner.as_str() {
            "self" => self.ours,
            id if id.bytes().all(|byte| byte.is_ascii_digit()) => self.owner.as_str() == id,
            alias => self.owner_alias.as_deref() == Some(alias),
        })
    }
}

/// The state of an image, as far as we treat states differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageState {
    /// Still being made: it may take up to 24 hours.
    Pending,
    Available,
    /// Kept, hidden, not launchable.
    Disabled,
    /// `failed`, `error`, `invalid`: it will never be available.
    Failed,
    Deregistered,
    /// A state that this version does not know.
    Other,
}

/// What sort of image an environment runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageKind {
    /// Its platform version's own image.
    Stock,
    /// Another Amazon image, set by hand.
    StockPinned,
    /// Owned by this account.
    Custom,
    /// Shared or from the marketplace.
    Foreign,
    /// EC2 does not list it any more.
    Gone,
    /// Could not be told.
    Unknown,
}

impl ImageKind {
    /// The word used in tables and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stock => "stock",
            Self::StockPinned => "stock_pinned",
            Self::Custom => "custom",
            Self::Foreign => "foreign",
            Self::Gone => "gone",
            Self::Unknown => "unknown",
        }
    }
}
