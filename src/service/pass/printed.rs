//! A change for other hands: what they type or write, with what must be asked of AWS for that.

use crate::cloud::{Cloud, CloudError};
use crate::flow::rollout::print::{PrintedMove, cli, cloudformation, terraform};
use crate::model::environment::EnvironmentChange;
use crate::model::ids::TargetId;
use crate::model::rollout_rules::PrintedFor;

/// The change in the form that the watch names.
///
/// # Errors
/// When the platform version that it moves to cannot be read.
pub async fn print_change(
    cloud: &Cloud,
    form: PrintedFor,
    target: &TargetId,
    change: &EnvironmentChange,
) -> Result<String, CloudError> {
    let platform = match &change.platform {
        Some(arn) => cloud.platform_version(arn).await?,
        None => None,
    };
    let printed = PrintedMove {
        target,
        change,
        platform: platform.as_ref(),
        parameter: None,
    };
    Ok(match form {
        PrintedFor::Cli => cli(&printed),
        PrintedFor::Terraform => terraform(&printed),
        PrintedFor::CloudFormation => cloudformation(&printed),
    })
}
