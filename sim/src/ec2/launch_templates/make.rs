//! Making launch templates and versions of them, choosing the default, deleting.

use super::data;
use super::describe::{write_template, write_version};
use super::find::{self, one, own};
use super::model::{LaunchTemplate, TemplateVersion};
use crate::ec2::Room;
use crate::ec2::filters::tags_for;
use crate::wire::fail::Fail;
use crate::wire::xml::Xml;

/// Versions that one call deletes.
const MOST: usize = 200;

/// What a token stands for; a refusal when it was used for something else.
fn repeated(room: &Room<'_>, operation: &str) -> Result<Option<(String, u64)>, Fail> {
    let token = room.p.get("ClientToken").filter(|token| !token.is_empty());
    let made = token.and_then(|token| {
        let key = (operation.to_owned(), token.to_owned());
        room.ec2.template_tokens.get(&key)
    });
    match made {
        None => Ok(None),
        Some((asked, id, number)) if *asked == room.p.fingerprint(&["ClientToken"]) => {
            Ok(Some((id.clone(), *number)))
        }
        Some(_) => Err(Fail::new(
            "IdempotentParameterMismatch",
            "The client token has been used with other parameters.",
        )),
    }
}

fn remember(room: &mut Room<'_>, operation: &str, id: &str, number: u64) {
    let token = room.p.get("ClientToken").filter(|token| !token.is_empty());
    if let Some(token) = token {
        let made = (room.p.fingerprint(&["ClientToken"]), id.to_owned(), number);
        let key = (operation.to_owned(), token.to_owned());
        room.ec2.template_tokens.insert(key, made);
    }
}

pub(crate) fn create(room: &mut Room<'_>) -> Result<String, Fail> {
    if let Some((id, _)) = repeated(room, "template")? {
        let template = room.ec2.launch_templates.get(&id);
        return template
            .map(|template| shown("launchTemplate", |x| write_template(x, template)))
            .ok_or_else(|| find::no_id(&id));
    }
    let name = room.p.need("LaunchTemplateName")?.to_owned();
    let allowed = |c: char| c.is_ascii_alphanumeric() || "()./_-".contains(c);
    if !(3..=128).contains(&name.len()) || !name.chars().all(allowed) {
        let message = "A launch template name must be between 3 and 128 characters, and may contain \
                       letters, numbers, and the following characters: - ( ) . / _.";
        return Err(Fail::new(
            "InvalidLaunchTemplateName.MalformedException",
            message,
        ));
    }
    if find::all(room).any(|template| template.name == name) {
        let message = "Launch template name already in use.";
        return Err(Fail::new(
            "InvalidLaunchTemplateName.AlreadyExistsException",
            message,
        ));
    }
    let version = version(room, data::of(room.p)?);
    let mut template = LaunchTemplate {
        id: room.core.id("lt"),
        name,
        created: room.core.now,
        by: room.core.caller.clone(),
        default: 1,
        given: 0,
        versions: Default::default(),
        tags: tags_for(room.p, "launch-template", &["launch-template"])?,
    };
    template.add(version);
    let shown = shown("launchTemplate", |x| write_template(x, &template));
    remember(room, "template", &template.id.clone(), 1);
    room.ec2
        .launch_templates
        .insert(template.id.clone(), template);
    Ok(shown)
}

fn shown(name: &str, inner: impl FnOnce(&mut Xml)) -> String {
    let mut x = Xml::new();
    x.node(name, inner);
    x.into_string()
}

fn version(room: &Room<'_>, data: std::collections::BTreeMap<String, String>) -> TemplateVersion {
    TemplateVersion {
        number: 0,
        description: room
            .p
            .get("VersionDescription")
            .unwrap_or_default()
            .to_owned(),
        created: room.core.now,
        by: room.core.caller.clone(),
        data,
    }
}

/// The next version: what the call says, over what its source says. The default stays what it is.
pub(crate) fn create_version(room: &mut Room<'_>) -> Result<String, Fail> {
    let number = match repeated(room, "version")? {
        Some((_, number)) => number,
        None => {
            let asked = data::of(room.p)?;
            let source = room.p.get("SourceVersion");
            let template = one(room, "")?;
            let data = match source {
                Some(word) => {
                    data::over(&data::carried(&find::version(template, word)?.data), asked)
                }
                None => asked,
            };
            let version = version(room, data);
            let template = own(room)?;
            let (id, number) = (template.id.clone(), template.add(version));
            remember(room, "version", &id, number);
            number
        }
    };
    let template = one(room, "")?;
    let version = find::version(template, &number.to_string())?;
    Ok(shown("launchTemplateVersion", |x| {
        write_version(x, template, version, None);
    }))
}

/// Another version is the default.
pub(crate) fn modify(room: &mut Room<'_>) -> Result<String, Fail> {
    let word = room.p.need("SetDefaultVersion")?;
    let number = find::version(one(room, "")?, word)?.number;
    let template = own(room)?;
    template.default = number;
    Ok(shown("launchTemplate", |x| write_template(x, template)))
}

pub(crate) fn delete(room: &mut Room<'_>) -> Result<String, Fail> {
    let id = own(room)?.id.clone();
    let gone = room.ec2.launch_templates.remove(&id);
    let gone = gone.ok_or_else(|| find::no_id(&id))?;
    Ok(shown("launchTemplate", |x| write_template(x, &gone)))
}

/// Each for itself; the default version stays.
pub(crate) fn delete_versions(room: &mut Room<'_>) -> Result<String, Fail> {
    let asked = room.p.list("LaunchTemplateVersion");
    if asked.is_empty() {
        return Err(Fail::missing("LaunchTemplateVersion"));
    }
    if asked.len() > MOST {
        let message = format!("At most {MOST} versions can be deleted at once.");
        return Err(Fail::invalid(message));
    }
    let template = own(room)?;
    let (mut gone, mut stays) = (Vec::new(), Vec::new());
    for word in asked {
        let number = word.parse::<u64>().unwrap_or_default();
        let why = match template.versions.contains_key(&number) {
            false => Some(("launchTemplateVersionDoesNotExist", "does not exist")),
            true if number == template.default => Some(("unexpectedError", "is the default")),
            true => None,
        };
        match why {
            Some((code, why)) => stays.push((number, code, format!("Version {word} {why}."))),
            None => {
                template.versions.remove(&number);
                gone.push(number);
            }
        }
    }
    let template = template.clone();
    let mut x = Xml::new();
    let identify = |x: &mut Xml, number: u64| {
        x.text("launchTemplateId", &template.id);
        x.text("launchTemplateName", &template.name);
        x.text("versionNumber", number);
    };
    x.items(
        "successfullyDeletedLaunchTemplateVersionSet",
        gone,
        identify,
    );
    x.items(
        "unsuccessfullyDeletedLaunchTemplateVersionSet",
        stays,
        |x, (number, code, message)| {
            identify(x, number);
            x.node("responseError", |x| {
                x.text("code", code);
                x.text("message", message);
            });
        },
    );
    Ok(x.into_string())
}
