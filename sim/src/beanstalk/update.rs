//! The verbs that change an environment: UpdateEnvironment, AbortEnvironmentUpdate and
//! DeleteEnvironmentConfiguration.
//!
//! Must not replace anything: that takes time, and is `progress`'s. There is no client token: the
//! same call again is a second update, or a refusal while the first one is under way.

use super::admit::admit;
use super::begin::{Order, begin};
use super::environment::{Draft, Environment};
use super::environments::{self, named};
use super::{Room, bundles, progress, settings};
use crate::wire::fail::Fail;
use crate::wire::xml::Xml;

pub(crate) fn update(room: &mut Room<'_>) -> Result<String, Fail> {
    let environment = named(room)?.clone();
    if environment.status != "Ready" {
        return Err(not_ready(&environment));
    }
    if room.p.get("VersionLabel").is_some() {
        return deploy(room, environment);
    }
    let draft = asked(room, &environment)?;
    admit(room, &environment, &draft)?;
    begin(room, &environment.name, Order::of_call(room, draft));
    described(room, &environment.name)
}

/// Another application version: it comes alone, and replaces no instance.
fn deploy(room: &mut Room<'_>, environment: Environment) -> Result<String, Fail> {
    let configures = !room.p.groups("OptionSettings.member").is_empty()
        || !room.p.groups("OptionsToRemove.member").is_empty()
        || room.p.get("PlatformArn").is_some()
        || room.p.get("SolutionStackName").is_some();
    if configures {
        let message = "Attempting to update both the release and configuration is not allowed.";
        return Err(Fail::new("InvalidParameterCombination", message));
    }
    let label = room.p.need("VersionLabel")?.to_owned();
    bundles::need(room, &environment.application, &label)?;
    let order = Order {
        label: Some(label),
        ..Order::of_call(room, environment.deployed())
    };
    begin(room, &environment.name, order);
    described(room, &environment.name)
}

fn described(room: &Room<'_>, name: &str) -> Result<String, Fail> {
    let mut x = Xml::new();
    if let Some(environment) = room.beanstalk.environments.get(name) {
        environments::write(&mut x, room, environment);
    }
    Ok(x.into_string())
}

fn not_ready(environment: &Environment) -> Fail {
    Fail::invalid(format!(
        "Environment named {} is in an invalid state for this operation. Must be Ready.",
        environment.name
    ))
}

/// The configuration set that the call asks for.
pub(crate) fn asked(room: &Room<'_>, environment: &Environment) -> Result<Draft, Fail> {
    let mut draft = template(room, environment)?;
    if let Some(arn) = platform(room)? {
        draft.platform_arn = arn;
    }
    for (namespace, name, value) in options(room, "OptionSettings")? {
        match is_image(&namespace, &name) {
            true => draft.image_id = Some(value),
            false => drop(draft.options.insert((namespace, name), value)),
        }
    }
    for (namespace, name, _) in options(room, "OptionsToRemove")? {
        match is_image(&namespace, &name) {
            true => draft.image_id = None,
            false => drop(draft.options.remove(&(namespace, name))),
        }
    }
    Ok(draft)
}

/// What the call begins from: the deployed set, or with a saved configuration's options in it.
fn template(room: &Room<'_>, environment: &Environment) -> Result<Draft, Fail> {
    let mut draft = environment.deployed();
    let Some(name) = room.p.get("TemplateName") else {
        return Ok(draft);
    };
    for (namespace, options) in &settings::saved_as(room, &environment.application, name)?.options {
        for (option, value) in options {
            match is_image(namespace, option) {
                true => draft.image_id = Some(value.clone()),
                false => drop(
                    draft
                        .options
                        .insert((namespace.clone(), option.clone()), value.clone()),
                ),
            }
        }
    }
    Ok(draft)
}

pub(crate) fn is_image(namespace: &str, name: &str) -> bool {
    namespace == settings::LAUNCH && name == "ImageId"
}

/// (namespace, option, value) of a list of options.
pub(crate) fn options(room: &Room<'_>, list: &str) -> Result<Vec<(String, String, String)>, Fail> {
    let of = |prefix: &String| {
        let need = |field: &str| room.p.need(&format!("{prefix}.{field}")).map(str::to_owned);
        let value = room.p.get(&format!("{prefix}.Value")).unwrap_or_default();
        Ok((need("Namespace")?, need("OptionName")?, value.to_owned()))
    };
    room.p
        .groups(&format!("{list}.member"))
        .iter()
        .map(of)
        .collect()
}

/// The platform version that the call names, by ARN or by solution stack.
fn platform(room: &Room<'_>) -> Result<Option<String>, Fail> {
    let (arn, stack) = (room.p.get("PlatformArn"), room.p.get("SolutionStackName"));
    let mut versions = room.beanstalk.versions.values();
    match (arn, stack) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(Fail::new(
            "InvalidParameterCombination",
            "You cannot specify both SolutionStackName and PlatformArn.",
        )),
        (Some(arn), None) => Ok(Some(arn.to_owned())),
        (None, Some(stack)) => {
            let found = versions.find(|version| version.solution_stack() == stack);
            let missing = || Fail::invalid(format!("No Solution Stack named '{stack}' found."));
            Ok(Some(found.ok_or_else(missing)?.arn.clone()))
        }
    }
}

pub(crate) fn abort(room: &mut Room<'_>) -> Result<String, Fail> {
    let environment = named(room)?;
    let name = environment.name.clone();
    if !progress::is_abortable(environment) {
        // The words are not known; that it is refused is.
        let message = format!(
            "Environment named {name} is in an invalid state for this operation. There is no \
             operation that can be aborted."
        );
        return Err(Fail::invalid(message));
    }
    progress::request_abort(room.core, room.beanstalk, room.region, &name);
    Ok(String::new())
}

/// Deletes the draft; the deployed set stays.
pub(crate) fn delete_draft(room: &mut Room<'_>) -> Result<String, Fail> {
    let application = room.p.need("ApplicationName")?;
    let environment = named(room)?;
    if environment.application != application {
        let message = format!("No Application named '{application}' found.");
        return Err(Fail::invalid(message));
    }
    if environment.update.is_some() {
        return Err(not_ready(environment));
    }
    let name = environment.name.clone();
    if let Some(environment) = room.beanstalk.environments.get_mut(&name) {
        (environment.pending, environment.failed) = (None, None);
    }
    Ok(String::new())
}
