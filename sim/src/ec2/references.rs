//! DescribeImageReferences: which instances, launch templates and parameters of the account name an image.
//! It does not know launch configurations, environments' settings, or saved configurations.

use std::collections::BTreeMap;

use super::describe_images::malformed;
use super::filters::page;
use super::{Room, launch_templates, well_formed};
use crate::wire::fail::Fail;
use crate::wire::xml::Xml;

const IMAGES: usize = 10;
/// How many versions of a template are looked at, newest first, where nobody says.
const DEPTH: usize = 10;
const DEPTH_MOST: usize = 10_000;
const INSTANCE: &str = "ec2:Instance";
const TEMPLATE: &str = "ec2:LaunchTemplate";
const PARAMETER: &str = "ssm:Parameter";
/// Image Builder's, of which there are none here.
const RECIPES: [&str; 2] = ["imagebuilder:ImageRecipe", "imagebuilder:ContainerRecipe"];

/// What its caller must be allowed as well, by what is looked at.
fn needed(kind: &str) -> &'static [&'static str] {
    match kind {
        INSTANCE => &["ec2:DescribeInstances"],
        TEMPLATE => &[
            "ec2:DescribeLaunchTemplates",
            "ec2:DescribeLaunchTemplateVersions",
        ],
        PARAMETER => &["ssm:DescribeParameters", "ssm:GetParameters"],
        _ => &[],
    }
}

/// What is looked at, and how.
struct Scope {
    /// Each kind, with the values of its option.
    kinds: BTreeMap<String, Vec<String>>,
}

impl Scope {
    fn of(room: &Room<'_>) -> Result<Self, Fail> {
        let mut kinds = BTreeMap::new();
        if room.p.flag("IncludeAllResourceTypes") {
            let all = [INSTANCE, TEMPLATE, PARAMETER].into_iter().chain(RECIPES);
            kinds.extend(all.map(|kind| (kind.to_owned(), Vec::new())));
        }
        for group in room.p.groups("ResourceType") {
            let kind = room.p.need(&format!("{group}.ResourceType"))?.to_owned();
            let known = [INSTANCE, TEMPLATE, PARAMETER].contains(&kind.as_str());
            if !known && !RECIPES.contains(&kind.as_str()) {
                let message = format!("Value ({kind}) for parameter ResourceType is invalid.");
                return Err(Fail::invalid(message));
            }
            let options = room.p.groups(&format!("{group}.ResourceTypeOption"));
            let values = options
                .iter()
                .flat_map(|option| room.p.list(&format!("{option}.OptionValue")));
            kinds.insert(kind, values.collect());
        }
        match kinds.is_empty() {
            true => Err(Fail::missing("ResourceTypes")),
            false => Ok(Self { kinds }),
        }
    }

    fn depth(&self) -> Result<usize, Fail> {
        let said = self.kinds.get(TEMPLATE).and_then(|values| values.first());
        let Some(said) = said else {
            return Ok(DEPTH);
        };
        let depth = said.parse().ok();
        let depth = depth.filter(|depth| (1..=DEPTH_MOST).contains(depth));
        depth.ok_or_else(|| Fail::invalid(format!("Value ({said}) for version-depth is invalid.")))
    }
}

/// The images that a call asks about: one to ten.
fn asked(room: &Room<'_>) -> Result<Vec<String>, Fail> {
    let ids = room.p.list("ImageId");
    if ids.is_empty() {
        return Err(Fail::missing("ImageId"));
    }
    if ids.len() > IMAGES {
        let message = format!("At most {IMAGES} images can be asked about at once.");
        return Err(Fail::invalid(message));
    }
    match ids.iter().find(|id| !well_formed("ami", id)) {
        Some(bad) => Err(malformed(bad)),
        None => Ok(ids),
    }
}

pub(crate) fn describe(room: &mut Room<'_>) -> Result<String, Fail> {
    let ids = asked(room)?;
    let scope = Scope::of(room)?;
    let lacking = scope.kinds.keys().flat_map(|kind| needed(kind));
    if let Some(action) = lacking.copied().find(|action| room.lacks(action)) {
        let message = format!("You are not authorized to perform this operation: {action}");
        return Err(Fail::new("UnauthorizedOperation", message).with_status(403));
    }
    let mut found = references(room, &scope)?;
    found.retain(|(image, ..)| ids.contains(image));
    found.sort();
    found.dedup();
    let keyed = found.into_iter().map(|(image, kind, arn)| {
        let place = format!("{image} {kind} {arn}");
        (place, image, kind, arn)
    });
    let (found, token) = page(room, keyed.collect(), |(place, ..)| place)?;
    let mut x = Xml::new();
    x.items("imageReferenceSet", &found, |x, (_, image, kind, arn)| {
        x.text("imageId", image);
        x.text("resourceType", kind);
        x.text("arn", arn);
    });
    x.opt("nextToken", token);
    Ok(x.into_string())
}

/// Image, kind, ARN.
type Reference = (String, &'static str, String);

fn references(room: &Room<'_>, scope: &Scope) -> Result<Vec<Reference>, Fail> {
    let mut found = Vec::new();
    let account = &room.core.account;
    let arn = |what: &str, id: &str| format!("arn:aws:ec2:{}:{account}:{what}/{id}", room.region);
    if let Some(states) = scope.kinds.get(INSTANCE) {
        let of_state = |state: &str| states.is_empty() || states.iter().any(|s| s == state);
        let instances = room.ec2.instances.values();
        let seen = instances.filter(|i| of_state(i.state.name()));
        found.extend(seen.map(|i| (i.image_id.clone(), INSTANCE, arn("instance", &i.id))));
    }
    if scope.kinds.contains_key(TEMPLATE) {
        let depth = scope.depth()?;
        for template in launch_templates::all(room) {
            let newest = template.versions.values().rev().take(depth);
            let images = newest.filter_map(|version| version.image_id());
            let arn = arn("launch-template", &template.id);
            found.extend(images.map(|image| (image.to_owned(), TEMPLATE, arn.clone())));
        }
    }
    if scope.kinds.contains_key(PARAMETER) {
        for (name, parameter) in room.parameters {
            let latest = parameter
                .latest()
                .filter(|v| v.data_type == "aws:ec2:image");
            let arn = format!("arn:aws:ssm:{}:{account}:parameter{name}", room.region);
            found.extend(latest.map(|version| (version.value.clone(), PARAMETER, arn)));
        }
    }
    Ok(found)
}
