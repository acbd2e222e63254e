//! An environment's instances in EC2: launched and terminated by Auto Scaling, never by the caller.

use super::environment::Environment;
use super::model::Beanstalk;
use super::resources::has_launch_configuration;
use super::{history, launch_templates};
use crate::autoscaling::Activity;
use crate::ec2::describe_images::is_seen;
use crate::ec2::instances;
use crate::ec2::lifecycle::begin_stop;
use crate::ec2::model::{Ec2, Image};
use crate::kms;
use crate::state::Core;

/// The name of an environment's Auto Scaling group.
pub(crate) fn group_name(environment: &Environment) -> String {
    format!(
        "awseb-{}-stack-AWSEBAutoScalingGroup-51300000",
        environment.id
    )
}

/// The name of the temporary group of an immutable update.
pub(crate) fn temporary_group(environment: &Environment) -> String {
    format!(
        "awseb-{}-immutable-stack-AWSEBAutoScalingGroup-51300000",
        environment.id
    )
}

/// The id of its launch template.
pub(crate) fn launch_template(environment: &Environment) -> String {
    numbered(environment, "lt")
}

/// The name of its launch template.
pub(crate) fn launch_template_name(environment: &Environment) -> String {
    format!("awseb-{}-stack-AWSEBEC2LaunchTemplate", environment.id)
}

/// The id of the security group of its instances.
pub(crate) fn security_group(environment: &Environment) -> String {
    numbered(environment, "sg")
}

/// An id that belongs to the environment alone: its own number, in another form.
fn numbered(environment: &Environment, prefix: &str) -> String {
    let number = environment.id.trim_start_matches("e-513");
    format!("{prefix}-513{number:0>14}")
}

/// Why Auto Scaling cannot launch an image; nothing when it can.
pub(crate) fn refusal(ec2: &Ec2, image_id: &str) -> Option<String> {
    let image = ec2
        .images
        .get(image_id)
        .filter(|image| is_seen(image, &ec2.account));
    match image {
        None => Some(format!(
            "AMI {image_id} is invalid: The image id '[{image_id}]' does not exist"
        )),
        Some(Image { state, .. }) if state != "available" => Some(format!(
            "AMI {image_id} is invalid: The image id '[{image_id}]' is not available"
        )),
        Some(_) => None,
    }
}

/// What is to be launched, and for which request.
#[derive(Clone, Copy)]
pub(crate) struct Launch<'a> {
    pub(crate) region: &'a str,
    pub(crate) image_id: &'a str,
    pub(crate) count: usize,
    /// In the temporary group of an immutable update.
    pub(crate) temporary: bool,
    pub(crate) request: Option<&'a str>,
}

/// Launches instances.
///
/// # Errors
/// Auto Scaling's words; nothing is left running then.
pub(crate) fn launch(
    core: &mut Core,
    ec2: &mut Ec2,
    beanstalk: &mut Beanstalk,
    environment: &mut Environment,
    order: Launch<'_>,
) -> Result<Vec<String>, String> {
    let launched = try_launch(core, ec2, environment, order);
    let group = match order.temporary {
        true => temporary_group(environment),
        false => group_name(environment),
    };
    match &launched {
        Ok(ids) => {
            let all = ids.iter().map(|id| Activity::launched(core, &group, id));
            beanstalk.activities.extend(all.collect::<Vec<_>>());
            history::look_later(core, ec2, order.region, &environment.name, order.image_id);
        }
        Err(why) => beanstalk
            .activities
            .push(Activity::failed(core, &group, why)),
    }
    launched
}

fn try_launch(
    core: &mut Core,
    ec2: &mut Ec2,
    environment: &mut Environment,
    order: Launch<'_>,
) -> Result<Vec<String>, String> {
    let why = refusal(ec2, order.image_id)
        .or_else(|| other_architecture(ec2, environment, order.image_id))
        .or_else(|| no_room(ec2, environment, order.count));
    if let Some(why) = why {
        return Err(why);
    }
    let mut launched = Vec::new();
    for _ in 0..order.count {
        launched.push(launch_one(core, ec2, environment, order)?);
    }
    if ec2
        .images
        .get(order.image_id)
        .is_some_and(|i| i.key_unusable || kms::refuses_launch(ec2, &i.snapshot_id))
    {
        end_for_key(core, ec2, order.region, &launched);
        return Err(format!(
            "Instance {} failed to launch. Client.InternalError: Client error on launch. Launching \
             EC2 instance failed.",
            launched.first().map_or("", String::as_str)
        ));
    }
    Ok(launched)
}

/// An environment's architecture is fixed when it is made.
fn other_architecture(ec2: &Ec2, environment: &Environment, image_id: &str) -> Option<String> {
    let (own, image) = (&environment.architecture, ec2.images.get(image_id)?);
    (image.architecture != *own).then(|| {
        format!(
            "The architecture '{own}' of the specified instance type does not match the architecture \
             '{}' of the specified AMI. Specify an instance type and an AMI that have matching \
             architectures, and try again. Launching EC2 instance failed.",
            image.architecture
        )
    })
}

/// The quota or the zone's capacity does not allow it.
fn no_room(ec2: &Ec2, environment: &Environment, count: usize) -> Option<String> {
    let asked = 2 * u32::try_from(count).unwrap_or(u32::MAX / 4);
    if let Some(quota) = ec2
        .vcpu_quota
        .filter(|quota| ec2.vcpus_in_use() + asked > *quota)
    {
        return Some(format!(
            "You have requested more vCPU capacity than your current vCPU limit of {quota} allows for \
             the instance bucket that the specified instance type belongs to. Please visit \
             http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit. \
             Launching EC2 instance failed."
        ));
    }
    let kind = instances::type_for(ec2, &environment.architecture);
    let zone = ec2
        .subnets
        .values()
        .next()
        .map(|subnet| subnet.zone.clone())?;
    ec2.is_exhausted(&kind, &zone).then(|| {
        format!(
            "We currently do not have sufficient {kind} capacity in the Availability Zone you requested \
             ({zone}). Our system will be working on provisioning additional capacity. Launching EC2 \
             instance failed."
        )
    })
}

fn launch_one(
    core: &mut Core,
    ec2: &mut Ec2,
    environment: &mut Environment,
    order: Launch<'_>,
) -> Result<String, String> {
    let was = std::mem::replace(&mut core.building, true);
    let placed = instances::place(core, ec2, order.image_id, &environment.architecture);
    core.building = was;
    let id = placed.map_err(|error| error.to_string())?;
    if order.temporary {
        environment.temporary.insert(id.clone());
    }
    if let Some(request) = order.request {
        environment
            .launched_by
            .insert(id.clone(), request.to_owned());
    }
    adopt(ec2, environment, &id);
    tag_version(ec2, environment, &id, order.request.is_some());
    Ok(id)
}

/// The instance belongs to the environment: Elastic Beanstalk's, Auto Scaling's and CloudFormation's tags.
pub(crate) fn adopt(ec2: &mut Ec2, environment: &mut Environment, id: &str) {
    let group = match environment.temporary.contains(id) {
        true => temporary_group(environment),
        false => group_name(environment),
    };
    let stack = format!("awseb-{}-stack", environment.id);
    let region = ec2.zones.first().map_or("", |zone| &zone[..zone.len() - 1]);
    let stack_id = format!(
        "arn:aws:cloudformation:{region}:{}:stack/{stack}/51300000",
        ec2.account
    );
    let security = security_group(environment);
    let secured = ec2.groups.contains_key(&security);
    if let Some(instance) = ec2.instances.get_mut(id) {
        for (key, value) in [
            ("Name", &environment.name),
            ("elasticbeanstalk:environment-name", &environment.name),
            ("elasticbeanstalk:environment-id", &environment.id),
            ("aws:autoscaling:groupName", &group),
            ("aws:cloudformation:stack-name", &stack),
            ("aws:cloudformation:stack-id", &stack_id),
        ] {
            instance.tags.insert(key.to_owned(), value.clone());
        }
        instance.group_ids = secured.then_some(security).into_iter().collect();
    }
    environment.instance_ids.insert(id.to_owned());
}

/// EC2's own tags on what was launched from a launch template: the one that is there, or the one that an
/// update brings.
pub(crate) fn tag_version(ec2: &mut Ec2, environment: &Environment, id: &str, next: bool) {
    if has_launch_configuration(environment) {
        return;
    }
    let version = launch_templates::version(environment, next).to_string();
    let template = launch_template(environment);
    if let Some(instance) = ec2.instances.get_mut(id) {
        let tags = [("id", template), ("version", version)];
        let tags = tags.map(|(what, value)| (format!("aws:ec2launchtemplate:{what}"), value));
        instance.tags.extend(tags);
    }
}

/// The temporary group's instances go over to the environment's own.
pub(crate) fn attach(ec2: &mut Ec2, environment: &mut Environment) {
    for id in std::mem::take(&mut environment.temporary) {
        adopt(ec2, environment, &id);
    }
}

fn end_for_key(core: &mut Core, ec2: &mut Ec2, region: &str, ids: &[String]) {
    let code = "Client.InternalError";
    for id in ids {
        if let Some(instance) = ec2.instances.get_mut(id).filter(|i| !i.state.over()) {
            begin_stop(core, instance, region, true, true);
            let words = format!("{code}: Client error on launch");
            instance.state_reason = Some((code.to_owned(), words));
        }
    }
}

/// Terminates instances, as Auto Scaling does; those that were up.
pub(crate) fn terminate(
    core: &mut Core,
    ec2: &mut Ec2,
    beanstalk: &mut Beanstalk,
    environment: &Environment,
    region: &str,
    ids: &[String],
) -> Vec<String> {
    let mut gone = Vec::new();
    for id in ids {
        let Some(instance) = ec2.instances.get_mut(id).filter(|i| !i.state.over()) else {
            continue;
        };
        begin_stop(core, instance, region, true, true);
        let group = group_name(environment);
        beanstalk
            .activities
            .push(Activity::terminated(core, &group, id));
        gone.push(id.clone());
    }
    gone
}
