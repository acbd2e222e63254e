//! Whether an environment's image can be told without its settings: where the next instance would be
//! launched from the image that all its instances run, and nothing hints that the settings say otherwise.
//! A plain function of pages. In doubt it does not conclude: the settings are asked then.
//!
//! Why each doubt is one: `docs/decisions/survey-by-pages.md`.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::cloud::{
    EnvironmentInstance, LaunchConfiguration, NamedTemplate, ScalingGroup, TemplateVersion,
};
use crate::model::ids::ImageId;
use crate::model::sighting::{Environment, Trouble};

/// A page's answers by name, or why there are none.
pub(super) type Page<T> = Result<BTreeMap<String, T>, Trouble>;

/// What a region's pages say of all its environments.
pub(super) struct RegionPages {
    /// By environment.
    pub groups: Page<Vec<ScalingGroup>>,
    /// The newest version of each launch template, by the template's id.
    pub templates: Page<TemplateVersion>,
    pub configurations: Page<LaunchConfiguration>,
    /// By environment.
    pub instances: Page<Vec<EnvironmentInstance>>,
}

/// Why the settings must be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubt {
    /// It changes: what is deployed, launched and run are of different times.
    NotReady,
    /// AWS says no id of it, or not when it was last updated.
    Untold,
    /// A page that would tell has no answer.
    Unread,
    NoInstance,
    SeveralRun,
    NoGroup,
    /// A second group is that of an update, or of whatever came of one.
    SeveralGroups,
    /// What it launches from names no image, several, or one by a parameter.
    NoImage,
    /// Not the newest version of its template: that one was not read.
    OlderVersion,
    /// What it launches from was made after Elastic Beanstalk's last update: by somebody else.
    MadeSince,
    /// Instances run another image than would be launched.
    Differ,
}

/// The image that an environment launches and runs.
pub(super) fn agreed(environment: &Environment, pages: &RegionPages) -> Result<ImageId, Doubt> {
    if environment.status != "Ready" {
        return Err(Doubt::NotReady);
    }
    let id = environment.id.as_deref().ok_or(Doubt::Untold)?;
    let updated = environment.updated.ok_or(Doubt::Untold)?;
    let serving = serving(id, pages)?;
    let running = serving.iter().map(|one| one.running.image.as_str());
    let runs = only(running).ok_or(Doubt::SeveralRun)?;
    let launching = Launching { pages, updated };
    let launches = match &pages.groups {
        Ok(groups) => launching.of_group(only_group(groups.get(id))?)?,
        Err(_) => launching.of_instances(&serving)?,
    };
    match launches == runs {
        true => Ok(ImageId::from(runs)),
        false => Err(Doubt::Differ),
    }
}

/// Its instances that do not end; at least one.
fn serving<'a>(id: &str, pages: &'a RegionPages) -> Result<Vec<&'a EnvironmentInstance>, Doubt> {
    let instances = pages.instances.as_ref().map_err(|_| Doubt::Unread)?;
    let of_it = instances.get(id).into_iter().flatten();
    let serving: Vec<_> = of_it.filter(|one| !one.running.ends).collect();
    match serving.is_empty() {
        true => Err(Doubt::NoInstance),
        false => Ok(serving),
    }
}

fn only_group(groups: Option<&Vec<ScalingGroup>>) -> Result<&ScalingGroup, Doubt> {
    match groups.map_or(&[][..], Vec::as_slice) {
        [only] => Ok(only),
        [] => Err(Doubt::NoGroup),
        _ => Err(Doubt::SeveralGroups),
    }
}

/// The one thing that all of these are.
fn only<T: Ord>(all: impl IntoIterator<Item = T>) -> Option<T> {
    let mut all: BTreeSet<T> = all.into_iter().collect();
    let one = all.pop_first();
    one.filter(|_| all.is_empty())
}

/// What the next instance of an environment would be launched from.
struct Launching<'a> {
    pages: &'a RegionPages,
    /// When Elastic Beanstalk last updated the environment.
    updated: DateTime<Utc>,
}

impl<'a> Launching<'a> {
    fn of_group(&self, group: &'a ScalingGroup) -> Result<&'a str, Doubt> {
        let mut images: Vec<&str> = group.images.iter().map(String::as_str).collect();
        if let Some(name) = &group.configuration {
            images.push(self.of_configuration(name)?);
        }
        for template in &group.templates {
            images.push(self.of_template(template)?);
        }
        an_image(only(images))
    }

    /// Without the groups: what EC2 says that the instances were launched from, when that is the newest
    /// version there is. Elastic Beanstalk's groups launch from that one.
    fn of_instances(&self, serving: &[&'a EnvironmentInstance]) -> Result<&'a str, Doubt> {
        let templates = serving.iter().map(|one| one.template.as_ref());
        let template = only(templates).flatten().ok_or(Doubt::Unread)?;
        an_image(Some(self.of_template(template)?))
    }

    fn of_configuration(&self, name: &str) -> Result<&'a str, Doubt> {
        let all = self.pages.configurations.as_ref();
        let found = all.map_err(|_| Doubt::Unread)?.get(name);
        let found = found.ok_or(Doubt::Unread)?;
        self.by_beanstalk(found.created)?;
        Ok(found.image.as_str())
    }

    fn of_template(&self, named: &NamedTemplate) -> Result<&'a str, Doubt> {
        let all = self.pages.templates.as_ref().map_err(|_| Doubt::Unread)?;
        let newest = match named.by_id {
            true => all.get(&named.template),
            false => all
                .values()
                .find(|one| one.name.as_ref() == Some(&named.template)),
        };
        let newest = newest.ok_or(Doubt::Unread)?;
        if named.version != "$Latest" && named.version != newest.number.to_string() {
            return Err(Doubt::OlderVersion);
        }
        self.by_beanstalk(newest.created)?;
        newest.image.as_deref().ok_or(Doubt::NoImage)
    }

    /// Made while Elastic Beanstalk was at work, as far as dates tell.
    fn by_beanstalk(&self, created: Option<DateTime<Utc>>) -> Result<(), Doubt> {
        match created {
            Some(created) if created <= self.updated => Ok(()),
            Some(_) => Err(Doubt::MadeSince),
            None => Err(Doubt::Untold),
        }
    }
}

/// An id, not a parameter.
fn an_image(named: Option<&str>) -> Result<&str, Doubt> {
    named
        .filter(|image| image.starts_with("ami-"))
        .ok_or(Doubt::NoImage)
}
