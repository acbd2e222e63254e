//! Images and snapshots as they are held: plain data, and what follows from it alone.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use crate::guest::Disk;
use crate::state::{Tags, Visibility};
use crate::world::Serves;

/// How late EC2 shows its owner that an image was launched.
const LAUNCH_SHOWN: TimeDelta = TimeDelta::hours(24);

#[derive(Clone, Debug)]
pub(crate) struct Image {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) owner_id: String,
    pub(crate) owner_alias: Option<&'static str>,
    pub(crate) architecture: String,
    pub(crate) state: String,
    /// Code and message.
    pub(crate) state_reason: Option<(String, String)>,
    /// Code and message with which its making will end.
    pub(crate) doom: Option<(String, String)>,
    pub(crate) created: DateTime<Utc>,
    pub(crate) public: bool,
    pub(crate) shared: bool,
    /// It may be launched, and its snapshots not be read: it cannot be copied by others.
    pub(crate) storage_kept: bool,
    pub(crate) launch_permissions: BTreeSet<Permission>,
    pub(crate) deprecated_at: Option<DateTime<Utc>>,
    pub(crate) protection: Protection,
    /// When it was launched last, and last of all that EC2 shows by then.
    pub(crate) launches: Vec<DateTime<Utc>>,
    pub(crate) source_image_id: Option<String>,
    /// Where the source lies: not here, where it was copied from another region.
    pub(crate) source_region: Option<String>,
    pub(crate) source_instance_id: Option<String>,
    pub(crate) snapshot_id: String,
    pub(crate) root_gib: u32,
    pub(crate) imds_v2: bool,
    /// How environments fare with it.
    pub(crate) serves: Serves,
    /// Auto Scaling's role may not use its snapshot's key.
    pub(crate) key_unusable: bool,
    pub(crate) tags: Tags,
    pub(crate) disk: Disk,
    pub(crate) visibility: Visibility,
    pub(crate) world: bool,
}

impl Image {
    /// It was launched.
    pub(crate) fn launched_at(&mut self, now: DateTime<Utc>) {
        let shown = self.last_launched(now);
        self.launches
            .retain(|at| *at > now - LAUNCH_SHOWN || Some(*at) == shown);
        self.launches.push(now);
    }

    /// When it was launched last, as far as EC2 shows it.
    pub(crate) fn last_launched(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let shown = self.launches.iter().filter(|at| **at <= now - LAUNCH_SHOWN);
        shown.max().copied()
    }
}

/// Who else may launch an image; the public is apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Permission {
    Account(String),
    /// By its ARN.
    Organization(String),
    /// By its ARN.
    Unit(String),
}

impl Permission {
    /// What EC2 calls it, and its value.
    pub(crate) fn named(&self) -> (&'static str, &str) {
        match self {
            Self::Account(id) => ("userId", id),
            Self::Organization(arn) => ("organizationArn", arn),
            Self::Unit(arn) => ("organizationalUnitArn", arn),
        }
    }
}

/// Whether an image may be deregistered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Protection {
    #[default]
    Off,
    On {
        cooldown: bool,
    },
    /// Taken off, and still in force until then.
    Cooling {
        until: DateTime<Utc>,
    },
}

impl Protection {
    pub(crate) fn holds(self, now: DateTime<Utc>) -> bool {
        match self {
            Self::Off => false,
            Self::On { .. } => true,
            Self::Cooling { until } => now < until,
        }
    }

    /// As EC2 shows it. What it shows while a protection cools down is not known; this tells less.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::On { cooldown: true } => "enabled-with-cooldown",
            Self::On { cooldown: false } => "enabled-without-cooldown",
            Self::Off | Self::Cooling { .. } => "disabled",
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    pub(crate) id: String,
    pub(crate) owner_id: String,
    pub(crate) volume_id: String,
    pub(crate) done: bool,
    /// Why it will never be done.
    pub(crate) trouble: Option<String>,
    pub(crate) started: DateTime<Utc>,
    pub(crate) description: String,
    pub(crate) gib: u32,
    /// The key that it is encrypted with.
    pub(crate) key: Option<String>,
    /// Who else may read it; everybody is apart.
    pub(crate) readers: BTreeSet<Permission>,
    pub(crate) public: bool,
    /// It is another account's, which shares it with this one.
    pub(crate) shared: bool,
    pub(crate) tags: Tags,
    pub(crate) world: bool,
}

impl Snapshot {
    pub(crate) fn state(&self) -> &'static str {
        match (self.done, &self.trouble) {
            (_, Some(_)) => "error",
            (true, None) => "completed",
            (false, None) => "pending",
        }
    }
}
