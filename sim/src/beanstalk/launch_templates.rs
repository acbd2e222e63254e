//! The launch templates of environments, as EC2 shows them: CloudFormation's, whose default stays the first
//! version; Auto Scaling names the version that it launches by its number.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::environment::{Draft, Environment};
use super::model::Beanstalk;
use super::resources::has_launch_configuration;
use super::{fleet, settings};
use crate::call::Call;
use crate::ec2::launch_templates::{LaunchTemplate, TemplateVersion};
use crate::state::State;
use crate::world::{Launches, OwnImage};

/// How a template names the platform version's image where it does so by a parameter.
const OWN_BY_PARAMETER: &str = "resolve:ssm:/aws/service/elasticbeanstalk/image";
/// Whoever makes a version past Elastic Beanstalk.
const SOMEBODY: &str = "user/somebody";

/// Those that a call to EC2 can see.
pub(crate) fn seen_by(state: &State, call: &Call) -> Vec<LaunchTemplate> {
    let operation = call.operation.as_str();
    let looks = operation.contains("LaunchTemplate")
        || matches!(operation, "DescribeImageReferences" | "RunInstances");
    let here = state.regions.get(&call.region).filter(|_| looks);
    here.map_or_else(Vec::new, |here| all(&here.beanstalk, state.core.launches))
}

/// Those of all environments that are there and have one.
pub(crate) fn all(beanstalk: &Beanstalk, launches: Launches) -> Vec<LaunchTemplate> {
    let live = beanstalk.environments.values();
    let live = live.filter(|e| e.status != "Terminated" && e.tier != "Cluster");
    let with_one = live.filter(|e| !has_launch_configuration(e));
    with_one.map(|e| of(beanstalk, e, launches)).collect()
}

/// Which version its own group launches, and which its temporary one.
pub(crate) fn version(environment: &Environment, temporary: bool) -> u32 {
    environment.launch_version + u32::from(temporary)
}

/// The image that its group launches: what is deployed, unless somebody gave the group another.
pub(crate) fn group_image(beanstalk: &Beanstalk, e: &Environment) -> Option<String> {
    let by_hand = e.by_hand.clone();
    by_hand.or_else(|| settings::image_of(beanstalk, e))
}

/// Its group launches a newer version from now on, which says what is deployed then.
pub(crate) fn supersede(beanstalk: &Beanstalk, e: &mut Environment, now: DateTime<Utc>) {
    let was = group_image(beanstalk, e).unwrap_or_default();
    e.earlier_images.insert(e.launch_version, was);
    e.launch_version += 1;
    (e.launch_since, e.by_hand) = (now, None);
}

fn of(beanstalk: &Beanstalk, e: &Environment, launches: Launches) -> LaunchTemplate {
    let mut images: BTreeMap<u32, String> = e.earlier_images.clone();
    let own = match &e.by_hand {
        Some(image) => image.clone(),
        None => written(beanstalk, e, &e.deployed(), launches),
    };
    images.insert(version(e, false), own);
    let next = e.update.as_ref().and_then(|update| update.passes.first());
    if let Some(next) = next.filter(|_| !e.temporary.is_empty()) {
        let image = written(beanstalk, e, next, launches);
        images.insert(version(e, true), image);
    }
    let first = images.keys().next().copied().unwrap_or(1);
    let given = images.keys().last().copied().unwrap_or(1);
    let versions = images
        .iter()
        .map(|(number, image)| (u64::from(*number), one(e, *number, image)));
    LaunchTemplate {
        id: fleet::launch_template(e),
        name: fleet::launch_template_name(e),
        created: e.created,
        by: by(e),
        default: u64::from(first),
        given: u64::from(given),
        versions: versions.collect(),
        tags: [
            ("elasticbeanstalk:environment-name", &e.name),
            ("elasticbeanstalk:environment-id", &e.id),
        ]
        .map(|(key, value)| (key.to_owned(), value.clone()))
        .into(),
    }
}

/// The image of a set as its template's version says it.
fn written(beanstalk: &Beanstalk, e: &Environment, set: &Draft, launches: Launches) -> String {
    match launches.own_image {
        OwnImage::ByParameter if !settings::sets_image(e, set) => OWN_BY_PARAMETER.to_owned(),
        OwnImage::LeftOut if !settings::sets_image(e, set) => String::new(),
        _ => settings::image_in(beanstalk, e, set).unwrap_or_default(),
    }
}

fn by(e: &Environment) -> String {
    format!(
        "arn:aws:sts::{}:assumed-role/aws-elasticbeanstalk-service-role/{}",
        e.account, e.id
    )
}

fn one(e: &Environment, number: u32, image: &str) -> TemplateVersion {
    let current = number == e.launch_version;
    let pending = e
        .update
        .as_ref()
        .filter(|_| number > e.launch_version)
        .map(|update| update.batch_since);
    let by = match e.by_hand.is_some() && current {
        true => format!("arn:aws:iam::{}:{SOMEBODY}", e.account),
        false => by(e),
    };
    let image = (!image.is_empty()).then(|| ("ImageId", image.to_owned()));
    let groups = ("SecurityGroupId.1", fleet::security_group(e));
    let data = image.into_iter().chain([groups]);
    TemplateVersion {
        number: u64::from(number),
        description: String::new(),
        created: match current {
            true => e.launch_since,
            false => pending.unwrap_or(e.created),
        },
        by,
        data: data.map(|(key, value)| (key.to_owned(), value)).collect(),
    }
}
