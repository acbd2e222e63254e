//! Environments by pages: what Auto Scaling launches and what runs, asked of all of them at once, and the
//! settings only of those of which the pages are in doubt ([`super::agreed`]).
//!
//! A page without an answer is no trouble of an environment: its settings are read instead, and the page
//! is named once. So what is told is never less than by settings alone, but for the stored options.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::agreed::{Page, RegionPages, agreed};
use super::environments::{read_environments, settings};
use super::{IN_FLIGHT_MAX, LookScope};
use crate::cloud::{
    Cloud, CloudError, ENVIRONMENTS_PER_QUESTION, EnvironmentInstance, ErrorKind, ScalingGroup,
};
use crate::model::ids::ImageId;
use crate::model::sighting::{
    DeployedSettings, Environment, EnvironmentSighting, RunningImage, Seen, Trouble,
};

/// So few environments cost no more calls one by one than the pages of groups, templates and launch
/// configurations that would tell of them.
const FEW: usize = 3;

/// The environments, in their order, and the pages that had no answer.
pub(super) struct ReadByPages {
    pub environments: Vec<EnvironmentSighting>,
    pub unread: Vec<Trouble>,
}

/// Reads all environments by pages, where there are more than a few.
pub(super) async fn read_by_pages(
    cloud: &Cloud,
    wanted: &[Environment],
    look: &LookScope,
    at: DateTime<Utc>,
) -> ReadByPages {
    let supported = wanted.iter().filter(|one| one.unsupported().is_none());
    match supported.count() {
        0 => ReadByPages {
            environments: read_environments(cloud, wanted, look, at).await,
            unread: Vec::new(),
        },
        1..=FEW => read_few(cloud, wanted, look, at).await,
        _ => read_many(cloud, wanted).await,
    }
}

async fn read_few(
    cloud: &Cloud,
    wanted: &[Environment],
    look: &LookScope,
    at: DateTime<Utc>,
) -> ReadByPages {
    let (mut environments, instances) =
        tokio::join!(read_environments(cloud, wanted, look, at), instances(cloud));
    for seen in &mut environments {
        seen.running = running(&seen.environment, &instances);
    }
    ReadByPages {
        environments,
        unread: instances.err().into_iter().collect(),
    }
}

async fn read_many(cloud: &Cloud, wanted: &[Environment]) -> ReadByPages {
    let (pages, unread) = pages(cloud, wanted).await;
    let environments = stream::iter(wanted)
        .map(|environment| sighting(cloud, environment, &pages))
        .buffered(IN_FLIGHT_MAX)
        .collect()
        .await;
    ReadByPages {
        environments,
        unread,
    }
}

/// One environment: as the pages agree, or by its settings.
async fn sighting(
    cloud: &Cloud,
    environment: &Environment,
    pages: &RegionPages,
) -> EnvironmentSighting {
    let told = match environment.unsupported() {
        Some(_) => None,
        None => agreed(environment, pages)
            .inspect_err(|doubt| {
                let name = environment.target.name();
                tracing::debug!(environment = name, ?doubt, "settings are asked");
            })
            .ok(),
    };
    EnvironmentSighting {
        environment: environment.clone(),
        by_pages: told.is_some(),
        settings: match told {
            Some(image) => Seen::Known(as_launched(image)),
            None => settings(cloud, environment).await,
        },
        running: running(environment, &pages.instances),
    }
}

/// What the settings would say of the image; of everything else nothing is known.
fn as_launched(image: ImageId) -> DeployedSettings {
    DeployedSettings {
        image: Some(image),
        not_set: false,
        draft: None,
        managed_updates: false,
    }
}

/// What its instances run; nothing where nobody could say.
fn running(
    environment: &Environment,
    instances: &Page<Vec<EnvironmentInstance>>,
) -> Option<Seen<Vec<RunningImage>>> {
    if environment.unsupported().is_some() {
        return None;
    }
    let of_it = instances.as_ref().ok()?.get(environment.id.as_deref()?);
    let of_it = of_it.into_iter().flatten();
    let running = of_it.map(|one| one.running.clone()).collect();
    Some(Seen::Known(running))
}

/// Asks for the pages, side by side; launch configurations only where a group has one.
async fn pages(cloud: &Cloud, wanted: &[Environment]) -> (RegionPages, Vec<Trouble>) {
    let (groups, templates, instances) = tokio::join!(
        groups(cloud, wanted),
        cloud.newest_templates(),
        instances(cloud)
    );
    let templates = page(templates, "launch templates", |one| one.template.clone());
    let names = |group: &ScalingGroup| group.configuration.is_some();
    let old = groups
        .as_ref()
        .is_ok_and(|groups| groups.values().flatten().any(names));
    let configurations = match old {
        true => page(
            cloud.launch_configurations().await,
            "launch configurations",
            |one| one.name.clone(),
        ),
        false => Ok(BTreeMap::new()),
    };
    let unread = [
        groups.as_ref().err(),
        templates.as_ref().err(),
        configurations.as_ref().err(),
        instances.as_ref().err(),
    ];
    let unread = unread.into_iter().flatten().cloned().collect();
    let pages = RegionPages {
        groups,
        templates,
        configurations,
        instances,
    };
    (pages, unread)
}

async fn groups(cloud: &Cloud, wanted: &[Environment]) -> Page<Vec<ScalingGroup>> {
    let found = match groups_by_ids(cloud, wanted).await {
        // How many values a filter takes is not documented. The tag's name alone is one, and its pages come one by one.
        Err(error) if error.kind == ErrorKind::Invalid => cloud.environment_groups().await,
        found => found,
    };
    let found = found.map_err(|error| error.trouble("Auto Scaling groups"))?;
    Ok(by_environment(found, |one| one.environment.clone()))
}

/// By the environments' ids, so that a thousand of them are ten questions side by side and not ten in a row.
async fn groups_by_ids(
    cloud: &Cloud,
    wanted: &[Environment],
) -> Result<Vec<ScalingGroup>, CloudError> {
    let supported = wanted.iter().filter(|one| one.unsupported().is_none());
    let ids: Vec<String> = supported.filter_map(|one| one.id.clone()).collect();
    let answers: Vec<Vec<ScalingGroup>> = stream::iter(ids.chunks(ENVIRONMENTS_PER_QUESTION))
        .map(|ids| cloud.groups_of_environments(ids))
        .buffered(IN_FLIGHT_MAX)
        .try_collect()
        .await?;
    Ok(answers.into_iter().flatten().collect())
}

async fn instances(cloud: &Cloud) -> Page<Vec<EnvironmentInstance>> {
    let found = cloud.instances_in_environment_groups().await;
    let found = found.map_err(|error| error.trouble("instances of environments"))?;
    Ok(by_environment(found, |one| Some(one.environment.clone())))
}

fn page<T>(answer: Result<Vec<T>, CloudError>, what: &str, name: impl Fn(&T) -> String) -> Page<T> {
    let found = answer.map_err(|error| error.trouble(what))?;
    Ok(found.into_iter().map(|one| (name(&one), one)).collect())
}

fn by_environment<T>(
    found: Vec<T>,
    environment: impl Fn(&T) -> Option<String>,
) -> BTreeMap<String, Vec<T>> {
    let mut all: BTreeMap<String, Vec<T>> = BTreeMap::new();
    for one in found {
        if let Some(id) = environment(&one) {
            all.entry(id).or_default().push(one);
        }
    }
    all
}
