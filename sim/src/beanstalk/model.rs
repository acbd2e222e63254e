//! What Elastic Beanstalk holds in one region: branches, platform versions, environments, events, and
//! what is remembered of each.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::environment::Environment;
use super::history::{HealthTurn, UpdateRecord};
use crate::autoscaling::Activity;
use crate::world::{Branch, SavedConfiguration};

#[derive(Clone, Debug, Default)]
pub(crate) struct Beanstalk {
    pub(crate) branches: BTreeMap<String, BranchState>,
    /// By ARN.
    pub(crate) versions: BTreeMap<String, PlatformVersion>,
    /// By name, with its creation time.
    pub(crate) applications: BTreeMap<String, DateTime<Utc>>,
    /// By application and label, with its creation time.
    pub(crate) bundles: BTreeMap<(String, String), DateTime<Utc>>,
    /// By environment name.
    pub(crate) environments: BTreeMap<String, Environment>,
    /// Terminated ones whose names other environments have by now, oldest first.
    pub(crate) deleted: Vec<Environment>,
    /// By application and name.
    pub(crate) saved: BTreeMap<(String, String), SavedConfiguration>,
    pub(crate) events: Vec<EnvironmentEvent>,
    /// Every update that began, oldest first.
    pub(crate) records: Vec<UpdateRecord>,
    /// Every change of an environment's health, oldest first.
    pub(crate) turns: Vec<HealthTurn>,
    /// What Auto Scaling did in environments' groups, oldest first.
    pub(crate) activities: Vec<Activity>,
}

impl Beanstalk {
    /// An application version of this label is there from now on.
    pub(crate) fn make_version(&mut self, application: &str, label: &str, at: DateTime<Utc>) {
        let key = (application.to_owned(), label.to_owned());
        self.bundles.entry(key).or_insert(at);
    }
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
pub(crate) struct EnvironmentEvent {
    pub(crate) at: DateTime<Utc>,
    pub(crate) application: String,
    pub(crate) environment: String,
    pub(crate) environment_id: String,
    pub(crate) severity: &'static str,
    pub(crate) message: String,
    pub(crate) request_id: Option<String>,
}
