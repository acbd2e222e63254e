//! DescribeImages: who sees which image, and how it is shown.

use chrono::{DateTime, Utc};

use super::Room;
use super::filters::{Filters, page, tag_set};
use super::model::{Ec2, Image, Permission};
use super::well_formed;
use crate::clock::iso;
use crate::state::Tags;
use crate::wire::fail::Fail;
use crate::wire::xml::Xml;
use crate::world::DisabledById;

/// Whether an account may see the image at all.
pub(crate) fn is_seen(image: &Image, account: &str) -> bool {
    image.owner_id == account || image.public || image.shared
}

pub(crate) fn not_found(ids: &[String]) -> Fail {
    let (noun, verb) = if ids.len() == 1 {
        ("id", "does")
    } else {
        ("ids", "do")
    };
    let message = format!("The image {noun} '[{}]' {verb} not exist", ids.join(", "));
    Fail::new("InvalidAMIID.NotFound", message)
}

pub(crate) fn malformed(id: &str) -> Fail {
    Fail::new(
        "InvalidAMIID.Malformed",
        format!("Invalid id: \"{id}\" (expecting \"ami-...\")"),
    )
}

/// An image that this account sees, by id; uses up a hidden look.
pub(crate) fn find<'a>(room: &'a mut Room<'_>, id: &str) -> Result<&'a mut Image, Fail> {
    if !well_formed("ami", id) {
        return Err(malformed(id));
    }
    let now = room.core.now;
    let account = &room.core.account;
    let found = room.ec2.images.get_mut(id);
    found
        .filter(|image| is_seen(image, account))
        .filter_map_look(now)
        .ok_or_else(|| not_found(&[id.to_owned()]))
}

/// An image of this account, by id.
pub(crate) fn find_own<'a>(room: &'a mut Room<'_>, id: &str) -> Result<&'a mut Image, Fail> {
    let account = room.core.account.clone();
    let image = find(room, id)?;
    if image.owner_id != account {
        let message = format!("Not authorized for image:{id}");
        return Err(Fail::new("AuthFailure", message).with_status(403));
    }
    Ok(image)
}

trait Look<'a> {
    fn filter_map_look(self, now: DateTime<Utc>) -> Option<&'a mut Image>;
}

impl<'a> Look<'a> for Option<&'a mut Image> {
    fn filter_map_look(self, now: DateTime<Utc>) -> Option<&'a mut Image> {
        self.and_then(|image| image.visibility.look(now).then_some(image))
    }
}

pub(crate) fn describe(room: &mut Room<'_>) -> Result<String, Fail> {
    let (filters, owners) = (Filters::of(room.p)?, room.p.list("Owner"));
    let ids = room.p.list("ImageId");
    let asked = wanted_ids(room, &ids, &filters)?;
    let listed = Listed {
        account: room.core.account.clone(),
        owners,
        executable_by: room.p.list("ExecutableBy"),
        by_id: !ids.is_empty(),
        deprecated: room.p.flag("IncludeDeprecated"),
        disabled: room.p.flag("IncludeDisabled"),
    };
    if !listed.disabled && filters.names("state", "disabled") {
        let message = "When filtering by the 'disabled' state, 'IncludeDisabled' must be set to \
                       'true' in the request.";
        return Err(Fail::new("InvalidParameter", message));
    }
    let now = room.core.now;
    let mut shown = Vec::new();
    for id in asked {
        let Some(image) = room.ec2.images.get_mut(&id) else {
            continue;
        };
        if listed.admits(image, now)
            && filters.pass(own_tags(image, &room.core.account), |name| {
                values(image, name)
            })?
            && (listed.by_id || image.visibility.look(now))
        {
            shown.push(id);
        }
    }
    shown.sort();
    let (ids, token) = page(room, shown, |id| id)?;
    let images = ids.iter().filter_map(|id| room.ec2.images.get(id));
    let mut x = Xml::new();
    x.items("imagesSet", images, |x, image| {
        write(x, room.ec2, image, now)
    });
    x.opt("nextToken", token);
    Ok(x.into_string())
}

/// The ids that can be in the answer: those asked for, those of an exact filter, or all.
fn wanted_ids(room: &mut Room<'_>, ids: &[String], filters: &Filters) -> Result<Vec<String>, Fail> {
    if !ids.is_empty() {
        if let Some(bad) = ids.iter().find(|id| !well_formed("ami", id)) {
            return Err(malformed(bad));
        }
        let (now, account) = (room.core.now, &room.core.account);
        let mut missing = ids.to_vec();
        let hides = room.core.keeping.disabled_by_id == DisabledById::NotFound
            && !room.p.flag("IncludeDisabled");
        missing.retain(|id| {
            let found = room.ec2.images.get_mut(id);
            let found = found.filter(|image| is_seen(image, account));
            let found = found.filter(|image| !hides || image.state != "disabled");
            found.filter_map_look(now).is_none()
        });
        return if missing.is_empty() {
            Ok(ids.to_vec())
        } else {
            Err(not_found(&missing))
        };
    }
    Ok(match filters.exact("image-id") {
        Some(exact) => exact.to_vec(),
        None => room.ec2.images.keys().cloned().collect(),
    })
}

/// What a listing includes.
struct Listed {
    account: String,
    owners: Vec<String>,
    /// Who must be named in its launch permissions: an account, `self`, or `all` for public ones.
    executable_by: Vec<String>,
    by_id: bool,
    deprecated: bool,
    disabled: bool,
}

impl Listed {
    fn admits(&self, image: &Image, now: DateTime<Utc>) -> bool {
        let own = image.owner_id == self.account;
        let is_owner = |owner: &String| match owner.as_str() {
            "self" => own,
            alias @ ("amazon" | "aws-marketplace") => image.owner_alias == Some(alias),
            id => image.owner_id == id,
        };
        let old = image.deprecated_at.is_some_and(|at| at <= now);
        is_seen(image, &self.account)
            && (self.owners.is_empty() || self.owners.iter().any(is_owner))
            && (self.executable_by.is_empty() || self.is_executable(image))
            && (own || self.deprecated || self.by_id || !old)
            && (self.disabled || image.state != "disabled")
    }
}

impl Listed {
    /// What others gave this account it sees as shared; whom it gave its own to, in the permissions.
    fn is_executable(&self, image: &Image) -> bool {
        let own = image.owner_id == self.account;
        self.executable_by.iter().any(|who| match who.as_str() {
            "all" => image.public,
            "self" => image.shared,
            id if id == self.account => image.shared,
            id => {
                let named = Permission::Account(id.to_owned());
                own && image.launch_permissions.contains(&named)
            }
        })
    }
}

static NO_TAGS: Tags = Tags::new();

/// Tags are seen by the owner alone.
fn own_tags<'a>(image: &'a Image, account: &str) -> &'a Tags {
    if image.owner_id == account {
        &image.tags
    } else {
        &NO_TAGS
    }
}

fn values(image: &Image, filter: &str) -> Option<Vec<String>> {
    let one = |value: &str| Some(vec![value.to_owned()]);
    let maybe = |value: &Option<String>| Some(value.clone().into_iter().collect());
    match filter {
        "image-id" => one(&image.id),
        "name" => one(&image.name),
        "description" => one(&image.description),
        "owner-alias" => Some(image.owner_alias.iter().map(|a| (*a).to_owned()).collect()),
        "owner-id" => one(&image.owner_id),
        "state" => one(&image.state),
        "architecture" => one(&image.architecture),
        "source-image-id" => maybe(&image.source_image_id),
        "source-image-region" => maybe(&image.source_region),
        "source-instance-id" => maybe(&image.source_instance_id),
        "is-public" => one(if image.public { "true" } else { "false" }),
        "virtualization-type" => one("hvm"),
        "hypervisor" => one("xen"),
        "image-type" => one("machine"),
        "root-device-type" => one("ebs"),
        "root-device-name" => one("/dev/xvda"),
        "ena-support" => one("true"),
        "block-device-mapping.snapshot-id" => one(&image.snapshot_id),
        "creation-date" => one(&iso(image.created)),
        _ => None,
    }
}

fn write(x: &mut Xml, ec2: &Ec2, image: &Image, now: DateTime<Utc>) {
    x.text("imageId", &image.id);
    x.text(
        "imageLocation",
        format!(
            "{}/{}",
            image.owner_alias.unwrap_or(&image.owner_id),
            image.name
        ),
    );
    x.text("imageState", &image.state);
    x.text("imageOwnerId", &image.owner_id);
    x.opt("imageOwnerAlias", image.owner_alias);
    x.text("creationDate", iso(image.created));
    x.text("isPublic", image.public);
    x.text("architecture", &image.architecture);
    x.text("imageType", "machine");
    x.text("platformDetails", "Linux/UNIX");
    x.text("usageOperation", "RunInstances");
    x.text("name", &image.name);
    x.text("description", &image.description);
    x.opt("sourceImageId", image.source_image_id.as_ref());
    x.opt("sourceImageRegion", image.source_region.as_ref());
    x.opt("sourceInstanceId", image.source_instance_id.as_ref());
    x.opt("deprecationTime", image.deprecated_at.map(iso));
    x.text("rootDeviceType", "ebs");
    x.text("rootDeviceName", "/dev/xvda");
    x.text("virtualizationType", "hvm");
    x.text("hypervisor", "xen");
    x.text("enaSupport", true);
    if image.imds_v2 {
        x.text("imdsSupport", "v2.0");
    }
    if image.owner_id == ec2.account {
        x.text("deregistrationProtection", image.protection.name());
        x.opt("lastLaunchedTime", image.last_launched(now).map(iso));
    }
    write_mapping(x, ec2, image);
    if let Some((code, message)) = &image.state_reason {
        x.node("stateReason", |x| {
            x.text("code", code);
            x.text("message", message);
        });
    }
    if image.owner_id == ec2.account {
        tag_set(x, &image.tags);
    }
}

pub(crate) fn write_mapping(x: &mut Xml, ec2: &Ec2, image: &Image) {
    let snapshot = ec2.snapshots.get(&image.snapshot_id);
    let encrypted = snapshot.is_some_and(|snapshot| snapshot.key.is_some());
    x.items("blockDeviceMapping", [image], |x, image| {
        x.text("deviceName", "/dev/xvda");
        x.node("ebs", |x| {
            x.text("deleteOnTermination", true);
            x.text("snapshotId", &image.snapshot_id);
            x.text("volumeSize", image.root_gib);
            x.text("volumeType", "gp3");
            x.text("encrypted", encrypted);
        });
    });
}
