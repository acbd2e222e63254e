//! What the config names and cannot be had: secrets, topics, buses, subnets, groups, regions, the account itself.
//! Said at `config check --online`, and by the daemon at its start and after a reload. Reads only.

mod publishing;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::side_by_side::look_side_by_side;
use super::{Service, region_of};
use crate::cloud::{Cloud, CloudError, ErrorKind, Identity, has_beanstalk};
use crate::model::base::BaseSource;
use crate::model::ids::{Region, SecurityGroupId, SubnetId, WatchName};
use crate::model::plan::PlanItem;
use crate::model::secret::SecretSource;
use crate::model::watch::Watch;
use crate::settings::{NotifierKind, Settings};

/// One thing that the config names, and what is the matter with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NamedFinding {
    pub is: FindingSort,
    /// Where the config names it: `[notify.ops] sns.topic_arn`.
    pub key: String,
    /// One sentence.
    pub what: String,
    /// What to do about it.
    pub advice: String,
}

/// How sure a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingSort {
    /// It is not there, or cannot work.
    Wrong,
    /// Whether it is there could not be told.
    Untold,
    /// It is allowed, and probably not meant.
    Doubtful,
}

impl FindingSort {
    /// As people read it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Wrong => "wrong",
            Self::Untold => "cannot be told",
            Self::Doubtful => "doubtful",
        }
    }
}

/// Looks for everything that the config names by itself. What watches look at, a look says.
pub async fn named_findings(service: &Service<'_>) -> Vec<NamedFinding> {
    let mut findings = without_beanstalk(service.settings, service.connection.region().as_ref());
    for (region, watches) in by_region(service) {
        findings.extend(in_region(service, region.as_ref(), &watches).await);
        for watch in watches {
            findings.extend(publishing::destinations(service, watch, region.as_ref()).await);
        }
    }
    findings.extend(rollout_role(service).await);
    findings.extend(rollout_roles_elsewhere(service).await);
    for (name, notifier) in &service.settings.notifiers {
        findings.extend(receiver(service, name, &notifier.kind).await);
    }
    if let Some(from) = &service.settings.watchdog {
        findings.extend(secret(service, "[watchdog] ping_url", from).await);
    }
    findings
}

/// Environments that several watches name: each would have its own image there.
pub fn shared_targets(settings: &Settings, items: &[PlanItem]) -> Vec<NamedFinding> {
    let mut by_target: BTreeMap<String, BTreeSet<&WatchName>> = BTreeMap::new();
    for item in items {
        for target in &item.drift.targets {
            let watches = by_target.entry(target.target.to_string()).or_default();
            watches.insert(&item.watch);
        }
    }
    let makes = |name: &&&WatchName| {
        let watch = settings.watches.get(**name);
        watch.is_some_and(|watch| watch.recipe.is_some())
    };
    let shared = by_target.iter().filter(|(_, watches)| watches.len() > 1);
    let finding = shared.map(|(target, watches)| {
        let makers = watches.iter().filter(makes).count();
        let names: Vec<&str> = watches.iter().map(|name| name.as_str()).collect();
        NamedFinding {
            is: match makers {
                0 | 1 => FindingSort::Doubtful,
                _ => FindingSort::Wrong,
            },
            key: format!("[[watch.{}.target]]", names.join("/")),
            what: format!(
                "{target} is a target of the watches {}",
                names.join(" and ")
            ),
            advice: "each would have its own image there: leave it out of all but one".to_owned(),
        }
    });
    finding.collect()
}

/// The watches by where they look.
fn by_region<'s>(service: &Service<'s>) -> BTreeMap<Option<Region>, Vec<&'s Watch>> {
    let default = service.connection.region();
    let mut all: BTreeMap<Option<Region>, Vec<&Watch>> = BTreeMap::new();
    for watch in service.settings.watches.values() {
        let region = watch.region.clone().or_else(|| default.clone());
        all.entry(region).or_default().push(watch);
    }
    all
}

/// Watches of Elastic Beanstalk where there is none.
fn without_beanstalk(settings: &Settings, default: Option<&Region>) -> Vec<NamedFinding> {
    let watches = settings.watches.values();
    let asks = watches.filter(|watch| {
        !watch.targets.is_empty() || matches!(watch.base.source, BaseSource::Beanstalk { .. })
    });
    let finding = asks.filter_map(|watch| {
        let region = watch.region.as_ref().or(default)?;
        (!has_beanstalk(region)).then(|| NamedFinding {
            is: FindingSort::Wrong,
            key: format!("[watch.{}] region", watch.name),
            what: format!("{region} has no Elastic Beanstalk, by AWS's own list of endpoints"),
            advice: "name a region that has it, or a base of the kind `ssm` or `images` without \
                     targets"
                .to_owned(),
        })
    });
    finding.collect()
}

/// The account, and the network that builders are launched into.
async fn in_region(
    service: &Service<'_>,
    region: Option<&Region>,
    watches: &[&Watch],
) -> Vec<NamedFinding> {
    let reached = service.connection.cloud(&Identity::Own, region);
    let cloud = match reached {
        Ok(cloud) => cloud,
        Err(error) => return vec![account(&error)],
    };
    if let Err(error) = cloud.caller().await {
        return vec![account(&error)];
    }
    if watches.iter().all(|watch| watch.recipe.is_none()) {
        return Vec::new();
    }
    let builder = &service.settings.builder;
    let mut findings = subnets(&cloud, &builder.subnets).await;
    findings.extend(groups(&cloud, &builder.security_groups).await);
    findings
}

/// The role that environments are changed as, where one is named.
async fn rollout_role(service: &Service<'_>) -> Option<NamedFinding> {
    let arn = service.settings.aws.rollout_role_arn.as_ref()?;
    let identity = service.settings.rollout_identity();
    let cloud = service.connection.cloud(&identity, None).ok()?;
    let error = cloud.caller().await.err()?;
    Some(NamedFinding {
        key: "[aws.rollout] role_arn".to_owned(),
        advice: format!("no environment can be moved as {arn} until then"),
        ..account(&error)
    })
}

/// The roles that environments of other accounts are changed as.
async fn rollout_roles_elsewhere(service: &Service<'_>) -> Vec<NamedFinding> {
    let accounts = service.settings.accounts.iter();
    let asked = accounts.filter_map(|(name, there)| {
        let arn = there.rollout_role_arn.clone()?;
        let identity = service.settings.mover_of(&there.id)?;
        Some(async move {
            let cloud = service.connection.cloud(&identity, there.regions.first());
            let error = cloud.ok()?.caller().await.err()?;
            Some(NamedFinding {
                key: format!("[account.{name}] rollout_role_arn"),
                advice: format!("no environment can be moved as {arn} until then"),
                ..account(&error)
            })
        })
    });
    let asked: Vec<_> = asked.collect();
    let found = look_side_by_side(asked, service.settings.aws.places_at_once).await;
    found.into_iter().flatten().collect()
}

fn account(error: &CloudError) -> NamedFinding {
    NamedFinding {
        is: match error.kind {
            ErrorKind::NoCredentials | ErrorKind::Invalid => FindingSort::Wrong,
            _ => FindingSort::Untold,
        },
        key: "[aws]".to_owned(),
        what: error.trouble("whose account this is").why,
        advice: "nothing else of AWS was asked there".to_owned(),
    }
}

async fn subnets(cloud: &Cloud, named: &[SubnetId]) -> Vec<NamedFinding> {
    let mut findings = Vec::new();
    for id in named {
        if let Err(error) = cloud.subnets(std::slice::from_ref(id)).await {
            findings.push(absent(
                "[builder] subnets",
                "subnet",
                id.as_str(),
                cloud,
                &error,
            ));
        }
    }
    findings
}

async fn groups(cloud: &Cloud, named: &[SecurityGroupId]) -> Vec<NamedFinding> {
    if named.is_empty() {
        return Vec::new();
    }
    const KEY: &str = "[builder] security_groups";
    let listed = match cloud.security_groups(named).await {
        Ok(listed) => listed,
        Err(error) => {
            let names: Vec<&str> = named.iter().map(SecurityGroupId::as_str).collect();
            return vec![absent(
                KEY,
                "security group",
                &names.join(", "),
                cloud,
                &error,
            )];
        }
    };
    let gone = named
        .iter()
        .filter(|id| listed.iter().all(|group| group.id != **id));
    gone.map(|id| missing(KEY, &format!("the security group {id}"), cloud.region()))
        .collect()
}

/// By what AWS said: it is not there, or that could not be told.
fn absent(key: &str, what: &str, id: &str, cloud: &Cloud, error: &CloudError) -> NamedFinding {
    match error.kind {
        ErrorKind::NotFound => missing(key, &format!("the {what} {id}"), cloud.region()),
        _ => untold(key, &format!("the {what} {id}"), error.to_string()),
    }
}

fn missing(key: &str, what: &str, region: &Region) -> NamedFinding {
    NamedFinding {
        is: FindingSort::Wrong,
        key: key.to_owned(),
        what: format!("{what} is not there in {region}"),
        advice: "make it, or name one that is there".to_owned(),
    }
}

fn untold(key: &str, what: &str, why: String) -> NamedFinding {
    NamedFinding {
        is: FindingSort::Untold,
        key: key.to_owned(),
        what: format!("whether {what} is there: {why}"),
        advice: "what needs it fails when it is not".to_owned(),
    }
}

/// A receiver's topic or bus, or the secrets that it is told by.
async fn receiver(service: &Service<'_>, name: &str, kind: &NotifierKind) -> Vec<NamedFinding> {
    let mut findings = Vec::new();
    if let NotifierKind::Sns { topic_arn, .. } = kind {
        findings.extend(topic(service, name, topic_arn).await);
    }
    if let NotifierKind::EventBridge { bus } = kind {
        findings.extend(self::bus(service, name, bus).await);
    }
    for (key, secret) in kind.secrets() {
        findings.extend(self::secret(service, &format!("[notify.{name}] {key}"), secret).await);
    }
    findings
}

/// A secret that cannot be read.
async fn secret(service: &Service<'_>, key: &str, from: &SecretSource) -> Option<NamedFinding> {
    let door = service.door_to(from);
    let read = service.outside.secrets.get(from, door.as_ref()).await;
    read.err().map(|error| NamedFinding {
        is: FindingSort::Wrong,
        key: key.to_owned(),
        what: error.to_string(),
        advice: "nobody there is told until it can be read".to_owned(),
    })
}

async fn topic(service: &Service<'_>, name: &str, topic_arn: &str) -> Option<NamedFinding> {
    let key = format!("[notify.{name}] sns.topic_arn");
    let what = format!("the topic {topic_arn}");
    let region = region_of(topic_arn);
    let cloud = service
        .connection
        .cloud(&Identity::Own, region.as_ref())
        .ok()?;
    match cloud.topic_is_there(topic_arn).await {
        Ok(true) => None,
        Ok(false) => Some(missing(&key, &what, cloud.region())),
        Err(error) => Some(untold(&key, &what, error.to_string())),
    }
}

async fn bus(service: &Service<'_>, name: &str, bus: &str) -> Option<NamedFinding> {
    let key = format!("[notify.{name}] eventbridge.bus");
    let what = format!("the event bus {bus}");
    let region = region_of(bus);
    let cloud = service
        .connection
        .cloud(&Identity::Own, region.as_ref())
        .ok()?;
    match cloud.bus_is_there(bus).await {
        Ok(true) => None,
        Ok(false) => Some(missing(&key, &what, cloud.region())),
        Err(error) => Some(untold(&key, &what, error.to_string())),
    }
}
