//! EC2 in one region: which verb goes where.
//!
//! Each file owns one subject and answers its verbs from the model; this one only routes.

pub(crate) mod ancestry;
pub(crate) mod console;
pub(crate) mod copy_images;
pub(crate) mod describe_images;
pub(crate) mod filters;
pub(crate) mod groups;
pub(crate) mod image_attributes;
pub(crate) mod image_model;
pub(crate) mod image_states;
pub(crate) mod images;
pub(crate) mod instance_attributes;
pub(crate) mod instance_verbs;
pub(crate) mod instances;
pub(crate) mod keys;
pub(crate) mod launch_templates;
pub(crate) mod lifecycle;
pub(crate) mod make_images;
pub(crate) mod model;
pub(crate) mod network;
pub(crate) mod references;
pub(crate) mod run;
pub(crate) mod snapshot_attributes;
pub(crate) mod storage;
pub(crate) mod tags;
pub(crate) mod types;

use std::collections::{BTreeMap, BTreeSet};

use self::launch_templates::LaunchTemplate;
use self::model::Ec2;
use crate::door::{Call, unknown_operation};
use crate::iam;
use crate::ssm::Parameters;
use crate::state::{Core, State};
use crate::wire::fail::Fail;
use crate::wire::params::Params;

/// What a verb works on: one region, one call.
pub(crate) struct Room<'a> {
    pub(crate) core: &'a mut Core,
    pub(crate) ec2: &'a mut Ec2,
    pub(crate) parameters: &'a Parameters,
    pub(crate) region: &'a str,
    /// The images of other regions, by region and id, for the verbs that reach across.
    pub(crate) elsewhere: BTreeMap<(String, String), model::Image>,
    /// Snapshots of other regions that are encrypted.
    pub(crate) sealed_elsewhere: BTreeSet<String>,
    /// Launch templates of environments, for the verbs that see them.
    pub(crate) environment_templates: Vec<LaunchTemplate>,
    /// Of the actions that the call's own stands on, those that its caller may not do.
    pub(crate) lacking: Vec<&'static str>,
    pub(crate) p: &'a Params,
}

impl Room<'_> {
    /// Whether its caller may not do what this call does for him as well.
    pub(crate) fn lacks(&self, action: &str) -> bool {
        self.lacking.contains(&action)
    }
}

fn images_elsewhere(state: &State, call: &Call) -> BTreeMap<(String, String), model::Image> {
    if !matches!(call.operation.as_str(), "CopyImage" | "GetImageAncestry") {
        return BTreeMap::new();
    }
    let others = state
        .regions
        .iter()
        .filter(|(name, _)| **name != call.region);
    let images = others.flat_map(|(name, region)| {
        let images = region.ec2.images.iter();
        images.map(|(id, image)| ((name.clone(), id.clone()), image.clone()))
    });
    images.collect()
}

fn sealed_elsewhere(state: &State, call: &Call) -> BTreeSet<String> {
    if call.operation != "CopyImage" {
        return BTreeSet::new();
    }
    let others = state
        .regions
        .iter()
        .filter(|(name, _)| **name != call.region);
    let snapshots = others.flat_map(|(_, region)| region.ec2.snapshots.values());
    let sealed = snapshots.filter(|snapshot| snapshot.key.is_some());
    sealed.map(|snapshot| snapshot.id.clone()).collect()
}

/// Answers one call; `DryRun` ends before any effect, as permission was checked at the door.
pub(crate) fn call(
    state: &mut State,
    call: &Call,
    environment_templates: Vec<LaunchTemplate>,
) -> Result<String, Fail> {
    if call.operation == "DescribeRegions" {
        return network::regions(&state.region_names(), &call.params);
    }
    let elsewhere = images_elsewhere(state, call);
    let sealed_elsewhere = sealed_elsewhere(state, call);
    let lacking = iam::lacking(state, call);
    let (core, here) = state.enter(&call.region);
    let (ec2, parameters) = (&mut here.ec2, &here.parameters);
    let mut room = Room {
        core,
        ec2,
        parameters,
        region: &call.region,
        elsewhere,
        sealed_elsewhere,
        environment_templates,
        lacking,
        p: &call.params,
    };
    let answer = look_up(&call.operation).ok_or_else(|| unknown_operation(&call.operation))?;
    if call.params.flag("DryRun") {
        let message = "Request would have succeeded, but DryRun flag is set.";
        return Err(Fail::new("DryRunOperation", message).with_status(412));
    }
    answer(&mut room)
}

type Verb = fn(&mut Room<'_>) -> Result<String, Fail>;

fn look_up(operation: &str) -> Option<Verb> {
    Some(match operation {
        "DescribeImages" => describe_images::describe,
        "GetImageAncestry" => ancestry::get,
        "DescribeInstanceImageMetadata" => ancestry::instance_image_metadata,
        "CreateImage" => make_images::create,
        "CopyImage" => copy_images::copy,
        "DeregisterImage" => image_states::deregister,
        "EnableImageDeprecation" => image_states::deprecate,
        "DisableImageDeprecation" => image_states::undeprecate,
        "DisableImage" => image_states::disable,
        "EnableImage" => image_states::enable,
        "EnableImageDeregistrationProtection" => image_states::protect,
        "DisableImageDeregistrationProtection" => image_states::unprotect,
        "ModifyImageAttribute" => image_attributes::modify,
        "DescribeImageAttribute" => image_attributes::describe,
        "ResetImageAttribute" => image_attributes::reset,
        "ModifySnapshotAttribute" => snapshot_attributes::modify,
        "DescribeSnapshotAttribute" => snapshot_attributes::describe,
        "ResetSnapshotAttribute" => snapshot_attributes::reset,
        "DescribeImageReferences" => references::describe,
        "CreateLaunchTemplate" => launch_templates::create,
        "CreateLaunchTemplateVersion" => launch_templates::create_version,
        "DescribeLaunchTemplates" => launch_templates::templates,
        "DescribeLaunchTemplateVersions" => launch_templates::versions,
        "ModifyLaunchTemplate" => launch_templates::modify,
        "DeleteLaunchTemplate" => launch_templates::delete,
        "DeleteLaunchTemplateVersions" => launch_templates::delete_versions,
        "RunInstances" => run::run,
        "DescribeInstances" => instance_verbs::describe,
        "DescribeInstanceStatus" => instance_verbs::status,
        "StopInstances" => instance_verbs::stop,
        "StartInstances" => instance_verbs::start,
        "TerminateInstances" => instance_verbs::terminate,
        "ModifyInstanceAttribute" => instance_attributes::modify,
        "RebootInstances" => instance_verbs::reboot,
        "GetConsoleOutput" => instance_verbs::console_output,
        "DescribeSnapshots" => storage::describe_snapshots,
        "DeleteSnapshot" => storage::delete_snapshot,
        "DescribeVolumes" => storage::describe_volumes,
        "DeleteVolume" => storage::delete_volume,
        "DescribeVpcs" => network::vpcs,
        "DescribeSubnets" => network::subnets,
        "DescribeAvailabilityZones" => network::zones,
        "DescribeSecurityGroups" => groups::describe,
        "CreateSecurityGroup" => groups::create,
        "DeleteSecurityGroup" => groups::delete,
        "AuthorizeSecurityGroupIngress" => groups::authorize_ingress,
        "AuthorizeSecurityGroupEgress" => groups::authorize_egress,
        "RevokeSecurityGroupIngress" => groups::revoke_ingress,
        "RevokeSecurityGroupEgress" => groups::revoke_egress,
        "DescribeInstanceTypeOfferings" => types::offerings,
        "DescribeInstanceTypes" => types::describe,
        "CreateTags" => tags::create,
        "DeleteTags" => tags::delete,
        "DescribeTags" => tags::describe,
        _ => return None,
    })
}

/// There is none of this type here now.
pub(crate) fn no_capacity(kind: &str, zone: &str) -> Fail {
    Fail::new(
        "InsufficientInstanceCapacity",
        format!(
            "We currently do not have sufficient {kind} capacity in the Availability Zone you \
             requested ({zone}). Our system will be working on provisioning additional capacity."
        ),
    )
    .with_status(500)
}

/// The answer of verbs that have nothing to say.
pub(crate) fn done() -> Result<String, Fail> {
    Ok("<return>true</return>".to_owned())
}

/// An id of the right form: prefix, dash, 8 or 17 hex digits.
pub(crate) fn well_formed(prefix: &str, id: &str) -> bool {
    let digits = id
        .strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('-'));
    digits.is_some_and(|d| {
        matches!(d.len(), 8 | 17)
            && d.bytes()
                .all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase())
    })
}
