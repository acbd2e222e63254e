//! The verbs that change an environment: UpdateEnvironment, AbortEnvironmentUpdate,
//! DeleteEnvironmentConfiguration, and ValidateConfigurationSettings, which asks beforehand.
//!
//! Must not replace anything: that takes time, and is `progress`'s. There is no client token: the
//! same call again is a second update, or a refusal while the first one is under way.

use std::time::Duration;

use super::environments::{self, named};
use super::model::{Draft, Environment, Options, Stage, Update};
use super::progress;
use super::replacement::{self, Replacement, replacement};
use super::{Room, fleet, settings};
use crate::wire::fail::Fail;
use crate::wire::xml::Xml;
use crate::world::{ImageChecked, ImageWithPlatform, Superseded};

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
    begin(room, &environment.name, draft, None);
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
    let draft = environment.deployed();
    if let Some(e) = room.beanstalk.environments.get_mut(&environment.name) {
        e.version_label = label;
    }
    begin(room, &environment.name, draft, None);
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
fn asked(room: &Room<'_>, environment: &Environment) -> Result<Draft, Fail> {
    let mut draft = environment.deployed();
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

fn is_image(namespace: &str, name: &str) -> bool {
    namespace == settings::LAUNCH && name == "ImageId"
}

/// (namespace, option, value) of a list of options.
fn options(room: &Room<'_>, list: &str) -> Result<Vec<(String, String, String)>, Fail> {
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

/// Refuses what Elastic Beanstalk refuses at the call.
fn admit(room: &Room<'_>, environment: &Environment, draft: &Draft) -> Result<(), Fail> {
    let moves = &room.core.moves;
    let (platform, image) = (
        draft.platform_arn != environment.platform_arn,
        draft.image_id != environment.image_id,
    );
    if platform && !is_usable(room, &draft.platform_arn) {
        let message = format!("Platform {} does not exist.", draft.platform_arn);
        return Err(Fail::invalid(message));
    }
    // The words of the next two are not known; that such calls are refused is what is imitated.
    if platform && image && moves.image_with_platform == ImageWithPlatform::Refused {
        let message = "The platform version and the image cannot be changed in one update.";
        return Err(Fail::new("InvalidParameterCombination", message));
    }
    let options = draft.options != environment.options;
    if moves.immutable_alone && image && (platform || options) {
        let settings = settings::effective(room.beanstalk, environment, &environment.deployed());
        if replacement(&settings, environment.instance_ids.len()).keeps_old() {
            let message = "You can't perform an immutable update in concert with resource \
                           configuration changes.";
            return Err(Fail::invalid(message));
        }
    }
    let errors = complaints(room, draft);
    match errors.first() {
        Some(first) => Err(Fail::new(
            "ConfigurationValidationException",
            format!("Configuration validation exception: {}", first.message),
        )),
        None => Ok(()),
    }
}

/// The version is there, and this account may use it.
fn is_usable(room: &Room<'_>, arn: &str) -> bool {
    let Some(version) = room.beanstalk.versions.get(arn).filter(|v| !v.hidden) else {
        return false;
    };
    room.core.moves.superseded == Superseded::All || version.run_when_superseded != Some(false)
}

/// What is wrong with an option.
struct Complaint {
    message: String,
    namespace: &'static str,
    option: &'static str,
}

fn complaints(room: &Room<'_>, draft: &Draft) -> Vec<Complaint> {
    let mut found = Vec::new();
    let image = draft
        .image_id
        .as_deref()
        .filter(|_| room.core.moves.image_checked == ImageChecked::AtCall);
    if let Some(why) = image.and_then(|image| fleet::refusal(room.ec2, image)) {
        found.push(Complaint {
            message: why,
            namespace: settings::LAUNCH,
            option: "ImageId",
        });
    }
    const ROLLING: &str = "aws:autoscaling:updatepolicy:rollingupdate";
    let kind = replacement::option(&draft.options, ROLLING, "RollingUpdateType");
    if !["", "Time", "Health", "Immutable"].contains(&kind) {
        found.push(Complaint {
            message: format!(
                "Invalid option value: '{kind}' (Namespace: '{ROLLING}', OptionName: \
                 'RollingUpdateType'): Value is not one of the allowed values: [Time, Health, Immutable]"
            ),
            namespace: ROLLING,
            option: "RollingUpdateType",
        });
    }
    found
}

pub(crate) fn validate(room: &mut Room<'_>) -> Result<String, Fail> {
    room.p.need("ApplicationName")?;
    let draft = match room.p.get("EnvironmentName") {
        Some(_) => asked(room, named(room)?)?,
        None => {
            let mut draft = Draft {
                image_id: None,
                platform_arn: String::new(),
                options: Options::new(),
            };
            for (namespace, name, value) in options(room, "OptionSettings")? {
                match is_image(&namespace, &name) {
                    true => draft.image_id = Some(value),
                    false => drop(draft.options.insert((namespace, name), value)),
                }
            }
            draft
        }
    };
    let mut x = Xml::new();
    x.members("Messages", complaints(room, &draft), |x, complaint| {
        x.text("Message", complaint.message);
        x.text("Severity", "error");
        x.text("Namespace", complaint.namespace);
        x.text("OptionName", complaint.option);
    });
    Ok(x.into_string())
}

/// Starts an update towards a set; the environment is Updating from now on.
pub(crate) fn begin(room: &mut Room<'_>, name: &str, draft: Draft, managed: Option<String>) {
    let request_id = match managed {
        Some(_) => room.core.request_id(),
        None => room.core.request.clone(),
    };
    let two = room.core.moves.image_with_platform == ImageWithPlatform::TwoReplacements;
    let Some(environment) = room.beanstalk.environments.get(name) else {
        return;
    };
    let before = environment.deployed();
    let settings = settings::effective(room.beanstalk, environment, &before);
    let count = super::health::running(room.ec2, environment).count();
    let update = Update {
        request_id,
        passes: passes(&before, &draft, two),
        before,
        replacement: match managed {
            Some(_) => Replacement::Immutable {
                timeout: Duration::from_secs(30 * 60),
            },
            None => replacement(&settings, count),
        },
        stage: Stage::Starting,
        old: Vec::new(),
        total: 0,
        fresh: Vec::new(),
        batch_since: room.core.now,
        managed,
    };
    progress::open(room.core, room.beanstalk, room.region, name, draft, update);
}

/// One set after the other: the platform first, where both are replaced for.
fn passes(before: &Draft, draft: &Draft, two: bool) -> Vec<Draft> {
    let both = before.platform_arn != draft.platform_arn && before.image_id != draft.image_id;
    match two && both {
        true => {
            let first = Draft {
                platform_arn: draft.platform_arn.clone(),
                ..before.clone()
            };
            vec![first, draft.clone()]
        }
        false => vec![draft.clone()],
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
