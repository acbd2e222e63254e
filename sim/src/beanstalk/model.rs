//! What Elastic Beanstalk holds in one region: branches, platform versions, environments, events.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::replacement::Replacement;
use crate::state::Tags;
use crate::world::{Branch, SavedConfiguration};

#[derive(Debug, Default)]
pub(crate) struct Beanstalk {
    pub(crate) branches: BTreeMap<String, BranchState>,
    /// By ARN.
    pub(crate) versions: BTreeMap<String, PlatformVersion>,
    /// By name, with its creation time.
    pub(crate) applications: BTreeMap<String, DateTime<Utc>>,
    /// By environment name.
    pub(crate) environments: BTreeMap<String, Environment>,
    /// By application and name.
    pub(crate) saved: BTreeMap<(String, String), SavedConfiguration>,
    pub(crate) events: Vec<EnvironmentEvent>,
}

#[derive(Clone, Debug)]
pub(crate) struct BranchState {
    pub(crate) spec: Branch,
    pub(crate) order: u32,
    /// ARNs of versions that were recommended, oldest first; the last one is recommended now.
    pub(crate) recommended: Vec<String>,
}

impl BranchState {
    pub(crate) fn platform(&self) -> &str {
        if self.spec.platform.is_empty() {
            &self.spec.name
        } else {
            &self.spec.platform
        }
    }

    pub(crate) fn now_recommended(&self) -> Option<&str> {
        self.recommended.last().map(String::as_str)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct PlatformVersion {
    pub(crate) arn: String,
    pub(crate) branch: String,
    pub(crate) version: String,
    /// Architecture to image.
    pub(crate) images: BTreeMap<String, String>,
    pub(crate) default_ami_list: bool,
    /// Superseded, and never run by this account: listed, not described.
    pub(crate) hidden: bool,
    /// Once superseded: whether an environment of the account ran it then.
    pub(crate) run_when_superseded: Option<bool>,
    pub(crate) created: DateTime<Utc>,
}

impl PlatformVersion {
    /// `64bit Amazon Linux 2023 v4.5.0 running ECS`
    pub(crate) fn solution_stack(&self) -> String {
        match self.branch.split_once(" running on ") {
            Some((what, os)) => format!("{os} v{} running {what}", self.version),
            None => format!("{} v{}", self.branch, self.version),
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Environment {
    pub(crate) id: String,
    pub(crate) application: String,
    pub(crate) name: String,
    pub(crate) tier: String,
    pub(crate) platform_arn: String,
    pub(crate) architecture: String,
    pub(crate) image_id: Option<String>,
    /// A configuration set that is being deployed.
    pub(crate) pending: Option<Draft>,
    /// One that failed; it stays until somebody deletes it.
    pub(crate) failed: Option<Draft>,
    pub(crate) status: String,
    pub(crate) health: String,
    pub(crate) created: DateTime<Utc>,
    pub(crate) updated: DateTime<Utc>,
    pub(crate) options: Options,
    /// What `.ebextensions` set: shows where no call set anything.
    pub(crate) extensions: Options,
    pub(crate) instance_ids: BTreeSet<String>,
    pub(crate) tags: Tags,
    pub(crate) version_label: String,
    /// The host part of its CNAME.
    pub(crate) cname: String,
    /// Grows with every change of source or configuration.
    pub(crate) deployment: u32,
    /// Enhanced health as it was scripted, with causes.
    pub(crate) scripted_health: Option<(String, Vec<String>)>,
    pub(crate) stuck: bool,
    pub(crate) rollback_fails: bool,
    /// An update could not be taken back: the stack takes no further update.
    pub(crate) broken: bool,
    pub(crate) update: Option<Update>,
    /// Counts updates, so that a stale event does nothing.
    pub(crate) updates: u32,
    pub(crate) managed: Vec<ManagedAction>,
    /// How often its settings were read: the order of the sets changes from look to look.
    pub(crate) looks: u32,
}

/// (namespace, option) to value.
pub(crate) type Options = BTreeMap<(String, String), String>;

/// A configuration set: everything that an update may change.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Draft {
    /// Set by a call; none: `.ebextensions`' or the platform version's own.
    pub(crate) image_id: Option<String>,
    pub(crate) platform_arn: String,
    pub(crate) options: Options,
}

impl Environment {
    /// What is deployed, as a set.
    pub(crate) fn deployed(&self) -> Draft {
        Draft {
            image_id: self.image_id.clone(),
            platform_arn: self.platform_arn.clone(),
            options: self.options.clone(),
        }
    }
}

/// An update that is under way.
#[derive(Clone, Debug)]
pub(crate) struct Update {
    pub(crate) request_id: String,
    /// The sets that are deployed one after the other: two where image and platform are.
    pub(crate) passes: Vec<Draft>,
    /// What was deployed before all of it.
    pub(crate) before: Draft,
    pub(crate) replacement: Replacement,
    pub(crate) stage: Stage,
    /// Instances of this pass that are there still: to be replaced, or to go at its end.
    pub(crate) old: Vec<String>,
    /// How many there were.
    pub(crate) total: usize,
    /// Those launched in this pass, and when the last batch was.
    pub(crate) fresh: Vec<String>,
    pub(crate) batch_since: DateTime<Utc>,
    /// Which managed action this is.
    pub(crate) managed: Option<String>,
}

/// Where an update stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Nothing has been replaced yet.
    Starting,
    /// A batch was launched and its health is awaited.
    Batch,
    /// All are replaced; the old ones go. It cannot be aborted any more.
    CleaningUp,
    /// On the way back, failed or aborted.
    RollingBack,
}

/// A managed action.
#[derive(Clone, Debug)]
pub(crate) struct ManagedAction {
    pub(crate) id: String,
    /// The version's ARN; empty: an instance refresh.
    pub(crate) platform_arn: String,
    pub(crate) at: DateTime<Utc>,
    /// `Scheduled`, `Running`, `Completed`, `Failed`.
    pub(crate) status: &'static str,
    pub(crate) failure: Option<&'static str>,
    pub(crate) finished: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug)]
pub(crate) struct EnvironmentEvent {
    pub(crate) at: DateTime<Utc>,
    pub(crate) application: String,
    pub(crate) environment: String,
    pub(crate) severity: &'static str,
    pub(crate) message: String,
    pub(crate) request_id: Option<String>,
}
