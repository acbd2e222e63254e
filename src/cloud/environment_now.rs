//! One environment as it is at this moment: its state, its health, its instances and what they run,
//! and what AWS means to do with it by itself.
//!
//! Must not conclude: an environment that is Ready may have been moved or taken back.

use aws_sdk_elasticbeanstalk::operation::describe_environment_resources::builders::DescribeEnvironmentResourcesFluentBuilder as AskResources;
use aws_sdk_elasticbeanstalk::types::{EnvironmentDescription, EnvironmentHealthAttribute};

use super::beanstalk::tier_of;
use super::call::{Cloud, Operation};
use super::error::{CloudError, ErrorKind};
use super::instances::{DESCRIBE_INSTANCES, InstanceState, VALUES_PER_FILTER};
use super::tagging::{filter, our_time};
use crate::model::environment::{
    EnhancedStatus, EnvironmentHealth, EnvironmentNow, EnvironmentStatus, HealthColor,
    ManagedAction, RunningImage,
};
use crate::model::ids::{InstanceId, PlatformArn, TargetId};

const DESCRIBE_HEALTH: Operation = Operation::read("elasticbeanstalk:DescribeEnvironmentHealth");
const DESCRIBE_RESOURCES: Operation =
    Operation::read("elasticbeanstalk:DescribeEnvironmentResources");
const DESCRIBE_ACTIONS: Operation =
    Operation::read("elasticbeanstalk:DescribeEnvironmentManagedActions");

/// What an environment consists of, as far as a move asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentResources {
    /// In Beanstalk's order.
    pub instances: Vec<InstanceId>,
    /// The names of its Auto Scaling groups.
    pub groups: Vec<String>,
}

/// What Beanstalk answers where only enhanced health would have an answer.
const NOT_ENHANCED: &str = "InvalidRequestException";

impl Cloud {
    /// The environment of this name. `None`: AWS answered and there is none, terminated ones left out.
    ///
    /// # Errors
    /// `Empty` when not one environment of the region is shown: Beanstalk leaves out what it denies.
    pub async fn environment_now(
        &self,
        target: &TargetId,
    ) -> Result<Option<EnvironmentNow>, CloudError> {
        let (application, environment) = (&target.application, &target.environment);
        let name = format!("{application}/{environment}");
        let found = self
            .described_environments(&name, |ask| {
                ask.application_name(application)
                    .environment_names(environment)
                    .include_deleted(false)
            })
            .await?;
        let is = |one: &&EnvironmentDescription| one.environment_name() == Some(environment);
        self.now_of(&name, found.iter().find(is)).await
    }

    /// The environment of this id, also when it is terminated. `None`: AWS answered and there is none,
    /// or it was terminated long ago.
    ///
    /// # Errors
    /// As [`Cloud::environment_now`].
    pub async fn environment_by_id(&self, id: &str) -> Result<Option<EnvironmentNow>, CloudError> {
        let found = self
            .described_environments(id, |ask| ask.environment_ids(id).include_deleted(true))
            .await?;
        let is = |one: &&EnvironmentDescription| one.environment_id() == Some(id);
        self.now_of(id, found.iter().find(is)).await
    }

    async fn now_of(
        &self,
        asked: &str,
        found: Option<&EnvironmentDescription>,
    ) -> Result<Option<EnvironmentNow>, CloudError> {
        if let Some(found) = found {
            return self.our_now(found).await.map(Some);
        }
        // Only credentials that are shown some other environment are believed that this one is not there.
        let any = self
            .described_environments(asked, |ask| ask.include_deleted(true))
            .await?;
        match any.is_empty() {
            true => Err(self.no_environment(asked)),
            false => Ok(None),
        }
    }

    async fn our_now(&self, said: &EnvironmentDescription) -> Result<EnvironmentNow, CloudError> {
        let status = said.status().map_or("", |status| status.as_str());
        let color = said.health().map_or("", |color| color.as_str());
        Ok(EnvironmentNow {
            target: self.target_of(said).await?,
            id: said.environment_id().unwrap_or_default().to_owned(),
            status: EnvironmentStatus::from_word(status),
            color: HealthColor::from_word(color),
            abortable: said.abortable_operation_in_progress().unwrap_or_default(),
            platform: said.platform_arn().map(PlatformArn::from),
            version_label: given(said.version_label()),
            cname: given(said.cname()),
            template: given(said.template_name()),
            updated: said.date_updated().and_then(our_time),
            tier: tier_of(said),
        })
    }

    /// How well an environment is. With basic health all there is to say is the colour, which `now`
    /// has.
    ///
    /// # Errors
    /// `Empty` when the answer says nothing; `NotFound` when there is no such environment any more.
    pub async fn environment_health(
        &self,
        now: &EnvironmentNow,
    ) -> Result<EnvironmentHealth, CloudError> {
        let request = self
            .beanstalk(DESCRIBE_HEALTH)
            .describe_environment_health()
            .environment_id(&now.id)
            .attribute_names(EnvironmentHealthAttribute::All)
            .send();
        let answer = match self.call(DESCRIBE_HEALTH, &now.target, request).await {
            Err(error) if error.code.as_deref() == Some(NOT_ENHANCED) => {
                return Ok(EnvironmentHealth::Basic { color: now.color });
            }
            answer => answer?,
        };
        let Some(status) = answer.health_status() else {
            let message = "the answer holds no health status";
            return Err(self.fault(DESCRIBE_HEALTH, &now.target, ErrorKind::Empty, message));
        };
        Ok(EnvironmentHealth::Enhanced {
            status: EnhancedStatus::from_word(status),
            causes: answer.causes().to_vec(),
        })
    }

    /// The instances that Beanstalk counts among an environment's, in its order.
    ///
    /// # Errors
    /// `Empty` when the answer is about no environment; `NotFound` when there is none of this id.
    pub async fn environment_instances(&self, id: &str) -> Result<Vec<InstanceId>, CloudError> {
        Ok(self.environment_resources(id).await?.instances)
    }

    /// [`Cloud::environment_instances`], and the groups that launch them, by the same call.
    ///
    /// # Errors
    /// The same.
    pub async fn environment_resources(
        &self,
        id: &str,
    ) -> Result<EnvironmentResources, CloudError> {
        self.resources(id, |ask| ask.environment_id(id)).await
    }

    /// [`Cloud::environment_instances`] of the environment of a name, which no other one of the region
    /// has.
    ///
    /// # Errors
    /// The same.
    pub async fn instances_of_environment(
        &self,
        name: &str,
    ) -> Result<Vec<InstanceId>, CloudError> {
        let found = self.resources(name, |ask| ask.environment_name(name));
        Ok(found.await?.instances)
    }

    async fn resources(
        &self,
        resource: &str,
        named: impl FnOnce(AskResources) -> AskResources,
    ) -> Result<EnvironmentResources, CloudError> {
        let ask = self
            .beanstalk(DESCRIBE_RESOURCES)
            .describe_environment_resources();
        let answer = self
            .call(DESCRIBE_RESOURCES, resource, named(ask).send())
            .await?;
        let Some(resources) = answer.environment_resources() else {
            let message = "the answer holds no resources";
            return Err(self.fault(DESCRIBE_RESOURCES, resource, ErrorKind::Empty, message));
        };
        let instances = resources.instances().iter();
        let groups = resources.auto_scaling_groups().iter();
        Ok(EnvironmentResources {
            instances: instances
                .filter_map(|one| one.id().map(InstanceId::from))
                .collect(),
            groups: groups
                .filter_map(|one| one.name().map(str::to_owned))
                .collect(),
        })
    }

    /// The image that each of these instances was launched from, sorted by instance. One that EC2 does
    /// not list is not in the answer.
    ///
    /// # Errors
    /// `Empty` when EC2 lists one without saying its image.
    pub async fn running_images(
        &self,
        instances: &[InstanceId],
    ) -> Result<Vec<RunningImage>, CloudError> {
        let mut found = Vec::new();
        for batch in instances.chunks(VALUES_PER_FILTER) {
            // By filter, not by ids: one that is gone would fail the whole call.
            let by_id = vec![filter("instance-id", batch.iter().map(InstanceId::as_str))];
            let resource = format!("{} instances", batch.len());
            for instance in self.describe_instances(&resource, by_id).await? {
                let Some(image) = instance.image else {
                    return Err(self.imageless(&instance.id));
                };
                found.push(RunningImage {
                    instance: instance.id,
                    image,
                    ends: instance_ends(instance.state),
                });
            }
        }
        found.sort_by(|one: &RunningImage, other| one.instance.cmp(&other.instance));
        Ok(found)
    }

    pub(super) fn imageless(&self, instance: &InstanceId) -> CloudError {
        let message = "the instance came back without its image";
        self.fault(DESCRIBE_INSTANCES, instance, ErrorKind::Empty, message)
    }

    /// The managed actions of an environment that are scheduled, pending or running. An empty list can
    /// also mean that the credentials may not see any: AWS does not say.
    ///
    /// # Errors
    /// `NotFound` when there is no environment of this id.
    pub async fn managed_actions(&self, id: &str) -> Result<Vec<ManagedAction>, CloudError> {
        let request = self
            .beanstalk(DESCRIBE_ACTIONS)
            .describe_environment_managed_actions()
            .environment_id(id)
            .send();
        let answer = self.call(DESCRIBE_ACTIONS, id, request).await?;
        Ok(answer.managed_actions().iter().map(our_action).collect())
    }
}

/// What such an instance ran does not matter any more.
pub(super) fn instance_ends(state: InstanceState) -> bool {
    state.ended() || matches!(state, InstanceState::Stopping | InstanceState::Stopped)
}

fn our_action(said: &aws_sdk_elasticbeanstalk::types::ManagedAction) -> ManagedAction {
    let kind = said.action_type().map_or("", |kind| kind.as_str());
    let status = said.status().map_or("", |status| status.as_str());
    ManagedAction {
        id: said.action_id().unwrap_or_default().to_owned(),
        kind: kind.to_owned(),
        status: status.to_owned(),
        description: said.action_description().unwrap_or_default().to_owned(),
        at: said.window_start_time().and_then(our_time),
    }
}

/// A word that is there and not empty.
fn given(word: Option<&str>) -> Option<String> {
    word.filter(|word| !word.is_empty()).map(str::to_owned)
}
