//! Platform versions: what the environments run, and what their branches recommend. Each version is
//! described once, however many environments run it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use futures_util::stream::{self, StreamExt};

use super::{IN_FLIGHT_MAX, LookScope};
use crate::cloud::Cloud;
use crate::model::base::{Base, PlatformVersion};
use crate::model::ids::PlatformArn;
use crate::model::recall::Recall;
use crate::model::sighting::{Environment, Seen};

type Versions = BTreeMap<PlatformArn, Seen<PlatformVersion>>;

/// What was seen of platform versions.
pub(super) struct Platforms {
    pub versions: Versions,
    pub recommended: BTreeMap<String, Seen<PlatformVersion>>,
}

/// Describes the versions that environments run, then their branches' and the bases' recommended ones.
pub(super) async fn read_platforms(
    cloud: &Cloud,
    wanted: &[Environment],
    look: &LookScope,
    at: DateTime<Utc>,
) -> Platforms {
    let ask = Asking {
        cloud,
        recall: &look.recall,
        at,
    };
    let ask = &ask;
    let arns: BTreeSet<_> = wanted
        .iter()
        .filter(|environment| environment.unsupported().is_none())
        .filter_map(|environment| environment.platform.clone())
        .collect();
    let versions: Versions = stream::iter(arns)
        .map(|arn| async move {
            let seen = ask.version(&arn).await;
            (arn, seen)
        })
        .buffered(IN_FLIGHT_MAX)
        .collect()
        .await;
    let known = &versions;
    let recommended = stream::iter(branches(&versions, &look.bases))
        .map(|branch| async move {
            let seen = ask.recommended(&branch, known).await;
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

/// Who is asked, and what need not be.
struct Asking<'a> {
    cloud: &'a Cloud,
    recall: &'a Recall,
    at: DateTime<Utc>,
}

impl Asking<'_> {
    async fn version(&self, arn: &PlatformArn) -> Seen<PlatformVersion> {
        if let Some(version) = self.recall.platform(arn, self.at) {
            return Seen::Known(version.clone());
        }
        match self.cloud.platform_version(arn).await {
            Ok(Some(platform)) => Seen::Known(platform),
            Ok(None) => Seen::Absent,
            Err(error) => Seen::Unreachable(error.trouble(format!("platform version {arn}"))),
        }
    }

    /// One call for the name, always; another for the description, unless it is known.
    async fn recommended(&self, branch: &str, known: &Versions) -> Seen<PlatformVersion> {
        match self.cloud.recommended(branch).await {
            Ok(None) => Seen::Absent,
            Ok(Some(arn)) => match known.get(&arn) {
                Some(seen) => seen.clone(),
                None => self.version(&arn).await,
            },
            Err(error) => {
                Seen::Unreachable(error.trouble(format!("recommended version of {branch}")))
            }
        }
    }
}
