//! What a call asks for, as IAM sees it, and what Elastic Beanstalk does with its caller's rights.

use super::Asked;
use crate::beanstalk::environment::Environment;
use crate::beanstalk::{environments, fleet};
use crate::call::{Call, Service};
use crate::state::State;
use crate::sts;

/// The action of a call and what it is on. Resources are known for Elastic Beanstalk and for roles to assume alone.
pub(crate) fn of_call(state: &State, call: &Call) -> Asked {
    let operation = transacts(call).next().unwrap_or(call.operation.as_str());
    let asked = Asked::new(&format!("{}:{operation}", call.service.prefix()))
        .with("aws:RequestedRegion", call.region.as_str());
    if call.service == Service::Sts {
        let role = call.params.get("RoleArn");
        return match role {
            Some(role) => asked.on(role),
            None => asked,
        };
    }
    if call.service != Service::Beanstalk {
        return asked;
    }
    let region = &call.region;
    let account = &state.core.account;
    let application =
        |name: &str| format!("arn:aws:elasticbeanstalk:{region}:{account}:application/{name}");
    match (target(state, call), call.params.get("ApplicationName")) {
        (Some(e), _) => asked.on(environments::arn(region, e)).with(
            "elasticbeanstalk:InApplication",
            application(&e.application),
        ),
        (None, Some(name)) => asked.with("elasticbeanstalk:InApplication", application(name)),
        (None, None) => asked,
    }
}

/// What a transaction of DynamoDB is to IAM: its parts, each an action of its own.
fn transacts(call: &Call) -> impl Iterator<Item = &'static str> {
    const PARTS: [(&str, &str); 4] = [
        ("ConditionCheck", "ConditionCheckItem"),
        ("Delete", "DeleteItem"),
        ("Put", "PutItem"),
        ("Update", "UpdateItem"),
    ];
    let all = call.body["TransactItems"].as_array().into_iter().flatten();
    let kinds: Vec<&String> = all
        .filter_map(|one| one.as_object()?.keys().next())
        .collect();
    let has = move |kind: &str| kinds.iter().any(|one| *one == kind);
    let parts = PARTS.into_iter().filter(move |(kind, _)| has(kind));
    let parts: Vec<&'static str> = parts.map(|(_, action)| action).collect();
    parts.into_iter()
}

/// The part of a transaction that its caller may not do.
pub(crate) fn refused_part(state: &State, call: &Call) -> Option<&'static str> {
    let role = sts::role(call);
    let may = |part: &str| {
        state
            .iam
            .may(role, &asked_for(&format!("dynamodb:{part}"), call))
    };
    transacts(call).find(|part| !may(part))
}

/// What a call does as well and asks its caller's rights for: without them it goes another way, or is
/// refused.
fn stands_on(service: Service, operation: &str) -> &'static [&'static str] {
    match (service, operation) {
        (Service::Ec2, "DeregisterImage") => &["ec2:DeleteSnapshot"],
        (Service::Ec2, "DescribeImageReferences") => &[
            "ec2:DescribeInstances",
            "ec2:DescribeLaunchTemplates",
            "ec2:DescribeLaunchTemplateVersions",
            "ssm:DescribeParameters",
            "ssm:GetParameters",
        ],
        (Service::Ssm, "PutParameter") => &["ec2:DescribeImages"],
        _ => &[],
    }
}

/// Of what a call stands on, that which its caller may not do.
pub(crate) fn lacking(state: &State, call: &Call) -> Vec<&'static str> {
    let role = sts::role(call);
    let needed = stands_on(call.service, &call.operation).iter();
    let lacks = |action: &&str| !state.iam.may(role, &asked_for(action, call));
    needed.copied().filter(lacks).collect()
}

/// The action without which a call that tags what it makes is refused, where its caller may not do it.
pub(crate) fn refused_tagging(state: &State, call: &Call) -> Option<&'static str> {
    let tags = |prefix: &str| call.params.0.keys().any(|key| key.starts_with(prefix));
    let action = match call.service {
        Service::Ec2 if tags("TagSpecification.") || call.params.flag("CopyImageTags") => {
            "ec2:CreateTags"
        }
        Service::Ssm if call.operation == "PutParameter" && tags("Tags.") => {
            "ssm:AddTagsToResource"
        }
        _ => return None,
    };
    let role = sts::role(call);
    let asked = asked_for(action, call).with("ec2:CreateAction", call.operation.as_str());
    (!state.iam.may(role, &asked)).then_some(action)
}

fn asked_for(action: &str, call: &Call) -> Asked {
    Asked::new(action).with("aws:RequestedRegion", call.region.as_str())
}

/// The environment that a call names.
fn target<'a>(state: &'a State, call: &Call) -> Option<&'a Environment> {
    let (name, id) = (
        call.params.get("EnvironmentName"),
        call.params.get("EnvironmentId"),
    );
    name.or(id)?;
    let mut all = state
        .regions
        .get(&call.region)?
        .beanstalk
        .environments
        .values();
    all.find(|e| name.is_none_or(|n| n == e.name) && id.is_none_or(|i| i == e.id))
}

/// What an update does elsewhere on its caller's behalf: an action, and the service as the event names it.
/// Which rights are needed is not documented whole; these are those that are named.
fn exercised(region: &str, e: &Environment) -> Vec<(&'static str, Asked)> {
    let account = &e.account;
    let of = |service: &str| format!("arn:aws:{service}:{region}:{account}");
    let stack = format!(
        "{}:stack/awseb-{}-stack/51300000",
        of("cloudformation"),
        e.id
    );
    let group = fleet::group_name(e);
    let group = format!(
        "{}:autoScalingGroup:51300000:autoScalingGroupName/{group}",
        of("autoscaling")
    );
    let template = format!(
        "{}:launch-template/{}",
        of("ec2"),
        fleet::launch_template(e)
    );
    let instance = format!("{}:instance/*", of("ec2"));
    let bundle = format!("arn:aws:s3:::elasticbeanstalk-{region}-{account}/bundle");
    vec![
        (
            "AmazonCloudFormation",
            Asked::new("cloudformation:UpdateStack").on(&stack),
        ),
        (
            "AmazonAutoScaling",
            Asked::new("autoscaling:UpdateAutoScalingGroup").on(group),
        ),
        (
            "AmazonEC2",
            Asked::new("ec2:CreateLaunchTemplateVersion").on(&template),
        ),
        (
            "AmazonEC2",
            Asked::new("ec2:RunInstances")
                .on(format!("arn:aws:ec2:{region}::image/ami-51300000"))
                .on(&instance)
                .with("ec2:LaunchTemplate", &template),
        ),
        (
            "AmazonEC2",
            Asked::new("ec2:TerminateInstances")
                .on(instance)
                .with("aws:ResourceTag/aws:cloudformation:stack-id", stack),
        ),
        ("AmazonS3", Asked::new("s3:GetObject").on(bundle)),
    ]
}

/// The first right that an update needs and its caller has not, in the words of its event.
pub(crate) fn missing_right(
    state: &State,
    call: &Call,
    role: Option<&str>,
    who: &str,
) -> Option<String> {
    if (call.service, call.operation.as_str()) != (Service::Beanstalk, "UpdateEnvironment") {
        return None;
    }
    let environment = target(state, call)?;
    let all = exercised(&call.region, environment);
    let (service, asked) = all
        .into_iter()
        .find(|(_, asked)| !state.iam.may_elsewhere(role, asked))?;
    Some(format!(
        "Service:{service}, Message:User: {who} is not authorized to perform: {} on resource: {}",
        asked.action,
        asked.resources.first().map_or("*", String::as_str)
    ))
}
