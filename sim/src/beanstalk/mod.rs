//! Elastic Beanstalk in one region: which verb goes where.

pub(crate) mod admit;
pub(crate) mod begin;
pub(crate) mod bundles;
pub(crate) mod environment;
pub(crate) mod environments;
pub(crate) mod events;
pub(crate) mod fleet;
pub(crate) mod health;
pub(crate) mod history;
pub(crate) mod launch_templates;
pub(crate) mod managed;
pub(crate) mod model;
pub(crate) mod others;
pub(crate) mod platforms;
pub(crate) mod progress;
pub(crate) mod replacement;
pub(crate) mod resources;
pub(crate) mod settings;
pub(crate) mod templates;
pub(crate) mod update;
pub(crate) mod world;

use self::model::Beanstalk;
use crate::door::{Call, unknown_operation};
use crate::ec2::model::Ec2;
use crate::state::{Core, State};
use crate::wire::fail::Fail;
use crate::wire::params::Params;

/// What a verb works on: one region, one call.
pub(crate) struct Room<'a> {
    pub(crate) core: &'a mut Core,
    pub(crate) beanstalk: &'a mut Beanstalk,
    pub(crate) ec2: &'a Ec2,
    pub(crate) region: &'a str,
    pub(crate) p: &'a Params,
}

/// The room of a call.
pub(crate) fn room<'a>(state: &'a mut State, call: &'a Call) -> Room<'a> {
    let (core, here) = state.enter(&call.region);
    Room {
        core,
        beanstalk: &mut here.beanstalk,
        ec2: &here.ec2,
        region: &call.region,
        p: &call.params,
    }
}

pub(crate) fn call(state: &mut State, call: &Call) -> Result<String, Fail> {
    let mut room = room(state, call);
    match call.operation.as_str() {
        "DescribeEnvironments" => environments::describe(&mut room),
        "DescribeApplications" => environments::applications(&mut room),
        "CreateApplicationVersion" => bundles::create(&mut room),
        "DescribeApplicationVersions" => bundles::describe(&mut room),
        "DescribeEnvironmentResources" => resources::describe(&mut room),
        "DescribeEnvironmentManagedActions" => managed::actions(&mut room),
        "DescribeEnvironmentManagedActionHistory" => managed::history(&mut room),
        "DescribeEnvironmentHealth" => health::environment(&mut room),
        "DescribeInstancesHealth" => health::instances(&mut room),
        "UpdateEnvironment" => update::update(&mut room),
        "AbortEnvironmentUpdate" => update::abort(&mut room),
        "DeleteEnvironmentConfiguration" => update::delete_draft(&mut room),
        "ValidateConfigurationSettings" => admit::validate(&mut room),
        "CreateConfigurationTemplate" => templates::create(&mut room),
        "UpdateConfigurationTemplate" => templates::update(&mut room),
        "DeleteConfigurationTemplate" => templates::delete(&mut room),
        "ListTagsForResource" => environments::tags(&mut room),
        "DescribeEvents" => events::describe(&mut room),
        "DescribeConfigurationSettings" => settings::describe(&mut room),
        "DescribePlatformVersion" => platforms::describe(&mut room),
        "ListPlatformVersions" => platforms::list_versions(&mut room),
        "ListPlatformBranches" => platforms::list_branches(&mut room),
        "ListAvailableSolutionStacks" => platforms::solution_stacks(&mut room),
        other => Err(unknown_operation(other)),
    }
}

/// What a read answers to a caller without permission: nothing, rather than a refusal.
pub(crate) fn empty_answer(operation: &str) -> Option<String> {
    let list = match operation {
        "DescribeEnvironments" => "Environments",
        "DescribeApplications" => "Applications",
        "DescribeApplicationVersions" => "ApplicationVersions",
        "DescribeConfigurationSettings" => "ConfigurationSettings",
        "ListPlatformVersions" => "PlatformSummaryList",
        "ListPlatformBranches" => "PlatformBranchSummaryList",
        "ListAvailableSolutionStacks" => "SolutionStacks",
        "DescribeEvents" => "Events",
        "DescribeEnvironmentManagedActions" => "ManagedActions",
        "DescribeEnvironmentManagedActionHistory" => "ManagedActionHistoryItems",
        "DescribeInstancesHealth" => "InstanceHealthList",
        "ListTagsForResource" => "ResourceTags",
        "DescribePlatformVersion"
        | "DescribeEnvironmentResources"
        | "DescribeEnvironmentHealth" => return Some(String::new()),
        _ => return None,
    };
    Some(format!("<{list}></{list}>"))
}

/// One page out of a list in its own order. Tokens are places in that order.
pub(crate) fn page<T>(
    room: &Room<'_>,
    things: Vec<T>,
    most: usize,
) -> Result<(Vec<T>, Option<String>), Fail> {
    let bad = || Fail::invalid("NextToken is not one that was given out.");
    let from = match room.p.get("NextToken").filter(|token| !token.is_empty()) {
        Some(token) => token
            .strip_prefix("from-")
            .and_then(|n| n.parse().ok())
            .ok_or_else(bad)?,
        None => 0,
    };
    let imposed = Some(room.core.timing.page).filter(|page| *page > 0);
    // The history of managed actions has another word for it.
    let asked = room.p.number("MaxRecords")?.or(room.p.number("MaxItems")?);
    let size = asked
        .into_iter()
        .chain(imposed)
        .min()
        .unwrap_or(most)
        .clamp(1, most);
    let more = things.len() > from + size;
    let page = things.into_iter().skip(from).take(size).collect();
    Ok((page, more.then(|| format!("from-{}", from + size))))
}
