//! What is remembered of retiring: of each image that something was begun with, and of the last look at an
//! account and region. Values; `flow::retire` decides, `store::retired` keeps them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::ids::{ImageId, Region, SnapshotId, WatchName};
use super::owned_image::LaunchGrant;
use super::retiring::RungStep;

/// What is done to an image: a step down, or the way back up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetireAct {
    Deprecate,
    Disable,
    Deregister,
    /// Back in force, by a person's order.
    Restore,
}

impl RetireAct {
    /// The word in tables, JSON and keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deprecate => "deprecate",
            Self::Disable => "disable",
            Self::Deregister => "deregister",
            Self::Restore => "restore",
        }
    }

    /// What has become of the image.
    pub const fn done(self) -> &'static str {
        match self {
            Self::Deprecate => "deprecated",
            Self::Disable => "disabled",
            Self::Deregister => "deregistered",
            Self::Restore => "restored",
        }
    }
}

impl From<RungStep> for RetireAct {
    fn from(step: RungStep) -> Self {
        match step {
            RungStep::Deprecate => Self::Deprecate,
            RungStep::Disable => Self::Disable,
            RungStep::Deregister => Self::Deregister,
        }
    }
}

/// What is remembered of one image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageRecord {
    pub watch: WatchName,
    /// Where the watch works: a copy is of another region.
    pub home: Region,
    pub name: String,
    pub base_version: Option<String>,
    /// Written before the change is sent: whether it came about is found out by looking.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under_way: Option<ActUnderWay>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<DateTime<Utc>>,
    /// Who might launch it when it was disabled: EC2 forgets that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<LaunchGrant>,
    /// Its snapshots, for when EC2 does not know any more that they were its.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub snapshots: Vec<SnapshotId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored: Option<RestoredImage>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone_at: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing: Option<ActFailing>,
    /// Right before it was to be done, something spoke against it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spared: Option<SparedImage>,
}

impl ImageRecord {
    /// Of an image with which nothing was begun yet.
    pub fn untouched(watch: WatchName, home: Region) -> Self {
        Self {
            watch,
            home,
            name: String::new(),
            base_version: None,
            under_way: None,
            disabled_at: None,
            grants: Vec::new(),
            snapshots: Vec::new(),
            restored: None,
            gone_at: None,
            failing: None,
            spared: None,
        }
    }

    /// Nothing was done: what was begun is taken back, and who may launch it is EC2's to say as before.
    pub fn nothing_was_done(&mut self) {
        self.under_way = None;
        if self.disabled_at.is_none() {
            self.grants.clear();
        }
    }
}

/// An act that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActUnderWay {
    pub act: RetireAct,
    pub since: DateTime<Utc>,
    pub by: String,
}

/// Who brought it back, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoredImage {
    pub at: DateTime<Utc>,
    pub by: String,
}

/// An act that did not succeed, while that is so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActFailing {
    pub act: RetireAct,
    /// At least 1.
    pub attempts: u32,
    /// Not tried again before this.
    pub next_at: DateTime<Utc>,
    pub why: String,
}

/// Why it was left as it was, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SparedImage {
    pub at: DateTime<Utc>,
    pub why: String,
}

/// The last look at an account and region.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RetireLook {
    /// When a look last came to its end.
    pub looked_at: Option<DateTime<Utc>>,
    pub watches: BTreeMap<WatchName, WatchRetiring>,
}

/// What a look found of one watch's images.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WatchRetiring {
    /// How many images were due for what.
    pub due: BTreeMap<RetireAct, usize>,
    /// What people were told to be due, of images that are still there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub told: BTreeMap<ImageId, RetireAct>,
    /// Since when something is refused, by act and kind of failure.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub failing: BTreeMap<String, DateTime<Utc>>,
}

impl WatchRetiring {
    /// How many images were due for what: `2 to deprecate, 1 to disable`.
    pub fn counted(&self) -> String {
        let due = self.due.iter();
        let counted = due.map(|(act, count)| format!("{count} to {}", act.as_str()));
        counted.collect::<Vec<_>>().join(", ")
    }
}
