//! PutParameter: what is refused at the call, and what is only found out later: an image's id is accepted
//! whatever it is, and checked when the call has long been answered.

use serde_json::{Value, json};

use super::model::{Parameter, Version};
use super::{invalid, names};
use crate::clock::delta;
use crate::door::Call;
use crate::ec2::describe_images::is_seen;
use crate::ec2::model::Ec2;
use crate::events::Event;
use crate::state::{Core, Region, State, Tags};
use crate::wire::fail::Fail;
use crate::world::ParameterNumber;

pub(super) const IMAGE: &str = "aws:ec2:image";
const TIERS: [&str; 3] = ["Standard", "Advanced", "Intelligent-Tiering"];
const KINDS: [&str; 3] = ["SecureString", "StringList", "String"];
/// Characters of a value, by tier.
const STANDARD: usize = 4096;
const ADVANCED: usize = 8192;
const VERSIONS: usize = 100;

/// A value that waits to be checked.
#[derive(Clone, Debug)]
pub(crate) struct Put {
    name: String,
    overwrite: bool,
    tags: Tags,
    version: Version,
    /// Its caller may not describe images: then it is never found to be one.
    blind: bool,
}

pub(super) fn put(
    core: &mut Core,
    here: &mut Region,
    call: &Call,
    lacking: &[&str],
) -> Result<Value, Fail> {
    let name = call.params.need("Name")?.to_owned();
    names::check(&core.account, &call.region, &name)?;
    let overwrite = call.params.flag("Overwrite");
    let before = here.parameters.get(&name).and_then(Parameter::latest);
    if before.is_some() && !overwrite {
        return Err(already_there());
    }
    let tags = tags(call)?;
    if overwrite && !tags.is_empty() {
        return Err(invalid(
            "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, \
             please remove overwrite flag. To update tags for an existing parameter, please use \
             AddTagsToResource or RemoveTagsFromResource.",
        ));
    }
    let version = version(core, call, before)?;
    full_of_labels(here.parameters.get(&name))?;
    let waiting = Put {
        blind: lacking.contains(&"ec2:DescribeImages"),
        name,
        overwrite,
        tags,
        version,
    };
    let (tier, number) = (
        waiting.version.tier.clone(),
        accept(core, here, call, waiting),
    );
    Ok(json!({ "Version": number, "Tier": tier }))
}

fn already_there() -> Fail {
    let message = "The parameter already exists. To overwrite this value, set the overwrite option in \
                   the request to true.";
    Fail::new("ParameterAlreadyExists", message)
}

/// Stores it, or lets it be checked first. Returns the number that its version has, or may never get.
fn accept(core: &mut Core, here: &mut Region, call: &Call, mut put: Put) -> u64 {
    if put.version.data_type != IMAGE {
        return store(here, put);
    }
    let parameter = here.parameters.entry(put.name.clone()).or_default();
    let number = parameter.next();
    if core.keeping.parameter_number == ParameterNumber::Burnt {
        parameter.given = number;
        put.version.number = number;
    }
    let event = Event::ParameterChecked {
        region: call.region.clone(),
        put: Box::new(put),
    };
    core.schedule(core.now + delta(core.timing.parameter_check), event);
    number
}

fn store(here: &mut Region, put: Put) -> u64 {
    let parameter = here.parameters.entry(put.name).or_default();
    parameter.tags.extend(put.tags);
    let number = parameter.add(put.version);
    if parameter.versions.len() > VERSIONS {
        parameter.versions.remove(0);
    }
    number
}

/// The check of a value that was accepted: nothing comes of it where it is no image that can be launched.
pub(crate) fn checked(state: &mut State, region: &str, put: Put) {
    let (_, here) = state.enter(region);
    let there = here.parameters.get(&put.name);
    let taken = there.is_some_and(|p| p.latest().is_some()) && !put.overwrite;
    match put.blind || taken || !is_image(&here.ec2, &put.version.value) {
        true => here.refused_values.push((put.name, put.version.value)),
        false => drop(store(here, put)),
    }
}

fn is_image(ec2: &Ec2, id: &str) -> bool {
    let image = ec2
        .images
        .get(id)
        .filter(|image| is_seen(image, &ec2.account));
    image.is_some_and(|image| image.state == "available") && !ec2.parameter_checks_fail
}

fn tags(call: &Call) -> Result<Tags, Fail> {
    let groups = call.params.groups("Tags");
    let one = |group: String| {
        let key = call.params.need(&format!("{group}.Key"))?.to_owned();
        let value = call.params.get(&format!("{group}.Value"));
        Ok((key, value.unwrap_or_default().to_owned()))
    };
    groups.into_iter().map(one).collect()
}

/// The version that the call asks for; what it does not say is as it was.
fn version(core: &Core, call: &Call, before: Option<&Version>) -> Result<Version, Fail> {
    let as_before = |name: &str, of: fn(&Version) -> &str, default: &str| -> String {
        let said = call.params.get(name).or(before.map(of));
        said.unwrap_or(default).to_owned()
    };
    let version = Version {
        number: 0,
        value: call.params.need("Value")?.to_owned(),
        kind: as_before("Type", |v| &v.kind, ""),
        data_type: as_before("DataType", |v| &v.data_type, "text"),
        tier: as_before("Tier", |v| &v.tier, "Standard"),
        description: as_before("Description", |v| &v.description, ""),
        pattern: as_before("AllowedPattern", |v| &v.pattern, ""),
        key: call.params.get("KeyId").map(str::to_owned),
        at: core.now,
        by: core.caller.clone(),
        labels: Default::default(),
    };
    check_kind(&version, before)?;
    check_value(&version)?;
    tiered(version, before)
}

fn check_kind(version: &Version, before: Option<&Version>) -> Result<(), Fail> {
    let (kind, data) = (version.kind.as_str(), version.data_type.as_str());
    if kind.is_empty() {
        let message = "A parameter type is required when you create a parameter.";
        return Err(invalid(message));
    }
    if !KINDS.contains(&kind) {
        return Err(invalid(format!(
            "1 validation error detected: Value '{kind}' at 'type' failed to satisfy constraint: Member \
             must satisfy enum value set: [SecureString, StringList, String]"
        )));
    }
    if data == IMAGE && kind != "String" {
        let message = format!("The data type {data} is for parameters of type String.");
        return Err(invalid(message));
    }
    let was = before.map_or(data, |before| before.data_type.as_str());
    if was != data && [was, data].contains(&IMAGE) {
        let message = format!("The data type of a parameter can't change from {was} to {data}.");
        return Err(invalid(message));
    }
    Ok(())
}

fn check_value(version: &Version) -> Result<(), Fail> {
    let (value, pattern) = (&version.value, &version.pattern);
    if pattern.is_empty() {
        return Ok(());
    }
    let regex = regex_lite::Regex::new(pattern).map_err(|_| {
        let message = format!("The allowed pattern {pattern} is not a regular expression.");
        Fail::new("InvalidAllowedPatternException", message)
    })?;
    match regex.is_match(value) {
        true => Ok(()),
        false => Err(Fail::new(
            "ParameterPatternMismatchException",
            format!("Parameter value, cannot be validated against allowedPattern: {pattern}"),
        )),
    }
}

/// Its tier: one does not go back, and a small one does not take what is large.
fn tiered(mut version: Version, before: Option<&Version>) -> Result<Version, Fail> {
    if !TIERS.contains(&version.tier.as_str()) {
        let message = format!(
            "1 validation error detected: Value '{}' at 'tier' failed to satisfy constraint: Member must \
             satisfy enum value set: [Standard, Advanced, Intelligent-Tiering]",
            version.tier
        );
        return Err(invalid(message));
    }
    let length = version.value.chars().count();
    let was_advanced = before.is_some_and(|before| before.tier == "Advanced");
    if version.tier == "Standard" && was_advanced {
        return Err(invalid(
            "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the \
             advanced-parameter tier to the standard-parameter tier. If necessary, you can delete the \
             advanced parameter and recreate it as a standard parameter.",
        ));
    }
    if version.tier == "Intelligent-Tiering" {
        let large = was_advanced || length > STANDARD;
        version.tier = if large { "Advanced" } else { "Standard" }.to_owned();
    }
    match (version.tier.as_str(), length) {
        ("Standard", STANDARD..) if length > STANDARD => Err(invalid(
            "Standard tier parameters support a maximum parameter value of 4096 characters. To create a \
             larger parameter value, upgrade the parameter to use the advanced-parameter tier.",
        )),
        (_, ADVANCED..) if length > ADVANCED => Err(invalid(
            "Advanced tier parameters support a maximum parameter value of 8192 characters.",
        )),
        _ => Ok(version),
    }
}

/// A hundred versions are kept, and one that has a label is never dropped.
fn full_of_labels(parameter: Option<&Parameter>) -> Result<(), Fail> {
    let full = parameter.filter(|parameter| parameter.versions.len() >= VERSIONS);
    let oldest = full.and_then(|parameter| parameter.versions.first());
    match oldest.is_some_and(|oldest| !oldest.labels.is_empty()) {
        true => Err(Fail::new(
            "ParameterMaxVersionLimitExceeded",
            "You attempted to create a new version by calling the PutParameter API with the overwrite \
             flag. The oldest version can't be deleted because it has a label associated with it.",
        )),
        false => Ok(()),
    }
}
