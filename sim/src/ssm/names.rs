//! Names of parameters: what may be one, its ARN, and name and version of what a call asks for.

use super::invalid;
use super::model::Selector;
use crate::wire::fail::Fail;

const LEVELS: usize = 15;
/// Of the whole ARN.
const MOST: usize = 1011;

/// A parameter's ARN; public ones belong to nobody.
pub(super) fn arn(account: &str, region: &str, name: &str) -> String {
    let owner = match name.starts_with("/aws/service/") {
        true => "",
        false => account,
    };
    let slash = if name.starts_with('/') { "" } else { "/" };
    format!("arn:aws:ssm:{region}:{owner}:parameter{slash}{name}")
}

/// Whether a parameter may be made under this name.
pub(super) fn check(account: &str, region: &str, name: &str) -> Result<(), Fail> {
    let bare = name.trim_start_matches('/').to_ascii_lowercase();
    if name.starts_with("/aws/") || name.starts_with("aws/") {
        let message = format!("No access to reserved parameter name: {name}.");
        return Err(Fail::new("AccessDeniedException", message));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_.-/".contains(c);
    if bare.starts_with("aws") || bare.starts_with("ssm") || !name.chars().all(allowed) {
        return Err(invalid(
            "Parameter name: can't be prefixed with \"aws\" or \"ssm\" (case-insensitive). If formed as a \
             path, it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a \
             mix of letters, numbers and the following 3 symbols .-_",
        ));
    }
    if name.contains('/') && !name.starts_with('/') {
        return Err(invalid("Parameter name must be a fully qualified name."));
    }
    if name.matches('/').count() > LEVELS {
        let message = "A hierarchy can have a maximum of 15 levels. For more information, see \
                       Requirements and constraints for parameter names in the AWS Systems Manager User \
                       Guide.";
        return Err(Fail::new("HierarchyLevelLimitExceededException", message));
    }
    match arn(account, region, name).len() <= MOST {
        true => Ok(()),
        false => Err(invalid("The parameter name is too long.")),
    }
}

/// Name and version of `name`, `name:3`, `name:label`, and of ARNs with either.
pub(super) fn asked(text: &str) -> (String, Selector) {
    let text = match text.strip_prefix("arn:") {
        Some(arn) => arn.split_once(":parameter").map_or("", |(_, name)| name),
        None => text,
    };
    match text.rsplit_once(':') {
        Some((name, selector)) => (name.to_owned(), Selector::parse(selector)),
        None => (text.to_owned(), Selector::Latest),
    }
}
