//! The launch templates of environments, as EC2 shows them: CloudFormation's, whose default stays the first
//! version; Auto Scaling names the version that it launches by its number.

use std::collections::BTreeMap;

use super::environment::{Draft, Environment};
use super::model::Beanstalk;
use super::resources::has_launch_configuration;
use super::{fleet, settings};
use crate::call::Call;
use crate::ec2::launch_templates::{LaunchTemplate, TemplateVersion};
use crate::state::{ACCOUNT_ID, State};

/// Those that a call to EC2 can see.
pub(crate) fn seen_by(state: &State, call: &Call) -> Vec<LaunchTemplate> {
    let operation = call.operation.as_str();
    let looks = operation.contains("LaunchTemplate")
        || matches!(operation, "DescribeImageReferences" | "RunInstances");
    let here = state.regions.get(&call.region).filter(|_| looks);
    here.map_or_else(Vec::new, |here| all(&here.beanstalk))
}

/// Those of all environments that are there and have one.
pub(crate) fn all(beanstalk: &Beanstalk) -> Vec<LaunchTemplate> {
    let live = beanstalk.environments.values();
    let live = live.filter(|e| e.status != "Terminated" && e.tier != "Cluster");
    let with_one = live.filter(|e| !has_launch_configuration(beanstalk, e));
    with_one.map(|e| of(beanstalk, e)).collect()
}

/// Which version its own group launches, and which its temporary one.
pub(crate) fn version(environment: &Environment, temporary: bool) -> u32 {
    environment.deployment + u32::from(temporary)
}

fn of(beanstalk: &Beanstalk, e: &Environment) -> LaunchTemplate {
    let mut images: BTreeMap<u32, String> = e.earlier_images.clone();
    images.insert(version(e, false), image(beanstalk, e, &e.deployed()));
    let next = e.update.as_ref().and_then(|update| update.passes.last());
    if let Some(next) = next.filter(|_| !e.temporary.is_empty()) {
        images.insert(version(e, true), image(beanstalk, e, next));
    }
    let first = images.keys().next().copied().unwrap_or(1);
    let versions = images.iter().map(|(number, image)| {
        let number = u64::from(*number);
        (number, one(e, number, image))
    });
    LaunchTemplate {
        id: fleet::launch_template(e),
        name: fleet::launch_template_name(e),
        created: e.created,
        by: by(e),
        default: u64::from(first),
        given: u64::from(e.deployment),
        versions: versions.collect(),
        tags: [
            ("elasticbeanstalk:environment-name", &e.name),
            ("elasticbeanstalk:environment-id", &e.id),
        ]
        .map(|(key, value)| (key.to_owned(), value.clone()))
        .into(),
    }
}

fn image(beanstalk: &Beanstalk, e: &Environment, set: &Draft) -> String {
    settings::image_in(beanstalk, e, set).unwrap_or_default()
}

fn by(e: &Environment) -> String {
    format!(
        "arn:aws:sts::{ACCOUNT_ID}:assumed-role/aws-elasticbeanstalk-service-role/{}",
        e.id
    )
}

fn one(e: &Environment, number: u64, image: &str) -> TemplateVersion {
    let data = [
        ("ImageId", image.to_owned()),
        ("SecurityGroupId.1", fleet::security_group(e)),
    ];
    TemplateVersion {
        number,
        description: String::new(),
        created: e.created,
        by: by(e),
        data: data.map(|(key, value)| (key.to_owned(), value)).into(),
    }
}
