//! Verbs that make, change and remove images.

use chrono::{DateTime, Utc};

use super::Room;
use super::describe_images::{find, find_own, is_seen, not_found};
use super::filters::tags_for;
use super::model::{Image, Phase, Snapshot};
use super::{done, instance_verbs};
use crate::clock::delta;
use crate::events::Event;
use crate::state::{ACCOUNT_ID, Tags, Visibility};
use crate::wire::fail::Fail;
use crate::wire::xml::Xml;

/// An image of an instance. The name is its idempotency key, taken as soon as the image is pending.
pub(crate) fn create(room: &mut Room<'_>) -> Result<String, Fail> {
    let p = room.p;
    let id = p.need("InstanceId")?.to_owned();
    let name = p.need("Name")?.to_owned();
    check_name(room, &name)?;
    let tags = tags_for(p, "image", &["image", "snapshot"])?;
    let snapshot_tags = tags_for(p, "snapshot", &["image", "snapshot"])?;
    let instance = instance_verbs::find(room, &id)?.clone();
    if !matches!(instance.state, Phase::Running | Phase::Stopped) {
        let message = format!("Instance is not in state 'running' or 'stopped': {id}");
        return Err(Fail::new("IncorrectState", message));
    }
    if instance.state == Phase::Running && !p.flag("NoReboot") {
        let (region, boot) = (room.region.to_owned(), instance.boot_number);
        room.core.schedule(
            room.core.now,
            Event::Reboot {
                region,
                id: id.clone(),
                boot,
            },
        );
    }
    let gib = room
        .ec2
        .volumes
        .get(&instance.volume_id)
        .map_or(8, |v| v.gib);
    let made = Made {
        name,
        description: p.get("Description").unwrap_or_default().to_owned(),
        architecture: instance.architecture.clone(),
        source_image_id: instance.image_id.clone(),
        source_region: room.region.to_owned(),
        source_instance_id: Some(id.clone()),
        volume_id: instance.volume_id.clone(),
        gib,
        tags,
        snapshot_tags,
        disk: instance.disk.clone(),
    };
    let image_id = add(room, made);
    room.core.imaged.push((id, image_id.clone()));
    Ok(format!("<imageId>{image_id}</imageId>"))
}

/// A copy of an image under another name, in this region. Images of other regions are not reached.
pub(crate) fn copy(room: &mut Room<'_>) -> Result<String, Fail> {
    let p = room.p;
    let token = p.get("ClientToken").unwrap_or_default().to_owned();
    let asked = p.fingerprint(&["ClientToken"]);
    if let Some((before, image_id)) = room
        .ec2
        .copy_tokens
        .get(&token)
        .filter(|_| !token.is_empty())
    {
        return match *before == asked {
            true => Ok(format!("<imageId>{image_id}</imageId>")),
            false => Err(Fail::new(
                "IdempotentParameterMismatch",
                "The client token has been used with other parameters.",
            )),
        };
    }
    let name = p.need("Name")?.to_owned();
    let source = p.need("SourceImageId")?.to_owned();
    check_name(room, &name)?;
    let (source_region, source) = source_of_copy(room, &source)?;
    let mut tags = tags_for(p, "image", &["image", "snapshot"])?;
    if p.flag("CopyImageTags") {
        tags.extend(source.tags.clone());
    }
    let made = Made {
        name,
        description: p.get("Description").unwrap_or_default().to_owned(),
        architecture: source.architecture,
        source_image_id: source.id.clone(),
        source_region,
        source_instance_id: None,
        volume_id: "vol-ffffffff".to_owned(),
        gib: source.root_gib,
        tags,
        snapshot_tags: tags_for(p, "snapshot", &["image", "snapshot"])?,
        disk: source.disk,
    };
    let image_id = add(room, made);
    room.core.imaged.push((source.id, image_id.clone()));
    if !token.is_empty() {
        room.ec2
            .copy_tokens
            .insert(token, (asked, image_id.clone()));
    }
    Ok(format!("<imageId>{image_id}</imageId>"))
}

/// The image to copy, of this region or of the one that is named.
fn source_of_copy(room: &mut Room<'_>, id: &str) -> Result<(String, Image), Fail> {
    let region = room.p.get("SourceRegion").unwrap_or(room.region).to_owned();
    if region == room.region {
        return Ok((region, find(room, id)?.clone()));
    }
    let found = room.elsewhere.get(&(region.clone(), id.to_owned()));
    let found = found.filter(|image| is_seen(image)).cloned();
    found
        .map(|image| (region, image))
        .ok_or_else(|| not_found(&[id.to_owned()]))
}

fn check_name(room: &Room<'_>, name: &str) -> Result<(), Fail> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "()[] ./-'@_".contains(c);
    if !(3..=128).contains(&name.len()) || !name.chars().all(allowed) {
        let message = "AMI names must be between 3 and 128 characters long, and may contain letters, \
                       numbers, '(', ')', '.', '-', '/' and '_'";
        return Err(Fail::new("InvalidAMIName.Malformed", message));
    }
    let taken = |image: &&Image| image.owner_id == ACCOUNT_ID && image.name == name;
    match room.ec2.images.values().find(taken) {
        Some(image) => Err(Fail::new(
            "InvalidAMIName.Duplicate",
            format!("AMI name {name} is already in use by AMI {}", image.id),
        )),
        None => Ok(()),
    }
}

struct Made {
    name: String,
    description: String,
    architecture: String,
    source_image_id: String,
    source_region: String,
    source_instance_id: Option<String>,
    volume_id: String,
    gib: u32,
    tags: Tags,
    snapshot_tags: Tags,
    disk: crate::guest::Disk,
}

/// A pending image with its pending snapshot; both end by themselves.
fn add(room: &mut Room<'_>, made: Made) -> String {
    let (now, region) = (room.core.now, room.region.to_owned());
    let id = room.core.id("ami");
    let snapshot_id = room.core.id("snap");
    let snapshot = Snapshot {
        id: snapshot_id.clone(),
        owner_id: ACCOUNT_ID.to_owned(),
        volume_id: made.volume_id,
        done: false,
        started: now,
        description: format!(
            "Created by CreateImage({}) for {id}",
            made.source_instance_id.as_deref().unwrap_or_default()
        ),
        gib: made.gib,
        tags: made.snapshot_tags,
        world: false,
    };
    let image = Image {
        id: id.clone(),
        name: made.name,
        description: made.description,
        owner_id: ACCOUNT_ID.to_owned(),
        owner_alias: None,
        architecture: made.architecture,
        state: "pending".to_owned(),
        state_reason: None,
        created: now,
        public: false,
        shared: false,
        launch_permissions: Default::default(),
        deprecated_at: None,
        source_image_id: Some(made.source_image_id),
        source_region: Some(made.source_region),
        source_instance_id: made.source_instance_id,
        snapshot_id: snapshot_id.clone(),
        root_gib: made.gib,
        imds_v2: false,
        serves: Default::default(),
        key_unusable: false,
        tags: made.tags,
        disk: made.disk,
        visibility: Visibility::of_new(room.core),
        world: false,
    };
    room.ec2.snapshots.insert(snapshot_id.clone(), snapshot);
    room.ec2.images.insert(id.clone(), image);
    let (image_at, snapshot_at) = (
        now + delta(room.core.timing.image),
        now + delta(room.core.timing.snapshot),
    );
    let done = Event::SnapshotDone {
        region: region.clone(),
        id: snapshot_id,
    };
    room.core.schedule(snapshot_at.min(image_at), done);
    room.core.schedule(
        image_at,
        Event::ImageDone {
            region,
            id: id.clone(),
        },
    );
    id
}

pub(crate) fn deregister(room: &mut Room<'_>) -> Result<String, Fail> {
    let id = room.p.need("ImageId")?.to_owned();
    let snapshot = find_own(room, &id)?.snapshot_id.clone();
    room.ec2.deregister(&id);
    let mut x = Xml::new();
    x.text("return", true);
    if room.p.flag("DeleteAssociatedSnapshots") {
        let used = room
            .ec2
            .images
            .values()
            .any(|image| image.snapshot_id == snapshot);
        let code = match used {
            true => "skipped",
            false if room.ec2.snapshots.remove(&snapshot).is_some() => "success",
            false => "client-error",
        };
        x.items("deleteSnapshotResultSet", [code], |x, code| {
            x.text("snapshotId", &snapshot);
            x.text("returnCode", code);
        });
    }
    Ok(x.into_string())
}

pub(crate) fn deprecate(room: &mut Room<'_>) -> Result<String, Fail> {
    let id = room.p.need("ImageId")?.to_owned();
    let text = room.p.need("DeprecateAt")?;
    let at = DateTime::parse_from_rfc3339(text).map(|at| at.with_timezone(&Utc));
    let at =
        at.map_err(|_| Fail::invalid(format!("Value ({text}) for DeprecateAt is invalid.")))?;
    if at <= room.core.now {
        return Err(Fail::invalid("DeprecateAt must be in the future"));
    }
    find_own(room, &id)?.deprecated_at = Some(at);
    done()
}

pub(crate) fn undeprecate(room: &mut Room<'_>) -> Result<String, Fail> {
    let id = room.p.need("ImageId")?.to_owned();
    find_own(room, &id)?.deprecated_at = None;
    done()
}

pub(crate) fn disable(room: &mut Room<'_>) -> Result<String, Fail> {
    let id = room.p.need("ImageId")?.to_owned();
    let image = find_own(room, &id)?;
    if image.state != "available" {
        return Err(Fail::new(
            "IncorrectState",
            format!("{id} is {}, not available", image.state),
        ));
    }
    image.state = "disabled".to_owned();
    image.public = false;
    image.launch_permissions.clear();
    done()
}

pub(crate) fn enable(room: &mut Room<'_>) -> Result<String, Fail> {
    let id = room.p.need("ImageId")?.to_owned();
    let image = find_own(room, &id)?;
    if image.state == "disabled" {
        image.state = "available".to_owned();
    }
    done()
}

/// Launch permissions and the description.
pub(crate) fn modify_attribute(room: &mut Room<'_>) -> Result<String, Fail> {
    let p = room.p;
    let id = p.need("ImageId")?.to_owned();
    let image = find_own(room, &id)?;
    for group in p.groups("LaunchPermission.Add") {
        if p.get(&format!("{group}.Group")) == Some("all") {
            image.public = true;
        }
        image
            .launch_permissions
            .extend(p.get(&format!("{group}.UserId")).map(str::to_owned));
    }
    for group in p.groups("LaunchPermission.Remove") {
        if p.get(&format!("{group}.Group")) == Some("all") {
            image.public = false;
        }
        if let Some(user) = p.get(&format!("{group}.UserId")) {
            image.launch_permissions.remove(user);
        }
    }
    if let Some(text) = p.get("Description.Value") {
        image.description = text.to_owned();
    }
    done()
}
