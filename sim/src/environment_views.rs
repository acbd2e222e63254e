//! What tests ask of environments from behind the scenes: what they are, every update with its end,
//! every turn of health. Plain values; looking changes nothing.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::account::Account;
use crate::beanstalk::environment::{Dated, Environment};
use crate::beanstalk::{health, settings};
use crate::ledger::Entry;
use crate::state::{Core, Region};

/// An environment as it is.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct EnvironmentView {
    /// Region.
    pub region: String,
    /// Its id: another one when it was made again under the same name.
    pub id: String,
    /// Application.
    pub application: String,
    /// Name.
    pub name: String,
    /// `Ready`, `Updating`, ...
    pub status: String,
    /// Enhanced health (`Ok`, `Severe`), also where it is not shown.
    pub health: String,
    /// Causes of it.
    pub causes: Vec<String>,
    /// The image that was set; none: its own, by the platform version or the bundle.
    pub set_image_id: Option<String>,
    /// The image that it launches.
    pub image_id: String,
    /// Platform version's ARN.
    pub platform_arn: String,
    /// The deployed application version.
    pub version_label: String,
    /// The host part of its CNAME.
    pub cname: String,
    /// Image of the set that is being deployed; none: no set, or one without an image.
    pub pending_image_id: Option<String>,
    /// A draft that failed and was left behind.
    pub failed_draft: Option<DraftView>,
    /// The image that each instance runs which is up, by instance.
    pub instances: BTreeMap<String, String>,
    /// An update could not be taken back: it takes no further one.
    pub is_broken: bool,
}

/// A draft that failed and was left behind.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct DraftView {
    /// The image that it sets.
    pub image_id: Option<String>,
    /// Its platform version.
    pub platform_arn: String,
    /// When it failed.
    pub at: DateTime<Utc>,
}

/// How an update ended.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum UpdateEnd {
    /// It has not.
    UnderWay,
    /// What it asked for is deployed.
    Deployed,
    /// So it is, and its instances are not healthy.
    DeployedWithErrors,
    /// It was taken back, by itself or because it was asked for.
    RolledBack,
    /// It could not be taken back: the fleet is mixed.
    RollbackFailed,
    /// The environment was terminated meanwhile.
    Terminated,
}

/// An update of an environment, whoever began it.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct UpdateView {
    /// Region.
    pub region: String,
    /// The environment's name.
    pub environment: String,
    /// Its id.
    pub environment_id: String,
    /// The request that began it; its events carry it.
    pub request_id: String,
    /// ARN of the caller; `elasticbeanstalk` for a managed action; `somebody else` for a scripted one.
    pub by: String,
    /// When it began.
    pub began: DateTime<Utc>,
    /// When it ended.
    pub ended: Option<DateTime<Utc>>,
    /// The image that it sets; none: the environment's own.
    pub image_id: Option<String>,
    /// The platform version that it brings.
    pub platform_arn: String,
    /// The application version that it deploys, when it is a deploy.
    pub version_label: Option<String>,
    /// `immutable`, `rolling_by_health`, `rolling_by_time`, `all_at_once`.
    pub replacement: &'static str,
    /// Somebody aborted it.
    pub aborted: bool,
    /// How it ended.
    pub end: UpdateEnd,
    /// The fewest instances that served while it was under way: 0 is an outage.
    pub least_serving: Option<usize>,
    /// The worst enhanced health of the environment while it was under way.
    pub worst_health: String,
}

/// A turn of an environment's health.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct HealthTurn {
    /// When.
    pub at: DateTime<Utc>,
    /// The environment's name.
    pub environment: String,
    /// Its id.
    pub environment_id: String,
    /// From which status.
    pub from: String,
    /// To which.
    pub to: String,
    /// Causes, as they are shown.
    pub causes: Vec<String>,
    /// The request of the update that is to blame: the one under way, or the one that launched an
    /// instance that is as bad as the environment.
    pub update: Option<String>,
}

impl Account {
    /// An environment that is not terminated, in whichever region it is.
    pub fn environment(&self, name: &str) -> Option<EnvironmentView> {
        let mut all = self.environments().into_iter();
        all.find(|e| e.name == name && e.status != "Terminated")
    }

    /// All environments.
    pub fn environments(&self) -> Vec<EnvironmentView> {
        let state = self.fresh();
        let regions = state.regions.iter();
        let all = regions.flat_map(|(name, here)| {
            let environments = here.beanstalk.environments.values();
            environments
                .map(|e| view(&state.core, name, here, e))
                .collect::<Vec<_>>()
        });
        all.collect()
    }

    /// Every update of an environment that began, oldest first: one that was refused is not among them.
    pub fn updates(&self, environment: &str) -> Vec<UpdateView> {
        let state = self.fresh();
        let all = state
            .regions
            .values()
            .flat_map(|here| &here.beanstalk.records);
        all.filter(|update| update.environment == environment)
            .cloned()
            .collect()
    }

    /// Every call of UpdateEnvironment for an environment in the ledger, refused ones too.
    pub fn update_calls(&self, environment: &str) -> Vec<Entry> {
        let id = self.environment(environment).map(|e| e.id);
        let names = |entry: &Entry| {
            let of = |field: &str| entry.params.get(field);
            of("EnvironmentName").is_some_and(|name| name == environment)
                || of("EnvironmentId").is_some_and(|named| Some(named) == id.as_ref())
        };
        let calls = self.ledger().into_iter();
        calls
            .filter(|e| e.operation == "UpdateEnvironment" && names(e))
            .collect()
    }

    /// Every turn of an environment's health, oldest first.
    pub fn health_turns(&self, environment: &str) -> Vec<HealthTurn> {
        let state = self.fresh();
        let all = state
            .regions
            .values()
            .flat_map(|here| &here.beanstalk.turns);
        all.filter(|turn| turn.environment == environment)
            .cloned()
            .collect()
    }

    /// The turns of an environment's health to Warning or worse, each with the update that is to blame.
    pub fn unhealthy(&self, environment: &str) -> Vec<HealthTurn> {
        let mut turns = self.health_turns(environment);
        turns.retain(|turn| health::rank(&turn.to) >= health::rank("Warning"));
        turns
    }
}

fn view(core: &Core, region: &str, here: &Region, e: &Environment) -> EnvironmentView {
    let health = health::of_environment(&here.ec2, e, core.now, &core.timing);
    let up = health::running(&here.ec2, e);
    EnvironmentView {
        region: region.to_owned(),
        id: e.id.clone(),
        application: e.application.clone(),
        name: e.name.clone(),
        status: e.status.clone(),
        health: health.status,
        causes: health.causes,
        set_image_id: e.image_id.clone(),
        image_id: settings::image_of(&here.beanstalk, e).unwrap_or_default(),
        platform_arn: e.platform_arn.clone(),
        version_label: e.version_label.clone(),
        cname: e.cname.clone(),
        pending_image_id: e
            .pending
            .as_ref()
            .and_then(|draft| draft.set.image_id.clone()),
        failed_draft: e.failed.as_ref().map(draft),
        instances: up.map(|i| (i.id.clone(), i.image_id.clone())).collect(),
        is_broken: e.broken,
    }
}

fn draft(dated: &Dated) -> DraftView {
    DraftView {
        image_id: dated.set.image_id.clone(),
        platform_arn: dated.set.platform_arn.clone(),
        at: dated.at,
    }
}
