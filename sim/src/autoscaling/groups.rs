//! Groups as Auto Scaling shows them, environments' and other people's, and their suspended processes.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::{AutoScaling, OtherGroup};
use crate::beanstalk::environment::Environment;
use crate::beanstalk::resources::{enables_spot, has_launch_configuration, launch_configuration};
use crate::beanstalk::{Room, fleet, health, launch_templates, page, settings};
use crate::clock::iso;
use crate::ec2::model::{Instance, Phase};
use crate::wire::fail::Fail;
use crate::wire::xml::Xml;

const MOST: usize = 100;
/// What can be suspended, each under its name.
const PROCESSES: [&str; 9] = [
    "AddToLoadBalancer",
    "AlarmNotification",
    "AZRebalance",
    "HealthCheck",
    "InstanceRefresh",
    "Launch",
    "ReplaceUnhealthy",
    "ScheduledActions",
    "Terminate",
];

/// A group of an environment: its own, or the temporary one of an immutable update.
struct Group<'a> {
    name: String,
    environment: &'a Environment,
    temporary: bool,
}

impl Group<'_> {
    fn arn(&self, region: &str) -> String {
        arn(&self.environment.account, region, &self.name)
    }

    fn created(&self) -> DateTime<Utc> {
        let update = self.environment.update.as_ref().filter(|_| self.temporary);
        update.map_or(self.environment.created, |update| update.batch_since)
    }

    /// One of its sizes; a temporary group has just as many as it needs.
    fn size(&self, option_name: &str, running: usize, default: usize) -> usize {
        let set = settings::deployed_option(self.environment, "aws:autoscaling:asg", option_name);
        match self.temporary {
            true => running,
            false => set.parse().unwrap_or(default),
        }
    }

    fn instances<'r>(&self, room: &'r Room<'_>) -> Vec<&'r Instance>
    where
        Self: 'r,
    {
        let temporary = &self.environment.temporary;
        health::running(room.ec2, self.environment)
            .filter(|i| temporary.contains(&i.id) == self.temporary)
            .collect()
    }

    fn tags(&self) -> [(&'static str, String); 3] {
        let e = self.environment;
        [
            ("Name", e.name.clone()),
            ("elasticbeanstalk:environment-id", e.id.clone()),
            ("elasticbeanstalk:environment-name", e.name.clone()),
        ]
    }
}

/// A group of an environment, or somebody else's.
enum Shown<'a> {
    Own(Group<'a>),
    Other(&'a OtherGroup),
}

impl Shown<'_> {
    fn name(&self) -> &str {
        match self {
            Self::Own(group) => &group.name,
            Self::Other(group) => &group.spec.name,
        }
    }

    fn tags(&self) -> Vec<(String, String)> {
        match self {
            Self::Own(group) => group.tags().map(|(k, v)| (k.to_owned(), v)).to_vec(),
            Self::Other(group) => group.spec.tags.clone().into_iter().collect(),
        }
    }

    /// Whether it passes every filter; of one filter's values any.
    fn passes(&self, filters: &[Filter<'_>]) -> bool {
        let tags = self.tags();
        let passes = |filter: &Filter<'_>| tags.iter().any(|(key, value)| filter.takes(key, value));
        filters.iter().all(passes)
    }
}

/// A filter of a call: by the tag's key, its value, or both.
struct Filter<'p> {
    name: &'p str,
    values: BTreeSet<String>,
}

impl Filter<'_> {
    fn takes(&self, key: &str, value: &str) -> bool {
        match self.name {
            "tag-key" => self.values.contains(key),
            "tag-value" => self.values.contains(value),
            other => other.strip_prefix("tag:") == Some(key) && self.values.contains(value),
        }
    }
}

/// Those of the call; refuses one with more values than are taken.
fn filters<'r>(room: &'r Room<'_>) -> Result<Vec<Filter<'r>>, Fail> {
    let most = room.core.launches.filter_values_max.unwrap_or(usize::MAX);
    let mut found = Vec::new();
    for filter in room.p.groups("Filters.member") {
        let name = room.p.get(&format!("{filter}.Name")).unwrap_or_default();
        let values = room.p.members(&format!("{filter}.Values"));
        if values.len() > most {
            return Err(Fail::new(
                "ValidationError",
                format!(
                    "1 validation error detected: Value at 'filters.{}.member.values' failed to satisfy constraint: \
                     Member must have length less than or equal to {most}",
                    found.len() + 1
                ),
            ));
        }
        let values = values.into_iter().collect();
        found.push(Filter { name, values });
    }
    Ok(found)
}

/// The role by which every group of an account launches, unless it names another one.
pub(crate) fn launching_role(account: &str) -> String {
    format!(
        "arn:aws:iam::{account}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
    )
}

pub(super) fn arn(account: &str, region: &str, group: &str) -> String {
    format!(
        "arn:aws:autoscaling:{region}:{account}:autoScalingGroup:51300000-0000-4000-9000-000000000000:\
         autoScalingGroupName/{group}"
    )
}

fn all<'a>(room: &'a Room<'_>, others: &'a AutoScaling) -> Vec<Shown<'a>> {
    let own = of_environments(room).into_iter().map(Shown::Own);
    own.chain(others.groups.values().map(Shown::Other))
        .collect()
}

fn of_environments<'a>(room: &'a Room<'_>) -> Vec<Group<'a>> {
    let environments = room.beanstalk.environments.values();
    let live = environments.filter(|e| e.status != "Terminated" && e.tier != "Cluster");
    live.flat_map(of_environment).collect()
}

fn of_environment(environment: &Environment) -> impl Iterator<Item = Group<'_>> {
    let group = move |name: String, temporary: bool| Group {
        name,
        environment,
        temporary,
    };
    let own = group(fleet::group_name(environment), false);
    let temporary = (!environment.temporary.is_empty())
        .then(|| group(fleet::temporary_group(environment), true));
    std::iter::once(own).chain(temporary)
}

/// The name of a group that a call needs.
pub(super) fn named(room: &Room<'_>, others: &AutoScaling) -> Result<String, Fail> {
    let name = room.p.need("AutoScalingGroupName")?;
    match all(room, others).iter().any(|group| group.name() == name) {
        true => Ok(name.to_owned()),
        false => Err(Fail::new(
            "ValidationError",
            format!("AutoScalingGroup name not found - AutoScalingGroup {name} not found"),
        )),
    }
}

pub(super) fn describe(room: &mut Room<'_>, others: &AutoScaling) -> Result<String, Fail> {
    let names = room.p.members("AutoScalingGroupNames");
    let filters = filters(room)?;
    let mut groups = all(room, others);
    groups.retain(|group| {
        let asked = names.is_empty() || names.iter().any(|name| name == group.name());
        asked && group.passes(&filters)
    });
    let (shown, token) = page(room, groups, MOST)?;
    let mut x = Xml::new();
    x.members("AutoScalingGroups", shown, |x, group| match group {
        Shown::Own(group) => write(x, room, &group),
        Shown::Other(group) => write_other(x, room, group),
    });
    x.opt("NextToken", token);
    Ok(x.into_string())
}

fn write(x: &mut Xml, room: &Room<'_>, group: &Group<'_>) {
    let instances = group.instances(room);
    let running = instances.len();
    x.text("AutoScalingGroupName", &group.name);
    x.text("AutoScalingGroupARN", group.arn(room.region));
    launches_from(x, group);
    x.text("MinSize", group.size("MinSize", running, 1));
    x.text("MaxSize", group.size("MaxSize", running, 4));
    x.text("DesiredCapacity", running);
    x.text("DefaultCooldown", 360);
    x.member_texts("AvailabilityZones", &room.ec2.zones);
    x.text("HealthCheckType", "EC2");
    x.text("HealthCheckGracePeriod", 0);
    let shown = if without_instances(room) {
        Vec::new()
    } else {
        instances
    };
    x.members("Instances", &shown, |x, i| instance(x, group, i));
    x.text("CreatedTime", iso(group.created()));
    write_suspended(x, &group.environment.suspended);
    let tags = group.tags().map(|(key, value)| (key.to_owned(), value));
    write_tags(x, &group.name, tags);
    x.member_texts("TerminationPolicies", ["Default"]);
    x.text("NewInstancesProtectedFromScaleIn", false);
    x.text("ServiceLinkedRoleARN", launching_role(&room.ec2.account));
}

/// The caller wants groups without their instances.
fn without_instances(room: &Room<'_>) -> bool {
    room.p.get("IncludeInstances") == Some("false")
}

fn write_suspended(x: &mut Xml, suspended: &BTreeMap<String, DateTime<Utc>>) {
    x.members("SuspendedProcesses", suspended, |x, (process, since)| {
        x.text("ProcessName", process);
        x.text(
            "SuspensionReason",
            format!("User suspended at {}", since.format("%Y-%m-%dT%H:%M:%SZ")),
        );
    });
}

fn write_tags(x: &mut Xml, group: &str, tags: impl IntoIterator<Item = (String, String)>) {
    x.members("Tags", tags, |x, (key, value)| {
        x.text("ResourceId", group);
        x.text("ResourceType", "auto-scaling-group");
        x.text("Key", key);
        x.text("Value", value);
        x.text("PropagateAtLaunch", true);
    });
}

/// The version of its launch template, in a policy where it mixes instances; or the launch configuration of
/// a group from before those.
fn launches_from(x: &mut Xml, group: &Group<'_>) {
    let e = group.environment;
    if has_launch_configuration(e) {
        return x.text("LaunchConfigurationName", launch_configuration(e));
    }
    if !enables_spot(e) {
        return its_template(x, "LaunchTemplate", group);
    }
    x.node("MixedInstancesPolicy", |x| {
        x.node("LaunchTemplate", |x| {
            its_template(x, "LaunchTemplateSpecification", group);
            let types = match e.architecture.as_str() {
                "arm64" => ["t4g.micro", "t4g.small"],
                _ => ["t3.micro", "t3.small"],
            };
            x.members("Overrides", types, |x, kind| x.text("InstanceType", kind));
        });
        x.node("InstancesDistribution", |x| {
            x.text("OnDemandBaseCapacity", 0);
            x.text("OnDemandPercentageAboveBaseCapacity", 0);
            x.text("SpotAllocationStrategy", "capacity-optimized");
        });
    });
}

fn its_template(x: &mut Xml, node: &str, group: &Group<'_>) {
    let e = group.environment;
    x.node(node, |x| {
        x.text("LaunchTemplateId", fleet::launch_template(e));
        x.text("LaunchTemplateName", fleet::launch_template_name(e));
        x.text("Version", launch_templates::version(e, group.temporary));
    });
}

/// Somebody else's group: what it would launch, and nothing that runs.
fn write_other(x: &mut Xml, room: &Room<'_>, group: &OtherGroup) {
    let spec = &group.spec;
    x.text("AutoScalingGroupName", &spec.name);
    x.text(
        "AutoScalingGroupARN",
        arn(&room.core.account, room.region, &spec.name),
    );
    let template = |x: &mut Xml, name: &str| {
        if let Some((id, template)) = &group.template {
            x.node(name, |x| {
                x.text("LaunchTemplateId", id);
                x.text("LaunchTemplateName", template);
                x.text("Version", &spec.version);
            });
        }
    };
    match (spec.launch_configuration.as_str(), spec.mixed) {
        ("", true) => x.node("MixedInstancesPolicy", |x| {
            x.node("LaunchTemplate", |x| {
                template(x, "LaunchTemplateSpecification");
                x.members("Overrides", [] as [&str; 0], |_, _| {});
            });
        }),
        ("", false) => template(x, "LaunchTemplate"),
        (configuration, _) => x.text("LaunchConfigurationName", configuration),
    }
    for size in ["MinSize", "MaxSize", "DesiredCapacity"] {
        x.text(size, 0);
    }
    x.text("DefaultCooldown", 300);
    x.member_texts("AvailabilityZones", &room.ec2.zones);
    x.text("HealthCheckType", "EC2");
    x.text("HealthCheckGracePeriod", 0);
    x.members("Instances", [] as [&str; 0], |_, _| {});
    x.text("CreatedTime", iso(group.created));
    write_suspended(x, &group.suspended);
    write_tags(x, &spec.name, spec.tags.clone());
    x.member_texts("TerminationPolicies", ["Default"]);
    x.text("NewInstancesProtectedFromScaleIn", false);
    x.text("ServiceLinkedRoleARN", launching_role(&room.ec2.account));
}

fn instance(x: &mut Xml, group: &Group<'_>, instance: &Instance) {
    x.text("InstanceId", &instance.id);
    x.text("InstanceType", &instance.kind);
    x.text("AvailabilityZone", &instance.zone);
    x.text(
        "LifecycleState",
        match instance.state {
            Phase::Pending => "Pending",
            _ => "InService",
        },
    );
    x.text("HealthStatus", "Healthy");
    match has_launch_configuration(group.environment) {
        true => x.text(
            "LaunchConfigurationName",
            launch_configuration(group.environment),
        ),
        false => its_template(x, "LaunchTemplate", group),
    }
    x.text("ProtectedFromScaleIn", false);
}

/// Suspends or resumes processes of a group; without names, all of them.
pub(super) fn suspend(
    room: &mut Room<'_>,
    others: &mut AutoScaling,
    suspended: bool,
) -> Result<String, Fail> {
    let group = named(room, others)?;
    let mut processes = room.p.members("ScalingProcesses");
    if processes.is_empty() {
        processes = PROCESSES.map(str::to_owned).to_vec();
    }
    if let Some(unknown) = processes.iter().find(|p| !PROCESSES.contains(&p.as_str())) {
        let message = format!("Invalid ScalingProcess: {unknown}");
        return Err(Fail::new("ValidationError", message));
    }
    let now = room.core.now;
    let is = |e: &&mut Environment| fleet::group_name(e) == group;
    let own = room.beanstalk.environments.values_mut().find(is);
    let of_other = others.groups.get_mut(&group).map(|g| &mut g.suspended);
    if let Some(of_group) = own.map(|e| &mut e.suspended).or(of_other) {
        match suspended {
            true => of_group.extend(processes.iter().map(|process| (process.clone(), now))),
            false => of_group.retain(|process, _| !processes.contains(process)),
        }
    }
    Ok(String::new())
}
