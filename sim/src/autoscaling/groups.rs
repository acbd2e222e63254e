//! Environments' groups as Auto Scaling shows them, and their suspended processes.

use chrono::{DateTime, Utc};

use crate::beanstalk::environment::{Environment, Options};
use crate::beanstalk::replacement::option;
use crate::beanstalk::{Room, fleet, health, page, settings};
use crate::clock::iso;
use crate::ec2::model::{Instance, Phase};
use crate::state::ACCOUNT_ID;
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
    options: Options,
    temporary: bool,
    instances: Vec<&'a Instance>,
    zones: &'a [String],
}

impl Group<'_> {
    fn arn(&self, region: &str) -> String {
        arn(region, &self.name)
    }

    fn created(&self) -> DateTime<Utc> {
        let update = self.environment.update.as_ref().filter(|_| self.temporary);
        update.map_or(self.environment.created, |update| update.batch_since)
    }

    /// One of its sizes; a temporary group has just as many as it needs.
    fn size(&self, option_name: &str, default: usize) -> usize {
        let set = option(&self.options, "aws:autoscaling:asg", option_name).parse();
        match self.temporary {
            true => self.instances.len(),
            false => set.unwrap_or(default),
        }
    }

    fn tags(&self) -> [(&'static str, String); 3] {
        let e = self.environment;
        [
            ("Name", e.name.clone()),
            ("elasticbeanstalk:environment-id", e.id.clone()),
            ("elasticbeanstalk:environment-name", e.name.clone()),
        ]
    }

    /// Whether it passes every filter of the call; of one filter's values any.
    fn passes(&self, room: &Room<'_>) -> bool {
        let tags = self.tags();
        let filters = room.p.groups("Filters.member");
        filters.iter().all(|filter| {
            let name = room.p.get(&format!("{filter}.Name")).unwrap_or_default();
            let values = room.p.members(&format!("{filter}.Values"));
            tags.iter().any(|(key, value)| match name {
                "tag-key" => values.iter().any(|v| v == key),
                "tag-value" => values.contains(value),
                other => other.strip_prefix("tag:") == Some(*key) && values.contains(value),
            })
        })
    }
}

pub(super) fn arn(region: &str, group: &str) -> String {
    format!(
        "arn:aws:autoscaling:{region}:{ACCOUNT_ID}:autoScalingGroup:51300000-0000-4000-9000-000000000000:\
         autoScalingGroupName/{group}"
    )
}

fn all<'a>(room: &'a Room<'_>) -> Vec<Group<'a>> {
    let environments = room.beanstalk.environments.values();
    let live = environments.filter(|e| e.status != "Terminated" && e.tier != "Cluster");
    live.flat_map(|e| of_environment(room, e)).collect()
}

fn of_environment<'a>(room: &'a Room<'_>, environment: &'a Environment) -> Vec<Group<'a>> {
    let options = settings::effective(room.beanstalk, environment, &environment.deployed());
    let group = |name: String, temporary: bool| Group {
        name,
        environment,
        options: options.clone(),
        temporary,
        instances: health::running(room.ec2, environment)
            .filter(|i| environment.temporary.contains(&i.id) == temporary)
            .collect(),
        zones: &room.ec2.zones,
    };
    let own = group(fleet::group_name(environment), false);
    let temporary = (!environment.temporary.is_empty())
        .then(|| group(fleet::temporary_group(environment), true));
    std::iter::once(own).chain(temporary).collect()
}

/// The name of a group that a call needs.
pub(super) fn named(room: &Room<'_>) -> Result<String, Fail> {
    let name = room.p.need("AutoScalingGroupName")?;
    match all(room).iter().any(|group| group.name == name) {
        true => Ok(name.to_owned()),
        false => Err(Fail::new(
            "ValidationError",
            format!("AutoScalingGroup name not found - AutoScalingGroup {name} not found"),
        )),
    }
}

pub(super) fn describe(room: &mut Room<'_>) -> Result<String, Fail> {
    let names = room.p.members("AutoScalingGroupNames");
    let mut groups = all(room);
    groups.retain(|group| (names.is_empty() || names.contains(&group.name)) && group.passes(room));
    let (shown, token) = page(room, groups, MOST)?;
    let mut x = Xml::new();
    x.members("AutoScalingGroups", shown, |x, group| {
        write(x, room.region, &group)
    });
    x.opt("NextToken", token);
    Ok(x.into_string())
}

fn write(x: &mut Xml, region: &str, group: &Group<'_>) {
    x.text("AutoScalingGroupName", &group.name);
    x.text("AutoScalingGroupARN", group.arn(region));
    x.node("LaunchTemplate", |x| launch_template(x, group));
    x.text("MinSize", group.size("MinSize", 1));
    x.text("MaxSize", group.size("MaxSize", 4));
    x.text("DesiredCapacity", group.instances.len());
    x.text("DefaultCooldown", 360);
    x.member_texts("AvailabilityZones", group.zones);
    x.text("HealthCheckType", "EC2");
    x.text("HealthCheckGracePeriod", 0);
    x.members("Instances", &group.instances, |x, i| instance(x, group, i));
    x.text("CreatedTime", iso(group.created()));
    x.members(
        "SuspendedProcesses",
        &group.environment.suspended,
        |x, (process, since)| {
            x.text("ProcessName", process);
            x.text(
                "SuspensionReason",
                format!("User suspended at {}", iso(*since)),
            );
        },
    );
    x.members("Tags", group.tags(), |x, (key, value)| {
        x.text("ResourceId", &group.name);
        x.text("ResourceType", "auto-scaling-group");
        x.text("Key", key);
        x.text("Value", value);
        x.text("PropagateAtLaunch", true);
    });
    x.member_texts("TerminationPolicies", ["Default"]);
    x.text("NewInstancesProtectedFromScaleIn", false);
}

fn launch_template(x: &mut Xml, group: &Group<'_>) {
    let e = group.environment;
    x.text("LaunchTemplateId", fleet::launch_template(e));
    x.text(
        "LaunchTemplateName",
        format!("awseb-{}-stack-AWSEBEC2LaunchTemplate", e.id),
    );
    x.text("Version", e.deployment + u32::from(group.temporary));
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
    x.node("LaunchTemplate", |x| launch_template(x, group));
    x.text("ProtectedFromScaleIn", false);
}

/// Suspends or resumes processes of a group; without names, all of them.
pub(super) fn suspend(room: &mut Room<'_>, suspended: bool) -> Result<String, Fail> {
    let group = named(room)?;
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
    let found = room.beanstalk.environments.values_mut().find(is);
    if let Some(e) = found {
        match suspended {
            true => e
                .suspended
                .extend(processes.iter().map(|process| (process.clone(), now))),
            false => e
                .suspended
                .retain(|process, _| !processes.contains(process)),
        }
    }
    Ok(String::new())
}
