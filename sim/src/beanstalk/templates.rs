//! Saved configurations: made of an environment, changed, deleted. Environments are not touched by it.

use super::environments::named;
use super::settings::{saved_as, write_saved};
use super::update::options;
use super::{Room, settings};
use crate::wire::fail::Fail;
use crate::wire::xml::Xml;
use crate::world::SavedConfiguration;

/// Of an environment's deployed settings, or of a platform version, with options over them.
pub(crate) fn create(room: &mut Room<'_>) -> Result<String, Fail> {
    let (application, name) = (
        room.p.need("ApplicationName")?,
        room.p.need("TemplateName")?,
    );
    if saved_as(room, application, name).is_ok() {
        let message = format!("Configuration Template {name} already exists.");
        return Err(Fail::invalid(message));
    }
    let mut saved = SavedConfiguration {
        application: application.to_owned(),
        name: name.to_owned(),
        ..SavedConfiguration::default()
    };
    match room.p.get("EnvironmentId") {
        Some(_) => of_environment(room, &mut saved)?,
        None => room
            .p
            .need("PlatformArn")?
            .clone_into(&mut saved.platform_arn),
    }
    keep(room, saved)
}

fn of_environment(room: &Room<'_>, saved: &mut SavedConfiguration) -> Result<(), Fail> {
    let environment = named(room)?;
    saved.platform_arn.clone_from(&environment.platform_arn);
    let set = settings::effective(room.beanstalk, environment, &environment.deployed());
    for ((namespace, option), value) in set {
        saved
            .options
            .entry(namespace)
            .or_default()
            .insert(option, value);
    }
    Ok(())
}

pub(crate) fn update(room: &mut Room<'_>) -> Result<String, Fail> {
    let (application, name) = (
        room.p.need("ApplicationName")?,
        room.p.need("TemplateName")?,
    );
    let saved = saved_as(room, application, name)?.clone();
    keep(room, saved)
}

/// Stores it with the options that the call sets, and without those that it removes.
fn keep(room: &mut Room<'_>, mut saved: SavedConfiguration) -> Result<String, Fail> {
    for (namespace, option, value) in options(room, "OptionSettings")? {
        saved
            .options
            .entry(namespace)
            .or_default()
            .insert(option, value);
    }
    for (namespace, option, _) in options(room, "OptionsToRemove")? {
        saved.options.entry(namespace).or_default().remove(&option);
    }
    let mut x = Xml::new();
    write_saved(&mut x, room, &saved);
    let key = (saved.application.clone(), saved.name.clone());
    room.beanstalk.saved.insert(key, saved);
    Ok(x.into_string())
}

pub(crate) fn delete(room: &mut Room<'_>) -> Result<String, Fail> {
    let (application, name) = (
        room.p.need("ApplicationName")?,
        room.p.need("TemplateName")?,
    );
    saved_as(room, application, name)?;
    let key = (application.to_owned(), name.to_owned());
    room.beanstalk.saved.remove(&key);
    Ok(String::new())
}
