//! Reads what is asked last before a move, of all environments that are about to be moved at once: how their
//! Auto Scaling groups stand, and whether the role by which each launches may use the image's keys. What is
//! not answered stays untold: it keeps nobody from moving, and is never taken for well. Decides nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::before::EnvironmentReading;
use super::key_policy::{KeyWord, key_word};
use crate::cloud::{Cloud, CloudError};
use crate::model::ids::{ImageId, SnapshotId};
use crate::model::key_access::{KeyBar, KeyFacts, KeysRead};
use crate::model::scaling::{GroupStanding, GroupsRead};

/// KMS's word for a key that can be used.
const ENABLED: &str = "Enabled";
/// Its words for those that nobody can use.
const USELESS: [&str; 2] = ["Disabled", "PendingDeletion"];

/// The image that would be launched.
#[derive(Debug, Clone, Copy)]
pub struct LaunchedImage<'a> {
    pub id: &'a ImageId,
    /// Absent for one that carries no tags of ours, such as an adopted one: EC2 is asked.
    pub snapshots: Option<&'a [SnapshotId]>,
}

/// Asks, through the role that would move them, where there is a way.
pub async fn read_last(
    mover: Result<&Cloud, &CloudError>,
    image: LaunchedImage<'_>,
    readings: &mut [&mut EnvironmentReading],
) {
    let mover = match mover {
        Ok(mover) => mover,
        Err(error) => return all_untold(&error.to_string(), readings),
    };
    read_groups(mover, readings).await;
    read_keys(mover, image, readings).await;
}

fn all_untold(why: &str, readings: &mut [&mut EnvironmentReading]) {
    for reading in readings {
        let why = || why.to_owned();
        reading.groups = GroupsRead::Untold { why: why() };
        reading.keys = KeysRead::Untold { why: why() };
    }
}

async fn read_groups(cloud: &Cloud, readings: &mut [&mut EnvironmentReading]) {
    let names = readings.iter().flat_map(|one| one.group_names.clone());
    let names: Vec<String> = names.collect();
    let answer = cloud.group_standings(&names).await;
    for reading in readings {
        reading.groups = match &answer {
            Ok(shown) => groups_of(&reading.group_names, shown),
            Err(error) => GroupsRead::Untold {
                why: error.to_string(),
            },
        };
    }
}

/// An environment's own groups among those that are shown. One that is not shown is not known.
fn groups_of(names: &[String], shown: &BTreeMap<String, GroupStanding>) -> GroupsRead {
    let untold = |why| GroupsRead::Untold { why };
    let missing = names.iter().find(|name| !shown.contains_key(*name));
    match (names.is_empty(), missing) {
        (true, _) => untold("Elastic Beanstalk names no Auto Scaling group of it".to_owned()),
        (_, Some(name)) => untold(format!("Auto Scaling does not show the group {name}")),
        (_, None) => {
            let own = names.iter().filter_map(|name| shown.get(name));
            GroupsRead::Told(own.cloned().collect())
        }
    }
}

async fn read_keys(
    cloud: &Cloud,
    image: LaunchedImage<'_>,
    readings: &mut [&mut EnvironmentReading],
) {
    let asking = match keys_of(cloud, image).await {
        Ok(keys) => Ok(KeyAsking {
            cloud,
            keys,
            told: BTreeMap::new(),
        }),
        Err(why) => Err(why),
    };
    let mut asking = match asking {
        Ok(asking) => asking,
        Err(why) => {
            for reading in readings {
                reading.keys = KeysRead::Untold { why: why.clone() };
            }
            return;
        }
    };
    for reading in readings {
        reading.keys = asking.of_groups(&reading.groups).await;
    }
}

/// The keys of the image's snapshots, each once.
async fn keys_of(cloud: &Cloud, image: LaunchedImage<'_>) -> Result<BTreeSet<String>, String> {
    let snapshots = match image.snapshots {
        Some(known) => known.to_vec(),
        None => snapshots_of(cloud, image.id).await?,
    };
    let listed = cloud.snapshot_keys(&snapshots).await;
    let listed = listed.map_err(|error| error.to_string())?;
    match snapshots.iter().find(|id| !listed.contains_key(*id)) {
        Some(id) => Err(format!("EC2 does not list its snapshot {id}")),
        None => Ok(listed.into_values().flatten().collect()),
    }
}

async fn snapshots_of(cloud: &Cloud, image: &ImageId) -> Result<Vec<SnapshotId>, String> {
    let shown = cloud.images(std::slice::from_ref(image)).await;
    let shown = shown.map_err(|error| error.to_string())?;
    let shown = shown.into_values().next();
    let shown = shown.ok_or_else(|| format!("EC2 does not list the image {image}"))?;
    match shown.snapshots.is_empty() {
        true => Err(format!("EC2 does not show the snapshots of {image}")),
        false => Ok(shown.snapshots),
    }
}

/// An image's keys, asked about once for each role.
struct KeyAsking<'a> {
    cloud: &'a Cloud,
    keys: BTreeSet<String>,
    told: BTreeMap<String, KeysRead>,
}

impl KeyAsking<'_> {
    /// Every role of these groups must be let in.
    async fn of_groups(&mut self, groups: &GroupsRead) -> KeysRead {
        if self.keys.is_empty() {
            return KeysRead::Open;
        }
        if let Some(why) = groups.untold() {
            let why = why.to_owned();
            return KeysRead::Untold { why };
        }
        let mut all = KeysRead::Open;
        for group in groups.told() {
            let Some(role) = &group.role else {
                let why = format!("Auto Scaling does not show the role of {}", group.name);
                return KeysRead::Untold { why };
            };
            match self.of_role(role).await {
                KeysRead::Open => {}
                worse => all = worse,
            }
        }
        all
    }

    async fn of_role(&mut self, role: &str) -> KeysRead {
        if let Some(told) = self.told.get(role) {
            return told.clone();
        }
        let mut all = KeysRead::Open;
        for key in self.keys.clone() {
            let said = self.of_key(&key, role).await;
            let untold = |error: CloudError| KeysRead::Untold {
                why: error.to_string(),
            };
            match said.unwrap_or_else(untold) {
                KeysRead::Open => {}
                barred @ KeysRead::Barred { .. } => {
                    all = barred;
                    break;
                }
                untold => all = untold,
            }
        }
        self.told.insert(role.to_owned(), all.clone());
        all
    }

    async fn of_key(&self, key: &str, role: &str) -> Result<KeysRead, CloudError> {
        let facts = self.cloud.key_facts(key).await?;
        if let Some(read) = by_facts(&facts, role) {
            return Ok(read);
        }
        let policy = self.cloud.key_policy(&facts.arn).await?;
        let grants = self.cloud.grants_for(&facts.arn, role).await?;
        Ok(match key_word(&policy, grants, role) {
            KeyWord::Admits => KeysRead::Open,
            KeyWord::Bars(bar) => barred(&facts, role, bar),
            KeyWord::Untold(why) => KeysRead::Untold { why },
        })
    }
}

/// What the key itself says, where its policy need not be asked for.
fn by_facts(facts: &KeyFacts, role: &str) -> Option<KeysRead> {
    let state = facts.state.as_str();
    if USELESS.contains(&state) {
        let state = state.to_owned();
        return Some(barred(facts, role, KeyBar::State { state }));
    }
    if state != ENABLED {
        let why = format!("the key is {state}");
        return Some(KeysRead::Untold { why });
    }
    facts.aws_managed.then_some(KeysRead::Open)
}

fn barred(facts: &KeyFacts, role: &str, bar: KeyBar) -> KeysRead {
    KeysRead::Barred {
        key: facts.arn.clone(),
        role: role.to_owned(),
        bar,
    }
}
