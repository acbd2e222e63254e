//! What Elastic Beanstalk holds in one region: branches, platform versions, environments, events.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::state::Tags;
use crate::world::Branch;

#[derive(Debug, Default)]
pub(crate) struct Beanstalk {
    pub(crate) branches: BTreeMap<String, BranchState>,
    /// By ARN.
    pub(crate) versions: BTreeMap<String, PlatformVersion>,
    /// By name, with its creation time.
    pub(crate) applications: BTreeMap<String, DateTime<Utc>>,
    /// By environment name.
    pub(crate) environments: BTreeMap<String, Environment>,
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
    pub(crate) pending: Option<String>,
    pub(crate) failed: Option<String>,
    pub(crate) status: String,
    pub(crate) health: String,
    pub(crate) created: DateTime<Utc>,
    pub(crate) updated: DateTime<Utc>,
    pub(crate) options: BTreeMap<(String, String), String>,
    pub(crate) instance_ids: BTreeSet<String>,
    pub(crate) tags: Tags,
    /// How often its settings were read: the order of the sets changes from look to look.
    pub(crate) looks: u32,
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
