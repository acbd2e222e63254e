//! Finding a launch template and a version of it, with the refusals that every verb has.

use super::model::{LaunchTemplate, TemplateVersion};
use crate::ec2::{Room, well_formed};
use crate::wire::fail::Fail;
use crate::wire::params::Params;

/// Everybody's templates: those of calls first, then those that environments have.
pub(crate) fn all<'a>(room: &'a Room<'_>) -> impl Iterator<Item = &'a LaunchTemplate> {
    let own = room.ec2.launch_templates.values();
    own.chain(&room.environment_templates)
}

pub(super) fn no_id(id: &str) -> Fail {
    let message = format!("The specified launch template, with template ID {id}, does not exist.");
    Fail::new("InvalidLaunchTemplateId.NotFound", message)
}

pub(super) fn no_name(name: &str) -> Fail {
    let message =
        format!("The specified launch template, with template name {name}, does not exist.");
    Fail::new("InvalidLaunchTemplateName.NotFoundException", message)
}

pub(super) fn malformed(id: &str) -> Fail {
    let message = format!("Invalid launch template ID: {id} (expecting \"lt-...\")");
    Fail::new("InvalidLaunchTemplateId.Malformed", message)
}

/// The id or the name that a call gives under this prefix, not both.
fn named<'a>(p: &'a Params, prefix: &str) -> Result<(Option<&'a str>, Option<&'a str>), Fail> {
    let of = |what: &str| p.get(&format!("{prefix}LaunchTemplate{what}"));
    match (of("Id"), of("Name")) {
        (Some(_), Some(_)) => Err(Fail::new(
            "InvalidParameterCombination",
            "You can specify either a launch template ID or a launch template name, but not both.",
        )),
        (None, None) => Err(Fail::missing(&format!("{prefix}LaunchTemplateId"))),
        either => Ok(either),
    }
}

/// The template that a call names.
pub(super) fn one<'a>(room: &'a Room<'_>, prefix: &str) -> Result<&'a LaunchTemplate, Fail> {
    match named(room.p, prefix)? {
        (Some(id), _) if !well_formed("lt", id) => Err(malformed(id)),
        (Some(id), _) => all(room).find(|t| t.id == id).ok_or_else(|| no_id(id)),
        (None, name) => {
            let name = name.unwrap_or_default();
            all(room)
                .find(|t| t.name == name)
                .ok_or_else(|| no_name(name))
        }
    }
}

/// The template that a call names, to change it: that of an environment is CloudFormation's to change.
pub(super) fn own<'a>(room: &'a mut Room<'_>) -> Result<&'a mut LaunchTemplate, Fail> {
    let id = one(room, "")?.id.clone();
    let template = room.ec2.launch_templates.get_mut(&id);
    template.ok_or_else(|| {
        let message = format!("The launch template {id} belongs to the stack of an environment.");
        Fail::new("OperationNotPermitted", message)
    })
}

pub(super) fn version<'a>(
    template: &'a LaunchTemplate,
    word: &str,
) -> Result<&'a TemplateVersion, Fail> {
    template.version(word).ok_or_else(|| {
        let message = format!(
            "Could not find the specified version {word} for the launch template with ID {}.",
            template.id
        );
        Fail::new("InvalidLaunchTemplateId.VersionNotFound", message)
    })
}
