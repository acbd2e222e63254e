//! Platform versions: what the environments run, and what their branches recommend. Each version is
//! described once, however many environments run it.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::stream::{self, StreamExt};

use super::IN_FLIGHT_MAX;
use crate::cloud::Cloud;
use crate::model::base::{Base, PlatformVersion};
use crate::model::ids::PlatformArn;
use crate::model::sighting::{Environment, Seen};

type Versions = BTreeMap<PlatformArn, Seen<PlatformVersion>>;

/// What was seen of platform versions.
pub(super) struct Platforms {
    pub versions: Versions,
    pub recommended: BTreeMap<String, Seen<PlatformVersion>>,
}

/// Describes the versions that environments run, then their branches' and the bases' recommended ones.
pub(super) async fn read(cloud: &Cloud, wanted: &[Environment], bases: &[Base]) -> Platforms {
    let arns: BTreeSet<_> = wanted
        .iter()
        .filter(|environment| environment.unsupported().is_none())
        .filter_map(|environment| environment.platform.clone())
        .collect();
    let versions: Versions = stream::iter(arns)
        .map(|arn| async move {
            let seen = version(cloud, &arn).await;
            (arn, seen)
        })
        .buffered(IN_FLIGHT_MAX)
        .collect()
        .await;
    let known = &versions;
    let recommended = stream::iter(branches(&versions, bases))
        .map(|branch| async move {
            let seen = recommended(cloud, &branch, known).await;
            (branch, seen)
        })
        .buffered(IN_FLIGHT_MAX)
        .collect()
        .await;
    Platforms {
        versions,
        recommended,
    }
}

fn branches(versions: &Versions, bases: &[Base]) -> BTreeSet<String> {
    let run = versions
        .values()
        .filter_map(Seen::known)
        .map(|platform| platform.branch.as_str());
    let followed = bases.iter().filter_map(|base| base.source.recommended_of());
    run.chain(followed)
        .filter(|branch| !branch.is_empty())
        .map(str::to_owned)
        .collect()
}

async fn version(cloud: &Cloud, arn: &PlatformArn) -> Seen<PlatformVersion> {
    match cloud.platform_version(arn).await {
        Ok(Some(platform)) => Seen::Known(platform),
        Ok(None) => Seen::Absent,
        Err(error) => Seen::Unreachable(error.trouble(format!("platform version {arn}"))),
    }
}

/// One call for the name; another for the description, unless an environment runs that version.
async fn recommended(cloud: &Cloud, branch: &str, known: &Versions) -> Seen<PlatformVersion> {
    match cloud.recommended(branch).await {
        Ok(None) => Seen::Absent,
        Ok(Some(arn)) => match known.get(&arn) {
            Some(seen) => seen.clone(),
            None => version(cloud, &arn).await,
        },
        Err(error) => Seen::Unreachable(error.trouble(format!("recommended version of {branch}"))),
    }
}
