//! What runs where, with which base, and what drifted. Needs no config and no store; reads only.

use futures_util::StreamExt as _;
use futures_util::stream;
use serde::Serialize;

use crate::clock::Clock;
use crate::cloud::{Calls, Cloud, CloudError, Connection, Identity, has_beanstalk};
use crate::flow::detect::{LookDepth, LookScope, sight};
use crate::flow::survey::{Survey, survey};
use crate::model::ids::{AccountId, Region};
use crate::model::sighting::Sighting;

/// Regions looked at side by side; the door bounds the calls of all of them together.
const REGIONS_AT_ONCE: usize = 8;

/// `survey --format json`
#[derive(Serialize)]
pub struct SurveyedPlaces {
    #[serde(flatten)]
    pub survey: Survey,
    /// Where was looked, whatever was found there.
    pub looked_at: Vec<LookedAt>,
    /// What was asked of AWS; absent where no region was looked at.
    #[serde(skip)]
    pub calls: Option<Calls>,
}

/// A region of an account.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct LookedAt {
    /// Absent when it could not be told.
    pub account: Option<AccountId>,
    pub region: Region,
}

/// Surveys these regions, so deep; with none named, the SDK's own.
///
/// # Errors
/// When there is no region to look in, or `all` was asked for and the regions cannot be listed.
pub async fn look_everywhere(
    connection: &Connection,
    clock: &Clock,
    regions: &[String],
    depth: LookDepth,
) -> Result<SurveyedPlaces, CloudError> {
    let clouds = clouds(connection, regions).await?;
    let seen = sightings(&clouds, clock, depth).await;
    let looked_at = clouds.iter().zip(&seen).map(|(cloud, seen)| LookedAt {
        account: seen.scope.known().map(|scope| scope.account.clone()),
        region: cloud.region().clone(),
    });
    Ok(SurveyedPlaces {
        survey: survey(&seen),
        looked_at: looked_at.collect(),
        calls: clouds.first().map(Cloud::calls),
    })
}

/// Everything there is in these regions, as seen.
///
/// # Errors
/// As [`look_everywhere`].
pub async fn see_everything(
    connection: &Connection,
    clock: &Clock,
    regions: &[String],
) -> Result<Vec<Sighting>, CloudError> {
    let clouds = clouds(connection, regions).await?;
    Ok(sightings(&clouds, clock, LookDepth::Settings).await)
}

async fn sightings(clouds: &[Cloud], clock: &Clock, depth: LookDepth) -> Vec<Sighting> {
    let scope = LookScope {
        depth,
        ..LookScope::everything()
    };
    stream::iter(clouds)
        .map(|cloud| async { sight(cloud, clock, &scope).await })
        .buffered(REGIONS_AT_ONCE)
        .collect()
        .await
}

/// No region is left out in silence: asking there would end every survey with "could not tell".
fn say_left_out(regions: &[Region]) {
    if !regions.is_empty() {
        let names: Vec<&str> = regions.iter().map(Region::as_str).collect();
        let names = names.join(", ");
        tracing::warn!(
            left_out = names,
            "AWS has no Elastic Beanstalk in these regions; `--region NAME` asks all the same"
        );
    }
}

/// The doors to the regions that were named, or to the SDK's own.
async fn clouds(connection: &Connection, named: &[String]) -> Result<Vec<Cloud>, CloudError> {
    if named.is_empty() {
        return Ok(vec![connection.cloud(&Identity::Own, None)?]);
    }
    let mut regions: Vec<Region> = Vec::new();
    for name in named {
        if name == "all" {
            // Any region can list the others; one must be named to ask in.
            let ask = connection
                .region()
                .unwrap_or_else(|| Region::new("us-east-1"));
            let cloud = connection.cloud(&Identity::Own, Some(&ask))?;
            let enabled = cloud.regions().await?;
            let (with, without): (Vec<_>, Vec<_>) = enabled.into_iter().partition(has_beanstalk);
            say_left_out(&without);
            regions.extend(with);
        } else {
            regions.push(Region::new(name.clone()));
        }
    }
    regions.sort();
    regions.dedup();
    regions
        .iter()
        .map(|region| connection.cloud(&Identity::Own, Some(region)))
        .collect()
}
