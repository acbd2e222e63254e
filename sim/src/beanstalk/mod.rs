//! Elastic Beanstalk in one region: which verb goes where.

pub(crate) mod model;
pub(crate) mod settings;
pub(crate) mod world;

use crate::door::{Call, unknown_operation};
use crate::state::State;
use crate::wire::fail::Fail;

pub(crate) fn call(_state: &mut State, call: &Call) -> Result<String, Fail> {
    Err(unknown_operation(&call.operation))
}

/// What a read answers to a caller without permission: nothing, rather than a refusal.
pub(crate) fn empty_answer(operation: &str) -> Option<String> {
    let list = match operation {
        "DescribeEnvironments" => "Environments",
        "DescribeApplications" => "Applications",
        "DescribeConfigurationSettings" => "ConfigurationSettings",
        "ListPlatformVersions" => "PlatformSummaryList",
        "ListPlatformBranches" => "PlatformBranchSummaryList",
        "ListAvailableSolutionStacks" => "SolutionStacks",
        "DescribeEvents" => "Events",
        "DescribeEnvironmentManagedActions" => "ManagedActions",
        "ListTagsForResource" => "ResourceTags",
        "DescribePlatformVersion" | "DescribeEnvironmentResources" => return Some(String::new()),
        _ => return None,
    };
    Some(format!("<{list}></{list}>"))
}
