//! Launch templates and their versions as they are described.

use super::data;
use super::find::{self, all, malformed, no_id, no_name, one};
use super::model::{LaunchTemplate, TemplateVersion};
use crate::clock::iso;
use crate::ec2::filters::{Filters, page, tag_set};
use crate::ec2::{Room, well_formed};
use crate::ssm;
use crate::wire::fail::Fail;
use crate::wire::xml::Xml;

pub(crate) fn templates(room: &mut Room<'_>) -> Result<String, Fail> {
    let filters = Filters::of(room.p)?;
    let (ids, names) = (
        room.p.list("LaunchTemplateId"),
        room.p.list("LaunchTemplateName"),
    );
    if let Some(bad) = ids.iter().find(|id| !well_formed("lt", id)) {
        return Err(malformed(bad));
    }
    let lost = |id: &&String| !all(room).any(|t| t.id == **id);
    if let Some(id) = ids.iter().find(lost) {
        return Err(no_id(id));
    }
    let lost = |name: &&String| !all(room).any(|t| t.name == **name);
    if let Some(name) = names.iter().find(lost) {
        return Err(no_name(name));
    }
    let mut found = Vec::new();
    for template in all(room) {
        let asked = (ids.is_empty() && names.is_empty())
            || ids.contains(&template.id)
            || names.contains(&template.name);
        if asked && filters.pass(&template.tags, |name| values(template, name))? {
            found.push(template.clone());
        }
    }
    found.sort_by(|one, other| one.id.cmp(&other.id));
    let (found, token) = page(room, found, |template| &template.id)?;
    let mut x = Xml::new();
    x.items("launchTemplates", &found, write_template);
    x.opt("nextToken", token);
    Ok(x.into_string())
}

fn values(template: &LaunchTemplate, filter: &str) -> Option<Vec<String>> {
    match filter {
        "launch-template-name" => Some(vec![template.name.clone()]),
        "create-time" => Some(vec![iso(template.created)]),
        _ => None,
    }
}

pub(super) fn write_template(x: &mut Xml, template: &LaunchTemplate) {
    x.text("launchTemplateId", &template.id);
    x.text("launchTemplateName", &template.name);
    x.text("createTime", iso(template.created));
    x.text("createdBy", &template.by);
    x.text("defaultVersionNumber", template.default);
    x.text("latestVersionNumber", template.latest());
    tag_set(x, &template.tags);
}

/// Versions of one template, newest first; or of all templates the latest or default ones.
pub(crate) fn versions(room: &mut Room<'_>) -> Result<String, Fail> {
    let filters = Filters::of(room.p)?;
    let words = room.p.list("LaunchTemplateVersion");
    let named = ["LaunchTemplateId", "LaunchTemplateName"]
        .iter()
        .any(|name| room.p.get(name).is_some());
    let found = match named {
        true => of_one(room, &words)?,
        false => of_all(room, &words)?,
    };
    let mut shown = Vec::new();
    for (template, version) in found {
        let tags = Default::default();
        if filters.pass(&tags, |name| version_values(&template, &version, name))? {
            let place = format!("{} {:020}", template.id, u64::MAX - version.number);
            let image = resolved(room, &version)?;
            shown.push((place, template, version, image));
        }
    }
    shown.sort_by(|one, other| one.0.cmp(&other.0));
    shown.dedup_by(|one, other| one.0 == other.0);
    let (shown, token) = page(room, shown, |(place, ..)| place)?;
    let mut x = Xml::new();
    x.items(
        "launchTemplateVersionSet",
        &shown,
        |x, (_, template, version, image)| write_version(x, template, version, image.as_deref()),
    );
    x.opt("nextToken", token);
    Ok(x.into_string())
}

type Found = Vec<(LaunchTemplate, TemplateVersion)>;

fn of_one(room: &Room<'_>, words: &[String]) -> Result<Found, Fail> {
    let template = one(room, "")?;
    if !words.is_empty() {
        let found = words.iter().map(|word| find::version(template, word));
        return found
            .map(|version| version.map(|version| (template.clone(), version.clone())))
            .collect();
    }
    let bound = |name: &str, default: u64| -> Result<u64, Fail> {
        let bound = room.p.number(name)?;
        Ok(bound.map_or(default, |bound| bound as u64))
    };
    let (from, to) = (bound("MinVersion", 0)?, bound("MaxVersion", u64::MAX)?);
    let versions = template.versions.range(from..=to.max(from));
    Ok(versions
        .map(|(_, version)| (template.clone(), version.clone()))
        .collect())
}

fn of_all(room: &Room<'_>, words: &[String]) -> Result<Found, Fail> {
    let is_word = |word: &String| ["$Latest", "$Default"].contains(&word.as_str());
    if words.is_empty() || !words.iter().all(is_word) {
        let message = "To describe the launch template data for all your launch templates, for \
                       '--versions' specify '$Latest', '$Default', or both, and omit \
                       '--launch-template-id', '--launch-template-name', and a version number.";
        return Err(Fail::new("MissingParameter", message));
    }
    let of_each = all(room).flat_map(|template| {
        let versions = words.iter().filter_map(|word| template.version(word));
        versions.map(|version| (template.clone(), version.clone()))
    });
    Ok(of_each.collect())
}

fn version_values(
    template: &LaunchTemplate,
    version: &TemplateVersion,
    filter: &str,
) -> Option<Vec<String>> {
    let of = |name: &str| Some(version.data.get(name).cloned().into_iter().collect());
    match filter {
        "image-id" => of("ImageId"),
        "instance-type" => of("InstanceType"),
        "kernel-id" => of("KernelId"),
        "ebs-optimized" => of("EbsOptimized"),
        "is-default-version" => Some(vec![(template.default == version.number).to_string()]),
        "create-time" => Some(vec![iso(version.created)]),
        _ => None,
    }
}

/// With `ResolveAlias`, the image that a version's parameter names today.
fn resolved(room: &Room<'_>, version: &TemplateVersion) -> Result<Option<String>, Fail> {
    let name = version
        .image_id()
        .and_then(|image| image.strip_prefix("resolve:ssm:"));
    let Some(name) = name.filter(|_| room.p.flag("ResolveAlias")) else {
        return Ok(None);
    };
    let found = ssm::find(room.parameters, name).map(|found| found.value.clone());
    found
        .map(Some)
        .ok_or_else(|| Fail::invalid(format!("Parameter {name} not found.")))
}

pub(super) fn write_version(
    x: &mut Xml,
    template: &LaunchTemplate,
    version: &TemplateVersion,
    image: Option<&str>,
) {
    x.text("launchTemplateId", &template.id);
    x.text("launchTemplateName", &template.name);
    x.text("versionNumber", version.number);
    if !version.description.is_empty() {
        x.text("versionDescription", &version.description);
    }
    x.text("createTime", iso(version.created));
    x.text("createdBy", &version.by);
    x.text("defaultVersion", template.default == version.number);
    let mut data = version.data.clone();
    if let Some(image) = image {
        data.insert("ImageId".to_owned(), image.to_owned());
    }
    data::write(x, &data);
}
