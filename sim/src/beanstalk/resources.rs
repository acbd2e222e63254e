//! DescribeEnvironmentResources: what an environment consists of.

use super::environment::Environment;
use super::environments::named;
use super::model::Beanstalk;
use super::replacement::option;
use super::{Room, fleet, settings};
use crate::wire::fail::Fail;
use crate::wire::xml::Xml;

pub(crate) fn describe(room: &mut Room<'_>) -> Result<String, Fail> {
    let environment = named(room)?;
    let mut x = Xml::new();
    x.node("EnvironmentResources", |x| write(x, room, environment));
    Ok(x.into_string())
}

/// An environment on a Kubernetes cluster has none of EC2's.
fn write(x: &mut Xml, room: &Room<'_>, e: &Environment) {
    let own = e.tier != "Cluster";
    let old = own && has_launch_configuration(e);
    let is_up = |id: &&String| room.ec2.instances.get(*id).is_some_and(|i| !i.state.over());
    x.text("EnvironmentName", &e.name);
    let of = |one: String| own.then_some(one);
    let temporary = (!e.temporary.is_empty()).then(|| fleet::temporary_group(e));
    named_list(
        x,
        "AutoScalingGroups",
        of(fleet::group_name(e)).into_iter().chain(temporary),
    );
    let ids = e.instance_ids.iter().filter(is_up);
    x.members("Instances", ids, |x, id| x.text("Id", id));
    let configuration = old.then(|| launch_configuration(e));
    named_list(x, "LaunchConfigurations", configuration);
    let template = of(fleet::launch_template(e)).filter(|_| !old);
    x.members("LaunchTemplates", template, |x, id| x.text("Id", id));
    named_list(
        x,
        "LoadBalancers",
        of(load_balancer(room, e)).filter(|_| is_balanced(room.beanstalk, e)),
    );
    let alarms = ["AWSEBCloudwatchAlarmLow", "AWSEBCloudwatchAlarmHigh"];
    let alarms = alarms.map(|alarm| format!("awseb-{}-stack-{alarm}-51300000", e.id));
    named_list(
        x,
        "Triggers",
        alarms
            .into_iter()
            .filter(|_| own && is_balanced(room.beanstalk, e)),
    );
    let queue = format!("awseb-{}-stack-AWSEBWorkerQueue-51300000", e.id);
    x.members(
        "Queues",
        (e.tier == "Worker").then_some(queue),
        |x, queue| {
            x.text("Name", "WorkerQueue");
            x.text(
                "URL",
                format!(
                    "https://sqs.{}.amazonaws.com/{}/{queue}",
                    room.region, e.account
                ),
            );
        },
    );
}

fn named_list(x: &mut Xml, list: &str, names: impl IntoIterator<Item = String>) {
    x.members(list, names, |x, name| x.text("Name", name));
}

pub(crate) fn is_balanced(beanstalk: &Beanstalk, e: &Environment) -> bool {
    let options = settings::effective(beanstalk, e, &e.deployed());
    option(
        &options,
        "aws:elasticbeanstalk:environment",
        "EnvironmentType",
    ) == "LoadBalanced"
}

fn load_balancer(room: &Room<'_>, e: &Environment) -> String {
    format!(
        "arn:aws:elasticloadbalancing:{}:{}:loadbalancer/app/awseb--AWSEB-{}/51300000",
        room.region, e.account, e.id
    )
}

/// From before launch templates: none of what makes Elastic Beanstalk use one is set.
pub(crate) fn has_launch_configuration(e: &Environment) -> bool {
    let of = |name| settings::deployed_option(e, settings::LAUNCH, name);
    !(of("RootVolumeType") == "gp3" || of("DisableIMDSv1") == "true" || enables_spot(e))
}

/// Its group mixes instances on demand and spot instances.
pub(crate) fn enables_spot(e: &Environment) -> bool {
    settings::deployed_option(e, "aws:ec2:instances", "EnableSpot") == "true"
}

/// Its name: every change of what is launched makes another one.
pub(crate) fn launch_configuration(e: &Environment) -> String {
    format!(
        "awseb-{}-stack-AWSEBAutoScalingLaunchConfiguration-{}",
        e.id,
        51_299_999 + e.launch_version
    )
}
