//! Auto Scaling groups and launch configurations, as far as they name images, launch templates or the
//! environment that a group is of. Reads alone; must not conclude.

use aws_sdk_autoscaling::types::{
    AutoScalingGroup as SdkGroup, Filter, LaunchConfiguration as SdkConfiguration,
    LaunchTemplateOverrides, LaunchTemplateSpecification,
};
use chrono::{DateTime, Utc};

use super::beanstalk::PAGES_MAX;
use super::call::{Cloud, Operation};
use super::error::CloudError;
use super::launch_templates::NamedTemplate;
use super::tagging::our_time;
use crate::model::ids::ImageId;

pub(super) const DESCRIBE_GROUPS: Operation =
    Operation::read("autoscaling:DescribeAutoScalingGroups");
const DESCRIBE_CONFIGURATIONS: Operation =
    Operation::read("autoscaling:DescribeLaunchConfigurations");

const PER_PAGE: i32 = 100;
/// As many environments as a page has groups.
pub const ENVIRONMENTS_PER_QUESTION: usize = 100;
/// Beanstalk puts this tag on the groups of each of its environments, and they on their instances.
pub(super) const OF_ENVIRONMENT: &str = "elasticbeanstalk:environment-id";
/// What a specification means that names no version.
const DEFAULT_VERSION: &str = "$Default";

/// A group of instances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScalingGroup {
    pub name: String,
    /// The versions of launch templates that it launches from.
    pub templates: Vec<NamedTemplate>,
    /// The launch configuration of a group that launches from none.
    pub configuration: Option<String>,
    /// Images that it names itself, for some of its instance types.
    pub images: Vec<String>,
    /// The Beanstalk environment whose group it is.
    pub environment: Option<String>,
}

/// What instances are launched by, where no launch template is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchConfiguration {
    pub name: String,
    pub image: ImageId,
    pub created: Option<DateTime<Utc>>,
}

impl Cloud {
    /// Every Auto Scaling group of the region.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn scaling_groups(&self) -> Result<Vec<ScalingGroup>, CloudError> {
        self.described_groups(None).await
    }

    /// The Auto Scaling groups of Beanstalk environments: one each, and while an update goes on often a
    /// second. Page after page, since each page's token is in the one before.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn environment_groups(&self) -> Result<Vec<ScalingGroup>, CloudError> {
        let tagged = Filter::builder().name("tag-key").values(OF_ENVIRONMENT);
        self.described_groups(Some(vec![tagged.build()])).await
    }

    /// Those of these environments, by their ids: at most [`ENVIRONMENTS_PER_QUESTION`] of them.
    ///
    /// # Errors
    /// `Invalid` where so many are not taken at once, which AWS does not document; otherwise any kind but `NotFound`.
    pub async fn groups_of_environments(
        &self,
        ids: &[String],
    ) -> Result<Vec<ScalingGroup>, CloudError> {
        let tagged = Filter::builder()
            .name(format!("tag:{OF_ENVIRONMENT}"))
            .set_values(Some(ids.to_vec()));
        self.described_groups(Some(vec![tagged.build()])).await
    }

    async fn described_groups(
        &self,
        filters: Option<Vec<Filter>>,
    ) -> Result<Vec<ScalingGroup>, CloudError> {
        let mut found = Vec::new();
        let mut token = None;
        for _ in 0..PAGES_MAX {
            let request = self
                .autoscaling(DESCRIBE_GROUPS)
                .describe_auto_scaling_groups()
                .set_filters(filters.clone())
                .include_instances(false)
                .max_records(PER_PAGE)
                .set_next_token(token)
                .send();
            let page = self.call(DESCRIBE_GROUPS, "groups", request).await?;
            found.extend(page.auto_scaling_groups().iter().map(our_group));
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(found);
            }
        }
        Err(self.endless(DESCRIBE_GROUPS, "groups"))
    }

    /// Every launch configuration of the region that names an image.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn launch_configurations(&self) -> Result<Vec<LaunchConfiguration>, CloudError> {
        let mut found = Vec::new();
        let mut token = None;
        for _ in 0..PAGES_MAX {
            let request = self
                .autoscaling(DESCRIBE_CONFIGURATIONS)
                .describe_launch_configurations()
                .max_records(PER_PAGE)
                .set_next_token(token)
                .send();
            let resource = "launch configurations";
            let page = self
                .call(DESCRIBE_CONFIGURATIONS, resource, request)
                .await?;
            let said = page.launch_configurations().iter();
            found.extend(said.filter_map(our_configuration));
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(found);
            }
        }
        Err(self.endless(DESCRIBE_CONFIGURATIONS, "launch configurations"))
    }
}

fn our_configuration(said: &SdkConfiguration) -> Option<LaunchConfiguration> {
    let image = said.image_id().filter(|image| !image.is_empty())?;
    Some(LaunchConfiguration {
        name: said
            .launch_configuration_name()
            .unwrap_or_default()
            .to_owned(),
        image: ImageId::from(image),
        created: said.created_time().and_then(our_time),
    })
}

fn our_group(said: &SdkGroup) -> ScalingGroup {
    let mixed = said
        .mixed_instances_policy()
        .and_then(|policy| policy.launch_template());
    let overrides = mixed.map_or(&[][..], |mixed| mixed.overrides());
    let specified = said
        .launch_template()
        .into_iter()
        .chain(mixed.and_then(|mixed| mixed.launch_template_specification()))
        .chain(
            overrides
                .iter()
                .filter_map(|one| one.launch_template_specification()),
        );
    let images = overrides
        .iter()
        .filter_map(LaunchTemplateOverrides::image_id);
    let tags = said.tags().iter();
    let environment = tags
        .filter(|tag| tag.key() == Some(OF_ENVIRONMENT))
        .find_map(|tag| tag.value().map(str::to_owned));
    let mut templates: Vec<NamedTemplate> = specified.filter_map(named_template).collect();
    templates.sort();
    templates.dedup();
    ScalingGroup {
        name: said
            .auto_scaling_group_name()
            .unwrap_or_default()
            .to_owned(),
        templates,
        configuration: said.launch_configuration_name().map(str::to_owned),
        images: images.map(str::to_owned).collect(),
        environment,
    }
}

fn named_template(said: &LaunchTemplateSpecification) -> Option<NamedTemplate> {
    let by_id = said.launch_template_id().filter(|id| !id.is_empty());
    let template = by_id.or(said.launch_template_name())?;
    let version = said.version().filter(|version| !version.is_empty());
    Some(NamedTemplate {
        template: template.to_owned(),
        by_id: by_id.is_some(),
        version: version.unwrap_or(DEFAULT_VERSION).to_owned(),
    })
}
