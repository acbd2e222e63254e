//! Reads an environment as an order needs it: with the role that would move it, so that a look that this
//! role may not take is found out before anything is changed. Decides nothing.

use chrono::{DateTime, Utc};

use super::order::EnvironmentRead;
use crate::cloud::{Cloud, CloudError, ErrorKind};
use crate::model::environment::{
    EnvironmentHealth, EnvironmentNow, ManagedAction, OptionSets, RunningImage,
};
use crate::model::ids::{ImageId, Scope, TargetId};

/// Everything that was read.
#[derive(Debug, Clone)]
pub struct EnvironmentReading {
    pub scope: Scope,
    pub now: EnvironmentNow,
    pub sets: OptionSets,
    pub health: EnvironmentHealth,
    pub running: Vec<RunningImage>,
    pub platform_own: Option<ImageId>,
    pub managed: Vec<ManagedAction>,
    pub at: DateTime<Utc>,
}

impl EnvironmentReading {
    /// The same, borrowed, as orders are made of it.
    pub fn as_read(&self) -> EnvironmentRead<'_> {
        EnvironmentRead {
            scope: &self.scope,
            now: &self.now,
            sets: &self.sets,
            health: &self.health,
            running: &self.running,
            platform_own: self.platform_own.as_ref(),
            managed: &self.managed,
            at: self.at,
        }
    }
}

/// Reads one environment. `None`: there is none of that name.
///
/// # Errors
/// When a question is not answered: nothing is ordered from a part of it.
pub async fn read_environment(
    cloud: &Cloud,
    target: &TargetId,
) -> Result<Option<EnvironmentReading>, CloudError> {
    let Some(now) = cloud.environment_now(target).await? else {
        return Ok(None);
    };
    let sets = cloud
        .option_sets(&target.application, &target.environment)
        .await?;
    let instances = cloud.environment_instances(&now.id).await?;
    let running = cloud.running_images(&instances).await?;
    Ok(Some(EnvironmentReading {
        scope: target.scope.clone(),
        health: cloud.environment_health(&now).await?,
        platform_own: platform_own(cloud, &now, &sets).await?,
        managed: managed(cloud, &now).await?,
        running,
        sets,
        now,
        at: cloud.clock().now(),
    }))
}

/// The image among the platform version's own that the environment is set to: whichever architecture it
/// has, an image of the version itself was not chosen by anybody.
async fn platform_own(
    cloud: &Cloud,
    now: &EnvironmentNow,
    sets: &OptionSets,
) -> Result<Option<ImageId>, CloudError> {
    let Some(platform) = &now.platform else {
        return Ok(None);
    };
    let Some(version) = cloud.platform_version(platform).await? else {
        return Ok(None);
    };
    let set = sets.deployed.as_ref().and_then(|set| set.image());
    let mut images = version.images.iter().map(|(_, image)| image);
    Ok(images.find(|image| Some(*image) == set.as_ref()).cloned())
}

/// Environments with basic health have no managed actions, and are told so as an error.
async fn managed(cloud: &Cloud, now: &EnvironmentNow) -> Result<Vec<ManagedAction>, CloudError> {
    match cloud.managed_actions(&now.id).await {
        Err(error) if error.kind == ErrorKind::Invalid => Ok(Vec::new()),
        answer => answer,
    }
}
