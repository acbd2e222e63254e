//! Reads an environment as an order needs it: with the role that would move it, so that a look that this
//! role may not take is found out before anything is changed. Decides nothing.

pub use super::before::EnvironmentReading;
use super::managed::listed_actions;
use crate::cloud::{Cloud, CloudError, ErrorKind};
use crate::model::environment::{EnvironmentNow, ManagedAction, ManagedActions, OptionSets};
use crate::model::ids::{ImageId, TargetId};
use crate::model::key_access::KeysRead;
use crate::model::scaling::GroupsRead;

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
    let resources = cloud.environment_resources(&now.id).await?;
    let running = cloud.running_images(&resources.instances).await?;
    Ok(Some(EnvironmentReading {
        scope: target.scope.clone(),
        health: cloud.environment_health(&now).await?,
        platform_own: platform_own(cloud, &now, &sets).await?,
        managed: managed(cloud.managed_actions(&now.id).await, &sets)?,
        running,
        sets,
        now,
        group_names: resources.groups,
        groups: GroupsRead::NotAsked,
        keys: KeysRead::NotAsked,
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

/// What is denied is unknown, and keeps nobody from moving; what was not answered is asked again.
fn managed(
    answer: Result<Vec<ManagedAction>, CloudError>,
    sets: &OptionSets,
) -> Result<ManagedActions, CloudError> {
    match answer {
        Ok(actions) => Ok(listed_actions(sets, actions)),
        // Environments with basic health have none, and are told so as an error.
        Err(error) if error.kind == ErrorKind::Invalid => Ok(ManagedActions::Told(Vec::new())),
        Err(error) if error.kind == ErrorKind::Denied => {
            Ok(ManagedActions::Untold(error.to_string()))
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::CallFailure;
    use crate::flow::rollout::test_orders::target;

    fn failing(kind: ErrorKind) -> Result<ManagedActions, CloudError> {
        let failure = CallFailure {
            kind,
            region: target().scope.region,
            operation: "elasticbeanstalk:DescribeEnvironmentManagedActions",
            resource: "e-1".to_owned(),
            code: None,
            request_id: None,
            message: "no".to_owned(),
            remedy: None,
            source: None,
        };
        managed(Err(failure.into()), &OptionSets::default())
    }

    #[test]
    fn managed_actions_that_are_denied_are_not_told_and_not_taken_for_none() {
        let denied = failing(ErrorKind::Denied).unwrap();
        let ManagedActions::Untold(why) = &denied else {
            panic!("{denied:?}")
        };
        assert!(why.contains("DescribeEnvironmentManagedActions"), "{why}");
        let basic = failing(ErrorKind::Invalid).unwrap();
        assert_eq!(basic, ManagedActions::Told(Vec::new()));
        for kind in [ErrorKind::Transient, ErrorKind::Throttled] {
            assert_eq!(failing(kind).unwrap_err().kind, kind);
        }
    }
}
