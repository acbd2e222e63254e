//! Configuration settings of an environment: the deployed set, and drafts beside it.
//!
//! ImageId is shown resolved even when nobody set it: from the settings alone nobody can tell a
//! stock image from one set by hand. The order of the sets is not promised and changes.

use super::environment::{Dated, Draft, Environment, Options};
use super::environments::tier;
use super::model::Beanstalk;
use super::{Room, environments};
use crate::clock::iso;
use crate::wire::fail::Fail;
use crate::wire::xml::Xml;
use crate::world::SavedConfiguration;

pub(crate) const LAUNCH: &str = "aws:autoscaling:launchconfiguration";

/// The image that the environment launches: set by hand, or its platform version's own.
pub(crate) fn image_of(beanstalk: &Beanstalk, environment: &Environment) -> Option<String> {
    image_in(beanstalk, environment, &environment.deployed())
}

/// The image that a set launches: set by a call, by `.ebextensions`, or the platform version's own.
pub(crate) fn image_in(
    beanstalk: &Beanstalk,
    environment: &Environment,
    set: &Draft,
) -> Option<String> {
    image_set(environment, set).cloned().or_else(|| {
        let version = beanstalk.versions.get(&set.platform_arn)?;
        version.images.get(&environment.architecture).cloned()
    })
}

/// Whether a call or `.ebextensions` set an image.
pub(crate) fn sets_image(environment: &Environment, set: &Draft) -> bool {
    image_set(environment, set).is_some()
}

fn image_set<'a>(environment: &'a Environment, set: &'a Draft) -> Option<&'a String> {
    let key = (LAUNCH.to_owned(), "ImageId".to_owned());
    set.image_id
        .as_ref()
        .or_else(|| environment.extensions.get(&key))
}

/// One option of the deployed set: what [`effective`] has, without all the others.
pub(crate) fn deployed_option<'a>(e: &'a Environment, namespace: &str, name: &str) -> &'a str {
    let key = (namespace.to_owned(), name.to_owned());
    let set = e.options.get(&key).or_else(|| e.extensions.get(&key));
    let default = || {
        let mut all = DEFAULTS.iter();
        all.find(|(of, option, _)| *of == namespace && *option == name)
            .map_or("", |(_, _, value)| *value)
    };
    set.map_or_else(default, String::as_str)
}

/// Every option of a set with its value: AWS's defaults, then `.ebextensions`, then what was set.
pub(crate) fn effective(beanstalk: &Beanstalk, environment: &Environment, set: &Draft) -> Options {
    let image = image_in(beanstalk, environment, set);
    options(environment, set, image.as_deref())
}

pub(crate) fn describe(room: &mut Room<'_>) -> Result<String, Fail> {
    let application = room.p.need("ApplicationName")?.to_owned();
    if let Some(name) = room.p.get("TemplateName") {
        return saved(room, &application, name);
    }
    let environment = environments::named(room)?.shown(room.core.now).clone();
    if environment.application != application {
        let message = format!("No Application named '{application}' found.");
        return Err(Fail::invalid(message));
    }
    let deployed = Dated {
        set: environment.deployed(),
        at: environment.deployed_at,
    };
    let mut sets = vec![("deployed", deployed)];
    sets.extend(environment.pending.clone().map(|set| ("pending", set)));
    sets.extend(environment.failed.clone().map(|set| ("failed", set)));
    if environment.looks.is_multiple_of(2) {
        sets.reverse();
    }
    if let Some(e) = room.beanstalk.environments.get_mut(&environment.name) {
        e.looks += 1;
        let before = e.stale.as_mut().map(|(_, before)| &mut before.looks);
        before.into_iter().for_each(|looks| *looks += 1);
    }
    let mut x = Xml::new();
    x.members("ConfigurationSettings", sets, |x, (status, set)| {
        write(x, room, &environment, status, &set);
    });
    Ok(x.into_string())
}

/// The saved configuration of this name.
pub(crate) fn saved_as<'a>(
    room: &'a Room<'_>,
    application: &str,
    name: &str,
) -> Result<&'a SavedConfiguration, Fail> {
    let found = room
        .beanstalk
        .saved
        .get(&(application.to_owned(), name.to_owned()));
    found.ok_or_else(|| {
        Fail::invalid(format!(
            "No Configuration Template named '{application}/{name}' found."
        ))
    })
}

/// A saved configuration: no environment, no deployment.
fn saved(room: &Room<'_>, application: &str, name: &str) -> Result<String, Fail> {
    let found = saved_as(room, application, name)?;
    let mut x = Xml::new();
    x.members("ConfigurationSettings", [found], |x, saved| {
        write_saved(x, room, saved)
    });
    Ok(x.into_string())
}

pub(crate) fn write_saved(x: &mut Xml, room: &Room<'_>, saved: &SavedConfiguration) {
    let version = room.beanstalk.versions.get(&saved.platform_arn);
    x.opt("SolutionStackName", version.map(|v| v.solution_stack()));
    x.text("PlatformArn", &saved.platform_arn);
    x.text("ApplicationName", &saved.application);
    x.text("TemplateName", &saved.name);
    let options = saved.options.iter().flat_map(|(namespace, options)| {
        options
            .iter()
            .map(move |(name, value)| (namespace, name, value))
    });
    x.members("OptionSettings", options, |x, (namespace, name, value)| {
        x.text("Namespace", namespace);
        x.text("OptionName", name);
        x.text("Value", value);
    });
}

fn write(x: &mut Xml, room: &Room<'_>, e: &Environment, status: &str, dated: &Dated) {
    let set = &dated.set;
    let version = room.beanstalk.versions.get(&set.platform_arn);
    x.opt("SolutionStackName", version.map(|v| v.solution_stack()));
    x.text("PlatformArn", &set.platform_arn);
    x.text("ApplicationName", &e.application);
    x.text("EnvironmentName", &e.name);
    x.text("Description", "");
    x.text("DeploymentStatus", status);
    x.text("DateCreated", iso(e.created));
    x.text("DateUpdated", iso(dated.at));
    let options = effective(room.beanstalk, e, set);
    x.members(
        "OptionSettings",
        options,
        |x, ((namespace, name), value)| {
            x.text("Namespace", namespace);
            x.text("OptionName", name);
            x.text("Value", value);
        },
    );
}

fn options(e: &Environment, draft: &Draft, image: Option<&str>) -> Options {
    let mut options = Options::new();
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
    options.extend(e.extensions.clone());
    let mut set = |namespace: &str, name: &str, value: &str| {
        options.insert((namespace.to_owned(), name.to_owned()), value.to_owned());
    };
    // An environment on a Kubernetes cluster launches no instances of its own.
    if e.tier != "Cluster" {
        set(LAUNCH, "ImageId", image.unwrap_or_default());
    }
    options.extend(draft.options.clone());
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
