//! An environment's instances in EC2: launched and terminated by Auto Scaling, never by the caller.

use super::model::Environment;
use crate::ec2::describe_images::is_seen;
use crate::ec2::instances;
use crate::ec2::lifecycle::begin_stop;
use crate::ec2::model::{Ec2, Image};
use crate::state::Core;

/// The name of an environment's Auto Scaling group.
pub(crate) fn group_name(environment: &Environment) -> String {
    format!("awseb-{}-stack-AWSEBAutoScalingGroup", environment.id)
}

/// The id of its launch template.
pub(crate) fn launch_template(environment: &Environment) -> String {
    environment.id.replace("e-", "lt-")
}

/// Why Auto Scaling cannot launch an image; nothing when it can.
pub(crate) fn refusal(ec2: &Ec2, image_id: &str) -> Option<String> {
    let image = ec2.images.get(image_id).filter(|image| is_seen(image));
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

/// Launches so many instances of an image.
///
/// # Errors
/// Auto Scaling's words; nothing is left running then.
pub(crate) fn launch(
    core: &mut Core,
    ec2: &mut Ec2,
    region: &str,
    environment: &mut Environment,
    image_id: &str,
    count: usize,
) -> Result<Vec<String>, String> {
    if let Some(why) = refusal(ec2, image_id) {
        return Err(why);
    }
    if let Some(quota) = ec2.vcpu_quota
        && ec2.vcpus_in_use() + 2 * u32::try_from(count).unwrap_or(u32::MAX) > quota
    {
        let message = format!(
            "You have requested more vCPU capacity than your current vCPU limit of {quota} allows for \
             the instance bucket that the specified instance type belongs to. Please visit \
             http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit. \
             Launching EC2 instance failed."
        );
        return Err(message);
    }
    let mut launched = Vec::new();
    for _ in 0..count {
        launched.push(launch_one(core, ec2, environment, image_id)?);
    }
    if ec2.images.get(image_id).is_some_and(|i| i.key_unusable) {
        end_for_key(core, ec2, region, &launched);
        return Err(format!(
            "Instance {} failed to launch. Client.InternalError: Client error on launch. Launching \
             EC2 instance failed.",
            launched.first().map_or("", String::as_str)
        ));
    }
    Ok(launched)
}

fn launch_one(
    core: &mut Core,
    ec2: &mut Ec2,
    environment: &mut Environment,
    image_id: &str,
) -> Result<String, String> {
    let was = std::mem::replace(&mut core.building, true);
    let placed = instances::place(core, ec2, image_id, &environment.architecture);
    core.building = was;
    let id = placed.map_err(|error| error.to_string())?;
    adopt(ec2, environment, &id);
    Ok(id)
}

/// The instance belongs to the environment: Elastic Beanstalk's and Auto Scaling's tags.
pub(crate) fn adopt(ec2: &mut Ec2, environment: &mut Environment, id: &str) {
    let group = group_name(environment);
    if let Some(instance) = ec2.instances.get_mut(id) {
        for (key, value) in [
            ("Name", &environment.name),
            ("elasticbeanstalk:environment-name", &environment.name),
            ("elasticbeanstalk:environment-id", &environment.id),
            ("aws:autoscaling:groupName", &group),
        ] {
            instance.tags.insert(key.to_owned(), value.clone());
        }
    }
    environment.instance_ids.insert(id.to_owned());
}

fn end_for_key(core: &mut Core, ec2: &mut Ec2, region: &str, ids: &[String]) {
    terminate(core, ec2, region, ids);
    let code = "Client.InternalError";
    for id in ids {
        if let Some(instance) = ec2.instances.get_mut(id) {
            let words = format!("{code}: Client error on launch");
            instance.state_reason = Some((code.to_owned(), words));
        }
    }
}

/// Terminates instances, as Auto Scaling does.
pub(crate) fn terminate(core: &mut Core, ec2: &mut Ec2, region: &str, ids: &[String]) {
    for id in ids {
        if let Some(instance) = ec2.instances.get_mut(id).filter(|i| !i.state.over()) {
            begin_stop(core, instance, region, true, true);
        }
    }
}
