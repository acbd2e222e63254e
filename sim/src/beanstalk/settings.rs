//! Configuration settings of an environment: the deployed set, and drafts beside it.
//!
//! ImageId is shown resolved even when nobody set it: from the settings alone nobody can tell a
//! stock image from one set by hand. The order of the sets is not promised and changes.

use std::collections::BTreeMap;

use super::environments::tier;
use super::model::{Beanstalk, Environment};
use super::{Room, environments};
use crate::clock::iso;
use crate::wire::fail::Fail;
use crate::wire::xml::Xml;

const LAUNCH: &str = "aws:autoscaling:launchconfiguration";

/// The image that the environment launches: set by hand, or its platform version's own.
pub(crate) fn image_of(beanstalk: &Beanstalk, environment: &Environment) -> Option<String> {
    environment.image_id.clone().or_else(|| {
        let version = beanstalk.versions.get(&environment.platform_arn)?;
        version.images.get(&environment.architecture).cloned()
    })
}

pub(crate) fn describe(room: &mut Room<'_>) -> Result<String, Fail> {
    let application = room.p.need("ApplicationName")?;
    let environment = environments::named(room)?.clone();
    if environment.application != application {
        let message = format!("No Application named '{application}' found.");
        return Err(Fail::invalid(message));
    }
    let deployed = image_of(room.beanstalk, &environment);
    let mut sets = vec![("deployed", deployed)];
    let drafts = [
        ("pending", &environment.pending),
        ("failed", &environment.failed),
    ];
    sets.extend(
        drafts
            .into_iter()
            .filter_map(|(s, image)| Some((s, Some(image.clone()?)))),
    );
    if environment.looks.is_multiple_of(2) {
        sets.reverse();
    }
    if let Some(e) = room.beanstalk.environments.get_mut(&environment.name) {
        e.looks += 1;
    }
    let mut x = Xml::new();
    x.members("ConfigurationSettings", sets, |x, (status, image)| {
        write(x, room, &environment, status, image.as_deref());
    });
    Ok(x.into_string())
}

fn write(x: &mut Xml, room: &Room<'_>, e: &Environment, status: &str, image: Option<&str>) {
    let version = room.beanstalk.versions.get(&e.platform_arn);
    x.opt("SolutionStackName", version.map(|v| v.solution_stack()));
    x.text("PlatformArn", &e.platform_arn);
    x.text("ApplicationName", &e.application);
    x.text("EnvironmentName", &e.name);
    x.text("Description", "");
    x.text("DeploymentStatus", status);
    x.text("DateCreated", iso(e.created));
    x.text("DateUpdated", iso(e.updated));
    x.members(
        "OptionSettings",
        options(e, image),
        |x, ((namespace, name), value)| {
            x.text("Namespace", namespace);
            x.text("OptionName", name);
            x.text("Value", value);
        },
    );
}

/// Every option with its value: AWS's defaults, then what was set.
fn options(e: &Environment, image: Option<&str>) -> BTreeMap<(String, String), String> {
    let mut options = BTreeMap::new();
    let mut set = |namespace: &str, name: &str, value: &str| {
        options.insert((namespace.to_owned(), name.to_owned()), value.to_owned());
    };
    for (namespace, name, value) in DEFAULTS {
        set(namespace, name, value);
    }
    let arm = e.architecture == "arm64";
    let types = if arm {
        "t4g.micro, t4g.small"
    } else {
        "t3.micro, t3.small"
    };
    set("aws:ec2:instances", "InstanceTypes", types);
    set(
        "aws:ec2:instances",
        "SupportedArchitectures",
        &e.architecture,
    );
    set(
        LAUNCH,
        "InstanceType",
        if arm { "t4g.micro" } else { "t3.micro" },
    );
    set(
        "aws:cloudformation:template:parameter",
        "EnvironmentTier",
        tier(&e.tier).0,
    );
    // An environment on a Kubernetes cluster launches no instances of its own.
    if e.tier != "Cluster" {
        set(LAUNCH, "ImageId", image.unwrap_or_default());
    }
    options.extend(e.options.clone());
    options
}

const DEFAULTS: [(&str, &str, &str); 38] = [
    ("aws:autoscaling:asg", "Availability Zones", "Any"),
    ("aws:autoscaling:asg", "Cooldown", "360"),
    ("aws:autoscaling:asg", "EnableCapacityRebalancing", "false"),
    ("aws:autoscaling:asg", "MaxSize", "4"),
    ("aws:autoscaling:asg", "MinSize", "1"),
    (LAUNCH, "BlockDeviceMappings", ""),
    (LAUNCH, "DisableIMDSv1", "true"),
    (LAUNCH, "EC2KeyName", ""),
    (
        LAUNCH,
        "IamInstanceProfile",
        "aws-elasticbeanstalk-ec2-role",
    ),
    (LAUNCH, "MonitoringInterval", "5 minute"),
    (LAUNCH, "RootVolumeIOPS", ""),
    (LAUNCH, "RootVolumeSize", ""),
    (LAUNCH, "RootVolumeType", "gp3"),
    (LAUNCH, "SSHSourceRestriction", "tcp,22,22,0.0.0.0/0"),
    ("aws:autoscaling:trigger", "BreachDuration", "5"),
    ("aws:autoscaling:trigger", "MeasureName", "NetworkOut"),
    ("aws:autoscaling:trigger", "UpperThreshold", "6000000"),
    (
        "aws:autoscaling:updatepolicy:rollingupdate",
        "MaxBatchSize",
        "",
    ),
    (
        "aws:autoscaling:updatepolicy:rollingupdate",
        "MinInstancesInService",
        "",
    ),
    (
        "aws:autoscaling:updatepolicy:rollingupdate",
        "PauseTime",
        "",
    ),
    (
        "aws:autoscaling:updatepolicy:rollingupdate",
        "RollingUpdateEnabled",
        "false",
    ),
    (
        "aws:autoscaling:updatepolicy:rollingupdate",
        "RollingUpdateType",
        "Time",
    ),
    (
        "aws:autoscaling:updatepolicy:rollingupdate",
        "Timeout",
        "PT30M",
    ),
    ("aws:ec2:instances", "EnableSpot", "false"),
    ("aws:elasticbeanstalk:command", "BatchSize", "100"),
    (
        "aws:elasticbeanstalk:command",
        "BatchSizeType",
        "Percentage",
    ),
    (
        "aws:elasticbeanstalk:command",
        "DeploymentPolicy",
        "AllAtOnce",
    ),
    ("aws:elasticbeanstalk:command", "IgnoreHealthCheck", "false"),
    ("aws:elasticbeanstalk:command", "Timeout", "600"),
    (
        "aws:elasticbeanstalk:environment",
        "EnvironmentType",
        "LoadBalanced",
    ),
    (
        "aws:elasticbeanstalk:environment",
        "LoadBalancerType",
        "application",
    ),
    (
        "aws:elasticbeanstalk:environment",
        "ServiceRole",
        "aws-elasticbeanstalk-service-role",
    ),
    (
        "aws:elasticbeanstalk:healthreporting:system",
        "HealthCheckSuccessThreshold",
        "Ok",
    ),
    (
        "aws:elasticbeanstalk:healthreporting:system",
        "SystemType",
        "enhanced",
    ),
    (
        "aws:elasticbeanstalk:managedactions",
        "ManagedActionsEnabled",
        "false",
    ),
    (
        "aws:elasticbeanstalk:managedactions",
        "PreferredStartTime",
        "SUN:03:00",
    ),
    (
        "aws:elasticbeanstalk:managedactions:platformupdate",
        "UpdateLevel",
        "minor",
    ),
    ("aws:elasticbeanstalk:xray", "XRayEnabled", "false"),
];
