//! The instances of all Beanstalk environments of a region at once, by the tags that Auto Scaling and EC2
//! give them. Reads alone; must not conclude.

use super::call::Cloud;
use super::environment_now::instance_ends;
use super::error::CloudError;
use super::instances::Instance;
use super::launch_templates::NamedTemplate;
use super::scaling::OF_ENVIRONMENT;
use super::tagging::filter;
use crate::model::sighting::RunningImage;

/// Auto Scaling's own tag on the instances of a group, which nobody else can set.
const OF_GROUP: &str = "aws:autoscaling:groupName";
/// EC2's own tags on what was launched from a launch template.
const OF_TEMPLATE: &str = "aws:ec2launchtemplate:id";
const OF_VERSION: &str = "aws:ec2launchtemplate:version";
/// EC2 would give twice as many; a page is held in memory whole, and these are the largest answers there are.
const PER_PAGE: i32 = 500;
/// Whatever has not ended.
const STATES: [&str; 4] = ["pending", "running", "stopping", "stopped"];

/// An instance in a group of an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentInstance {
    /// The environment's id.
    pub environment: String,
    pub running: RunningImage,
    /// The version of a launch template that it was launched from, where it was.
    pub template: Option<NamedTemplate>,
}

impl Cloud {
    /// Every instance in a group of a Beanstalk environment that has not ended, sorted by id. One with
    /// an environment's tag and without a group's was taken out of it, or has somebody else's copy of the
    /// tag: it is not in the answer.
    ///
    /// # Errors
    /// `Empty` when EC2 lists one without saying its image.
    pub async fn instances_in_environment_groups(
        &self,
    ) -> Result<Vec<EnvironmentInstance>, CloudError> {
        let filters = vec![
            filter("tag-key", [OF_ENVIRONMENT]),
            filter("instance-state-name", STATES),
        ];
        let all = self
            .describe_instances_by("instances of environments", filters, PER_PAGE)
            .await?;
        let in_groups = all
            .into_iter()
            .filter(|one| one.tags.contains_key(OF_GROUP));
        in_groups
            .map(|one| self.environment_instance(one))
            .collect()
    }

    fn environment_instance(&self, mut one: Instance) -> Result<EnvironmentInstance, CloudError> {
        let Some(image) = one.image else {
            return Err(self.imageless(&one.id));
        };
        let version = one.tags.remove(OF_VERSION);
        let template = one.tags.remove(OF_TEMPLATE).zip(version);
        Ok(EnvironmentInstance {
            environment: one.tags.remove(OF_ENVIRONMENT).unwrap_or_default(),
            running: RunningImage {
                instance: one.id,
                image,
                ends: instance_ends(one.state),
            },
            template: template.map(|(template, version)| NamedTemplate {
                template,
                by_id: true,
                version,
            }),
        })
    }
}
