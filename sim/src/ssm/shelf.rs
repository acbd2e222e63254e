//! What is done to parameters that are there: deleting them, labels of their versions, their tags.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::model::{Parameter, Parameters};
use super::not_found;
use crate::door::Call;
use crate::state::Region;
use crate::wire::fail::Fail;

/// Labels of one version.
const LABELS: usize = 10;
const TAGS: usize = 50;

fn there<'a>(parameters: &'a mut Parameters, name: &str) -> Result<&'a mut Parameter, Fail> {
    let found = parameters.get_mut(name);
    let found = found.filter(|parameter| !parameter.versions.is_empty());
    found.ok_or_else(|| not_found(name))
}

pub(super) fn delete(here: &mut Region, call: &Call) -> Result<Value, Fail> {
    let name = call.params.need("Name")?;
    there(&mut here.parameters, name)?;
    here.parameters.remove(name);
    Ok(json!({}))
}

pub(super) fn delete_several(here: &mut Region, call: &Call) -> Result<Value, Fail> {
    let names = call.params.list("Names");
    let (gone, lost): (Vec<_>, Vec<_>) = names
        .into_iter()
        .partition(|name| there(&mut here.parameters, name).is_ok());
    for name in &gone {
        here.parameters.remove(name);
    }
    Ok(json!({ "DeletedParameters": gone, "InvalidParameters": lost }))
}

/// A label is of one version; one that another version has moves over.
pub(super) fn label(here: &mut Region, call: &Call) -> Result<Value, Fail> {
    let name = call.params.need("Name")?;
    let parameter = there(&mut here.parameters, name)?;
    let newest = parameter.latest().map_or(0, |version| version.number);
    let asked = call.params.number("ParameterVersion")?;
    let number = asked.map_or(newest, |asked| asked as u64);
    let (good, bad): (BTreeSet<_>, BTreeSet<_>) = call
        .params
        .list("Labels")
        .into_iter()
        .partition(|label| is_label(label));
    let Some(at) = parameter.versions.iter().position(|v| v.number == number) else {
        let message = format!(
            "Systems Manager could not find version {number} of {name}. Verify the version and try again."
        );
        return Err(Fail::new("ParameterVersionNotFound", message));
    };
    if parameter.versions[at].labels.union(&good).count() > LABELS {
        let message = "An error occurred (ParameterVersionLabelLimitExceeded) when calling the \
                       LabelParameterVersion operation: A parameter version can have maximum 10 labels.";
        return Err(Fail::new("ParameterVersionLabelLimitExceeded", message));
    }
    for version in &mut parameter.versions {
        version.labels.retain(|label| !good.contains(label));
    }
    parameter.versions[at].labels.extend(good);
    Ok(json!({ "InvalidLabels": bad, "ParameterVersion": number }))
}

fn is_label(label: &str) -> bool {
    let small = label.to_ascii_lowercase();
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let reserved = small.starts_with("aws") || small.starts_with("ssm");
    (1..=100).contains(&label.len())
        && label.chars().all(allowed)
        && !label.starts_with(|c: char| c.is_ascii_digit())
        && !reserved
}

/// The parameter whose tags a call is about.
fn tagged<'a>(here: &'a mut Region, call: &Call) -> Result<&'a mut Parameter, Fail> {
    let kind = call.params.need("ResourceType")?;
    if kind != "Parameter" {
        let message = format!("{kind} is not a resource type that is simulated.");
        return Err(Fail::new("InvalidResourceType", message));
    }
    let name = call.params.need("ResourceId")?;
    there(&mut here.parameters, name).map_err(|_| {
        let message =
            format!("The resource ID \"{name}\" is not valid. Verify the ID and try again.");
        Fail::new("InvalidResourceId", message)
    })
}

pub(super) fn tag(here: &mut Region, call: &Call) -> Result<Value, Fail> {
    let parameter = tagged(here, call)?;
    let mut tags = parameter.tags.clone();
    for group in call.params.groups("Tags") {
        let key = call.params.need(&format!("{group}.Key"))?;
        let value = call.params.get(&format!("{group}.Value"));
        tags.insert(key.to_owned(), value.unwrap_or_default().to_owned());
    }
    if tags.len() > TAGS {
        let message = "The Targets parameter includes too many tags.";
        return Err(Fail::new("TooManyTagsError", message));
    }
    parameter.tags = tags;
    Ok(json!({}))
}

pub(super) fn untag(here: &mut Region, call: &Call) -> Result<Value, Fail> {
    let parameter = tagged(here, call)?;
    for key in call.params.list("TagKeys") {
        parameter.tags.remove(&key);
    }
    Ok(json!({}))
}

pub(super) fn tags(here: &mut Region, call: &Call) -> Result<Value, Fail> {
    let parameter = tagged(here, call)?;
    let tags = parameter.tags.iter();
    let tags: Vec<Value> = tags
        .map(|(key, value)| json!({ "Key": key, "Value": value }))
        .collect();
    Ok(json!({ "TagList": tags }))
}
