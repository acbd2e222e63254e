//! Tags of any EC2 resource.

use super::filters::{Filters, page, tag_list};
use super::{Room, done};
use crate::state::Tags;
use crate::wire::fail::Fail;
use crate::wire::xml::Xml;

/// The error for an id that leads to nothing, in the words of its kind.
fn not_found(id: &str) -> Fail {
    let (code, what) = match id.split('-').next() {
        Some("ami") => ("InvalidAMIID.NotFound", "image id"),
        Some("i") => ("InvalidInstanceID.NotFound", "instance ID"),
        Some("snap") => ("InvalidSnapshot.NotFound", "snapshot"),
        Some("lt") => ("InvalidLaunchTemplateId.NotFound", "launch template ID"),
        Some("vol") => ("InvalidVolume.NotFound", "volume"),
        Some("sg") => ("InvalidGroup.NotFound", "security group"),
        _ => ("InvalidID", "ID"),
    };
    Fail::new(code, format!("The {what} '{id}' does not exist"))
}

fn resources(room: &mut Room<'_>) -> Result<Vec<String>, Fail> {
    let ids = room.p.list("ResourceId");
    if ids.is_empty() {
        return Err(Fail::missing("ResourceId"));
    }
    let now = room.core.now;
    for id in &ids {
        let hidden = match id.split('-').next() {
            Some("i") => room
                .ec2
                .instances
                .get_mut(id)
                .is_some_and(|i| !i.visibility.look(now)),
            Some("ami") => room
                .ec2
                .images
                .get_mut(id)
                .is_some_and(|i| !i.visibility.look(now)),
            _ => false,
        };
        if hidden || room.ec2.tags_mut(id).is_none() {
            return Err(not_found(id));
        }
    }
    Ok(ids)
}

pub(crate) fn create(room: &mut Room<'_>) -> Result<String, Fail> {
    let ids = resources(room)?;
    let new = tag_list(room.p, "Tag")?;
    for id in ids {
        let Some(tags) = room.ec2.tags_mut(&id) else {
            continue;
        };
        let mut both = tags.clone();
        both.extend(new.clone());
        if both.len() > 50 {
            let message = format!("More than 50 tags on {id}.");
            return Err(Fail::new("TagLimitExceeded", message));
        }
        *tags = both;
    }
    done()
}

/// Deletes by key, or by key and value when a value is given.
pub(crate) fn delete(room: &mut Room<'_>) -> Result<String, Fail> {
    let p = room.p;
    for id in resources(room)? {
        let Some(tags) = room.ec2.tags_mut(&id) else {
            continue;
        };
        for group in p.groups("Tag") {
            let key = p.need(&format!("{group}.Key"))?;
            let value = p.get(&format!("{group}.Value"));
            if value.is_none_or(|value| tags.get(key).is_some_and(|have| have == value)) {
                tags.remove(key);
            }
        }
        if p.groups("Tag").is_empty() {
            tags.clear();
        }
    }
    done()
}

pub(crate) fn describe(room: &mut Room<'_>) -> Result<String, Fail> {
    let filters = Filters::of(room.p)?;
    let ec2 = &room.ec2;
    let images = ec2
        .images
        .values()
        .filter(|i| i.owner_id == room.core.account);
    let snapshots = ec2.snapshots.values();
    let snapshots = snapshots.filter(|s| s.owner_id == room.core.account);
    let all = (images.map(|x| ("image", &x.id, &x.tags)))
        .chain(ec2.instances.values().map(|x| ("instance", &x.id, &x.tags)))
        .chain(snapshots.map(|x| ("snapshot", &x.id, &x.tags)))
        .chain(ec2.volumes.values().map(|x| ("volume", &x.id, &x.tags)))
        .chain(
            ec2.launch_templates
                .values()
                .map(|x| ("launch-template", &x.id, &x.tags)),
        )
        .chain(
            ec2.groups
                .values()
                .map(|x| ("security-group", &x.id, &x.tags)),
        );
    let mut shown = Vec::new();
    for (kind, id, tags) in all {
        for (key, value) in tags {
            let values = |name: &str| match name {
                "resource-id" => Some(vec![id.clone()]),
                "resource-type" => Some(vec![kind.to_owned()]),
                "key" => Some(vec![key.clone()]),
                "value" => Some(vec![value.clone()]),
                _ => None,
            };
            let one = Tags::from([(key.clone(), value.clone())]);
            if filters.pass(&one, values)? {
                shown.push((
                    format!("{id} {key}"),
                    id.clone(),
                    kind,
                    key.clone(),
                    value.clone(),
                ));
            }
        }
    }
    shown.sort();
    let (rows, token) = page(room, shown, |(row, ..)| row)?;
    let mut x = Xml::new();
    x.items("tagSet", &rows, |x, (_, id, kind, key, value)| {
        x.text("resourceId", id);
        x.text("resourceType", kind);
        x.text("key", key);
        x.text("value", value);
    });
    x.opt("nextToken", token);
    Ok(x.into_string())
}
