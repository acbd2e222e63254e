//! What EC2, Auto Scaling and SSM say: instances, launch templates, launch configurations and groups,
//! parameters.

use std::collections::BTreeMap;

use super::{PlaceAsk, missed};
use crate::cloud::{
    Cloud, InstanceState, NamedTemplate, ScalingGroup, TemplateVersion, release_from_parameter,
};
use crate::model::ids::ImageId;
use crate::model::image_uses::{ImageUse, KindAnswer};
use crate::model::sighting::Trouble;

/// How a launch template names a parameter in an image's place.
const BY_PARAMETER: &str = "resolve:ssm:";

/// What was launched from our images and has not ended.
pub(super) async fn read_instances(ask: PlaceAsk<'_>) -> KindAnswer {
    let mut answer = KindAnswer::of_calls("ec2:DescribeInstances");
    match ask.cloud.instances_of_images(ask.images).await {
        Ok(found) => {
            for instance in found.into_iter().filter(|one| !one.state.ended()) {
                let by = match instance.state {
                    InstanceState::Stopped | InstanceState::Stopping => {
                        format!("{} (stopped)", instance.id)
                    }
                    _ => instance.id.to_string(),
                };
                if let Some(image) = instance.image {
                    answer.add(image, ImageUse::lasting(by));
                }
            }
        }
        Err(error) => missed(&mut answer, &error, "the instances of our images"),
    }
    answer
}

/// Launch configurations and groups that name an image, and the groups for whoever needs them besides.
pub(super) async fn read_scaling(cloud: &Cloud) -> (KindAnswer, Option<Vec<ScalingGroup>>) {
    let calls = "autoscaling:DescribeLaunchConfigurations, autoscaling:DescribeAutoScalingGroups";
    let mut answer = KindAnswer::of_calls(calls);
    match cloud.launch_configurations().await {
        Ok(found) => found.into_iter().for_each(|one| {
            let by = format!("launch configuration {}", one.name);
            answer.add(one.image, ImageUse::lasting(by));
        }),
        Err(error) => missed(&mut answer, &error, "launch configurations"),
    }
    let groups = match cloud.scaling_groups().await {
        Ok(groups) => groups,
        Err(error) => {
            missed(&mut answer, &error, "Auto Scaling groups");
            return (answer, None);
        }
    };
    let mut resolved = ByParameter::new(cloud);
    for group in &groups {
        for image in &group.images {
            let by = format!("group {}", group.name);
            resolved.add_image(&mut answer, image, &by).await;
        }
    }
    (answer, Some(groups))
}

/// Versions that are a template's newest or default, and those that a group names by their number.
pub(super) async fn read_templates(cloud: &Cloud, groups: Option<&[ScalingGroup]>) -> KindAnswer {
    let mut answer = KindAnswer::of_calls("ec2:DescribeLaunchTemplateVersions");
    let mut versions = match cloud.templates_in_force().await {
        Ok(versions) => versions,
        Err(error) => {
            missed(&mut answer, &error, "launch templates");
            return answer;
        }
    };
    let Some(groups) = groups else {
        answer.missed(without_groups());
        return answer;
    };
    let named = groups.iter().flat_map(|group| &group.templates);
    let mut unread: Vec<&NamedTemplate> = named.filter(|one| !is_read(one, &versions)).collect();
    unread.sort();
    unread.dedup();
    for one in unread {
        match cloud.template_version(one).await {
            Ok(version) => versions.push(version),
            Err(error) => {
                let what = format!("launch template {} version {}", one.template, one.version);
                missed(&mut answer, &error, what);
            }
        }
    }
    let mut resolved = ByParameter::new(cloud);
    for version in &versions {
        if let Some(image) = &version.image {
            let template = version.name.as_ref().unwrap_or(&version.template);
            let by = format!("launch template {template}, version {}", version.number);
            resolved.add_image(&mut answer, image, &by).await;
        }
    }
    answer
}

fn without_groups() -> Trouble {
    Trouble {
        what: "the launch template versions that groups name".to_owned(),
        why: "the Auto Scaling groups were not read".to_owned(),
        denied: false,
    }
}

/// The newest and the default versions of all templates were read; of the others, by number.
fn is_read(named: &NamedTemplate, versions: &[TemplateVersion]) -> bool {
    versions.iter().any(|one| {
        let of_it = match named.by_id {
            true => one.template == named.template,
            false => one.name.as_ref() == Some(&named.template),
        };
        of_it && (named.version.starts_with('$') || named.version == one.number.to_string())
    })
}

/// The parameters that name an image, whatever their data type: people launch by plain text as well.
pub(super) async fn read_parameters(cloud: &Cloud) -> KindAnswer {
    let mut answer = KindAnswer::of_calls("ssm:DescribeParameters, ssm:GetParameters");
    match cloud.parameters_naming_images().await {
        Ok(found) => {
            for one in found {
                for image in one.images {
                    answer.add(image, ImageUse::lasting(one.name.as_str()));
                }
            }
        }
        Err(error) => missed(&mut answer, &error, "SSM parameters that name images"),
    }
    answer
}

/// Images as they are written: an id, or the parameter that holds it, each of which is read once.
struct ByParameter<'a> {
    cloud: &'a Cloud,
    read: BTreeMap<String, Result<Option<ImageId>, Trouble>>,
}

impl<'a> ByParameter<'a> {
    fn new(cloud: &'a Cloud) -> Self {
        Self {
            cloud,
            read: BTreeMap::new(),
        }
    }

    async fn add_image(&mut self, answer: &mut KindAnswer, written: &str, by: &str) {
        let Some(parameter) = written.strip_prefix(BY_PARAMETER) else {
            answer.add(ImageId::from(written), ImageUse::lasting(by));
            return;
        };
        if !self.read.contains_key(parameter) {
            let value = self.value_of(parameter).await;
            self.read.insert(parameter.to_owned(), value);
        }
        match self.read.get(parameter) {
            Some(Ok(Some(image))) => answer.add(image.clone(), ImageUse::lasting(by)),
            Some(Err(trouble)) => answer.missed(trouble.clone()),
            // A parameter that is not there launches nothing.
            Some(Ok(None)) | None => {}
        }
    }

    async fn value_of(&self, parameter: &str) -> Result<Option<ImageId>, Trouble> {
        let found = self.cloud.parameter(parameter).await;
        let found = found.map_err(|error| error.trouble(format!("the parameter {parameter}")))?;
        let release = found.map(|found| release_from_parameter(&found.value));
        Ok(release.and_then(Result::ok).map(|release| release.image))
    }
}
