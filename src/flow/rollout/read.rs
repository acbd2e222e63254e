//! Reads an environment as an order needs it: with the role that would move it, so that a look that this
//! role may not take is found out before anything is changed. Decides nothing.

pub use super::before::EnvironmentReading;
use crate::cloud::{Cloud, CloudError, ErrorKind};
use crate::model::environment::{EnvironmentNow, ManagedAction, OptionSets};
use crate::model::ids::{ImageId, TargetId};

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
